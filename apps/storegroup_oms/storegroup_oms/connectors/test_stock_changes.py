"""Changed stock is found: by hints at once, by comparison when every hint was lost."""

import threading
from unittest.mock import patch

import frappe
import redis
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import stock_changes, stock_hints, stock_loop, stock_push
from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.tests.factories import create_order, create_sku
from storegroup_oms.tests.fake_platform import ListedTest

# All is well but that the figure hasn't been computed.
SETTLED = {
	"pushed_qty": 20,
	"wanted_at": None,
	"is_dirty": 0,
	"push_claim": None,
	"push_attempts": 0,
	"differs_since": None,
}


class ChangesTest(ListedTest):
	def setUp(self):
		super().setUp()
		self.addCleanup(self.forget)
		self.forget()

	def forget(self) -> None:
		"""As if Redis had been emptied."""
		client = get_redis()
		for pattern in ("stock", "wake"):
			for key in client.scan_iter(f"oms:{pattern}:{frappe.local.site}:*"):
				client.delete(key)

	def remove_sku(self, sku: str) -> None:
		frappe.db.rollback()
		frappe.db.delete("SKU Component", {"parent": sku})
		frappe.db.delete("SKU", {"name": sku})
		frappe.db.commit()

	def get_wanted(self, name: str | None = None) -> int | None:
		row = self.get_listing(name)
		return row.wanted_qty if row.wanted_at else None

	def look(self, compares: bool = False) -> set[str]:
		"""One look, and the shops of it with figures to send; without comparing it knows the hints only."""
		with patch.object(stock_changes, "is_time", lambda name, every_s: compares and name == "compared"):
			return stock_changes.look() & set(stock_push.find_waiting_shops())


class TestHints(ChangesTest):
	def test_nothing_is_hinted_before_the_commit_nor_after_a_rollback(self):
		post([Movement(self.sku, self.warehouse, "Adjustment", qty=-5)])
		self.assertEqual(stock_hints.take_hints(), {})
		frappe.db.rollback()
		frappe.db.commit()
		self.assertEqual(stock_hints.take_hints(), {})

	def test_a_ledger_row_leads_to_the_figure(self):
		self.move(-5)

		self.assertEqual(self.look(), {self.shop})
		row = self.get_listing()
		self.assertEqual((row.wanted_qty, row.is_dirty), (15, 1))
		self.assertEqual(self.look(), set())

	def test_shops_without_a_platform_have_nothing_to_push(self):
		for values in ({"platform": "Manual"}, {"app_key": None}, {"stock_push_enabled": 0}):
			with self.subTest(values):
				before = frappe.db.get_value("Shop", self.shop, list(values), as_dict=True)
				frappe.db.set_value("Shop", self.shop, values)
				self.move(-1)
				self.assertEqual(self.look(), set())
				frappe.db.set_value("Shop", self.shop, before)
				frappe.db.commit()

	def test_an_order_leads_to_the_figure(self):
		self.look(compares=True)
		create_order([(self.sku, 3)], shop=self.shop)
		frappe.db.commit()

		self.look()
		self.assertEqual(self.get_wanted(), 17)

	def test_rules_of_listing_and_shop_lead_to_the_figure(self):
		self.look(compares=True)
		document = frappe.get_doc("Listing", self.listing)
		document.own_stock_rule, document.stock_percentage = 1, 50
		document.save()
		frappe.db.commit()
		self.look()
		self.assertEqual(self.get_wanted(), 10)

		shop = frappe.get_doc("Shop", self.shop)
		shop.stock_stopped = 1
		shop.save()
		frappe.db.commit()
		self.look()
		self.assertEqual(self.get_wanted(), 0)

	def test_components_and_warehouses_lead_to_the_figure(self):
		bundle = create_sku(is_bundle=1, components=[{"sku": self.sku, "qty": 2}])
		self.addCleanup(self.remove_sku, bundle.name)
		listing = self.create_listing("i2", sku=bundle.name)
		frappe.db.commit()
		self.look()
		self.assertEqual(self.get_wanted(listing), 10)

		bundle.components[0].qty = 5
		bundle.save()
		frappe.db.commit()
		self.look()
		self.assertEqual(self.get_wanted(listing), 4)

		warehouse = frappe.get_doc("Warehouse", self.warehouse)
		warehouse.warehouse_kind = "Returns"
		warehouse.save()
		frappe.db.commit()
		self.look()
		# Nothing is known of these goods where they could be shipped from; the old figure stays.
		self.assertEqual(self.get_wanted(listing), 4)


