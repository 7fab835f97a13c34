"""An order that another system cancels: along the life cycle, and only before the warehouse has it in hand."""

import frappe
from frappe import _
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import ApiConflictError
from storegroup_oms.orders import lifecycle
from storegroup_oms.permissions import require_permission

CLOSED = "Closed"
# From To Pick on somebody holds a label or the goods: stopping the parcel is a person's work.
CANCELLABLE = ("Unpaid", "To Review", "On Hold", "Backorder", "To Print")


def cancel_order(name: str, reason: str) -> dict:
	"""Close the order; the answer has the shape of `models.CancelOrderAnswer`. Closed already is no error. Never commits.

	Locks the order's row. Raises ApiConflictError when the order has come too far.
	"""
	require_permission("Order", "write", name)
	status = frappe.db.get_value("Order", name, "status", for_update=True)
	if status == CLOSED:
		return {"name": name, "status": CLOSED, "changed": False}
	if status not in CANCELLABLE:
		raise ApiConflictError(
			_("Order {0} is {1} and can't be cancelled any more. Open an after-sale case.").format(
				name, _(status)
			),
			code="too_late",
		)
	lifecycle.move_orders([name], CLOSED, frappe.session.user, {"reason": reason})
	update_rows(
		"Order",
		[{"name": name, "closed_reason": reason, "closed_at": now_datetime()}],
		("closed_reason", "closed_at"),
	)
	return {"name": name, "status": CLOSED, "changed": True}
