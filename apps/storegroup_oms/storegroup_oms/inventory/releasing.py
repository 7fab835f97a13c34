"""Letting go of reserved stock: given back, shipped, or taken from those who came last when there is less than was
promised. Locks as in `reservation`, but that names are found by a locking read; never commits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

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


def ship_lines(quantities: Mapping[str, int], warehouse: str, source: tuple[str, str]) -> int:
	"""Let reserved units of order lines leave a warehouse: {order line: units}; returns how many pieces went.

	`source` is the parcel: a line that has been shipped for it is passed over, so that a repeated call ships
	nothing twice. The caller has locked the orders. Raises InsufficientStockError when fewer units are reserved
	there than shall leave, as of a bundle that has lost one of its components.
	"""
	found = _find_kept(quantities, warehouse)
	balances = lock_balances((row.sku, row.warehouse) for row in found)
	rows = lock_rows(row.name for row in found)
	keys = {name: f"ship:{source[1]}:{name}" for name in rows}
	posted = ledger.find_posted(keys.values())
	done = {rows[name].order_item for name, key in keys.items() if key in posted}
	counts = {
		name: quantities[row.order_item] * row.per_set
		for name, row in rows.items()
		if row.order_item not in done
	}
	short = [
		Shortage(rows[name].sku, warehouse, count, rows[name].qty)
		for name, count in counts.items()
		if count > rows[name].qty
	]
	if short or (lost := quantities.keys() - {row.order_item for row in rows.values()}):
		ledger.refuse_shortages(short or _describe_lost(lost, quantities, warehouse))
	movements = [
		_make_movement(rows[name], count, "Shipment", source, "", keys[name])
		for name, count in counts.items()
		if count
	]
	return _end(movements, rows, counts, balances)


def _find_kept(lines: Iterable[str], warehouse: str) -> list[frappe._dict]:
	"""Reservations that make up what lines have in a warehouse, those that have lost their pieces among them."""
	return frappe.db.sql(
		"""SELECT name, sku, warehouse FROM `tabStock Reservation`
		WHERE order_item IN %s AND warehouse = %s AND per_set > 0 ORDER BY name LOCK IN SHARE MODE""",
		(sorted(lines) or [""], warehouse),
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
