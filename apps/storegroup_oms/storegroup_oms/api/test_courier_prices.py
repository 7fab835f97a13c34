"""Rate cards from Excel: the template is a sheet that can be read; one wrong cell and nothing is written."""

from datetime import date
from io import BytesIO

import frappe
from openpyxl import Workbook, load_workbook

from storegroup_oms.api import courier_prices
from storegroup_oms.couriers.lane_records import read_couriers
from storegroup_oms.couriers.price_sheets import EXAMPLES
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_user, create_warehouse

HEADINGS = ["快递公司", "发货仓库", "省份", "生效日期", "首重费用", "首重克数", "续重费用", "是否送达"]


class TestImport(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier, self.warehouse = create_courier().name, create_warehouse().name

	def upload(self, *rows, headings=HEADINGS):
		book = Workbook()
		book.active.append(headings)
		for row in rows:
			book.active.append(row)
		stream = BytesIO()
		book.save(stream)
		file = frappe.get_doc(
			{"doctype": "File", "file_name": "prices.xlsx", "content": stream.getvalue(), "is_private": 1}
		)
		return courier_prices.import_lanes(file.insert(ignore_permissions=True).file_url)

	def get_rows(self):
		return frappe.get_all(
			"Courier Lane",
			filters={"courier": self.courier},
			fields=[
				"warehouse",
				"province",
				"valid_from",
				"first_cost",
				"first_weight_g",
				"next_cost",
				"is_served",
			],
			order_by="province asc, valid_from asc",
		)

	def test_rows_become_lanes_and_again_nothing(self):
		rows = (
			[self.courier, self.warehouse, "浙江", date(2026, 1, 1), 3.2, 500, "0.80", "是"],
			[self.courier, None, "台湾省", "2026/1/1", None, None, None, "否"],
		)
		self.assertEqual(self.upload(*rows), {"created": 2, "changed": 0, "same": 0})
		far, near = self.get_rows()
		self.assertEqual((far.warehouse, far.province, far.is_served), (None, "台湾省", 0))
		self.assertEqual((near.warehouse, near.province), (self.warehouse, "浙江省"))
		self.assertEqual((near.valid_from, near.first_weight_g), (date(2026, 1, 1), 500))
		self.assertEqual((float(near.first_cost), float(near.next_cost)), (3.2, 0.8))
		self.assertEqual(self.upload(*rows), {"created": 0, "changed": 0, "same": 2})
		lane = read_couriers().find_lane(self.courier, self.warehouse, "浙江省", "杭州市")
		self.assertEqual(str(lane.get_cost(501)), "4.00")

	def test_new_prices_leave_the_old_ones(self):
		for day, cost in (("2026-01-01", 3), ("2026-03-01", 4), ("2099-01-01", 9)):
			self.upload([self.courier, "", "浙江", day, cost, "", "", ""])
		self.assertEqual([float(row.first_cost) for row in self.get_rows()], [3, 4, 9])
		costs = [
			read_couriers(day).find_lane(self.courier, "", "浙江省", "").first_cost
			for day in (date(2026, 2, 1), date(2026, 3, 1), None)
		]
		self.assertEqual(costs, [3, 4, 4])
		told = self.upload([self.courier, "", "浙江", "2026-03-01", 5, "", "", ""])
		self.assertEqual(told, {"created": 0, "changed": 1, "same": 0})
		self.assertEqual([float(row.first_cost) for row in self.get_rows()], [3, 5, 9])

	def test_every_wrong_cell_is_named_and_nothing_written(self):
		good = [self.courier, "", "浙江", "", 3, "", "", ""]
		wrong = (
			("快递公司", ["nobody", "", "浙江", "", 3, "", "", ""]),
			("快递公司", ["", "", "浙江", "", 3, "", "", ""]),
			("发货仓库", [self.courier, "nowhere", "浙江", "", 3, "", "", ""]),
			("省份", [self.courier, "", "中原", "", 3, "", "", ""]),
			("生效日期", [self.courier, "", "江苏", "soon", 3, "", "", ""]),
			("首重费用", [self.courier, "", "江苏", "", "-1", "", "", ""]),
			("首重费用", [self.courier, "", "江苏", "", "3.205", "", "", ""]),
			("首重费用", [self.courier, "", "江苏", "", "", "", "", "是"]),
			("首重克数", [self.courier, "", "江苏", "", 3, "0", "", ""]),
			("续重费用", [self.courier, "", "江苏", "", 3, "", "much", ""]),
			("是否送达", [self.courier, "", "江苏", "", 3, "", "", "maybe"]),
		)
		with self.assertRaises(InvalidValueError) as caught:
			self.upload(good, *(row for _column, row in wrong), good)
		lines = str(caught.exception).split("<br>")
		for number, (line, (column, _row)) in enumerate(zip(lines, wrong, strict=False), 3):
			self.assertTrue(line.startswith(f"Row {number}: {column}: "), line)
		self.assertEqual(lines[len(wrong) :], ["Row 14: The same lane is in row 2 already."])
		self.assertEqual(self.get_rows(), [])

	def test_wrong_columns(self):
		with self.assertRaises(InvalidValueError) as caught:
			self.upload([self.courier], headings=["快递公司"])
		self.assertIn("首重费用", str(caught.exception))

	def test_the_template_can_be_read(self):
		courier_prices.download_template()
		sheet = load_workbook(BytesIO(frappe.response["filecontent"])).active
		headings, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
		self.assertEqual(len(rows), len(EXAMPLES))
		rows = [[self.courier, *row[1:]] for row in rows]
		self.assertEqual(self.upload(*rows, headings=headings), {"created": 3, "changed": 0, "same": 0})

	def test_who_may(self):
		row = [self.courier, "", "浙江", "", 3, "", "", ""]
		for user in (
			create_user(["OMS Order Clerk"]).name,
			create_user(["OMS Manager"], warehouses=[self.warehouse]).name,
		):
			frappe.set_user(user)
			with self.assertRaises(frappe.PermissionError):
				self.upload(row)
			frappe.set_user("Administrator")
			self.assertEqual(self.get_rows(), [])
		frappe.set_user(create_user(["OMS Manager"]).name)
		self.assertEqual(self.upload(row)["created"], 1)
