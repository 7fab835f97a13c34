"""What orders want from stock and what they hold of it, read for a batch. Reads only; the caller has locked the orders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe

from storegroup_oms.catalog.bundles import explode_sound
from storegroup_oms.couriers.lane_records import normalise_province
from storegroup_oms.fulfilment.routing import Line, Need
from storegroup_oms.inventory.locks import Key

# Orders in these statuses want stock. `PICKED`: somebody holds a label or the goods, so the warehouse stays.
WAITING = ("To Review", "On Hold", "Backorder", "To Print")
PICKED = ("To Pick", "To Ship", "Partly Shipped")
LIVE = (*WAITING, *PICKED)
LEFT = ("Shipped", "Completed")
# A platform's warehouse sends for the shop whose own it is.
SENDING_KINDS = ("Own", "Third Party", "Platform")

# Warehouse → order line → units
Units = Mapping[str, Mapping[str, int]]


@dataclass
class Want:
	"""One order: the lines that want stock, and its open reservations.

	`is_open`: an order that is to be served. `is_unmatched`: a line without a SKU, so nothing can be decided yet.
	"""

	order: frappe._dict
	lines: list[Line] = field(default_factory=list)
	rows: list[frappe._dict] = field(default_factory=list)
	weight_g: int = 0
	is_open: bool = False
	is_unmatched: bool = False

	@property
	def name(self) -> str:
		return self.order.name

	@property
	def skus(self) -> set[str]:
		return {sku for line in self.lines for sku in line.parts}

	def make_need(self, preferred: str) -> Need:
		"""Its need as if it held nothing."""
		order = self.order
		only = (order.warehouse or "") if order.keep_warehouse or order.status in PICKED else ""
		province = normalise_province(order.province)
		return Need(order.name, self.lines, province, order.city or "", self.weight_g, preferred, only)

	def find_excess(self) -> list[frappe._dict]:
		"""All reservations of a line that one of them doesn't fit: it is gone, refunded, closed, smaller, or sells
		something else. A line is given back whole, so that nothing of what it was made of is remembered.
		"""
		wanted = {(line.key, sku): line for line in self.lines for sku in line.parts}
		unfit = set()
		for row in self.rows:
			line = wanted.get((row.order_item, row.sku)) if self.is_open else None
			if not line or line.parts[row.sku] != row.per_set or row.qty > line.units * row.per_set:
				unfit.add(row.order_item)
		return [row for row in self.rows if row.order_item in unfit]

	def count_units(self) -> dict[str, dict[str, int]]:
		"""Warehouse → line → whole units that are held there."""
		held = self.get_held()
		units: dict[str, dict[str, int]] = {}
		for warehouse in sorted({row.warehouse for row in self.rows}):
			for line in self.lines:
				sets = min(
					held.get((line.key, sku, warehouse), 0) // count for sku, count in line.parts.items()
				)
				if sets:
					units.setdefault(warehouse, {})[line.key] = sets
		return units

	def get_held(self) -> dict[tuple[str, str, str], int]:
		"""(line, SKU, warehouse) → pieces."""
		return {(row.order_item, row.sku, row.warehouse): row.qty for row in self.rows}

	def count_held_pieces(self) -> int:
		return sum(row.qty for row in self.rows)

	def is_served(self) -> bool:
		"""True when every line holds all its pieces, where a person wants them if one said so."""
		held: dict[tuple[str, str], int] = {}
		for row in self.rows:
			held[row.order_item, row.sku] = held.get((row.order_item, row.sku), 0) + row.qty
		only = self.order.warehouse if self.order.keep_warehouse else None
		return all(
			held.get((line.key, sku), 0) == count * line.units
			for line in self.lines
			for sku, count in line.parts.items()
		) and not any(only and row.warehouse != only for row in self.rows)


def read_wants(orders: Sequence[frappe._dict]) -> list[Want]:
	"""What each order wants, without its reservations."""
	lines = _read_lines([order.name for order in orders])
	live = [line for rows in lines.values() for line in rows if line.refund_status != "Refunded"]
	parts = explode_safely({line.sku for line in live if line.sku})
	weights = _read_weights({sku for pieces in parts.values() for sku in pieces})
	wants = []
	for order in orders:
		want = Want(order, is_open=order.status in LIVE)
		for line in lines.get(order.name, []):
			units = line.qty - line.shipped_qty
			if line.refund_status == "Refunded" or units < 1:
				continue
			if not line.sku:
				want.is_unmatched = want.is_unmatched or not line.is_gift
				continue
			want.lines.append(Line(line.name, units, parts[line.sku]))
			want.weight_g += units * sum(weights[sku] * count for sku, count in parts[line.sku].items())
		wants.append(want)
	return wants


def _read_lines(orders: Sequence[str]) -> dict[str, list[frappe._dict]]:
	rows = frappe.db.sql(
		"""SELECT name, parent, sku, qty, shipped_qty, refund_status, is_gift FROM `tabOrder Item`
		WHERE parent IN %s AND parenttype = 'Order' ORDER BY parent, idx""",
		[orders or [""]],
		as_dict=True,
	)
	lines: dict[str, list[frappe._dict]] = {}
	for row in rows:
		lines.setdefault(row.parent, []).append(row)
	return lines


def explode_safely(skus: Iterable[str]) -> dict[str, dict[str, int]]:
	"""`bundles.explode_sound`; a bundle that is empty or contains itself stands for itself, which nobody has."""
	parts, endless = explode_sound(skus)
	return {sku: parts.get(sku) or {sku: 1} for sku in (*parts, *endless)}


def _read_weights(skus: Iterable[str]) -> dict[str, int]:
	wanted = sorted(set(skus))
	weights = dict.fromkeys(wanted, 0)
	if wanted:
		rows = frappe.db.sql("SELECT name, weight_g FROM tabSKU WHERE name IN %s", [wanted])
		weights |= {name: weight or 0 for name, weight in rows}
	return weights


def find_held(orders: Sequence[str]) -> list[tuple[str, Key]]:
	"""Name and place of each open reservation of orders; no lock, since their balances come first."""
	if not orders:
		return []
	rows = frappe.db.sql(
		"SELECT name, sku, warehouse FROM `tabStock Reservation` WHERE `order` IN %s AND status = 'Open'",
		[orders],
	)
	return [(name, (sku, warehouse)) for name, sku, warehouse in rows]


def read_held(order: str) -> dict[tuple[str, str, str], int]:
	"""(line, SKU, warehouse) → pieces that an order holds; no lock."""
	rows = frappe.db.sql(
		"""SELECT order_item, sku, warehouse, qty FROM `tabStock Reservation`
		WHERE `order` = %s AND status = 'Open'""",
		order,
	)
	return {(line, sku, warehouse): qty for line, sku, warehouse, qty in rows}


def find_stocked(skus: Iterable[str]) -> list[Key]:
	"""Places that may send and have something of these SKUs free to be promised; no lock."""
	return list(read_free(skus))


def read_free(skus: Iterable[str]) -> dict[Key, int]:
	"""Free pieces by place, of places that may send and have any; no lock."""
	wanted = sorted(set(skus))
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"""SELECT balance.sku, balance.warehouse, balance.on_hand - balance.reserved - balance.blocked
		FROM `tabStock Balance` balance
		JOIN tabWarehouse place ON place.name = balance.warehouse AND place.is_active = 1
		WHERE balance.sku IN %s AND balance.on_hand > balance.reserved + balance.blocked AND place.warehouse_kind IN %s""",
		(wanted, SENDING_KINDS),
	)
	return {(sku, warehouse): free for sku, warehouse, free in rows}
