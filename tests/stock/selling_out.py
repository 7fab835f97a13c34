"""The last units of many SKUs, sold by many processes at once that are killed and deadlocked, and what must hold after it.

Shared by `benchmarks/oversell.py` and the suite. Each try is one order of one of 20 shops. Workers are forked
processes with connections of their own; the parent kills (-9) some of them in mid-work and forks others in their place.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import RawArray
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.fulfilment import allocation, allocation_queue
from storegroup_oms.inventory import holds, releasing
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests.factories import create_shop, create_sku, create_warehouse, make_suffix
from storegroup_oms.tests.races import remove_parcels
from storegroup_oms.transactions import run_in_latest

WORKERS = 16
SHOPS = 20
SKUS = 50
# What a try does, and how often in a hundred.
DEEDS = {"allocate": 60, "allocate several": 10, "lock backwards": 15, "hold": 5, "ship": 5, "close": 5}
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
class Size:
	"""How many orders are tried for how many pieces, and how many workers are killed."""

	tries: int
	pieces: int
	kills: int
	seed: int = 7


@dataclass(frozen=True)
class World:
	"""What the run works on; all of it is made for it and removed after it."""

	shops: list[str]
	skus: list[str]
	warehouses: list[str]
	orders: list[str]


@dataclass(frozen=True)
class Outcome:
	"""What was found when all was done; every fault is 0 when all is well."""

	tries: int
	processes: int
	killed: int
	deadlocks: int
	repeated: int
	stocked: int
	shipped: int
	reserved: int
	left: int
	seconds: float
	oversold: int
	wrong_sums: int
	wrong_numbers: int
	wrong_reserved: int
	wrong_lines: int
	without_order: int
	lost_pieces: int

	@property
	def faults(self) -> dict[str, int]:
		names = ("oversold", "wrong_sums", "wrong_numbers", "wrong_reserved", "wrong_lines")
		values = asdict(self)
		return {name: values[name] for name in (*names, "without_order", "lost_pieces") if values[name]}


# The world


def create_world(size: Size) -> World:
	"""Shops, SKUs with `pieces` between them over two warehouses, and one order a try. Commits."""
	dice = random.Random(size.seed)
	shops = [create_shop().name for _number in range(SHOPS)]
	skus = [create_sku().name for _number in range(SKUS)]
	warehouses = [create_warehouse().name, create_warehouse(province="广东省", city="广州市").name]
	movements = []
	for number in range(size.pieces):
		place = (skus[number % SKUS], warehouses[number // SKUS % 2])
		movements.append(Movement(*place, "Opening", qty=1))
	post(movements)
	orders = _create_orders(size, dice, shops, skus)
	frappe.db.commit()
	return World(shops, skus, warehouses, orders)


def _create_orders(size: Size, dice: random.Random, shops: list[str], skus: list[str]) -> list[str]:
	prefix, moment = f"RACE-{make_suffix()}", now_datetime()
	orders, lines = [], []
	for number in range(size.tries):
		name = f"{prefix}-{number:06d}"
		goods = dice.sample(skus, dice.choice((1, 1, 2, 3)))
		quantities = [dice.choice((1, 1, 2)) for _sku in goods]
		orders.append(
			{
				"name": name,
				"shop": shops[number % SHOPS],
				"platform_order_no": name,
				"status": dice.choice(("To Review", "To Print")),
				"province": dice.choice(("浙江省", "广东省")),
				"city": "",
				"paid_at": moment,
				"ordered_at": moment,
				"total_qty": sum(quantities),
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
				"qty": count,
			}
			for index, (sku, count) in enumerate(zip(goods, quantities, strict=True), 1)
		]
	insert_rows("Order", orders, ORDER_FIELDS)
	insert_rows("Order Item", lines, LINE_FIELDS)
	return [order["name"] for order in orders]


def remove_world(world: World) -> None:
	"""Delete all that the run wrote, and commit."""
	frappe.db.rollback()
	remove_parcels(world.orders)
	for doctype, column, values in (
		("Stock Ledger", "sku", world.skus),
		("Stock Reservation", "sku", world.skus),
		("Stock Balance", "sku", world.skus),
		("Order Event", "order", world.orders),
		("Routing Decision", "order", world.orders),
		("Order Item", "parent", world.orders),
		("Order", "name", world.orders),
		("Shop", "name", world.shops),
		("SKU", "name", world.skus),
		("Warehouse", "name", world.warehouses),
	):
		frappe.db.delete(doctype, {column: ("in", values)})
	frappe.db.commit()


# One worker


class Counters:
	"""One number for each worker, in memory that all processes share."""

	def __init__(self) -> None:
		self.done, self.deadlocks, self.repeated = (RawArray("i", WORKERS) for _counter in range(3))


class Worker:
	"""Tries the orders of one slot, from where its predecessor was killed."""

	def __init__(self, site: str, world: World, size: Size, slot: int, counters: "Counters") -> None:
		self.site, self.world, self.size, self.slot = site, world, size, slot
		self.done, self.deadlocks, self.repeated = counters.done, counters.deadlocks, counters.repeated
		self.orders = world.orders[slot::WORKERS]

	def work(self) -> None:
		frappe.init(self.site, sites_path=".")
		frappe.connect()
		with patch.object(allocation_queue, "wake", lambda: None):
			while self.done[self.slot] < len(self.orders):
				try:
					self.try_one(self.done[self.slot])
				except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
					# Chosen as the victim again and again; a job that fails so is started again by the next tick.
					self.repeated[self.slot] += 1
					continue
				self.done[self.slot] += 1
		frappe.destroy()

	def try_one(self, number: int) -> None:
		# The same for whoever repeats this try after a kill.
		dice = random.Random(f"{self.size.seed}-{self.slot}-{number}")
		(deed,) = dice.choices(list(DEEDS), DEEDS.values())
		run_in_latest(
			partial(self.count_deadlocks, getattr(self, "_" + deed.replace(" ", "_")), number, dice)
		)

	def count_deadlocks(self, deed: Callable, number: int, dice: random.Random) -> None:
		try:
			deed(number, dice)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			self.deadlocks[self.slot] += 1
			raise

	def _allocate(self, number: int, dice: random.Random) -> None:
		allocation.allocate([self.orders[number]])

	def _allocate_several(self, number: int, dice: random.Random) -> None:
		allocation.allocate([*dice.sample(self.world.orders, 7), self.orders[number]])

	def _lock_backwards(self, number: int, dice: random.Random) -> None:
		"""Two balances, each locked by itself and in the wrong order: circles that the database has to break."""
		skus = sorted(dice.sample(self.world.skus, 2), reverse=True)
		for sku in skus:
			frappe.db.sql("SELECT name FROM `tabStock Balance` WHERE sku = %s FOR UPDATE", sku)
		self._allocate(number, dice)

	def _hold(self, number: int, dice: random.Random) -> None:
		"""A hold that is given back, or ended, in another transaction."""
		self._allocate(number, dice)
		sku, warehouse = dice.choice(self.world.skus), dice.choice(self.world.warehouses)
		balance = lock_balances([(sku, warehouse)])[sku, warehouse]
		if balance.available > 0:
			end = add_to_date(now_datetime(), hours=1)
			holds.hold(f"{self.slot}", warehouse, {sku: 1}, end)
		elif names := frappe.get_all(
			"Stock Reservation",
			filters={"sku": sku, "warehouse": warehouse, "holder": ("is", "set"), "status": "Open"},
			pluck="name",
			order_by="name asc",
		):
			releasing.release_rows(names, "Given back")

	def _ship(self, number: int, dice: random.Random) -> None:
		"""The platform says that the order has left."""
		self._end(number, "Shipped")

	def _close(self, number: int, dice: random.Random) -> None:
		self._end(number, "Closed")

	def _end(self, number: int, status: str) -> None:
		name = self.orders[number]
		allocation.allocate([name])
		lifecycle.move_orders([name], status, "test")
		allocation.allocate([name])


# The race


def run(site: str, size: Size) -> Outcome:
	"""Make the world, let the workers at it, look at what is left, and remove it all. Run in `sites/`, connected."""
	world = create_world(size)
	try:
		began = time.monotonic()
		counters = Counters()
		killed = _race(site, world, size, counters)
		seconds = time.monotonic() - began
		frappe.db.rollback()
		return inspect(world, size, killed, counters, seconds)
	finally:
		remove_world(world)


def _race(site: str, world: World, size: Size, counters: Counters) -> int:
	"""Fork the workers, kill as many as wanted evenly over the run; returns how many were killed."""
	dice = random.Random(size.seed)
	slots: dict[int, int] = {}

	def start(slot: int) -> None:
		worker = Worker(site, world, size, slot, counters)
		slots[_fork(worker.work)] = slot

	for slot in range(WORKERS):
		start(slot)
	killed = 0
	while slots:
		progress = sum(counters.done)
		if killed < size.kills and progress >= (killed + 1) * size.tries // (size.kills + 2):
			os.kill(dice.choice(list(slots)), signal.SIGKILL)
			killed += 1
		pid, status = os.waitpid(-1, os.WNOHANG)
		if not pid:
			threading.Event().wait(0.005)
			continue
		slot = slots.pop(pid)
		if os.WIFSIGNALED(status):
			start(slot)
		elif status:
			for other in slots:
				os.kill(other, signal.SIGKILL)
			raise RuntimeError(f"a worker failed; {sum(counters.done)} of {size.tries} tries were done")
	return killed


def _fork(work: Callable[[], None]) -> int:
	"""Run in a child process; in a thread of it, since Frappe's connection to the database belongs to the parent's."""
	pid = os.fork()
	if pid:
		return pid
	failed = []

	def guarded() -> None:
		try:
			work()
		except BaseException:
			failed.append(True)
			raise

	thread = threading.Thread(target=guarded)
	thread.start()
	thread.join()
	# No clean-up of what is the parent's.
	os._exit(1 if failed else 0)


# What must hold


def inspect(world: World, size: Size, killed: int, counters: Counters, seconds: float) -> Outcome:
	"""Count what is wrong with the stock of the run's SKUs."""
	values = {"skus": world.skus}
	stocked, shipped, on_hand, reserved = frappe.db.sql(
		"""SELECT SUM(IF(movement_type = 'Opening', qty_change, 0)), -SUM(IF(movement_type = 'Shipment', qty_change, 0)),
		SUM(qty_change), SUM(reserved_change) FROM `tabStock Ledger` WHERE sku IN %(skus)s""",
		values,
	)[0]
	stocked, shipped, on_hand, reserved = (int(number) for number in (stocked, shipped, on_hand, reserved))
	return Outcome(
		tries=size.tries,
		processes=WORKERS,
		killed=killed,
		deadlocks=sum(counters.deadlocks),
		repeated=sum(counters.repeated),
		stocked=stocked,
		shipped=shipped,
		reserved=reserved,
		left=on_hand - reserved,
		seconds=round(seconds, 1),
		oversold=_count(OVERSOLD, values),
		wrong_sums=_count(WRONG_SUMS, values),
		wrong_numbers=_count(WRONG_NUMBERS, values),
		wrong_reserved=_count(WRONG_RESERVED, values),
		wrong_lines=_count(WRONG_LINES, values),
		without_order=_count(WITHOUT_ORDER, values),
		lost_pieces=abs(stocked - shipped - on_hand),
	)


