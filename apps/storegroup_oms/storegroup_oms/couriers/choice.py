"""Which courier takes a parcel: what rules one out, what rules say, then cost and speed. Each loser's reason is told. Pure.

Those that could take the parcel are compared by their burden in yuan: its price, and a value for each day that the
buyer waits. A rule may name the courier, prefer it or keep it out; the first rule that fits decides between those of
its kind. A courier whose price isn't known comes after all whose price is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from storegroup_oms.couriers.lanes import Couriers

USE, PREFER, AVOID = "Use", "Prefer", "Avoid"
# Yuan that a day of waiting is worth, as in the scorecard's advice.
DAY_VALUE = Decimal("0.30")
# Where no figures of a lane are known, all couriers take so long.
USUAL_DAYS = Decimal(3)


@dataclass(frozen=True)
class Need:
	"""What is known of a parcel. Provinces are official names; `amount` is what its orders were paid; tags and
	customers' tiers are those of any of its orders."""

	name: str
	shops: frozenset[str] = frozenset()
	platforms: frozenset[str] = frozenset()
	warehouse: str = ""
	province: str = ""
	city: str = ""
	weight_g: int = 0
	volume_cm3: int = 0
	amount: Decimal = Decimal(0)
	skus: frozenset[str] = frozenset()
	tags: frozenset[str] = frozenset()
	tiers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
	"""One rule; empty conditions fit all, weights in g, 0 no limit. `rank` is smaller for what comes first."""

	name: str
	action: str
	courier: str
	rank: int = 0
	shop: str = ""
	platform: str = ""
	warehouse: str = ""
	province: str = ""
	city: str = ""
	from_g: int = 0
	to_g: int = 0
	from_amount: Decimal = Decimal(0)
	sku: str = ""
	tag: str = ""
	tier: str = ""
	from_day: date | None = None
	to_day: date | None = None

	def fits(self, need: Need, day: date) -> bool:
		places = ((self.warehouse, need.warehouse), (self.province, need.province), (self.city, need.city))
		sets = (
			(self.shop, need.shops),
			(self.platform, need.platforms),
			(self.sku, need.skus),
			(self.tag, need.tags),
			(self.tier, need.tiers),
		)
		return (
			all(wanted in ("", found) for wanted, found in places)
			and all(not wanted or wanted in found for wanted, found in sets)
			and need.weight_g >= self.from_g
			and (not self.to_g or need.weight_g <= self.to_g)
			and need.amount >= self.from_amount
			and (self.from_day is None or self.from_day <= day)
			and (self.to_day is None or day <= self.to_day)
		)


@dataclass
class Candidate:
	"""One courier before a parcel. `reasons` are (code, facts) for which it lost, none for the winner."""

	courier: str
	price: Decimal | None = None
	parts: tuple[tuple[str, Decimal], ...] = ()
	days: Decimal = USUAL_DAYS
	days_known: bool = False
	burden: Decimal | None = None
	reasons: list[tuple[str, dict]] = field(default_factory=list)

	def get_rank(self, priority: int) -> tuple:
		return (self.burden is None, self.burden or Decimal(0), priority, self.courier)


@dataclass
class Choice:
	"""The courier for a parcel, empty where none can take it; `rule` has decided where one did; winner first."""

	courier: str
	candidates: list[Candidate]
	rule: str = ""

	@property
	def price(self) -> Decimal | None:
		return self.candidates[0].price if self.courier else None


# Tells why no Waybill Account has a number of a courier for the parcel; empty where one has.
AskAccount = Callable[[str, str], str]


@dataclass(frozen=True)
class Book:
	"""All that is known about couriers. `days` are median days by (courier, warehouse, province)."""

	couriers: Couriers
	rules: Sequence[Rule] = ()
	days: Mapping[tuple[str, str, str], Decimal] = field(default_factory=dict)
	day_value: Decimal = DAY_VALUE

	def find_days(self, courier: str, need: Need) -> Decimal | None:
		"""Days from this warehouse, else from all of them."""
		for warehouse in (need.warehouse, ""):
			if (days := self.days.get((courier, warehouse, need.province))) is not None:
				return days
		return None


