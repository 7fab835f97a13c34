"""A Stock Drift: one open row for each pair of numbers."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_warehouse
from storegroup_oms.tests.scoped_rows import insert


class TestStockDrift(IntegrationTest):
	def test_a_pair_of_numbers_has_one_open_row(self):
		values = {"sku": create_sku().name, "warehouse": create_warehouse().name, "kind": "On Hand"}
		insert("Stock Drift", **values, drift_key="one")
		with self.assertRaises(frappe.UniqueValidationError):
			insert("Stock Drift", **values, drift_key="one")
		self.assertTrue(insert("Stock Drift", **values, status="Gone").name)