def _count(query: str, values: dict) -> int:
	return int(frappe.db.sql(query, values)[0][0] or 0)


OVERSOLD = """SELECT SUM(GREATEST(promised - on_hand, 0)) FROM (
	SELECT balance.on_hand, IFNULL(SUM(r.qty), 0) AS promised FROM `tabStock Balance` balance
	LEFT JOIN `tabStock Reservation` r
		ON r.sku = balance.sku AND r.warehouse = balance.warehouse AND r.status = 'Open'
	WHERE balance.sku IN %(skus)s GROUP BY balance.name, balance.on_hand
) places"""
WRONG_SUMS = """SELECT COUNT(*) FROM `tabStock Balance` balance JOIN (
	SELECT sku, warehouse, SUM(qty_change) AS qty, SUM(reserved_change) AS reserved FROM `tabStock Ledger`
	WHERE sku IN %(skus)s GROUP BY sku, warehouse
) ledger ON ledger.sku = balance.sku AND ledger.warehouse = balance.warehouse
WHERE balance.on_hand != ledger.qty OR balance.reserved != ledger.reserved
	OR balance.available != balance.on_hand - balance.reserved
	- balance.blocked - balance.safety_stock"""
WRONG_NUMBERS = """SELECT COUNT(*) FROM (
	SELECT ledger.sku, ledger.warehouse FROM `tabStock Ledger` ledger
	JOIN `tabStock Balance` balance ON balance.sku = ledger.sku AND balance.warehouse = ledger.warehouse
	WHERE ledger.sku IN %(skus)s GROUP BY ledger.sku, ledger.warehouse, balance.entry_no
	HAVING COUNT(*) != MAX(ledger.entry_no) OR MIN(ledger.entry_no) != 1 OR MAX(ledger.entry_no) != balance.entry_no
) broken"""
WRONG_RESERVED = """SELECT COUNT(*) FROM (
	SELECT balance.name FROM `tabStock Balance` balance LEFT JOIN `tabStock Reservation` r
		ON r.sku = balance.sku AND r.warehouse = balance.warehouse AND r.status = 'Open'
	WHERE balance.sku IN %(skus)s GROUP BY balance.name, balance.reserved HAVING balance.reserved != IFNULL(SUM(r.qty), 0)
) broken"""
WRONG_LINES = """SELECT COUNT(*) FROM (
	SELECT line.name FROM `tabOrder Item` line LEFT JOIN `tabStock Reservation` r
		ON r.order_item = line.name AND r.status = 'Open'
	WHERE line.sku IN %(skus)s GROUP BY line.name, line.reserved_qty HAVING line.reserved_qty != IFNULL(SUM(r.qty), 0)
) broken"""
WITHOUT_ORDER = """SELECT COUNT(*) FROM `tabStock Reservation` r
	LEFT JOIN tabOrder owner ON owner.name = r.`order` LEFT JOIN `tabOrder Item` line ON line.name = r.order_item
	WHERE r.sku IN %(skus)s AND r.status = 'Open' AND r.purpose = 'Order' AND (owner.name IS NULL OR line.name IS NULL
		OR owner.status IN ('Closed', 'Shipped', 'Completed'))"""
