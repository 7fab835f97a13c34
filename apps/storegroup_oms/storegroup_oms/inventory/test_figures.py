"""Figures from the ledger: how fast goods sell, and how old what is left of them is."""

from decimal import Decimal

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.inventory import figures
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_warehouse


class TestFigures(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.sku, self.warehouse = create_sku().name, create_warehouse().name

	def move(self, kind: str, qty: int, days_ago: int) -> None:
		(name,) = post(
			[Movement(self.sku, self.warehouse, kind, qty=qty, unit_cost=Decimal(2) if qty > 0 else None)]
		)
		# Tests can't wait for days.
		moment = add_to_date(now_datetime(), days=-days_ago)
		frappe.db.sql("UPDATE `tabStock Ledger` SET posted_at = %s WHERE name = %s", (moment, name))

	def refresh(self) -> frappe._dict:
		self.assertEqual(figures.refresh([self.sku]), 1)
		return frappe.db.get_value(
			"Stock Figure",
			{"sku": self.sku, "warehouse": self.warehouse},
			[*figures.SALES, "speed", "oldest_at", *figures.AGE_FIELDS],
			as_dict=True,
		)

	def test_sales_are_shipped_less_returned_in_their_time(self):
		self.move("Receipt", 200, 120)
		for qty, days in ((-40, 100), (-30, 60), (-14, 20), (-7, 3)):
			self.move("Shipment", qty, days)
		self.move("Return", 1, 2)
		self.move("Issue", -5, 1)

		row = self.refresh()
		self.assertEqual((row.sold_7, row.sold_28, row.sold_90), (6, 20, 50))
		self.assertEqual(row.sold_cost_90, 100)
		self.assertEqual(row.last_sold_at.date(), add_to_date(now_datetime(), days=-3).date())
		self.assertEqual(row.last_received_at.date(), add_to_date(now_datetime(), days=-2).date())

	def test_what_came_in_last_is_what_is_left(self):
		for qty, days in ((50, 300), (30, 100), (20, 45), (10, 5)):
			self.move("Receipt", qty, days)
		self.move("Shipment", -62, 1)

		row = self.refresh()
		self.assertEqual([row[name] for name in figures.AGE_FIELDS], [10, 20, 0, 18, 0])
		self.assertEqual(row.oldest_at.date(), add_to_date(now_datetime(), days=-100).date())

	def test_nothing_left_has_no_age(self):
		self.move("Receipt", 5, 300)
		self.refresh()
		self.move("Shipment", -5, 1)

		row = self.refresh()
		self.assertEqual([row[name] for name in figures.AGE_FIELDS], [0, 0, 0, 0, 0])
		self.assertIsNone(row.oldest_at)

	def test_the_category_is_kept_and_follows_the_goods(self):
		self.move("Receipt", 5, 1)
		place = {"sku": self.sku, "warehouse": self.warehouse}
		for category, kept in (("家清", "家清"), ("", ""), (None, ""), ("食品", "食品")):
			frappe.db.set_value("SKU", self.sku, "category", category)
			with self.subTest(category):
				self.refresh()
				self.assertEqual(frappe.db.get_value("Stock Figure", place, "category"), kept)

		edited_at = add_to_date(now_datetime(), minutes=-10)
		for category, modified, kept in (
			("数码", add_to_date(edited_at, minutes=-1), "食品"),
			("数码", edited_at, "数码"),
			(None, edited_at, ""),
		):
			values = {"category": category, "modified": modified}
			frappe.db.set_value("SKU", self.sku, values, update_modified=False)
			figures.follow_categories(edited_at)
			with self.subTest(category=category, modified=modified):
				self.assertEqual(frappe.db.get_value("Stock Figure", place, "category"), kept)

	def test_the_trend_is_followed_within_bounds(self):
		for week, month, speed in (
			(7, 28, 1),
			(14, 28, 2),
			(70, 28, 2),
			(0, 28, 0.5),
			(0, 0, 0),
			(-3, -3, 0),
		):
			with self.subTest(week=week, month=month):
				self.assertEqual(figures.get_speed(week, month), speed)
