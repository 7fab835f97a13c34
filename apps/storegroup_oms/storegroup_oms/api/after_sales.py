"""Endpoints of after-sales: agree to refunds of what has not been sent."""

import frappe
from frappe import _

from storegroup_oms.aftersales import answering
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request

MOST_CASES = 200
# Who pays money back. The warehouse inspects what comes back.
ROLES = ("System Manager", "OMS Administrator", "OMS Manager", "OMS Finance", "OMS Customer Service")


@frappe.whitelist(methods=["POST"])
def agree_refunds(cases: list | str) -> dict:
	"""Agree to cases; their platforms are told in the background: {names, refused: {case: why}}."""
	require_permission("After-sale Case", "write")
	if not set(ROLES) & set(frappe.get_roles()):
		frappe.throw(
			_("Your roles do not include this step: {0}").format(_("Agree to the Refund")),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
	names = frappe.parse_json(cases)
	if not isinstance(names, list) or not 0 < len(names) <= MOST_CASES:
		frappe.throw(
			_("Choose between 1 and {0} records.").format(MOST_CASES),
			exc=InvalidValueError,
			title=_("Too Many Cases"),
		)
	wanted = sorted({str(name) for name in names})
	seen = frappe.get_list(
		"After-sale Case", filters={"name": ["in", wanted]}, pluck="name", order_by="name asc", limit=0
	)
	if hidden := sorted(set(wanted) - set(seen)):
		frappe.throw(
			_("{0} is not open to you.").format(", ".join(hidden)),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
	user = frappe.session.user
	done = repeat_request(lambda: answering.agree(wanted, user))
	return {"names": done.names, "refused": done.refused}
