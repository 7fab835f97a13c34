"""What stock does to an order: state, warehouse, status, holds and stops, timeline. Never commits.

An order before its approval keeps its status whatever its stock. An approved one is To Print with all of it, Backorder
without; one that has been picked is stopped when promised goods are missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from storegroup_oms.bulk import update_rows
from storegroup_oms.fulfilment.decisions import Verdict
from storegroup_oms.fulfilment.wants import PICKED, WAITING, Want
from storegroup_oms.orders import events, lifecycle, outbox, review_states
from storegroup_oms.orders.holds import add_codes, join_codes, parse_codes, remove_codes

# Why an approved order waits; a hold only while it does.
STOCK_HOLDS = ("stock_short", "region_unserved", "courier_unserved", "warehouse_missing")
STOCK_STOP = "stock_missing"
FIELDS = ("warehouse", "stock_state", "hold_reasons", "stop_reasons", "review_state")
EVENTS = {"Reserved": "Stock reserved", "Partly Reserved": "Stock partly reserved", "Short": "Stock short"}


@dataclass
class Change:
	"""What becomes of one order whose stock is in `state` now."""

	want: Want
	state: str
	verdict: Verdict | None
	status: str = ""
	values: dict = field(default_factory=dict)
	before: dict = field(default_factory=dict)

	@property
	def is_new(self) -> bool:
		return bool(self.before) or self.status != self.want.order.status

	@property
	def is_told(self) -> bool:
		"""True when its decision says something that the last one didn't."""
		return self.verdict is not None and self.is_new


def store_changes(changes: Sequence[Change], source: str) -> None:
	"""Write what is new about orders, whose rows the caller has locked."""
	states: dict[str, str] = {}
	if changes:
		states = review_states.get_state_by_status()
	for change in changes:
		_decide(change, states)
	new = [change for change in changes if change.is_new]
	update_rows(
		"Order",
		[{"name": change.want.name, **change.values} for change in new if change.before],
		FIELDS,
	)
	events.record_events(_tell(new, source))
	moves: dict[str, list[str]] = {}
	for change in new:
		if change.status != change.want.order.status:
			moves.setdefault(change.status, []).append(change.want.name)
	for status, names in sorted(moves.items()):
		lifecycle.move_orders(names, status, source)
	moved = {name for names in moves.values() for name in names}
	outbox.record_changes(
		updated=[(change.want.name, change.before) for change in new if change.want.name not in moved]
	)


def _decide(change: Change, states: dict[str, str]) -> None:
	order = change.want.order
	lacks = change.state in ("Short", "Partly Reserved")
	holds = join_codes(parse_codes(order.hold_reasons) - set(STOCK_HOLDS))
	change.status = _find_status(order.status, change.state, holds)
	if change.status == "Backorder":
		reason = (change.verdict and change.verdict.decision.reason) or _find_reason(order.hold_reasons)
		holds = add_codes(holds, reason)
	stops = remove_codes(order.stop_reasons, STOCK_STOP)
	if lacks and order.status in PICKED:
		stops = add_codes(stops, STOCK_STOP)
	review_state = order.review_state
	if change.status != order.status:
		review_state = states.get(change.status, order.review_state)
	change.values = {
		"warehouse": _find_warehouse(change),
		"stock_state": change.state,
		"hold_reasons": holds,
		"stop_reasons": stops,
		"review_state": review_state,
	}
	change.before = outbox.find_changes(order, change.values, FIELDS)


def _find_status(status: str, state: str, holds: str) -> str:
	if status == "Backorder" and state == "Reserved":
		return "On Hold" if holds else "To Print"
	if status == "To Print" and state in ("Short", "Partly Reserved"):
		return "Backorder"
	return status


def _find_reason(hold_reasons: str | None) -> str:
	"""The reason that an order waits for already."""
	return next((code for code in STOCK_HOLDS if code in parse_codes(hold_reasons)), STOCK_HOLDS[0])


def _find_warehouse(change: Change) -> str | None:
	order, verdict = change.want.order, change.verdict
	if verdict and verdict.decision.chosen:
		return verdict.decision.warehouses[0]
	if held := sorted({row.warehouse for row in change.want.rows}):
		return order.warehouse if order.warehouse in held else held[0]
	# What we chose goes with the goods; where it was picked, and what a person or another system wrote, stays.
	was_ours = order.stock_state in ("Reserved", "Partly Reserved") and not order.keep_warehouse
	return None if was_ours and change.want.order.status in WAITING else order.warehouse


def _tell(changes: Iterable[Change], source: str) -> Iterable[dict]:
	for change in changes:
		row = {"order": change.want.name, "source": source}
		if change.verdict:
			decision = change.verdict.decision
			details = {"warehouses": decision.warehouses, "reason": decision.reason}
			yield {**row, "event": EVENTS[change.state], "details": {k: v for k, v in details.items() if v}}
		elif not change.want.is_open and change.want.order.stock_state:
			yield {**row, "event": "Stock let go"}
