"""Parcels follow orders: one for each approved order and warehouse that holds its goods, always with just those pieces.

`ensure_parcels` brings the parcels of whatever orders it is given to what the orders hold, so it may be called for any
order, at any time, again. What nobody has printed is changed or cancelled; what somebody has printed is only stopped.
Locks are taken in the order of the house: orders, reservations, parcels. Never commits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import frappe
from frappe.utils import cint

from storegroup_oms.fulfilment import parcel_rows
from storegroup_oms.fulfilment.parcel_rows import LIVE, Parcel
from storegroup_oms.fulfilment.stops import SENT, Facts
from storegroup_oms.orders.holds import add_codes

UNSETTLED = f"""SELECT o.name FROM tabShipment parcel
	JOIN `tabShipment Order` link ON link.parent = parcel.name AND link.parenttype = 'Shipment'
	JOIN tabOrder o ON o.name = link.`order`
	WHERE parcel.status IN {LIVE} AND IFNULL(link.order_state, '') !=
		CONCAT(IF(o.status IN {SENT}, '', o.status), '|', IFNULL(o.stop_reasons, ''))
	UNION SELECT o.name FROM tabOrder o WHERE o.status = 'To Print' AND o.stock_state = 'Reserved'
		AND NOT EXISTS (SELECT 1 FROM `tabShipment Order` link WHERE link.`order` = o.name)
	ORDER BY 1"""


@dataclass
class Settled:
	"""Names of parcels: all that were written, and of those the new, the cancelled and the stopped ones."""

	written: list[str] = field(default_factory=list)
	new: list[str] = field(default_factory=list)
	cancelled: list[str] = field(default_factory=list)
	stopped: list[str] = field(default_factory=list)


def ensure_parcels(orders: Iterable[str]) -> Settled:
	"""Bring the parcels of orders up to what these hold; returns what was written.

	Pieces that no parcel has go into the order's open parcel of their warehouse, else into a new one. Of a parcel
	that is open, what is no longer kept goes; an order that must not leave is taken out of the company of others.
	"""
	facts = Facts(orders)
	parcels = parcel_rows.lock(parcel_rows.find_names(facts.orders))
	_tie_lines(parcels.values(), facts)
	made: list[Parcel] = []
	for order in facts.orders:
		made += _fill(order, [*parcels.values(), *made], facts)
	found = [*parcels.values(), *made]
	made += _judge(found, facts)
	return store([*parcels.values(), *made], facts)


def _tie_lines(parcels: Iterable[Parcel], facts: Facts) -> None:
	"""Find the line of pieces that name none, as parcels made by hand do, where the order has just one of the SKU."""
	lines: dict[tuple[str, str], set[str]] = {}
	for kept in facts.kept:
		lines.setdefault((kept.order, kept.sku), set()).add(kept.line)
	for parcel in parcels:
		for piece in [piece for piece in parcel.pieces if not piece[1]]:
			order, _line, sku = piece
			known = lines.get((order, sku), set())
			if len(known) == 1:
				tied = (order, *known, sku)
				parcel.pieces[tied] = parcel.pieces.get(tied, 0) + parcel.pieces.pop(piece)


def _fill(order: str, parcels: Iterable[Parcel], facts: Facts) -> list[Parcel]:
	"""Give an order's pieces to its parcels; returns those that had to be made."""
	own = [parcel for parcel in parcels if order in parcel.orders]
	need = _read_need(order, facts)
	for parcel in own:
		if not parcel.is_open:
			_subtract(need, parcel, order)
	for parcel in own:
		if parcel.is_open:
			_keep(need, parcel, order)
	made: dict[str, Parcel] = {}
	row = facts.orders[order]
	for (warehouse, line, sku), count in sorted(need.items()):
		if count > 0:
			parcel = next((one for one in own if one.is_open and one.row.warehouse == warehouse), None)
			if not parcel:
				parcel = made.setdefault(warehouse, parcel_rows.make_parcel(warehouse, row.courier))
			parcel.add((order, line, sku), count, parcel_rows.make_link(row))
	return list(made.values())


def _read_need(order: str, facts: Facts) -> dict[tuple[str, str, str], int]:
	"""(warehouse, line, SKU) → pieces that are kept for an order that may travel."""
	if not facts.may_travel(order):
		return {}
	return {(row.warehouse, row.line, row.sku): row.qty for row in facts.kept if row.order == order}


def _subtract(need: dict[tuple[str, str, str], int], parcel: Parcel, order: str) -> None:
	for (_order, line, sku), count in parcel.get_pieces(order).items():
		place = (parcel.row.warehouse, line, sku)
		need[place] = need.get(place, 0) - count


def _keep(need: dict[tuple[str, str, str], int], parcel: Parcel, order: str) -> None:
	"""Leave in an open parcel what is still needed of what it has."""
	for piece, count in parcel.get_pieces(order).items():
		place = (parcel.row.warehouse, piece[1], piece[2])
		kept = max(min(count, need.get(place, 0)), 0)
		parcel.pieces[piece] = kept
		need[place] = need.get(place, 0) - kept


