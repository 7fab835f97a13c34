"""The review workflow fits the life cycle, drives `status`, and belongs to the administrator once it is there."""

import frappe
from frappe.model.workflow import apply_workflow

from storegroup_oms.orders.lifecycle import STATUSES, can_move
from storegroup_oms.setup.roles import ROLES
from storegroup_oms.setup.workflow import FIRST_STATE, STATES, TRANSITIONS, WORKFLOW, ensure_review_workflow
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_order, create_sku, create_stock, create_user


class TestTables(UnitTest):
	def test_every_transition_follows_the_life_cycle(self):
		status_of = {state: status for state, status, _style, _role in STATES}
		self.assertLessEqual(set(status_of.values()), set(STATUSES))
		for before, action, after, _role in TRANSITIONS:
			self.assertTrue(can_move(status_of[before], status_of[after]), action)

	def test_only_our_roles_review(self):
		self.assertLessEqual({row[-1] for row in (*STATES, *TRANSITIONS)}, set(ROLES))

	def test_every_state_is_reached(self):
		reached = {FIRST_STATE} | {after for _before, _action, after, _role in TRANSITIONS}
		self.assertEqual(reached, {row[0] for row in STATES})


class TestReview(IntegrationTest):
	def test_approving_moves_the_status(self):
		sku = create_sku().name
		create_stock(sku, 1)
		order = create_order([(sku, 1)])
		self.assertEqual(order.review_state, FIRST_STATE)
		clerk = create_user(["OMS Order Clerk"])
		frappe.set_user(clerk.name)

		apply_workflow(frappe.get_doc("Order", order.name), "Approve")

		self.assertEqual(
			frappe.db.get_value("Order", order.name, ["review_state", "status"]), ("Approved", "To Print")
		)

	def test_a_hold_is_released_to_review(self):
		order = create_order()
		frappe.set_user(create_user(["OMS Order Clerk"]).name)

		apply_workflow(frappe.get_doc("Order", order.name), "Hold")
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "On Hold")
		apply_workflow(frappe.get_doc("Order", order.name), "Release")
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "To Review")

	def test_customer_service_may_not_approve(self):
		order = create_order()
		frappe.set_user(create_user(["OMS Customer Service"]).name)

		with self.assertRaises(frappe.ValidationError):
			apply_workflow(frappe.get_doc("Order", order.name), "Approve")
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "To Review")

	def test_an_administrators_change_stays(self):
		frappe.db.set_value("Workflow", WORKFLOW, "is_active", 0)
		ensure_review_workflow()

		self.assertEqual(frappe.db.get_value("Workflow", WORKFLOW, "is_active"), 0)
