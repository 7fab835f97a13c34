"""Settings refuse what the product can't work with."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest


class TestOMSSettings(IntegrationTest):
	def test_a_print_batch_holds_at_least_one_order(self):
		settings = frappe.get_single("OMS Settings")
		settings.print_batch_size = 0

		with self.assertRaises(InvalidValueError):
			settings.save()
