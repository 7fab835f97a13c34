"""Connections of one customer to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "customer",
		"non_standard_fieldnames": {"Task": "reference_name"},
		"dynamic_links": {"reference_name": ["Customer", "reference_doctype"]},
		"transactions": [
			{"label": _("Orders"), "items": ["Order", "After-sale Case"]},
			{"label": _("Team"), "items": ["Task"]},
		],
	}
