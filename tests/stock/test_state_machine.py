"""Any sequence of stock movements keeps every invariant, and a check-then-act bug doesn't stay hidden.

Hypothesis plays the warehouse on real functions and the real database; `stock_model` says what must be. All
inside one transaction, taken back after each example. OMS_STOCK_EXAMPLES and OMS_STOCK_STEPS make the run bigger.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from storegroup_oms.catalog.bundles import explode
from storegroup_oms.exceptions import InsufficientStockError
from storegroup_oms.inventory import holds, ledger, proof, releasing, reservation
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import Balance, lock_balances
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.tests.compat import clear_document_caches
from storegroup_oms.tests.factories import create_bundle, create_order, create_sku, create_warehouse
from tests.stock.stock_model import Key, Line, StockModel

EXAMPLES = int(os.environ.get("OMS_STOCK_EXAMPLES") or 30)
STEPS = int(os.environ.get("OMS_STOCK_STEPS") or 40)
SETTINGS = settings(
	max_examples=EXAMPLES,
	stateful_step_count=STEPS,
	deadline=None,
	suppress_health_check=list(HealthCheck),
	# To explain a failure takes longer than to find it.
	phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
FIELDS = ("on_hand", "reserved", "in_transit")
SKU, WAREHOUSE, LINE, ORDER = (st.integers(0, last) for last in (1, 1, 3, 2))
COUNT = st.integers(1, 8)
COST = st.none() | st.decimals("0", "20", places=3)
CHANGE = st.integers(-8, 8).filter(bool)


class World:
	"""Two SKUs, two warehouses and three orders; the last line sells a bundle of one and two pieces."""

	def __init__(self) -> None:
		self.skus = [create_sku().name for _number in range(2)]
		self.warehouses = [create_warehouse().name for _number in range(2)]
		first, second = self.skus
		bundle = create_bundle([(first, 1), (second, 2)]).name
		self.orders = [
			create_order(lines) for lines in ([(first, 4)], [(second, 3), (first, 2)], [(bundle, 3)])
		]
		parts = explode([*self.skus, bundle])
		self.lines = {
			row.name: Line(row.name, order.name, row.qty, parts[row.sku])
			for order in self.orders
			for row in order.items
		}
		self.keys = [(sku, warehouse) for sku in self.skus for warehouse in self.warehouses]


@pytest.fixture(scope="module")
def world(site: str) -> Iterator[World]:
	frappe.set_user("Administrator")
	frappe.local.lang = "en"
	yield World()
	frappe.db.rollback()
	frappe.db.value_cache.clear()
	clear_document_caches()


def make_stale_lock() -> Callable[[Iterable[Key]], dict[Key, Balance]]:
	"""A `lock_balances` that goes by what it saw first, as code does that checks first and acts later.

	Entry numbers are true, or the ledger's unique key would refuse the second writer at once.
	"""
	seen: dict[Key, Balance] = {}

	def lock(keys: Iterable[Key]) -> dict[Key, Balance]:
		found = lock_balances(keys)
		return {
			key: replace(seen.setdefault(key, copy(balance)), entry_no=balance.entry_no)
			for key, balance in found.items()
		}

	return lock


class StockMachine(RuleBasedStateMachine):
	"""Every kind of movement, each made in the model as well; what the model refuses must be refused."""

	world: World
	# A module whose locks forget to lock.
	broken: object = None

	@initialize()
	def begin(self) -> None:
		self.bug = (
			patch.object(self.broken, "lock_balances", make_stale_lock()) if self.broken else nullcontext()
		)
		self.bug.__enter__()
		frappe.db.savepoint("example")
		frappe.local.message_log = []
		# Nothing is ever committed here, and Frappe ends a transaction that writes without end.
		frappe.db.transaction_writes = 0
		self.model = StockModel(self.world.lines)
		self.reversible: dict[str, tuple[Key, int]] = {}

	def teardown(self) -> None:
		self.bug.__exit__(None, None, None)
		frappe.db.rollback(save_point="example")

	def get_key(self, sku: int, warehouse: int) -> Key:
		return self.world.skus[sku], self.world.warehouses[warehouse]

	def try_move(self, is_allowed: bool, movements: list[Movement]) -> list[str]:
		if is_allowed:
			return post(movements)
		with pytest.raises(InsufficientStockError):
			post(movements)
		return []

	def move(self, key: Key, kind: str, qty: int, cost: Decimal | None = None, is_fact: bool = False) -> None:
		allowed = self.model.move(key, qty, cost=cost, is_fact=is_fact)
		for name in self.try_move(allowed, [Movement(*key, kind, qty=qty, unit_cost=cost)]):
			self.reversible[name] = (key, qty)

	@rule(sku=SKU, warehouse=WAREHOUSE, count=COUNT, cost=COST)
	def receive(self, sku: int, warehouse: int, count: int, cost: Decimal | None) -> None:
		self.move(self.get_key(sku, warehouse), "Receipt", count, cost)

	@rule(sku=SKU, warehouse=WAREHOUSE, count=COUNT)
	def issue(self, sku: int, warehouse: int, count: int) -> None:
		self.move(self.get_key(sku, warehouse), "Issue", -count)

	@rule(sku=SKU, warehouse=WAREHOUSE, count=COUNT)
	def send(self, sku: int, warehouse: int, count: int) -> None:
		source, target = self.get_key(sku, warehouse), self.get_key(sku, 1 - warehouse)
		allowed = self.model.move(source, -count) and self.model.move(target, in_transit=count)
		self.try_move(
			allowed,
			[
				Movement(*source, "Transfer Out", qty=-count),
				Movement(*target, "Transfer Out", in_transit=count),
			],
		)

	@rule(sku=SKU, warehouse=WAREHOUSE, count=COUNT, cost=COST)
	def arrive(self, sku: int, warehouse: int, count: int, cost: Decimal | None) -> None:
		key = self.get_key(sku, warehouse)
		allowed = self.model.move(key, count, in_transit=-count, cost=cost)
		movement = Movement(*key, "Transfer In", qty=count, in_transit=-count, unit_cost=cost)
		self.try_move(allowed, [movement])

	@rule(sku=SKU, warehouse=WAREHOUSE, change=CHANGE)
	def count_stock(self, sku: int, warehouse: int, change: int) -> None:
		key = self.get_key(sku, warehouse)
		self.move(key, "Stocktake", change, is_fact=True)
		self.shed(key)

	@rule(sku=SKU, warehouse=WAREHOUSE, count=COUNT)
	def break_goods(self, sku: int, warehouse: int, count: int) -> None:
		key = self.get_key(sku, warehouse)
		self.move(key, "Damage", -count, is_fact=True)
		self.shed(key)

	@rule(data=st.data())
	def reverse(self, data: st.DataObject) -> None:
		if not self.reversible:
			return
		name = data.draw(st.sampled_from(sorted(self.reversible, key=list(self.reversible).index)))
		key, qty = self.reversible[name]
		cost = Decimal(str(frappe.db.get_value("Stock Ledger", name, "unit_cost")))
		if allowed := self.model.move(key, -qty, cost=cost, is_fact=True):
			del self.reversible[name]
		self.try_move(
			allowed, [Movement(*key, "Reversal", qty=-qty, unit_cost=cost, reversal_of=name, reason="test")]
		)
		self.shed(key)

	def shed(self, key: Key) -> None:
		rows = frappe.get_all(
			"Stock Reservation",
			filters={"sku": key[0], "warehouse": key[1], "status": "Open"},
			fields=["purpose", "order_item", "holder"],
			order_by="reserved_at desc, name asc",
		)
		rows.sort(key=lambda row: row.purpose == "Order")
		lost = self.model.shed(key, [(row.order_item or row.holder, *key) for row in rows])
		orders = sorted({self.world.lines[line].order for line in lost})
		assert releasing.shed([key], "Fewer were counted") == orders

	@rule(orders=st.lists(ORDER, min_size=1, max_size=3), warehouse=WAREHOUSE, takes_part=st.booleans())
	def reserve(self, orders: list[int], warehouse: int, takes_part: bool) -> None:
		place = self.world.warehouses[warehouse]
		parcels, expected = [], []
		for number, order in enumerate(self.world.orders[position] for position in orders):
			lines = [row.name for row in order.items]
			claims = [
				Claim(order.name, line, sku, self.world.lines[line].qty * per_set, per_set)
				for line in lines
				for sku, per_set in self.world.lines[line].parts.items()
			]
			parcels.append(Parcel(str(number), place, claims, takes_part))
			expected.append(self.model.reserve(lines, place, takes_part))
		outcome = reserve(parcels)
		assert outcome.full == [str(n) for n, word in enumerate(expected) if word == "full"]
		assert outcome.part == [str(n) for n, word in enumerate(expected) if word == "part"]
		assert set(outcome.short) == {str(n) for n, word in enumerate(expected) if word != "full"}

	@rule(orders=st.lists(ORDER, min_size=1, max_size=2))
	def release_orders(self, orders: list[int]) -> None:
		names = {self.world.orders[position].name for position in orders}
		pieces = self.model.release(line.name for line in self.world.lines.values() if line.order in names)
		assert releasing.release_orders(names, "Order closed") == pieces

	@rule(line=LINE)
	def release_line(self, line: int) -> None:
		name = list(self.world.lines)[line]
		assert releasing.release_lines([name], "Line refunded") == self.model.release([name])

	@rule(line=LINE, units=st.integers(1, 4), warehouse=WAREHOUSE, parcel=st.sampled_from("PQ"))
	def ship(self, line: int, units: int, warehouse: int, parcel: str) -> None:
		name, place = list(self.world.lines)[line], self.world.warehouses[warehouse]
		# One parcel leaves from one warehouse.
		parcel = f"{parcel}{warehouse}"
		pieces = self.model.ship(name, units, place, parcel)
		if pieces is None:
			with pytest.raises(InsufficientStockError):
				releasing.ship_lines({name: units}, place, ("Shipment", parcel))
		else:
			assert releasing.ship_lines({name: units}, place, ("Shipment", parcel)) == pieces

	@rule(holder=st.sampled_from("AB"), sku=SKU, warehouse=WAREHOUSE, count=COUNT)
	def hold(self, holder: str, sku: int, warehouse: int, count: int) -> None:
		key, end = self.get_key(sku, warehouse), add_to_date(now_datetime(), hours=1)
		if self.model.hold(holder, key, count):
			holds.hold(holder, key[1], {key[0]: count}, end)
		else:
			with pytest.raises(InsufficientStockError):
				holds.hold(holder, key[1], {key[0]: count}, end)

	@rule(holder=st.sampled_from("AB"))
	def end_holds(self, holder: str) -> None:
		names = frappe.get_all(
			"Stock Reservation", filters={"holder": holder}, pluck="name", order_by="name asc"
		)
		pieces = self.model.let_go(
			self.model.held, [promise for promise in self.model.held if promise[0] == holder]
		)
		assert releasing.release_rows(names, "Expired") == pieces

	@rule(sku=SKU, warehouse=WAREHOUSE, pieces=st.integers(0, 5))
	def keep_back(self, sku: int, warehouse: int, pieces: int) -> None:
		"""Somebody types a safety stock into the balance."""
		key = self.get_key(sku, warehouse)
		if name := frappe.db.get_value("Stock Balance", {"sku": key[0], "warehouse": key[1]}):
			balance = frappe.get_doc("Stock Balance", name)
			balance.safety_stock = self.model.get(key).safety = pieces
			balance.save()

	@invariant()
	def balances_equal_the_model(self) -> None:
		rows = frappe.get_all(
			"Stock Balance",
			filters={"sku": ["in", self.world.skus]},
			fields=["sku", "warehouse", *FIELDS, "available", "entry_no", "stock_value"],
			order_by="name asc",
		)
		found = {(row.sku, row.warehouse): row for row in rows}
		for key in self.world.keys:
			place, row = self.model.get(key), found.get(key)
			if not row:
				assert place.entries == 0
				continue
			assert 0 <= row.reserved <= row.on_hand
			assert [row[field] for field in FIELDS] == [getattr(place, field) for field in FIELDS], key
			assert (row.available, row.entry_no) == (place.available, place.entries)
			assert Decimal(str(row.stock_value)) == place.value

	@invariant()
	def ledger_adds_up(self) -> None:
		rows = frappe.db.sql(
			"""SELECT sku, warehouse, SUM(qty_change), SUM(reserved_change), SUM(in_transit_change),
				SUM(value_change), COUNT(*), MIN(entry_no), MAX(entry_no)
			FROM `tabStock Ledger` WHERE sku IN %s GROUP BY sku, warehouse""",
			[self.world.skus],
		)
		assert {row[:2] for row in rows} == {key for key, place in self.model.places.items() if place.entries}
		for *key, on_hand, reserved, in_transit, value, count, first, last in rows:
			place = self.model.get(tuple(key))
			assert (on_hand, reserved, in_transit) == (place.on_hand, place.reserved, place.in_transit)
			assert (count, first, last) == (place.entries, 1, place.entries)
			assert Decimal(str(value)) == place.value

	@invariant()
	def the_proof_finds_nothing(self) -> None:
		assert proof.compare_places(self.world.skus).drifts == []
		assert proof.compare_lines(self.world.lines) == []

	@invariant()
	def promises_add_up(self) -> None:
		rows = frappe.get_all(
			"Stock Reservation",
			filters={"sku": ["in", self.world.skus], "status": "Open"},
			fields=["purpose", "order_item", "holder", "sku", "warehouse", "qty"],
			order_by="name asc",
		)
		stored = {(row.order_item or row.holder, row.sku, row.warehouse): row.qty for row in rows}
		books = {**self.model.promised, **self.model.held}
		assert stored == {promise: count for promise, count in books.items() if count}
		kept = frappe.get_all(
			"Order Item",
			filters={"name": ["in", list(self.world.lines)]},
			fields=["name", "reserved_qty"],
			order_by="name asc",
		)
		for row in kept:
			assert row.reserved_qty == self.model.count_sets(self.world.lines[row.name])


def run(world: World, broken: object = None, **options: object) -> None:
	machine = type("StockMachine", (StockMachine,), {"world": world, "broken": broken})
	run_state_machine_as_test(machine, settings=settings(SETTINGS, **options))


def test_no_sequence_of_movements_breaks_an_invariant(world: World) -> None:
	run(world)


@pytest.mark.parametrize(
	"module", [ledger, reservation, releasing, holds], ids=lambda module: module.__name__
)
def test_a_check_then_act_bug_does_not_stay_hidden(world: World, module: object) -> None:
	with pytest.raises((AssertionError, InsufficientStockError, pytest.fail.Exception)):
		# Two holds of one place in one example are rare; the first find ends the run. The examples are always the
		# same ones, so that the bug is found at each run or at none.
		run(
			world,
			module,
			phases=[Phase.generate],
			report_multiple_bugs=False,
			max_examples=2_000,
			derandomize=True,
			database=None,
		)
