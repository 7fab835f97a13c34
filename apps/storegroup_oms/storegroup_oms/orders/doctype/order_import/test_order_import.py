"""An Order Import document: readable kinds of files only, left alone while a job reads it."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop


class TestOrderImportDocument(IntegrationTest):
	def create(self, file: str = "/private/files/report.csv", **values):
		return frappe.get_doc(
			{"doctype": "Order Import", "shop": create_shop().name, "file": file, **values}
		).insert()

	def test_kinds_of_files(self):
		for file in ("/files/a.csv", "/files/A.XLSX", "/private/files/a.txt", "/files/a.tsv?v=1"):
			with self.subTest(file):
				self.assertEqual(self.create(file).status, "Draft")
		for file in ("/files/a.pdf", "/files/csv", "/files/a.xls"):
			with self.subTest(file), self.assertRaises(InvalidValueError):
				self.create(file)

	def test_input_stays_while_a_job_reads_it(self):
		for status in ("Checking", "Loading"):
			with self.subTest(status):
				document = self.create()
				document.db_set("status", status)
				document.file = "/private/files/other.csv"
				with self.assertRaises(InvalidValueError):
					document.save()
				with self.assertRaises(InvalidValueError):
					frappe.delete_doc("Order Import", document.name)

	def test_another_file_forgets_the_figures(self):
		document = self.create()
		document.db_set({"status": "Checked", "orders": 12, "error_message": "none"})
		document.reload()
		document.file = "/private/files/other.csv"
		document.save()

		self.assertEqual((document.status, document.orders or 0, document.error_message), ("Draft", 0, None))
