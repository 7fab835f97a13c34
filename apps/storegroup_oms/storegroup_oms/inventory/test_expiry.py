"""Batches that must not be sold: promised to nobody from the moment on, and again when their date is put right."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from storegroup_oms.connectors import offers
from storegroup_oms.exceptions import InsufficientStockError
from storegroup_oms.fulfilment import wants
from storegroup_oms.inventory import batches, drifts, entries, expiry, holds, proof, purchasing, stock_pages
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.inventory.test_batches import BatchTest
from storegroup_oms.tests import factories


class ExpiryTest(BatchTest):
	"""Five pieces that are good for 90 days and three that are for 10."""

	def setUp(self):
		super().setUp()
		self.submit("Receipt", 5, "B-late", 90)
		self.submit("Receipt", 3, "B-soon", 10)

	def tearDown(self):
		# Whatever a test did, the proof finds nothing.
		self.assertEqual(proof.compare_places([self.sku]).drifts, [])
		super().tearDown()

	def set_day(self, batch_no: str, days: int) -> None:
		name = batches.make_name(self.sku, batch_no)
		frappe.db.set_value("Stock Batch", name, "expires_on", add_days(nowdate(), days))

	def settle(self) -> list[str]:
		return expiry.settle(expiry.find_wrong().get(self.sku, []))

	def get_numbers(self, warehouse: str | None = None) -> tuple[int, int, int, int]:
		"""On hand, reserved, not for sale, available."""
		place = {"sku": self.sku, "warehouse": warehouse or self.warehouse}
		return frappe.db.get_value("Stock Balance", place, ["on_hand", "reserved", "blocked", "available"])

	def order(self, count: int):
		order = factories.create_order([(self.sku, count)])
		claims = [Claim(order.name, order.items[0].name, self.sku, count)]
		return order, reserve([Parcel("P", self.warehouse, claims)])


class TestBlocking(ExpiryTest):
	def test_the_last_day_is_still_sold_the_next_is_not(self):
		self.set_day("B-soon", 0)
		self.assertEqual((self.settle(), self.get_numbers()), ([], (8, 0, 0, 8)))

		self.set_day("B-soon", -1)
		self.assertEqual((self.settle(), self.get_numbers()), ([], (8, 0, 3, 5)))
		self.assertEqual(self.settle(), [])
		row = frappe.get_all(
			"Stock Ledger",
			filters={"sku": self.sku, "movement_type": "Block"},
			fields=["blocked_change", "blocked_after", "qty_change", "source_doctype", "source_name"],
			order_by="entry_no asc",
		)
		self.assertEqual(
			[tuple(each.values()) for each in row],
			[(3, 3, 0, "Stock Batch", batches.make_name(self.sku, "B-soon"))],
		)

	def test_blocked_pieces_are_promised_to_nobody(self):
		self.set_day("B-soon", -1)
		self.settle()

		self.assertEqual(self.order(6)[1].short["P"][0].free, 5)
		with self.assertRaises(InsufficientStockError):
			holds.hold("live", self.warehouse, {self.sku: 6}, add_to_date(now_datetime(), hours=1))
		self.assertEqual(wants.read_free([self.sku]), {(self.sku, self.warehouse): 5})
		self.assertEqual(purchasing._find_balances(self.warehouse)[self.sku].on_hand, 5)
		self.assertEqual(self.get_numbers(), (8, 0, 3, 5))

	def test_shops_are_not_shown_them(self):
		listing = factories.create_listing(factories.create_shop(auto_buffer=0).name, self.sku).name
		self.assertEqual(offers.compute_offers([listing])[listing].qty, 8)
		self.set_day("B-soon", -1)
		self.settle()

		why = offers.explain(listing)
		self.assertEqual((why["qty"], why["on_hand"], why["blocked"]), (5, 8, 3))
		frappe.db.set_value("Warehouse", self.warehouse, "allow_negative", 1)
		self.assertEqual(offers.compute_offers([listing])[listing].qty, 5)

	def test_another_date_lets_them_be_sold_again(self):
		self.set_day("B-soon", -1)
		self.settle()
		self.set_day("B-soon", 1)

		self.assertEqual((self.settle(), self.get_numbers()), ([], (8, 0, 0, 8)))
		self.assertEqual(self.order(8)[1].full, ["P"])

	def test_a_sku_may_want_days_left(self):
		for days, blocked in ((10, 0), (11, 3), (90, 3), (91, 8), (0, 0)):
			with self.subTest(days):
				frappe.db.set_value("SKU", self.sku, "min_sale_days", days)
				self.settle()
				self.assertEqual(self.get_numbers(), (8, 0, blocked, 8 - blocked))

	def test_without_batches_nothing_is_blocked(self):
		self.set_day("B-soon", -1)
		self.settle()
		frappe.db.set_value("SKU", self.sku, "has_batches", 0)

		self.settle()
		self.assertEqual(self.get_numbers(), (8, 0, 0, 8))

	def test_promises_that_can_not_be_kept_are_taken_back(self):
		first, _outcome = self.order(4)
		second, _outcome = self.order(3)
		self.set_day("B-soon", -1)

		self.assertEqual(self.settle(), [second.name])
		self.assertEqual(self.get_numbers(), (8, 4, 3, 1))
		self.assertEqual(frappe.db.get_value("Order Item", {"parent": first.name}, "reserved_qty"), 4)


class TestMoving(ExpiryTest):
	def setUp(self):
		super().setUp()
		self.set_day("B-soon", -1)
		self.settle()

	def test_they_may_leave_though_all_others_are_promised(self):
		self.order(5)
		self.submit("Issue", 1, "B-soon")
		self.assertEqual(self.get_numbers(), (7, 5, 2, 0))
		self.move(-2)
		self.assertEqual((self.get_numbers(), self.get_held()), ((5, 5, 0, 0), {"B-late": 5}))
		with self.assertRaises(InsufficientStockError):
			self.move(-1)
		self.assertEqual(self.get_numbers(), (5, 5, 0, 0))

	def test_one_movement_of_both_kinds_blocks_only_its_own(self):
		self.move(-4)
		self.assertEqual((self.get_numbers(), self.get_held()), ((4, 0, 0, 4), {"B-late": 4}))

	def test_a_shipment_leaves_them_where_they_are(self):
		self.move(-5, "Shipment")
		self.assertEqual((self.get_numbers(), self.get_held()), ((3, 0, 3, 0), {"B-soon": 3}))

	def test_what_comes_in_too_late_is_blocked_at_once(self):
		frappe.db.set_value("SKU", self.sku, "min_sale_days", 20)
		self.submit("Receipt", 2, "B-new", 15)
		self.assertEqual(self.get_numbers(), (10, 0, 5, 5))
		self.submit("Receipt", 4, "B-late", 90)
		self.assertEqual(self.get_numbers(), (14, 0, 5, 9))

	def test_damage_takes_them_to_the_defective_goods(self):
		entry = self.submit("Damage", 3, "B-soon", reason="expired")
		self.assertEqual(self.get_numbers(), (5, 0, 0, 5))
		self.assertEqual(self.get_numbers(entry.to_warehouse), (3, 0, 3, 0))

	def test_a_reversal_takes_them_back_though_others_are_promised(self):
		entry = self.submit("Issue", 2, "B-soon")
		entries.reverse(entry.name, "was not thrown away")
		self.assertEqual(self.get_numbers(), (8, 0, 3, 5))

		self.order(5)
		receipt = frappe.get_all(
			"Stock Entry Item",
			filters={"sku": self.sku, "batch_no": "B-soon", "qty": 3},
			pluck="parent",
			order_by="creation asc",
		)[0]
		entries.reverse(receipt, "never came")
		self.assertEqual(self.get_numbers(), (5, 5, 0, 0))


class TestProof(ExpiryTest):
	def test_a_wrong_figure_is_found_and_repaired(self):
		self.set_day("B-soon", -1)
		self.settle()
		place = {"sku": self.sku, "warehouse": self.warehouse}
		for blocked, batches_say in ((1, 3), (3, 0)):
			with self.subTest(blocked=blocked):
				frappe.db.set_value("Stock Balance", place, "blocked", blocked)
				frappe.db.set_value(
					"Stock Batch",
					batches.make_name(self.sku, "B-soon"),
					"is_blocked",
					int(bool(batches_say)),
				)
				found = proof.compare_places([self.sku]).drifts
				kinds = {drift.kind: (drift.expected, drift.found) for drift in found}
				self.assertEqual(kinds["Batches"], (batches_say, blocked))
				self.assertEqual("Not for Sale" in kinds, blocked == 1)

				drifts.record(found, {"sku": self.sku})
				names = frappe.get_all(
					"Stock Drift", {"sku": self.sku, "status": "Open"}, pluck="name", order_by="name asc"
				)
				drifts.repair(names, "spoiled by a test")
				self.assertEqual(self.get_numbers(), (8, 0, batches_say, 8 - batches_say))
				self.assertEqual(proof.compare_places([self.sku]).drifts, [])


class TestJobs(ExpiryTest):
	def test_each_minute_only_where_a_mark_is_wrong(self):
		with patch.object(expiry, "find_wrong", return_value={}), patch.object(frappe, "enqueue") as enqueue:
			expiry.tick()
			self.assertEqual(enqueue.call_count, 0)
			expiry.find_wrong.return_value = {self.sku: ["x"]}
			expiry.tick()
			self.assertEqual(enqueue.call_count, 1)

	def test_who_corrects_a_date_or_a_rule_starts_the_job(self):
		with patch.object(expiry, "enqueue") as by_sku:
			sku = frappe.get_doc("SKU", self.sku)
			sku.save()
			self.assertEqual(by_sku.call_count, 0)
			sku.min_sale_days = 5
			sku.save()
			self.assertEqual(by_sku.call_count, 1)
		with patch.object(frappe, "enqueue") as enqueue:
			frappe.get_doc("Stock Batch", batches.make_name(self.sku, "B-soon")).save()
			self.assertIn(
				"storegroup_oms.inventory.expiry.run", [call.args[0] for call in enqueue.call_args_list]
			)

	def test_a_sku_that_fails_holds_up_no_other(self):
		self.set_day("B-soon", -1)
		wrong = {"A": ["missing"], self.sku: expiry.find_wrong()[self.sku]}
		done = []

		def run(work):
			if not done:
				done.append("failed")
				raise RuntimeError
			return work()

		with (
			patch.object(expiry, "find_wrong", return_value=wrong),
			patch.object(expiry, "run_in_latest", run),
			patch.object(frappe.db, "rollback"),
			patch.object(frappe.db, "commit"),
			patch.object(frappe, "log_error") as log_error,
		):
			expiry.run()
		self.assertEqual(log_error.call_args.kwargs["reference_name"], "A")
		self.assertEqual(self.get_numbers(), (8, 0, 3, 5))


class TestPage(ExpiryTest):
	def test_batches_with_what_they_are(self):
		self.submit("Receipt", 1, "B-mid", 31)
		self.submit("Receipt", 1, "B-near", 30)
		frappe.db.set_value("SKU", self.sku, "min_sale_days", 11)
		self.set_day("B-late", -2)
		self.settle()

		answer = stock_pages.get_batches({"sku": self.sku}, stock_pages.Page(0, 50))
		self.assertEqual(
			[(row.batch_no, row.days_left, row.on_hand, row.state) for row in answer["rows"]],
			[
				("B-late", -2, 5, "Expired"),
				("B-soon", 10, 3, "Not for Sale"),
				("B-near", 30, 1, "Expires Soon"),
				("B-mid", 31, 1, "Good"),
			],
		)
		self.assertEqual(answer["count"], 4)
		matrix = stock_pages.get_matrix({"sku": self.sku}, stock_pages.Page(0, 50))
		self.assertEqual(matrix["rows"][0].total["blocked"], 8)

		frappe.set_user(
			factories.create_user(
				["OMS Warehouse Staff"], warehouses=[factories.create_warehouse().name]
			).name
		)
		self.assertEqual(stock_pages.get_batches({}, stock_pages.Page(0, 50))["rows"], [])
		frappe.set_user("Administrator")
