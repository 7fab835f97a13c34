"""Alerts: at the limit none, below it one, once; told once, and closed by themselves when mended."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import alerts, batches
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.patches.v1_0 import add_expiring_rule
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_listing,
	create_sku,
	create_stock,
	create_stock_alert_rule,
	create_user,
	create_warehouse,
)


class AlertTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		frappe.db.set_single_value("OMS Settings", "default_alert_level", 10)
		frappe.db.sql("UPDATE `tabStock Alert Rule` SET enabled = 0")
		self.sku, self.warehouse = create_sku().name, create_warehouse().name
		self.sent = []
		patcher = patch("storegroup_oms.inventory.notices.enqueue_create_notification", self.note)
		patcher.start()
		self.addCleanup(patcher.stop)

	def note(self, users: list[str], document: frappe._dict) -> None:
		self.sent.append((users, document.subject))

	def make_rule(self, **values) -> frappe._dict:
		name = create_stock_alert_rule(**values).name
		(rule,) = alerts.get_rules(name=name)
		return rule

	def stock(self, pieces: int, warehouse: str | None = None) -> None:
		create_stock(self.sku, pieces, warehouse or self.warehouse)

	def move(self, qty: int, warehouse: str | None = None) -> None:
		kind = "Receipt" if qty > 0 else "Issue"
		post([Movement(self.sku, warehouse or self.warehouse, kind, qty=qty)])

	def check(self, *rules: frappe._dict) -> int:
		return alerts.check_and_tell(rules, [self.sku])

	def get_alerts(self, status: str = "Open") -> list[frappe._dict]:
		return frappe.get_all(
			"Stock Alert",
			filters={"sku": self.sku, "status": status},
			fields=["warehouse", "value", "limit_value", "task", "closed_at"],
			order_by="opened_at asc",
		)


class TestThreshold(AlertTest):
	def test_at_the_threshold_none_below_it_one_once_closed_on_receipt(self):
		rule = self.make_rule()
		self.stock(10)
		self.assertEqual(self.check(rule), 0)

		self.move(-1)
		self.assertEqual(self.check(rule), 1)
		self.assertEqual(self.check(rule), 0)
		(alert,) = self.get_alerts()
		self.assertEqual((alert.value, alert.limit_value, alert.warehouse), (9, 10, None))
		self.assertEqual(frappe.db.get_value("Task", alert.task, ["status", "kind"]), ("Open", "Stock"))
		self.assertEqual(len(self.sent), 1)

		self.move(-1)
		self.assertEqual(self.check(rule), 0)
		self.assertEqual(self.get_alerts()[0].value, 8)

		self.move(2)
		self.assertEqual(self.check(rule), 0)
		self.assertEqual(self.get_alerts(), [])
		(closed,) = self.get_alerts("Closed")
		self.assertIsNotNone(closed.closed_at)
		self.assertEqual(frappe.db.get_value("Task", alert.task, "status"), "Done")
		self.assertEqual(len(self.sent), 1)

	def test_a_second_fall_is_a_second_alert(self):
		rule = self.make_rule()
		self.stock(9)
		for qty in (5, -5):
			self.check(rule)
			self.move(qty)

		self.assertEqual(self.check(rule), 1)
		self.assertEqual((len(self.get_alerts()), len(self.get_alerts("Closed"))), (1, 1))

	def test_the_level_of_the_sku_comes_first_then_the_rule_then_the_settings(self):
		self.stock(20)
		for own, threshold, limit in ((0, 0, None), (0, 30, 30), (25, 30, 25), (15, 30, None), (15, 0, None)):
			with self.subTest(own=own, threshold=threshold):
				frappe.db.set_value("SKU", self.sku, "alert_level", own)
				rule = self.make_rule(threshold=threshold)
				self.assertEqual(
					[case.limit_value for case in alerts.find_cases(rule, [self.sku])],
					[limit] if limit else [],
				)

	def test_the_sum_over_warehouses_counts_or_each_by_itself(self):
		other = create_warehouse().name
		self.stock(4)
		self.stock(6, other)
		together, apart = self.make_rule(), self.make_rule(each_warehouse=1)

		self.assertEqual(self.check(together, apart), 0)
		frappe.db.set_value("Stock Balance", {"sku": self.sku, "warehouse": other}, "alert_level", 7)
		self.assertEqual(self.check(together, apart), 1)
		self.assertEqual([(row.warehouse, row.value) for row in self.get_alerts()], [(other, 6)])

	def test_what_is_not_for_sale_does_not_count(self):
		returns = create_warehouse(warehouse_kind="Returns").name
		self.stock(4)
		self.stock(100, returns)
		self.assertEqual([case.available for case in alerts.find_cases(self.make_rule(), [self.sku])], [4])

	def test_goods_that_never_moved_or_are_retired_do_not_alarm(self):
		rule = self.make_rule()
		self.stock(0)
		self.assertEqual(self.check(rule), 0)

		self.move(1)
		frappe.db.set_value("SKU", self.sku, "is_active", 0)
		self.assertEqual(self.check(rule), 0)

	def test_a_rule_is_for_the_goods_that_it_names(self):
		self.stock(3)
		listing = create_listing(sku=self.sku)
		frappe.db.set_value("SKU", self.sku, "category", "美妆")
		for scope, count in (
			({"category": "美妆"}, 1),
			({"category": "食品"}, 0),
			({"sku": self.sku}, 1),
			({"sku": create_sku().name}, 0),
			({"warehouse": self.warehouse}, 1),
			({"warehouse": create_warehouse().name}, 0),
			({"shop": listing.shop}, 1),
			({"shop": create_listing().shop}, 0),
		):
			with self.subTest(scope):
				self.assertEqual(len(alerts.find_cases(self.make_rule(**scope), [self.sku])), count)


class TestTime(AlertTest):
	def setUp(self):
		super().setUp()
		self.stock(60)

	def sell(self, **values) -> None:
		figure = {"doctype": "Stock Figure", "sku": self.sku, "warehouse": self.warehouse, **values}
		frappe.get_doc(figure).insert()

	def find(self, rule: frappe._dict) -> list[tuple]:
		return [(round(case.value, 1), case.limit_value) for case in alerts.find_cases(rule, [self.sku])]

	def test_days_of_cover(self):
		self.sell(speed=8)

		self.assertEqual(self.find(self.make_rule(kind="Days of Cover", days=8)), [(7.5, 8)])
		self.assertEqual(self.find(self.make_rule(kind="Days of Cover", days=7)), [])
		frappe.db.set_value("SKU", self.sku, "supplier_lead_days", 14)
		self.assertEqual(self.find(self.make_rule(kind="Days of Cover", days=7)), [(7.5, 14)])

	def test_without_sales_there_is_no_cover(self):
		self.sell(speed=0)

		for kind in ("Days of Cover", "Over-stock"):
			self.assertEqual(self.find(self.make_rule(kind=kind, days=7)), [])

	def test_over_stock(self):
		self.sell(speed=0.25)

		self.assertEqual(self.find(self.make_rule(kind="Over-stock", days=180, threshold=50)), [(240, 180)])
		self.assertEqual(self.find(self.make_rule(kind="Over-stock", days=240, threshold=50)), [])
		self.assertEqual(self.find(self.make_rule(kind="Over-stock", days=180, threshold=60)), [])

	def test_slow_movers_are_old_and_unsold(self):
		old, new = (add_to_date(now_datetime(), days=-days) for days in (91, 89))
		for sold, received, count in ((None, old, 1), (old, old, 1), (new, old, 0), (None, new, 0)):
			with self.subTest(sold=sold, received=received):
				frappe.db.delete("Stock Figure", {"sku": self.sku})
				self.sell(last_sold_at=sold, last_received_at=received)
				rule = self.make_rule(kind="Slow Mover", days=90, threshold=60)
				self.assertEqual(len(self.find(rule)), count)
		self.assertEqual(self.find(self.make_rule(kind="Slow Mover", days=90, threshold=61)), [])

	def test_rules_about_time_need_days(self):
		with self.assertRaises(InvalidValueError):
			create_stock_alert_rule(kind="Slow Mover", days=0)


class TestExpiring(AlertTest):
	def setUp(self):
		super().setUp()
		self.sku = create_sku(has_batches=1).name
		self.rule = self.make_rule(kind="Expiring", each_warehouse=1)
		for batch_no, days, qty in (("B1", 30, 4), ("B2", 31, 5)):
			self.receive(batch_no, days, qty)

	def receive(self, batch_no: str, days: int, qty: int) -> None:
		batches.ensure_batches({(self.sku, batch_no): add_days(nowdate(), days)})
		batch = batches.make_name(self.sku, batch_no)
		post([Movement(self.sku, self.warehouse, "Receipt", qty=qty, batch=batch)])

	def set_day(self, batch_no: str, days: int) -> None:
		batch = frappe.get_doc("Stock Batch", batches.make_name(self.sku, batch_no))
		batch.expires_on = add_days(nowdate(), days)
		batch.save()

	def get_open(self) -> list[tuple]:
		return [(row.warehouse, row.value, row.limit_value) for row in self.get_alerts()]

	def test_thirty_days_are_the_default_and_it_is_told_once(self):
		self.assertEqual(self.rule.days, 30)
		self.assertEqual((self.check(self.rule), self.check(self.rule)), (1, 0))
		self.assertEqual(self.get_open(), [(self.warehouse, 4, 30)])
		(_users, subject) = self.sent[0]
		self.assertEqual(
			subject, f"SKU {self.sku}: 4 pieces have expired or expire within 30 days ({self.warehouse})"
		)
		self.assertEqual(len(self.sent), 1)
		self.assertEqual(frappe.db.get_value("Task", self.get_alerts()[0].task, "status"), "Open")

	def test_it_closes_when_the_batch_is_gone_or_its_date_is_put_right(self):
		for mend in (lambda: self.move(-4), lambda: self.set_day("B2", 40)):
			with self.subTest():
				self.assertEqual(self.check(self.rule), 1)
				task = self.get_alerts()[0].task
				mend()
				self.check(self.rule)
				self.assertEqual(self.get_open(), [])
				self.assertEqual(frappe.db.get_value("Task", task, "status"), "Done")
			self.set_day("B2", 20)

	def test_defective_goods_and_few_pieces_do_not_count(self):
		many = self.make_rule(kind="Expiring", threshold=5)
		self.assertEqual(self.check(many), 0)
		frappe.db.set_value("Warehouse", self.warehouse, "warehouse_kind", "Defective")
		self.assertEqual(self.check(self.rule), 0)

	def test_the_job_of_each_minute_sees_a_date_that_was_put_right(self):
		self.check(self.rule)
		old = add_to_date(now_datetime(), minutes=-30)
		for doctype, filters in (("Stock Balance", {"sku": self.sku}), ("SKU", {"name": self.sku})):
			frappe.db.set_value(doctype, filters, "modified", old, update_modified=False)
		self.set_day("B1", 60)

		alerts._check_changed(add_to_date(now_datetime(), minutes=-1))
		self.assertEqual(self.get_open(), [])

	def test_a_site_gets_the_rule_once(self):
		frappe.db.delete("Stock Alert Rule", {"kind": "Expiring"})
		for _number in range(2):
			add_expiring_rule.execute()
		rules = frappe.get_all("Stock Alert Rule", {"kind": "Expiring"}, ["rule_name", "days"], as_list=True)
		self.assertEqual([tuple(row) for row in rules], [("Expires Soon", 30)])


class TestTelling(AlertTest):
	def setUp(self):
		super().setUp()
		self.user = create_user(["OMS Manager"]).name
		self.skus = [create_sku().name for _number in range(3)]
		for sku in self.skus:
			create_stock(sku, 2, self.warehouse)

	def test_one_message_for_each_user_and_run(self):
		rules = [self.make_rule(user=self.user), self.make_rule(user=self.user, threshold=5)]

		self.assertEqual(alerts.check_and_tell(rules, self.skus), 6)
		((users, subject),) = self.sent
		self.assertEqual(users, [self.user])
		self.assertTrue(subject.startswith("6 new stock alerts. SKU "), subject)

	def test_nobody_hears_of_a_warehouse_that_is_not_theirs(self):
		narrow = create_user(["OMS Manager"], warehouses=[create_warehouse().name]).name
		rule = self.make_rule(user=narrow, each_warehouse=1, threshold=5)

		self.assertEqual(alerts.check_and_tell([rule], self.skus), 3)
		self.assertEqual(self.sent, [])

	def test_many_alerts_of_a_rule_are_one_task(self):
		with patch("storegroup_oms.inventory.alert_messages.TASKS_AT_ONCE", 2):
			rule = self.make_rule(user=self.user)
			alerts.check_and_tell([rule], self.skus)
		tasks = set(frappe.get_all("Stock Alert", {"rule": rule.name}, pluck="task", order_by="name"))
		self.assertEqual(len(tasks), 1)
		(task,) = tasks

		post([Movement(sku, self.warehouse, "Receipt", qty=20) for sku in self.skus[:2]])
		alerts.check_and_tell([rule], self.skus)
		self.assertEqual(frappe.db.get_value("Task", task, "status"), "Open")
		post([Movement(self.skus[2], self.warehouse, "Receipt", qty=20)])
		alerts.check_and_tell([rule], self.skus)
		self.assertEqual(frappe.db.get_value("Task", task, "status"), "Done")

	def test_a_rule_may_make_no_task(self):
		rule = self.make_rule(user=self.user, makes_task=0)
		alerts.check_and_tell([rule], self.skus)

		self.assertEqual(frappe.db.count("Stock Alert", {"rule": rule.name, "task": ["is", "set"]}), 0)
		self.assertEqual(len(self.sent), 1)

	def test_of_two_hosts_one_tells(self):
		rule = self.make_rule(user=self.user)
		# The second one looked before the first one wrote.
		cases = alerts.find_cases(rule, self.skus)
		first, second = alerts._open(rule, cases), alerts._open(rule, cases)

		self.assertEqual((len(first), second), (3, []))
		self.assertEqual(frappe.db.count("Stock Alert", {"rule": rule.name}), 3)


class TestJobs(AlertTest):
	def setUp(self):
		super().setUp()
		patcher = patch.object(frappe.db, "commit")
		patcher.start()
		self.addCleanup(patcher.stop)

	def run_changed(self, minutes_ago: int) -> None:
		frappe.db.set_global(alerts.MARK, str(add_to_date(now_datetime(), minutes=-minutes_ago)))
		alerts.run_changed()

	def test_what_changed_is_checked(self):
		self.make_rule(sku=self.sku)
		self.stock(9)
		frappe.db.sql("UPDATE `tabSKU` SET modified = '2026-01-01' WHERE name = %s", self.sku)
		self.run_changed(0)
		self.assertEqual(len(self.get_alerts()), 1)

		before = add_to_date(now_datetime(), minutes=-30)
		frappe.db.sql(
			"UPDATE `tabStock Balance` SET available = 20, modified = %s WHERE sku = %s", (before, self.sku)
		)
		self.run_changed(1)
		self.assertEqual(len(self.get_alerts()), 1)
		self.run_changed(40)
		self.assertEqual(self.get_alerts(), [])

	def test_a_new_level_is_looked_at(self):
		self.make_rule(sku=self.sku)
		self.stock(15)
		frappe.db.sql("UPDATE `tabStock Balance` SET modified = '2026-01-01' WHERE sku = %s", self.sku)
		sku = frappe.get_doc("SKU", self.sku)
		sku.alert_level = 20
		sku.save()

		self.run_changed(0)
		self.assertEqual([row.limit_value for row in self.get_alerts()], [20])

	def test_a_rule_that_is_switched_off_has_no_alerts(self):
		rule = self.make_rule(sku=self.sku)
		self.stock(9)
		alerts.run_rule(rule.name)
		self.assertEqual(len(self.get_alerts()), 1)

		frappe.db.set_value("Stock Alert Rule", rule.name, "enabled", 0)
		alerts.run_rule(rule.name)
		self.assertEqual(self.get_alerts(), [])
		self.assertEqual(len(self.get_alerts("Closed")), 1)
