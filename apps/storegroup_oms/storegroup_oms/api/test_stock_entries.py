"""Endpoints of stock entries: rights and row scope, and what sheets and pasted text may hold."""

from io import BytesIO

import frappe
import openpyxl

from storegroup_oms.api import stock_entries
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class EndpointTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.here, self.there = factories.create_warehouse().name, factories.create_warehouse().name
		self.sku = factories.create_sku().name
		factories.create_stock(self.sku, 10, self.here)
		self.entry = factories.create_stock_entry(
			"Transfer", [(self.sku, 4)], self.here, to_warehouse=self.there
		)

	def log_in(self, role: str, *warehouses: str) -> None:
		frappe.set_user(factories.create_user([role], warehouses=warehouses).name)


class TestRights(EndpointTest):
	def test_goods_are_sent_by_their_own_warehouse_only(self):
		self.log_in("OMS Warehouse Staff", self.there)
		entry = frappe.get_doc("Stock Entry", self.entry.name)
		with self.assertRaises(frappe.PermissionError):
			entry.submit()
		self.assertEqual(frappe.db.count("Stock Ledger", {"source_name": entry.name}), 0)

		frappe.set_user("Administrator")
		self.log_in("OMS Warehouse Staff", self.here)
		frappe.get_doc("Stock Entry", self.entry.name).submit()
		with self.assertRaises(frappe.PermissionError):
			stock_entries.receive(self.entry.name, 0, {self.sku: 4})

	def test_goods_are_received_by_the_other_one(self):
		self.entry.submit()
		self.log_in("OMS Warehouse Staff", self.there)

		self.assertEqual(stock_entries.receive(self.entry.name, 0, frappe.as_json({self.sku: 4})), "Received")
		with self.assertRaises(frappe.PermissionError):
			stock_entries.reverse(
				factories.create_stock_entry("Receipt", [(self.sku, 1)], self.here).name, "x"
			)

	def test_who_only_looks_changes_nothing(self):
		self.entry.submit()
		for role in ("OMS Order Clerk", "OMS Finance", "OMS Customer Service"):
			frappe.set_user("Administrator")
			self.log_in(role)
			for call in (
				lambda: stock_entries.receive(self.entry.name, 0, {self.sku: 4}),
				lambda: stock_entries.reverse(self.entry.name, "x"),
				lambda: stock_entries.read_rows(self.sku + "\t1"),
				lambda: stock_entries.create_defective_place(self.here),
			):
				with self.subTest(role), self.assertRaises(frappe.PermissionError):
					call()
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.count("Stock Ledger", {"source_name": self.entry.name}), 2)

	def test_costs_are_not_the_warehouse_s_to_write(self):
		self.log_in("OMS Warehouse Staff", self.here)
		items = [{"sku": self.sku, "qty": 1, "unit_cost": 99}]
		entry = {"doctype": "Stock Entry", "kind": "Receipt", "warehouse": self.here, "items": items}
		name = frappe.get_doc(entry).insert().name

		self.assertEqual(frappe.db.get_value("Stock Entry Item", {"parent": name}, "unit_cost"), 0)


class TestReadRows(EndpointTest):
	def attach(self, content: bytes, name: str) -> str:
		file = frappe.get_doc({"doctype": "File", "file_name": name, "is_private": 1, "content": content})
		file.insert()
		self.addCleanup(file.delete_file_data_content)
		return file.file_url

	def test_pasted_text_with_and_without_headings(self):
		for text in (
			f"{self.sku}\t3\t1.5\n\n",
			f" {self.sku} , 3 ,1.5",
			f"条码\t数量\t单价\n{self.sku}\t3\t1.5",
		):
			with self.subTest(text=text):
				(row,) = stock_entries.read_rows(text)
				self.assertEqual((row["sku"], row["qty"], str(row["unit_cost"])), (self.sku, 3, "1.5"))
		with self.assertRaises(InvalidValueError):
			stock_entries.read_rows(self.sku)

	def test_a_workbook_and_a_csv_file(self):
		book = openpyxl.Workbook()
		book.active.append(["商品编码", "名称", "数量"])
		book.active.append([self.sku, "x", 7])
		stream = BytesIO()
		book.save(stream)
		csv = f"SKU,Quantity\n{self.sku},7\n".encode()
		for content, name in ((stream.getvalue(), "rows.xlsx"), (csv, "rows.csv")):
			with self.subTest(name):
				file = self.attach(content, name)
				self.assertEqual([row["qty"] for row in stock_entries.read_rows(file=file)], [7])

	def test_a_sheet_with_wrong_columns_is_refused_by_their_names(self):
		file = self.attach(b"Name,Pieces\nx,1\n", "wrong.csv")
		with self.assertRaises(InvalidValueError) as caught:
			stock_entries.read_rows(file=file)
		self.assertIn("SKU Code or Barcode", str(caught.exception))
		self.assertIn("Name", str(caught.exception))
		with self.assertRaises(InvalidValueError):
			stock_entries.read_rows(file=self.attach(b"%PDF-1.4", "rows.csv"))
