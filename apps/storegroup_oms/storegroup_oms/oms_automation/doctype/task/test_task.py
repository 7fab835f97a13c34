"""A Task: about one record or none, and free for its cause again once it has ended."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, create_task


class TestTask(IntegrationTest):
	def test_a_reference_is_whole(self):
		shop = create_shop().name
		self.assertTrue(create_task(reference_doctype="Shop", reference_name=shop).name)
		for half in ({"reference_doctype": "Shop"}, {"reference_name": shop}):
			with self.subTest(half), self.assertRaises(frappe.ValidationError):
				create_task(**half)

	def test_one_cause_has_one_open_task(self):
		task = create_task(dedupe_key="stock:SKU-1")
		with self.assertRaises(frappe.UniqueValidationError):
			create_task(dedupe_key="stock:SKU-1")

		task.status = "Done"
		task.save()
		self.assertIsNone(frappe.db.get_value("Task", task.name, "dedupe_key"))
		self.assertTrue(create_task(dedupe_key="stock:SKU-1").name)

	def test_an_end_has_a_time_and_a_person(self):
		task = create_task(status="Cancelled")
		self.assertIsNotNone(task.completed_at)
		self.assertEqual(task.completed_by, "Administrator")

		task.status = "Open"
		task.save()
		self.assertEqual((task.completed_at, task.completed_by), (None, None))
