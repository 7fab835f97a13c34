"""Script Report: batches on the shelf that have expired or soon will, the most urgent first."""

import frappe
from frappe import _
from frappe.utils import add_days, cint, date_diff, nowdate

from storegroup_oms.permissions import get_scope_condition

DEFAULT_DAYS = 60


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	filters = filters or {}
	scope = get_scope_condition("Stock Batch Balance").replace("%", "%%")
	rows = frappe.db.sql(
		f"""SELECT batch.sku, sku.sku_name, batch.batch_no, batch.expires_on,
		`tabStock Batch Balance`.warehouse, `tabStock Batch Balance`.on_hand
		FROM `tabStock Batch` batch
		JOIN `tabStock Batch Balance` ON `tabStock Batch Balance`.batch = batch.name
		JOIN tabSKU sku ON sku.name = batch.sku
		WHERE batch.expires_on <= %(until)s AND `tabStock Batch Balance`.on_hand > 0
		AND (%(warehouse)s IS NULL OR `tabStock Batch Balance`.warehouse = %(warehouse)s)
		{f"AND {scope}" if scope else ""}
		ORDER BY batch.expires_on, batch.sku, batch.batch_no""",
		{
			"until": add_days(nowdate(), cint(filters.get("days", DEFAULT_DAYS))),
			"warehouse": filters.get("warehouse") or None,
		},
		as_dict=True,
	)
	for row in rows:
		row.days_left = date_diff(row.expires_on, nowdate())
	return _get_columns(), rows


def _get_columns() -> list[dict]:
	return [
		{"fieldname": "sku", "label": _("SKU"), "fieldtype": "Link", "options": "SKU", "width": 150},
		{"fieldname": "sku_name", "label": _("SKU Name"), "fieldtype": "Data", "width": 220},
		{"fieldname": "batch_no", "label": _("Batch No"), "fieldtype": "Data", "width": 130},
		{"fieldname": "expires_on", "label": _("Expires On"), "fieldtype": "Date", "width": 110},
		{"fieldname": "days_left", "label": _("Days Left"), "fieldtype": "Int", "width": 90},
		{
			"fieldname": "warehouse",
			"label": _("Warehouse"),
			"fieldtype": "Link",
			"options": "Warehouse",
			"width": 140,
		},
		{"fieldname": "on_hand", "label": _("On Hand"), "fieldtype": "Int", "width": 90},
	]
