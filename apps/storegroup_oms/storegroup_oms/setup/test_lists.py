"""Saved filters are made once, in the site's language, and stay as people leave them."""

import json

import frappe

from storegroup_oms.setup import lists
from storegroup_oms.tests.compat import IntegrationTest


class TestColumns(IntegrationTest):
	def test_every_column_is_one_that_the_list_can_show(self):
		for doctype, columns in lists.COLUMNS.items():
			meta = frappe.get_meta(doctype)
			for fieldname, _label in columns:
				with self.subTest(doctype, fieldname=fieldname):
					if fieldname not in ("name", "status_field"):
						self.assertTrue(meta.get_field(fieldname).in_list_view)


class TestSavedFilters(IntegrationTest):
	def setUp(self):
		super().setUp()
		lists.remove_lists()
		frappe.clear_cache()

	def read(self) -> dict[str, str]:
		rows = frappe.get_all(
			"List Filter", filters={"reference_doctype": "Order"}, fields=["filter_name", "filters"]
		)
		return {row.filter_name: row.filters for row in rows}

	def test_every_filter_finds_orders_by_fields_that_exist(self):
		frappe.local.lang = "zh"
		lists.ensure_saved_filters()

		saved = self.read()
		self.assertEqual(sorted(saved), sorted(lists.make_saved_filters()))
		self.assertIn("新客待审核", saved)
		for name, text in saved.items():
			with self.subTest(name):
				frappe.get_list("Order", filters=json.loads(text), limit=1, order_by="name asc")

	def test_what_was_removed_stays_away(self):
		lists.ensure_saved_filters()
		frappe.db.delete("List Filter", {"reference_doctype": "Order"})

		lists.ensure_saved_filters()

		self.assertEqual(self.read(), {})
