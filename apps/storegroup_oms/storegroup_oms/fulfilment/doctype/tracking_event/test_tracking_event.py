"""The same scan told twice is one Tracking Event; two texts of one minute are two."""

import frappe

from storegroup_oms.exceptions import AppendOnlyError
from storegroup_oms.fulfilment.doctype.tracking_event.tracking_event import make_text_hash
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_shipment


class TestTextHash(UnitTest):
	def test_place_and_text_both_count(self):
		self.assertEqual(make_text_hash("杭州", "已揽收"), make_text_hash("杭州", "已揽收"))
		self.assertNotEqual(make_text_hash("杭州", "已揽收"), make_text_hash("杭州已", "揽收"))
		self.assertEqual(make_text_hash(None, None), make_text_hash("", ""))
		self.assertRegex(make_text_hash(None, None), r"^[0-9a-f]{64}$")


class TestTrackingEvent(IntegrationTest):
	def create(self, shipment: str, **values):
		return frappe.get_doc(
			{
				"doctype": "Tracking Event",
				"shipment": shipment,
				"occurred_at": "2026-11-11 12:00:00",
				"code": "Picked Up",
				"place": "杭州",
				"text": "已揽收",
				**values,
			}
		).insert(ignore_permissions=True)

	def test_the_same_scan_is_one_row(self):
		shipment = create_shipment().name
		self.create(shipment)

		with self.assertRaises(frappe.UniqueValidationError):
			self.create(shipment)
		self.assertTrue(self.create(shipment, text="已揽收，快递员小李").name)

	def test_a_scan_is_never_changed(self):
		event = self.create(create_shipment().name)
		event.text = "未揽收"

		with self.assertRaises(AppendOnlyError):
			event.save(ignore_permissions=True)
