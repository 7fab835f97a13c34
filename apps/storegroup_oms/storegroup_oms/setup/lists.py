"""Columns and saved filters of the lists that people work in all day."""

import json
from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import cint

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
	"Shop": (
		("name", "ID"),
		("status_field", "Status"),
		("platform", "Platform"),
		("platform_shop_id", "Platform Shop ID"),
		("complete_up_to", "Complete Up To"),
		("token_expires_at", "Token Expires At"),
	),
	"Listing": (
		("name", "ID"),
		("status_field", "Status"),
		("shop", "Shop"),
		("sku", "SKU"),
		("wanted_qty", "Wanted"),
		("pushed_qty", "Pushed"),
		("confirmed_qty", "Confirmed"),
	),
	"Stock Push": (
		("name", "ID"),
		("status_field", "Status"),
		("listing", "Listing"),
		("shop", "Shop"),
		("qty", "Pieces Sent"),
		("pushed_at", "Sent At"),
		("delay_ms", "After the Change (ms)"),
	),
	"Stock Balance": (
		("name", "ID"),
		("status_field", "Status"),
		("warehouse", "Warehouse"),
		("on_hand", "On Hand"),
		("reserved", "Reserved"),
		("available", "Available"),
		("in_transit", "In Transit"),
		("bin_location", "Bin Location"),
	),
	"Stock Ledger": (
		("name", "ID"),
		("warehouse", "Warehouse"),
		("movement_type", "Movement Type"),
		("qty_change", "Change"),
		("source_name", "Source Name"),
		("posted_at", "Posted At"),
	),
	"Stock Reservation": (
		("name", "ID"),
		("status_field", "Status"),
		("warehouse", "Warehouse"),
		("qty", "Reserved Pieces"),
		("order", "Order"),
		("reserved_at", "Reserved At"),
	),
	"Stock Alert": (
		("name", "ID"),
		("status_field", "Status"),
		("rule", "Alert Rule"),
		("warehouse", "Warehouse"),
		("value", "Found"),
		("limit_value", "Alert Limit"),
		("opened_at", "Alerted At"),
	),
	"Stock Drift": (
		("name", "ID"),
		("status_field", "Status"),
		("warehouse", "Warehouse"),
		("kind", "What Differs"),
		("expected", "Should Be"),
		("found", "Is"),
		("units", "Units out of Balance"),
		("found_at", "Found At"),
	),
	"Stock Figure": (
		("name", "ID"),
		("warehouse", "Warehouse"),
		("sold_7", "Sold in 7 Days"),
		("sold_28", "Sold in 28 Days"),
		("sold_90", "Sold in 90 Days"),
		("speed", "Sold per Day"),
		("last_sold_at", "Last Sold At"),
	),
	"Routing Decision": (
		("name", "ID"),
		("status_field", "Status"),
		("reason", "Reason"),
		("warehouses", "Warehouses"),
		("decided_at", "Decided At"),
	),
	"Gift Rule": (
		("name", "ID"),
		("status_field", "Status"),
		("priority", "Priority"),
		("gift_sku", "Gift SKU"),
		("shop", "Shop"),
		("ends_at", "Until"),
		("given_qty", "Given Pieces"),
	),
	"Gift Grant": (
		("name", "ID"),
		("status_field", "Status"),
		("order", "Order"),
		("rule", "Gift Rule"),
		("sku", "Gift SKU"),
		("qty", "Gift Pieces"),
		("given_at", "Given At"),
		("reason", "Reason"),
	),
	"Stock Alert Rule": (
		("name", "ID"),
		("status_field", "Status"),
		("kind", "Kind"),
		("threshold", "Pieces"),
		("days", "Days"),
		("each_warehouse", "Each Warehouse by Itself"),
	),
	"Waybill": (
		("name", "ID"),
		("status_field", "Status"),
		("number", "Waybill No"),
		("courier", "Courier"),
		("shipment", "Parcel"),
		("account", "Waybill Account"),
		("assigned_at", "Assigned At"),
	),
	"Waybill Account": (
		("name", "ID"),
		("status_field", "Status"),
		("provider", "Service"),
		("shop", "Shop"),
		("priority", "Priority"),
	),
	"Pull Window": (
		("name", "ID"),
		("status_field", "Status"),
		("feed", "Feed"),
		("from_time", "From Time"),
		("to_time", "To Time"),
		("platform_total", "Platform Total"),
		("saved", "Saved"),
		("missing", "Missing"),
		("quarantined", "Quarantined"),
	),
	"Connector Event": (
		("name", "ID"),
		("status_field", "Status"),
		("shop", "Shop"),
		("kind", "Kind"),
		("object_no", "Object No."),
		("attempts", "Attempts"),
		("error_code", "Error Code"),
	),
	"Connector Call": (
		("name", "ID"),
		("status_field", "Status"),
		("shop", "Shop"),
		("called_at", "Called At"),
		("duration_ms", "Duration (ms)"),
		("attempts", "Attempts"),
		("error_code", "Error Code"),
	),
	"Quarantined Order": (
		("name", "ID"),
		("status_field", "Status"),
		("shop", "Shop"),
		("reason_code", "Reason"),
		("path", "Place"),
		("first_seen_at", "First Seen At"),
	),
}

