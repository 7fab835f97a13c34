"""A Routing Decision is history: kept as written, for so many days."""

import frappe
from frappe.utils import add_days, now_datetime

from storegroup_oms.exceptions import AppendOnlyError
from storegroup_oms.fulfilment.doctype.routing_decision.routing_decision import RoutingDecision
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order


class TestRoutingDecision(IntegrationTest):
	def make(self, days_ago: int = 0):
		values = {"order": create_order().name, "outcome": "Short", "reason": "stock_short"}
		moment = add_days(now_datetime(), -days_ago)
		return frappe.get_doc({"doctype": "Routing Decision", "decided_at": moment, **values}).insert()

	def test_it_is_neither_changed_nor_deleted(self):
		decision = self.make()
		decision.reason = ""

		with self.assertRaises(AppendOnlyError):
			decision.save()
		with self.assertRaises(AppendOnlyError):
			decision.delete()
		self.assertEqual(frappe.db.get_value("Routing Decision", decision.name, "reason"), "stock_short")

	def test_old_ones_are_cleared(self):
		old, young = self.make(31).name, self.make(29).name

		RoutingDecision.clear_old_logs(30)

		self.assertFalse(frappe.db.exists("Routing Decision", old))
		self.assertTrue(frappe.db.exists("Routing Decision", young))
