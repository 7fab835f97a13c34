"""Timeline rows are written once."""

import frappe

from storegroup_oms.exceptions import AppendOnlyError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order


class TestOrderEvent(IntegrationTest):
	def test_the_timeline_can_not_be_rewritten(self):
		name = frappe.db.get_value("Order Event", {"order": create_order().name})
		row = frappe.get_doc("Order Event", name)
		row.event = "Something else"

		with self.assertRaises(AppendOnlyError):
			row.save()
		with self.assertRaises(AppendOnlyError):
			row.delete()
		self.assertEqual(frappe.db.get_value("Order Event", name, "event"), "Order created")
