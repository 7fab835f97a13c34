"""What leaves with parcels: pieces booked out, lines and orders that know of it. The callers hold all locks but stock's.

Never commits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import frappe

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InsufficientStockError
from storegroup_oms.fulfilment.parcel_rows import GONE, LIVE, TO_PRINT, Parcel
from storegroup_oms.fulfilment.parcels import Locked
from storegroup_oms.fulfilment.stops import SENT
from storegroup_oms.inventory import releasing
from storegroup_oms.inventory.releasing import Departure

SAVEPOINT = "departure"


def book_out(parcels: Sequence[Parcel], locked: Locked) -> dict[str, str]:
	"""Let the pieces of parcels leave their warehouses, and count them as shipped; returns why others could not.

	The balances are locked. Where all at once can't be, each is tried alone.
	"""
	units = {parcel.name: _count_units(parcel, locked) for parcel in parcels}
	refused: dict[str, str] = {}
	if _try(parcels, units):
		for parcel in parcels:
			if reason := _try([parcel], units):
				refused[parcel.name] = reason
	counts: dict[str, int] = {}
	for parcel in parcels:
		if parcel.name not in refused:
			for line, count in units[parcel.name].items():
				counts[line] = counts.get(line, 0) + count
	_count_shipped(counts)
	return refused


def _try(parcels: Sequence[Parcel], units: Mapping[str, Mapping[str, int]]) -> str:
	"""Book parcels out; returns why that can't be, having written nothing then."""
	frappe.db.savepoint(SAVEPOINT)
	try:
		releasing.ship_all(
			Departure(units[parcel.name], parcel.row.warehouse, ("Shipment", parcel.name))
			for parcel in parcels
			if units[parcel.name]
		)
	except InsufficientStockError as error:
		frappe.db.rollback(save_point=SAVEPOINT)
		frappe.clear_last_message()
		return str(error)
	return ""


def _count_units(parcel: Parcel, locked: Locked) -> dict[str, int]:
	"""Order line → whole units of it in a parcel."""
	units: dict[str, int] = {}
	for (_order, line, sku), count in parcel.pieces.items():
		sets = count // locked.facts.per_set[line, sku, parcel.row.warehouse]
		units[line] = min(units.get(line, sets), sets)
	return units


def _count_shipped(units: Mapping[str, int]) -> None:
	if not units:
		return
	rows = frappe.db.sql(
		"SELECT name, shipped_qty FROM `tabOrder Item` WHERE name IN %s ORDER BY name FOR UPDATE",
		[sorted(units)],
	)
	update_rows(
		"Order Item",
		[{"name": name, "shipped_qty": shipped + units[name]} for name, shipped in rows],
		("shipped_qty",),
	)


def find_statuses(orders: Sequence[str], locked: Locked) -> dict[str, str]:
	"""Where orders stand by their parcels, as these are in memory: order → status. Orders that have ended are left out."""
	live: dict[str, list[str]] = {}
	gone = _find_gone(orders)
	for parcel in (*locked.parcels.values(), *locked.siblings.values()):
		for order in parcel.orders:
			if parcel.row.status in GONE:
				gone.add(order)
			elif parcel.row.status in LIVE:
				live.setdefault(order, []).append(parcel.row.status)
	waiting = _find_waiting(sorted(gone.intersection(orders)))
	found = {}
	for order in orders:
		if locked.facts.orders[order].status not in SENT:
			continue
		if order in gone:
			found[order] = "Partly Shipped" if order in waiting or order in live else "Shipped"
		elif order in live:
			found[order] = _find_stage(live[order])
	return found


def _find_stage(statuses: Sequence[str]) -> str:
	if all(status == "Verified" for status in statuses):
		return "To Ship"
	return "To Print" if all(status == TO_PRINT for status in statuses) else "To Pick"


def _find_gone(orders: Sequence[str]) -> set[str]:
	rows = frappe.db.sql(
		"""SELECT DISTINCT link.`order` FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
		WHERE link.`order` IN %s AND link.parenttype = 'Shipment' AND parcel.status IN %s""",
		(orders, GONE),
	)
	return {order for (order,) in rows}


def _find_waiting(orders: Sequence[str]) -> set[str]:
	"""Orders with a line that is still to be sent."""
	if not orders:
		return set()
	rows = frappe.db.sql(
		"""SELECT DISTINCT parent FROM `tabOrder Item` WHERE parent IN %s AND parenttype = 'Order'
		AND IFNULL(sku, '') != '' AND IFNULL(refund_status, '') != 'Refunded' AND qty > shipped_qty""",
		[orders],
	)
	return {order for (order,) in rows}


def note_times(orders: Sequence[str], now: datetime) -> None:
	"""Orders that have left as a whole say when, unless they do already."""
	if orders:
		frappe.db.sql(
			"UPDATE tabOrder SET shipped_at = %s WHERE name IN %s AND status = 'Shipped' AND shipped_at IS NULL",
			(now, sorted(orders)),
		)
