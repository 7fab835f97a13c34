"""How each courier does, by lane or over all: speed, problems, losses, complaints and cost."""

import frappe
from frappe import _
from frappe.utils import add_days, getdate, nowdate

from storegroup_oms.couriers.tracking.scorecard import GROUPS, LANE, Period, compute
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.permissions import get_scope_condition

DAYS = 30
CHARTED = 12


def execute(filters: dict | None = None) -> tuple[list[dict], list[frappe._dict], None, dict | None]:
	"""Columns, rows of `scorecard.compute` over parcels of the user's scope, and a chart of the largest ones.

	Filters: from_date, to_date (30 days up to today), group_by, courier, warehouse, province.
	"""
	filters = frappe._dict(filters or {})
	group = filters.group_by if filters.group_by in GROUPS else "Courier"
	rows = compute(make_period(filters), group)
	sees_cost = "freight_cost" not in get_hidden_fields("Shipment")
	if not sees_cost:
		for row in rows:
			row.pop("cost")
	return _make_columns(GROUPS[group], sees_cost), rows, None, _make_chart(rows, group)


def make_period(filters: frappe._dict) -> Period:
	"""The period that report filters say, over parcels of the user's scope."""
	to_date = getdate(filters.get("to_date") or nowdate())
	from_date = getdate(filters.get("from_date") or add_days(to_date, 1 - DAYS))
	only = {key: str(filters[key]) for key in LANE if filters.get(key)}
	return Period(from_date, to_date, only, get_scope_condition("Shipment"))


def _make_columns(keys: tuple[str, ...], sees_cost: bool) -> list[dict]:
	about = {
		"courier": ("courier", _("Courier"), "Link", 130, "Courier"),
		"warehouse": ("warehouse", _("From Warehouse"), "Link", 130, "Warehouse"),
		"province": ("province", _("Province"), "Data", 100, ""),
	}
	columns = [
		*(about[key] for key in keys),
		("parcels", _("Parcels"), "Int", 80, ""),
		("delivered", _("Delivered"), "Int", 80, ""),
		("pickup_hours", _("Pickup (h, median)"), "Float", 110, ""),
		("median_days", _("Half Arrive (days)"), "Float", 110, ""),
		("p90_days", _("90 % Arrive (days)"), "Float", 110, ""),
		("problem_rate", _("Problems (%)"), "Float", 90, ""),
		("loss_rate", _("Lost (%)"), "Float", 80, ""),
		("complaint_rate", _("Complaints (%)"), "Float", 90, ""),
	]
	if sees_cost:
		columns.append(("cost", _("Cost per Parcel"), "Currency", 110, ""))
	return [
		{
			"fieldname": name,
			"label": label,
			"fieldtype": kind,
			"width": width,
			"options": options,
			"precision": 2,
		}
		for name, label, kind, width, options in columns
	]


def _make_chart(rows: list[frappe._dict], group: str) -> dict | None:
	shown = rows[:CHARTED]
	if not shown:
		return None
	labels = [" ".join(str(row[key] or "") for key in GROUPS[group]) for row in shown]
	return {
		"data": {
			"labels": labels,
			"datasets": [
				{"name": _("90 % Arrive (days)"), "values": [row.p90_days or 0 for row in shown]},
				{"name": _("Problems (%)"), "values": [row.problem_rate for row in shown]},
			],
		},
		"type": "bar",
	}
