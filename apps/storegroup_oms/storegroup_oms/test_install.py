"""Installation refuses sites whose names are taken, and can be repeated without harm."""

import frappe

from storegroup_oms import install
from storegroup_oms.exceptions import NameTakenError
from storegroup_oms.setup import couriers, roles, workflow
from storegroup_oms.tests.compat import IntegrationTest

OWN_DOCTYPES = (
	"After-sale Case",
	"After-sale Inspection",
	"Connector Event",
	"Courier",
	"Customer",
	"Customer Identity",
	"Dedicated Stock",
	"Listing",
	"OMS Settings",
	"Order",
	"Order Event",
	"Order Import",
	"Order Import Layout",
	"Order Item",
	"Order Receiver",
	"Personal Data Access",
	"Pull Window",
	"SKU",
	"SKU Barcode",
	"SKU Component",
	"Shipment",
	"Shipment Item",
	"Shipment Order",
	"Shop",
	"Shop Warehouse",
	"Stock Balance",
	"Stock Ledger",
	"Stock Push",
	"Task",
	"Tracking Event",
	"Warehouse",
	"Warehouse Region",
)


class TestNames(IntegrationTest):
	def test_every_doctype_of_the_folders_is_known(self):
		self.assertLessEqual(set(OWN_DOCTYPES), set(install.get_own_doctypes()))

	def test_a_site_of_our_own_has_no_taken_name(self):
		self.assertEqual(install.find_taken_names(), [])
		self.assertIsNone(install.before_install())

	def test_a_doctype_of_another_app_is_refused_by_name(self):
		# As ERPNext would have left it: the same name in a module of its own.
		frappe.db.set_value("DocType", "Customer", "module", "Core")
		frappe.db.set_value("DocType", "Task", "custom", 1)

		self.assertEqual(install.find_taken_names(), [("Customer", "frappe"), ("Task", "storegroup_oms")])
		with self.assertRaises(NameTakenError) as caught:
			install.before_install()
		self.assertIn("Customer (frappe)", str(caught.exception))


class TestRepetition(IntegrationTest):
	def count(self) -> dict[str, int]:
		doctypes = ("Role", "Courier", "Workflow", "Workflow State", "Workflow Action Master", "Has Role")
		return {doctype: frappe.db.count(doctype) for doctype in doctypes}

	def test_a_second_migration_adds_nothing(self):
		before = self.count()
		install.after_install()
		install.after_migrate()

		self.assertEqual(self.count(), before)

	def test_what_is_missing_comes_back(self):
		frappe.db.delete("Courier", {"name": couriers.COURIERS[0][0]})
		frappe.db.delete("Role", {"name": roles.ROLES[0]})
		workflow.remove_review_workflow()
		install.after_migrate()

		self.assertTrue(frappe.db.exists("Courier", couriers.COURIERS[0][0]))
		self.assertTrue(frappe.db.exists("Role", roles.ROLES[0]))
		self.assertTrue(frappe.db.exists("Workflow", workflow.WORKFLOW))
