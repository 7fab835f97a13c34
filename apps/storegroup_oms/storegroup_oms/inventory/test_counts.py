"""Stock counts: book at the moment of counting, blind for who counts, approved above a limit, posted once."""

import frappe
from frappe.utils import now_datetime

from storegroup_oms.api import stock_counts
from storegroup_oms.exceptions import AppendOnlyError, InsufficientStockError, InvalidValueError
from storegroup_oms.inventory import counting, counts
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.races import run_together


class CountTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.warehouse = factories.create_warehouse().name
		self.skus = [factories.create_sku(category=f"C{number}").name for number in range(3)]
		for sku in self.skus:
			factories.create_stock(sku, 10, self.warehouse)

	def make(self, **values):
		return factories.create_stock_count(self.warehouse, **values)

	def begin(self, **values) -> str:
		name = self.make(**values).name
		counts.start(name)
		return name

	def tally(self, name: str, *quantities: object, counter: str = "one") -> dict:
		return counting.set_tallies(name, dict(zip(self.skus, quantities, strict=False)), counter)

	def move(self, number: int, qty: int, kind: str = "Receipt") -> None:
		post([Movement(self.skus[number], self.warehouse, kind, qty=qty)])

	def get_on_hand(self) -> list[int]:
		return [
			frappe.db.get_value("Stock Balance", {"sku": sku, "warehouse": self.warehouse}, "on_hand")
			for sku in self.skus
		]

	def get_line(self, name: str, number: int = 0):
		return frappe.get_doc("Stock Count Line", {"stock_count": name, "sku": self.skus[number]})


class TestStart(CountTest):
	def get_listed(self, **values) -> list[str]:
		name = self.begin(**values)
		found = frappe.get_all(
			"Stock Count Line", {"stock_count": name}, pluck="sku", order_by="creation asc, sku asc"
		)
		counts.give_up(name)
		return [sku for sku in self.skus if sku in found]

	def test_the_whole_warehouse_or_a_part(self):
		place = {"sku": self.skus[1], "warehouse": self.warehouse}
		frappe.db.set_value("Stock Balance", place, "bin_location", "A-01")
		frappe.db.set_value(
			"Stock Balance", {**place, "sku": self.skus[0]}, "last_movement_at", "2020-01-01 00:00:00"
		)
		today = now_datetime().date()

		self.assertEqual(self.get_listed(), self.skus)
		for values, expected in (
			({"category": "C2"}, self.skus[2:]),
			({"bin_prefix": "A-"}, [self.skus[1]]),
			({"moved_since": today}, self.skus[1:]),
			({"sku_list": f"{self.skus[0]}\n{self.skus[2]}"}, [self.skus[0], self.skus[2]]),
			({"category": "C1", "bin_prefix": "A"}, [self.skus[1]]),
		):
			with self.subTest(**values):
				self.assertEqual(self.get_listed(scope="Part", **values), expected)

	def test_nothing_to_count_is_refused(self):
		for values in ({"bin_prefix": "%"}, {"sku_list": "no such code"}):
			count = self.make(scope="Part", **values)
			with self.subTest(**values), self.assertRaises(InvalidValueError):
				counts.start(count.name)
			self.assertEqual(frappe.db.count("Stock Count Line", {"stock_count": count.name}), 0)
		with self.assertRaises(InvalidValueError):
			self.make(scope="Part")

	def test_two_open_counts_of_one_place_are_refused(self):
		first = self.begin()
		second = self.make(scope="Part", category="C1")

		with self.assertRaises(InvalidValueError) as caught:
			counts.start(second.name)
		self.assertIn(first, str(caught.exception))
		self.assertEqual(frappe.db.count("Stock Count Line", {"stock_count": second.name}), 0)
		counts.give_up(first)
		self.assertEqual(counts.start(second.name), 1)

	def test_what_is_counted_stays_as_it_began(self):
		count = frappe.get_doc("Stock Count", self.begin())
		count.is_blind = 0
		with self.assertRaises(InvalidValueError):
			count.save()
		with self.assertRaises(AppendOnlyError):
			frappe.delete_doc("Stock Count", count.name)
		with self.assertRaises(InvalidValueError):
			counts.start(count.name)


