"""Makes an order's amounts complete and its lines add up to it, from whatever the source states."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..money import CENT, ZERO, allocate, allocate_remainder, round_money


class AmountError(ValueError):
	"""Amounts that contradict one another; `code` is a key of messages.ROW_MESSAGES, `params` its values."""

	def __init__(self, code: str, *params: Decimal):
		self.code = code
		self.params = params
		super().__init__(code)


@dataclass(frozen=True, slots=True)
class OrderAmounts:
	"""goods - discount + freight = total."""

	goods: Decimal
	discount: Decimal
	freight: Decimal
	total: Decimal


@dataclass(frozen=True, slots=True)
class LineInput:
	"""What the source says of a line; None where it is silent. `amount` is after the line's own discount."""

	qty: int
	unit_price: Decimal | None = None
	discount: Decimal | None = None
	amount: Decimal | None = None

	@property
	def gross(self) -> Decimal | None:
		if self.unit_price is not None:
			return round_money(self.unit_price * self.qty)
		return None if self.amount is None else self.amount + (self.discount or ZERO)

	@property
	def net(self) -> Decimal | None:
		if self.amount is not None:
			return self.amount
		return None if self.gross is None else max(ZERO, self.gross - (self.discount or ZERO))


@dataclass(frozen=True, slots=True)
class LineAmounts:
	unit_price: Decimal
	discount: Decimal
	amount: Decimal


def settle_order(
	lines: list[LineInput],
	goods: Decimal | None = None,
	discount: Decimal | None = None,
	freight: Decimal | None = None,
	total: Decimal | None = None,
	paid: Decimal | None = None,
) -> OrderAmounts:
	"""Complete an order's amounts. Total, goods and freight are believed before a stated discount:
	it becomes what remains. Without a total it follows from the rest, at last from what was paid.

	Raises AmountError when the total exceeds goods plus freight or nothing states an amount.
	"""
	grosses = [line.gross for line in lines]
	gross = sum(grosses, ZERO) if lines and None not in grosses else None
	is_stated = goods is not None
	goods = gross if goods is None else goods
	if total is None:
		if goods is not None:
			total = goods - (discount or ZERO) + (freight or ZERO)
		elif paid is not None:
			total = paid
		else:
			raise AmountError("missing_value", "total_amount")
	if total < 0:
		raise AmountError("amounts_disagree", total, goods, freight or ZERO)
	if goods is None:
		goods = max(ZERO, total - (freight or ZERO)) + (discount or ZERO)
	if freight is None:
		freight = max(ZERO, total - goods + (discount or ZERO)) if is_stated else ZERO
	# a unit price rounded to the cent can fall short by half a cent a piece
	short = total - goods - freight
	if not is_stated and ZERO < short <= CENT * sum(line.qty for line in lines):
		goods += short
	if goods + freight < total:
		raise AmountError("amounts_disagree", total, goods, freight)
	return OrderAmounts(goods, goods + freight - total, freight, total)


def settle_lines(lines: list[LineInput], order: OrderAmounts) -> list[LineAmounts]:
	"""Give each line its amounts so that they sum to the order's total less freight, to the cent.

	A discount on the whole order is shared out in proportion to the lines; lines without a price share the
	order's goods by quantity. Raises AmountError when the lines alone don't reach the order's amount.
	"""
	if not lines:
		return []
	target = order.total - order.freight
	if target < 0:
		raise AmountError("amounts_disagree", order.total, order.goods, order.freight)
	nets = [line.net for line in lines]
	grosses = [line.gross for line in lines]
	if None in nets:
		if any(net is not None for net in nets):
			raise AmountError("missing_value", "unit_price")
		grosses = allocate(order.goods, [line.qty for line in lines])
		nets = list(grosses)
	surplus = sum(nets) - target
	if surplus > 0:
		nets = [net - share for net, share in zip(nets, allocate(surplus, nets), strict=True)]
	elif surplus < 0:
		if -surplus > CENT * sum(line.qty for line in lines):
			raise AmountError("lines_disagree", sum(nets), target)
		nets = allocate_remainder(target, nets)
	return [
		LineAmounts(_unit_price(line, gross), max(ZERO, gross - net), net)
		for line, gross, net in zip(lines, grosses, nets, strict=True)
	]


def _unit_price(line: LineInput, gross: Decimal) -> Decimal:
	return line.unit_price if line.unit_price is not None else round_money(gross / line.qty)
