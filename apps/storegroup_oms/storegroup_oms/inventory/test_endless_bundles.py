"""A bundle that contains itself is told once and stops no other."""

import frappe

from storegroup_oms.inventory import endless_bundles, purchasing
from storegroup_oms.inventory.demand import count_waiting
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_bundle, create_order, create_sku


class TestEndlessBundles(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.inner = create_bundle()
		self.outer = create_bundle([(self.inner.name, 1)])
		self.row = self.inner.components[0]

	def close_circle(self) -> None:
		frappe.db.set_value("SKU Component", self.row.name, "sku", self.outer.name)

	def get_tasks(self) -> list[tuple]:
		rows = frappe.get_all(
			"Task",
			filters={
				"reference_doctype": "SKU",
				"reference_name": ["in", [self.inner.name, self.outer.name]],
			},
			fields=["reference_name", "status"],
			order_by="name asc",
		)
		return sorted((row.reference_name, row.status) for row in rows)

	def test_each_is_told_once_until_it_is_mended(self):
		self.assertEqual(endless_bundles.check(), [])
		self.close_circle()
		both = sorted([self.inner.name, self.outer.name])

		self.assertEqual(endless_bundles.check(), both)
		self.assertEqual(endless_bundles.check(), [])
		self.assertEqual(self.get_tasks(), [(name, "Open") for name in both])

		frappe.db.set_value("SKU Component", self.row.name, "sku", self.row.sku)
		self.assertEqual(endless_bundles.check(), [])
		self.assertEqual(self.get_tasks(), [(name, "Done") for name in both])

		self.close_circle()
		self.assertEqual(endless_bundles.check(), both)

	def test_what_others_wait_for_is_counted_all_the_same(self):
		sku = create_sku().name
		self.close_circle()
		create_order([(self.outer.name, 2), (sku, 3)])

		waiting = count_waiting()
		self.assertEqual((waiting.get(sku), self.outer.name in waiting), (3, False))
		self.assertEqual(purchasing._take_apart({self.outer.name: 2, sku: 3}), {sku: 3})
