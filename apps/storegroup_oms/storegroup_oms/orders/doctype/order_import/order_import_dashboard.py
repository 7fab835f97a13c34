"""Connections of one order import to other records."""

from frappe import _


def get_data(data: dict | None = None) -> dict:
	return {
		"fieldname": "order_import",
		"transactions": [
			{"label": _("Orders"), "items": ["Order"]},
		],
	}
