"""A Stock Alert Rule: its alerts go with it."""

import frappe

from storegroup_oms.setup.stock_alerts import RULES, ensure_stock_alert_rules
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_stock_alert_rule
from storegroup_oms.tests.scoped_rows import insert


class TestStockAlertRule(IntegrationTest):
	def test_a_deleted_rule_leaves_no_alerts(self):
		rule = create_stock_alert_rule()
		insert("Stock Alert", rule=rule.name, sku=create_sku().name)

		rule.delete()

		self.assertEqual(frappe.db.count("Stock Alert", {"rule": rule.name}), 0)

	def test_rules_are_shipped_once(self):
		frappe.db.delete("Stock Alert Rule")
		ensure_stock_alert_rules()
		names = frappe.get_all("Stock Alert Rule", pluck="name", order_by="name")
		self.assertEqual(names, sorted(row[0] for row in RULES))

		frappe.delete_doc("Stock Alert Rule", RULES[0][0])
		ensure_stock_alert_rules()
		self.assertEqual(frappe.db.count("Stock Alert Rule"), len(RULES) - 1)
