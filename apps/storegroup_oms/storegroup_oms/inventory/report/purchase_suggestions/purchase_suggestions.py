"""Script Report: what to buy now, with the sum that each quantity follows from."""

from frappe import _
from frappe.utils import cint

from storegroup_oms.inventory import purchasing


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	filters = filters or {}
	rows = purchasing.find_suggestions(
		days=cint(filters.get("days")) or purchasing.DEFAULT_DAYS,
		cover_days=cint(filters.get("cover_days")) or purchasing.DEFAULT_COVER,
		warehouse=filters.get("warehouse"),
		category=filters.get("category"),
		only_needed=bool(cint(filters.get("only_needed", 1))),
	)
	return _get_columns(), rows


def _get_columns() -> list[dict]:
	def number(fieldname: str, label: str, fieldtype: str = "Int", width: int = 90) -> dict:
		return {
			"fieldname": fieldname,
			"label": label,
			"fieldtype": fieldtype,
			"width": width,
			"precision": 2,
		}

	return [
		{"fieldname": "sku", "label": _("SKU"), "fieldtype": "Link", "options": "SKU", "width": 150},
		{"fieldname": "sku_name", "label": _("SKU Name"), "fieldtype": "Data", "width": 200},
		{"fieldname": "supplier_name", "label": _("Supplier Name"), "fieldtype": "Data", "width": 130},
		number("suggested", _("Suggested")),
		number("cover", _("Days of Cover"), "Float"),
		number("speed", _("Sold per Day"), "Float"),
		number("lead_days", _("Lead Days")),
		number("on_hand", _("On Hand")),
		number("reserved", _("Reserved")),
		number("in_transit", _("In Transit")),
		number("backordered", _("Backordered")),
		{
			"fieldname": "formula",
			"label": _("Speed × (Lead + Cover) + Safety + Backordered − Free − In Transit"),
			"fieldtype": "Data",
			"width": 420,
		},
		number("unit_cost", _("Unit Cost"), "Currency"),
	]
