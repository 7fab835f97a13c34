"""A courier rule tried on past parcels before it is switched on: which ones would go otherwise, what it saves and costs.

Reads only.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import frappe
from frappe.utils import getdate

from storegroup_oms.couriers.choice import Choice, choose
from storegroup_oms.couriers.lane_records import make_rule, read_book
from storegroup_oms.fulfilment.courier_choice import read_needs
from storegroup_oms.fulfilment.parcel_rows import GONE
from storegroup_oms.permissions import get_scope_condition

MOST_PARCELS = 1_000
EXAMPLES = 20


def try_rule(document: frappe._dict) -> dict[str, Any]:
	"""What a rule would have changed for the latest parcels that have left and that the user sees.

	{looked, fitting, changed, none, price, days, price_unknown, examples}: `price` (yuan, two places) and `days` are sums
	over those that change, more than 0 is dearer or slower; `none` would have got no courier. Each example: {shipment,
	before, after, price_before, price_after}. Both sides are reckoned by today's prices and figures.
	"""
	rule, day = make_rule(document), getdate()
	# Switched on whatever its own days say: it is to be tried.
	rule = replace(rule, from_day=None, to_day=None)
	book = read_book()
	others = [one for one in book.rules if one.name != rule.name]
	before, after = replace(book, rules=others), replace(book, rules=[*others, rule])
	needs = read_needs(_find_latest())
	fitting = [need for need in needs.values() if rule.fits(need, day)]
	result: dict[str, Any] = {"looked": len(needs), "fitting": len(fitting), "changed": 0, "none": 0}
	price, days, unknown, examples = Decimal(0), Decimal(0), 0, []
	for need in fitting:
		old, new = choose(need, before, day), choose(need, after, day)
		if not new.courier:
			result["none"] += 1
		if old.courier == new.courier:
			continue
		result["changed"] += 1
		if old.price is None or new.price is None:
			unknown += 1
		else:
			price += new.price - old.price
		if old.courier and new.courier:
			days += new.candidates[0].days - old.candidates[0].days
		if len(examples) < EXAMPLES:
			examples.append(_describe(need.name, old, new))
	totals = {"price": f"{price:.2f}", "days": f"{days:.1f}", "price_unknown": unknown}
	return {**result, **totals, "examples": examples}


def _find_latest() -> list[str]:
	scope = get_scope_condition("Shipment")
	return frappe.db.sql_list(
		f"""SELECT tabShipment.name FROM tabShipment WHERE tabShipment.status IN %(gone)s AND tabShipment.shipped_at IS NOT NULL
		{f"AND ({scope.replace('%', '%%')})" if scope else ""}
		ORDER BY tabShipment.shipped_at DESC LIMIT {MOST_PARCELS}""",
		{"gone": GONE},
	)


def _describe(name: str, old: Choice, new: Choice) -> dict[str, Any]:
	return {
		"shipment": name,
		"before": old.courier,
		"after": new.courier,
		"price_before": None if old.price is None else f"{old.price:.2f}",
		"price_after": None if new.price is None else f"{new.price:.2f}",
	}
