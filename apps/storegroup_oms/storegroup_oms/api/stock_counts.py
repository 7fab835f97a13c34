"""Endpoints of the stock count's form: start, lines, sheet, finish, second count, post, give up."""

import frappe
from frappe import _
from frappe.utils import cint

from storegroup_oms.api.sheets import read_file
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import counting, counts, sheets
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["POST"])
def start(name: str) -> int:
	"""Open a draft for counting; returns how many SKUs there are to count."""
	require_permission("Stock Count", "write", name)
	return counts.start(name)


@frappe.whitelist(methods=["GET"])
def get_lines(name: str, show: str = "All", text: str = "", first: int = 0) -> dict:
	"""A page of lines and how far the count is: {lines, counted, rows, sees_book}; see counting.find_lines."""
	require_permission("Stock Count", "read", name)
	if show not in counting.SHOWS:
		frappe.throw(_("There is no such selection."), exc=InvalidValueError, title=_("Stock Count"))
	is_blind = bool(frappe.db.get_value("Stock Count", name, "is_blind"))
	rows = counting.find_lines(name, show, text[:140], max(cint(first), 0))
	return {
		**counting.get_progress(name),
		"rows": rows,
		"sees_book": counting.may_see_book(is_blind),
	}


@frappe.whitelist(methods=["POST"])
def set_pieces(name: str, sku: str, pieces: str) -> int:
	"""Write down the pieces of one SKU as typed in on the form; returns the line's total."""
	require_permission("Stock Count", "write", name)
	return counting.set_tallies(name, {sku: pieces}, counting.SHEET)[sku]


@frappe.whitelist(methods=["POST"])
def load_sheet(name: str, file: str) -> int:
	"""Take the pieces of all rows of an uploaded file; returns how many rows. One wrong row and none is taken."""
	require_permission("Stock Count", "write", name)
	rows = sheets.resolve(read_file(file), may_be_zero=True)
	counting.set_tallies(name, {row["sku"]: row["qty"] for row in rows}, counting.SHEET)
	return len(rows)


@frappe.whitelist(methods=["POST"])
def finish(name: str, missing_is_zero: bool = False) -> None:
	"""End the counting; what differs waits for approval."""
	require_permission("Stock Count", "write", name)
	counts.finish(name, bool(cint(missing_is_zero)))


@frappe.whitelist(methods=["POST"])
def count_again(name: str) -> int:
	"""Open what differs for a second count; returns how many SKUs."""
	require_permission("Stock Count", "write", name)
	return counts.count_again(name)


@frappe.whitelist(methods=["POST"])
def post(name: str) -> str:
	"""Post what differs, or start to; returns the new status."""
	require_permission("Stock Count", "submit", name)
	return counts.post(name)


@frappe.whitelist(methods=["POST"])
def give_up(name: str) -> None:
	"""End a count without any effect on stock."""
	require_permission("Stock Count", "write", name)
	counts.give_up(name)
