"""A Stock Balance is the ledger's: people set the bin and the safety stock, nothing else."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_stock, create_warehouse


class TestStockBalance(IntegrationTest):
	def test_one_balance_per_sku_and_warehouse(self):
		balance = create_stock(create_sku().name, 5)

		again = {"doctype": "Stock Balance", "sku": balance.sku, "warehouse": balance.warehouse}
		with self.assertRaises(InvalidValueError):
			frappe.get_doc(again).insert()

	def test_the_database_holds_the_key_too(self):
		first, second = create_stock(create_sku().name, 1), create_stock(create_sku().name, 1)

		with self.assertRaises(Exception) as caught:
			frappe.db.set_value(
				"Stock Balance", second.name, {"sku": first.sku, "warehouse": first.warehouse}
			)
		self.assertTrue(frappe.db.is_unique_key_violation(caught.exception))

	def test_quantities_can_not_be_typed_in(self):
		balance = create_stock(create_sku().name, 5)
		for field in ("on_hand", "reserved", "in_transit"):
			with self.subTest(field):
				document = frappe.get_doc("Stock Balance", balance.name)
				document.set(field, 99)
				with self.assertRaises(InvalidValueError):
					document.save()
		with self.assertRaises(InvalidValueError):
			frappe.get_doc(
				{
					"doctype": "Stock Balance",
					"sku": create_sku().name,
					"warehouse": create_warehouse().name,
					"on_hand": 1,
				}
			).insert()
		self.assertEqual(frappe.db.get_value("Stock Balance", balance.name, "on_hand"), 5)

	def test_available_is_on_hand_less_reserved_less_safety(self):
		balance = frappe.get_doc("Stock Balance", create_stock(create_sku().name, 10, reserved=3).name)
		balance.safety_stock = 2
		balance.bin_location = "A-01-2"
		balance.save()

		self.assertEqual(
			frappe.db.get_value("Stock Balance", balance.name, ["available", "bin_location"]), (5, "A-01-2")
		)
