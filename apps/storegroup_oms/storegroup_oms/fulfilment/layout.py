"""How orders share parcels before print: several to one receiver together, apart again, one order in several parcels.

Each call locks what it touches and checks it under the locks, so that a second click finds the work done or is refused
in words. Orders stay whole: money, state and platform link are theirs. Never commits.
"""

from collections.abc import Iterable, Mapping, Sequence

import frappe
from frappe import _
from frappe.utils import cint

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import parcel_rows, parcels
from storegroup_oms.fulfilment.parcel_rows import Parcel
from storegroup_oms.fulfilment.parcels import Locked, Settled
from storegroup_oms.orders import events
from storegroup_oms.orders.receivers import is_sure_key

MERGEABLE = f"""SELECT GROUP_CONCAT(parcel.name ORDER BY parcel.name) FROM tabShipment parcel
	WHERE parcel.status = '{parcel_rows.TO_PRINT}' AND IFNULL(parcel.merge_key, '') != ''
	AND IFNULL(parcel.stop_reasons, '') = '' AND parcel.waybill_no IS NULL {{apart}}
	GROUP BY parcel.merge_key, parcel.warehouse, IF({{mixes}}, '', IFNULL(parcel.platform, '')) HAVING COUNT(*) > 1 ORDER BY MIN(parcel.name)"""
MOST_ORDERS = 20


def merge(names: Iterable[str]) -> str:
	"""Put parcels together; returns the name of the one that is left, the first by name. The others are Cancelled.

	Raises InvalidValueError with the reason where they may not travel together.
	"""
	wanted = sorted(set(names))
	if len(wanted) < 2:
		_refuse(_("Choose at least two parcels."))
	locked = _lock_open(wanted)
	found = [locked.parcels[name] for name in wanted]
	_check_together(found, locked)
	first, *others = found
	joined = []
	for parcel in others:
		for order in list(parcel.orders):
			link, pieces = parcel.take_out(order)
			joined.append(order)
			for piece, count in pieces.items():
				first.add(piece, count, link)
	first.row.update(keep_apart=0, courier=next((one.row.courier for one in found if one.row.courier), None))
	_store(found, locked)
	_record("Put into one parcel", dict.fromkeys([*first.orders], first.name))
	return first.name


def unmerge(names: Iterable[str]) -> list[str]:
	"""Give each order of merged parcels a parcel of its own again; returns the names of all of them."""
	wanted = sorted(set(names))
	locked = _lock_open(wanted)
	made: list[Parcel] = []
	for name in wanted:
		parcel = locked.parcels[name]
		for order in sorted(parcel.orders)[1:]:
			made.append(_make_beside(parcel, locked.facts.orders[order].courier))
			link, pieces = parcel.take_out(order)
			for piece, count in pieces.items():
				made[-1].add(piece, count, link)
		parcel.row.keep_apart = 1
	_store([*locked.parcels.values(), *made], locked)
	_record("Given a parcel of its own", {order: one.name for one in made for order in one.orders})
	return [*wanted, *(parcel.name for parcel in made)]


def split(name: str, units: Mapping[str, int]) -> str:
	"""Put units of order lines, {order line: whole units}, into a parcel of their own; returns its name.

	Raises InvalidValueError when that is nothing, everything, or more than there is.
	"""
	locked = _lock_open([name])
	parcel = locked.parcels[name]
	other = _make_beside(parcel, parcel.row.courier)
	for line, count in sorted(units.items()):
		_move_units(parcel, other, line, count, locked)
	if not other.pieces:
		_refuse(_("Choose what goes into the new parcel."))
	parcel.drop_empty()
	if not parcel.pieces:
		_refuse(_("Something has to stay in parcel {0}.").format(name))
	parcel.row.keep_apart = 1
	_store([parcel, other], locked)
	_record("Split into two parcels", dict.fromkeys(other.orders, other.name))
	return other.name


def _move_units(parcel: Parcel, other: Parcel, line: str, count: int, locked: Locked) -> None:
	pieces = {piece: there for piece, there in parcel.pieces.items() if piece[1] == line}
	if not pieces or type(count) is not int or count < 0:
		_refuse(_("Parcel {0} has no such line, or that is not a quantity.").format(parcel.name))
	for piece, there in pieces.items():
		moved = count * locked.facts.per_set.get((line, piece[2], parcel.row.warehouse), 1)
		if moved > there:
			_refuse(_("Parcel {0} has only {1} pieces of SKU {2}.").format(parcel.name, there, piece[2]))
		if moved:
			parcel.pieces[piece] = there - moved
			other.add(piece, moved, parcel.orders[piece[0]])


