"""What the order's form is told about the choice of its warehouse: in words, to those who may know."""

import frappe

from storegroup_oms.api import routing
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_courier,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_user,
	create_warehouse,
)


class TestRoutingEndpoints(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.near = create_warehouse().name
		self.far = create_warehouse(province="四川省", city="成都市").name
		self.sku = create_sku().name
		create_stock(self.sku, 2, self.near)
		create_stock(self.sku, 1, self.far)
		frappe.db.set_value("Courier", {"is_active": 1}, "is_active", 0)
		courier = create_courier().name
		for warehouse, cost in ((self.near, 3), (self.far, "6.20")):
			frappe.get_doc(
				{"doctype": "Courier Lane", "courier": courier, "warehouse": warehouse, "first_cost": cost}
			).insert()
		self.order = create_order([(self.sku, 1)])

	def get_whys(self, told: dict) -> dict[str, list[str]]:
		return {row["warehouse"]: row["why"] for row in told["candidates"]}

	def test_nothing_decided_yet(self):
		self.assertIsNone(routing.get_decision(self.order.name))

	def test_the_decision_in_words(self):
		allocate([self.order.name])

		told = routing.get_decision(self.order.name)

		self.assertEqual((told["outcome"], told["warehouses"], told["reason"]), ("Reserved", [self.near], ""))
		self.assertEqual(self.get_whys(told)[self.near], [])
		self.assertEqual(
			sorted(self.get_whys(told)[self.far]),
			["Costs 3.20 more", "Is 1541 km away, 1541 km farther"],
		)

	def test_what_if_writes_nothing(self):
		told = routing.preview_decision(self.order.name)

		self.assertEqual((told["outcome"], told["warehouses"]), ("Reserved", [self.near]))
		self.assertIsNone(told["decided_at"])
		self.assertEqual(frappe.db.count("Routing Decision", {"order": self.order.name}), 0)
		self.assertEqual(frappe.db.get_value("Stock Balance", {"sku": self.sku}, "reserved"), 0)

	def test_what_if_counts_what_the_order_holds_as_free(self):
		order = create_order([(self.sku, 2)])
		allocate([order.name])

		self.assertEqual(routing.preview_decision(order.name)["warehouses"], [self.near])

	def test_why_it_waits(self):
		order = create_order([(self.sku, 3)])

		told = routing.preview_decision(order.name)

		self.assertEqual(
			(told["outcome"], told["reason"]), ("Short", "No warehouse can serve the order in full.")
		)
		self.assertEqual(self.get_whys(told)[self.far], [f"Lacks 2 of {self.sku}"])

	def test_an_order_without_goods(self):
		self.assertIsNone(routing.preview_decision(create_order([]).name))

	def test_prices_are_for_those_who_may_know_costs(self):
		allocate([self.order.name])
		frappe.set_user(create_user(["OMS Customer Service"]).name)

		told = routing.get_decision(self.order.name)

		self.assertEqual({row["cost"] for row in told["candidates"]}, {None})
		self.assertIn("Costs more", self.get_whys(told)[self.far])

	def test_warehouses_of_others_are_left_out(self):
		allocate([self.order.name])
		frappe.set_user(create_user(["OMS Warehouse Staff"], warehouses=[self.near]).name)

		for ask in (routing.get_decision, routing.preview_decision):
			self.assertEqual(list(self.get_whys(ask(self.order.name))), [self.near])

	def test_refused_outside_of_the_scope(self):
		allocate([self.order.name])
		frappe.set_user(create_user(["OMS Order Clerk"], shops=[create_shop().name]).name)

		for ask in (routing.get_decision, routing.preview_decision):
			with self.assertRaises(frappe.PermissionError):
				ask(self.order.name)
