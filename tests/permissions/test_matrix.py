"""The permission matrix, cell by cell: matrix.csv and fields.csv say what shall be, not the DocTypes.

Letters: r read, w write, c create, d delete, e export, p report. Each cell is tried on a record of the
user's own shop and warehouse and on one of another, by document, list, REST client, export and search.
"""

import csv
import importlib
import pkgutil
from pathlib import Path

import frappe
from frappe.model import display_fieldtypes

import storegroup_oms
from storegroup_oms.permissions import SCOPES
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import call, create_rows, set_role

FOLDER = Path(__file__).parent
LETTERS = {"r": "read", "w": "write", "c": "create", "d": "delete", "e": "export", "p": "report"}

# Open to everybody, and what they ask for instead of a log-in.
GUEST_DOORS = {
	"storegroup_oms.api.tracking.push_kdniao": "a signature by the account's key",
	"storegroup_oms.api.tracking.push_kuaidi100": "a signature by the account's salt",
	"storegroup_oms.api.tracking.track": "four digits of the receiver's phone",
}


def read_table(name: str) -> list[dict]:
	with (FOLDER / name).open(encoding="utf-8") as file:
		return list(csv.DictReader(file))


MATRIX = {row["doctype"]: row for row in read_table("matrix.csv")}
ROLES = [column for column in read_table("matrix.csv")[0] if column not in ("doctype", "scope", "why")]


def get_app_doctypes() -> dict[str, frappe._dict]:
	modules = frappe.get_all("Module Def", filters={"app_name": "storegroup_oms"}, pluck="name")
	rows = frappe.get_all(
		"DocType", filters={"module": ["in", modules]}, fields=["name", "istable"], order_by="name asc"
	)
	return {row.name: row for row in rows}


class TestMatrix(IntegrationTest):
	def test_matrix_names_every_record_of_the_app(self):
		records = [name for name, row in get_app_doctypes().items() if not row.istable]
		self.assertEqual(sorted(MATRIX), sorted(records))

	def test_rights_of_each_role(self):
		for doctype, row in MATRIX.items():
			for role in ROLES:
				with self.subTest(doctype, role=role):
					given = {
						letter for letter, right in LETTERS.items() if self.has_right(doctype, role, right)
					}
					self.assertEqual("".join(letter for letter in LETTERS if letter in given), row[role])

	def has_right(self, doctype: str, role: str, right: str) -> bool:
		return any(
			permission.role == role and not permission.permlevel and permission.get(right)
			for permission in frappe.get_meta(doctype).permissions
		)

	def test_no_other_role_is_named(self):
		for doctype in MATRIX:
			named = {permission.role for permission in frappe.get_meta(doctype).permissions}
			self.assertLessEqual(named, set(ROLES), doctype)

	def test_scope_column_names_what_narrows(self):
		for doctype, row in MATRIX.items():
			self.assertEqual(bool(row["scope"]), doctype in SCOPES, doctype)

	def test_levels_of_fields(self):
		declared = {}
		for row in read_table("fields.csv"):
			for field in row["fields"].split():
				declared[(row["doctype"], field)] = (
					int(row["level"]),
					set(filter(None, row["readers"].split(";"))),
				)
		actual = {}
		parents = {
			"Order Item": "Order",
			"Stock Entry Item": "Stock Entry",
			"Courier Surcharge": "Courier",
		}
		for doctype in get_app_doctypes():
			permissions = frappe.get_meta(parents.get(doctype, doctype)).permissions
			for field in frappe.get_meta(doctype).fields:
				if field.permlevel and field.fieldtype not in display_fieldtypes:
					readers = {
						row.role for row in permissions if row.permlevel == field.permlevel and row.read
					}
					actual[(doctype, field.fieldname)] = (field.permlevel, readers)
		self.assertEqual(actual, declared)


class TestDoors(IntegrationTest):
	"""Every role at every door, on its own row and on another shop's."""

	def setUp(self):
		super().setUp()
		self.shop, self.warehouse = factories.create_shop().name, factories.create_warehouse().name
		self.user = factories.create_user(ROLES[:1], shops=[self.shop], warehouses=[self.warehouse]).name
		self.own = create_rows(self.shop, self.warehouse)
		self.foreign = create_rows(factories.create_shop().name, factories.create_warehouse().name)

	def test_each_cell(self):
		for role in ROLES:
			frappe.set_user("Administrator")
			set_role(self.user, role)
			frappe.set_user(self.user)
			for doctype, row in MATRIX.items():
				if row["scope"]:
					self.try_cell(doctype, role, row[role])

	def try_cell(self, doctype: str, role: str, letters: str):
		own, foreign = self.own[doctype], self.foreign[doctype]
		with self.subTest(doctype, role=role, door="document"):
			for letter in "rwd":
				self.assertEqual(
					frappe.has_permission(doctype, LETTERS[letter], own), letter in letters, letter
				)
				self.assertFalse(frappe.has_permission(doctype, LETTERS[letter], foreign), letter)
			self.assertEqual(frappe.has_permission(doctype, "create"), "c" in letters)
		filters = frappe.as_json([[doctype, "name", "in", [own, foreign]]])
		named = {"doctype": doctype, "filters": filters, "fields": '["name"]'}
		may_read, may_export = "r" in letters, "e" in letters or role == "System Manager"
		for command, arguments, allowed in (
			("frappe.client.get", {"doctype": doctype, "name": own}, may_read),
			("frappe.client.get_list", named, may_read),
			("frappe.client.get_count", named, may_read),
			("frappe.desk.reportview.get", named, may_read),
			("frappe.desk.search.search_link", {"doctype": doctype, "txt": "", "filters": filters}, may_read),
			(
				"frappe.desk.reportview.export_query",
				{**named, "file_format_type": "CSV", "title": "x"},
				may_read and may_export,
			),
		):
			with self.subTest(doctype, role=role, door=command):
				if not allowed:
					self.assertRaises(frappe.PermissionError, call, command, **arguments)
					continue
				answer = call(command, **arguments)
				if command.endswith("count"):
					self.assertEqual(answer.message, 1)
				else:
					self.assertIn(own, str(answer))
					self.assertNotIn(foreign, str(answer))
		with self.subTest(doctype, role=role, door="foreign document"):
			self.assertRaises(
				frappe.PermissionError, call, "frappe.client.get", doctype=doctype, name=foreign
			)


class TestEndpoints(IntegrationTest):
	def test_guest_is_refused_by_every_endpoint(self):
		for module in pkgutil.walk_packages(storegroup_oms.__path__, "storegroup_oms."):
			if "test" not in module.name.rpartition(".")[2]:
				importlib.import_module(module.name)
		endpoints = [
			f"{function.__module__}.{function.__qualname__}"
			for function in frappe.whitelisted
			if getattr(function, "__module__", "").startswith("storegroup_oms.")
			# Methods of a document are called through run_doc_method, which Guest may not call.
			and "." not in function.__qualname__
		]
		self.assertIn("storegroup_oms.api.privacy.reveal_receiver", endpoints)
		guests = {f"{function.__module__}.{function.__qualname__}" for function in frappe.guest_methods}
		self.assertEqual({name for name in endpoints if name in guests}, set(GUEST_DOORS))
		frappe.set_user("Guest")
		for endpoint in set(endpoints) - set(GUEST_DOORS):
			with self.subTest(endpoint):
				self.assertRaises(frappe.PermissionError, call, endpoint)
