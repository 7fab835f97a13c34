"""Orders planned for a later day: held with their stock, let go when the day is near."""

import frappe
from frappe.utils import add_days, getdate, nowdate

from storegroup_oms.api import review as api
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import planning, review
from storegroup_oms.setup.review import ensure_review_rules
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_shop, create_sku, create_user


class PlanningCase(IntegrationTest):
	def setUp(self):
		super().setUp()
		ensure_review_rules()
		values = {"code": "ship_later", "effect": "Hold", "threshold": 1}
		frappe.db.delete("Review Check", {"code": "ship_later"})
		frappe.get_doc({"doctype": "Review Check", **values}).insert()
		self.shop, self.sku = create_shop().name, create_sku().name
		self.name = create_order([(self.sku, 1)], shop=self.shop).name

	def read(self) -> tuple:
		return frappe.db.get_value("Order", self.name, ["status", "hold_reasons"])

	def plan(self, days: int | None):
		day = None if days is None else add_days(nowdate(), days)
		review.check_orders([self.name])
		done = planning.plan([self.name], day, "Administrator")
		is_checked = frappe.db.get_value("Order", self.name, "is_checked")
		self.assertEqual(is_checked, 0, "another day is looked at by the next job")
		review.check_orders([self.name])
		return done


class TestPlanned(PlanningCase):
	def test_held_and_let_go_by_another_plan(self):
		self.assertEqual(self.plan(5).names, [self.name])
		self.assertEqual(self.read(), ("On Hold", "ship_later"))

		self.plan(1)
		self.assertEqual(self.read(), ("To Review", ""))
		self.plan(5)
		self.plan(None)
		self.assertEqual(self.read(), ("To Review", ""))

	def test_the_timeline_says_who_planned_it(self):
		self.plan(5)
		details = frappe.db.get_value(
			"Order Event", {"order": self.name, "event": "Shipping planned"}, "details"
		)
		self.assertEqual(frappe.parse_json(details)["after"], str(getdate(add_days(nowdate(), 5))))

	def test_when_the_day_is_near_it_goes_by_itself(self):
		self.plan(5)
		self.assertEqual(planning.open_due(), 0)
		frappe.db.set_value("Order", self.name, "planned_ship_on", add_days(nowdate(), 1))

		self.assertGreaterEqual(planning.open_due(), 1)
		review.check_orders([self.name])

		self.assertEqual(self.read(), ("To Review", ""))

	def test_a_person_may_send_it_all_the_same(self):
		self.plan(5)
		api.clear_holds([self.name], ["ship_later"])
		self.assertEqual(self.read(), ("To Review", ""))
		review.reopen([self.name])
		review.check_orders([self.name])
		self.assertEqual(self.read(), ("To Review", ""), "what was judged is the same day")

	def test_refused(self):
		for day in (add_days(nowdate(), -1), add_days(nowdate(), 400)):
			with self.assertRaises(InvalidValueError):
				planning.plan([self.name], day, "Administrator")
		frappe.db.set_value("Order", self.name, "status", "To Print")
		done = planning.plan([self.name], nowdate(), "Administrator")
		self.assertEqual((done.names, list(done.refused)), ([], [self.name]))

	def test_who_may_plan(self):
		day = add_days(nowdate(), 5)
		for user in (
			create_user(["OMS Warehouse Staff"]),
			create_user(["OMS Order Clerk"], shops=[create_shop().name]),
		):
			frappe.set_user(user.name)
			with self.assertRaises(frappe.PermissionError):
				api.plan_shipping([self.name], day)
			frappe.set_user("Administrator")
		frappe.set_user(create_user(["OMS Order Clerk"]).name)
		self.assertEqual(api.plan_shipping([self.name], day)["names"], [self.name])
