"""Orders without holds go on: by a rule, or because a person says so. Never commits.

An approved order is To Print; what it needs of stock is settled by those who are told through `order_approved_sinks`,
in the same transaction.
"""

from collections.abc import Iterable, Sequence

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.orders import lifecycle, review_states
from storegroup_oms.orders.review_orders import lock_orders

APPROVED = "To Print"
MOST_AT_ONCE = 2_000

# What makes an order ready for a rule. An amount of 0 and empty fields are no limits.
_READY = """o.status = 'To Review' AND o.is_checked = 1 AND IFNULL(o.hold_reasons, '') = ''
	AND EXISTS (SELECT 1 FROM `tabApproval Rule` rule WHERE rule.is_active = 1
		AND IFNULL(rule.shop, '') IN ('', o.shop)
		AND IFNULL(rule.order_type, '') IN ('', o.order_type)
		AND (rule.max_amount = 0 OR o.total_amount <= rule.max_amount)
		AND IFNULL(o.paid_at, o.ordered_at) <= %(now)s - INTERVAL rule.min_age_minutes MINUTE)"""


def find_ready(limit: int = MOST_AT_ONCE) -> list[str]:
	"""Orders that an active rule lets go on, those paid first first; none without a rule."""
	if not frappe.db.exists("Approval Rule", {"is_active": 1}):
		return []
	return frappe.db.sql_list(
		f"SELECT o.name FROM tabOrder o WHERE {_READY} ORDER BY IFNULL(o.paid_at, o.ordered_at), o.name LIMIT %(limit)s",
		{"now": now_datetime(), "limit": limit},
	)


def approve_ready(names: Sequence[str]) -> list[str]:
	"""Approve those of these orders that a rule still lets go on, under their locks; returns them."""
	orders = lock_orders(names, ("To Review",))
	if not orders:
		return []
	still = frappe.db.sql_list(
		f"SELECT o.name FROM tabOrder o WHERE o.name IN %(names)s AND {_READY}",
		{"names": [order.name for order in orders], "now": now_datetime()},
	)
	return approve_locked(still, "Approval rule")


def approve_locked(names: Iterable[str], source: str, user: str | None = None) -> list[str]:
	"""Approve orders whose rows are locked and that may be; `user` is who did it, None for a rule. Returns them."""
	moved = lifecycle.move_orders(names, APPROVED, source)
	if not moved:
		return []
	state = review_states.get_state_by_status().get(APPROVED)
	values = {"reviewed_at": now_datetime(), "reviewed_by": user}
	fields = [*values]
	if state:
		values["review_state"] = state
		fields.append("review_state")
	update_rows("Order", [{"name": name, **values} for name in moved], fields)
	for sink in frappe.get_hooks("order_approved_sinks"):
		frappe.get_attr(sink)(moved, source)
	return moved
