"""Endpoints of waybills: test an account, void numbers, give numbers back now."""

import frappe
from frappe import _

from storegroup_oms.couriers.waybills import checking, recycling
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission

MAX_NUMBERS = 200


@frappe.whitelist(methods=["POST"])
def test_account(account: str) -> list[dict]:
	"""Ask an account's service about each of its couriers; see `checking.check`."""
	require_permission("Waybill Account", "write", account)
	return checking.check(account)


@frappe.whitelist(methods=["POST"])
def void(names: str, reason: str, give_back: bool = True) -> dict[str, dict[str, str]]:
	"""Take numbers (a JSON list of Waybills) from their parcels for a reason: {states, refused} by name."""
	wanted = frappe.parse_json(names)
	if not isinstance(wanted, list) or not 0 < len(wanted) <= MAX_NUMBERS:
		frappe.throw(
			_("Choose up to {0} numbers.").format(MAX_NUMBERS),
			exc=InvalidValueError,
			title=_("Too Many Numbers"),
		)
	require_permission("Shipment", "write")
	states, refused = {}, {}
	for name in sorted(map(str, wanted)):
		require_permission("Waybill", "read", name)
		try:
			states[name] = recycling.void(name, reason, frappe.utils.sbool(give_back))
		except InvalidValueError as error:
			frappe.clear_last_message()
			refused[name] = str(error)
	return {"states": states, "refused": refused}


@frappe.whitelist(methods=["POST"])
def recycle_now() -> None:
	"""Start giving back the numbers that wait for it."""
	require_permission("Waybill Account", "write")
	recycling.enqueue_recycle()
