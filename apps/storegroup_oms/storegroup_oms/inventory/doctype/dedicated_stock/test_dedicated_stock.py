"""Dedicated pieces: of plain SKUs, once for each shop, for a span that makes sense."""

import frappe
from frappe.utils import now_datetime

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_bundle, create_shop, create_sku


class TestDedicatedStock(IntegrationTest):
	def insert(self, **values):
		document = {
			"doctype": "Dedicated Stock",
			"shop": create_shop().name,
			"sku": create_sku().name,
			"qty": 3,
		}
		return frappe.get_doc({**document, **values}).insert()

	def test_it_begins_now_unless_said_otherwise(self):
		document = self.insert()
		age = now_datetime() - frappe.utils.get_datetime(document.starts_at)
		self.assertLess(abs(age.total_seconds()), 60)

	def test_what_makes_no_sense_is_refused(self):
		first = self.insert()
		count = frappe.db.count("Dedicated Stock")
		for what, values in {
			"a bundle": {"sku": create_bundle().name},
			"twice": {"shop": first.shop, "sku": first.sku},
			"a span backwards": {"starts_at": "2026-11-11 12:00:00", "ends_at": "2026-11-11 11:00:00"},
			"fewer than none": {"qty": -1},
		}.items():
			with self.subTest(what), self.assertRaises((InvalidValueError, frappe.NonNegativeError)):
				self.insert(**values)
		self.assertEqual(frappe.db.count("Dedicated Stock"), count)
