"""A parcel's way through the house: printed, picked, verified, weighed, shipped, and the steps back.

Each step takes many parcels at once, asks the gate of each under the rows' locks, and refuses those that may not go
on in words, while the others do. A step that was done before is done, so that a second click changes nothing. Orders
follow their parcels. Never commits: jobs call through `run_in_latest`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.fulfilment import departures, parcel_rows, parcels, stops
from storegroup_oms.fulfilment.parcel_rows import GONE, LIVE, TO_PRINT, Parcel
from storegroup_oms.fulfilment.parcels import Locked
from storegroup_oms.orders import events, lifecycle


@dataclass
class Done:
	"""Names of the parcels that have taken the step, now or before, and why each of the others has not."""

	names: list[str] = field(default_factory=list)
	refused: dict[str, str] = field(default_factory=dict)


# A parcel that may take the step: None or False. One that has taken it: True. Otherwise why not.
Look = Callable[[Parcel], str | bool | None]
# Writes what is special about a step; may tell which parcels can't take it after all, and why.
Write = Callable[[Sequence[Parcel], Locked], Mapping[str, str] | None]


def mark_printed(names: Iterable[str], again: bool = True, limit: int = 0, reason: str = "") -> Done:
	"""Labels of parcels are printed: each print is counted; the first one moves them on.

	Without `again` those that were printed before are refused; with `limit` those that were printed so many times.
	`reason` says in the timeline why one is printed again.
	"""
	now = now_datetime()

	def look(parcel: Parcel) -> str | None:
		if not (parcel.row.courier and parcel.row.waybill_no):
			return _("It has no waybill number.")
		count = cint(parcel.row.printed_count)
		if count and not again:
			return _("Its label has been printed before. Print it again with a reason.")
		if limit and count >= limit:
			return _("Its label has been printed {0} times. A manager may print it again.").format(count)
		return None

	def write(moving: Sequence[Parcel], locked: Locked) -> None:
		for parcel in moving:
			parcel.row.printed_count = cint(parcel.row.printed_count) + 1
			if parcel.row.status == TO_PRINT:
				parcel.row.status = "Printed"
		_set(moving, {"printed_at": now})
		repeated = [parcel for parcel in moving if parcel.row.printed_count > 1]
		_record("Label printed again", repeated, {"reason": reason} if reason else {})
		_record("Label printed", [parcel for parcel in moving if parcel not in repeated])
		_tell_orders(moving, locked, now)

	return _step(names, look, write, names_courier=True)[0]


def mark_picked(names: Iterable[str]) -> Done:
	"""The goods of printed parcels are off the shelf."""

	def look(parcel: Parcel) -> str | bool | None:
		if parcel.row.status == TO_PRINT:
			return _("Its label is not printed.")
		return parcel.row.status != "Printed"

	return _step(names, look, _make_move("Picked", "Parcel picked"))[0]


def mark_verified(names: Iterable[str]) -> Done:
	"""Somebody, the session's user, has checked that the right pieces are in the parcel."""

	def look(parcel: Parcel) -> str | bool | None:
		if parcel.row.status == TO_PRINT:
			return _("Its label is not printed.")
		return parcel.row.status == "Verified"

	move = _make_move("Verified", "Parcel verified")

	def write(moving: Sequence[Parcel], locked: Locked) -> None:
		move(moving, locked)
		_set(moving, {"verified_at": now_datetime(), "packed_by": frappe.session.user})
		_count_verified(moving, "qty")

	return _step(names, look, write)[0]


def mark_weighed(weights: Mapping[str, int]) -> Done:
	"""Parcels weigh so many grams. Whether that is right is the scale's business; see `floor`."""

	def look(parcel: Parcel) -> str | None:
		if parcel.row.status == TO_PRINT:
			return _("Its label is not printed.")
		return None if weights[parcel.name] > 0 else _("The weight must be more than nothing.")

	def write(moving: Sequence[Parcel], locked: Locked) -> None:
		update_rows(
			"Shipment",
			[{"name": parcel.name, "weight_g": weights[parcel.name]} for parcel in moving],
			("weight_g",),
		)

	return _step(weights, look, write)[0]


def mark_shipped(names: Iterable[str]) -> Done:
	"""Parcels leave: their pieces are booked out once for ever, `parcel_shipped_sinks` get their names."""
	must_be_verified = cint(frappe.db.get_single_value("OMS Settings", "verify_before_ship"))

	def look(parcel: Parcel) -> str | None:
		if parcel.row.status == TO_PRINT:
			return _("Its label is not printed.")
		if must_be_verified and parcel.row.status != "Verified":
			return _("It has not been verified.")
		return None if parcel.row.waybill_no else _("It has no waybill number.")

	def write(moving: Sequence[Parcel], locked: Locked) -> dict[str, str]:
		now = now_datetime()
		refused = departures.book_out(moving, locked)
		leaving = [parcel for parcel in moving if parcel.name not in refused]
		if leaving:
			for parcel in leaving:
				parcel.row.status = "Shipped"
			_set(leaving, {"shipped_at": now})
			_record("Parcel shipped", leaving)
			_move_orders(leaving, locked)
			departures.note_times([order for parcel in leaving for order in parcel.orders], now)
		return refused

	done, moved = _step(names, look, write, has_left=True, takes_stock=True)
	if moved:
		for sink in frappe.get_hooks("parcel_shipped_sinks"):
			frappe.get_attr(sink)(moved)
	return done


