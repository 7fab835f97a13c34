"""Endpoints for contacts: reveal one on record, find orders by phone, see who looked."""

import frappe

from storegroup_oms.orders import reveal
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["POST"])
def reveal_receiver(order: str, reason: str) -> dict[str, str]:
	"""The receiver's raw name, mobile and address; the look and its reason are kept. See `reveal.reveal`."""
	return reveal.reveal(order, reason)


@frappe.whitelist(methods=["GET", "POST"])
def find_orders_by_phone(mobile: str) -> list[dict]:
	"""Orders to a phone number that the user reads, newest first, with masked contacts."""
	return reveal.find_orders(mobile)


@frappe.whitelist(methods=["GET", "POST"])
def get_access_summary() -> list[dict]:
	"""Who revealed how many contacts today; for those who read Personal Data Access."""
	require_permission("Personal Data Access")
	return reveal.get_summary()
