"""Promises: all of a parcel or nothing, sums that agree, given back, shipped once, shed when goods are missing."""

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.exceptions import InsufficientStockError, InvalidValueError, Shortage
from storegroup_oms.inventory import holds, releasing
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_sku, create_stock, create_warehouse


class ReservationTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.warehouse = create_warehouse().name
		self.skus = [create_sku().name for _number in range(2)]
		for sku in self.skus:
			create_stock(sku, 10, self.warehouse)

	def tearDown(self):
		# Whatever a test did, promises and balances agree.
		for sku in self.skus:
			self.assertEqual(self.get_balance(sku).reserved, sum(row.qty for row in self.get_rows(sku)))
		super().tearDown()

	def get_balance(self, sku: str):
		key = {"sku": sku, "warehouse": self.warehouse}
		return frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved", "available"], as_dict=True)

	def get_rows(self, sku: str) -> list:
		return frappe.get_all(
			"Stock Reservation",
			filters={"sku": sku, "warehouse": self.warehouse, "status": "Open"},
			fields=["name", "order", "qty", "shipped_qty"],
			order_by="reserved_at asc, name asc",
		)

	def make_order(self, *quantities: int):
		return create_order(list(zip(self.skus, quantities, strict=False)))

	def make_parcel(self, order, key: str = "P", takes_part: bool = False) -> Parcel:
		claims = [Claim(order.name, line.name, line.sku, line.qty) for line in order.items]
		return Parcel(key, self.warehouse, claims, takes_part)

	def get_lines(self, order) -> list[int]:
		return frappe.get_all(
			"Order Item", filters={"parent": order.name}, pluck="reserved_qty", order_by="idx asc"
		)


class TestReserve(ReservationTest):
	def test_a_whole_parcel_is_kept(self):
		order = self.make_order(3, 4)

		outcome = reserve([self.make_parcel(order)])

		self.assertEqual((outcome.full, outcome.part, outcome.short), (["P"], [], {}))
		self.assertEqual([self.get_balance(sku).available for sku in self.skus], [7, 6])
		self.assertEqual(self.get_lines(order), [3, 4])

	def test_all_or_nothing(self):
		order = self.make_order(3, 11)

		outcome = reserve([self.make_parcel(order)])

		self.assertEqual(outcome.full, [])
		self.assertEqual(outcome.short, {"P": [Shortage(self.skus[1], self.warehouse, 11, 10)]})
		self.assertEqual([self.get_balance(sku).reserved for sku in self.skus], [0, 0])
		self.assertEqual(self.get_lines(order), [0, 0])

	def test_a_part_where_it_may_be(self):
		order = self.make_order(3, 11)

		outcome = reserve([self.make_parcel(order, takes_part=True)])

		self.assertEqual((outcome.full, outcome.part), ([], ["P"]))
		self.assertEqual(self.get_lines(order), [3, 10])

	def test_first_come_first_served(self):
		orders = [self.make_order(6), self.make_order(6), self.make_order(4)]

		outcome = reserve([self.make_parcel(order, order.name) for order in orders])

		self.assertEqual(outcome.full, [orders[0].name, orders[2].name])
		self.assertEqual(outcome.short, {orders[1].name: [Shortage(self.skus[0], self.warehouse, 6, 4)]})
		self.assertEqual(self.get_balance(self.skus[0]).available, 0)

	def test_a_second_call_keeps_nothing_twice(self):
		order = self.make_order(3)
		parcel = self.make_parcel(order)

		self.assertEqual(reserve([parcel, parcel]).full, ["P", "P"])
		self.assertEqual(reserve([parcel]).full, ["P"])

		self.assertEqual(self.get_balance(self.skus[0]).reserved, 3)

	def test_components_of_a_bundle_count_as_sets(self):
		order = self.make_order(4)
		(line,) = order.items
		claims = [
			Claim(order.name, line.name, sku, line.qty * count, count)
			for sku, count in ((self.skus[0], 1), (self.skus[1], 3))
		]

		part = reserve([Parcel("P", self.warehouse, claims, takes_part=True)])

		self.assertEqual(part.part, ["P"])
		self.assertEqual([self.get_balance(sku).reserved for sku in self.skus], [3, 9])
		self.assertEqual(self.get_lines(order), [3])

	def test_safety_stock_serves_orders(self):
		frappe.db.set_value("Stock Balance", {"sku": self.skus[0]}, "safety_stock", 8)

		self.assertEqual(reserve([self.make_parcel(self.make_order(9))]).full, ["P"])

	def test_what_is_no_quantity_is_refused(self):
		order = self.make_order(3)
		for qty, per_set in ((0, 1), (-1, 1), (1.5, 1), (3, 2), (3, 0), (True, 1)):
			claim = Claim(order.name, order.items[0].name, self.skus[0], qty, per_set)
			with self.subTest(qty=qty, per_set=per_set), self.assertRaises(InvalidValueError):
				reserve([Parcel("P", self.warehouse, [claim])])
		self.assertEqual(self.get_rows(self.skus[0]), [])

	def test_many_parcels_cost_few_queries(self):
		parcels = [self.make_parcel(self.make_order(1, 1)) for _number in range(8)]

		with self.assertQueryCount(9):
			reserve(parcels)


