"""History is written once, for everybody, and only an uninstallation takes it away."""

import frappe

from storegroup_oms.append_only import AppendOnlyMixin
from storegroup_oms.exceptions import AppendOnlyError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order

HISTORY = ("Order Event", "Personal Data Access", "Stock Ledger", "Tracking Event")


class TestAppendOnly(IntegrationTest):
	def setUp(self):
		super().setUp()
		name = frappe.db.get_value("Order Event", {"order": create_order().name})
		self.row = frappe.get_doc("Order Event", name)

	def test_every_history_has_the_guard_in_front(self):
		for doctype in HISTORY:
			controller = type(frappe.new_doc(doctype))
			self.assertIs(controller.__mro__[1], AppendOnlyMixin, doctype)

	def test_nobody_is_granted_more_than_reading(self):
		for doctype in HISTORY:
			for row in frappe.get_meta(doctype).permissions:
				granted = [right for right in ("write", "create", "delete", "submit") if row.get(right)]
				self.assertEqual(granted, [], (doctype, row.role))

	def test_administrator_is_refused_too(self):
		self.row.source = "another"
		for attempt in (
			lambda: self.row.save(ignore_permissions=True),
			lambda: self.row.delete(ignore_permissions=True, force=True),
			lambda: frappe.rename_doc("Order Event", self.row.name, "renamed", force=True),
		):
			with self.assertRaises(AppendOnlyError) as caught:
				attempt()
			self.assertIn(self.row.name, str(caught.exception))
		self.assertEqual(frappe.db.get_value("Order Event", self.row.name, "source"), "Administrator")

	def test_an_uninstallation_may_delete(self):
		frappe.flags.in_uninstall = True
		frappe.delete_doc("Order Event", self.row.name, force=True)

		self.assertFalse(frappe.db.exists("Order Event", self.row.name))
