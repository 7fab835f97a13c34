"""Orders routed and reserved per second, two ways in one run, on the test site.

- batch: `allocate` for 200 orders at a time, each batch its own transaction: locked, routed among five warehouses,
  reserved, with ledger, decisions with all candidates, timeline and the orders' new state
- one by one: the same for single orders, each its own transaction

Paid orders of 20 shops with one to three lines of 400 SKUs (one in ten a bundle of two), stock of each in all five
warehouses, three of them with regions of their own, four couriers with lanes and prices for every province. A third of
the orders is approved already. Everything is deleted again. Run by `./oms benchmark reserve [--json]`;
OMS_BENCHMARK_ORDERS changes the size (default 6,000).
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from unittest.mock import patch

import frappe
from frappe.utils import now_datetime

from benchmarks._site import open_site, print_figures
from storegroup_oms.bulk import insert_rows
from storegroup_oms.fulfilment import allocation_queue
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.orders.importing.addresses import PROVINCES
from storegroup_oms.tests.factories import (
	create_bundle,
	create_courier,
	create_shop,
	create_sku,
	create_warehouse,
	make_suffix,
)
from storegroup_oms.tests.races import remove_parcels
from storegroup_oms.transactions import run_in_latest

BATCH = 200
ONE_BY_ONE_SHARE = 10
SHOPS = 20
SKUS = 400
SEED = 7
PLACES = (
	("浙江省", "杭州市", ("浙江省", "上海市", "江苏省")),
	("广东省", "广州市", ("广东省", "福建省", "广西壮族自治区")),
	("四川省", "成都市", ("四川省", "重庆市", "云南省")),
	("河北省", "石家庄市", ()),
	("湖北省", "武汉市", ()),
)
ORDER_FIELDS = (
	"shop",
	"platform_order_no",
	"status",
	"province",
	"city",
	"paid_at",
	"ordered_at",
	"total_qty",
	"item_count",
)
LINE_FIELDS = ("parent", "parenttype", "parentfield", "sku", "qty")


@dataclass(frozen=True)
class World:
	"""Names of everything that the run made."""

	shops: list[str]
	skus: list[str]
	bundles: list[str]
	warehouses: list[str]
	couriers: list[str]
	orders: list[str]


def create_world(count: int) -> World:
	"""All records of the run, with more stock than the orders want. Commits."""
	dice = random.Random(SEED)
	shops = [create_shop().name for _number in range(SHOPS)]
	bundle_count = max(min(SKUS, count // 10) // 10, 2)
	skus = [create_sku().name for _number in range(9 * bundle_count)]
	bundles = [
		create_bundle([(sku, 1) for sku in dice.sample(skus, 2)]).name for _number in range(bundle_count)
	]
	warehouses = [
		create_warehouse(
			province=province,
			city=city,
			daily_capacity=100_000,
			serves=[{"province": region, "priority": 1} for region in served],
		).name
		for province, city, served in PLACES
	]
	couriers = [create_courier().name for _number in range(4)]
	create_lanes(couriers, warehouses, dice)
	movements = [
		Movement(sku, warehouse, "Opening", qty=count, unit_cost=Decimal(4))
		for sku in skus
		for warehouse in warehouses
	]
	post(movements)
	orders = create_orders(count, dice, shops, [*skus, *bundles])
	frappe.db.commit()
	return World(shops, skus, bundles, warehouses, couriers, orders)


def create_lanes(couriers: Sequence[str], warehouses: Sequence[str], dice: random.Random) -> None:
	rows = [
		{
			"name": frappe.generate_hash(length=12),
			"courier": courier,
			"warehouse": warehouse,
			"province": province,
			"is_served": 1,
			"first_cost": dice.randrange(30, 120) / 10,
			"next_cost": 1,
		}
		for courier in couriers
		for warehouse in warehouses
		for province in PROVINCES.values()
	]
	insert_rows(
		"Courier Lane", rows, ("courier", "warehouse", "province", "is_served", "first_cost", "next_cost")
	)


def create_orders(count: int, dice: random.Random, shops: Sequence[str], skus: Sequence[str]) -> list[str]:
	prefix, moment = f"BENCH-{make_suffix()}", now_datetime()
	orders, lines = [], []
	for number in range(count):
		name = f"{prefix}-{number:07d}"
		goods = dice.sample(skus, dice.choice((1, 2, 2, 3)))
		orders.append(
			{
				"name": name,
				"shop": shops[number % SHOPS],
				"platform_order_no": name,
				"status": "To Print" if number % 3 == 0 else "To Review",
				"province": dice.choice(list(PROVINCES.values())),
				"city": "",
				"paid_at": moment,
				"ordered_at": moment,
				"total_qty": len(goods),
				"item_count": len(goods),
			}
		)
		lines += [
			{
				"name": f"{name}-{index}",
				"parent": name,
				"parenttype": "Order",
				"parentfield": "items",
				"idx": index,
				"sku": sku,
				"qty": dice.choice((1, 1, 1, 2)),
			}
			for index, sku in enumerate(goods, 1)
		]
	insert_rows("Order", orders, ORDER_FIELDS)
	insert_rows("Order Item", lines, LINE_FIELDS)
	return [order["name"] for order in orders]


def run_batches(orders: Sequence[str], size: int) -> None:
	for start in range(0, len(orders), size):
		result = run_in_latest(partial(allocate, orders[start : start + size]))
		if result.short or result.part:
			raise RuntimeError(f"{len(result.short)} orders found no stock")


def measure(count: int, run: Callable[[], None]) -> float:
	start = time.perf_counter()
	run()
	return round(count / (time.perf_counter() - start), 1)


def remove_world(world: World) -> None:
	"""Delete all that the run wrote. Commits."""
	frappe.db.rollback()
	skus = [*world.skus, *world.bundles]
	remove_parcels(world.orders)
	for doctype, column, values in (
		("Stock Ledger", "sku", world.skus),
		("Stock Reservation", "sku", world.skus),
		("Stock Balance", "sku", world.skus),
		("Order Event", "order", world.orders),
		("Routing Decision", "order", world.orders),
		("Order Item", "parent", world.orders),
		("Order", "name", world.orders),
		("Courier Lane", "courier", world.couriers),
		("Courier", "name", world.couriers),
		("Warehouse Region", "parent", world.warehouses),
		("Warehouse", "name", world.warehouses),
		("Shop", "name", world.shops),
		("SKU Component", "parent", skus),
		("SKU", "name", skus),
	):
		frappe.db.delete(doctype, {column: ("in", values)})
	frappe.db.commit()


def run(count: int) -> dict[str, float | int]:
	"""Both ways on one site; returns orders per second of each and their ratio."""
	few = max(count // ONE_BY_ONE_SHARE, 20)
	world = create_world(count + few + BATCH)
	try:
		with patch.object(allocation_queue, "wake"):
			# Whatever is imported and cached once, as in a worker that runs already.
			run_batches(world.orders[:BATCH], BATCH)
			batch_rate = measure(count, partial(run_batches, world.orders[BATCH : BATCH + count], BATCH))
			single_rate = measure(few, partial(run_batches, world.orders[BATCH + count :], 1))
	finally:
		remove_world(world)
	return {
		"orders": count,
		"orders_per_s": batch_rate,
		"one_by_one_orders_per_s": single_rate,
		"times_one_by_one": round(batch_rate / single_rate, 1),
	}


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	with open_site():
		figures = run(int(os.environ.get("OMS_BENCHMARK_ORDERS") or 6_000))
	print_figures(figures, options.json)


if __name__ == "__main__":
	main()
