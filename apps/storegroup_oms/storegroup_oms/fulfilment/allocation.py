"""Orders get their warehouse and their stock: routed in memory, reserved in one go, hundreds at a time.

`allocate` brings whatever orders it is given to what they should hold: what fits no line any more is given back, what
has left is booked out, what is missing is routed and reserved. So it may be called for any order, at any time, again.
Locks are taken in the order of the house: orders, then all balances that could serve them, then reservations; under
these locks the free pieces are exact and no decision loses a race. Never commits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe

from storegroup_oms.fulfilment import gift_facts, gifts, order_states, parcels, wants
from storegroup_oms.fulfilment.decisions import Verdict, store_decisions
from storegroup_oms.fulfilment.facts import Facts, read_facts
from storegroup_oms.fulfilment.routing import Decision, route
from storegroup_oms.fulfilment.stops import find_leaving
from storegroup_oms.fulfilment.wants import LEFT, Want
from storegroup_oms.inventory import releasing
from storegroup_oms.inventory.locks import Balance, Key, lock_balances
from storegroup_oms.inventory.reservation import Claim, Parcel, lock_rows, reserve

SOURCE = "Allocation"
READ_FIELDS = (
	"name",
	"status",
	"review_state",
	"hold_reasons",
	"stop_reasons",
	"shop",
	"province",
	"city",
	"warehouse",
	"keep_warehouse",
	"stock_state",
	*gift_facts.ORDER_FIELDS,
)

# Order line, SKU, warehouse → pieces
Target = dict[tuple[str, str, str], int]


@dataclass
class Result:
	"""Names of orders by what they hold now; `released` and `shipped` are pieces."""

	reserved: list[str] = field(default_factory=list)
	part: list[str] = field(default_factory=list)
	short: list[str] = field(default_factory=list)
	released: int = 0
	shipped: int = 0

	def add(self, other: "Result") -> None:
		self.reserved += other.reserved
		self.part += other.part
		self.short += other.short
		self.released += other.released
		self.shipped += other.shipped


def allocate(
	names: Iterable[str],
	source: str = SOURCE,
	spared: Mapping[str, int] | None = None,
	reserves: bool = True,
) -> Result:
	"""Route and reserve for orders, those first that come first; give back what others no longer want.

	`spared` pieces of SKUs are left to orders that are not among these. Without `reserves` nothing is promised. An
	approved order that holds everything becomes To Print, another one Backorder with the reason among its holds;
	orders before their approval keep their status. What changed is on the timeline, decisions are stored, parcels
	follow.
	"""
	wanted = list(dict.fromkeys(names))
	orders = _read_orders(wanted, "FOR UPDATE")
	desk = gifts.open_desk(orders, reserves)
	found = wants.read_wants(orders)
	by_name = {want.name: want for want in found}
	found = [by_name[name] for name in wanted if name in by_name]
	facts = read_facts({want.order.shop for want in found})
	balances = _lock_stock(found, desk.skus, reserves)
	result = Result()
	if _let_go(found, result):
		balances = lock_balances(balances)
	verdicts = _route_all(found, facts, balances, spared or {}, reserves, result)
	_give(desk, found, verdicts, balances, spared or {})
	_store(found, verdicts, source, result, reserves)
	parcels.ensure_parcels(parcels.find_concerned(want.name for want in found))
	return result


def preview(name: str) -> Verdict | None:
	"""What would be decided about an order now, as if it held nothing. Locks and writes nothing.

	None when there is nothing to decide: no such order, no line with a SKU that wants stock.
	"""
	found = wants.read_wants(_read_orders([name]))
	if not found or not found[0].lines:
		return None
	(want,) = found
	facts = read_facts([want.order.shop])
	free = wants.read_free(want.skus)
	for (_line, sku, warehouse), count in wants.read_held(name).items():
		free[sku, warehouse] = free.get((sku, warehouse), 0) + count
	policy = facts.get_policy(want.order.shop)
	need = want.make_need(facts.own.get(want.order.shop, ""))
	decision = route(need, facts.get_places(), free, facts.couriers, policy)
	return Verdict(name, decision, _find_outcome(want, decision, False), policy.name)


def _read_orders(names: Sequence[str], lock: str = "") -> list[frappe._dict]:
	if not names:
		return []
	fields = ", ".join(f"`{name}`" for name in READ_FIELDS)
	return frappe.db.sql(
		f"SELECT {fields} FROM tabOrder WHERE name IN %s ORDER BY name {lock}", [sorted(names)], as_dict=True
	)


def _lock_stock(found: Sequence[Want], gift_skus: Collection[str], reserves: bool) -> dict[Key, Balance]:
	"""Lock every balance that may be touched, in one go, then the orders' reservations, and hand these to the orders."""
	held = wants.find_held([want.name for want in found])
	keys = {key for _name, key in held}
	if reserves:
		skus = {sku for want in found if want.is_open for sku in want.skus}
		keys |= set(wants.find_stocked(skus | set(gift_skus)))
	balances = lock_balances(keys)
	by_order: dict[str, list[frappe._dict]] = {}
	for row in lock_rows(name for name, _key in held).values():
		if row.status == "Open":
			by_order.setdefault(row.order, []).append(row)
	for want in found:
		want.rows = by_order.get(want.name, [])
	return balances


