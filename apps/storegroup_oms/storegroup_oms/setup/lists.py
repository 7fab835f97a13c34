"""Columns of the lists that people work in all day."""

import json

import frappe

# DocType → columns in order; "status_field" is the indicator.
COLUMNS = {
	"Order": (
		("name", "ID"),
		("status_field", "Status"),
		("shop", "Shop"),
		("platform_order_no", "Platform Order No."),
		("buyer_nick", "Buyer Nick"),
		("total_amount", "Total Amount"),
		("ordered_at", "Ordered At"),
		("ship_by", "Ship By"),
	),
}


def ensure_lists() -> None:
	"""Create the list settings that are missing; what an administrator chose stays.

	The count of comments is left out: it costs one query per page and nobody sorts by it.
	"""
	for doctype, columns in COLUMNS.items():
		if frappe.db.exists("List View Settings", doctype):
			continue
		frappe.get_doc(
			{
				"doctype": "List View Settings",
				"name": doctype,
				"total_fields": str(len(columns) + 1),
				"fields": json.dumps([{"fieldname": name, "label": label} for name, label in columns]),
			}
		).insert(ignore_permissions=True)  # installation runs before anyone has a role


def remove_lists() -> None:
	"""Delete the settings of our lists."""
	frappe.db.delete("List View Settings", {"name": ["in", list(COLUMNS)]})
