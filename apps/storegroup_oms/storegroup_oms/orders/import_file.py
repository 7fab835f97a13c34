"""An order-report file from the disk of the server: the command's way into `order_import`."""

from collections.abc import Callable
from pathlib import Path

import frappe

from storegroup_oms.orders import order_import

SHOWN_FIGURES = (
	("Import", "name"),
	("Status", "status"),
	("Reason", "error_message"),
	("Layout", "layout"),
	("Rows", "rows"),
	("Orders", "orders"),
	("New", "new_orders"),
	("Changed", "changed_orders"),
	("Unchanged", "unchanged_orders"),
	("Rejected rows", "rejected_rows"),
	("Unpaid", "unpaid_orders"),
	("Total amount", "total_amount"),
	("Paid amount", "paid_amount"),
	("Refund amount", "refund_amount"),
	("Rows per second", "rows_per_second"),
	("Rejected file", "rejected_file"),
)


def load_file(
	shop: str,
	path: str,
	check_only: bool = False,
	paid_without_status: str = "Completed",
	on_progress: Callable[[int, int], None] | None = None,
) -> dict:
	"""Attach a file to a new Order Import, check or load it, and return its figures with `name`. Commits."""
	source = Path(path)
	file = frappe.get_doc(
		{"doctype": "File", "file_name": source.name, "is_private": 1, "content": source.read_bytes()}
	).insert()
	document = frappe.get_doc(
		{
			"doctype": "Order Import",
			"shop": shop,
			"file": file.file_url,
			"paid_without_status": paid_without_status,
		}
	).insert()
	file.db_set({"attached_to_doctype": document.doctype, "attached_to_name": document.name})
	frappe.db.commit()  # the import must be there, whatever becomes of the file
	return {"name": document.name, **order_import.run(document.name, check_only, on_progress)}
