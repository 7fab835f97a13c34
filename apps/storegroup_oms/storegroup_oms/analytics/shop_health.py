"""How every shop does: its connection, what is missing, what waits, and how much money hangs on it. Reads only.

One query per group of columns, each within the reader's own scope, none per shop. Columns of records that the
reader may not read are None.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import cint, flt, now_datetime

from storegroup_oms.orders.lifecycle import get_open_statuses
from storegroup_oms.permissions import get_scope_condition

# A shop is asked at least every two minutes; a mark of completeness older than this means that it is not.
BEHIND_AFTER = timedelta(minutes=10)
# One call that fails is weather.
FAILING_AFTER = timedelta(minutes=5)
TOKEN_ENDS_SOON = timedelta(days=3)
# The orders by whose average an order in quarantine is estimated.
ESTIMATE_DAYS = 3
LEVELS = ("red", "orange", "green", "gray")
SHOP_FIELDS = (
	"name",
	"platform",
	"status",
	"operator",
	"token_expires_at",
	"complete_up_to",
	"last_pull_at",
	"last_message_at",
	"push_enabled",
	"push_delay_ms",
	"failing_since",
	"error_code",
	"last_error",
)
WINDOWS = ("open_windows", "incomplete_windows", "missing_orders")
MESSAGES = ("failed_messages", "retried_messages")
QUARANTINE = ("quarantined",)
LISTINGS = ("unmatched_listings",)
STOCK = ("stock_differences",)
ORDERS = ("overdue_orders", "due_soon_orders", "ship_by_amount")
Counts = dict[str, dict]


def get_board() -> dict:
	"""One row per shop that the reader may see, most money at risk first, then the worst state.

	Answers {as_of, ship_soon_hours, rows}. A row has SHOP_FIELDS, the count columns, `ship_by_amount` (paid amount
	of orders that are late or near their ship-by time), `quarantined_amount` (an estimate), `money_at_risk` (both),
	`level` (red, orange, green, gray) and `state` (in the reader's language).
	"""
	moment = now_datetime()
	hours = cint(frappe.db.get_single_value("OMS Settings", "ship_soon_hours")) or 6
	shops = _list_shops()
	for doctype, columns, count in (
		("Pull Window", WINDOWS, _count_windows),
		("Connector Event", MESSAGES, _count_messages),
		("Quarantined Order", QUARANTINE, _count_quarantined),
		("Listing", LISTINGS, _count_unmatched),
		("Listing", STOCK, _count_stock_differences),
		("Order", ORDERS, lambda: _count_late_orders(moment, hours)),
	):
		_fill(shops, doctype, columns, count)
	_add_money(shops, moment)
	for shop in shops:
		shop.level, shop.state = judge(shop, moment)
	shops.sort(key=lambda shop: (-(shop.money_at_risk or 0), LEVELS.index(shop.level), shop.name))
	return {"as_of": moment, "ship_soon_hours": hours, "rows": shops}


def _list_shops() -> list[frappe._dict]:
	fields = ", ".join(f"`tabShop`.`{field}`" for field in SHOP_FIELDS)
	# Whether there is a key and a refresh token is no secret; the fields themselves stay here.
	has = "app_key > '' AS has_access, refresh_token > '' AS can_refresh"
	scope = get_scope_condition("Shop") or "1 = 1"
	return frappe.db.sql(
		f"SELECT {fields}, {has} FROM `tabShop` WHERE {scope} ORDER BY `tabShop`.name", as_dict=True
	)


def _get_scope(doctype: str) -> str:
	"""The reader's scope as SQL for a statement with bound values; its values are escaped."""
	return (get_scope_condition(doctype) or "1 = 1").replace("%", "%%")


def _fill(
	shops: list[frappe._dict], doctype: str, columns: tuple[str, ...], count: Callable[[], Counts]
) -> None:
	found = count() if frappe.has_permission(doctype, "read") else None
	for shop in shops:
		values = found.get(shop.name, {}) if found is not None else None
		shop.update({column: None if values is None else values.get(column) or 0 for column in columns})


def _count(doctype: str, columns: str, where: str, values: dict) -> Counts:
	# Columns and conditions are constants of this module, values are bound.
	rows = frappe.db.sql(
		f"SELECT shop, {columns} FROM `tab{doctype}` WHERE {where} AND {_get_scope(doctype)} GROUP BY shop",
		values,
		as_dict=True,
	)
	return {row.pop("shop"): row for row in rows}


def _count_windows() -> Counts:
	return _count(
		"Pull Window",
		"SUM(status IN ('Open', 'Running')) AS open_windows,"
		" SUM(status IN ('Incomplete', 'Failed')) AS incomplete_windows,"
		" SUM(IF(status IN ('Incomplete', 'Failed'), missing, 0)) AS missing_orders",
		"status IN %(unfinished)s",
		{"unfinished": ("Open", "Running", "Incomplete", "Failed")},
	)


def _count_messages() -> Counts:
	return _count(
		"Connector Event",
		"SUM(status = 'Failed') AS failed_messages, SUM(status = 'Retry') AS retried_messages",
		"status IN %(bad)s",
		{"bad": ("Failed", "Retry")},
	)


def _count_quarantined() -> Counts:
	return _count(
		"Quarantined Order", "COUNT(*) AS quarantined", "status = %(status)s", {"status": "Waiting"}
	)


def _count_unmatched() -> Counts:
	return _count(
		"Listing",
		"COUNT(*) AS unmatched_listings",
		"status = %(status)s AND (sku IS NULL OR sku = '')",
		{"status": "On Sale"},
	)


def _count_stock_differences() -> Counts:
	"""Listings that show another figure than was sent."""
	return _count(
		"Listing",
		"COUNT(*) AS stock_differences",
		"differs_since IS NOT NULL AND status != %(gone)s",
		{"gone": "Deleted"},
	)


def _count_late_orders(moment: datetime, hours: int) -> Counts:
	return _count(
		"Order",
		"SUM(ship_by < %(now)s) AS overdue_orders, SUM(ship_by >= %(now)s) AS due_soon_orders,"
		" SUM(paid_amount) AS ship_by_amount",
		"status IN %(to_ship)s AND ship_by <= %(soon)s",
		{
			"now": moment,
			"soon": moment + timedelta(hours=hours),
			"to_ship": tuple(status for status in get_open_statuses() if status != "Unpaid"),
		},
	)


def _add_money(shops: list[frappe._dict], moment: datetime) -> None:
	waiting = [shop.name for shop in shops if shop.quarantined]
	averages: Counts = {}
	if waiting and frappe.has_permission("Order", "read"):
		averages = _count(
			"Order",
			"AVG(paid_amount) AS paid",
			"shop IN %(shops)s AND ordered_at >= %(since)s AND paid_amount > 0",
			{"shops": waiting, "since": moment - timedelta(days=ESTIMATE_DAYS)},
		)
	for shop in shops:
		if shop.ship_by_amount is None:
			shop.money_at_risk = None
			continue
		paid = averages.get(shop.name, {}).get("paid") or 0
		shop.quarantined_amount = flt(flt(paid) * (shop.quarantined or 0), 2)
		shop.money_at_risk = flt(flt(shop.ship_by_amount) + shop.quarantined_amount, 2)


def judge(shop: frappe._dict, moment: datetime) -> tuple[str, str]:
	"""The level and the state of a shop's connection; what is worst comes first."""
	if shop.platform == "Manual":
		return "gray", _("By Hand")
	if shop.status == "Authorisation Expired":
		return "red", _("Authorisation Expired")
	if shop.status == "Paused":
		return "gray", _("Paused")
	if not shop.has_access:
		return "gray", _("Not Connected")
	if shop.failing_since:
		lasts = shop.failing_since < moment - FAILING_AFTER
		return "red" if lasts else "orange", _("Connection Failing")
	if shop.missing_orders:
		return "red", _("Orders Missing")
	if shop.complete_up_to and shop.complete_up_to < moment - BEHIND_AFTER:
		return "orange", _("Behind")
	if shop.quarantined:
		return "orange", _("Orders in Quarantine")
	if shop.stock_differences:
		return "orange", _("Stock Differs")
	# An access that renews itself worries only once it has ended.
	margin = timedelta(0) if shop.can_refresh else TOKEN_ENDS_SOON
	if shop.token_expires_at and shop.token_expires_at < moment + margin:
		return "orange", _("Authorisation Ends Soon")
	return "green", _("Healthy")
