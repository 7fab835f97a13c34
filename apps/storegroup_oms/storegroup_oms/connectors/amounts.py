"""Makes what a platform says of an order's money add up to the cent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from ..orders.money import CENT, ZERO, allocate


@dataclass(frozen=True, slots=True)
class LineFigures:
	"""What the platform says of a line; `share` is what the buyer owes for it, None where it is silent."""

	qty: int
	unit_price: Decimal
	share: Decimal | None = None

	@property
	def gross(self) -> Decimal:
		return self.unit_price * self.qty


@dataclass(frozen=True, slots=True)
class SettledLine:
	"""unit_price * qty - discount = amount."""

	unit_price: Decimal
	discount: Decimal
	amount: Decimal


@dataclass(frozen=True, slots=True)
class SettledOrder:
	"""goods - discount + freight = the total; goods, discount and the rest are the sums of the lines."""

	goods: Decimal
	discount: Decimal
	freight: Decimal
	lines: list[SettledLine]


def settle_order(total: Decimal, freight: Decimal, lines: Sequence[LineFigures]) -> SettledOrder:
	"""Share `total`, which is believed, out to freight and lines; the discount is what is missing.

	Shares that don't sum to it are taken as weights, prices where there are none. A discount that reaches
	into the freight lowers the freight. What exceeds the prices (a surcharge, a paid service) raises the
	unit price of the lines that bear it. Wants at least one line, and no negative figure.
	"""
	freight = min(freight, total)
	owed = total - freight
	shares = [line.gross if line.share is None else line.share for line in lines]
	if sum(shares) != owed:
		shares = allocate(owed, shares if any(shares) else [line.gross for line in lines])
	settled = []
	for line, amount in zip(lines, shares, strict=True):
		unit_price = line.unit_price
		if amount > line.gross:
			unit_price = (amount / line.qty).quantize(CENT, rounding=ROUND_CEILING)
		settled.append(SettledLine(unit_price, unit_price * line.qty - amount, amount))
	discount = sum((line.discount for line in settled), ZERO)
	return SettledOrder(owed + discount, discount, freight, settled)
