"""Connections of one after sale case to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "after_sale_case",
		"non_standard_fieldnames": {"Task": "reference_name"},
		"dynamic_links": {"reference_name": ["After-sale Case", "reference_doctype"]},
		"transactions": [
			{"label": _("Orders"), "items": ["Order"]},
			{"label": _("Team"), "items": ["Task"]},
		],
	}
