"""The builders build: each returns a stored record, and two calls never meet."""

import frappe

from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest

BUILDERS = (
	factories.create_after_sale_case,
	factories.create_bundle,
	factories.create_courier,
	factories.create_customer,
	factories.create_listing,
	factories.create_order,
	factories.create_shipment,
	factories.create_shop,
	factories.create_sku,
	factories.create_task,
	factories.create_user,
	factories.create_warehouse,
)


class TestFactories(IntegrationTest):
	def test_each_builder_can_be_called_twice(self):
		for build in BUILDERS:
			with self.subTest(build.__name__):
				first, second = build(), build()
				self.assertNotEqual(first.name, second.name)
				self.assertTrue(frappe.db.exists(first.doctype, first.name))

	def test_order_sells_the_given_lines(self):
		code = f"SKU-{factories.make_suffix()}"
		order = factories.create_order(lines=[(code, 2), (code, 1)], price=19.9)

		self.assertEqual(
			[(row.sku, row.qty, row.amount) for row in order.items], [(code, 2, 39.8), (code, 1, 19.9)]
		)
		self.assertEqual((order.total_amount, order.paid_amount, order.status), (59.7, 59.7, "To Review"))

	def test_unpaid_order_has_no_payment(self):
		order = factories.create_order(paid=False)

		self.assertEqual((order.status, order.paid_amount, order.paid_at), ("Unpaid", 0, None))

	def test_stock_is_explained_by_its_ledger(self):
		sku = factories.create_sku().name
		balance = factories.create_stock(sku, 5, reserved=2)

		self.assertEqual((balance.on_hand, balance.reserved, balance.available), (5, 2, 3))
		ledger = frappe.get_all(
			"Stock Ledger", filters={"sku": sku}, pluck="qty_change", order_by="creation asc"
		)
		self.assertEqual(ledger, [5])

	def test_user_is_narrowed_to_shops_and_warehouses(self):
		shop, warehouse = factories.create_shop().name, factories.create_warehouse().name
		user = factories.create_user(["OMS Order Clerk"], shops=[shop], warehouses=[warehouse])

		allowed = frappe.get_all(
			"User Permission",
			filters={"user": user.name},
			fields=["allow", "for_value"],
			order_by="allow asc",
		)
		self.assertEqual(
			[(row.allow, row.for_value) for row in allowed], [("Shop", shop), ("Warehouse", warehouse)]
		)
		self.assertIn("OMS Order Clerk", frappe.get_roles(user.name))


class TestRollback(IntegrationTest):
	"""Two tests that would see each other's shop if anything were left behind, in whatever order they run."""

	NAME = "Shop of the rollback test"

	def _create(self):
		self.assertFalse(frappe.db.exists("Shop", self.NAME))
		self.assertEqual(frappe.session.user, "Administrator")
		factories.create_shop(shop_name=self.NAME)
		frappe.set_user("Guest")
		frappe.flags.in_uninstall = True

	def test_once(self):
		self.assertFalse(frappe.flags.in_uninstall)
		self._create()

	def test_twice(self):
		self.assertFalse(frappe.flags.in_uninstall)
		self._create()
