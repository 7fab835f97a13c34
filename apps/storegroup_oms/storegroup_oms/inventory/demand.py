"""Pieces that open orders still lack: ordered, not yet reserved and not yet shipped. Reads only."""

import frappe

from storegroup_oms.catalog.bundles import explode_sound

CACHE_KEY = "oms_stock_waiting"
CACHE_S = 30
# Paid and to be sent; what has left or was never paid waits for nothing.
OPEN = ("To Review", "On Hold", "Backorder", "To Print", "To Pick", "To Ship", "Partly Shipped")
REFUNDED = ("Refunded", "Closed")


def get_waiting() -> dict[str, int]:
	"""Pieces by plain SKU that open orders lack, over all shops; up to half a minute old."""
	waiting = frappe.cache.get_value(CACHE_KEY)
	if waiting is None:
		waiting = count_waiting()
		frappe.cache.set_value(CACHE_KEY, waiting, expires_in_sec=CACHE_S)
	return waiting


def count_waiting() -> dict[str, int]:
	"""`get_waiting` as of now; bundles are taken apart, those in a circle left out."""
	rows = frappe.db.sql(
		"""SELECT line.sku, SUM(line.qty - line.reserved_qty - line.shipped_qty)
		FROM `tabOrder` owner JOIN `tabOrder Item` line ON line.parent = owner.name AND line.parenttype = 'Order'
		WHERE owner.status IN %s AND IFNULL(line.sku, '') != '' AND IFNULL(line.refund_status, '') NOT IN %s
			AND line.qty > line.reserved_qty + line.shipped_qty
		GROUP BY line.sku""",
		(OPEN, REFUNDED),
	)
	parts, _endless = explode_sound(sku for sku, _pieces in rows)
	waiting: dict[str, int] = {}
	for sku, pieces in rows:
		for part, count in parts.get(sku, {}).items():
			waiting[part] = waiting.get(part, 0) + int(pieces) * count
	return waiting
