"""Order-report files from the attachment to the database: figures, refusals, and nothing half-done."""

import csv
import io
import json
from pathlib import Path

import frappe
import pytest
from frappe.utils import get_site_path

from storegroup_oms.api import order_import as api
from storegroup_oms.exceptions import ImportStateError
from storegroup_oms.orders import import_file, order_import
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, create_user, make_suffix

TMALL = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额"
REAL_REPORT = Path(__file__).parents[4].parent / "shared" / "data" / "tmall_order_report.csv"

ROWS = (
	"1,178.8,0.0,上海,2020-02-21 00:00:00,,0.0",
	"2,21.0,21.0,内蒙古自治区,2020-02-20 23:59:54,2020-02-21 00:00:02,0.0",
	"5,64.8,0.0,江苏省,2020-02-20 23:57:04,2020-02-20 23:57:11,64.8",
	"6,327.7,148.9,浙江省,2020-02-20 23:56:39,2020-02-20 23:56:53,178.8",
)


class ImportTest(IntegrationTest):
	"""Files made here are removed from the disk; rows are committed by the importer and deleted after."""

	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		self.addCleanup(self.remove_committed)

	def remove_committed(self) -> None:
		frappe.db.rollback()
		orders = frappe.get_all("Order", {"shop": self.shop}, pluck="name", order_by="name asc")
		for doctype, field in (
			("Order Item", "parent"),
			("Order Event", "order"),
			("Order Receiver", "order"),
			("Order", "name"),
		):
			for start in range(0, len(orders), 5000):
				frappe.db.delete(doctype, {field: ["in", orders[start : start + 5000]]})
		for row in frappe.get_all("Order Import", {"shop": self.shop}, ["name", "file"], order_by="name asc"):
			for filters in ({"file_url": row.file}, {"attached_to_name": row.name}):
				for name in frappe.get_all("File", filters, pluck="name", order_by="name asc"):
					frappe.delete_doc("File", name, force=True, ignore_permissions=True)
		for doctype in ("Order Import", "Order Import Layout"):
			frappe.db.delete(doctype, {"shop": self.shop})
		frappe.db.delete("Shop", {"name": self.shop})
		frappe.db.commit()

	def attach(self, content: str | bytes, name: str = "report.csv", **values) -> str:
		"""An Order Import with this file; returns its name."""
		content = content if isinstance(content, bytes) else content.encode()
		file = frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{make_suffix()}-{name}",
				"is_private": 1,
				"content": content,
			}
		).insert(ignore_permissions=True)
		document = frappe.get_doc(
			{"doctype": "Order Import", "shop": self.shop, "file": file.file_url, **values}
		)
		name = document.insert(ignore_permissions=True).name
		frappe.db.commit()  # the importer rolls back what failed, and must not take this with it
		return name

	def load(self, *rows: str, dry_run: bool = False, **values) -> dict:
		return order_import.run(self.attach("\n".join((TMALL, *rows)), **values), dry_run)

	def count_orders(self, **filters) -> int:
		return frappe.db.count("Order", {"shop": self.shop, **filters})


