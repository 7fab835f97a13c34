"""Which warehouse sends an order: a chain of small steps over plain facts. Pure.

First what rules a warehouse out (`CHECKS`): switched off or no place that sends, a region that it doesn't serve, no
courier, goods that it lacks. Those left are scored by each of `SCORES`, 0 to 100, weighed by the policy; equal totals
are ranked by name. When none has everything, and the policy allows it, the order is split over as few as will do. A
decision names for every warehouse that lost what it lost by.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from storegroup_oms.couriers.lanes import Couriers
from storegroup_oms.fulfilment.distances import find_distance_km

SENDING_KINDS = ("Own", "Third Party")
FARTHEST_KM = 4000
# What an unlisted region, and a warehouse that serves the whole country, count beside one listed first.
ANYWHERE_SCORE = 50

# SKU and warehouse → pieces that may still be promised
Free = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Line:
	"""Whole units of one order line that still want a place; `parts` are the pieces of each SKU in one unit."""

	key: str
	units: int
	parts: Mapping[str, int]


@dataclass(frozen=True)
class Need:
	"""What an order wants. Provinces are official names; `preferred` is the shop's own warehouse, `only` a person's choice."""

	key: str
	lines: Sequence[Line]
	province: str = ""
	city: str = ""
	weight_g: int = 0
	preferred: str = ""
	only: str = ""

	@property
	def pieces(self) -> dict[str, int]:
		total: dict[str, int] = {}
		for line in self.lines:
			for sku, count in line.parts.items():
				total[sku] = total.get(sku, 0) + count * line.units
		return total


@dataclass(frozen=True)
class Place:
	"""A warehouse. `serves`: (province, city or "") → priority, smaller first; `load` of `daily_capacity` is taken."""

	name: str
	kind: str = "Own"
	is_active: bool = True
	province: str = ""
	city: str = ""
	priority: int = 10
	serves: Mapping[tuple[str, str], int] = field(default_factory=dict)
	serves_only: bool = False
	daily_capacity: int = 0
	load: int = 0


@dataclass(frozen=True)
class Policy:
	"""What counts how much, and whether an order may be split over `max_parcels` places or kept in part."""

	name: str = ""
	weights: Mapping[str, int] = field(
		default_factory=lambda: {"region": 30, "distance": 20, "cost": 25, "load": 10, "priority": 15}
	)
	allow_split: bool = False
	allow_partial: bool = False
	max_parcels: int = 2


@dataclass
class Candidate:
	"""What became of one warehouse. `reasons`: (code, facts) for which it lost, the weightiest first."""

	place: Place
	reasons: list[tuple[str, dict]] = field(default_factory=list)
	scores: dict[str, float] = field(default_factory=dict)
	total: float = 0
	km: int | None = None
	cost: Decimal | None = None
	units: dict[str, int] = field(default_factory=dict)

	@property
	def name(self) -> str:
		return self.place.name


@dataclass
class Decision:
	"""Where an order is sent from: chosen warehouse → units of each line. `reason` codes why not all of it is.

	`candidates` are ranked: the chosen ones, those that could have done it, those that were ruled out.
	"""

	candidates: list[Candidate]
	chosen: dict[str, dict[str, int]] = field(default_factory=dict)
	is_full: bool = False
	reason: str = ""

	@property
	def warehouses(self) -> list[str]:
		return list(self.chosen)


def route(need: Need, places: Iterable[Place], free: Free, couriers: Couriers, policy: Policy) -> Decision:
	"""Decide where an order is sent from. `free` is read, not changed."""
	candidates = [Candidate(place) for place in places]
	for candidate in candidates:
		for check in CHECKS:
			check(candidate, need, couriers)
	able = [candidate for candidate in candidates if not candidate.reasons]
	_score(able, need, policy)
	whole = []
	for candidate in able:
		if lacking := find_lacking(candidate.name, need.pieces, free):
			candidate.reasons.append(("lacks", {"pieces": lacking}))
		else:
			whole.append(candidate)
	if whole:
		return _choose_one(whole, candidates, need, policy)
	return _choose_several(able, candidates, need, free, policy)


# What rules out


def check_sends(candidate: Candidate, need: Need, couriers: Couriers) -> None:
	"""A warehouse sends when it is in use and of a kind that does. A platform's sends for the shop whose own it is."""
	place = candidate.place
	if not place.is_active:
		candidate.reasons.append(("switched_off", {}))
	elif place.kind not in SENDING_KINDS and not (place.kind == "Platform" and place.name == need.preferred):
		candidate.reasons.append(("kind_excluded", {"kind": place.kind}))
	if need.only and need.only != place.name:
		candidate.reasons.append(("other_chosen", {"warehouse": need.only}))


