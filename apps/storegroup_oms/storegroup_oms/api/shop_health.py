"""Endpoint of the Shop Health board."""

import frappe

from storegroup_oms.analytics import shop_health
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["GET", "POST"])
def get_board() -> dict:
	"""The shops that the user may see with their health; see `shop_health.get_board`."""
	require_permission("Shop")
	require_permission("Pull Window")
	return shop_health.get_board()
