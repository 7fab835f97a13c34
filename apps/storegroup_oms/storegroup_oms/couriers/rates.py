"""What a courier asks for a parcel, to the cent. Pure.

The price of a lane is that of the first weight and of each further step begun, by the heavier of the parcel's weight and
the weight that its volume stands for; surcharges come on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Surcharge:
	"""What every parcel pays on top, between two days where these are given (both included)."""

	label: str
	amount: Decimal
	from_day: date | None = None
	to_day: date | None = None

	def is_due(self, day: date | None) -> bool:
		"""A surcharge with dates is not due on an unknown day."""
		if not (self.from_day or self.to_day):
			return True
		if day is None:
			return False
		return (not self.from_day or self.from_day <= day) and (not self.to_day or day <= self.to_day)


@dataclass(frozen=True)
class RateCard:
	"""Prices of one lane. `volume_divisor` is cm³ for each kilogram, 0: volume doesn't count."""

	first_cost: Decimal
	next_cost: Decimal = ZERO
	first_g: int = 1000
	step_g: int = 1000
	volume_divisor: int = 0
	surcharges: Sequence[Surcharge] = ()


@dataclass(frozen=True)
class Price:
	"""The price of one parcel and what it is made of; `parts` add up to `total`."""

	total: Decimal
	billed_g: int
	parts: tuple[tuple[str, Decimal], ...]


def get_billed_g(weight_g: int, volume_cm3: int = 0, volume_divisor: int = 0) -> int:
	"""The weight that is paid for: the heavier of both, the volume's rounded up to the gram."""
	if volume_divisor <= 0:
		return max(weight_g, 0)
	return max(weight_g, -(-volume_cm3 * 1000 // volume_divisor), 0)


def get_price(card: RateCard, weight_g: int, volume_cm3: int = 0, day: date | None = None) -> Price:
	"""What one parcel costs. Each amount is rounded to the cent, halves up, before they are added."""
	billed = get_billed_g(weight_g, volume_cm3, card.volume_divisor)
	over = max(billed - card.first_g, 0)
	steps = -(-over // card.step_g) if card.step_g > 0 else 0
	parts = [("first", _round(card.first_cost)), ("next", _round(card.next_cost * steps))]
	parts += [(row.label, _round(row.amount)) for row in card.surcharges if row.is_due(day)]
	kept = tuple((label, amount) for label, amount in parts if amount)
	return Price(sum((amount for _label, amount in kept), ZERO), billed, kept)


def _round(amount: Decimal) -> Decimal:
	return amount.quantize(CENT, rounding=ROUND_HALF_UP)
