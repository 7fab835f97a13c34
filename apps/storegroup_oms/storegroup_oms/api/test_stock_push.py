"""Endpoints of stock at the platforms: for those who may change listings, within their shops."""

import json

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_bundle,
	create_listing,
	create_shop,
	create_sku,
	create_stock,
	create_user,
)
from storegroup_oms.tests.scoped_rows import call

API = "storegroup_oms.api.stock_push."


class TestStockPush(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.sku = create_sku().name
		create_stock(self.sku, 12)
		self.own, self.foreign = create_shop().name, create_shop().name
		self.listings = {shop: create_listing(shop, self.sku).name for shop in (self.own, self.foreign)}

	def log_in(self, role: str) -> None:
		frappe.set_user(create_user([role], shops=[self.own]).name)

	def read(self, field: str) -> dict[str, int]:
		return {shop: frappe.db.get_value("Listing", name, field) for shop, name in self.listings.items()}

	def test_the_reason_is_told_within_the_own_shops(self) -> None:
		self.log_in("OMS Customer Service")
		why = call(f"{API}explain", listing=self.listings[self.own]).message
		self.assertEqual((why["qty"], why["on_hand"], why["reason"]), (12, 12, ""))
		with self.assertRaises(frappe.PermissionError):
			call(f"{API}explain", listing=self.listings[self.foreign])

	def test_pushed_again_within_the_own_shops(self) -> None:
		for name in self.listings.values():
			frappe.db.set_value("Listing", name, {"is_dirty": 0, "push_attempts": 3})
		self.log_in("OMS Order Clerk")
		answer = call(f"{API}push_now", names=json.dumps(list(self.listings.values()))).message
		self.assertEqual(answer, {"pushed": 1, "asked": 2})
		self.assertEqual(self.read("is_dirty"), {self.own: 1, self.foreign: 0})
		self.assertEqual(self.read("push_attempts"), {self.own: 0, self.foreign: 3})

	def test_stopped_and_sold_again(self) -> None:
		self.log_in("OMS Order Clerk")
		names = json.dumps(list(self.listings.values()))
		self.assertEqual(call(f"{API}stop_listings", names=names).message, {"changed": 1, "asked": 2})
		self.assertEqual(self.read("stock_stopped"), {self.own: 1, self.foreign: 0})
		self.assertEqual(call(f"{API}stop_listings", names=names).message, {"changed": 0, "asked": 2})
		again = call(f"{API}stop_listings", names=names, stopped="false").message
		self.assertEqual(again, {"changed": 1, "asked": 2})
		self.assertEqual(self.read("stock_stopped"), {self.own: 0, self.foreign: 0})

	def test_a_sku_is_stopped_everywhere_bundles_too(self) -> None:
		bundle = create_bundle([(self.sku, 2)]).name
		other = create_listing(self.own, bundle).name
		self.log_in("OMS Order Clerk")
		self.assertEqual(call(f"{API}stop_sku", sku=self.sku).message, {"changed": 2, "asked": 3})
		self.assertEqual(self.read("stock_stopped"), {self.own: 1, self.foreign: 0})
		self.assertEqual(frappe.db.get_value("Listing", other, "stock_stopped"), 1)

	def test_readers_change_nothing(self) -> None:
		self.log_in("OMS Customer Service")
		names = json.dumps([self.listings[self.own]])
		for method, values in (
			("push_now", {"names": names}),
			("stop_listings", {"names": names}),
			("stop_sku", {"sku": self.sku}),
		):
			with self.subTest(method), self.assertRaises(frappe.PermissionError):
				call(f"{API}{method}", **values)
		self.assertEqual(self.read("stock_stopped"), {self.own: 0, self.foreign: 0})
