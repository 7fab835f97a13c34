"""A ledger row moves something and is never changed."""

import frappe

from storegroup_oms.exceptions import AppendOnlyError, InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_stock, create_warehouse


class TestStockLedger(IntegrationTest):
	def make(self, **values):
		return frappe.get_doc(
			{
				"doctype": "Stock Ledger",
				"sku": create_sku().name,
				"warehouse": create_warehouse().name,
				"movement_type": "Receipt",
				"posted_at": frappe.utils.now_datetime(),
				**values,
			}
		)

	def test_a_movement_moves_something(self):
		with self.assertRaises(InvalidValueError):
			self.make().insert(ignore_permissions=True)
		self.assertTrue(self.make(reserved_change=-1).insert(ignore_permissions=True).name)

	def test_a_row_is_neither_changed_nor_deleted(self):
		balance = create_stock(create_sku().name, 5)
		row = frappe.get_doc("Stock Ledger", {"sku": balance.sku})
		row.qty_change = 500

		with self.assertRaises(AppendOnlyError):
			row.save(ignore_permissions=True)
		with self.assertRaises(AppendOnlyError):
			frappe.delete_doc("Stock Ledger", row.name, force=True, ignore_permissions=True)
		self.assertEqual(frappe.db.get_value("Stock Ledger", row.name, "qty_change"), 5)