class TestRace(IntegrationTest):
	def test_of_two_that_start_at_once_one_counts(self):
		warehouse, sku = factories.create_warehouse().name, factories.create_sku().name
		factories.create_stock(sku, 5, warehouse)
		names = [factories.create_stock_count(warehouse).name for _number in range(2)]
		frappe.db.commit()
		self.addCleanup(self.remove, warehouse, sku)

		def begin(name: str) -> str:
			try:
				counts.start(name)
			except InvalidValueError:
				return "refused"
			return "begun"

		results = run_together([lambda name=name: begin(name) for name in names])

		frappe.db.rollback()
		self.assertEqual(sorted(results), ["begun", "refused"])
		self.assertEqual(frappe.db.count("Stock Count Line", {"warehouse": warehouse}), 1)

	def test_two_who_count_one_sku_at_once_lose_nothing(self):
		warehouse, sku = factories.create_warehouse().name, factories.create_sku().name
		factories.create_stock(sku, 5, warehouse)
		name = factories.create_stock_count(warehouse).name
		counts.start(name)
		frappe.db.commit()
		self.addCleanup(self.remove, warehouse, sku)

		works = [
			lambda counter=counter: counting.set_tallies(name, {sku: 3}, counter)
			for counter in ("one", "two")
		]
		totals = [result[sku] for result in run_together(works)]

		frappe.db.rollback()
		self.assertEqual(sorted(totals), [3, 6])
		self.assertEqual(frappe.db.get_value("Stock Count Line", {"stock_count": name}, "counted_qty"), 6)

	def test_a_job_posts_batch_by_batch_and_goes_on_after_an_end(self):
		warehouse, sku = factories.create_warehouse().name, factories.create_sku().name
		other = factories.create_sku().name
		for code in (sku, other):
			factories.create_stock(code, 5, warehouse)
			self.addCleanup(self.remove, warehouse, code)
		name = factories.create_stock_count(warehouse).name
		counts.start(name)
		counting.set_tallies(name, {sku: 4, other: 3}, "one")
		counts.finish(name)
		frappe.db.set_value("Stock Count", name, "status", "Posting")
		self.addCleanup(setattr, counts, "BATCH", counts.BATCH)
		counts.BATCH = 1
		# As a job that was killed after its first batch has left it.
		counts._post_batch(name)
		frappe.db.commit()

		counts.run_posting(name)

		on_hand = frappe.get_all(
			"Stock Balance", {"warehouse": warehouse}, pluck="on_hand", order_by="on_hand asc"
		)
		self.assertEqual(on_hand, [3, 4])
		self.assertEqual(frappe.db.get_value("Stock Count", name, ["status", "docstatus"]), ("Posted", 1))
		self.assertEqual(frappe.db.count("Stock Ledger", {"source_name": name}), 2)

	def remove(self, warehouse: str, sku: str) -> None:
		frappe.db.rollback()
		for doctype in ("Stock Count Line", "Stock Count", "Stock Balance", "Stock Ledger"):
			frappe.db.delete(doctype, {"warehouse": warehouse})
		frappe.db.delete("SKU", {"name": sku})
		frappe.db.delete("Warehouse", {"name": warehouse})
		frappe.db.commit()


