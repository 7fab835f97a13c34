"""Connections of one shipment to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "shipment",
		"non_standard_fieldnames": {"Task": "reference_name"},
		"dynamic_links": {"reference_name": ["Shipment", "reference_doctype"]},
		"internal_links": {"Order": ["orders", "order"]},
		"transactions": [
			{"label": _("Orders"), "items": ["Order"]},
			{"label": _("Tracking"), "items": ["Tracking Event"]},
			{"label": _("Team"), "items": ["Task"]},
		],
	}