FILTERS_MADE = "oms_saved_filters_made"
LISTING_FILTERS_MADE = "oms_listing_filters_made"


def make_saved_filters() -> dict[str, list[list]]:
	"""Filters of the order list that everybody sees: {name in the session's language: filters}."""
	to_ship = ["To Review", "On Hold", "Backorder", "To Print", "To Pick", "To Ship", "Partly Shipped"]
	order = "Order"
	return {
		_("New customers, to review"): [
			[order, "status", "=", "To Review"],
			[order, "customer_kind", "=", "New Customer"],
		],
		_("Repeat customers, to review"): [
			[order, "status", "=", "To Review"],
			[order, "customer_kind", "=", "Repeat Customer"],
		],
		_("Refund asked, not shipped"): [
			[order, "status", "in", to_ship],
			[order, "stop_reasons", "like", "%refund_requested%"],
		],
		_("Goods not matched"): [
			[order, "status", "=", "On Hold"],
			[order, "hold_reasons", "like", "%listing_unmatched%"],
		],
		_("Paid today, not shipped"): [
			[order, "status", "in", to_ship],
			[order, "paid_at", "Timespan", "today"],
		],
	}


def make_listing_filters() -> dict[str, list[list]]:
	"""The same for the list of listings."""
	listing = "Listing"
	return {
		_("Stock differs at the platform"): [[listing, "differs_since", "is", "set"]],
		_("Push failed or refused"): [[listing, "is_dirty", "=", 1], [listing, "push_attempts", ">", 0]],
		_("Selling stopped"): [[listing, "stock_stopped", "=", 1]],
		_("On sale, not matched"): [[listing, "status", "=", "On Sale"], [listing, "sku", "is", "not set"]],
	}


def ensure_saved_filters() -> None:
	"""Save the filters once in the site's language, which is known when the setup wizard is through.

	Frappe shows their names as they are. Afterwards they are the administrator's to change or remove.
	"""
	if not cint(frappe.db.get_single_value("System Settings", "setup_complete")):
		return
	_save_filters("Order", make_saved_filters, FILTERS_MADE)
	_save_filters("Listing", make_listing_filters, LISTING_FILTERS_MADE)


def _save_filters(doctype: str, make: Callable[[], dict[str, list[list]]], mark: str) -> None:
	if frappe.db.get_default(mark):
		return
	language = frappe.local.lang
	frappe.local.lang = frappe.db.get_single_value("System Settings", "language") or language
	try:
		filters = make()
	finally:
		frappe.local.lang = language
	for name, conditions in filters.items():
		row = {"reference_doctype": doctype, "filter_name": name, "for_user": ""}
		if not frappe.db.exists("List Filter", row):
			document = frappe.get_doc({"doctype": "List Filter", **row, "filters": json.dumps(conditions)})
			document.insert(ignore_permissions=True)  # installation runs before anyone has a role
	frappe.db.set_default(mark, "1")


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
	"""Delete the settings and the shared filters of our lists."""
	frappe.db.delete("List View Settings", {"name": ["in", list(COLUMNS)]})
	frappe.db.delete("List Filter", {"reference_doctype": ["in", list(COLUMNS)]})
	frappe.db.delete("DefaultValue", {"defkey": ["in", [FILTERS_MADE, LISTING_FILTERS_MADE]]})
