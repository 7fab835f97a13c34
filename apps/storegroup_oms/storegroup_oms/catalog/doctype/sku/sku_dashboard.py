"""Connections of one sku to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "sku",
		"transactions": [
			{"label": _("Stock"), "items": ["Stock Balance", "Stock Ledger"]},
			{"label": _("Shops"), "items": ["Listing"]},
			{"label": _("Orders"), "items": ["Order"]},
		],
	}