class TestComparison(ChangesTest):
	def test_a_lost_hint_costs_time_only(self):
		self.look(compares=True)
		self.move(-5)
		self.forget()
		self.assertEqual(self.look(), set())
		self.assertEqual(self.get_wanted(), 20)

		self.assertEqual(self.look(compares=True), {self.shop})
		self.assertEqual(self.get_wanted(), 15)

	def test_an_order_without_a_hint_is_found(self):
		self.look(compares=True)
		create_order([(self.sku, 3)], shop=self.shop)
		frappe.db.commit()
		self.forget()

		self.look(compares=True)
		self.assertEqual(self.get_wanted(), 17)

	def test_a_change_behind_every_hook_is_found_in_turn(self):
		self.look(compares=True)
		frappe.db.set_value("Shop", self.shop, "stock_percentage", 10)
		frappe.db.commit()
		self.forget()
		self.look(compares=True)
		self.assertEqual(self.get_wanted(), 20)

		with patch.object(stock_changes, "is_time", lambda name, every_s: True):
			stock_changes.look()
		self.assertEqual(self.get_wanted(), 2)

	def test_a_killed_look_is_done_again(self):
		self.look(compares=True)
		self.move(-5)
		with (
			patch.object(stock_changes, "write_wanted", side_effect=KeyboardInterrupt),
			self.assertRaises(KeyboardInterrupt),
		):
			self.look()
		frappe.db.rollback()

		self.look(compares=True)
		self.assertEqual(self.get_wanted(), 15)

	def test_without_redis_everything_is_compared(self):
		self.move(-5)
		with patch.object(stock_changes, "get_redis", side_effect=redis.RedisError):
			stock_changes.look()
		self.assertEqual(self.get_wanted(), 15)

	def test_a_row_that_is_being_worked_on_is_left_for_the_next_look(self):
		self.look(compares=True)
		self.move(-5)
		before = self.get_offered_entry()
		locked, done = threading.Event(), threading.Event()
		site = frappe.local.site

		def hold() -> None:
			frappe.init(site, sites_path=".")
			frappe.connect()
			lock_balances([(self.sku, self.warehouse)])
			locked.set()
			done.wait(20)
			frappe.destroy()

		worker = threading.Thread(target=hold)
		worker.start()
		locked.wait(20)
		self.look()
		self.assertEqual((self.get_wanted(), self.get_offered_entry()), (15, before))
		done.set()
		worker.join()

		self.look(compares=True)
		self.assertEqual(self.get_offered_entry(), before + 1)

	def get_offered_entry(self) -> int:
		frappe.db.rollback()
		key = {"sku": self.sku, "warehouse": self.warehouse}
		return frappe.db.get_value("Stock Balance", key, "offered_entry_no")

	def test_one_looks_at_a_time(self):
		self.move(-5)
		with stock_hints.watch() as first:
			self.assertTrue(first.go_on())
			self.assertEqual(stock_loop.run(linger_s=0), 0)
			self.assertIsNone(self.get_wanted())
		stock_loop.run(linger_s=0)
		self.assertEqual((self.get_wanted(), self.platform.stock), (15, {("i1", "v1"): 15}))


class TestWanted(ChangesTest):
	def test_what_the_platform_has_already_is_not_sent(self):
		frappe.db.set_value("Listing", self.listing, {"pushed_qty": 20, "pushed_at": now_datetime()})
		self.look(compares=True)
		row = self.get_listing()
		self.assertEqual((row.wanted_qty, row.is_dirty), (20, 0))

	def test_what_is_on_its_way_failed_or_differs_is(self):
		for values in (
			{"push_claim": "abc"},
			{"push_attempts": 1},
			{"differs_since": now_datetime()},
			{"pushed_at": None},
		):
			with self.subTest(values):
				frappe.db.set_value(
					"Listing", self.listing, {**SETTLED, "pushed_at": now_datetime(), **values}
				)
				frappe.db.commit()
				stock_changes.write_wanted([self.listing])
				self.assertEqual(self.get_listing().is_dirty, 1)

	def test_the_first_of_several_changes_says_since_when(self):
		self.look(compares=True)
		early = add_to_date(now_datetime(), minutes=-5)
		frappe.db.set_value("Listing", self.listing, "wanted_at", early)
		self.move(-5)
		self.look()
		self.assertEqual(self.get_listing().wanted_at, early)

	def test_a_form_does_not_bring_old_figures_back(self):
		form = frappe.get_doc("Listing", self.listing)
		self.look(compares=True)
		form.stock_stopped = 1
		form.save()
		self.assertEqual((form.wanted_qty, form.is_dirty), (20, 1))
		self.assertIsNotNone(form.wanted_at)

	def test_stock_unknown_is_not_due(self):
		listing = self.create_listing("i2", sku=create_sku().name, is_dirty=1)
		frappe.db.commit()
		self.look(compares=True)
		self.assertEqual([row.name for row in stock_push.claim([self.shop])], [self.listing])
		self.assertIsNone(self.get_wanted(listing))