def _let_go(found: Sequence[Want], result: Result) -> bool:
	"""Book out what has left and give back what fits no line; True when anything was held so."""
	excess: list[str] = []
	leaving = find_leaving([want.name for want in found if want.order.status in LEFT and want.rows])
	for want in found:
		if want.name in leaving:
			# A platform that knows no parts calls it shipped with its first parcel; the others are still here.
			continue
		if want.order.status in LEFT:
			result.shipped += _ship(want)
		elif rows := want.find_excess():
			excess += [row.order_item for row in rows]
			want.rows = [row for row in want.rows if row not in rows]
	result.released += releasing.release_lines(excess, "No longer wanted")
	return bool(excess or result.shipped or result.released)


def _ship(want: Want) -> int:
	"""The platform says that the order has left: its goods went from where they were kept, but for refunded lines."""
	pieces = sum(
		releasing.ship_lines(lines, warehouse, ("Order", want.name))
		for warehouse, lines in want.count_units().items()
	)
	releasing.release_lines((row.order_item for row in want.rows), "The order has left")
	want.rows = []
	return pieces


def _route_all(
	found: Sequence[Want],
	facts: Facts,
	balances: Mapping[Key, Balance],
	spared: Mapping[str, int],
	reserves: bool,
	result: Result,
) -> dict[str, Verdict]:
	"""Route each open order that lacks something, reserve for all of them at once; returns the verdicts by order."""
	free = _count_free(balances, spared)
	moved: list[str] = []
	claims: list[Parcel] = []
	decisions: dict[str, Decision] = {}
	for want in found:
		if not (reserves and want.is_open and want.lines) or want.is_unmatched or want.is_served():
			continue
		decisions[want.name] = decision = _route_one(want, facts, free)
		target = _make_target(want, decision)
		if target != want.get_held():
			moved += _find_moved(want, target)
			claims += _make_parcels(want, target)
	result.released += releasing.release_rows(moved, "Another warehouse was chosen")
	short = reserve(claims).short if claims else {}
	lost = {key.partition("\n")[0] for key in short}
	verdicts = {}
	for want in found:
		if decision := decisions.get(want.name):
			outcome = _find_outcome(want, decision, want.name in lost)
			policy = facts.get_policy(want.order.shop).name
			verdicts[want.name] = Verdict(want.name, decision, outcome, policy)
	return verdicts


def _give(
	desk: gifts.Desk,
	found: Sequence[Want],
	verdicts: Mapping[str, Verdict],
	balances: Mapping[Key, Balance],
	spared: Mapping[str, int],
) -> None:
	"""Gifts for orders that hold all their goods since now, or that were given back another gift."""
	ready: dict[str, list[str]] = {}
	for want in found:
		if not (want.is_open and want.order.status in wants.WAITING) or want.is_unmatched:
			continue
		verdict = verdicts.get(want.name)
		if verdict and verdict.outcome in ("Reserved", "Split"):
			ready[want.name] = verdict.decision.warehouses
		elif not verdict and want.name in desk.renewed and want.lines and want.is_served():
			ready[want.name] = sorted({row.warehouse for row in want.rows})
	if not ready or not any(name in desk.bought for name in ready):
		return
	# What was reserved just now has changed them.
	fresh = lock_balances(key for key in balances if key[0] in desk.skus)
	gifts.give(desk, ready, _count_free(fresh, spared), fresh)


