"""A Review Step: kept for its user, read by administrators only."""

import frappe

from storegroup_oms.orders import review_steps
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order


class TestReviewStep(IntegrationTest):
	def test_a_step_remembers_the_orders(self) -> None:
		order = create_order(status="On Hold", hold_reasons="manual").name
		step = frappe.get_doc("Review Step", review_steps.clear_holds([order], ["manual"]).step)
		self.assertEqual((step.action, step.user, step.order_count), ("Clear", frappe.session.user, 1))
		self.assertEqual(frappe.parse_json(step.orders), {order: {"status": "On Hold", "codes": "manual"}})
