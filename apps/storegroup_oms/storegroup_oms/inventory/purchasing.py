"""What to buy: how fast each SKU sells, how long the goods take, and what is there or promised. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

import frappe
from frappe.utils import add_days, now_datetime

from storegroup_oms.catalog.bundles import explode_sound
from storegroup_oms.inventory.warehouses import SELLING_KINDS
from storegroup_oms.permissions import get_scope_condition

# Orders that are paid and not over: what of their lines is neither reserved nor shipped waits for stock.
WAITING = ("To Review", "On Hold", "Backorder", "To Print", "To Pick", "To Ship", "Partly Shipped")
DEFAULT_DAYS, DEFAULT_COVER, DEFAULT_LEAD = 30, 14, 7


@dataclass(frozen=True)
class Need:
	"""The numbers that a suggestion follows from; `speed` in pieces a day, the others in pieces or days."""

	speed: float
	lead_days: int
	cover_days: int
	safety_stock: int
	backordered: int
	on_hand: int
	reserved: int
	in_transit: int

	def suggest(self) -> int:
		"""Pieces to buy so that what is there lasts until the goods arrive and `cover_days` longer; 0 when it does."""
		wanted = ceil(round(self.speed * (self.lead_days + self.cover_days), 6))
		free = self.on_hand - self.reserved + self.in_transit
		return max(wanted + self.safety_stock + self.backordered - free, 0)

	def explain(self) -> str:
		"""The sum, as it is shown beside its result."""
		return (
			f"{self.speed:.2f} × ({self.lead_days} + {self.cover_days}) + {self.safety_stock} + {self.backordered}"
			f" − ({self.on_hand} − {self.reserved}) − {self.in_transit} = {self.suggest()}"
		)


def find_suggestions(
	days: int = DEFAULT_DAYS,
	cover_days: int = DEFAULT_COVER,
	warehouse: str | None = None,
	category: str | None = None,
	only_needed: bool = True,
) -> list[dict]:
	"""One row per plain, active SKU, the most urgent first, within the user's shops and warehouses.

	Sold pieces are those of orders paid in the last `days`, without refunded and closed ones, bundles taken apart.
	Each row: sku, sku_name, supplier_name, lead_days, speed, cover (days that free stock lasts, None when nothing
	sells), on_hand (without what has expired), reserved, in_transit, backordered, suggested, formula, unit_cost.
	"""
	days = max(days, 1)
	sold = _take_apart(_find_sold(days))
	waiting = _take_apart(_find_waiting())
	balances = _find_balances(warehouse)
	rows = []
	for sku in _find_skus(category, {*sold, *waiting, *balances}):
		stock = balances.get(sku.name) or frappe._dict(
			on_hand=0, reserved=0, in_transit=0, safety_stock=0, cost=0
		)
		need = Need(
			speed=sold.get(sku.name, 0) / days,
			lead_days=sku.supplier_lead_days or DEFAULT_LEAD,
			cover_days=cover_days,
			safety_stock=int(stock.safety_stock or sku.safety_stock or 0),
			backordered=waiting.get(sku.name, 0),
			on_hand=int(stock.on_hand),
			reserved=int(stock.reserved),
			in_transit=int(stock.in_transit),
		)
		if need.suggest() or not only_needed:
			rows.append(_make_row(sku, need, stock))
	return sorted(rows, key=lambda row: (row["cover"] is None, row["cover"] or 0, row["sku"]))


def _make_row(sku: frappe._dict, need: Need, stock: frappe._dict) -> dict:
	free = max(need.on_hand - need.reserved, 0)
	return {
		"sku": sku.name,
		"sku_name": sku.sku_name,
		"supplier_name": sku.supplier_name,
		"lead_days": need.lead_days,
		"speed": round(need.speed, 2),
		"cover": round(free / need.speed, 1) if need.speed else None,
		"on_hand": need.on_hand,
		"reserved": need.reserved,
		"in_transit": need.in_transit,
		"backordered": need.backordered,
		"suggested": need.suggest(),
		"formula": need.explain(),
		"unit_cost": stock.cost or sku.cost_price,
	}


def _take_apart(pieces: Mapping[str, int]) -> dict[str, int]:
	"""Pieces of plain SKUs that sold or waiting ones take."""
	parts, _endless = explode_sound(pieces)
	total: dict[str, int] = {}
	for sku, own in parts.items():
		for component, each in own.items():
			total[component] = total.get(component, 0) + pieces[sku] * each
	return total


def _find_sold(days: int) -> dict[str, int]:
	return _sum_lines(
		"SUM(line.qty)",
		"`tabOrder`.paid_at >= %(since)s AND `tabOrder`.status NOT IN ('Unpaid', 'Closed')",
		{"since": add_days(now_datetime(), -days)},
	)


def _find_waiting() -> dict[str, int]:
	return _sum_lines(
		"SUM(GREATEST(line.qty - line.reserved_qty - line.shipped_qty, 0))",
		"`tabOrder`.status IN %(waiting)s AND `tabOrder`.paid_at IS NOT NULL",
		{"waiting": WAITING},
	)


def _sum_lines(total: str, condition: str, values: dict) -> dict[str, int]:
	rows = frappe.db.sql(
		f"""SELECT line.sku, {total} FROM tabOrder JOIN `tabOrder Item` line ON line.parent = `tabOrder`.name
		WHERE {condition} AND IFNULL(line.sku, '') != '' AND IFNULL(line.refund_status, '') != 'Refunded'
		{_get_scope("Order")} GROUP BY line.sku""",
		values,
	)
	return {sku: int(count) for sku, count in rows if count}


def _find_balances(warehouse: str | None) -> dict[str, frappe._dict]:
	condition = "AND `tabStock Balance`.warehouse = %(warehouse)s" if warehouse else ""
	rows = frappe.db.sql(
		f"""SELECT `tabStock Balance`.sku, SUM(on_hand - blocked) AS on_hand, SUM(reserved) AS reserved,
		SUM(in_transit) AS in_transit, SUM(safety_stock) AS safety_stock, MAX(average_cost) AS cost
		FROM `tabStock Balance` JOIN tabWarehouse place ON place.name = `tabStock Balance`.warehouse
		WHERE place.warehouse_kind IN %(kinds)s {condition} {_get_scope("Stock Balance")}
		GROUP BY `tabStock Balance`.sku""",
		{"kinds": SELLING_KINDS, "warehouse": warehouse},
		as_dict=True,
	)
	return {row.sku: row for row in rows}


def _get_scope(doctype: str) -> str:
	condition = get_scope_condition(doctype).replace("%", "%%")
	return f"AND {condition}" if condition else ""


def _find_skus(category: str | None, names: Iterable[str]) -> list[frappe._dict]:
	filters = {"name": ["in", sorted(names)], "is_active": 1, "is_bundle": 0}
	if category:
		filters["category"] = category
	return frappe.get_all(
		"SKU",
		filters=filters,
		fields=[
			"name",
			"sku_name",
			"supplier_name",
			"supplier_lead_days",
			"safety_stock",
			"cost_price",
		],
		order_by="name asc",
	)