class TestLoad(ImportTest):
	def test_small_report(self) -> None:
		figures = self.load(*ROWS)
		self.assertEqual(figures["status"], "Loaded")
		self.assertEqual(
			[figures[key] for key in ("rows", "orders", "new_orders", "rejected_rows", "unpaid_orders")],
			[4, 4, 4, 0, 1],
		)
		self.assertEqual(str(figures["total_amount"]), "592.30")
		self.assertEqual(str(figures["paid_amount"]), "169.90")
		self.assertEqual(str(figures["refund_amount"]), "243.60")
		stored = frappe.get_all(
			"Order",
			{"shop": self.shop},
			["platform_order_no", "status", "province", "total_amount", "paid_at"],
			order_by="platform_order_no asc",
		)
		self.assertEqual(
			[(row.platform_order_no, row.status, row.province, row.total_amount) for row in stored],
			[
				("1", "Unpaid", "上海市", 178.8),
				("2", "Completed", "内蒙古自治区", 21.0),
				("5", "Closed", "江苏省", 64.8),
				("6", "Completed", "浙江省", 327.7),
			],
		)
		self.assertIsNone(stored[0].paid_at)
		self.assertEqual(str(stored[1].paid_at), "2020-02-21 00:00:02")

	def test_paid_orders_can_go_to_review(self) -> None:
		self.load(*ROWS, paid_without_status="To Review")
		self.assertEqual(self.count_orders(status="To Review"), 2)

	def test_second_load_changes_nothing(self) -> None:
		self.load(*ROWS)
		figures = self.load(*ROWS)
		self.assertEqual(
			(figures["new_orders"], figures["changed_orders"], figures["unchanged_orders"]), (0, 0, 4)
		)
		self.assertEqual(self.count_orders(), 4)

	def test_check_writes_no_order(self) -> None:
		figures = self.load(*ROWS, dry_run=True)
		self.assertEqual((figures["status"], figures["new_orders"]), ("Checked", 4))
		self.assertEqual(self.count_orders(), 0)

	def test_bad_rows_are_listed_and_can_be_corrected(self) -> None:
		bad = "7,12.345,1,浙江省,2020-02-20 23:56:39,2020-02-20 23:56:53,0"
		worse = "8,10.00,10.00,浙江省,yesterday,2020-02-20 23:56:53,0"
		figures = self.load(*ROWS, bad, worse)
		self.assertEqual((figures["orders"], figures["rejected_rows"]), (4, 2))
		sample = json.loads(figures["sample_errors"])
		self.assertEqual([error["row"] for error in sample], ["6", "7"])
		self.assertEqual([error["column"] for error in sample], ["总金额", "订单创建时间"])
		self.assertTrue(all(error["reason"] for error in sample))
		content = frappe.get_doc("File", {"file_url": figures["rejected_file"]}).get_content()
		text = content if isinstance(content, str) else content.decode("utf-8-sig")
		rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
		self.assertEqual([row[0] for row in rows[1:]], ["7", "8"])
		mended = text.replace("12.345", "12.34").replace("yesterday", "2020-02-20 10:00:00")
		again = order_import.run(self.attach(mended), False)
		self.assertEqual((again["new_orders"], again["rejected_rows"]), (2, 0))

	def test_formula_in_a_cell_is_text(self) -> None:
		figures = self.load("9,=1+1,1,浙江省,2020-02-20 23:56:39,2020-02-20 23:56:53,0")
		self.assertEqual((figures["orders"], figures["rejected_rows"]), (0, 1))


class TestRefusedFiles(ImportTest):
	def refuse(self, content: bytes | str, name: str = "report.csv") -> str:
		figures = order_import.run(self.attach(content, name), False)
		self.assertEqual(figures["status"], "Failed")
		self.assertEqual(self.count_orders(), 0)
		return figures["error_message"]

	def test_missing_column(self) -> None:
		text = "\n".join((TMALL, *ROWS)).replace(",订单创建时间", "")
		text = "\n".join(line for line in text.splitlines())
		self.assertIn("订单创建时间", self.refuse(text))

	def test_bad_encoding_deep_in_the_file(self) -> None:
		head = "\n".join((TMALL, *ROWS)).encode()
		message = self.refuse(head + b"\n10,1.0,1.0,\xff\xfe\xfa,2020-02-20 23:56:39,,0\n")
		self.assertIn("6", message)

	def test_line_of_50_mb(self) -> None:
		message = self.refuse(TMALL.encode() + b"\n" + b"1" * (50 * 1024 * 1024))
		self.assertTrue(message)

	def test_zip_bomb(self) -> None:
		import zipfile

		target = io.BytesIO()
		with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
			archive.writestr("[Content_Types].xml", "<Types/>")
			archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 1024 * 1024))
		message = self.refuse(target.getvalue(), "report.xlsx")
		self.assertIn("268435456", message)

	def test_empty_file_has_a_reason(self) -> None:
		self.assertTrue(self.refuse(TMALL))

	def test_crash_leaves_a_state_that_can_be_repeated(self) -> None:
		name = self.attach("\n".join((TMALL, *ROWS)))
		real = order_import.intake.save_orders

		def crash(*_arguments):
			raise RuntimeError("the server went away")

		order_import.intake.save_orders = crash
		try:
			with self.assertRaises(RuntimeError):
				order_import.run(name, False)
		finally:
			order_import.intake.save_orders = real
		self.assertEqual(frappe.db.get_value("Order Import", name, "status"), "Failed")
		self.assertEqual(self.count_orders(), 0)
		self.assertEqual(order_import.run(name, False)["new_orders"], 4)


