"""A Stock Figure: one for each SKU in each warehouse."""

import frappe

from storegroup_oms.patches.v1_0 import fill_figure_categories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_warehouse
from storegroup_oms.tests.scoped_rows import insert


class TestStockFigure(IntegrationTest):
	def test_a_place_has_one_row(self):
		place = {"sku": create_sku().name, "warehouse": create_warehouse().name}
		insert("Stock Figure", **place)
		with self.assertRaises(frappe.UniqueValidationError):
			insert("Stock Figure", **place)

	def test_the_patch_fills_only_empty_categories(self):
		sku = create_sku(category="家清").name
		old, new = (
			insert("Stock Figure", sku=sku, warehouse=create_warehouse().name, category=category).name
			for category in (None, "食品")
		)
		bare = insert("Stock Figure", sku=create_sku().name, warehouse=create_warehouse().name).name

		fill_figure_categories.execute()
		for name, category in ((old, "家清"), (new, "食品"), (bare, "")):
			with self.subTest(category):
				self.assertEqual(frappe.db.get_value("Stock Figure", name, "category"), category)
