"""A window of time has a length."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop


class TestPullWindow(IntegrationTest):
	def test_a_window_ends_after_it_starts(self):
		start = "2026-11-11 00:00:00"
		for end, well in (("2026-11-11 00:00:01", True), (start, False), ("2026-11-10 23:59:59", False)):
			window = frappe.get_doc(
				{
					"doctype": "Pull Window",
					"shop": create_shop().name,
					"status": "Open",
					"from_time": start,
					"to_time": end,
				}
			)
			with self.subTest(end):
				if well:
					self.assertTrue(window.insert(ignore_permissions=True).name)
				else:
					with self.assertRaises(InvalidValueError):
						window.insert(ignore_permissions=True)