def check_region(candidate: Candidate, need: Need, couriers: Couriers) -> None:
	"""A warehouse that serves its listed regions only sends nowhere else."""
	if candidate.place.serves_only and find_region_priority(candidate.place, need) is None:
		candidate.reasons.append(("region_unserved", {"province": need.province, "city": need.city}))


def check_courier(candidate: Candidate, need: Need, couriers: Couriers) -> None:
	"""At least one courier goes there with that weight. Without couriers, or lanes, nothing speaks against it."""
	possible = []
	for courier, limit in couriers.limits.items():
		lane = couriers.find_lane(courier, candidate.name, need.province, need.city)
		if (limit and need.weight_g > limit) or (lane and not lane.is_served):
			continue
		possible.append(lane.get_cost(need.weight_g) if lane else None)
	if couriers.limits and not possible:
		candidate.reasons.append(
			("courier_unserved", {"province": need.province, "city": need.city, "weight_g": need.weight_g})
		)
	candidate.cost = min((cost for cost in possible if cost is not None), default=None)


CHECKS = (check_sends, check_region, check_courier)


def find_region_priority(place: Place, need: Need) -> int | None:
	"""Priority of the receiver's city, else of the province; None when neither is listed."""
	by_city = place.serves.get((need.province, need.city)) if need.city else None
	return place.serves.get((need.province, "")) if by_city is None else by_city


def find_lacking(warehouse: str, pieces: Mapping[str, int], free: Free) -> dict[str, int]:
	"""Pieces of each SKU that are missing in a warehouse."""
	return {
		sku: count - max(free.get((sku, warehouse), 0), 0)
		for sku, count in pieces.items()
		if free.get((sku, warehouse), 0) < count
	}


# What counts


def score_region(candidate: Candidate, need: Need, dearest: Decimal | None) -> float:
	"""Regions listed by priority; the whole country counts half, an unlisted region nothing."""
	priority = find_region_priority(candidate.place, need)
	if priority is None:
		return 0 if candidate.place.serves else ANYWHERE_SCORE
	return max(100 - 10 * max(priority - 1, 0), 10)


def score_distance(candidate: Candidate, need: Need, dearest: Decimal | None) -> float:
	place = candidate.place
	candidate.km = find_distance_km((place.province, place.city), (need.province, need.city))
	return 0 if candidate.km is None else max(100 * (1 - candidate.km / FARTHEST_KM), 0)


def score_cost(candidate: Candidate, need: Need, dearest: Decimal | None) -> float:
	"""The cheaper, the more; a cost that is not known counts as the dearest that is."""
	if not dearest:
		return 0
	return float(100 * (1 - (dearest if candidate.cost is None else candidate.cost) / (2 * dearest)))


def score_load(candidate: Candidate, need: Need, dearest: Decimal | None) -> float:
	return max(100.0 - get_load_percent(candidate.place), 0)


def score_priority(candidate: Candidate, need: Need, dearest: Decimal | None) -> float:
	if candidate.name == need.preferred:
		return 100
	return max(100 - candidate.place.priority, 0)


SCORES = {
	"region": score_region,
	"distance": score_distance,
	"cost": score_cost,
	"load": score_load,
	"priority": score_priority,
}


def get_load_percent(place: Place) -> int:
	"""Share of today's capacity that is taken; 0 where there is no limit."""
	return round(100 * place.load / place.daily_capacity) if place.daily_capacity else 0


def _score(candidates: Sequence[Candidate], need: Need, policy: Policy) -> None:
	"""Score those that are not ruled out. Costs that nobody knows don't count."""
	dearest = max((row.cost for row in candidates if row.cost is not None), default=None)
	weights = {step: policy.weights.get(step, 0) for step in SCORES}
	if dearest is None:
		weights["cost"] = 0
	sum_of_weights = sum(weights.values()) or 1
	for candidate in candidates:
		for step, score in SCORES.items():
			if step != "cost" or dearest is not None:
				candidate.scores[step] = round(score(candidate, need, dearest), 2)
		weighed = sum(weights[step] * points for step, points in candidate.scores.items())
		candidate.total = round(weighed / sum_of_weights, 2)


def _rank(candidate: Candidate) -> tuple:
	return -candidate.total, candidate.name


# Choosing


