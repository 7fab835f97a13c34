"""One shop remembers one mapping per layout."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop


class TestOrderImportLayout(IntegrationTest):
	def create(self, shop: str, mapping: str = '{"platform_order_no": "No."}'):
		values = {
			"doctype": "Order Import Layout",
			"shop": shop,
			"heading_fingerprint": "abc",
			"mapping": mapping,
		}
		return frappe.get_doc(values).insert()

	def test_a_layout_is_remembered_once_per_shop(self):
		shop = create_shop().name
		self.create(shop)

		with self.assertRaises(InvalidValueError):
			self.create(shop)
		self.assertTrue(self.create(create_shop().name).name)

	def test_an_empty_mapping_is_refused(self):
		for mapping in ("{}", "[]", '["a"]'):
			with self.subTest(mapping), self.assertRaises(InvalidValueError):
				self.create(create_shop().name, mapping)
