"""Which review step stands for which status, read from the active workflow an administrator may have changed."""

import frappe


def get_state_by_status() -> dict[str, str]:
	"""Canonical status → review state for new orders.

	A status that no state names gets the state of the nearest step: before review the first state, after
	it the state for "To Print". Empty when Order has no active workflow.
	"""
	workflow = frappe.db.get_value("Workflow", {"document_type": "Order", "is_active": 1})
	if not workflow:
		return {}
	rows = frappe.get_all(
		"Workflow Document State",
		filters={"parent": workflow},
		fields=["state", "update_field", "update_value"],
		order_by="idx asc",
	)
	if not rows:
		return {}
	named: dict[str, str] = {}
	for row in rows:
		if row.update_field == "status" and row.update_value:
			named.setdefault(row.update_value, row.state)
	first = rows[0].state
	approved = named.get("To Print", first)
	after_review = ("To Print", "To Pick", "To Ship", "Partly Shipped", "Shipped", "Completed", "Backorder")
	states = dict.fromkeys(after_review, approved) | {"Unpaid": first, "To Review": first, "On Hold": first}
	return states | {"Closed": approved} | named


def get_roles(status: str) -> set[str]:
	"""Roles that the active workflow lets bring an order to a status; empty without a workflow or such a step."""
	workflow = frappe.db.get_value("Workflow", {"document_type": "Order", "is_active": 1})
	if not workflow:
		return set()
	state = get_state_by_status().get(status)
	return set(
		frappe.get_all(
			"Workflow Transition",
			filters={"parent": workflow, "next_state": state or ""},
			pluck="allowed",
			order_by="idx asc",
		)
	)
