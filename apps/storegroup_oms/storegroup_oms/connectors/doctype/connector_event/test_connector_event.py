"""The same message twice is one Connector Event; old ones that ended well go."""

import frappe
from frappe.utils import add_days, now_datetime

from storegroup_oms.connectors.doctype.connector_event.connector_event import ConnectorEvent
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, make_suffix


class TestConnectorEvent(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.shop = create_shop().name

	def create(self, **values):
		defaults = {"shop": self.shop, "direction": "Incoming", "kind": "order", "external_id": make_suffix()}
		return frappe.get_doc({"doctype": "Connector Event", **defaults, **values}).insert(
			ignore_permissions=True
		)

	def test_the_same_message_is_one_row(self):
		event = self.create()

		with self.assertRaises(frappe.UniqueValidationError):
			self.create(external_id=event.external_id)
		self.assertTrue(self.create(external_id=event.external_id, direction="Outgoing").name)
		self.assertTrue(self.create(external_id=event.external_id, kind="refund").name)

	def test_only_old_ends_are_cleared(self):
		old = [
			self.create(status=status).name for status in ("Done", "Ignored", "Failed", "Retry", "Received")
		]
		for name in old:
			frappe.db.set_value("Connector Event", name, "creation", add_days(now_datetime(), -31))
		young = self.create(status="Done").name

		ConnectorEvent.clear_old_logs(30)

		left = frappe.get_all(
			"Connector Event", filters={"shop": self.shop}, pluck="name", order_by="name asc"
		)
		self.assertEqual(sorted(left), sorted([*old[2:], young]))