class TestMapping(ImportTest):
	OWN = "Nr,Sum,When,Where\nA1,10.00,2026-11-01 10:00:00,浙江省\n"

	def test_unknown_layout_is_mapped_once_and_remembered(self) -> None:
		name = self.attach(self.OWN)
		self.assertEqual(order_import.run(name, True)["status"], "Failed")
		found = api.get_headings(name)
		self.assertEqual(found["headings"], ["Nr", "Sum", "When", "Where"])
		self.assertIn("platform_order_no", [field["fieldname"] for field in found["fields"] if field["reqd"]])
		mapping = {
			"platform_order_no": "Nr",
			"total_amount": "Sum",
			"ordered_at": "When",
			"province": "Where",
		}
		api.save_mapping(name, json.dumps(mapping))
		self.assertEqual(order_import.run(name, False)["new_orders"], 1)
		other = order_import.run(self.attach(self.OWN.replace("A1", "A2")), False)
		self.assertEqual((other["status"], other.get("error_message")), ("Loaded", None))
		self.assertEqual(other["new_orders"], 1)

	def test_wrong_mapping_is_refused(self) -> None:
		name = self.attach(self.OWN)
		with self.assertRaises(ImportStateError):
			api.save_mapping(name, json.dumps({"platform_order_no": "Nowhere"}))
		self.assertEqual(frappe.db.count("Order Import Layout", {"shop": self.shop}), 0)


class TestStates(ImportTest):
	def test_load_needs_a_check_first(self) -> None:
		name = self.attach("\n".join((TMALL, *ROWS)))
		with self.assertRaises(ImportStateError):
			api.start_load(name)
		self.assertEqual(frappe.db.get_value("Order Import", name, "status"), "Draft")

	def test_running_import_is_not_started_again(self) -> None:
		name = self.attach("\n".join((TMALL, *ROWS)))
		frappe.db.set_value("Order Import", name, "status", "Loading")
		with self.assertRaises(ImportStateError):
			api.start_check(name)

	def test_other_people_may_not_start_it(self) -> None:
		name = self.attach("\n".join((TMALL, *ROWS)))
		user = create_user(roles=["OMS Customer Service"])
		frappe.set_user(user.name)
		for call in (api.start_check, api.start_load, api.get_headings):
			with self.assertRaises(frappe.PermissionError):
				call(name)
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.get_value("Order Import", name, "status"), "Draft")


class TestRealReport(ImportTest):
	@pytest.mark.skipif(
		not REAL_REPORT.exists(), reason="the real Tmall report (../shared/data) is not on this machine"
	)
	def test_real_report_reproduces_the_published_figures(self) -> None:
		figures = import_file.load_file(self.shop, str(REAL_REPORT))
		self.assertEqual(
			(figures["rows"], figures["new_orders"], figures["rejected_rows"]), (28_010, 28_010, 0)
		)
		stored = frappe.db.sql(
			"""SELECT COUNT(*), SUM(total_amount), SUM(paid_amount), SUM(refund_amount), SUM(paid_at IS NULL),
			SUM(status = 'Unpaid'), MIN(DATE(ordered_at)), MAX(DATE(ordered_at)) FROM tabOrder WHERE shop = %s""",
			self.shop,
		)[0]
		self.assertEqual(int(stored[0]), 28_010)
		self.assertEqual([f"{value:.2f}" for value in stored[1:4]], ["2995760.61", "1902487.15", "572335.92"])
		self.assertEqual([int(value) for value in stored[4:6]], [3_923, 3_923])
		self.assertEqual([str(value) for value in stored[6:8]], ["2020-02-01", "2020-02-29"])
		again = import_file.load_file(self.shop, str(REAL_REPORT))
		self.assertEqual(
			(again["new_orders"], again["changed_orders"], again["unchanged_orders"]), (0, 0, 28_010)
		)
		self.assertEqual(self.count_orders(), 28_010)
		self.assertTrue(Path(get_site_path()).exists())