def undo_print(names: Iterable[str]) -> Done:
	"""Printed parcels that nobody has verified go back before print. The number is kept, and so is the count of prints.

	A stopped one may: what stops it is taken out of it then, and the rest can be printed again.
	"""

	def look(parcel: Parcel) -> str | bool | None:
		if parcel.row.status == "Verified":
			return _("It has been verified. Take that back first.")
		return parcel.row.status == TO_PRINT

	return _step(names, look, _make_move(TO_PRINT, "Print taken back"), passes_stops=True)[0]


def undo_verify(names: Iterable[str]) -> Done:
	"""Verified parcels are Picked again, to be verified anew."""

	def look(parcel: Parcel) -> str | bool | None:
		return parcel.row.status != "Verified"

	move = _make_move("Picked", "Verification taken back")

	def write(moving: Sequence[Parcel], locked: Locked) -> None:
		move(moving, locked)
		_set(moving, {"verified_at": None, "packed_by": None})
		_count_verified(moving, "0")

	return _step(names, look, write, passes_stops=True)[0]


def _make_move(status: str, event: str) -> Write:
	def write(moving: Sequence[Parcel], locked: Locked) -> None:
		for parcel in moving:
			parcel.row.status = status
		_record(event, moving)
		_move_orders(moving, locked)

	return write


def _step(
	names: Iterable[str],
	look: Look,
	write: Write,
	has_left: bool = False,
	passes_stops: bool = False,
	takes_stock: bool = False,
	names_courier: bool = False,
) -> tuple[Done, list[str]]:
	"""Lock, ask the gate, `look` at each parcel, `write` those that go on. What stops a parcel is stored in it.

	With `names_courier` the orders got their parcels' courier, which their other open parcels take over. Also returns
	the names of those that have taken the step just now.
	"""
	wanted = list(dict.fromkeys(names))
	locked = parcels.lock_parcels(wanted, takes_stock)
	stopped = {} if passes_stops else parcels.find_stops_of(locked)
	refused: dict[str, str] = {}
	moving = []
	for name in wanted:
		parcel = locked.parcels.get(name)
		answer = _look(parcel, look, stopped.get(name), has_left)
		if isinstance(answer, str):
			refused[name] = answer
		elif parcel and not answer:
			moving.append(parcel)
	if moving:
		refused |= write(moving, locked) or {}
		moving = [parcel for parcel in moving if parcel.name not in refused]
		_store(moving)
	settling = [locked.parcels[name] for name in stopped] + (moving if passes_stops else [])
	if names_courier and any(parcel.is_open for parcel in locked.siblings.values()):
		settling += moving
	if settling:
		parcels.ensure_parcels(order for parcel in settling for order in parcel.orders)
	done = Done([name for name in wanted if name not in refused], refused)
	return done, [parcel.name for parcel in moving]


def _look(parcel: Parcel | None, look: Look, codes: str | None, has_left: bool) -> str | bool | None:
	if parcel is None:
		return _("There is no such parcel, or it was changed at this moment.")
	if parcel.row.status in GONE:
		return True if has_left else _("It has left already.")
	if parcel.row.status not in LIVE:
		return _("It is cancelled.")
	return stops.explain(codes) if codes else look(parcel)


def _store(moving: Sequence[Parcel]) -> None:
	changed = [parcel for parcel in moving if parcel.is_changed()]
	rows = [parcel.row for parcel in changed]
	update_rows("Shipment", rows, ("status", "printed_count", "stop_reasons"))
	parcel_rows.tell(changed)
	for parcel in changed:
		parcel.remember()


def _set(moving: Sequence[Parcel], values: Mapping[str, object]) -> None:
	update_rows("Shipment", [{"name": parcel.name, **values} for parcel in moving], tuple(values))


def _count_verified(moving: Sequence[Parcel], expression: str) -> None:
	"""`expression` is SQL of this module."""
	frappe.db.sql(
		f"UPDATE `tabShipment Item` SET verified_qty = {expression} WHERE parent IN %s AND parenttype = 'Shipment'",
		[sorted(parcel.name for parcel in moving)],
	)


def _record(event: str, moving: Sequence[Parcel], more: Mapping[str, str] = MappingProxyType({})) -> None:
	"""One row on the timeline of each order of the parcels."""
	events.record_events(
		{
			"order": order,
			"event": event,
			"source": frappe.session.user,
			"details": {"shipment": parcel.name, "waybill_no": parcel.row.waybill_no, **more},
		}
		for parcel in moving
		for order in sorted(parcel.orders)
	)


def _move_orders(moving: Sequence[Parcel], locked: Locked) -> None:
	"""Orders stand where their parcels do."""
	moves: dict[str, list[str]] = {}
	orders = {order for parcel in moving for order in parcel.orders}
	for order, status in departures.find_statuses(sorted(orders), locked).items():
		if status != locked.facts.orders[order].status:
			moves.setdefault(status, []).append(order)
	for status, names in sorted(moves.items()):
		lifecycle.move_orders(names, status, frappe.session.user)


def _tell_orders(moving: Sequence[Parcel], locked: Locked, now: datetime) -> None:
	"""Orders carry courier and number of their latest printed parcel, to be found by."""
	rows = {
		order: {
			"name": order,
			"courier": parcel.row.courier,
			"waybill_no": parcel.row.waybill_no,
			"printed_at": now,
		}
		for parcel in moving
		for order in parcel.orders
	}
	update_rows(
		"Order", sorted(rows.values(), key=lambda row: row["name"]), ("courier", "waybill_no", "printed_at")
	)
	_move_orders(moving, locked)
