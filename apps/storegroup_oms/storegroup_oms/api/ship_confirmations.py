"""Endpoints of confirmations to the platforms."""

import frappe
from frappe import _

from storegroup_oms.connectors import confirmations
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission

MAX_ROWS = 1_000


@frappe.whitelist(methods=["POST"])
def retry(names: str) -> dict[str, int]:
	"""Tell the platforms again, of confirmations (a JSON list of names) that the user sees: {again, asked}.

	Who may change an order may do that.
	"""
	wanted = frappe.parse_json(names)
	if not isinstance(wanted, list) or len(wanted) > MAX_ROWS:
		frappe.throw(
			_("Choose up to {0} confirmations.").format(MAX_ROWS),
			exc=InvalidValueError,
			title=_("Too Many Confirmations"),
		)
	require_permission("Order", "write")
	visible = frappe.get_list(
		"Ship Confirmation",
		filters={"name": ("in", wanted or [""])},
		pluck="name",
		order_by="name asc",
		limit=0,
	)
	return {"again": confirmations.retry(visible), "asked": len(wanted)}
