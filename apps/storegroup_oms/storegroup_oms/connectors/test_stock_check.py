"""What the platform really shows is read back; what nobody can explain is told, mended, and closed by itself."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import runner, stock_changes, stock_check
from storegroup_oms.tests.factories import create_order
from storegroup_oms.tests.fake_platform import ListedTest


class TestCheck(ListedTest):
	def setUp(self):
		super().setUp()
		stock_changes.write_wanted([self.listing])
		self.push()

	def check(self) -> None:
		with patch.object(stock_check, "find_shops", lambda: [self.shop]):
			runner.check_stock()

	def age(self, seconds: int) -> None:
		"""Let time pass since the difference was seen and the figure was pushed."""
		table = frappe.qb.DocType("Listing")
		row = self.get_listing()
		query = frappe.qb.update(table).where(table.name == self.listing)
		query = query.set(table.pushed_at, add_to_date(row.pushed_at, seconds=-seconds))
		if row.differs_since:
			query = query.set(table.differs_since, add_to_date(row.differs_since, seconds=-seconds))
		query.run()
		frappe.db.commit()

	def count_tasks(self) -> int:
		return frappe.db.count("Task", {"dedupe_key": f"shop:stock:{self.shop}"})

	def sell(self, count: int, seconds_ago: int) -> None:
		moment = add_to_date(now_datetime(), seconds=-seconds_ago)
		order = create_order([(self.sku, count)], shop=self.shop, paid_at=moment, ordered_at=moment)
		frappe.db.set_value("Order Item", order.items[0].name, "listing", self.listing)
		frappe.db.commit()

	def test_equal_figures_are_confirmed(self):
		self.check()
		row = self.get_listing()
		self.assertEqual((row.confirmed_qty, row.difference_qty, row.differs_since), (20, 0, None))
		self.assertGreaterEqual(row.confirmed_at, row.pushed_at)

	def test_more_than_was_sent_is_told_sent_again_and_closed(self):
		self.platform.stock["i1", "v1"] = 33
		self.check()
		row = self.get_listing()
		self.assertEqual((row.confirmed_qty, row.difference_qty, row.is_dirty), (33, 13, 0))
		self.assertEqual(self.count_tasks(), 0)

		self.age(15)
		self.check()
		self.assertEqual((self.get_listing().is_dirty, self.count_tasks()), (1, 1))
		self.assertIn(
			"33", frappe.db.get_value("Task", {"dedupe_key": f"shop:stock:{self.shop}"}, "description")
		)

		self.push()
		self.assertEqual(self.platform.stock["i1", "v1"], 20)
		self.check()
		row = self.get_listing()
		self.assertEqual((row.difference_qty, row.differs_since, self.count_tasks()), (0, None, 0))

	def test_less_that_our_sales_explain_is_none(self):
		self.age(300)
		self.sell(4, seconds_ago=200)
		self.platform.stock["i1", "v1"] = 16
		self.check()
		self.assertEqual((self.get_listing().difference_qty, self.get_listing().confirmed_qty), (0, 16))

		self.platform.stock["i1", "v1"] = 13
		self.check()
		self.assertEqual(self.get_listing().difference_qty, -3)

	def test_orders_on_their_way_are_waited_for(self):
		self.sell(1, seconds_ago=5)
		self.platform.stock["i1", "v1"] = 17
		self.check()
		self.assertEqual(self.get_listing().difference_qty, 0)

	def test_what_was_sold_before_the_push_explains_nothing(self):
		self.sell(5, seconds_ago=600)
		self.platform.stock["i1", "v1"] = 15
		self.check()
		self.assertEqual(self.get_listing().difference_qty, -5)

	def test_a_figure_on_its_way_is_not_judged(self):
		self.platform.stock["i1", "v1"] = 33

		def meanwhile(api: str) -> None:
			if api == "read":
				frappe.db.set_value("Listing", self.listing, "pushed_at", now_datetime())
				frappe.db.commit()

		self.platform.before_call = meanwhile
		self.check()
		self.assertEqual((self.get_listing().difference_qty, self.get_listing().confirmed_at), (0, None))

	def test_those_pushed_lately_are_read_first_and_every_one_in_turn(self):
		names = [self.create_listing(f"i{number}") for number in range(2, 6)]
		stock_changes.write_wanted(names)
		self.push()
		self.check()
		frappe.db.set_value("Listing", names[2], "pushed_at", now_datetime())
		long_ago = add_to_date(now_datetime(), minutes=-9)
		frappe.db.set_value("Listing", names[1], {"pushed_at": long_ago, "confirmed_at": long_ago})
		frappe.db.commit()

		with runner.open_session(self.shop) as session:
			chosen = [row.name for row in stock_check._choose(session)]
		self.assertEqual((len(chosen), chosen[:2]), (5, [names[2], names[1]]))

	def test_an_unknown_item_is_no_difference(self):
		del self.platform.stock["i1", "v1"]
		self.check()
		self.assertEqual(self.get_listing().difference_qty, 0)
		self.assertIsNotNone(self.get_listing().confirmed_at)
