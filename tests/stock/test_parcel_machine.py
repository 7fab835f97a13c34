"""Any sequence of approving, refunding, merging, splitting, printing and shipping keeps pieces and stock exact.

Hypothesis plays the house on real functions and the real database, inside one transaction that is taken back.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

import frappe
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import allocation, layout, parcel_rows, parcels, steps
from storegroup_oms.fulfilment.parcel_rows import GONE, LIVE
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests.compat import clear_document_caches
from storegroup_oms.tests.factories import (
	create_bundle,
	create_courier,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)

SETTINGS = settings(
	max_examples=20,
	stateful_step_count=25,
	deadline=None,
	suppress_health_check=list(HealthCheck),
	phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
STOCK = 12
ORDER, NUMBER = st.integers(0, 3), st.integers(0, 5)
PACKED = """SELECT item.order_item, item.sku, parcel.name, parcel.status, parcel.stop_reasons, item.qty
	FROM `tabShipment Item` item JOIN tabShipment parcel ON parcel.name = item.parent
	WHERE item.`order` IN %s AND parcel.status != 'Cancelled'"""


class House:
	"""Four paid orders to one receiver; the last one sells a bundle."""

	def __init__(self) -> None:
		self.warehouse, self.courier, shop = (
			create_warehouse().name,
			create_courier().name,
			create_shop().name,
		)
		self.skus = [create_sku().name for _number in range(2)]
		first, second = self.skus
		bundle = create_bundle([(first, 1), (second, 2)]).name
		lines = ([(first, 2)], [(first, 1), (second, 2)], [(second, 1)], [(bundle, 2)])
		self.orders = [create_order(rows, shop=shop) for rows in lines]
		self.names = [order.name for order in self.orders]
		for sku in self.skus:
			create_stock(sku, STOCK, self.warehouse)


@pytest.fixture(scope="module")
def house(site: str) -> Iterator[House]:
	frappe.set_user("Administrator")
	frappe.local.lang = "en"
	yield House()
	frappe.db.rollback()
	frappe.db.value_cache.clear()
	clear_document_caches()


class ParcelMachine(RuleBasedStateMachine):
	house: House

	@initialize()
	def begin(self) -> None:
		frappe.db.savepoint("example")
		frappe.local.message_log = []
		frappe.db.transaction_writes = 0

	def teardown(self) -> None:
		frappe.db.rollback(save_point="example")

	def get_live(self) -> list[str]:
		return parcel_rows.find_names(self.house.names)

	def choose(self, *numbers: int) -> list[str]:
		live = self.get_live()
		return sorted({live[number % len(live)] for number in numbers}) if live else []

	def settle(self) -> None:
		allocation.allocate(self.house.names)

	def try_layout(self, work: Callable, *arguments: object) -> None:
		"""What may not be is refused in words, having changed nothing; the invariants see to that."""
		with suppress(InvalidValueError):
			work(*arguments)

	@rule(order=ORDER)
	def approve(self, order: int) -> None:
		name = self.house.names[order]
		if frappe.db.get_value("Order", name, "status") == "To Review":
			lifecycle.move_orders([name], "To Print", "test")
			self.settle()

	@rule(order=ORDER, line=st.integers(0, 1), is_done=st.booleans())
	def refund(self, order: int, line: int, is_done: bool) -> None:
		document = self.house.orders[order]
		row = document.items[line % len(document.items)]
		status, code = ("Refunded", "refunded") if is_done else ("Requested", "refund_requested")
		if frappe.db.get_value("Order Item", row.name, ["shipped_qty", "refund_status"])[1] == "Refunded":
			return
		frappe.db.set_value("Order Item", row.name, "refund_status", status)
		if frappe.db.get_value("Order", document.name, "status") not in ("To Review", "Shipped", "Closed"):
			frappe.db.set_value("Order", document.name, "stop_reasons", code)
		self.settle()

	@rule(order=ORDER)
	def close(self, order: int) -> None:
		name = self.house.names[order]
		if frappe.db.get_value("Order", name, "status") in ("To Print", "To Pick"):
			lifecycle.move_orders([name], "Closed", "test")
			self.settle()

	@rule(first=NUMBER, second=NUMBER, third=NUMBER)
	def merge(self, first: int, second: int, third: int) -> None:
		self.try_layout(layout.merge, self.choose(first, second, third))

	@rule(number=NUMBER)
	def unmerge(self, number: int) -> None:
		self.try_layout(layout.unmerge, self.choose(number))

	@rule(number=NUMBER, order=ORDER, units=st.integers(1, 2))
	def split(self, number: int, order: int, units: int) -> None:
		line = self.house.orders[order].items[0].name
		for name in self.choose(number):
			self.try_layout(layout.split, name, {line: units})

	@rule(number=NUMBER)
	def print(self, number: int) -> None:
		names = self.choose(number)
		for name in names:
			if not frappe.db.get_value("Shipment", name, "waybill_no"):
				frappe.db.set_value("Shipment", name, {"courier": self.house.courier, "waybill_no": name})
		steps.mark_printed(names)

	@rule(number=NUMBER)
	def verify(self, number: int) -> None:
		steps.mark_verified(self.choose(number))

	@rule(number=NUMBER, again=NUMBER)
	def ship(self, number: int, again: int) -> None:
		names = self.choose(number, again)
		assert steps.mark_shipped(names).names == steps.mark_shipped(names).names

	@rule(number=NUMBER)
	def undo(self, number: int) -> None:
		names = self.choose(number)
		steps.undo_verify(names)
		steps.undo_print(names)

	@invariant()
	def parcels_hold_what_is_reserved(self) -> None:
		rows = frappe.db.sql(PACKED, [self.house.names], as_dict=True)
		packed: dict[tuple[str, str], int] = {}
		stopped = set()
		for row in rows:
			if row.status in LIVE:
				key = (row.order_item, row.sku)
				packed[key] = packed.get(key, 0) + row.qty
				if row.stop_reasons and row.status != "To Print":
					stopped.add(key)
		held = {
			(row.order_item, row.sku): row.qty
			for row in frappe.db.sql(
				"""SELECT r.order_item, r.sku, r.qty FROM `tabStock Reservation` r JOIN tabOrder o ON o.name = r.`order`
				WHERE o.name IN %s AND r.qty > 0 AND o.status != 'To Review'""",
				[self.house.names],
				as_dict=True,
			)
		}
		for key in packed.keys() | held.keys():
			# Only a stopped parcel, which somebody holds, may have what is no longer kept.
			assert packed.get(key, 0) == held.get(key, 0) or (
				key in stopped and packed[key] > held.get(key, 0)
			), key

	@invariant()
	def stock_is_exact(self) -> None:
		rows = frappe.db.sql(PACKED, [self.house.names], as_dict=True)
		for sku in self.house.skus:
			left = sum(row.qty for row in rows if row.sku == sku and row.status in GONE)
			kept = frappe.db.sql(
				"SELECT IFNULL(SUM(qty), 0) FROM `tabStock Reservation` WHERE sku = %s AND status = 'Open'",
				sku,
			)[0][0]
			balance = frappe.db.get_value(
				"Stock Balance", {"sku": sku, "warehouse": self.house.warehouse}, ["on_hand", "reserved"]
			)
			assert balance == (STOCK - left, kept), sku

	@invariant()
	def nothing_is_left_to_settle(self) -> None:
		assert parcels.ensure_parcels(parcels.find_concerned(self.house.names)).written == []


def test_no_sequence_loses_or_doubles_a_piece(house: House) -> None:
	machine = type("ParcelMachine", (ParcelMachine,), {"house": house})
	run_state_machine_as_test(machine, settings=SETTINGS)
