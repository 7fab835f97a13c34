"""A Listing: one per item variant and shop, also for items without variants."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_listing, create_shop, create_sku


class TestUnique(IntegrationTest):
	def test_a_variant_is_listed_once_per_shop(self):
		first = create_listing()
		key = {"platform_item_id": first.platform_item_id, "platform_sku_id": first.platform_sku_id}

		with self.assertRaises(InvalidValueError) as caught:
			create_listing(shop=first.shop, **key)
		self.assertIn(first.name, str(caught.exception))
		self.assertTrue(create_listing(shop=create_shop().name, **key).name)

	def test_an_item_without_variants_is_listed_once(self):
		first = create_listing(platform_sku_id=None)

		self.assertEqual(frappe.db.get_value("Listing", first.name, "platform_sku_id"), "")
		with self.assertRaises(InvalidValueError):
			create_listing(shop=first.shop, platform_item_id=first.platform_item_id, platform_sku_id=" ")

	def test_the_database_holds_the_key_too(self):
		first, second = create_listing(), create_listing()

		with self.assertRaises(Exception) as caught:
			frappe.db.set_value(
				"Listing",
				second.name,
				{field: first.get(field) for field in ("shop", "platform_item_id", "platform_sku_id")},
			)
		self.assertTrue(frappe.db.is_unique_key_violation(caught.exception))


class TestMatch(IntegrationTest):
	def test_a_sku_linked_by_hand_is_noted_and_its_stock_pushed(self):
		listing = create_listing()

		self.assertEqual((listing.match_method, listing.is_dirty), ("Manual", 1))

	def test_a_match_by_code_stays_one(self):
		self.assertEqual(create_listing(match_method="Code").match_method, "Code")

	def test_another_sku_makes_the_stock_dirty_again(self):
		listing = create_listing(match_method="Code")
		listing.db_set("is_dirty", 0)

		listing.sku = create_sku().name
		listing.save()
		self.assertEqual((listing.is_dirty, listing.match_method), (1, "Manual"))
