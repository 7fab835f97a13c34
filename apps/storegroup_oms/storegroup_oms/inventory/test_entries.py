"""Stock entries: each kind moves what it says, once; wrong rows are named and nothing is written; undone in full."""

from decimal import Decimal

import frappe

from storegroup_oms.exceptions import AppendOnlyError, InsufficientStockError, InvalidValueError, Shortage
from storegroup_oms.inventory import entries
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.inventory.warehouses import create_defective, find_defective
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.races import run_together


class EntryTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.warehouse = factories.create_warehouse().name
		self.skus = [factories.create_sku().name for _number in range(2)]

	def stock(self, on_hand: int = 10) -> None:
		for sku in self.skus:
			factories.create_stock(sku, on_hand, self.warehouse)

	def make(self, kind: str, *quantities: object, **values):
		lines = list(zip(self.skus, quantities, strict=False))
		return factories.create_stock_entry(kind, lines, self.warehouse, **values)

	def submit(self, kind: str, *quantities: int, **values):
		entry = self.make(kind, *quantities, **values)
		entry.submit()
		return entry

	def get_on_hand(self, warehouse: str | None = None) -> list[int]:
		return [self.get_balance(sku, "on_hand", warehouse) for sku in self.skus]

	def get_balance(self, sku: str, field: str, warehouse: str | None = None):
		place = {"sku": sku, "warehouse": warehouse or self.warehouse}
		return frappe.db.get_value("Stock Balance", place, field) or 0

	def get_rows(self, entry) -> list[tuple]:
		return frappe.get_all(
			"Stock Ledger",
			filters={"source_name": entry.name},
			fields=["movement_type", "qty_change", "in_transit_change"],
			order_by="movement_key asc",
			as_list=True,
		)

	def promise(self, pieces: int):
		order = factories.create_order([(self.skus[0], pieces)])
		claim = Claim(order.name, order.items[0].name, self.skus[0], pieces)
		reserve([Parcel("P", self.warehouse, [claim])])
		return order


