"""Differences are found in words, recorded once, end by themselves, and are repaired on record only."""

from decimal import Decimal
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import drifts, proof
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_sku, create_user, create_warehouse
from storegroup_oms.tests.scoped_rows import call


class ProofTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.sku, self.warehouse = create_sku().name, create_warehouse().name
		self.key = (self.sku, self.warehouse)
		for qty, cost in ((10, "4"), (5, "6"), (-3, None)):
			kind = "Receipt" if qty > 0 else "Issue"
			post([Movement(*self.key, kind, qty=qty, unit_cost=cost and Decimal(cost))])
		# Jobs commit, tests don't.
		patcher = patch.object(frappe.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def spoil(self, **values) -> None:
		"""Write a balance past the ledger, as a script or a restored table would."""
		pairs = ", ".join(f"`{field}` = %({field})s" for field in values)
		key = {"sku": self.sku, "warehouse": self.warehouse}
		frappe.db.sql(
			f"UPDATE `tabStock Balance` SET {pairs} WHERE sku = %(sku)s AND warehouse = %(warehouse)s",
			values | key,
		)

	def lose(self, *numbers: int) -> None:
		frappe.db.sql("DELETE FROM `tabStock Ledger` WHERE sku = %s AND entry_no IN %s", (self.sku, numbers))

	def find(self) -> list[tuple]:
		return [
			(drift.kind, drift.expected, drift.found) for drift in proof.compare_places([self.sku]).drifts
		]

	def prove(self) -> None:
		drifts.prove("Chosen", [self.sku], proof.find_lines_of(self.sku))

	def get_drifts(self, status: str = "Open") -> list[frappe._dict]:
		return frappe.get_all(
			"Stock Drift",
			filters={"status": status, "sku": self.sku},
			fields=[
				"name",
				"kind",
				"order",
				"expected",
				"found",
				"repaired_by",
				"repair_reason",
				"repair_note",
			],
			order_by="kind asc",
		)

	def repair_all(self, reason: str = "A script had written past the ledger") -> dict:
		return drifts.repair([row.name for row in self.get_drifts()], reason)

	def get_balance(self):
		fields = ["on_hand", "reserved", "available", "entry_no", "stock_value"]
		return frappe.db.get_value("Stock Balance", {"sku": self.sku, "warehouse": self.warehouse}, fields)

	def reserve(self, count: int):
		order = create_order([(self.sku, count)])
		(line,) = order.items
		reserve([Parcel("P", self.warehouse, [Claim(order.name, line.name, self.sku, count)])])
		return order


class TestFinding(ProofTest):
	def test_stock_that_adds_up_has_no_difference(self):
		self.reserve(4)

		comparison = proof.compare_places([self.sku])
		self.assertEqual((comparison.drifts, comparison.balances, comparison.ledger_rows), ([], 1, 4))

	def test_each_number_is_compared(self):
		self.spoil(on_hand=13, reserved=2, in_transit=1, available=99, stock_value=1)

		self.assertEqual(
			self.find(),
			[
				("On Hand", 12, 13),
				("Reserved", 0, 2),
				("In Transit", 0, 1),
				("Available", 11, 99),
				("Promises", 0, 2),
				("Value", 0, 0),
			],
		)
		(value,) = [drift for drift in proof.compare_places([self.sku]).drifts if drift.kind == "Value"]
		self.assertEqual((value.amount_expected, value.amount_found), (Decimal("56.0"), Decimal("1.0")))

	def test_a_lost_entry_is_found(self):
		self.lose(2)

		self.assertEqual(self.find()[:2], [("On Hand", 7, 12), ("Entries", 3, 2)])

	def test_a_balance_behind_its_ledger_is_found(self):
		self.spoil(entry_no=2)

		self.assertEqual(self.find(), [("Entries", 3, 2)])

	def test_a_ledger_without_a_balance_is_found(self):
		frappe.db.sql("DELETE FROM `tabStock Balance` WHERE sku = %s", self.sku)

		self.assertIn(("On Hand", 12, 0), self.find())

	def test_a_line_that_says_otherwise_is_found(self):
		(line,) = self.reserve(4).items
		frappe.db.set_value("Order Item", line.name, "reserved_qty", 1)

		(drift,) = proof.compare_lines([line.name])
		self.assertEqual((drift.kind, drift.expected, drift.found), ("Order Line", 4, 1))
		self.assertIn(line.name, proof.find_all_lines())

	def test_an_ended_order_holds_nothing_once_its_time_is_over(self):
		order = self.reserve(4)
		frappe.db.set_value("Order", order.name, "status", "Closed")
		self.assertEqual([drift for drift in proof.find_ended_promises() if drift.order == order.name], [])

		before = add_to_date(now_datetime(), minutes=-16)
		frappe.db.sql("UPDATE `tabOrder` SET modified = %s WHERE name = %s", (before, order.name))
		(drift,) = [drift for drift in proof.find_ended_promises() if drift.order == order.name]
		self.assertEqual((drift.kind, drift.sku, drift.found), ("Ended Order", self.sku, 4))

	def test_what_moved_is_found_by_time(self):
		skus, _lines = proof.find_moved(add_to_date(now_datetime(), minutes=-1))
		self.assertIn(self.sku, skus)

		skus, _lines = proof.find_moved(add_to_date(now_datetime(), minutes=30))
		self.assertNotIn(self.sku, skus)


class TestRecord(ProofTest):
	def test_recorded_once_and_ended_by_itself(self):
		self.spoil(on_hand=13, available=13)
		self.prove()
		self.prove()
		(row,) = [row for row in self.get_drifts() if row.kind == "On Hand"]
		self.assertEqual((row.expected, row.found), (12, 13))
		self.assertTrue(frappe.db.exists("Task", {"dedupe_key": drifts.TASK_KEY}))

		self.spoil(on_hand=12, available=12)
		self.prove()
		self.assertEqual(self.get_drifts(), [])
		self.assertEqual([row.kind for row in self.get_drifts("Gone")], ["On Hand"])

	def test_the_task_ends_with_the_last_difference(self):
		frappe.db.sql("UPDATE `tabStock Drift` SET status = 'Gone' WHERE status = 'Open'")
		self.spoil(on_hand=13, available=13)
		self.prove()
		task = frappe.db.get_value("Task", {"dedupe_key": drifts.TASK_KEY})

		self.spoil(on_hand=12, available=12)
		self.prove()
		self.assertEqual(frappe.db.get_value("Task", task, "status"), "Done")

	def test_a_proof_says_how_much_was_compared(self):
		self.prove()

		row = frappe.get_last_doc("Stock Proof")
		self.assertEqual((row.scope, row.balances, row.ledger_rows, row.lines), ("Chosen", 1, 3, 0))


class TestRepair(ProofTest):
	def assert_mended(self, *balance):
		self.assertEqual(self.find(), [])
		self.assertEqual(self.get_balance(), balance)

	def test_a_balance_is_written_anew_from_the_ledger(self):
		self.spoil(on_hand=13, available=13, stock_value=1, entry_no=1)
		self.prove()

		self.repair_all("The table was restored")

		self.assert_mended(12, 0, 12, 3, 56)
		rows = self.get_drifts("Repaired")
		self.assertEqual({row.kind for row in rows}, {"On Hand", "Value", "Entries"})
		for row in rows:
			self.assertEqual(
				(row.repaired_by, row.repair_reason), ("Administrator", "The table was restored")
			)
			self.assertEqual(row.repair_note, "Balance written anew from the ledger.")

	def test_lost_entries_are_filled_in_by_what_stands_beside_them(self):
		for lost in ((2,), (1, 2), (3,), (1, 2, 3)):
			with self.subTest(lost=lost):
				before = frappe.db.count("Stock Ledger", {"sku": self.sku})
				self.lose(*lost)
				self.prove()
				self.repair_all()

				self.assert_mended(12, 0, 12, 3, 56)
				self.assertEqual(frappe.db.count("Stock Ledger", {"sku": self.sku}), before)
				filled = frappe.get_all(
					"Stock Ledger",
					filters={"sku": self.sku, "entry_no": ["in", lost]},
					fields=["movement_type", "reason", "source_name"],
					order_by="entry_no asc",
				)
				for row in filled:
					self.assertEqual(
						tuple(row.values()),
						("Adjustment", "A script had written past the ledger", "Stock Proof"),
					)

	def test_a_changed_value_is_brought_back_by_an_entry(self):
		post([Movement(*self.key, "Issue", qty=-12)])
		frappe.db.sql(
			"UPDATE `tabStock Ledger` SET value_change = value_change + 1 WHERE sku = %s AND entry_no = 1",
			self.sku,
		)
		self.prove()
		self.repair_all()

		self.assert_mended(0, 0, 0, 5, 0)

	def test_a_promise_without_an_entry_gets_one(self):
		order = self.reserve(4)
		frappe.db.sql("UPDATE `tabStock Reservation` SET qty = 6 WHERE `order` = %s", order.name)
		self.prove()
		self.repair_all("Counted by hand")

		self.assert_mended(12, 6, 6, 5, 56)
		last = frappe.get_last_doc("Stock Ledger", {"sku": self.sku, "entry_no": 5})
		self.assertEqual(
			(last.movement_type, last.reserved_change, last.reason), ("Adjustment", 2, "Counted by hand")
		)

	def test_a_line_is_counted_anew(self):
		(line,) = self.reserve(4).items
		frappe.db.set_value("Order Item", line.name, "reserved_qty", 1)
		self.prove()
		self.repair_all()

		self.assertEqual(frappe.db.get_value("Order Item", line.name, "reserved_qty"), 4)
		(row,) = self.get_drifts("Repaired")
		self.assertEqual(row.repair_note, "Reserved of the order line written anew: 4 instead of 1.")

	def test_an_ended_order_gives_back(self):
		order = self.reserve(4)
		before = add_to_date(now_datetime(), minutes=-16)
		frappe.db.sql(
			"UPDATE `tabOrder` SET status = 'Closed', modified = %s WHERE name = %s", (before, order.name)
		)
		self.prove()
		self.repair_all()

		self.assert_mended(12, 0, 12, 5, 56)
		(row,) = self.get_drifts("Repaired")
		self.assertEqual(
			(row.kind, row.order, row.repair_note), ("Ended Order", order.name, "4 pieces given back.")
		)

	def test_no_repair_without_a_reason(self):
		self.spoil(on_hand=13, available=13)
		self.prove()

		for reason in ("", "  ", "x"):
			with self.subTest(reason), self.assertRaises(InvalidValueError):
				self.repair_all(reason)
		self.assertEqual(self.get_balance()[0], 13)
		self.assertEqual(len(self.get_drifts()), 1)

	def test_what_was_repaired_is_not_repaired_again(self):
		self.spoil(on_hand=13, available=13)
		self.prove()
		names = [row.name for row in self.get_drifts()]
		drifts.repair(names, "First")

		self.assertEqual(drifts.repair(names, "Second"), {})
		self.assertEqual(self.get_drifts("Repaired")[0].repair_reason, "First")


class TestReport(ProofTest):
	def run_report(self, **filters) -> dict:
		return call(
			"frappe.desk.query_report.run", report_name="Stock Proof", filters=frappe.as_json(filters)
		).message

	def test_says_what_is_wrong_in_words(self):
		self.spoil(on_hand=13, available=13, stock_value=1)
		self.prove()

		found = {row["kind"]: row for row in self.run_report(sku=self.sku)["result"]}
		self.assertEqual(found["On Hand"]["words"], "The balance says 13 on hand, its ledger adds up to 12.")
		self.assertEqual((found["Value"]["amount_expected"], found["Value"]["amount_found"]), (56, 1))

	def test_staff_see_their_warehouse_and_no_amounts(self):
		self.spoil(stock_value=1)
		self.prove()
		for warehouse, count in ((self.warehouse, 1), (create_warehouse().name, 0)):
			user = create_user(["OMS Warehouse Staff"], warehouses=[warehouse])
			frappe.set_user(user.name)
			answer = self.run_report(sku=self.sku, amount_found=2)
			frappe.set_user("Administrator")
			self.assertEqual(len(answer["result"]), count)
			self.assertNotIn("amount_found", str(answer))

	def test_only_administrators_repair(self):
		self.spoil(on_hand=13, available=13)
		self.prove()
		names = [row.name for row in self.get_drifts()]
		for role, may in (
			("OMS Warehouse Staff", False),
			("OMS Manager", False),
			("OMS Administrator", True),
		):
			frappe.set_user(create_user([role]).name)
			with self.subTest(role):
				if may:
					answer = call("storegroup_oms.api.stock.repair_stock", names=names, reason="Test")
					self.assertEqual(set(answer.message), set(names))
				else:
					with self.assertRaises(frappe.PermissionError):
						call("storegroup_oms.api.stock.repair_stock", names=names, reason="Test")
					self.assertEqual(self.get_balance()[0], 13)
			frappe.set_user("Administrator")
		self.assertEqual(self.get_balance()[0], 12)
