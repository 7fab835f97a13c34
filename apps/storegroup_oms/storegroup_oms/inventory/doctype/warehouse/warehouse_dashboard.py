"""Connections of one warehouse to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "warehouse",
		"transactions": [
			{"label": _("Stock"), "items": ["Stock Balance", "Stock Ledger"]},
			{"label": _("Parcels"), "items": ["Shipment", "Order"]},
		],
	}