class TestPost(EntryTest):
	def test_what_each_kind_moves(self):
		self.stock()
		for kind, values, row, on_hand in (
			("Receipt", {}, ("Receipt", 3, 0), 13),
			("Issue", {}, ("Issue", -3, 0), 10),
			("Adjustment", {"direction": "Add"}, ("Adjustment", 3, 0), 13),
			("Adjustment", {"direction": "Take Off"}, ("Adjustment", -3, 0), 10),
			("Return to Good", {}, ("Return", 3, 0), 13),
		):
			with self.subTest(kind, **values):
				entry = self.submit(kind, 3, **values)
				self.assertEqual(self.get_rows(entry), (row,))
				self.assertEqual(self.get_on_hand(), [on_hand, 10])
				self.assertEqual((entry.status, entry.total_qty), ("Posted", 3))

	def test_the_ledger_says_who_and_why(self):
		entry = self.submit("Receipt", 3, reason_code="Purchase", reason="first delivery")

		row = frappe.get_last_doc("Stock Ledger", {"source_name": entry.name})
		self.assertEqual(
			(row.source_doctype, row.reason, row.posted_by),
			("Stock Entry", "Purchase: first delivery", "Administrator"),
		)

	def test_a_second_posting_moves_nothing(self):
		entry = self.submit("Receipt", 3)
		entries.post_entry(entry)

		self.assertEqual(self.get_on_hand(), [3, 0])

	def test_what_came_at_a_price_moves_the_average(self):
		self.stock()
		entry = self.make("Receipt", 10)
		entry.items[0].unit_cost = 6
		entry.submit()

		self.assertEqual(self.get_balance(self.skus[0], "average_cost"), 5)

	def test_without_a_price_the_first_pieces_cost_what_the_sku_says(self):
		self.submit("Receipt", 10)

		self.assertEqual(self.get_balance(self.skus[0], "average_cost"), 4)

	def test_defective_goods_have_a_place_of_their_own(self):
		self.stock()
		returned = self.submit("Return to Defective", 2)
		broken = self.submit("Damage", 1)

		place = find_defective(self.warehouse)
		self.assertEqual((returned.to_warehouse, broken.to_warehouse), (place, place))
		self.assertEqual((self.get_on_hand(), self.get_on_hand(place)), ([9, 10], [3, 0]))
		self.assertEqual(frappe.db.get_value("Warehouse", place, "warehouse_kind"), "Defective")

	def test_what_is_promised_is_not_issued(self):
		self.stock()
		self.promise(8)
		entry = self.make("Issue", 3, 11)

		with self.assertRaises(InsufficientStockError) as caught:
			entry.submit()
		self.assertEqual(
			caught.exception.shortages,
			[Shortage(self.skus[0], self.warehouse, 3, 2), Shortage(self.skus[1], self.warehouse, 11, 10)],
		)
		self.assertEqual((self.get_rows(entry), self.get_on_hand()), ((), [10, 10]))

	def test_orders_whose_goods_broke_are_named(self):
		self.stock()
		order = self.promise(8)
		entry = self.submit("Damage", 3)

		self.assertEqual(entry.lost_orders, order.name)
		self.assertEqual(self.get_balance(self.skus[0], "reserved"), 0)

	def test_the_bin_is_remembered(self):
		entry = self.make("Receipt", 3)
		entry.items[0].bin_location = "A-01-2"
		entry.submit()

		self.assertEqual(self.get_balance(self.skus[0], "bin_location"), "A-01-2")

	def test_many_rows_cost_few_queries(self):
		skus = [factories.create_sku().name for _number in range(20)]
		few = factories.create_stock_entry("Receipt", [(skus[0], 1)], self.warehouse)
		many = factories.create_stock_entry("Receipt", [(sku, 1) for sku in skus[1:]], self.warehouse)
		entries.post_entry(few)

		with self.assertQueryCount(14):
			entries.post_entry(many)


