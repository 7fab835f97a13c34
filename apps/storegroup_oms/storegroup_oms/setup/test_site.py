"""The setup wizard is answered once."""

import frappe

from storegroup_oms.setup.site import complete_setup_wizard
from storegroup_oms.tests.compat import IntegrationTest


class TestSetupWizard(IntegrationTest):
	def test_a_site_that_is_set_up_is_left_alone(self):
		self.assertEqual(int(frappe.db.get_single_value("System Settings", "setup_complete")), 1)
		language = frappe.db.get_single_value("System Settings", "language")

		self.assertIsNone(complete_setup_wizard({"language": "English", "country": "Germany"}))
		self.assertEqual(frappe.db.get_single_value("System Settings", "language"), language)
