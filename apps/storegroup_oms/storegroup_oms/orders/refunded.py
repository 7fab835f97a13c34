"""How much of an order went back to the buyer, where its after-sale cases tell it exactly.

A platform's order tells little: a closed one that was paid counts as refunded in full, although the seller may have
kept the freight. Its cases name amounts. They are believed as soon as they speak for all that was refunded.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import frappe

MONEY_KINDS = ("Refund Before Shipping", "Refund", "Return")
PAID_BACK = ("Refunded", "Done")


def read_paid_back(orders: Sequence[str]) -> dict[str, list[frappe._dict]]:
	"""Order → its platform cases whose money is back with the buyer; orders without one are left out."""
	if not orders:
		return {}
	rows = frappe.get_all(
		"After-sale Case",
		filters={
			"order": ("in", list(orders)),
			"platform_case_no": ("is", "set"),
			"kind": ("in", MONEY_KINDS),
			"status": ("in", PAID_BACK),
		},
		fields=["order", "amount", "platform_line_nos", "platform_case_no", "status"],
		order_by="creation asc",
	)
	cases: dict[str, list[frappe._dict]] = {}
	for row in rows:
		cases.setdefault(row.order, []).append(row)
	return cases


def find_exact_amount(status: str, lines: Sequence[Mapping], cases: Sequence[Mapping]) -> Decimal | None:
	"""The sum of the platform cases that are paid back; None where they don't speak for all that was refunded.

	That is every line of a closed order, and every line marked Refunded of another one. A case without line
	numbers, or with numbers that the order doesn't have, speaks for the whole order.
	"""
	paid = [case for case in cases if case["platform_case_no"] and case["status"] in PAID_BACK]
	if not paid:
		return None
	sold = [line for line in lines if not line.get("is_gift")]
	numbers = {line["platform_line_no"] for line in sold}
	needed = {
		line["platform_line_no"] for line in sold if status == "Closed" or line["refund_status"] == "Refunded"
	}
	covered: set[str] = set()
	for case in paid:
		covered |= (set((case["platform_line_nos"] or "").split(",")) & numbers) or numbers
	if not needed <= covered:
		return None
	return sum((Decimal(str(case["amount"] or 0)) for case in paid), Decimal(0))
