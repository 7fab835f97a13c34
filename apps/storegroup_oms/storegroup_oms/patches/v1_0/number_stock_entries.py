"""Number the rows of the stock ledger that were written before they had numbers; a unique key is made of them next."""

import frappe


def execute() -> None:
	"""Count the rows of each SKU in each warehouse in the order of their times, and tell the balances how many."""
	if not frappe.db.table_exists("Stock Ledger") or frappe.db.has_column("Stock Ledger", "entry_no"):
		return
	for doctype in ("Stock Ledger", "Stock Balance"):
		frappe.db.sql_ddl(f"ALTER TABLE `tab{doctype}` ADD COLUMN entry_no INT(11) NOT NULL DEFAULT 0")
	frappe.db.sql(
		"""UPDATE `tabStock Ledger` row JOIN (
			SELECT name, ROW_NUMBER() OVER (PARTITION BY sku, warehouse ORDER BY posted_at, creation, name) AS number
			FROM `tabStock Ledger`
		) numbered ON numbered.name = row.name SET row.entry_no = numbered.number"""
	)
	frappe.db.sql(
		"""UPDATE `tabStock Balance` balance JOIN (
			SELECT sku, warehouse, MAX(entry_no) AS number FROM `tabStock Ledger` GROUP BY sku, warehouse
		) last ON last.sku = balance.sku AND last.warehouse = balance.warehouse
		SET balance.entry_no = last.number"""
	)
	frappe.db.commit()
