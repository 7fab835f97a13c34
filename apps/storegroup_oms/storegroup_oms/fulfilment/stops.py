"""What stops a parcel: asked of its orders as they are now, each time before somebody touches it. Reads only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import frappe
from frappe import _

from storegroup_oms.fulfilment.parcel_rows import GONE, LIVE, Parcel, Piece
from storegroup_oms.fulfilment.wants import find_held
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.orders.holds import STOP_REASONS, join_codes, parse_codes
from storegroup_oms.orders.merging import REFUND_OPEN

# Orders in these statuses may travel.
SENT = ("To Print", "To Pick", "To Ship", "Partly Shipped")
LEFT = ("Shipped", "Completed")
REFUND_CODES = frozenset(("refund_requested", "refunded"))
# Order line, SKU, warehouse
Place = tuple[str, str, str]

FIELDS = (
	"name",
	"status",
	"stop_reasons",
	"shop",
	"platform",
	"platform_order_no",
	"courier",
	"waybill_no",
	"merge_key",
	"ship_by",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
)


class Facts:
	"""Orders as they are now: their rows, the refunds of their lines, what they hold, whether a parcel has left.

	Locks the orders, and with `takes_stock` the balances of what they hold.
	"""

	def __init__(self, orders: Iterable[str], takes_stock: bool = False) -> None:
		self.orders = _read_orders(sorted(set(orders)))
		names = list(self.orders)
		if takes_stock:
			lock_balances(key for _name, key in find_held(names))
		self.refunds = _read_refunds(names)
		self.kept = _read_kept(names)
		self.held = {(row.line, row.sku, row.warehouse): row.qty for row in self.kept}
		self.per_set = {(row.line, row.sku, row.warehouse): row.per_set for row in self.kept}
		self.leaving = find_leaving([name for name, order in self.orders.items() if order.status in LEFT])

	def may_travel(self, order: str) -> bool:
		"""True for an order past its review that hasn't left.

		A platform that knows no part of an order calls it shipped with its first parcel: the others go on.
		"""
		row = self.orders[order]
		return row.status in SENT or (row.status in LEFT and order in self.leaving)

	def get_state(self, order: str) -> str:
		"""What `parcels.find_unsettled` compares."""
		row = self.orders[order]
		return make_state(row.status, row.stop_reasons)

	def find_codes(self, order: str, pieces: Collection[Piece]) -> str:
		"""Codes, joined, of what of an order stops a parcel with these pieces of it."""
		row = self.orders[order]
		codes = set(parse_codes(row.stop_reasons))
		lines = {line for _order, line, _sku in pieces}
		refunds = self.refunds.get(order, {})
		if refunds and not lines & refunds.keys():
			# What goes back to the buyer is not in this parcel.
			codes -= REFUND_CODES
		if any(refunds.get(line) == "Refunded" for line in lines):
			codes.add("refunded")
		if row.status == "Closed":
			codes.add("order_closed")
		elif row.status in LEFT and order not in self.leaving:
			codes.add("order_shipped")
		elif row.status not in SENT + LEFT:
			codes.add("order_held")
		return join_codes(codes)

	def find_lacking(self, parcels: Iterable[Parcel]) -> list[Parcel]:
		"""Parcels with a piece of which less is kept than all these parcels, which are all live ones, have."""
		found = list(parcels)
		packed: dict[Place, int] = {}
		for parcel in found:
			for (_order, line, sku), count in parcel.pieces.items():
				place = (line, sku, parcel.row.warehouse)
				packed[place] = packed.get(place, 0) + count
		return [
			parcel
			for parcel in found
			if any(
				packed[line, sku, parcel.row.warehouse] > self.held.get((line, sku, parcel.row.warehouse), 0)
				for (order, line, sku), count in parcel.pieces.items()
				if count and order in self.orders
			)
		]


def make_state(status: str, stop_reasons: str | None) -> str:
	"""What of an order decides about its stops, in one text; `parcels.UNSETTLED` makes the same one."""
	return f"{'' if status in SENT else status}|{stop_reasons or ''}"


def explain(codes: str | None) -> str:
	"""The sentences of codes, in the user's language."""
	found = parse_codes(codes)
	return " ".join(_(meaning) for code, meaning in STOP_REASONS.items() if code in found)


def _read_orders(names: Sequence[str]) -> dict[str, frappe._dict]:
	if not names:
		return {}
	fields = ", ".join(f"`{name}`" for name in FIELDS)
	rows = frappe.db.sql(
		f"SELECT {fields} FROM tabOrder WHERE name IN %s ORDER BY name FOR UPDATE", [names], as_dict=True
	)
	return {row.name: row for row in rows}


def _read_refunds(orders: Sequence[str]) -> dict[str, dict[str, str]]:
	"""Order → its lines that go back or have gone back to the buyer, each with its refund status."""
	if not orders:
		return {}
	rows = frappe.db.sql(
		"""SELECT parent, name, refund_status FROM `tabOrder Item` WHERE parent IN %s AND parenttype = 'Order'
		AND refund_status IN %s ORDER BY parent, idx LOCK IN SHARE MODE""",
		(orders, (*REFUND_OPEN, "Refunded")),
	)
	refunds: dict[str, dict[str, str]] = {}
	for order, line, status in rows:
		refunds.setdefault(order, {})[line] = status
	return refunds


@dataclass(frozen=True)
class Kept:
	"""Pieces of a SKU that whole units of an order line have in a warehouse; `per_set` of them make one unit."""

	order: str
	line: str
	sku: str
	warehouse: str
	qty: int
	per_set: int


def _read_kept(orders: Sequence[str]) -> list[Kept]:
	"""Half a bundle is nothing to send, so it isn't among them."""
	if not orders:
		return []
	rows = frappe.db.sql(
		"""SELECT `order`, order_item, sku, warehouse, qty, per_set FROM `tabStock Reservation`
		WHERE `order` IN %s AND per_set > 0 ORDER BY name LOCK IN SHARE MODE""",
		[orders],
		as_dict=True,
	)
	sets: dict[tuple[str, str], int] = {}
	for row in rows:
		place = (row.order_item, row.warehouse)
		sets[place] = min(sets.get(place, row.qty // row.per_set), row.qty // row.per_set)
	kept = [
		Kept(
			row.order,
			row.order_item,
			row.sku,
			row.warehouse,
			sets[row.order_item, row.warehouse] * row.per_set,
			row.per_set,
		)
		for row in rows
	]
	return [row for row in kept if row.qty]


def find_leaving(orders: Sequence[str]) -> set[str]:
	"""Those of the orders of which a parcel has left while another one is still in the house."""
	if not orders:
		return set()
	rows = frappe.db.sql(
		"""SELECT link.`order` FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
		WHERE link.`order` IN %s AND link.parenttype = 'Shipment' AND parcel.status IN %s
		GROUP BY link.`order` HAVING SUM(parcel.status IN %s) AND SUM(parcel.status IN %s)""",
		(orders, LIVE + GONE, GONE, LIVE),
	)
	return {order for (order,) in rows}
