"""Endpoints of listings: for those who may match, within their shops."""

import json

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_listing, create_shop, create_sku, create_user
from storegroup_oms.tests.scoped_rows import call

SUGGEST = "storegroup_oms.api.listings.get_suggestions"
MATCH = "storegroup_oms.api.listings.match_by_code"


class TestListings(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.sku = create_sku().name
		self.own, self.foreign = create_shop().name, create_shop().name
		self.listings = {shop: self.create_unmatched(shop) for shop in (self.own, self.foreign)}

	def create_unmatched(self, shop: str) -> str:
		listing = create_listing(shop, outer_id=self.sku)
		listing.db_set({"sku": None, "match_method": ""})
		return listing.name

	def log_in(self, role: str) -> None:
		frappe.set_user(create_user([role], shops=[self.own]).name)

	def read_skus(self) -> dict[str, str | None]:
		return {shop: frappe.db.get_value("Listing", name, "sku") for shop, name in self.listings.items()}

	def test_clerk_gets_suggestions_for_own_shops_only(self) -> None:
		self.log_in("OMS Order Clerk")
		[first, *_rest] = call(SUGGEST, listing=self.listings[self.own]).message
		self.assertEqual((first["sku"], first["reason"], first["score"]), (self.sku, "code", 100))
		with self.assertRaises(frappe.PermissionError):
			call(SUGGEST, listing=self.listings[self.foreign])

	def test_clerk_matches_own_shops_only(self) -> None:
		self.log_in("OMS Order Clerk")
		answer = call(MATCH, names=json.dumps(list(self.listings.values()))).message
		self.assertEqual(answer, {"matched": 1, "asked": 2})
		self.assertEqual(self.read_skus(), {self.own: self.sku, self.foreign: None})

	def test_reader_may_do_neither(self) -> None:
		self.log_in("OMS Customer Service")
		for command, values in (
			(SUGGEST, {"listing": self.listings[self.own]}),
			(MATCH, {"names": json.dumps([self.listings[self.own]])}),
		):
			with self.subTest(command=command), self.assertRaises(frappe.PermissionError):
				call(command, **values)
		self.assertEqual(self.read_skus(), {self.own: None, self.foreign: None})

	def test_too_many_are_refused(self) -> None:
		with self.assertRaises(InvalidValueError):
			call(MATCH, names=json.dumps(["x"] * 1001))
		self.assertEqual(self.read_skus(), {self.own: None, self.foreign: None})
