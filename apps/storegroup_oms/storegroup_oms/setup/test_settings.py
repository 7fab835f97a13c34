"""Defaults fill what is empty and leave what was chosen, zero included."""

import frappe

from storegroup_oms.setup.settings import ensure_settings
from storegroup_oms.tests.compat import IntegrationTest


class TestSettings(IntegrationTest):
	def read(self, field: str):
		return frappe.db.get_single_value("OMS Settings", field, cache=False)

	def test_a_missing_setting_gets_its_default(self):
		frappe.db.delete("Singles", {"doctype": "OMS Settings", "field": "print_batch_size"})
		ensure_settings()

		self.assertEqual(self.read("print_batch_size"), 50)

	def test_a_chosen_zero_stays(self):
		frappe.db.set_single_value("OMS Settings", "unpaid_close_hours", 0)
		ensure_settings()

		self.assertEqual(self.read("unpaid_close_hours"), 0)