class TestTally(CountTest):
	def test_people_s_tallies_add_up_and_are_the_same_when_sent_twice(self):
		name = self.begin()
		self.tally(name, 4)
		self.tally(name, 4)
		self.assertEqual(self.tally(name, 5, counter="two"), {self.skus[0]: 9})
		self.assertEqual(self.tally(name, 3), {self.skus[0]: 8})
		self.assertEqual(counting.get_tally(name, self.skus[0], "two"), 5)
		self.assertEqual(self.tally(name, 7, counter=counting.SHEET), {self.skus[0]: 7})
		self.assertEqual(counting.get_progress(name), {"lines": 3, "counted": 1})

	def test_what_is_not_on_the_list_is_added(self):
		name = self.begin(scope="Part", category="C0")
		self.tally(name, 10, 3)

		line = self.get_line(name, 1)
		self.assertEqual((line.is_added, line.counted_qty, line.book_qty), (1, 3, 10))

	def test_what_another_count_has_is_not_added(self):
		other = self.begin(scope="Part", category="C1")
		name = self.begin(scope="Part", category="C0")

		with self.assertRaises(InvalidValueError) as caught:
			self.tally(name, 10, 3)
		self.assertIn(other, str(caught.exception))
		self.assertEqual(self.get_line(name).status, "To Count")

	def test_what_is_no_number_or_no_sku_is_refused_whole(self):
		name, bundle = self.begin(), factories.create_bundle().name
		for pieces in (
			{"nothing": 1},
			{bundle: 1},
			{self.skus[1]: -1},
			{self.skus[1]: 1.5},
			{self.skus[1]: "x"},
		):
			with self.subTest(pieces=pieces), self.assertRaises(InvalidValueError):
				counting.set_tallies(name, {self.skus[0]: 1, **pieces}, "one")
		self.assertEqual(counting.get_progress(name)["counted"], 0)

	def test_nothing_is_counted_before_or_after(self):
		name = self.make().name
		with self.assertRaises(InvalidValueError):
			self.tally(name, 1)
		counts.start(name)
		self.tally(name, 1)
		counts.finish(name)
		with self.assertRaises(InvalidValueError):
			self.tally(name, 2)
		self.assertEqual(self.get_line(name).counted_qty, 1)