def find_mergeable(only_sure: bool = False) -> list[list[str]]:
	"""Groups of open parcels to the same receiver in the same warehouse. No lock, no permission check.

	With `only_sure` those alone that a rule may put together: none that a person took apart, none whose receiver is
	only known by masks.
	"""
	apart = "AND parcel.keep_apart = 0" if only_sure else ""
	rows = frappe.db.sql_list(MERGEABLE.format(apart=apart, mixes=_may_mix_platforms()))
	groups = [row.split(",") for row in rows]
	if not only_sure:
		return groups
	firsts = frappe.get_all(
		"Shipment",
		filters={"name": ["in", [group[0] for group in groups] or [""]]},
		fields=["name", "merge_key"],
		order_by="name asc",
	)
	sure = {row.name for row in firsts if is_sure_key(row.merge_key)}
	return [group for group in groups if group[0] in sure]


def _lock_open(names: Sequence[str]) -> Locked:
	"""Lock parcels of which all must be open and free of stops."""
	locked = parcels.lock_parcels(names)
	stopped = parcels.find_stops_of(locked)
	for name in names:
		parcel = locked.parcels.get(name)
		if not parcel:
			_refuse(_("Parcel {0} doesn't exist, or it was changed at this moment.").format(name))
		status = parcel.row.status
		if not parcel.is_open:
			_refuse(
				_("Parcel {0} is {1}. Only parcels that are not printed can be changed.").format(
					name, _(status)
				)
			)
		if parcel.row.waybill_no:
			_refuse(
				_("Parcel {0} has waybill {1} already. Give the number back first.").format(
					name, parcel.row.waybill_no
				)
			)
		if name in stopped:
			_refuse(_("Parcel {0} is stopped.").format(name))
	return locked


def _check_together(found: Sequence[Parcel], locked: Locked) -> None:
	"""Refuse parcels that must not travel as one."""
	first = found[0]
	orders = [locked.facts.orders[order] for parcel in found for order in parcel.orders]
	names = ", ".join(parcel.name for parcel in found)
	if any(parcel.row.warehouse != first.row.warehouse for parcel in found):
		_refuse(_("Parcels {0} leave from different warehouses.").format(names))
	keys = {order.merge_key or "" for order in orders}
	if len(keys) > 1 or "" in keys:
		_refuse(_("Parcels {0} are not known to go to the same receiver.").format(names))
	if len({parcel.row.courier for parcel in found if parcel.row.courier}) > 1:
		_refuse(_("Parcels {0} go with different couriers.").format(names))
	if len({order.name for order in orders}) > MOST_ORDERS:
		_refuse(_("A parcel holds at most {0} orders.").format(MOST_ORDERS))
	platforms = sorted({order.platform for order in orders if order.platform})
	if len(platforms) > 1 and not _may_mix_platforms():
		_refuse(
			_(
				"Parcels {0} are of {1}. A platform's waybill takes its own orders alone; where numbers come from"
				" elsewhere, an administrator can allow it in the settings."
			).format(names, ", ".join(platforms))
		)


def _may_mix_platforms() -> int:
	return cint(frappe.db.get_single_value("OMS Settings", "merge_platforms"))


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Can't Change the Parcels"))


def _make_beside(parcel: Parcel, courier: str | None) -> Parcel:
	made = parcel_rows.make_parcel(parcel.row.warehouse, courier or parcel.row.courier)
	made.row.update(keep_apart=1, wave_no=parcel.row.wave_no)
	return made


def _store(found: Iterable[Parcel], locked: Locked) -> Settled:
	return parcels.store(found, locked.facts)


def _record(event: str, orders: Mapping[str, str]) -> None:
	"""One row on the timeline of each order: {order: parcel}."""
	events.record_events(
		{"order": order, "event": event, "source": frappe.session.user, "details": {"shipment": parcel}}
		for order, parcel in sorted(orders.items())
	)
