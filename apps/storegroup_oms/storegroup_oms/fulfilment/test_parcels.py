"""Parcels follow their orders: made with the approval, changed before print, stopped after."""

from unittest.mock import patch

import frappe
from frappe.model.workflow import apply_workflow

from storegroup_oms.fulfilment import allocation, allocation_queue, parcels, steps
from storegroup_oms.inventory import releasing
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.orders import lifecycle
from storegroup_oms.setup.routing import DEFAULT_POLICY
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_bundle,
	create_courier,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)


class ParcelCase(IntegrationTest):
	"""A near warehouse with ten pieces of two SKUs each, an empty far one, and a courier."""

	def setUp(self):
		super().setUp()
		self.near = create_warehouse().name
		self.far = create_warehouse(province="广东省", city="广州市").name
		self.sku, self.other = create_sku().name, create_sku(weight_g=200).name
		self.shop, self.courier = create_shop().name, create_courier().name
		for sku in (self.sku, self.other):
			create_stock(sku, 10, self.near)

	def order(self, *lines: tuple[str, int], **values):
		"""An approved order with all its stock."""
		order = create_order(list(lines) or [(self.sku, 1)], shop=self.shop, **values)
		apply_workflow(frappe.get_doc("Order", order.name), "Approve")
		return order

	def run_job(self) -> allocation.Result:
		"""The job without its commits."""
		with patch.object(allocation_queue, "run_in_latest", lambda work: work()):
			return allocation_queue.run()

	def get_parcels(self, *orders) -> list[frappe._dict]:
		"""Live parcels of orders by name, each with `pieces`: {(order, SKU): count}."""
		names = frappe.get_all(
			"Shipment Order",
			filters={"order": ["in", [order.name for order in orders]]},
			pluck="parent",
			order_by="parent asc",
		)
		found = []
		for name in sorted(set(names)):
			document = frappe.get_doc("Shipment", name)
			if document.status != "Cancelled":
				pieces: dict[tuple[str, str], int] = {}
				for row in document.items:
					pieces[row.order, row.sku] = pieces.get((row.order, row.sku), 0) + row.qty
				document.pieces = pieces
				found.append(document)
		return found

	def get_parcel(self, order):
		(parcel,) = self.get_parcels(order)
		return parcel

	def label(self, *names: str) -> list[str]:
		"""Give parcels numbers, as a waybill provider does."""
		for number, name in enumerate(names):
			frappe.db.set_value(
				"Shipment", name, {"courier": self.courier, "waybill_no": f"YT{number}{name}"}
			)
		return list(names)

	def print(self, *orders) -> list[str]:
		names = self.label(*[parcel.name for parcel in self.get_parcels(*orders)])
		self.assertEqual(steps.mark_printed(names).refused, {})
		return names

	def refund(self, order, line: int = 0, status: str = "Refunded"):
		"""What a platform's case does to an order, as far as it matters here."""
		row = order.items[line]
		frappe.db.set_value("Order Item", row.name, "refund_status", status)
		code = "refunded" if status == "Refunded" else "refund_requested"
		frappe.db.set_value("Order", order.name, "stop_reasons", code)

	def get_status(self, *orders) -> list[str]:
		return [frappe.db.get_value("Order", order.name, "status") for order in orders]

	def get_balance(self, sku: str | None = None) -> tuple[int, int]:
		key = {"sku": sku or self.sku, "warehouse": self.near}
		return frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved"])


class TestMaking(ParcelCase):
	def test_approval_makes_one_parcel_with_what_is_reserved(self):
		order = self.order((self.sku, 2), (self.other, 1))

		parcel = self.get_parcel(order)

		self.assertEqual((parcel.status, parcel.warehouse, parcel.courier), ("To Print", self.near, None))
		self.assertEqual(parcel.pieces, {(order.name, self.sku): 2, (order.name, self.other): 1})
		self.assertEqual([row.order_item for row in parcel.items], sorted(row.name for row in order.items))
		self.assertEqual((parcel.expected_weight_g, parcel.total_qty, parcel.order_count), (1200, 3, 1))
		self.assertEqual(
			(parcel.receiver_name, parcel.province, parcel.city, parcel.district),
			("王**", "浙江省", "杭州市", "西湖区"),
		)
		self.assertEqual(parcel.orders[0].platform_order_no, order.platform_order_no)

	def test_before_approval_there_is_none(self):
		order = create_order([(self.sku, 1)], shop=self.shop)
		allocation.allocate([order.name])

		self.assertEqual(self.get_parcels(order), [])

	def test_again_changes_nothing(self):
		order = self.order()
		before = self.get_parcel(order).as_dict()

		for _time in range(2):
			self.assertEqual(parcels.ensure_parcels([order.name]).written, [])
		allocation.allocate([order.name])

		self.assertEqual(self.get_parcel(order).as_dict(), before)

	def test_bundles_are_packed_as_their_parts(self):
		bundle = create_bundle([(self.sku, 2), (self.other, 1)]).name
		order = self.order((bundle, 2))

		self.assertEqual(
			self.get_parcel(order).pieces, {(order.name, self.sku): 4, (order.name, self.other): 2}
		)

	def test_the_orders_courier_is_taken_over(self):
		order = self.order(courier=self.courier)

		self.assertEqual(self.get_parcel(order).courier, self.courier)

	def test_a_parcel_for_each_warehouse(self):
		frappe.db.set_value("Routing Policy", DEFAULT_POLICY, "allow_split", 1)
		rare = create_sku().name
		create_stock(rare, 1, self.far)
		order = self.order((self.sku, 1), (rare, 1))

		found = {parcel.warehouse: parcel.pieces for parcel in self.get_parcels(order)}

		self.assertEqual(found, {self.near: {(order.name, self.sku): 1}, self.far: {(order.name, rare): 1}})

	def test_approved_orders_without_one_get_theirs(self):
		order = self.order()
		for doctype in ("Shipment", "Shipment Order", "Shipment Item"):
			frappe.db.delete(doctype)
		self.assertEqual(parcels.find_unsettled(), [order.name])

		self.run_job()

		self.assertEqual(self.get_parcel(order).pieces, {(order.name, self.sku): 1})
		self.assertEqual(parcels.find_unsettled(), [])

	def test_many_orders_cost_no_more_queries(self):
		orders = [self.order().name for _number in range(8)]
		for doctype in ("Shipment", "Shipment Order", "Shipment Item"):
			frappe.db.delete(doctype)
		parcels.ensure_parcels(orders[:1])

		with self.assertQueryCount(20):
			parcels.ensure_parcels(orders)


