"""What an order and its lines cost: fills what is missing and refuses contradictions, in whole cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import cint

from storegroup_oms.exceptions import InvalidValueError

if TYPE_CHECKING:
	from storegroup_oms.orders.doctype.order.order import Order

ORDER_AMOUNTS = ("goods_amount", "discount_amount", "freight_amount", "total_amount")
LINE_AMOUNTS = ("unit_price", "discount_amount", "amount")


def to_cents(value: float | str | None) -> int:
	"""Whole cents of an amount, halves rounded away from zero; empty is 0."""
	return int((Decimal(str(value or 0)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def read_amounts(order: Order) -> tuple:
	"""All amounts of an order and its lines in cents, to tell whether any changed."""
	lines = tuple((cint(row.qty), *(to_cents(row.get(key)) for key in LINE_AMOUNTS)) for row in order.items)
	return (*(to_cents(order.get(key)) for key in ORDER_AMOUNTS), lines)


def fill_line_amounts(order: Order) -> None:
	"""Set the amount of priced lines that have none; refuse one that contradicts its price."""
	for row in order.items:
		expected = to_cents(row.unit_price) * cint(row.qty) - to_cents(row.discount_amount)
		if not row.amount:
			row.amount = expected / 100
		elif row.unit_price and to_cents(row.amount) != expected:
			refuse_amount(_("Row {0}: amount").format(row.idx), to_cents(row.amount), expected)


def fill_order_amounts(order: Order) -> None:
	"""Set goods and total amount where empty: from the lines, or one from the other."""
	discount, freight = to_cents(order.discount_amount), to_cents(order.freight_amount)
	if not order.goods_amount:
		if order.items:
			order.goods_amount = (sum(to_cents(row.amount) for row in order.items) + discount) / 100
		else:
			order.goods_amount = max(to_cents(order.total_amount) - freight + discount, 0) / 100
	if not order.total_amount:
		order.total_amount = max(to_cents(order.goods_amount) - discount + freight, 0) / 100


def check_sums(order: Order) -> None:
	"""Refuse an order whose lines, goods, discount, freight and total contradict each other."""
	goods = to_cents(order.goods_amount) - to_cents(order.discount_amount)
	if order.items:
		lines = sum(to_cents(row.amount) for row in order.items)
		if lines != goods:
			refuse_amount(_("Sum of the lines"), lines, goods)
	expected = goods + to_cents(order.freight_amount)
	if to_cents(order.total_amount) != expected:
		refuse_amount(_("Total amount"), to_cents(order.total_amount), expected)


def refuse_amount(label: str, given: int, expected: int) -> None:
	"""Raise InvalidValueError that names an amount, in cents, and what it should be."""
	frappe.throw(
		_("{0} is {1} but should be {2}. Correct the lines, the discount or the freight.").format(
			label, f"{given / 100:.2f}", f"{expected / 100:.2f}"
		),
		exc=InvalidValueError,
		title=_("Amounts Do Not Add Up"),
	)
