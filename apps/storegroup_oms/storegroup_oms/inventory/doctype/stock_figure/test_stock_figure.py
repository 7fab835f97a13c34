"""A Stock Figure: one for each SKU in each warehouse."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_warehouse
from storegroup_oms.tests.scoped_rows import insert


class TestStockFigure(IntegrationTest):
	def test_a_place_has_one_row(self):
		place = {"sku": create_sku().name, "warehouse": create_warehouse().name}
		insert("Stock Figure", **place)
		with self.assertRaises(frappe.UniqueValidationError):
			insert("Stock Figure", **place)