def _choose_one(whole: list[Candidate], candidates: list[Candidate], need: Need, policy: Policy) -> Decision:
	winner, *losers = sorted(whole, key=_rank)
	winner.units = {line.key: line.units for line in need.lines}
	for loser in losers:
		loser.reasons = _compare(loser, winner, policy)
	rest = sorted((row for row in candidates if row not in whole), key=_rank)
	return Decision([winner, *losers, *rest], {winner.name: winner.units}, True)


def _compare(loser: Candidate, winner: Candidate, policy: Policy) -> list[tuple[str, dict]]:
	"""By what a warehouse that could have sent it lost, the weightiest step first."""
	gaps = {
		step: policy.weights.get(step, 0) * (winner.scores[step] - points)
		for step, points in loser.scores.items()
	}
	behind = sorted((step for step, gap in gaps.items() if gap > 0), key=lambda step: (-gaps[step], step))
	return [_explain(step, loser, winner) for step in behind] or [("name_later", {"warehouse": winner.name})]


def _explain(step: str, loser: Candidate, winner: Candidate) -> tuple[str, dict]:
	if step == "cost" and loser.cost is not None and winner.cost is not None:
		return "cost_higher", {"by": str(loser.cost - winner.cost)}
	if step == "cost":
		return "cost_unknown", {}
	if step == "distance" and loser.km is not None and winner.km is not None:
		return "farther", {"km": loser.km, "by_km": loser.km - winner.km}
	if step == "load":
		return "load_higher", {"percent": get_load_percent(loser.place)}
	codes = {"distance": "distance_unknown", "region": "region_later", "priority": "priority_lower"}
	return codes[step], {"priority": loser.place.priority} if step == "priority" else {}


def _choose_several(
	able: list[Candidate], candidates: list[Candidate], need: Need, free: Free, policy: Policy
) -> Decision:
	"""Split when allowed, else keep a part when allowed, else nothing, with the code of what stands in the way."""
	most = policy.max_parcels if policy.allow_split else 1
	left, chosen = {line.key: line.units for line in need.lines}, []
	stock = {(sku, row.name): free.get((sku, row.name), 0) for row in able for sku in need.pieces}
	while len(chosen) < most and any(left.values()):
		best = min(
			(row for row in able if row not in chosen),
			key=lambda row: (-_count_pieces(_fit(row.name, need, left, stock), need), *_rank(row)),
			default=None,
		)
		units = _fit(best.name, need, left, stock) if best else {}
		if not units:
			break
		best.units = units
		left = {key: count - units.get(key, 0) for key, count in left.items()}
		chosen.append(best)
	is_full = not any(left.values())
	if not is_full and not policy.allow_partial:
		chosen = []
	for row in able:
		if row in chosen:
			row.reasons = []
		else:
			row.units = {}
	decision = Decision(_sort(candidates, chosen), {row.name: row.units for row in chosen}, is_full)
	if not is_full:
		decision.reason = _find_obstacle(candidates)
	return decision


def _sort(candidates: list[Candidate], chosen: list[Candidate]) -> list[Candidate]:
	return [*chosen, *sorted((row for row in candidates if row not in chosen), key=_rank)]


def _fit(warehouse: str, need: Need, left: Mapping[str, int], free: Free) -> dict[str, int]:
	"""Whole units of each line that a warehouse could send of what is left, lines in their order."""
	taken: dict[str, int] = {}
	units: dict[str, int] = {}
	for line in need.lines:
		count = left[line.key]
		for sku, pieces in line.parts.items():
			there = free.get((sku, warehouse), 0) - taken.get(sku, 0)
			count = min(count, max(there, 0) // pieces)
		if count:
			units[line.key] = count
			for sku, pieces in line.parts.items():
				taken[sku] = taken.get(sku, 0) + pieces * count
	return units


def _count_pieces(units: Mapping[str, int], need: Need) -> int:
	return sum(units.get(line.key, 0) * sum(line.parts.values()) for line in need.lines)


def _find_obstacle(candidates: Iterable[Candidate]) -> str:
	"""Why no warehouse can: the code of the step that the one which came farthest failed at."""
	ruled_out = [{code for code, _facts in row.reasons} for row in candidates]
	in_use = [codes for codes in ruled_out if not codes & {"switched_off", "kind_excluded", "other_chosen"}]
	if not in_use:
		return "warehouse_missing"
	in_region = [codes for codes in in_use if "region_unserved" not in codes]
	if not in_region:
		return "region_unserved"
	return "courier_unserved" if all("courier_unserved" in codes for codes in in_region) else "stock_short"
