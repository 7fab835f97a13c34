"""Transfers: on the way at the destination, received in parts, differences written down and told."""

from decimal import Decimal

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import entries, transfers
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.test_entries import EntryTest as EntryBase
from storegroup_oms.tests import factories


class TransferTest(EntryBase):
	def setUp(self):
		super().setUp()
		self.stock()
		self.there = factories.create_warehouse().name
		self.entry = self.submit("Transfer", 6, 4, to_warehouse=self.there)

	def receive(self, *quantities: object, seen: int = 0, is_last: bool = False) -> str:
		pieces = dict(zip(self.skus, quantities, strict=False))
		return transfers.receive(self.entry.name, seen, pieces, is_last)

	def get_there(self) -> list[tuple[int, int]]:
		return [
			(self.get_balance(sku, "on_hand", self.there), self.get_balance(sku, "in_transit", self.there))
			for sku in self.skus
		]


class TestReceive(TransferTest):
	def test_sent_goods_are_on_the_way_there(self):
		self.assertEqual((self.get_on_hand(), self.get_there()), ([4, 6], [(0, 6), (0, 4)]))
		self.assertEqual(self.entry.status, "On the Way")

	def test_received_in_parts_at_the_cost_they_left_with(self):
		post([Movement(self.skus[0], self.warehouse, "Receipt", qty=4, unit_cost=Decimal(20))])

		self.assertEqual(self.receive(2), "Partly Received")
		self.assertEqual(self.get_there(), [(2, 4), (0, 4)])
		self.assertEqual(self.receive(4, 4, seen=1), "Received")
		self.assertEqual(self.get_there(), [(6, 0), (4, 0)])
		self.assertEqual(self.get_balance(self.skus[0], "average_cost", self.there), 4)
		self.assertEqual(frappe.db.get_value("Stock Entry", self.entry.name, "has_differences"), 0)
		self.assertFalse(frappe.db.exists("Task", {"reference_name": self.entry.name}))

	def test_a_receipt_that_somebody_else_has_made_is_not_made_again(self):
		self.receive(2)
		with self.assertRaises(InvalidValueError):
			self.receive(2)

		self.assertEqual(self.get_there(), [(2, 4), (0, 4)])

	def test_what_never_arrives_is_written_off_and_told(self):
		self.assertEqual(self.receive(5, 4, is_last=True), "Received")

		self.assertEqual(self.get_there(), [(5, 0), (4, 0)])
		self.entry.reload()
		self.assertEqual([row.missing_qty for row in self.entry.items], [1, 0])
		task = frappe.get_doc("Task", {"reference_name": self.entry.name})
		self.assertEqual((task.kind, task.status), ("Stock", "Open"))
		self.assertEqual(task.description, f"{self.skus[0]}: 6 sent, 5 received")
		entries.reverse(self.entry.name, "counted again")
		self.assertEqual(frappe.db.get_value("Task", task.name, "status"), "Done")

	def test_more_than_was_sent_is_booked_as_found(self):
		self.assertEqual(self.receive(7, 4), "Received")

		self.assertEqual(self.get_there(), [(7, 0), (4, 0)])
		self.assertEqual(frappe.db.get_value("Stock Entry", self.entry.name, "has_differences"), 1)

	def test_what_is_no_receipt_is_refused(self):
		other = factories.create_sku().name
		for pieces in ({}, {self.skus[0]: 0}, {self.skus[0]: -1}, {self.skus[0]: 1.5}, {other: 1}):
			with self.subTest(pieces=pieces), self.assertRaises(InvalidValueError):
				transfers.receive(self.entry.name, 0, pieces)
		receipt = self.submit("Receipt", 1)
		with self.assertRaises(InvalidValueError):
			transfers.receive(receipt.name, 0, {self.skus[0]: 1})
		self.assertEqual(self.get_there(), [(0, 6), (0, 4)])

	def test_after_the_last_nothing_is_received(self):
		self.receive(6, 4)
		with self.assertRaises(InvalidValueError):
			self.receive(1, seen=1)


class TestOtherWays(TransferTest):
	def test_moved_at_once(self):
		entry = self.submit("Transfer", 1, to_warehouse=self.there, at_once=1)

		self.assertEqual((entry.status, self.get_there()[0]), ("Posted", (1, 6)))

	def test_reversed_on_the_way_and_after_a_part_has_come(self):
		for received in (0, 2):
			with self.subTest(received=received):
				entry = self.submit("Transfer", 3, to_warehouse=self.there)
				before = self.get_there()
				if received:
					transfers.receive(entry.name, 0, {self.skus[0]: received})
				entries.reverse(entry.name, "the truck turned round")
				self.assertEqual(self.get_there()[0], (before[0][0], before[0][1] - 3))
				self.assertEqual(self.get_on_hand(), [4, 6])

	def test_a_row_stands_once(self):
		items = [{"sku": self.skus[0], "qty": 1, "bin_location": place} for place in ("A", "B")]
		with self.assertRaises(InvalidValueError):
			factories.create_stock_entry("Transfer", [], self.warehouse, to_warehouse=self.there, items=items)