def _count_free(balances: Mapping[Key, Balance], spared: Mapping[str, int]) -> dict[Key, int]:
	"""Free pieces by place, less those spared, taken where most is."""
	free = {key: max(balance.free, 0) for key, balance in balances.items()}
	for sku, count in spared.items():
		left = count
		for key in sorted((key for key in free if key[0] == sku), key=lambda key: (-free[key], key)):
			taken = min(free[key], left)
			free[key] -= taken
			left -= taken
	return free


def _route_one(want: Want, facts: Facts, free: dict[Key, int]) -> Decision:
	"""Decide as if the order held nothing, then take the chosen pieces off `free`."""
	for (_line, sku, warehouse), count in want.get_held().items():
		free[sku, warehouse] = free.get((sku, warehouse), 0) + count
	shop = want.order.shop
	need = want.make_need(facts.own.get(shop, ""))
	decision = route(need, facts.get_places(), free, facts.couriers, facts.get_policy(shop))
	for (_line, sku, warehouse), count in _make_target(want, decision).items():
		free[sku, warehouse] = free.get((sku, warehouse), 0) - count
	for warehouse in decision.warehouses:
		facts.add_load(warehouse)
	return decision


def _make_target(want: Want, decision: Decision) -> Target:
	"""What the order shall hold: what was decided; what it has where nothing could be."""
	if not decision.chosen:
		return want.get_held()
	lines = {line.key: line for line in want.lines}
	return {
		(key, sku, warehouse): units * count
		for warehouse, by_line in decision.chosen.items()
		for key, units in by_line.items()
		if units
		for sku, count in lines[key].parts.items()
	}


def _find_moved(want: Want, target: Target) -> list[str]:
	"""Reservations that the target has no place for, or a smaller one."""
	return [
		row.name for row in want.rows if target.get((row.order_item, row.sku, row.warehouse), 0) < row.qty
	]


def _make_parcels(want: Want, target: Target) -> list[Parcel]:
	per_set = {(line.key, sku): count for line in want.lines for sku, count in line.parts.items()}
	claims: dict[str, list[Claim]] = {}
	for (line, sku, warehouse), count in target.items():
		claims.setdefault(warehouse, []).append(
			Claim(want.name, line, sku, count, per_set[line, sku], want.order.shop)
		)
	return [Parcel(f"{want.name}\n{warehouse}", warehouse, rows) for warehouse, rows in claims.items()]


def _find_outcome(want: Want, decision: Decision, has_lost: bool) -> str:
	if decision.is_full and not has_lost:
		return "Split" if len(decision.chosen) > 1 else "Reserved"
	return "Partly Reserved" if (decision.chosen or want.rows) and not has_lost else "Short"


def _store(
	found: Sequence[Want],
	verdicts: Mapping[str, Verdict],
	source: str,
	result: Result,
	reserves: bool,
) -> None:
	"""Write the orders, their timeline and the decisions, as far as anything is new."""
	changes = []
	for want in found:
		if want.is_open and not reserves:
			continue
		verdict = verdicts.get(want.name)
		state = _find_state(want, verdict)
		if state == "Reserved":
			result.reserved.append(want.name)
		elif state in ("Partly Reserved", "Short"):
			(result.part if state == "Partly Reserved" else result.short).append(want.name)
		changes.append(order_states.Change(want, state, verdict))
	order_states.store_changes(changes, source)
	store_decisions((change.verdict for change in changes if change.is_told), source)


def _find_state(want: Want, verdict: Verdict | None) -> str:
	if not want.is_open or want.is_unmatched:
		return ""
	if verdict:
		return "Reserved" if verdict.outcome in ("Reserved", "Split") else verdict.outcome
	return "Reserved" if want.lines else "Not Needed"
