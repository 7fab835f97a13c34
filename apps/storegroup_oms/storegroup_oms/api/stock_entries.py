"""Endpoints of the stock entry's form: rows from text and sheets, receiving a transfer, reversing."""

import frappe
from frappe.utils import cint

from storegroup_oms.api.sheets import read_file, read_text
from storegroup_oms.inventory import entries, sheets, transfers, warehouses
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["POST"])
def read_rows(text: str = "", file: str = "") -> list[dict]:
	"""Rows of pasted text or of an uploaded file: {row_no, sku, sku_name, barcode, qty, unit_cost, bin_location}.

	Nothing is stored. Refused with every wrong row named.
	"""
	require_permission("Stock Entry", "create")
	require_permission("SKU", "read")
	return sheets.resolve(read_file(file) if file else read_text(text))


@frappe.whitelist(methods=["POST"])
def receive(name: str, receipt_count: int, pieces: dict | str, is_last: bool = False) -> str:
	"""Take in what has arrived of a transfer: {SKU: pieces}; returns the entry's new status."""
	require_permission("Stock Entry", "submit", name)
	require_permission("Warehouse", "read", frappe.db.get_value("Stock Entry", name, "to_warehouse"))
	return transfers.receive(name, cint(receipt_count), frappe.parse_json(pieces), bool(cint(is_last)))


@frappe.whitelist(methods=["POST"])
def reverse(name: str, reason: str) -> str:
	"""Take back all that an entry has moved; returns the name of the reversing entry."""
	require_permission("Stock Entry", "submit", name)
	return entries.reverse(name, reason)


@frappe.whitelist(methods=["POST"])
def create_defective_place(warehouse: str) -> str:
	"""Make the place of a warehouse's defective goods; returns its name."""
	require_permission("Warehouse", "write", warehouse)
	return warehouses.create_defective(warehouse)