class TestPost(CountTest):
	def test_the_difference_is_to_the_book_of_that_moment(self):
		name = self.begin()
		self.move(0, -2, "Issue")
		self.tally(name, 8, 9, 12)
		self.move(1, -3, "Issue")
		self.move(2, 5)
		counts.finish(name)
		self.assertEqual([self.get_line(name, number).difference for number in range(3)], [0, -1, 2])

		self.assertEqual(counts.post(name), "Posted")

		self.assertEqual(self.get_on_hand(), [8, 6, 17])
		rows = frappe.get_all(
			"Stock Ledger",
			filters={"source_name": name},
			fields=["movement_type", "qty_change"],
			order_by="qty_change asc",
			as_list=True,
		)
		self.assertEqual(rows, (("Stocktake", -1), ("Stocktake", 2)))
		self.assertEqual(self.get_line(name).open_key, None)
		self.assertIsNotNone(
			frappe.db.get_value(
				"Stock Balance", {"sku": self.skus[0], "warehouse": self.warehouse}, "counted_at"
			)
		)

	def test_it_is_posted_once(self):
		name = self.begin()
		self.tally(name, 8)
		counts.finish(name)
		counts.post(name)

		with self.assertRaises(InvalidValueError):
			counts.post(name)
		with self.assertRaises(AppendOnlyError):
			frappe.get_doc("Stock Count", name).cancel()
		self.assertEqual(self.get_on_hand(), [8, 10, 10])

	def test_what_moved_between_two_pieces_is_marked(self):
		name = self.begin()
		self.tally(name, 4)
		self.move(0, -1, "Issue")
		self.tally(name, 9)
		counting.set_tallies(name, {self.skus[1]: 10}, "one")

		self.assertEqual((self.get_line(name).has_moved, self.get_line(name, 1).has_moved), (1, 0))

	def test_what_nobody_counted_stays_or_is_nothing(self):
		for is_zero, expected in ((False, [9, 10, 10]), (True, [9, 0, 0])):
			name = self.begin()
			self.tally(name, 9)
			counts.finish(name, missing_is_zero=is_zero)
			counts.post(name)
			self.assertEqual(self.get_on_hand(), expected)

	def test_nothing_counted_is_not_finished(self):
		name = self.begin()
		with self.assertRaises(InvalidValueError):
			counts.finish(name)
		with self.assertRaises(InvalidValueError):
			counts.post(name)
		with self.assertRaises(InvalidValueError):
			frappe.get_doc("Stock Count", name).submit()

	def test_what_differs_is_counted_again(self):
		name = self.begin()
		self.tally(name, 8, 10, 10)
		counts.finish(name)

		self.assertEqual(counts.count_again(name), 1)
		self.tally(name, 10, counter="two")
		counts.finish(name)
		line = self.get_line(name)
		self.assertEqual((line.first_qty, line.counted_qty, line.difference), (8, 10, 0))
		with self.assertRaises(InvalidValueError):
			counts.count_again(name)

	def test_orders_that_lose_their_stock_are_named(self):
		order = factories.create_order([(self.skus[0], 8)])
		claim = Claim(order.name, order.items[0].name, self.skus[0], 8)
		reserve([Parcel("P", self.warehouse, [claim])])
		name = self.begin()
		self.tally(name, 5)
		counts.finish(name)
		counts.post(name)

		self.assertEqual(frappe.db.get_value("Stock Count", name, "lost_orders"), order.name)
		balance = {"sku": self.skus[0], "warehouse": self.warehouse}
		self.assertEqual(frappe.db.get_value("Stock Balance", balance, ["on_hand", "reserved"]), (5, 0))

	def test_what_has_left_since_can_t_be_missing_as_well(self):
		name = self.begin()
		self.tally(name, 2)
		counts.finish(name)
		self.move(0, -5, "Issue")

		with self.assertRaises(InsufficientStockError):
			counts.post(name)
		self.assertEqual(self.get_on_hand(), [5, 10, 10])

	def test_a_count_that_is_given_up_changes_nothing(self):
		name = self.begin()
		self.tally(name, 2)
		counts.give_up(name)

		self.assertEqual(self.get_on_hand(), [10, 10, 10])
		with self.assertRaises(InvalidValueError):
			counts.finish(name)

	def test_a_large_count_goes_on_where_it_stopped(self):
		name = self.begin()
		self.tally(name, 9, 8, 7)
		counts.finish(name)
		self.patch_batch(1)

		self.assertEqual(counts.post(name), "Posting")
		self.assertEqual(counts._post_batch(name), 1)
		frappe.get_doc("Stock Count", name).submit()

		self.assertEqual(self.get_on_hand(), [9, 8, 7])
		self.assertEqual(frappe.db.get_value("Stock Count", name, ["status", "docstatus"]), ("Posted", 1))

	def patch_batch(self, size: int) -> None:
		before = counts.BATCH
		self.addCleanup(setattr, counts, "BATCH", before)
		counts.BATCH = size