def choose(need: Need, book: Book, day: date, ask_account: AskAccount = lambda name, courier: "") -> Choice:
	"""Choose for one parcel on a day."""
	candidates = [_look(need, courier, book, day, ask_account) for courier in sorted(book.couriers.limits)]
	fitting = sorted((rule for rule in book.rules if rule.fits(need, day)), key=_get_order)
	_keep_out(candidates, fitting)
	able = sorted(
		(one for one in candidates if not one.reasons),
		key=lambda one: one.get_rank(book.couriers.priorities.get(one.courier, 0)),
	)
	if not able:
		return Choice("", _list_losers(candidates))
	winner, rule = _follow(able, fitting)
	for one in able:
		if one is not winner:
			one.reasons.append(_explain_loss(one, winner, rule))
	losers = [one for one in able if one is not winner]
	return Choice(winner.courier, [winner, *losers, *_list_losers(candidates, able)], rule)


def _get_order(rule: Rule) -> tuple[int, str]:
	return rule.rank, rule.name


def _list_losers(candidates: Iterable[Candidate], able: Sequence[Candidate] = ()) -> list[Candidate]:
	return [one for one in candidates if one not in able]


def _look(need: Need, courier: str, book: Book, day: date, ask_account: AskAccount) -> Candidate:
	one = Candidate(courier)
	limit = book.couriers.limits[courier]
	if limit and need.weight_g > limit:
		one.reasons.append(("too_heavy", {"weight_g": need.weight_g, "limit_g": limit}))
	lane = book.couriers.find_lane(courier, need.warehouse, need.province, need.city)
	if lane and not lane.is_served:
		one.reasons.append(("unserved", {"province": need.province, "city": need.city}))
	if not one.reasons and (text := ask_account(need.name, courier)):
		one.reasons.append(("no_account", {"text": text}))
	price = lane and book.couriers.get_price(lane, need.province, need.weight_g, need.volume_cm3, day)
	days = book.find_days(courier, need)
	one.days, one.days_known = (USUAL_DAYS, False) if days is None else (days, True)
	if price:
		one.price, one.parts = price.total, price.parts
		one.burden = price.total + (one.days * book.day_value).quantize(Decimal("0.01"))
	return one


def _keep_out(candidates: Sequence[Candidate], fitting: Sequence[Rule]) -> None:
	avoided = {rule.courier: rule.name for rule in reversed(fitting) if rule.action == AVOID}
	for one in candidates:
		if one.courier in avoided:
			one.reasons.append(("avoided", {"rule": avoided[one.courier]}))
	use = next((rule for rule in fitting if rule.action == USE), None)
	if use:
		for one in candidates:
			if one.courier != use.courier:
				one.reasons.append(("other_demanded", {"rule": use.name, "courier": use.courier}))


def _follow(able: Sequence[Candidate], fitting: Sequence[Rule]) -> tuple[Candidate, str]:
	"""The winner, and the rule that made it one."""
	by_courier = {one.courier: one for one in able}
	for rule in fitting:
		if rule.action in (USE, PREFER) and rule.courier in by_courier:
			return by_courier[rule.courier], rule.name
	return able[0], ""


def _explain_loss(one: Candidate, winner: Candidate, rule: str) -> tuple[str, dict]:
	if rule:
		return "other_preferred", {"rule": rule, "courier": winner.courier}
	if one.burden is None and winner.burden is not None:
		return "price_unknown", {}
	if one.burden == winner.burden:
		return "lower_priority", {"courier": winner.courier}
	return "dearer", {"burden": f"{one.burden:.2f}", "best": f"{winner.burden:.2f}"}
