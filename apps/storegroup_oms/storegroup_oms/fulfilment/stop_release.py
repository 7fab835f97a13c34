"""Stops by people: a parcel stopped by hand, and what stops one let go once somebody has looked. Never commits."""

from collections.abc import Iterable

import frappe
from frappe import _

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import parcel_rows, parcels, stops
from storegroup_oms.fulfilment.parcel_rows import LIVE
from storegroup_oms.fulfilment.steps import Done
from storegroup_oms.orders import events, outbox
from storegroup_oms.orders.holds import add_codes, join_codes, parse_codes

# What a look settles. The others end with their cause: the refund, the order, the goods.
RELEASABLE = frozenset(
	("manual", "address_changed", "items_changed", "courier_changed", "warehouse_changed", "memo_changed")
)


def stop(names: Iterable[str]) -> list[str]:
	"""Stop live parcels; returns the names of those that are stopped now by this."""
	locked = parcels.lock_parcels(names)
	found = [
		parcel
		for parcel in locked.parcels.values()
		if parcel.row.status in LIVE and "manual" not in parse_codes(parcel.row.stop_reasons)
	]
	for parcel in found:
		parcel.row.stop_reasons = add_codes(parcel.row.stop_reasons, "manual")
	parcels.store(found, locked.facts)
	_record("Parcel stopped", found, {})
	return [parcel.name for parcel in found]


def release(names: Iterable[str], reason: str) -> Done:
	"""Let parcels go on: the codes in `RELEASABLE` are taken off them and their orders; who and why is on the timeline.

	A parcel that is stopped by anything else as well is refused, and nothing of it changed. Raises InvalidValueError
	without a reason.
	"""
	if not reason.strip():
		frappe.throw(_("Say why the parcels may go on."), exc=InvalidValueError, title=_("Reason Missing"))
	wanted = list(dict.fromkeys(names))
	locked = parcels.lock_parcels(wanted)
	codes = parcels.find_stops_of(locked)
	done = Done()
	found = []
	for name in wanted:
		parcel = locked.parcels.get(name)
		others = parse_codes(codes.get(name)) - RELEASABLE
		if parcel is None or parcel.row.status not in LIVE:
			done.refused[name] = _("There is no such parcel, or it was changed at this moment.")
		elif others:
			done.refused[name] = stops.explain(join_codes(others))
		else:
			done.names.append(name)
			found.append(parcel)
	orders = sorted({order for parcel in found for order in parcel.orders})
	_release_orders(orders, locked.facts)
	for parcel in found:
		parcel.row.stop_reasons = join_codes(parse_codes(parcel.row.stop_reasons) - RELEASABLE)
	update_rows("Shipment", [parcel.row for parcel in found], ("stop_reasons",))
	parcel_rows.tell(found)
	_record(
		"Parcel may go on", [parcel for parcel in found if parcel.name in codes], {"reason": reason.strip()}
	)
	parcels.ensure_parcels(orders)
	return done


def _release_orders(orders: Iterable[str], facts: stops.Facts) -> None:
	rows = []
	for order in orders:
		row = facts.orders[order]
		if (left := join_codes(parse_codes(row.stop_reasons) - RELEASABLE)) != (row.stop_reasons or ""):
			rows.append({"name": order, "stop_reasons": left})
	update_rows("Order", rows, ("stop_reasons",))
	outbox.record_changes(
		updated=[(row["name"], {"stop_reasons": facts.orders[row["name"]].stop_reasons}) for row in rows]
	)


def _record(event: str, found: Iterable[parcel_rows.Parcel], details: dict) -> None:
	events.record_events(
		{
			"order": order,
			"event": event,
			"source": frappe.session.user,
			"details": {"shipment": parcel.name, **details},
		}
		for parcel in found
		for order in sorted(parcel.orders)
	)
