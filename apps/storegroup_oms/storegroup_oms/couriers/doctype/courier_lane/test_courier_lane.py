"""A Courier Lane: one for a courier, a warehouse and a region; a city has its province."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_warehouse


class TestCourierLane(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier, self.warehouse = create_courier().name, create_warehouse().name

	def create(self, **values):
		return frappe.get_doc({"doctype": "Courier Lane", "courier": self.courier, **values}).insert()

	def test_each_region_once(self):
		for values in (
			{},
			{"province": "浙江省"},
			{"province": "浙江省", "city": "杭州市"},
			{"province": "浙江省", "warehouse": self.warehouse},
		):
			with self.subTest(values):
				self.create(**values)
				with self.assertRaises(InvalidValueError):
					self.create(**values)
		self.assertEqual(frappe.db.count("Courier Lane", {"courier": self.courier}), 4)

	def test_a_city_without_a_province(self):
		with self.assertRaises(InvalidValueError):
			self.create(city="杭州市")
