"""Endpoints of stock: the stock page and its export, proof and repair."""

import frappe
from frappe import _
from frappe.utils import format_datetime

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import drifts, proof, stock_export, stock_pages
from storegroup_oms.permissions import require_permission

REPAIRERS = {"OMS Administrator", "System Manager"}


@frappe.whitelist(methods=["GET", "POST"])
def get_stock_page(view: str, filters: str | dict | None = None, start: int = 0, length: int = 50) -> dict:
	"""Rows of one view of the stock page; see `stock_pages` for what each answers."""
	doctype, read = _find_view(view)
	require_permission(doctype)
	return read(stock_pages.keep_filters(filters), stock_pages.Page.make(start, length))


@frappe.whitelist(methods=["POST"])
def export_stock_page(view: str, filters: str | dict | None = None) -> None:
	"""Have all rows of a view written to an Excel file in the background; a notice tells the user where it is."""
	doctype, _read = _find_view(view)
	require_permission(doctype)
	require_permission(doctype, "export")
	stock_export.enqueue(view, stock_pages.keep_filters(filters))


@frappe.whitelist(methods=["GET", "POST"])
def get_last_proof(filters: str | list | dict | None = None) -> str:
	"""When stock was last proven, as a number card shows it; a dash before the first time."""
	require_permission("Stock Proof")
	moment = frappe.db.get_value(
		"Stock Proof", {"scope": ["in", ["Whole", "Moved"]]}, "ended_at", order_by="started_at desc"
	)
	return format_datetime(moment, "MM-dd HH:mm") if moment else "–"


def _find_view(view: str) -> tuple[str, stock_pages.Read]:
	if view not in stock_pages.VIEWS:
		frappe.throw(
			_("There is no view {0} of stock.").format(view), exc=InvalidValueError, title=_("No Such Page")
		)
	return stock_pages.VIEWS[view]


@frappe.whitelist(methods=["POST"])
def prove_stock(sku: str = "") -> None:
	"""Compare one SKU with its ledger now, or all of stock in the background where none is named. Commits."""
	require_permission("Stock Drift", "report")
	if sku:
		require_permission("SKU", "read", sku)
		drifts.prove("Chosen", [sku], proof.find_lines_of(sku))
	else:
		drifts.enqueue_whole()


@frappe.whitelist(methods=["POST"])
def repair_stock(names: list | str, reason: str) -> dict[str, str]:
	"""Repair differences on record: {name: what was done}. For administrators; see `drifts.repair`."""
	if not REPAIRERS & set(frappe.get_roles()):
		frappe.throw(
			_("Only administrators repair stock."), exc=frappe.PermissionError, title=_("Not Permitted")
		)
	wanted = frappe.parse_json(names)
	for name in wanted:
		require_permission("Stock Drift", "read", name)
	return drifts.repair(wanted, reason)
