"""Connections of one courier to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "courier",
		"transactions": [
			{"label": _("Parcels"), "items": ["Shipment", "Order"]},
		],
	}
