"""Movements: refused or written whole, numbered without a gap, and the balance equals their sum."""

from decimal import Decimal

import frappe

from storegroup_oms.exceptions import InsufficientStockError, InvalidValueError, Shortage
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_bundle, create_sku, create_stock, create_warehouse


class LedgerTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.sku, self.warehouse = create_sku().name, create_warehouse().name

	def move(self, kind: str, **values) -> list[str]:
		return post([Movement(self.sku, self.warehouse, kind, **values)])

	def get_balance(self, *fields: str):
		return frappe.db.get_value("Stock Balance", {"sku": self.sku, "warehouse": self.warehouse}, fields)

	def get_rows(self, *fields: str) -> list[tuple]:
		return frappe.get_all(
			"Stock Ledger",
			filters={"sku": self.sku, "warehouse": self.warehouse},
			fields=list(fields),
			order_by="entry_no asc",
			as_list=True,
		)


class TestPost(LedgerTest):
	def test_rows_are_numbered_and_the_balance_follows(self):
		self.move("Receipt", qty=10)
		self.move("Reserve", reserved=4)
		self.move("Shipment", qty=-3, reserved=-3)

		self.assertEqual(
			self.get_rows("entry_no", "qty_change", "reserved_change", "on_hand_after", "reserved_after"),
			((1, 10, 0, 10, 0), (2, 0, 4, 10, 4), (3, -3, -3, 7, 1)),
		)
		self.assertEqual(self.get_balance("on_hand", "reserved", "available", "entry_no"), (7, 1, 6, 3))

	def test_goods_on_the_way_are_a_number_of_their_own(self):
		self.move("Transfer Out", in_transit=5)
		self.move("Transfer In", qty=5, in_transit=-5)

		self.assertEqual(self.get_balance("on_hand", "in_transit"), (5, 0))
		with self.assertRaises(InsufficientStockError):
			self.move("Transfer In", qty=1, in_transit=-1)

	def test_what_is_promised_cannot_leave(self):
		self.move("Receipt", qty=5)
		self.move("Reserve", reserved=4)

		for kind, change in (
			("Issue", {"qty": -2}),
			("Reserve", {"reserved": 2}),
			("Transfer Out", {"qty": -2}),
		):
			with self.subTest(kind), self.assertRaises(InsufficientStockError) as caught:
				self.move(kind, **change)
			self.assertEqual(caught.exception.shortages, [Shortage(self.sku, self.warehouse, 2, 1)])
		self.assertEqual(self.get_balance("on_hand", "reserved", "entry_no"), (5, 4, 2))

	def test_one_short_movement_refuses_all_and_every_shortage_is_named(self):
		other = create_sku().name
		with self.assertRaises(InsufficientStockError) as caught:
			post(
				[
					Movement(self.sku, self.warehouse, "Receipt", qty=5),
					Movement(other, self.warehouse, "Issue", qty=-1),
					Movement(self.sku, self.warehouse, "Issue", qty=-7),
				]
			)

		self.assertEqual(
			caught.exception.shortages,
			[Shortage(other, self.warehouse, 1, 0), Shortage(self.sku, self.warehouse, 7, 5)],
		)
		self.assertEqual(self.get_rows("name"), ())

	def test_a_count_may_fall_below_what_is_promised_but_not_below_nothing(self):
		self.move("Receipt", qty=5)
		self.move("Reserve", reserved=4)
		self.move("Stocktake", qty=-3)

		self.assertEqual(self.get_balance("on_hand", "reserved", "available"), (2, 4, -2))
		with self.assertRaises(InsufficientStockError):
			self.move("Damage", qty=-3)

	def test_a_warehouse_may_be_allowed_to_go_below_zero(self):
		frappe.db.set_value("Warehouse", self.warehouse, "allow_negative", 1)
		self.move("Issue", qty=-2)

		self.assertEqual(self.get_balance("on_hand", "available"), (-2, -2))

	def test_a_key_is_posted_once(self):
		movement = Movement(self.sku, self.warehouse, "Receipt", qty=5, key=f"test:{self.sku}")

		self.assertEqual(len(post([movement, movement])), 1)
		self.assertEqual(post([movement]), [])
		self.assertEqual(self.get_balance("on_hand", "entry_no"), (5, 1))

	def test_two_writers_of_one_number_are_told_apart_by_the_key(self):
		row = frappe.get_doc("Stock Ledger", self.move("Receipt", qty=5)[0])
		copy = frappe.copy_doc(row)
		copy.entry_no = row.entry_no

		with self.assertRaises(frappe.UniqueValidationError):
			copy.insert()

	def test_what_is_no_movement_is_refused(self):
		bundle = create_bundle().name
		for what, movement in {
			"nothing": Movement(self.sku, self.warehouse, "Receipt"),
			"half a piece": Movement(self.sku, self.warehouse, "Receipt", qty=0.5),
			"a truth": Movement(self.sku, self.warehouse, "Receipt", qty=True),
			"a negative cost": Movement(self.sku, self.warehouse, "Receipt", qty=1, unit_cost=Decimal(-1)),
			"an unknown SKU": Movement("no such SKU", self.warehouse, "Receipt", qty=1),
			"an unknown warehouse": Movement(self.sku, "no such warehouse", "Receipt", qty=1),
			"a bundle": Movement(bundle, self.warehouse, "Receipt", qty=1),
		}.items():
			with self.subTest(what), self.assertRaises(InvalidValueError):
				post([Movement(self.sku, self.warehouse, "Receipt", qty=1), movement])
		self.assertEqual(self.get_rows("name"), ())

	def test_many_movements_cost_few_queries(self):
		skus = [create_sku().name for _number in range(30)]
		self.move("Receipt", qty=1)

		with self.assertQueryCount(9):
			post([Movement(sku, self.warehouse, "Receipt", qty=1) for sku in skus])


class TestCost(LedgerTest):
	def test_the_average_moves_with_what_comes_in_only(self):
		self.move("Receipt", qty=10, unit_cost=Decimal("4"))
		self.move("Receipt", qty=5, unit_cost=Decimal("5.5"))
		self.move("Issue", qty=-6)

		self.assertEqual(self.get_balance("average_cost", "stock_value"), (4.5, 40.5))
		self.assertEqual(self.get_rows("unit_cost", "value_change"), ((4, 40), (5.5, 27.5), (4.5, -27)))

	def test_the_value_is_the_sum_of_its_changes_to_the_cent(self):
		for qty, cost in ((3, "3.333333"), (-1, None), (7, "1.005"), (-4, None), (-5, None)):
			self.move("Receipt" if qty > 0 else "Issue", qty=qty, unit_cost=cost and Decimal(cost))

		total = sum(Decimal(str(row[0])) for row in self.get_rows("value_change"))
		self.assertEqual((self.get_balance("on_hand", "stock_value"), total), ((0, 0), 0))


class TestLockBalances(LedgerTest):
	def test_missing_balances_are_made_with_nothing_in_them(self):
		key = (self.sku, self.warehouse)

		self.assertEqual(lock_balances([key, key])[key].on_hand, 0)
		self.assertEqual(self.get_balance("on_hand", "reserved", "entry_no"), (0, 0, 0))

	def test_a_balance_of_another_name_is_found(self):
		"""As after a SKU was renamed."""
		balance = create_stock(self.sku, 3, self.warehouse)
		frappe.db.sql("UPDATE `tabStock Balance` SET name = 'renamed-1' WHERE name = %s", balance.name)

		self.move("Receipt", qty=1)

		self.assertEqual(self.get_balance("name", "on_hand"), ("renamed-1", 4))
