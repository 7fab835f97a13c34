"""Script Report: numbers that were given out and have not left the house, the oldest first."""

import frappe
from frappe import _
from frappe.utils import cint, now_datetime, time_diff_in_hours

from storegroup_oms.permissions import get_scope_condition

DEFAULT_HOURS = 24


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	filters = filters or {}
	scope = get_scope_condition("Waybill").replace("%", "%%")
	rows = frappe.db.sql(
		f"""SELECT `tabWaybill`.name AS waybill, `tabWaybill`.number, `tabWaybill`.courier, `tabWaybill`.account,
		`tabWaybill`.state, `tabWaybill`.shipment, `tabShipment`.status AS parcel_status,
		`tabWaybill`.requested_at, `tabWaybill`.reason, `tabWaybill`.error
		FROM `tabWaybill` LEFT JOIN `tabShipment` ON `tabShipment`.name = `tabWaybill`.shipment
		WHERE `tabWaybill`.state IN ('Requested', 'Assigned', 'To Recycle')
		AND `tabWaybill`.requested_at <= DATE_SUB(%(now)s, INTERVAL %(hours)s HOUR)
		AND (%(account)s IS NULL OR `tabWaybill`.account = %(account)s)
		AND (%(courier)s IS NULL OR `tabWaybill`.courier = %(courier)s)
		{f"AND {scope}" if scope else ""}
		ORDER BY `tabWaybill`.requested_at, `tabWaybill`.name""",
		{
			"now": now_datetime(),
			"hours": cint(filters.get("hours", DEFAULT_HOURS)),
			"account": filters.get("account") or None,
			"courier": filters.get("courier") or None,
		},
		as_dict=True,
	)
	for row in rows:
		row.hours = int(time_diff_in_hours(now_datetime(), row.requested_at))
		row.state = _(row.state)
		row.parcel_status = _(row.parcel_status) if row.parcel_status else ""
	return _get_columns(), rows


def _get_columns() -> list[dict]:
	return [
		{"fieldname": "number", "label": _("Waybill No"), "fieldtype": "Data", "width": 160},
		_link("courier", _("Courier"), "Courier", 120),
		_link("account", _("Waybill Account"), "Waybill Account", 160),
		{"fieldname": "state", "label": _("State"), "fieldtype": "Data", "width": 100},
		{"fieldname": "hours", "label": _("Hours"), "fieldtype": "Int", "width": 80},
		_link("shipment", _("Parcel"), "Shipment", 130),
		{"fieldname": "parcel_status", "label": _("Parcel Status"), "fieldtype": "Data", "width": 110},
		{"fieldname": "reason", "label": _("Reason"), "fieldtype": "Data", "width": 200},
		{"fieldname": "error", "label": _("Last Error"), "fieldtype": "Data", "width": 260},
	]


def _link(fieldname: str, label: str, doctype: str, width: int) -> dict:
	return {"fieldname": fieldname, "label": label, "fieldtype": "Link", "options": doctype, "width": width}
