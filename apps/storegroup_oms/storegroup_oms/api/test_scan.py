"""Endpoints for scanners: what a code means, whose counts and transfers are shown, the same request twice."""

import frappe

from storegroup_oms.api import scan
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import counts
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class ScanTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.here, self.there = factories.create_warehouse().name, factories.create_warehouse().name
		self.code = factories.make_suffix()
		self.sku = factories.create_sku(
			specification="L", barcode=self.code, barcodes=[{"barcode": f"box{self.code}", "pack_qty": 12}]
		).name
		factories.create_stock(self.sku, 10, self.here)

	def log_in(self, role: str = "OMS Warehouse Staff", *warehouses: str) -> str:
		frappe.set_user("Administrator")
		user = factories.create_user([role], warehouses=warehouses).name
		frappe.set_user(user)
		return user


class TestFindCode(ScanTest):
	def test_piece_box_and_code(self):
		self.log_in()
		for code, pieces in ((self.code, 1), (f" BOX{self.code} ", 12), (self.sku, 1)):
			with self.subTest(code):
				found = scan.find_code(code)
				self.assertEqual(
					(found["sku"], found["specification"], found["pieces"]), (self.sku, "L", pieces)
				)
		self.assertIsNone(scan.find_code("no such code"))
		self.assertIsNone(scan.find_code(""))

	def test_a_bundle_is_not_handled(self):
		bundle = factories.create_bundle().name
		with self.assertRaises(InvalidValueError):
			scan.find_code(bundle)


class TestCount(ScanTest):
	def setUp(self):
		super().setUp()
		self.count = factories.create_stock_count(self.here).name
		counts.start(self.count)

	def test_each_counts_for_themselves(self):
		self.log_in("OMS Warehouse Staff", self.here)
		self.assertEqual(scan.set_tally(self.count, self.sku, 4), {"total": 4, "lines": 1, "counted": 1})
		self.assertEqual(scan.find_in_count(self.count, self.code)["mine"], 4)

		self.log_in("OMS Warehouse Staff", self.here)
		found = scan.find_in_count(self.count, self.code)
		self.assertEqual((found["mine"], found["is_listed"]), (0, True))
		self.assertNotIn("book_qty", found)
		self.assertEqual(scan.set_tally(self.count, self.sku, 5)["total"], 9)
		self.assertEqual(scan.set_tally(self.count, self.sku, 5)["total"], 9)

	def test_counts_of_other_warehouses_are_not_shown(self):
		self.log_in("OMS Warehouse Staff", self.there)
		self.assertEqual(scan.get_open_counts(), [])
		for call in (
			lambda: scan.find_in_count(self.count, self.code),
			lambda: scan.set_tally(self.count, self.sku, 1),
		):
			self.assertRaises(frappe.PermissionError, call)

		self.log_in("OMS Warehouse Staff", self.here)
		self.assertEqual([row.name for row in scan.get_open_counts()], [self.count])

	def test_what_is_found_besides_is_told(self):
		other = factories.create_sku().name

		self.assertEqual(scan.find_in_count(self.count, other)["is_listed"], False)
		self.assertIsNone(scan.find_in_count(self.count, "no such code"))


class TestReceive(ScanTest):
	def test_a_request_is_booked_once(self):
		self.log_in("OMS Warehouse Staff", self.there)
		name = scan.receive_goods(self.there, frappe.as_json({self.sku: 3}), "request-1", "DN 7")

		self.assertEqual(scan.receive_goods(self.there, {self.sku: 3}, "request-1"), name)
		balance = {"sku": self.sku, "warehouse": self.there}
		self.assertEqual(frappe.db.get_value("Stock Balance", balance, "on_hand"), 3)
		self.assertEqual(
			frappe.db.get_value("Stock Entry", name, ["status", "reference"]), ("Posted", "DN 7")
		)

	def test_what_is_wrong_books_nothing(self):
		for pieces, request in (
			({self.sku: 0}, "r"),
			({self.sku: 1.5}, "r"),
			({}, "r"),
			({self.sku: 1}, " "),
		):
			with self.subTest(pieces=pieces), self.assertRaises(frappe.ValidationError):
				scan.receive_goods(self.there, pieces, request)
		self.log_in("OMS Warehouse Staff", self.here)
		with self.assertRaises(frappe.PermissionError):
			scan.receive_goods(self.there, {self.sku: 1}, "r")
		self.log_in("OMS Order Clerk")
		with self.assertRaises(frappe.PermissionError):
			scan.receive_goods(self.there, {self.sku: 1}, "r")
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.count("Stock Ledger", {"warehouse": self.there}), 0)

	def test_transfers_are_offered_where_they_go(self):
		entry = factories.create_stock_entry("Transfer", [(self.sku, 4)], self.here, to_warehouse=self.there)
		entry.submit()
		for warehouse, expected in ((self.there, [entry.name]), (self.here, [])):
			self.log_in("OMS Warehouse Staff", warehouse)
			places = scan.get_places()
			self.assertEqual([row.name for row in places["warehouses"]], [warehouse])
			self.assertEqual([row.name for row in places["transfers"]], expected)
		self.log_in("OMS Warehouse Staff", self.there)
		self.assertEqual(
			[(row["sku"], row["expected"]) for row in scan.get_transfer(entry.name)["rows"]], [(self.sku, 4)]
		)
		self.log_in("OMS Customer Service")
		self.assertRaises(frappe.PermissionError, scan.get_transfer, entry.name)
		self.assertRaises(frappe.PermissionError, scan.get_places)
