"""Endpoints of the choice of couriers: choose, choose by hand, why this one, a rule tried on past parcels."""

import json

import frappe
from frappe import _

from storegroup_oms.api.parcels import AT_ONCE, require_parcels
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import get_hidden_fields
from storegroup_oms.fulfilment import courier_choice, courier_trial
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request

MOST_AT_ONCE = 5 * AT_ONCE


@frappe.whitelist(methods=["POST"])
def choose(shipments: list | str, again: bool = False) -> dict:
	"""Have couriers chosen for parcels; with `again` also for those that have one that no person chose: {names, refused}."""
	names = _require_few(shipments)
	done = repeat_request(lambda: courier_choice.ensure_couriers(names, frappe.utils.sbool(again)))
	return {"names": done.names, "refused": done.refused}


@frappe.whitelist(methods=["POST"])
def set_courier(shipments: list | str, courier: str) -> dict:
	"""Give parcels a courier that the user has chosen: {names, refused}."""
	names = _require_few(shipments)
	require_permission("Courier", "read", courier)
	if not frappe.db.get_value("Courier", courier, "is_active"):
		frappe.throw(_("{0} is switched off.").format(courier), exc=InvalidValueError, title=_("Courier"))
	user = frappe.session.user
	done = repeat_request(lambda: courier_choice.set_courier(names, courier, user))
	return {"names": done.names, "refused": done.refused}


@frappe.whitelist(methods=["GET"])
def get_choice(shipment: str) -> dict | None:
	"""Why a parcel has its courier; None when nobody has chosen this one.

	{chosen_by, shows_cost, candidates: [{courier, is_chosen, price, parts, days, days_known, why}]}. Amounts are None
	without the right to them.
	"""
	require_permission("Shipment", "read", shipment)
	row = frappe.db.get_value(
		"Shipment", shipment, ["courier", "courier_chosen_by", "courier_trace"], as_dict=True
	)
	candidates = json.loads(row.courier_trace or "[]")
	# The courier may have been taken over from another parcel of the order since.
	if not any(one["is_chosen"] and one["courier"] == row.courier for one in candidates):
		return None
	shows_cost = "freight_cost" not in get_hidden_fields("Shipment")
	return {
		"chosen_by": row.courier_chosen_by,
		"shows_cost": shows_cost,
		"candidates": [
			{
				"courier": one["courier"],
				"is_chosen": one["is_chosen"],
				"price": one["price"] if shows_cost else None,
				"parts": one["parts"] if shows_cost else [],
				"days": one["days"],
				"days_known": one["days_known"],
				"why": courier_choice.explain(one["reasons"], shows_cost),
			}
			for one in candidates
		],
	}


@frappe.whitelist(methods=["POST"])
def try_rule(rule: dict | str) -> dict:
	"""What a Courier Rule, stored or as it stands in the form, would have changed; see `courier_trial.try_rule`.

	Amounts are None without the right to them.
	"""
	require_permission("Courier Rule", "read")
	values = frappe._dict(frappe.parse_json(rule))
	found = courier_trial.try_rule(values)
	if "freight_cost" in get_hidden_fields("Shipment"):
		found["price"] = None
		for row in found["examples"]:
			row["price_before"] = row["price_after"] = None
	return found


def _require_few(shipments: list | str) -> list[str]:
	names = require_parcels(shipments)
	if len(names) > MOST_AT_ONCE:
		frappe.throw(
			_("Choose between 1 and {0} records.").format(MOST_AT_ONCE),
			exc=InvalidValueError,
			title=_("Too Many Parcels"),
		)
	return names
