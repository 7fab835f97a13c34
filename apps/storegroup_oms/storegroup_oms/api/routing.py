"""Endpoints of the order's form: why a warehouse was chosen, and which one would be chosen now."""

import frappe

from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.fulfilment import allocation, decisions
from storegroup_oms.fulfilment.decision_texts import explain, explain_reason
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["GET"])
def get_decision(order: str) -> dict | None:
	"""The latest decision about an order in words; None when there is none.

	{outcome, reason, warehouses, policy, decided_at, shows_cost, candidates: [{warehouse, is_chosen, units, total, km, cost,
	load_percent, why}]}. Warehouses that the user may not see are left out, costs are None without the right to them.
	"""
	require_permission("Order", "read", order)
	require_permission("Routing Decision")
	found = decisions.find_latest(order)
	return _tell(found) if found else None


@frappe.whitelist(methods=["GET"])
def preview_decision(order: str) -> dict | None:
	"""What would be decided about an order now, in the form of `get_decision`. Writes nothing."""
	require_permission("Order", "read", order)
	require_permission("Routing Decision")
	verdict = allocation.preview(order)
	if not verdict:
		return None
	return _tell(
		{
			"outcome": verdict.outcome,
			"reason": verdict.decision.reason,
			"warehouses": ",".join(verdict.decision.warehouses),
			"policy": verdict.policy,
			"decided_at": None,
			"candidates": decisions.describe_candidates(verdict.decision),
		}
	)


def _tell(found: dict) -> dict:
	shows_cost = "freight_cost" not in get_hidden_fields("Order")
	visible = set(frappe.get_list("Warehouse", pluck="name", order_by="name asc", limit=0))
	rows = [row for row in found["candidates"] if row["warehouse"] in visible]
	return {
		"outcome": found["outcome"],
		"reason": explain_reason(found["reason"]),
		"warehouses": [name for name in (found["warehouses"] or "").split(",") if name in visible],
		"policy": found["policy"],
		"decided_at": found["decided_at"],
		"shows_cost": shows_cost,
		"candidates": [
			{
				"warehouse": row["warehouse"],
				"is_chosen": row["is_chosen"],
				"units": row["units"],
				"total": row["total"],
				"km": row["km"],
				"cost": row["cost"] if shows_cost else None,
				"load_percent": row["load_percent"],
				"why": explain(row["reasons"], shows_cost),
			}
			for row in rows
		],
	}
