"""A Review Check: one of a kind for a shop, sensible hours, regions by their official names."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop


class TestReviewCheck(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name

	def create(self, code: str, **values):
		return frappe.get_doc({"doctype": "Review Check", "code": code, "shop": self.shop, **values}).insert()

	def test_one_of_a_kind(self) -> None:
		self.create("memo_present")
		with self.assertRaises(InvalidValueError):
			self.create("memo_present")
		self.assertEqual(frappe.db.count("Review Check", {"shop": self.shop}), 1)

	def test_hours_of_a_duplicate(self) -> None:
		for hours in (0, 745):
			with self.subTest(hours), self.assertRaises(InvalidValueError):
				self.create("duplicate_suspected", threshold=hours)
		self.assertEqual(self.create("duplicate_suspected", threshold=744).threshold, 744)

	def test_regions_are_provinces(self) -> None:
		with self.assertRaises(InvalidValueError):
			self.create("region_remote", regions="西藏\n火星")
		check = self.create("region_remote", regions="西藏\n四川 甘孜")
		self.assertEqual(check.regions, "西藏自治区\n四川省 甘孜")
