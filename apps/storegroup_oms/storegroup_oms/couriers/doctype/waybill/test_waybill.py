"""A Waybill: a courier's number stands once, a parcel has one live number."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_shipment
from storegroup_oms.tests.scoped_rows import insert


class TestWaybill(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier, self.parcel = create_courier().name, create_shipment().name

	def assert_refused(self, **values):
		with self.assertRaises(Exception) as caught:
			insert("Waybill", courier=self.courier, **values)
		error = caught.exception
		self.assertTrue(
			isinstance(error, frappe.UniqueValidationError) or frappe.db.is_unique_key_violation(error)
		)

	def test_a_number_of_a_courier_stands_once(self):
		insert("Waybill", courier=self.courier, number="YT1", shipment=self.parcel)
		insert("Waybill", courier=create_courier().name, number="YT1", shipment=self.parcel)
		self.assert_refused(number="YT1", shipment=create_shipment().name)

	def test_a_parcel_has_one_live_number_and_any_of_the_past(self):
		for _number in range(2):
			insert("Waybill", courier=self.courier, shipment=self.parcel)
		insert("Waybill", courier=self.courier, shipment=self.parcel, live_key=self.parcel)
		self.assert_refused(shipment=self.parcel, live_key=self.parcel)
