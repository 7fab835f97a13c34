"""Each exception is found when its time has come and not before, told once, and closed when the parcel moves."""

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import now_datetime

from storegroup_oms.couriers.tracking import events, problems
from storegroup_oms.couriers.tracking.test_events import NOON, make_courier, make_parcel, make_trace
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.setup.tracking_rules import ensure_tracking_rules
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_shop, create_user, make_suffix


class ProblemTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		# As shipped, whatever a desk on this site has made of them.
		frappe.db.delete("Tracking Rule")
		ensure_tracking_rules()
		self.courier = make_courier()
		self.order = create_order(status="Shipped", shop=create_shop().name)
		self.shipment = make_parcel(self.courier, [self.order], province="浙江省")
		self.sent = []
		patcher = patch("storegroup_oms.inventory.notices.enqueue_create_notification", self.note)
		patcher.start()
		self.addCleanup(patcher.stop)

	def note(self, users, document):
		self.sent.append((users, document.subject))

	def scan(self, hours: float, text: str):
		events.write([make_trace(self.shipment, (hours, text))], "Kuaidi100")

	def check(self, hours: float):
		return problems.check([self.shipment.name], to_site_time(NOON) + timedelta(hours=hours))

	def get_open(self) -> list[str]:
		return frappe.get_all(
			"Parcel Alert",
			filters={"shipment": self.shipment.name, "status": "Open"},
			pluck="kind",
			order_by="kind asc",
		)

	def get_exception(self) -> str:
		return frappe.db.get_value("Shipment", self.shipment.name, "exception")

	def get_task(self):
		return frappe.db.get_value(
			"Task",
			{"reference_doctype": "Shipment", "reference_name": self.shipment.name},
			["name", "status", "subject", "shop"],
			as_dict=True,
		)

	def make_rule(self, kind: str, **values):
		rule = {"doctype": "Tracking Rule", "rule_name": f"Rule {make_suffix()}", "kind": kind, **values}
		return frappe.get_doc(rule).insert()


class TestClocks(ProblemTest):
	def test_not_picked_up(self):
		self.check(23.9)
		self.assertEqual((self.get_open(), self.get_exception()), ([], ""))
		self.check(24)
		self.assertEqual((self.get_open(), self.get_exception()), (["No Pickup"], "No Pickup"))
		self.scan(25, "快件已由【杭州】揽收")
		self.check(25)
		self.assertEqual((self.get_open(), self.get_exception()), ([], ""))

	def test_words_before_the_pickup_do_not_count(self):
		self.scan(1, "商家已下单,等待揽收")
		self.check(24)
		self.assertEqual(self.get_open(), ["No Pickup"])

	def test_not_moved_and_lost(self):
		self.scan(2, "快件已由【杭州】揽收")
		self.check(49.9)
		self.assertEqual(self.get_open(), [])
		self.check(50)
		self.assertEqual(self.get_open(), ["No Movement"])
		self.check(170)
		self.assertEqual((self.get_open(), self.get_exception()), (["Suspected Lost"], "Suspected Lost"))
		self.scan(171, "快件到达【上海】")
		self.check(171)
		self.assertEqual((self.get_open(), self.get_exception()), ([], ""))

	def test_a_courier_that_says_lost_is_believed_at_once(self):
		self.scan(2, "快件查找中,暂无下落")
		self.check(2)
		self.assertEqual(self.get_open(), ["Suspected Lost"])

	def test_later_than_its_lane(self):
		frappe.get_doc(
			{
				"doctype": "Lane Figure",
				"courier": self.courier,
				"warehouse": self.shipment.warehouse,
				"province": "浙江省",
				"parcels": 20,
				"p90_hours": 30,
			}
		).insert()
		self.scan(40, "快件到达【上海】")
		self.check(53.9)
		self.assertEqual(self.get_open(), [])
		self.check(54)
		self.assertEqual(self.get_open(), ["Delayed"])
		self.scan(55, "【上海】正在派件")
		self.scan(56, "快件已签收")
		self.check(56)
		self.assertEqual(self.get_open(), [])

	def test_told_by_scans(self):
		self.scan(1, "快件已由【杭州】揽收")
		for text, kind in (
			("收件人拒收", "Refused"),
			("地址不详", "Wrong Address"),
			("外包装破损", "Damaged"),
			("快件退回中", "Returned"),
		):
			with self.subTest(text):
				self.scan(10 + len(self.sent), text)
				self.check(20)
				self.assertEqual((self.get_open(), self.get_exception()), ([kind], kind))

	def test_signed_for_without_a_delivery_scan(self):
		self.scan(1, "快件已由【杭州】揽收")
		self.scan(20, "快件已签收")
		self.check(43.9)
		self.assertEqual(self.get_open(), [])
		self.check(44)
		self.assertEqual(self.get_open(), ["No Delivery Scan"])
		self.scan(19, "【上海】正在派件")  # told late
		self.check(44)
		self.assertEqual(self.get_open(), [])


