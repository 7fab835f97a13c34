"""Letting go of reserved stock: given back, shipped, or taken from those who came last when there is less than was
promised. Locks as in `reservation`, but that names are found by a locking read; never commits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import Shortage
from storegroup_oms.inventory import ledger
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import Balance, Key, lock_balances
from storegroup_oms.inventory.reservation import count_lines, lock_rows

END_FIELDS = ("qty", "shipped_qty", "status", "released_at", "release_reason")


def release_orders(orders: Iterable[str], reason: str) -> int:
	"""Give back everything that orders hold; returns how many pieces. The caller has locked the orders."""
	return _release(_find_open("order", orders), reason, dissolves=True)


def release_lines(lines: Iterable[str], reason: str) -> int:
	"""Give back everything that order lines hold; returns how many pieces. The caller has locked their orders."""
	return _release(_find_open("order_item", lines), reason, dissolves=True)


def release_rows(names: Iterable[str], reason: str) -> int:
	"""Give back what reservations hold; returns how many pieces."""
	return _release(_find_open("name", names), reason)


@dataclass(frozen=True)
class Departure:
	"""Reserved units of order lines that leave a warehouse in one parcel, `source`: {order line: units}."""

	units: Mapping[str, int]
	warehouse: str
	source: tuple[str, str]


def ship_lines(quantities: Mapping[str, int], warehouse: str, source: tuple[str, str]) -> int:
	"""`ship_all` of one parcel."""
	return ship_all([Departure(quantities, warehouse, source)])


def ship_all(departures: Iterable[Departure]) -> int:
	"""Let reserved units of order lines leave their warehouses; returns how many pieces went. All or nothing.

	A line that has been shipped for its parcel is passed over, so that a repeated call ships nothing twice. The
	caller has locked the orders. Raises InsufficientStockError when fewer units are reserved there than shall
	leave, as of a bundle that has lost one of its components.
	"""
	wanted = list(departures)
	places = {(line, parcel.warehouse) for parcel in wanted for line in parcel.units}
	found = [
		row
		for row in _find_kept({line for line, _place in places})
		if (row.order_item, row.warehouse) in places
	]
	balances = lock_balances((row.sku, row.warehouse) for row in found)
	rows = lock_rows(row.name for row in found)
	by_place: dict[tuple[str, str], list[frappe._dict]] = {}
	for row in rows.values():
		by_place.setdefault((row.order_item, row.warehouse), []).append(row)
	posted = ledger.find_posted(
		_make_key(parcel, row)
		for parcel in wanted
		for line in parcel.units
		for row in by_place.get((line, parcel.warehouse), [])
	)
	movements: list[Movement] = []
	counts: dict[str, int] = {}
	short: list[Shortage] = []
	for parcel in wanted:
		short += _take(parcel, by_place, posted, movements, counts)
	if short:
		ledger.refuse_shortages(short)
	return _end(movements, rows, counts, balances)


def _take(
	parcel: Departure,
	by_place: Mapping[tuple[str, str], Sequence[frappe._dict]],
	posted: Collection[str],
	movements: list[Movement],
	counts: dict[str, int],
) -> list[Shortage]:
	"""Add a parcel's movements and counts; returns what is missing."""
	short, lost = [], []
	for line, units in parcel.units.items():
		rows = by_place.get((line, parcel.warehouse), [])
		if not rows:
			lost.append(line)
		if any(_make_key(parcel, row) in posted for row in rows):
			continue
		for row in rows:
			count, taken = units * row.per_set, counts.get(row.name, 0)
			if count > row.qty - taken:
				short.append(Shortage(row.sku, parcel.warehouse, count, row.qty - taken))
			elif count:
				counts[row.name] = taken + count
				movements.append(
					_make_movement(row, count, "Shipment", parcel.source, "", _make_key(parcel, row))
				)
	return short or (_describe_lost(lost, parcel.units, parcel.warehouse) if lost else [])


def _make_key(parcel: Departure, row: frappe._dict) -> str:
	return f"ship:{parcel.source[1]}:{row.name}"


def _find_kept(lines: Collection[str]) -> list[frappe._dict]:
	"""Reservations that make up what lines have, those that have lost their pieces among them."""
	return frappe.db.sql(
		"""SELECT name, sku, warehouse, order_item FROM `tabStock Reservation`
		WHERE order_item IN %s AND per_set > 0 ORDER BY name LOCK IN SHARE MODE""",
		[sorted(lines) or [""]],
		as_dict=True,
	)