def _judge(parcels: Iterable[Parcel], facts: Facts) -> list[Parcel]:
	"""Write down what stops each order in its parcel; returns new parcels of those that had to leave a merged one."""
	made = []
	found = list(parcels)
	lacking = facts.find_lacking(found)
	for parcel in found:
		for order in [name for name in parcel.orders if name in facts.orders]:
			pieces = {piece: count for piece, count in parcel.get_pieces(order).items() if count}
			if parcel.is_open and not pieces:
				continue
			codes = facts.find_codes(order, pieces)
			if parcel in lacking and not codes:
				codes = add_codes(codes, "stock_missing")
			parcel.orders[order].update(stop_reasons=codes, order_state=facts.get_state(order))
			if (
				parcel.is_open
				and parcel.is_shared
				and (codes or _goes_elsewhere(parcel, facts.orders[order]))
			):
				made.append(_set_apart(parcel, order, facts))
	return made


def _goes_elsewhere(parcel: Parcel, order: Mapping) -> bool:
	"""True when an order no longer goes to the receiver whom its parcel was put together for."""
	return bool(parcel.row.merge_key) and (order["merge_key"] or "") != parcel.row.merge_key


def _set_apart(parcel: Parcel, order: str, facts: Facts) -> Parcel:
	link, pieces = parcel.take_out(order)
	alone = parcel_rows.make_parcel(parcel.row.warehouse, facts.orders[order].courier)
	for piece, count in pieces.items():
		alone.add(piece, count, link)
	return alone


def store(parcels: Iterable[Parcel], facts: Facts) -> Settled:
	"""Write parcels of these orders; returns what was written."""
	found = list(parcels)
	was_new = {id(parcel) for parcel in found if parcel.is_new}
	others = {name for parcel in found for name in parcel.orders} - facts.orders.keys()
	described = {**_read_described(others), **facts.orders}
	written = set(parcel_rows.store(found, described))
	mine = [parcel for parcel in found if parcel.name in written]
	return Settled(
		[parcel.name for parcel in mine],
		[parcel.name for parcel in mine if id(parcel) in was_new],
		[parcel.name for parcel in mine if parcel.row.status == "Cancelled"],
		[parcel.name for parcel in mine if parcel.row.stop_reasons],
	)


def _read_described(orders: Iterable[str]) -> dict[str, Mapping]:
	names = sorted(set(orders))
	if not names:
		return {}
	fields = ", ".join(f"`{name}`" for name in ("name", "ship_by", "courier", *parcel_rows.DESCRIBED))
	rows = frappe.db.sql(f"SELECT {fields} FROM tabOrder WHERE name IN %s", [names], as_dict=True)
	return {row.name: row for row in rows}


@dataclass
class Locked:
	"""Parcels that were asked for, by name, with all other live parcels of their orders and the facts of these."""

	parcels: dict[str, Parcel]
	siblings: dict[str, Parcel]
	facts: Facts


def lock_parcels(names: Iterable[str], takes_stock: bool = False) -> Locked:
	"""Lock the orders of parcels, then all live parcels of these, until the transaction ends.

	With `takes_stock` also the balances of what the orders hold, in between.

	A parcel that was given another order at this very moment is left out, as one that doesn't exist.
	"""
	wanted = sorted(set(names))
	facts = Facts(parcel_rows.find_orders(wanted), takes_stock)
	found = parcel_rows.lock([*wanted, *parcel_rows.find_names(facts.orders)])
	_tie_lines(found.values(), facts)
	parcels = {
		name: found[name]
		for name in wanted
		if name in found and found[name].orders.keys() <= facts.orders.keys()
	}
	siblings = {name: parcel for name, parcel in found.items() if name not in parcels}
	return Locked(parcels, siblings, facts)


def find_stops(names: Iterable[str]) -> dict[str, str]:
	"""The gate: codes, joined, of what stops each of the parcels that are stopped. Locks them, writes nothing."""
	return find_stops_of(lock_parcels(names))


def find_stops_of(locked: Locked) -> dict[str, str]:
	"""As `find_stops`, of parcels that are locked."""
	live = [
		parcel
		for parcel in (*locked.parcels.values(), *locked.siblings.values())
		if parcel.row.status in LIVE
	]
	lacking = locked.facts.find_lacking(live)
	found = {}
	for name, parcel in locked.parcels.items():
		codes = "manual" if "manual" in (parcel.row.stop_reasons or "").split(",") else ""
		for order in parcel.orders:
			codes = add_codes(codes, *locked.facts.find_codes(order, parcel.get_pieces(order)).split(","))
		if parcel in lacking and not codes:
			codes = "stock_missing"
		if codes:
			found[name] = codes
	return found


def find_concerned(orders: Iterable[str]) -> list[str]:
	"""Those of the orders that have parcels in the house, or should."""
	wanted = sorted(set(orders))
	if not wanted:
		return []
	return frappe.db.sql_list(
		f"""SELECT o.name FROM tabOrder o WHERE o.name IN %s AND (o.status IN {SENT} OR EXISTS (
			SELECT 1 FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
			WHERE link.`order` = o.name AND parcel.status IN {LIVE})) ORDER BY o.name LOCK IN SHARE MODE""",
		[wanted],
	)


def find_unsettled(limit: int | None = None) -> list[str]:
	"""Orders whose parcels don't follow them yet: something happened to them, or approved ones without a parcel."""
	return frappe.db.sql_list(UNSETTLED + (f" LIMIT {cint(limit)}" if limit else ""))
