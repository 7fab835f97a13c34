"""Figures for the charts of the workspaces, counted within the reader's own shops and warehouses.

A chart of Frappe's own types is cached once for everybody, so that one person would see the numbers of
another's shops. This source is asked anew by each reader. Reads only.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.utils import getdate, nowdate

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders.lifecycle import STATUSES, get_open_statuses

DAYS = 14
HOURS = 24


@dataclass(frozen=True)
class Figure:
	"""What one chart counts: rows of a DocType by an expression, since `since` days ago where a date field is named."""

	doctype: str
	group: str
	name: str
	value: str = "COUNT(*)"
	date_field: str | None = None
	condition: str = "1 = 1"
	limit: int = 40


_OPEN = ", ".join(f"'{status}'" for status in get_open_statuses())
_OPEN_CASES = "'Open', 'Waiting for Buyer', 'Waiting for Parcel', 'Inspecting', 'Approved'"

FIGURES = {
	"orders_per_day": Figure("Order", "DATE(ordered_at)", "Orders", date_field="ordered_at"),
	"paid_per_day": Figure("Order", "DATE(paid_at)", "Paid Amount", "SUM(paid_amount)", "paid_at"),
	"refunded_per_day": Figure(
		"Order", "DATE(closed_at)", "Refund Amount", "SUM(refund_amount)", "closed_at"
	),
	"orders_by_hour": Figure("Order", "HOUR(ordered_at)", "Orders", date_field="ordered_at"),
	"orders_by_shop": Figure("Order", "shop", "Orders", date_field="ordered_at", limit=10),
	"paid_by_shop": Figure("Order", "shop", "Paid Amount", "SUM(paid_amount)", "ordered_at", limit=10),
	"orders_by_platform": Figure("Order", "platform", "Orders", date_field="ordered_at"),
	"orders_by_province": Figure("Order", "province", "Orders", date_field="ordered_at", limit=12),
	"open_orders_by_status": Figure("Order", "status", "Orders", condition=f"status IN ({_OPEN})"),
	"parcels_per_day": Figure("Shipment", "DATE(shipped_at)", "Parcels", date_field="shipped_at"),
	"parcels_by_exception": Figure(
		"Shipment",
		"exception",
		"Parcels",
		condition="exception > '' AND status NOT IN ('Delivered', 'Cancelled')",
	),
	"cases_by_status": Figure("After-sale Case", "status", "Cases", condition=f"status IN ({_OPEN_CASES})"),
	"cases_by_kind": Figure("After-sale Case", "kind", "Cases", condition=f"status IN ({_OPEN_CASES})"),
	"open_stock_alerts": Figure("Stock Alert", "kind", "Stock Alerts", condition="status = 'Open'"),
}


@frappe.whitelist(methods=["POST"])
def get(chart_name: str | None = None, filters: str | dict | None = None, **_unused: str | None) -> dict:
	"""The labels and values of one figure for the session's user.

	`filters` holds `figure`, a key of FIGURES. Answers {labels: [str], datasets: [{name, values}]}.
	Raises PermissionError without read access to the DocType, InvalidValueError for an unknown figure.
	"""
	wanted = frappe.parse_json(filters) if filters else {}
	figure = FIGURES.get(wanted.get("figure") if isinstance(wanted, dict) else None)
	if not figure:
		frappe.throw(_("There is no such figure: {0}").format(filters), exc=InvalidValueError)
	doctype = figure.doctype
	if not frappe.has_permission(doctype, "read"):
		frappe.throw(_("You may not read {0}.").format(_(doctype)), exc=frappe.PermissionError)
	rows = _count(figure)
	if figure.group.startswith("DATE("):
		rows = _fill_days(rows)
	elif figure.group.startswith("HOUR("):
		rows = [(f"{hour:02d}", dict(rows).get(hour, 0)) for hour in range(HOURS)]
	elif figure.group == "province":
		rows = [(shorten_province(name), value) for name, value in rows]
	elif figure.group == "status" and figure.doctype == "Order":
		found = dict(rows)
		rows = [(status, found[status]) for status in STATUSES if status in found]
	labels = [
		_(label) if isinstance(label, str) and label else label or _("Not Specified")
		for label, _value in rows
	]
	values = [float(value or 0) for _label, value in rows]
	return {"labels": labels, "datasets": [{"name": _(figure.name), "values": values}]}


def _count(figure: Figure) -> list[tuple]:
	# Every part is a constant of this module but the match condition, which Frappe builds and escapes.
	match = (build_match_conditions(figure.doctype) or "1 = 1").replace("%", "%%")
	since = f"`{figure.date_field}` >= %(since)s" if figure.date_field else "1 = 1"
	return frappe.db.sql(
		f"SELECT {figure.group} AS label, {figure.value} AS value FROM `tab{figure.doctype}`"
		f" WHERE {since} AND {figure.condition} AND ({match})"
		f" GROUP BY label ORDER BY value DESC LIMIT {figure.limit}",
		{"since": getdate(nowdate()) - timedelta(days=DAYS - 1)},
	)


def shorten_province(name: str | None) -> str:
	"""广西壮族自治区 → 广西, 浙江省 → 浙江; other names as they are."""
	return re.sub(r"(省|市|(壮族|回族|维吾尔)?自治区|特别行政区)$", "", name or "")


def _fill_days(rows: list[tuple]) -> list[tuple[str, float]]:
	found = {getdate(day): value for day, value in rows}
	days = [getdate(nowdate()) - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
	return [(f"{day.month}/{day.day}", found.get(day, 0)) for day in days]
