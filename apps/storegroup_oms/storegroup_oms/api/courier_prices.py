"""Endpoints of the list of courier lanes: rate cards from Excel."""

import frappe
from frappe import _

from storegroup_oms.api.sheets import read_rows
from storegroup_oms.couriers import price_sheets
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.permissions import get_allowed, require_permission
from storegroup_oms.transactions import repeat_request

MOST_LANES = 5_000


@frappe.whitelist(methods=["POST"])
def download_template() -> None:
	"""The sheet to fill in, to download."""
	require_permission("Courier Lane")
	frappe.response["filename"] = "courier-prices.xlsx"
	frappe.response["filecontent"] = price_sheets.make_template()
	frappe.response["type"] = "binary"


@frappe.whitelist(methods=["POST"])
def import_lanes(file: str) -> dict:
	"""Take all rows of an uploaded sheet: {created, changed, same}. One wrong cell and none is taken.

	Only for who writes prices. A user of some warehouses writes lanes from these alone.
	"""
	require_permission("Courier Lane", "create")
	require_permission("Courier Lane", "write")
	if "first_cost" in get_hidden_fields("Courier Lane"):
		frappe.throw(_("What parcels cost is not open to you."), exc=frappe.PermissionError)
	headings, rows = read_rows(file, MOST_LANES)
	columns = price_sheets.find_columns(headings)
	names = price_sheets.Names(
		set(frappe.get_all("Courier", pluck="name", order_by="name asc")),
		set(frappe.get_list("Warehouse", pluck="name", order_by="name asc", limit=0)),
	)
	lanes = price_sheets.parse(rows, columns, names)
	_require_warehouses(lanes)
	return repeat_request(lambda: price_sheets.store(lanes))


def _require_warehouses(lanes: list[dict]) -> None:
	allowed = get_allowed(frappe.session.user, "Warehouse", "Courier Lane")
	if allowed and any(not lane["warehouse"] for lane in lanes):
		frappe.throw(
			_("You may write lanes of your warehouses only. Name the warehouse in each row."),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
