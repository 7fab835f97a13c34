"""A Shipment: each order once, whole pieces of its own orders, one waybill number per parcel."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_order, create_shipment, create_shop


class TestContents(IntegrationTest):
	def test_orders_of_two_shops_share_a_parcel(self):
		parcel = create_shipment([create_order(), create_order()])

		self.assertRegex(parcel.name, r"^SH-\d{9}$")
		self.assertEqual(len({row.shop for row in parcel.orders}), 2)

	def test_an_order_stands_once(self):
		order = create_order()

		with self.assertRaises(InvalidValueError):
			create_shipment([order, order])

	def test_items_belong_to_the_parcels_orders(self):
		order, other = create_order(), create_order()
		sku = order.items[0].sku
		for item in (
			{"order": other.name, "sku": sku, "qty": 1},
			{"order": order.name, "sku": sku, "qty": 0},
			{"order": order.name, "sku": sku, "qty": 1, "verified_qty": 2},
		):
			with self.subTest(item), self.assertRaises(InvalidValueError):
				create_shipment([order], items=[item])


class TestWaybill(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier = create_courier().name
		self.order = create_order(lines=[], shop=create_shop().name)

	def create(self, **values):
		return create_shipment([self.order], **values)

	def test_one_number_of_a_courier_is_one_parcel(self):
		first = self.create(courier=self.courier, waybill_no=" YT1234 ")

		self.assertEqual(first.waybill_no, "YT1234")
		with self.assertRaises(InvalidValueError) as caught:
			self.create(courier=self.courier, waybill_no="YT1234")
		self.assertIn(first.name, str(caught.exception))
		self.assertTrue(self.create(courier=create_courier().name, waybill_no="YT1234").name)

	def test_parcels_without_number_never_meet(self):
		names = {self.create(courier=self.courier, waybill_no=blank).name for blank in ("", " ", None)}

		self.assertEqual(len(names), 3)
		self.assertEqual(frappe.db.count("Shipment", {"name": ("in", names), "waybill_no": ("is", "set")}), 0)

	def test_a_number_needs_its_courier(self):
		with self.assertRaises(InvalidValueError):
			self.create(waybill_no="YT1234")

	def test_the_database_holds_the_key_too(self):
		first, second = self.create(courier=self.courier, waybill_no="YT1"), self.create(courier=self.courier)

		with self.assertRaises(Exception) as caught:
			frappe.db.set_value("Shipment", second.name, "waybill_no", first.waybill_no)
		self.assertTrue(frappe.db.is_unique_key_violation(caught.exception))
