"""Purchase suggestions: the sum, what counts as sold or waiting, and whose shops and warehouses are looked at."""

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.purchasing import Need, find_suggestions
from storegroup_oms.inventory.report.purchase_suggestions.purchase_suggestions import execute
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest, UnitTest


class TestNeed(UnitTest):
	def test_the_sum(self):
		need = Need(1.5, 7, 14, 2, 3, 20, 4, 5)

		self.assertEqual(need.suggest(), 32 + 2 + 3 - 16 - 5)
		self.assertEqual(need.explain(), "1.50 × (7 + 14) + 2 + 3 − (20 − 4) − 5 = 16")

	def test_never_less_than_nothing_and_whole_pieces(self):
		self.assertEqual(Need(0.1, 7, 14, 0, 0, 50, 0, 0).suggest(), 0)
		self.assertEqual(Need(0.1, 0, 1, 0, 0, 0, 0, 0).suggest(), 1)
		self.assertEqual(Need(0.1 * 3, 0, 10, 0, 0, 0, 0, 0).suggest(), 3)


class SuggestionTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.category = factories.make_suffix()
		self.shop, self.warehouse = factories.create_shop().name, factories.create_warehouse().name
		self.sku = factories.create_sku(category=self.category, supplier_lead_days=10).name

	def sell(self, sku: str, qty: int, days_ago: int = 1, **values):
		paid_at = add_to_date(now_datetime(), days=-days_ago)
		return factories.create_order([(sku, qty)], shop=self.shop, paid_at=paid_at, **values)

	def find(self, **values) -> list[dict]:
		return find_suggestions(category=self.category, **values)

	def test_sold_refunded_closed_and_waiting(self):
		factories.create_stock(self.sku, 5, self.warehouse, reserved=2)
		post([Movement(self.sku, self.warehouse, "Transfer Out", in_transit=4)])
		self.sell(self.sku, 60, status="Completed")
		self.sell(self.sku, 10, status="Closed")
		self.sell(self.sku, 10, days_ago=40, status="Completed")
		self.sell(self.sku, 3, status="To Review")
		refunded = self.sell(self.sku, 10, status="Completed")
		frappe.db.set_value("Order Item", refunded.items[0].name, "refund_status", "Refunded")

		(row,) = self.find()

		self.assertEqual((row["speed"], row["lead_days"], row["backordered"]), (2.1, 10, 3))
		self.assertEqual((row["on_hand"], row["reserved"], row["in_transit"]), (5, 2, 4))
		self.assertEqual(row["suggested"], 51 + 3 - 3 - 4)
		self.assertEqual(row["cover"], 1.4)

	def test_a_bundle_sells_its_components(self):
		bundle = factories.create_bundle([(self.sku, 2)], category=self.category)
		self.sell(bundle.name, 15, status="Completed")

		(row,) = self.find()
		self.assertEqual((row["sku"], row["speed"]), (self.sku, 1))

	def test_defective_goods_are_no_stock(self):
		self.sell(self.sku, 30, status="Completed")
		place = factories.create_warehouse(warehouse_kind="Defective", belongs_to=self.warehouse).name
		factories.create_stock(self.sku, 500, place)

		self.assertEqual(self.find()[0]["on_hand"], 0)

	def test_what_lasts_is_shown_only_on_demand(self):
		factories.create_stock(self.sku, 5, self.warehouse)

		self.assertEqual(self.find(), [])
		(row,) = self.find(only_needed=False)
		self.assertEqual((row["suggested"], row["cover"]), (0, None))

	def test_one_warehouse_and_the_user_s_scope(self):
		other = factories.create_warehouse().name
		factories.create_stock(self.sku, 5, self.warehouse)
		factories.create_stock(self.sku, 7, other)
		self.sell(self.sku, 300, status="Completed")
		frappe.set_user(factories.create_user(["OMS Manager"], warehouses=[other]).name)
		self.assertEqual([row["on_hand"] for row in self.find(only_needed=False)], [7])

		frappe.set_user("Administrator")
		self.assertEqual(self.find(warehouse=self.warehouse)[0]["on_hand"], 5)
		self.assertEqual(self.find()[0]["on_hand"], 12)

	def test_the_report_shows_it(self):
		self.sell(self.sku, 30, status="Completed")

		columns, rows = execute({"category": self.category, "days": "10", "cover_days": 5})

		self.assertEqual([row["suggested"] for row in rows], [45])
		self.assertLessEqual({column["fieldname"] for column in columns}, set(rows[0]))
