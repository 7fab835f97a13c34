"""Stock of the demo company: a ledger that explains every number, balances that equal its sums, and reservations."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe

from storegroup_oms.inventory.reservation import make_name
from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_orders import Order
from storegroup_oms.setup.demo_rows import insert_rows
from storegroup_oms.setup.demo_store import is_second_parcel

RESERVED = ("To Print", "To Pick", "To Ship", "Partly Shipped")


@dataclass
class Movement:
	sku: str
	warehouse: str
	kind: str
	posted_at: datetime
	qty: int
	reserved: int
	order: str | None
	reason: str
	posted_by: str


def store_stock(company: Company, orders: list[Order]) -> None:
	"""Insert ledger rows and the balances that follow from them."""
	moves = _make_order_moves(company, orders)
	keys = [(sku["sku_code"], row["warehouse_name"]) for sku in company.skus for row in company.warehouses]
	by_key: dict[tuple[str, str], list[Movement]] = {
		key: [] for key in keys if not company.sku_by_code[key[0]].get("is_bundle")
	}
	for move in moves:
		by_key[(move.sku, move.warehouse)].append(move)
	ledger, balances = [], []
	for (sku, warehouse), own in by_key.items():
		rows = sorted(_make_openings(company, sku, warehouse, own) + own, key=lambda move: move.posted_at)
		on_hand = reserved = 0
		for number, move in enumerate(rows, 1):
			on_hand, reserved = on_hand + move.qty, reserved + move.reserved
			ledger.append(_make_ledger_row(company, move, on_hand, reserved) | {"entry_no": number})
		balance = _make_balance(company, sku, warehouse, on_hand, reserved, rows[-1].posted_at)
		balances.append(balance | {"entry_no": len(rows)})
	insert_rows("Stock Ledger", sorted(ledger, key=lambda row: row["posted_at"]))
	insert_rows("Stock Balance", balances)
	insert_rows("Stock Reservation", _make_reservations(company))


def _make_reservations(company: Company) -> list[dict]:
	"""What the lines of stored orders hold."""
	lines = frappe.db.sql(
		"""SELECT line.name AS line, line.sku, line.reserved_qty, `order`.name, `order`.warehouse, `order`.shop,
		`order`.paid_at FROM `tabOrder Item` line JOIN tabOrder `order` ON `order`.name = line.parent
		WHERE line.reserved_qty > 0 ORDER BY line.name""",
		as_dict=True,
	)
	return [
		{
			"name": make_name(line.line, sku, line.warehouse),
			"sku": sku,
			"warehouse": line.warehouse,
			"status": "Open",
			"purpose": "Order",
			"qty": line.reserved_qty * count,
			"per_set": count,
			"shipped_qty": 0,
			"order": line.name,
			"order_item": line.line,
			"shop": line.shop,
			"reserved_at": line.paid_at,
		}
		for line in lines
		for sku, count in company.get_parts(line.sku)
	]


def _make_order_moves(company: Company, orders: list[Order]) -> list[Movement]:
	"""Reserve at review, ship at hand-over; bundles as their components."""
	moves = []
	for order in orders:
		if "reviewed" not in order.moments:
			continue
		for index, line in enumerate(order.lines):
			for sku, count in company.get_parts(line.sku):
				qty = line.qty * count
				moves.append(_move(order, sku, "Reserve", order.moments["reviewed"], 0, qty))
				if "shipped" in order.moments and not is_second_parcel(order, index):
					moves.append(_move(order, sku, "Shipment", order.moments["shipped"], -qty, -qty))
	return moves


def _move(order: Order, sku: str, kind: str, moment: datetime, qty: int, reserved: int) -> Movement:
	person = "he.li@example.com" if kind == "Shipment" else "zhou.qian@example.com"
	return Movement(sku, order.warehouse, kind, moment, qty, reserved, order.name, "", person)


def _make_openings(company: Company, sku: str, warehouse: str, own: list[Movement]) -> list[Movement]:
	"""What must have been there before the first order, a receipt in between, and a counting difference."""
	dice, start = company.dice, company.now - timedelta(days=15)
	used = -sum(move.qty for move in own) + sum(move.reserved for move in own)
	kind = company.sku_by_code[sku].get("stock")
	if kind == "out":
		left = 0
	elif kind == "low":
		left = dice.randrange(4, 9)
	else:
		left = dice.randrange(35, 180) * (10 if company.sku_by_code[sku].get("is_gift") else 1)
	rows = [Movement(sku, warehouse, "Opening", start, used + left, 0, None, "期初库存", "Administrator")]
	if left > 60:
		half, moment = left // 2, company.now - timedelta(days=4, hours=dice.randrange(20))
		rows[0].qty -= half
		rows.append(
			Movement(sku, warehouse, "Receipt", moment, half, 0, None, "采购入库", "he.li@example.com")
		)
		if dice.random() < 0.15:
			counted = moment + timedelta(hours=30)
			rows.append(
				Movement(
					sku,
					warehouse,
					"Stocktake",
					counted,
					dice.choice([-2, -1, 1]),
					0,
					None,
					"盘点差异",
					"he.li@example.com",
				)
			)
	return rows


def _make_ledger_row(company: Company, move: Movement, on_hand: int, reserved: int) -> dict:
	return {
		"sku": move.sku,
		"warehouse": move.warehouse,
		"movement_type": move.kind,
		"posted_at": move.posted_at,
		"qty_change": move.qty,
		"reserved_change": move.reserved,
		"on_hand_after": on_hand,
		"reserved_after": reserved,
		"source_doctype": "Order" if move.order else None,
		"source_name": move.order,
		"reason": move.reason,
		"posted_by": move.posted_by,
		"unit_cost": (cost := company.sku_by_code[move.sku]["cost_price"]),
		"value_change": round(move.qty * cost, 2),
		"in_transit_change": 0,
		"in_transit_after": 0,
	}


def _make_balance(
	company: Company, sku: str, warehouse: str, on_hand: int, reserved: int, moved_at: datetime
) -> dict:
	known = company.sku_by_code[sku]
	safety = 0 if known.get("stock") == "out" else known["safety_stock"]
	aisle = "ABCDEF"[company.skus.index(known) // 10 % 6]
	return {
		"sku": sku,
		"warehouse": warehouse,
		"bin_location": f"{aisle}-{company.skus.index(known) % 10 + 1:02d}-{company.dice.randrange(1, 5):02d}",
		"safety_stock": safety,
		"on_hand": on_hand,
		"reserved": reserved,
		"available": on_hand - reserved - safety,
		"in_transit": 0,
		"last_movement_at": moved_at,
		"average_cost": known["cost_price"],
		"stock_value": round(on_hand * known["cost_price"], 2),
	}