class TestRights(CountTest):
	def log_in(self, role: str, **scope) -> None:
		frappe.set_user("Administrator")
		frappe.set_user(factories.create_user([role], **scope).name)

	def test_a_blind_counter_never_sees_the_book(self):
		for is_blind, sees in ((1, False), (0, True)):
			frappe.set_user("Administrator")
			name = self.begin(is_blind=is_blind)
			self.tally(name, 8)
			self.log_in("OMS Warehouse Staff")
			answer = stock_counts.get_lines(name)
			with self.subTest(is_blind=is_blind):
				self.assertEqual(answer["sees_book"], sees)
				self.assertEqual(any("book_qty" in row for row in answer["rows"]), sees)
				self.assertEqual(len(stock_counts.get_lines(name, "Differences")["rows"]), int(sees))
			frappe.set_user("Administrator")
			counts.give_up(name)

	def test_nor_by_another_door(self):
		name = self.begin()
		self.tally(name, 8)
		line = self.get_line(name).name
		self.log_in("OMS Warehouse Staff")

		rows = frappe.get_list("Stock Count Line", filters={"name": line}, fields=["*"], order_by="name asc")
		self.assertEqual(rows[0].counted_qty, 8)
		self.assertNotIn("book_qty", rows[0])
		self.assertNotIn("difference", rows[0])

	def test_large_differences_are_a_manager_s_to_approve(self):
		frappe.db.set_single_value("OMS Settings", "count_limit_pieces", 3)
		name = self.begin()
		self.tally(name, 8, 12)
		counts.finish(name)
		self.log_in("OMS Warehouse Staff", warehouses=[self.warehouse])
		with self.assertRaises(frappe.PermissionError):
			stock_counts.post(name)
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc("Stock Count", name).submit()
		self.assertEqual(self.get_on_hand(), [10, 10, 10])

		self.log_in("OMS Manager")
		self.assertEqual(stock_counts.post(name), "Posted")

	def test_small_ones_are_posted_by_whoever_counts(self):
		name = self.begin()
		self.tally(name, 9)
		self.log_in("OMS Warehouse Staff")
		stock_counts.finish(name)

		self.assertEqual(stock_counts.post(name), "Posted")

	def test_value_counts_too(self):
		frappe.db.set_single_value("OMS Settings", "count_limit_value", 3)
		name = self.begin()
		self.tally(name, 9)
		counts.finish(name)
		self.log_in("OMS Warehouse Staff")

		with self.assertRaises(frappe.PermissionError):
			stock_counts.post(name)

	def test_who_only_looks_or_works_elsewhere_counts_nothing(self):
		name = self.begin()
		other = factories.create_warehouse().name
		for role, scope in (("OMS Order Clerk", {}), ("OMS Warehouse Staff", {"warehouses": [other]})):
			self.log_in(role, **scope)
			for call in (
				lambda: stock_counts.set_pieces(name, self.skus[0], "1"),
				lambda: stock_counts.finish(name),
				lambda: stock_counts.count_again(name),
				lambda: stock_counts.give_up(name),
				lambda: stock_counts.post(name),
				lambda: stock_counts.start(name),
				lambda: stock_counts.load_sheet(name, "/files/none.csv"),
			):
				with self.subTest(role), self.assertRaises(frappe.PermissionError):
					call()
		frappe.set_user("Administrator")
		self.assertEqual(counting.get_progress(name)["counted"], 0)


class TestSheet(CountTest):
	def load(self, name: str, text: str) -> int:
		file = frappe.get_doc(
			{"doctype": "File", "file_name": "count.csv", "is_private": 1, "content": text.encode()}
		).insert()
		self.addCleanup(file.delete_file_data_content)
		return stock_counts.load_sheet(name, file.file_url)

	def test_a_sheet_is_taken_whole(self):
		name = self.begin()
		rows = f"商品编码,库位,实盘数\n{self.skus[0]},A-1,0\n{self.skus[1]},A-2,11\n"

		self.assertEqual(self.load(name, rows), 2)
		self.assertEqual([self.get_line(name, number).counted_qty for number in range(2)], [0, 11])

	def test_wrong_columns_and_wrong_rows_are_named_and_nothing_is_taken(self):
		name = self.begin()
		good = f"{self.skus[0]},9\n"
		for text, named in (
			("Name,Remark\nx,1\n", "SKU Code or Barcode, Quantity"),
			(f"SKU,Remark\n{good}", "Quantity"),
			(f"SKU,Counted\n{good}nothing,3\n", "Row 3: nothing"),
			(f"SKU,Counted\n{good}{self.skus[1]},-3\n", "Row 3"),
			(f"SKU,Counted\n{good}{self.skus[1]},1.5\n", "1.5 is not a whole number"),
			(f"SKU,Counted\n{good}{good}", "is in row 2 already"),
		):
			with self.subTest(text=text), self.assertRaises(InvalidValueError) as caught:
				self.load(name, text)
			self.assertIn(named, str(caught.exception))
		self.assertEqual(counting.get_progress(name)["counted"], 0)
