"""A gift rule tried on past orders before it is switched on: how many would have got it, what it costs. Reads only."""

from collections import Counter
from decimal import Decimal
from typing import Any

import frappe

from storegroup_oms.fulfilment import gift_facts, gift_rules
from storegroup_oms.fulfilment.gift_rules import Ledger, Refusal
from storegroup_oms.fulfilment.wants import explode_safely, read_free
from storegroup_oms.permissions import get_scope_condition

MOST_ORDERS = 1_000
EXAMPLES = 10


def try_rule(document: frappe._dict) -> dict[str, Any]:
	"""What a rule would have given to the latest paid orders that the user sees, whatever stock there was.

	{looked, earned, pieces, cost, free, refused, examples}: `cost` in yuan by today's average cost, two places; `free`
	units of the gift that could be given now; `refused` orders by the code of their reason; names of orders. The limits
	count as if it had given nothing else.
	"""
	rule = gift_facts.make_rule({name: document.get(name) for name in gift_facts.RULE_FIELDS})
	orders = _read_latest()
	ledger, refused = Ledger(), Counter()
	pieces, earned = 0, []
	for bought in gift_facts.read_bought(orders):
		times = gift_rules.count_times(rule, bought)
		refusal = times if isinstance(times, Refusal) else ledger.find_refusal(rule, bought.buyer)
		if refusal or isinstance(times, Refusal):
			refused[refusal.code] += 1
			continue
		count = rule.gift_qty * ledger.limit(rule, times)
		ledger.add(rule, bought.buyer, count)
		pieces += count
		earned.append(bought.name)
	parts = explode_safely([rule.gift_sku])[rule.gift_sku]
	return {
		"looked": len(orders),
		"earned": len(earned),
		"pieces": pieces,
		"cost": f"{_read_cost(parts) * pieces:.2f}",
		"free": _count_free(parts, rule.keep_free),
		"refused": dict(refused),
		"examples": earned[-EXAMPLES:][::-1],
	}


def _read_latest() -> list[frappe._dict]:
	"""The latest paid orders that were not closed, the oldest of them first."""
	scope = get_scope_condition("Order")
	fields = ", ".join(f"tabOrder.`{name}`" for name in ("name", "shop", *gift_facts.ORDER_FIELDS))
	rows = frappe.db.sql(
		f"""SELECT {fields} FROM tabOrder WHERE tabOrder.paid_at IS NOT NULL AND tabOrder.status NOT IN %(none)s
		{f"AND ({scope.replace('%', '%%')})" if scope else ""}
		ORDER BY tabOrder.paid_at DESC LIMIT {MOST_ORDERS}""",
		{"none": ("Unpaid", "Closed")},
		as_dict=True,
	)
	return rows[::-1]


def _read_cost(parts: dict[str, int]) -> Decimal:
	"""Average cost of one unit over all warehouses, by what is on hand; SKUs without stock cost nothing known."""
	rows = frappe.db.sql(
		"""SELECT sku, SUM(stock_value) / SUM(on_hand) FROM `tabStock Balance`
		WHERE sku IN %s AND on_hand > 0 GROUP BY sku""",
		[sorted(parts)],
	)
	return sum((Decimal(str(cost or 0)) * parts[sku] for sku, cost in rows), Decimal(0))


def _count_free(parts: dict[str, int], keep: int) -> int:
	free = dict.fromkeys(parts, 0)
	for (sku, _warehouse), count in read_free(parts).items():
		free[sku] += count
	return max(min((free[sku] - keep) // count for sku, count in parts.items()), 0)