class TestCheck(EntryTest):
	def refuse(self, text: str, kind: str = "Receipt", items: list[dict] | None = None, **values) -> None:
		entry = {"doctype": "Stock Entry", "kind": kind, "warehouse": self.warehouse, **values}
		before = frappe.db.count("Stock Entry")
		with self.assertRaises(InvalidValueError) as caught:
			frappe.get_doc(
				{**entry, "items": items if items is not None else [{"sku": self.skus[0], "qty": 1}]}
			).insert()
		self.assertIn(text, str(caught.exception))
		self.assertEqual(frappe.db.count("Stock Entry"), before)

	def test_quantities_are_whole_and_positive(self):
		for qty in (0, -1, 1.5, "1.5", "three", "", True):
			with self.subTest(qty=qty):
				items = [{"sku": self.skus[1], "qty": 1}, {"sku": self.skus[0], "qty": qty}]
				self.refuse(f"Row 2: {self.skus[0]}:", items=items)

	def test_all_wrong_rows_are_named_at_once(self):
		bundle = factories.create_bundle().name
		items = [
			{"sku": self.skus[0], "qty": 1},
			{"sku": bundle, "qty": 1},
			{"sku": self.skus[0], "qty": 2},
			{"barcode": "no such code", "qty": 2},
		]
		before = frappe.db.count("Stock Entry")
		with self.assertRaises(InvalidValueError) as caught:
			frappe.get_doc(
				{"doctype": "Stock Entry", "kind": "Receipt", "warehouse": self.warehouse, "items": items}
			).insert()

		message = str(caught.exception)
		for text in (
			f"Row 2: {bundle} is a bundle",
			f"Row 3: {self.skus[0]} is in row 1",
			"Row 4: no such code is",
		):
			self.assertIn(text, message)
		self.assertEqual(frappe.db.count("Stock Entry"), before)

	def test_unknown_records_are_refused(self):
		for values in ({"warehouse": "nowhere"}, {"items": [{"sku": "nothing", "qty": 1}]}):
			entry = {"doctype": "Stock Entry", "kind": "Receipt", "warehouse": self.warehouse}
			items = [{"sku": self.skus[0], "qty": 1}]
			# Frappe 16 finds both, Frappe 15 the warehouse.
			refused = self.assertRaises((InvalidValueError, frappe.LinkValidationError))
			with self.subTest(**values), refused:
				frappe.get_doc({**entry, "items": items, **values}).insert()
		self.assertEqual(frappe.db.count("Stock Entry", {"warehouse": self.warehouse}), 0)

	def test_a_transfer_goes_somewhere_else(self):
		self.refuse("Say to which warehouse", "Transfer")
		self.refuse("to itself", "Transfer", to_warehouse=self.warehouse)
		self.refuse("Only a transfer", "Receipt", to_warehouse=factories.create_warehouse().name)

	def test_what_changes_stock_by_hand_has_a_reason(self):
		for kind in ("Issue", "Adjustment", "Damage"):
			self.refuse("Choose the reason", kind, direction="Add")
		self.refuse("adds pieces or takes", "Adjustment", reason_code="Found Again")

	def test_a_warehouse_that_is_off_takes_nothing(self):
		frappe.db.set_value("Warehouse", self.warehouse, "is_active", 0)
		self.refuse("is switched off")

	def test_a_barcode_is_enough(self):
		sku = factories.create_sku(barcode=factories.make_suffix())
		entry = factories.create_stock_entry("Receipt", [(self.skus[0], 1)], self.warehouse)
		entry.append("items", {"barcode": f" {sku.barcode.upper()} ", "qty": 2})
		entry.save()

		self.assertEqual(entry.items[1].sku, sku.name)

	def test_results_are_not_typed_in(self):
		entry = self.make(
			"Receipt", 1, status="Received", receipt_count=4, reversal_of=self.make("Receipt", 1).name
		)

		self.assertEqual((entry.status, entry.receipt_count, entry.reversal_of), ("Draft", 0, None))

	def test_what_is_posted_stays(self):
		entry = self.submit("Receipt", 3)
		with self.assertRaises(AppendOnlyError):
			entry.cancel()
		entry.reload()
		entry.items[0].qty = 5
		with self.assertRaises(frappe.UpdateAfterSubmitError):
			entry.save()

		self.assertEqual(
			(self.get_on_hand(), frappe.db.get_value("Stock Entry", entry.name, "docstatus")), ([3, 0], 1)
		)