class TestRules(ProblemTest):
	def test_the_most_exact_rule_counts(self):
		self.make_rule("No Pickup", hours=10, courier=self.courier)
		self.make_rule("No Pickup", hours=5, province="浙江省")
		self.check(9.9)
		self.assertEqual(self.get_open(), [])
		self.check(10)
		self.assertEqual(self.get_open(), ["No Pickup"])

	def test_a_rule_of_the_shop_and_one_switched_off(self):
		rule = self.make_rule("No Pickup", hours=3, shop=self.order.shop)
		self.check(3)
		self.assertEqual(self.get_open(), ["No Pickup"])
		rule.enabled = 0
		rule.save()
		self.check(50)
		self.assertEqual(self.get_open(), [])

	def test_a_clock_needs_hours(self):
		with self.assertRaises(InvalidValueError):
			self.make_rule("No Movement")
		self.assertTrue(self.make_rule("Refused").name)

	def test_a_rule_may_be_deleted_with_alerts_open(self):
		rule = self.make_rule("No Pickup", hours=3, shop=self.order.shop)
		self.check(3)
		rule.delete()
		self.check(4)
		self.assertEqual(self.get_open(), [])


class TestTelling(ProblemTest):
	def test_one_task_one_comment_one_notice(self):
		user = create_user(["OMS Customer Service"]).name
		self.check(24)
		self.check(25)
		task = self.get_task()
		self.assertEqual((task.status, task.shop), ("Open", self.order.shop))
		self.assertIn(self.shipment.waybill_no, task.subject)
		self.assertEqual([1 for users, _subject in self.sent if user in users], [1])
		comments = frappe.get_all(
			"Comment",
			filters={"reference_doctype": "Order", "reference_name": self.order.name, "comment_type": "Info"},
			pluck="content",
			order_by="creation asc",
		)
		self.assertEqual(len([text for text in comments if self.shipment.waybill_no in text]), 1)

	def test_the_task_grows_and_ends_with_its_parcel(self):
		self.scan(2, "快件已由【杭州】揽收")
		self.check(50)
		first = self.get_task()
		self.check(170)
		self.assertEqual((self.get_task().name, self.get_task().status), (first.name, "Open"))
		self.assertNotEqual(self.get_task().subject, first.subject)
		self.scan(171, "快件到达【上海】")
		self.check(171)
		self.assertEqual(self.get_task().status, "Done")

	def test_nobody_hears_of_parcels_outside_their_shops(self):
		user = create_user(["OMS Customer Service"], shops=[create_shop().name]).name
		self.check(24)
		self.assertEqual([users for users, _subject in self.sent if user in users], [])

	def test_what_was_handled_stays_handled_while_the_cause_lasts(self):
		self.check(24)
		(alert,) = frappe.get_all("Parcel Alert", {"shipment": self.shipment.name}, pluck="name")
		self.assertEqual(problems.handle([alert], "Called the courier."), 1)
		self.assertEqual(self.get_task().status, "Done")
		self.check(30)
		self.assertEqual((self.get_open(), self.get_exception()), ([], "No Pickup"))
		self.scan(31, "快件已由【杭州】揽收")
		self.check(31)
		self.assertEqual(frappe.db.get_value("Parcel Alert", alert, "status"), "Closed")
		self.assertEqual(self.get_exception(), "")

	def test_many_of_one_rule_are_one_task(self):
		with patch("storegroup_oms.couriers.tracking.problem_messages.TASKS_AT_ONCE", 1):
			parcels = [self.shipment, make_parcel(self.courier), make_parcel(self.courier)]
			problems.check([row.name for row in parcels], to_site_time(NOON) + timedelta(hours=24))
		tasks = set(
			frappe.get_all(
				"Parcel Alert",
				{"shipment": ["in", [row.name for row in parcels]]},
				pluck="task",
				order_by="name asc",
			)
		)
		self.assertEqual(len(tasks), 1)
		self.assertEqual(frappe.db.get_value("Task", tasks.pop(), "reference_doctype"), "Tracking Rule")

	def test_the_job_finds_whose_hour_has_come(self):
		self.shipment.db_set("shipped_at", now_datetime() - timedelta(hours=30))
		self.assertIn(self.shipment.name, problems.find_changed())
		problems.check([self.shipment.name])
		self.assertNotIn(self.shipment.name, problems.find_changed())
