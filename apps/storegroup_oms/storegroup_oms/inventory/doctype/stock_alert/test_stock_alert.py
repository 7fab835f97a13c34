"""A Stock Alert: one open row for each rule, SKU and warehouse."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_stock_alert_rule
from storegroup_oms.tests.scoped_rows import insert


class TestStockAlert(IntegrationTest):
	def test_a_case_has_one_open_alert(self):
		values = {"rule": create_stock_alert_rule(enabled=0).name, "sku": create_sku().name}
		insert("Stock Alert", **values, alert_key="one")
		with self.assertRaises(frappe.UniqueValidationError):
			insert("Stock Alert", **values, alert_key="one")
		self.assertTrue(insert("Stock Alert", **values, status="Closed").name)
