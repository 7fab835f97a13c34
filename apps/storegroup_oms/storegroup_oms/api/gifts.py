"""Endpoint of gift rules: one tried on past orders."""

import frappe

from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.fulfilment import gift_trial
from storegroup_oms.permissions import require_permission


@frappe.whitelist(methods=["POST"])
def try_rule(rule: dict | str) -> dict:
	"""What a Gift Rule, stored or as it stands in the form, would have given; see `gift_trial.try_rule`.

	The cost is None without the right to it.
	"""
	require_permission("Gift Rule", "read")
	values = frappe._dict(frappe.parse_json(rule))
	require_permission("SKU", "read", values.gift_sku)
	found = gift_trial.try_rule(values)
	if "average_cost" in get_hidden_fields("Stock Balance"):
		found["cost"] = None
	return found
