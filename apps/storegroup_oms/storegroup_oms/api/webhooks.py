"""Endpoints of the webhook forms. Each asks for the right to write what it is about."""

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.open_api import delivery
from storegroup_oms.permissions import require_permission

MAX_NAMES = 500


@frappe.whitelist(methods=["POST"])
def send_again(names: list[str] | str) -> int:
	"""Send deliveries once more, with all attempts before them; returns how many. One refused refuses all."""
	wanted = frappe.parse_json(names) if isinstance(names, str) else names
	if not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_NAMES:
		frappe.throw(_("Choose 1 to {0} deliveries.").format(MAX_NAMES), exc=InvalidValueError)
	require_permission("Webhook Delivery", "write")
	for name in wanted:
		require_permission("Webhook Delivery", "write", name)
	return delivery.send_again(wanted)