class TestLettingGo(ReservationTest):
	def test_given_back_and_taken_again(self):
		order = self.make_order(3, 4)
		reserve([self.make_parcel(order)])

		self.assertEqual(releasing.release_orders([order.name], "Order closed"), 7)
		self.assertEqual(releasing.release_orders([order.name], "Order closed"), 0)

		self.assertEqual([self.get_balance(sku).available for sku in self.skus], [10, 10])
		self.assertEqual(self.get_lines(order), [0, 0])
		reserve([self.make_parcel(order)])
		self.assertEqual(self.get_lines(order), [3, 4])

	def test_single_lines_are_given_back(self):
		order = self.make_order(3, 4)
		reserve([self.make_parcel(order)])

		self.assertEqual(releasing.release_lines([order.items[0].name], "Line refunded"), 3)
		self.assertEqual(self.get_lines(order), [0, 4])

	def test_shipped_once_for_one_parcel(self):
		order = self.make_order(3, 4)
		reserve([self.make_parcel(order)])
		units = {line.name: line.qty for line in order.items}

		self.assertEqual(releasing.ship_lines(units, self.warehouse, ("Order", order.name)), 7)
		self.assertEqual(releasing.ship_lines(units, self.warehouse, ("Order", order.name)), 0)

		self.assertEqual([self.get_balance(sku).on_hand for sku in self.skus], [7, 6])

	def test_a_line_ships_in_two_parcels(self):
		order = self.make_order(3)
		reserve([self.make_parcel(order)])
		line = order.items[0].name

		self.assertEqual(releasing.ship_lines({line: 1}, self.warehouse, ("Order", f"{order.name}-1")), 1)
		self.assertEqual(releasing.ship_lines({line: 1}, self.warehouse, ("Order", f"{order.name}-1")), 0)
		self.assertEqual(releasing.ship_lines({line: 2}, self.warehouse, ("Order", f"{order.name}-2")), 2)
		self.assertEqual((self.get_balance(self.skus[0]).on_hand, self.get_lines(order)), (7, [0]))

	def test_more_than_is_promised_does_not_leave(self):
		order = self.make_order(3)
		reserve([self.make_parcel(order)])

		with self.assertRaises(InsufficientStockError):
			releasing.ship_lines({order.items[0].name: 4}, self.warehouse, ("Order", order.name))
		self.assertEqual(self.get_balance(self.skus[0]).on_hand, 10)

	def test_what_was_never_promised_does_not_leave(self):
		(line,) = self.make_order(3).items

		with self.assertRaises(InsufficientStockError) as caught:
			releasing.ship_lines({line.name: 2}, self.warehouse, ("Shipment", "P1"))
		self.assertEqual(caught.exception.shortages, [Shortage(self.skus[0], self.warehouse, 2, 0)])
		self.assertEqual(self.get_balance(self.skus[0]).on_hand, 10)

	def reserve_set(self, order, *skus: str) -> None:
		(line,) = order.items
		claims = [Claim(order.name, line.name, sku, line.qty) for sku in skus]
		reserve([Parcel("P", self.warehouse, claims)])

	def test_half_a_bundle_does_not_leave(self):
		order = self.make_order(4)
		self.reserve_set(order, *self.skus)
		post([Movement(self.skus[0], self.warehouse, "Stocktake", qty=-8)])
		releasing.shed([(self.skus[0], self.warehouse)], "Fewer were counted")

		with self.assertRaises(InsufficientStockError) as caught:
			releasing.ship_lines({order.items[0].name: 1}, self.warehouse, ("Shipment", "P1"))
		self.assertEqual(caught.exception.shortages, [Shortage(self.skus[0], self.warehouse, 1, 0)])
		self.assertEqual([self.get_balance(sku).on_hand for sku in self.skus], [2, 10])

	def test_a_bundle_of_other_parts_is_reserved_anew(self):
		order = self.make_order(4)
		self.reserve_set(order, self.skus[0])
		releasing.release_orders([order.name], "Order on hold")
		self.reserve_set(order, self.skus[1])

		self.assertEqual(self.get_lines(order), [4])
		units = {order.items[0].name: 4}
		self.assertEqual(releasing.ship_lines(units, self.warehouse, ("Shipment", "P1")), 4)

	def test_missing_goods_take_the_latest_promises_back(self):
		orders = [self.make_order(4), self.make_order(3), self.make_order(3)]
		for order in orders:
			reserve([self.make_parcel(order)])
		post([Movement(self.skus[0], self.warehouse, "Stocktake", qty=-4)])

		lost = releasing.shed([(self.skus[0], self.warehouse)], "Fewer were counted")

		self.assertEqual(lost, sorted(order.name for order in orders[1:]))
		self.assertEqual([self.get_lines(order) for order in orders], [[4], [0], [0]])
		self.assertEqual(self.get_balance(self.skus[0]).available, 2)
		self.assertEqual(releasing.shed([(self.skus[0], self.warehouse)], "again"), [])