def _describe_lost(lines: Iterable[str], quantities: Mapping[str, int], warehouse: str) -> list[Shortage]:
	skus = frappe.get_all(
		"Order Item", filters={"name": ["in", sorted(lines)]}, fields=["name", "sku"], order_by="name asc"
	)
	return [Shortage(row.sku or row.name, warehouse, quantities[row.name], 0) for row in skus]


def shed(keys: Iterable[Key], reason: str) -> list[str]:
	"""Take back promises where more is reserved than there is: holds first, then the latest; whole reservations.

	Returns the orders that have lost some; they wait for stock again.
	"""
	balances = lock_balances(keys)
	over = {key: -balance.free for key, balance in balances.items() if balance.free < 0}
	if not over:
		return []
	rows = _find_latest(sorted(over))
	chosen = []
	for row in rows:
		key = (row.sku, row.warehouse)
		if over[key] > 0:
			over[key] -= row.qty
			chosen.append(row)
	_release(chosen, reason, balances)
	return sorted({row.order for row in chosen if row.order})


def _find_latest(keys: Sequence[Key]) -> list[frappe._dict]:
	rows = frappe.db.sql(
		"""SELECT name, sku, warehouse, qty, `order` FROM `tabStock Reservation`
		WHERE sku IN %s AND warehouse IN %s AND status = 'Open'
		ORDER BY purpose = 'Order', reserved_at DESC, name FOR UPDATE""",
		[sorted({sku for sku, _place in keys}), sorted({place for _sku, place in keys})],
		as_dict=True,
	)
	return [row for row in rows if (row.sku, row.warehouse) in keys]


def _find_open(field: str, values: Iterable[str]) -> list[frappe._dict]:
	"""Names and places of open reservations. A plain read could miss what was committed since this transaction began."""
	wanted = sorted(set(values))
	if not wanted:
		return []
	return frappe.db.sql(
		f"""SELECT name, sku, warehouse FROM `tabStock Reservation`
		WHERE `{field}` IN %s AND status = 'Open' ORDER BY name LOCK IN SHARE MODE""",
		[wanted],
		as_dict=True,
	)


def _release(
	found: Sequence[frappe._dict],
	reason: str,
	locked: dict[Key, Balance] | None = None,
	dissolves: bool = False,
) -> int:
	balances = locked or lock_balances((row.sku, row.warehouse) for row in found)
	rows = lock_rows(row.name for row in found)
	counts = {name: row.qty for name, row in rows.items() if row.status == "Open"}
	movements = [
		_make_movement(rows[name], count, "Unreserve", None, reason)
		for name, count in counts.items()
		if count
	]
	pieces = _end(movements, rows, counts, balances, reason)
	if dissolves:
		_dissolve({row.order_item for row in rows.values() if row.order_item})
	return pieces


def _dissolve(lines: Collection[str]) -> None:
	"""Forget what a set of lines that hold nothing was made of: a bundle may be of other parts when reserved again."""
	if lines:
		frappe.db.sql(
			"UPDATE `tabStock Reservation` SET per_set = 0 WHERE order_item IN %s AND qty = 0",
			[sorted(lines)],
		)


def _make_movement(
	row: frappe._dict,
	count: int,
	kind: str,
	source: tuple[str, str] | None,
	reason: str,
	key: str | None = None,
) -> Movement:
	return Movement(
		row.sku,
		row.warehouse,
		kind,
		qty=-count if kind == "Shipment" else 0,
		reserved=-count,
		source=source or (("Order", row.order) if row.order else None),
		reason=reason or (row.holder or ""),
		key=key,
	)


def _end(
	movements: Sequence[Movement],
	rows: Mapping[str, frappe._dict],
	counts: Mapping[str, int],
	balances: dict[Key, Balance],
	reason: str = "",
) -> int:
	ledger.post(movements, balances)
	is_shipment = bool(movements) and movements[0].kind == "Shipment"
	ends = [
		_make_end(rows[name], count, is_shipment, reason) for name, count in sorted(counts.items()) if count
	]
	update_rows("Stock Reservation", ends, END_FIELDS)
	count_lines({row.order_item for row in rows.values() if row.order_item})
	return sum(counts.values())


def _make_end(row: frappe._dict, count: int, is_shipment: bool, reason: str) -> dict:
	is_done = count == row.qty
	word = "Shipped" if is_shipment else "Released"
	return {
		"name": row.name,
		"qty": row.qty - count,
		"shipped_qty": row.shipped_qty + (count if is_shipment else 0),
		"status": word if is_done else "Open",
		"released_at": now_datetime() if is_done else None,
		"release_reason": reason or None,
	}
