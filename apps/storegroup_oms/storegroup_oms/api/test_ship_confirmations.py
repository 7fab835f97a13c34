"""Platforms are told again by those who may change orders, within their shops."""

import json

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_shipment, create_shop, create_user
from storegroup_oms.tests.scoped_rows import call, insert

RETRY = "storegroup_oms.api.ship_confirmations.retry"


class TestRetry(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.own, self.foreign = create_shop().name, create_shop().name
		self.rows = {shop: self.create_failed(shop) for shop in (self.own, self.foreign)}

	def create_failed(self, shop: str) -> str:
		order = create_order(shop=shop)
		values = {"order": order.name, "shop": shop, "status": "Failed", "attempts": 4}
		return insert("Ship Confirmation", shipment=create_shipment([order]).name, **values).name

	def retry(self) -> dict:
		return call(RETRY, names=json.dumps(list(self.rows.values()))).message

	def read(self) -> list[tuple]:
		return [
			frappe.db.get_value("Ship Confirmation", name, ["status", "attempts"])
			for name in self.rows.values()
		]

	def test_only_the_own_shops_are_told(self) -> None:
		frappe.set_user(create_user(["OMS Order Clerk"], shops=[self.own]).name)
		self.assertEqual(self.retry(), {"again": 1, "asked": 2})
		self.assertEqual(self.read(), [("Waiting", 0), ("Failed", 4)])

	def test_those_who_only_look_are_refused(self) -> None:
		for role in ("OMS Warehouse Staff", "OMS Finance"):
			with self.subTest(role):
				frappe.set_user(create_user([role], shops=[self.own]).name)
				with self.assertRaises(frappe.PermissionError):
					self.retry()
		self.assertEqual(self.read(), [("Failed", 4), ("Failed", 4)])

	def test_too_many_are_refused(self) -> None:
		with self.assertRaises(InvalidValueError):
			call(RETRY, names=json.dumps(["x"] * 1_001))
