"""Endpoints of the pages for scanners: what a code means, a count's tallies, goods that come in.

Each may be called again with the same arguments, as a phone does that had no network for a while.
"""

import frappe
from frappe import _

from storegroup_oms.catalog.barcodes import Found, find_codes
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import counting, entries, transfers
from storegroup_oms.permissions import require_permission

MOST_CHOICES = 50


@frappe.whitelist(methods=["GET"])
def find_code(code: str) -> dict | None:
	"""The SKU of a scanned code: {sku, sku_name, specification, pieces}; None for an unknown one.

	Raises InvalidValueError for a bundle, which has no stock of its own.
	"""
	require_permission("SKU", "read")
	found = _find(code)
	return found and _describe(found)


def _find(code: str) -> Found | None:
	found = find_codes([code[:140]]).get(code[:140])
	if found and found.is_bundle:
		frappe.throw(
			_("{0} is a bundle and has no stock of its own. Give its components.").format(found.sku),
			exc=InvalidValueError,
			title=_("Bundle"),
		)
	return found


def _describe(found: Found) -> dict:
	return {
		"sku": found.sku,
		"sku_name": found.sku_name,
		"specification": frappe.db.get_value("SKU", found.sku, "specification") or "",
		"pieces": found.pieces,
	}


@frappe.whitelist(methods=["GET"])
def get_open_counts() -> list[dict]:
	"""Counts that are open to the user, newest first: {name, warehouse, note, line_count}."""
	require_permission("Stock Count", "write")
	return frappe.get_list(
		"Stock Count",
		filters={"status": "Counting"},
		fields=["name", "warehouse", "note", "line_count"],
		order_by="started_at desc",
		limit=MOST_CHOICES,
	)


@frappe.whitelist(methods=["GET"])
def find_in_count(count: str, code: str) -> dict | None:
	"""As `find_code`, with `mine`: pieces that the user has counted so far, `bin_location` and `is_listed`."""
	require_permission("Stock Count", "write", count)
	found = _find(code)
	if not found:
		return None
	line = frappe.db.get_value(
		"Stock Count Line", {"stock_count": count, "sku": found.sku}, "bin_location", as_dict=True
	)
	return {
		**_describe(found),
		"mine": counting.get_tally(count, found.sku, frappe.session.user),
		"bin_location": (line and line.bin_location) or "",
		"is_listed": bool(line),
	}


@frappe.whitelist(methods=["POST"])
def set_tally(count: str, sku: str, pieces: int) -> dict:
	"""Write down how many pieces of a SKU the user has counted so far: {total, lines, counted} of the count."""
	require_permission("Stock Count", "write", count)
	totals = counting.set_tallies(count, {sku: pieces}, frappe.session.user)
	return {"total": totals[sku], **counting.get_progress(count)}


@frappe.whitelist(methods=["GET"])
def get_places() -> dict[str, list[dict]]:
	"""Where goods may come in: {warehouses: [{name}], transfers: [{name, warehouse, to_warehouse, total_qty}]}."""
	require_permission("Stock Entry", "submit")
	warehouses = frappe.get_list(
		"Warehouse",
		filters={"is_active": 1},
		fields=["name"],
		order_by="priority asc, name asc",
		limit=MOST_CHOICES,
	)
	# A transfer is seen by both its warehouses; goods come in at the second.
	own = frappe.get_list("Warehouse", pluck="name", order_by="name asc", limit=0)
	on_the_way = frappe.get_list(
		"Stock Entry",
		filters={"status": ["in", transfers.OPEN], "to_warehouse": ["in", own or [""]]},
		fields=["name", "warehouse", "to_warehouse", "total_qty"],
		order_by="posted_at asc",
		limit=MOST_CHOICES,
	)
	return {"warehouses": warehouses, "transfers": on_the_way}


@frappe.whitelist(methods=["GET"])
def get_transfer(name: str) -> dict:
	"""What of a transfer is still on the way: {receipt_count, rows: [{sku, sku_name, expected}]}."""
	require_permission("Stock Entry", "read", name)
	entry = frappe.get_doc("Stock Entry", name)
	rows = [
		{
			"sku": row.sku,
			"sku_name": row.sku_name,
			"expected": row.qty - row.received_qty - row.missing_qty,
		}
		for row in entry.items
	]
	return {"receipt_count": entry.receipt_count, "rows": [row for row in rows if row["expected"] > 0]}


@frappe.whitelist(methods=["POST"])
def receive_goods(warehouse: str, pieces: dict | str, request_id: str, reference: str = "") -> str:
	"""Book goods in, {SKU: pieces}; returns the entry's name. With a request ID that was used, that entry's."""
	require_permission("Stock Entry", "submit")
	require_permission("Warehouse", "read", warehouse)
	return entries.create_receipt(warehouse, frappe.parse_json(pieces), request_id, reference)
