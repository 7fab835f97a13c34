"""A Routing Policy: something counts, parcels make sense, one is active for the same orders."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.setup.routing import DEFAULT_POLICY, ensure_default_policy
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, make_suffix


class TestRoutingPolicy(IntegrationTest):
	def make(self, **values):
		return frappe.get_doc(
			{"doctype": "Routing Policy", "policy_name": f"Policy {make_suffix()}", **values}
		)

	def test_something_must_count(self):
		shop = create_shop().name
		none = dict.fromkeys(
			("region_weight", "distance_weight", "cost_weight", "load_weight", "priority_weight"), 0
		)
		for values in (none, {"cost_weight": -1}):
			with self.subTest(values), self.assertRaises(frappe.ValidationError):
				self.make(shop=shop, **values).insert()
		self.make(shop=shop, **none | {"distance_weight": 1}).insert()
		self.assertEqual(frappe.db.count("Routing Policy", {"shop": shop}), 1)

	def test_a_split_makes_two_parcels_at_least(self):
		with self.assertRaises(InvalidValueError):
			self.make(shop=create_shop().name, allow_split=1, max_parcels=1).insert()

	def test_one_for_a_shop_and_one_for_all(self):
		shop = create_shop().name
		first = self.make(shop=shop).insert()
		for other in (shop, None):
			with self.subTest(other), self.assertRaises(InvalidValueError):
				self.make(shop=other).insert()
		self.make(shop=shop, is_active=0).insert()
		first.is_active = 0
		first.save()
		self.make(shop=shop).insert()

	def test_a_site_starts_with_one(self):
		frappe.db.delete("Routing Policy")
		ensure_default_policy()
		ensure_default_policy()

		self.assertEqual(frappe.get_all("Routing Policy", pluck="name", order_by="name"), [DEFAULT_POLICY])
