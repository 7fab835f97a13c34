"""An Order Hold: nobody writes one by hand."""

import frappe

from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_user


class TestOrderHold(IntegrationTest):
	def test_not_by_hand(self) -> None:
		order = create_order().name
		frappe.set_user(create_user(["OMS Manager"]).name)
		try:
			with self.assertRaises(frappe.PermissionError):
				frappe.get_doc({"doctype": "Order Hold", "order": order, "code": "manual"}).insert()
		finally:
			frappe.set_user("Administrator")
		self.assertFalse(frappe.db.exists("Order Hold", {"order": order}))
