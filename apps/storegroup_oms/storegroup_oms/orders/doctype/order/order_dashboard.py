"""Connections of one order to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "order",
		"non_standard_fieldnames": {"Task": "reference_name"},
		"dynamic_links": {"reference_name": ["Order", "reference_doctype"]},
		"transactions": [
			{"label": _("Fulfilment"), "items": ["Shipment"]},
			{"label": _("After-sales"), "items": ["After-sale Case"]},
			{"label": _("Team"), "items": ["Task"]},
			{"label": _("History"), "items": ["Order Event"]},
		],
	}