class TestReverse(EntryTest):
	def test_a_receipt_is_taken_back_by_rows_of_its_own(self):
		entry = self.submit("Receipt", 3, 4)
		reversal = frappe.get_doc("Stock Entry", entries.reverse(entry.name, "wrong supplier"))

		self.assertEqual(self.get_on_hand(), [0, 0])
		self.assertEqual((reversal.kind, reversal.reversal_of), ("Reversal", entry.name))
		rows = frappe.get_all(
			"Stock Ledger",
			filters={"source_name": reversal.name},
			fields=["movement_type", "reversal_of"],
			order_by="sku asc",
		)
		originals = frappe.get_all(
			"Stock Ledger", {"source_name": entry.name}, pluck="name", order_by="sku asc"
		)
		self.assertEqual([row.reversal_of for row in rows], originals)
		self.assertEqual({row.movement_type for row in rows}, {"Reversal"})
		stored = frappe.db.get_value("Stock Entry", entry.name, ["status", "reversed_by"])
		self.assertEqual(stored, ("Reversed", reversal.name))

	def test_an_issue_comes_back_at_its_cost(self):
		self.stock()
		entry = self.submit("Issue", 3)
		post([Movement(self.skus[0], self.warehouse, "Receipt", qty=7, unit_cost=Decimal(8))])
		entries.reverse(entry.name, "was not needed")

		self.assertEqual(self.get_on_hand(), [17, 10])
		self.assertAlmostEqual(
			self.get_balance(self.skus[0], "average_cost"), (7 * 4 + 7 * 8 + 3 * 4) / 17, 5
		)

	def test_it_is_done_once(self):
		entry = self.submit("Receipt", 3)
		reversal = entries.reverse(entry.name, "twice")

		for name in (entry.name, reversal):
			with self.assertRaises(InvalidValueError):
				entries.reverse(name, "again")
		self.assertEqual(self.get_on_hand(), [0, 0])

	def test_a_draft_and_a_silent_wish_are_refused(self):
		with self.assertRaises(InvalidValueError):
			entries.reverse(self.make("Receipt", 3).name, "no use")
		with self.assertRaises(InvalidValueError):
			entries.reverse(self.submit("Receipt", 3).name, "  ")
		self.assertEqual(frappe.db.count("Stock Entry", {"kind": "Reversal", "warehouse": self.warehouse}), 0)

	def test_goods_that_are_gone_or_promised_stay_reversed_by_nobody(self):
		entry = self.submit("Receipt", 10, 10)
		self.promise(8)
		post([Movement(self.skus[1], self.warehouse, "Issue", qty=-4)])

		with self.assertRaises(InsufficientStockError) as caught:
			entries.reverse(entry.name, "too late")
		self.assertEqual(
			caught.exception.shortages,
			sorted(
				[
					Shortage(self.skus[0], self.warehouse, 10, 2),
					Shortage(self.skus[1], self.warehouse, 10, 6),
				],
				key=lambda short: short.sku,
			),
		)
		self.assertEqual(self.get_on_hand(), [10, 6])

	def test_a_reversal_is_not_typed_in(self):
		with self.assertRaises(InvalidValueError):
			self.make("Reversal", 1)


class TestRace(IntegrationTest):
	def test_of_two_who_reverse_at_once_one_does(self):
		warehouse, sku = factories.create_warehouse().name, factories.create_sku().name
		entry = factories.create_stock_entry("Receipt", [(sku, 3)], warehouse)
		entry.submit()
		frappe.db.commit()
		self.addCleanup(self.remove, warehouse, sku)

		def take_back() -> str:
			try:
				return entries.reverse(entry.name, "twice at once")
			except InvalidValueError:
				return ""

		results = run_together([take_back, take_back])

		frappe.db.rollback()
		self.assertEqual(sorted(map(bool, results)), [False, True])
		self.assertEqual(frappe.db.get_value("Stock Balance", {"sku": sku}, ["on_hand", "entry_no"]), (0, 2))

	def remove(self, warehouse: str, sku: str) -> None:
		frappe.db.rollback()
		names = frappe.get_all("Stock Entry", {"warehouse": warehouse}, pluck="name", order_by="name asc")
		frappe.db.delete("Stock Entry Item", {"parent": ["in", names]})
		for doctype in ("Stock Entry", "Stock Balance", "Stock Ledger"):
			frappe.db.delete(doctype, {"warehouse": warehouse})
		frappe.db.delete("SKU", {"name": sku})
		frappe.db.delete("Warehouse", {"name": warehouse})
		frappe.db.commit()


class TestDefectivePlace(EntryTest):
	def test_there_is_one(self):
		place = create_defective(self.warehouse)

		self.assertEqual(create_defective(self.warehouse), place)
		with self.assertRaises(InvalidValueError):
			create_defective(place)
		with self.assertRaises(InvalidValueError):
			factories.create_warehouse(warehouse_kind="Defective", belongs_to=self.warehouse)
		with self.assertRaises(InvalidValueError):
			factories.create_warehouse(warehouse_kind="Defective")

	def test_whoever_sees_the_warehouse_sees_it(self):
		user = factories.create_user(["OMS Warehouse Staff"], warehouses=[self.warehouse]).name
		place = create_defective(self.warehouse)
		frappe.set_user(user)

		self.assertTrue(frappe.has_permission("Warehouse", "read", place))
