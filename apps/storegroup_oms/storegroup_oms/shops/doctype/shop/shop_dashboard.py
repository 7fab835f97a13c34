"""Connections of one shop to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "shop",
		"transactions": [
			{"label": _("Orders"), "items": ["Order", "After-sale Case", "Order Import"]},
			{"label": _("Goods"), "items": ["Listing", "Dedicated Stock", "Stock Push"]},
			{
				"label": _("Connection"),
				"items": ["Pull Window", "Quarantined Order", "Connector Event", "Connector Call"],
			},
			{"label": _("Team"), "items": ["Task"]},
		],
	}