class TestHolds(ReservationTest):
	def hold(self, count: int, minutes: int = 30) -> list[str]:
		end = add_to_date(now_datetime(), minutes=minutes)
		return holds.hold("直播 8 点场", self.warehouse, {self.skus[0]: count}, end)

	def test_held_added_to_and_ended(self):
		(name,) = self.hold(2)
		self.hold(3)
		self.assertEqual(self.get_balance(self.skus[0]).reserved, 5)

		frappe.db.set_value("Stock Reservation", name, "expires_at", add_to_date(now_datetime(), minutes=-1))
		expired = frappe.get_all(
			"Stock Reservation", filters={"expires_at": ["<=", now_datetime()]}, pluck="name"
		)
		self.assertEqual(releasing.release_rows(expired, "Expired"), 5)
		self.assertEqual(self.get_balance(self.skus[0]).available, 10)

	def test_safety_stock_is_not_held(self):
		frappe.db.set_value("Stock Balance", {"sku": self.skus[0]}, "safety_stock", 8)

		with self.assertRaises(InsufficientStockError) as caught:
			self.hold(3)
		self.assertEqual(caught.exception.shortages, [Shortage(self.skus[0], self.warehouse, 3, 2)])

	def test_what_can_not_be_held_is_refused(self):
		for what, arguments in {
			"nobody": (" ", self.warehouse, {self.skus[0]: 1}, add_to_date(now_datetime(), hours=1)),
			"nothing": ("A", self.warehouse, {}, add_to_date(now_datetime(), hours=1)),
			"no pieces": ("A", self.warehouse, {self.skus[0]: 0}, add_to_date(now_datetime(), hours=1)),
			"the past": ("A", self.warehouse, {self.skus[0]: 1}, add_to_date(now_datetime(), hours=-1)),
		}.items():
			with self.subTest(what), self.assertRaises(InvalidValueError):
				holds.hold(*arguments)
