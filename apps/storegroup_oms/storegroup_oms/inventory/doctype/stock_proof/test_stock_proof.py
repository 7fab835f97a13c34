"""A Stock Proof is a log: old rows are cleared, newer ones stay."""

import frappe
from frappe.utils import add_days, now_datetime

from storegroup_oms.inventory.doctype.stock_proof.stock_proof import StockProof
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import insert


class TestStockProof(IntegrationTest):
	def test_old_rows_are_cleared(self):
		old, new = (
			insert("Stock Proof", scope="Whole", started_at=add_days(now_datetime(), -days)).name
			for days in (91, 89)
		)

		StockProof.clear_old_logs(90)

		self.assertEqual(
			frappe.get_all("Stock Proof", {"name": ["in", [old, new]]}, pluck="name", order_by="name"), [new]
		)