class TestFollowing(ParcelCase):
	def test_sent_back_its_parcel_is_cancelled_and_comes_again(self):
		order = self.order()
		first = self.get_parcel(order).name
		apply_workflow(frappe.get_doc("Order", order.name), "Send Back")

		self.assertEqual(self.get_parcels(order), [])
		self.assertEqual(frappe.db.get_value("Shipment", first, "status"), "Cancelled")

		apply_workflow(frappe.get_doc("Order", order.name), "Approve")
		self.assertNotEqual(self.get_parcel(order).name, first)

	def test_a_refunded_line_leaves_it(self):
		order = self.order((self.sku, 2), (self.other, 1))
		self.refund(order)

		self.run_job()

		parcel = self.get_parcel(order)
		self.assertEqual((parcel.pieces, parcel.stop_reasons), ({(order.name, self.other): 1}, ""))
		self.assertEqual((parcel.total_qty, parcel.expected_weight_g), (1, 200))
		self.assertEqual(self.get_balance(), (10, 0))

	def test_a_refund_that_is_asked_for_stops_it_until_it_is_settled(self):
		order = self.order()
		self.refund(order, status="Requested")
		self.run_job()
		self.assertEqual(self.get_parcel(order).stop_reasons, "refund_requested")

		frappe.db.set_value("Order Item", order.items[0].name, "refund_status", "Rejected")
		frappe.db.set_value("Order", order.name, "stop_reasons", "")
		self.run_job()

		self.assertEqual(self.get_parcel(order).stop_reasons, "")

	def test_closed_it_is_cancelled(self):
		order = self.order()
		lifecycle.move_orders([order.name], "Closed", "test")

		self.run_job()

		self.assertEqual((self.get_parcels(order), self.get_balance()), ([], (10, 0)))

	def test_it_moves_to_another_warehouse_with_its_goods(self):
		create_stock(self.sku, 1, self.far)
		order = self.order()
		document = frappe.get_doc("Order", order.name)
		document.warehouse = self.far
		document.save()

		self.assertEqual(self.get_parcel(order).warehouse, self.far)

	def test_without_its_goods_there_is_no_parcel(self):
		order = self.order()
		post([Movement(self.sku, self.near, "Stocktake", qty=-10)])
		releasing.shed([(self.sku, self.near)], "None were counted")

		self.run_job()

		self.assertEqual((self.get_status(order), self.get_parcels(order)), (["Backorder"], []))

	def test_what_is_printed_is_stopped_instead(self):
		cases = {
			"order_closed": lambda order: lifecycle.move_orders([order.name], "Closed", "test"),
			"order_held": lambda order: lifecycle.move_orders([order.name], "On Hold", "test"),
			"order_shipped": lambda order: lifecycle.move_orders([order.name], "Shipped", "test"),
			"refund_requested": lambda order: self.refund(order, status="Requested"),
			"refunded": self.refund,
			"address_changed": lambda order: frappe.db.set_value(
				"Order", order.name, "stop_reasons", "address_changed"
			),
		}
		for code, change in cases.items():
			with self.subTest(code):
				order = self.order()
				self.print(order)
				change(order)
				self.run_job()
				parcel = self.get_parcel(order)
				self.assertEqual((parcel.status, parcel.stop_reasons), ("Printed", code))
				self.assertEqual(parcel.pieces, {(order.name, self.sku): 1})
				self.assertEqual(parcels.find_stops([parcel.name]), {parcel.name: code})

	def test_a_refund_of_another_parcels_goods_stops_nothing(self):
		frappe.db.set_value("Routing Policy", DEFAULT_POLICY, "allow_split", 1)
		rare = create_sku().name
		create_stock(rare, 1, self.far)
		order = self.order((self.sku, 1), (rare, 1))
		self.print(order)
		self.refund(order, 1, "Requested")

		self.run_job()

		found = {parcel.warehouse: parcel.stop_reasons for parcel in self.get_parcels(order)}
		self.assertEqual(found, {self.near: "", self.far: "refund_requested"})
