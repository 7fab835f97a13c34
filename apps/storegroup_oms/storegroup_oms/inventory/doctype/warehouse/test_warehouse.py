"""A Warehouse: regions once each, and no switching off under waiting orders."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_stock, create_warehouse


class TestWarehouse(IntegrationTest):
	def test_a_region_is_listed_once(self):
		serves = [{"province": "浙江省", "city": ""}, {"province": "浙江省", "city": "杭州市"}]
		self.assertEqual(len(create_warehouse(serves=serves).serves), 2)

		with self.assertRaises(InvalidValueError):
			create_warehouse(serves=[*serves, {"province": " 浙江省 "}])

	def test_a_warehouse_with_reservations_stays_on(self):
		warehouse = create_warehouse()
		create_stock(create_sku().name, 5, warehouse.name, reserved=1)
		warehouse.is_active = 0

		with self.assertRaises(InvalidValueError):
			warehouse.save()
		self.assertEqual(frappe.db.get_value("Warehouse", warehouse.name, "is_active"), 1)

	def test_a_warehouse_without_reservations_can_be_switched_off(self):
		warehouse = create_warehouse()
		create_stock(create_sku().name, 5, warehouse.name)
		warehouse.is_active = 0
		warehouse.save()

		self.assertEqual(frappe.db.get_value("Warehouse", warehouse.name, "is_active"), 0)
