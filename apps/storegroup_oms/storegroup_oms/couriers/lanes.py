"""Where couriers go and what they ask, found by the most exact lane. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from storegroup_oms.couriers.rates import Price, RateCard, Surcharge, get_price


@dataclass(frozen=True)
class Lane:
	"""What a courier says of a region. Empty warehouse or province: any.

	`first_cost` is for the first `first_g`, `next_cost` for each further `step_g` begun; None: the price isn't known.
	"""

	courier: str
	warehouse: str = ""
	province: str = ""
	city: str = ""
	is_served: bool = True
	first_cost: Decimal | None = None
	next_cost: Decimal = Decimal(0)
	first_g: int = 1000
	step_g: int = 1000

	def get_cost(self, weight_g: int) -> Decimal | None:
		"""The price by weight alone, without surcharges."""
		if self.first_cost is None:
			return None
		return get_price(RateCard(self.first_cost, self.next_cost, self.first_g, self.step_g), weight_g).total


@dataclass(frozen=True)
class ProvinceSurcharge:
	"""A surcharge of a courier, for one province or, without one, for all."""

	surcharge: Surcharge
	province: str = ""


@dataclass(frozen=True)
class Couriers:
	"""Active couriers with their heaviest parcel (g, 0 any), and their lanes.

	`priorities` say whom to take at equal burden, smaller first; `divisors` are cm³ for each kilogram, 0: none.
	"""

	limits: Mapping[str, int] = field(default_factory=dict)
	lanes: Sequence[Lane] = ()
	priorities: Mapping[str, int] = field(default_factory=dict)
	divisors: Mapping[str, int] = field(default_factory=dict)
	surcharges: Mapping[str, Sequence[ProvinceSurcharge]] = field(default_factory=dict)

	@cached_property
	def _by_key(self) -> dict[tuple[str, str, str, str], Lane]:
		return {(lane.courier, lane.province, lane.city, lane.warehouse): lane for lane in self.lanes}

	def find_lane(self, courier: str, warehouse: str, province: str, city: str) -> Lane | None:
		"""The most exact lane of a courier: city before province before anywhere, this warehouse before any."""
		for region in ((province, city), (province, ""), ("", "")):
			for start in (warehouse, ""):
				if lane := self._by_key.get((courier, *region, start)):
					return lane
		return None

	def get_price(self, lane: Lane, province: str, weight_g: int, volume_cm3: int, day: date) -> Price | None:
		"""What a parcel costs on a lane on a day, with all that comes on top; None where the price isn't known."""
		if lane.first_cost is None:
			return None
		due = tuple(
			row.surcharge for row in self.surcharges.get(lane.courier, ()) if row.province in ("", province)
		)
		divisor = self.divisors.get(lane.courier, 0)
		card = RateCard(lane.first_cost, lane.next_cost, lane.first_g, lane.step_g, divisor, due)
		return get_price(card, weight_g, volume_cm3, day)
