"""What people start for a shop's connection: who may, what is refused, and what a successful test puts right."""

from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.api import connectors as api
from storegroup_oms.connectors import alerts
from storegroup_oms.connectors.errors import CredentialError
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import insert

EXPIRED = "Authorisation Expired"


def answer(**facts):
	"""Replace the platform by one that tells these facts, or raises `error`."""

	class Session:
		def call(self, work):
			if error := facts.get("error"):
				raise error
			return SimpleNamespace(**facts)

	@contextmanager
	def open_session(shop):
		yield Session()

	return patch.object(api, "open_session", open_session)


class ConnectionTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.shop = factories.create_shop(app_key="key", session_token="old").name
		self.started = []
		patcher = patch.object(api.frappe, "enqueue", self.start)
		patcher.start()
		self.addCleanup(patcher.stop)

	def start(self, method, **values):
		"""Note our own jobs instead of starting them; others are left out."""
		if "connectors" in str(method):
			self.started.append((method, values))

	def log_in(self, role: str, **scope) -> str:
		user = factories.create_user([role], **scope).name
		frappe.set_user(user)
		return user


class TestConnectionTest(ConnectionTest):
	def expire(self):
		frappe.db.set_value("Shop", self.shop, {"status": EXPIRED, "error_code": "27"})
		return alerts.open_shop_task(self.shop, "authorisation", "Authorise again", "why")

	def test_a_good_answer_sets_an_expired_shop_to_work_and_closes_its_task(self):
		task = self.expire()

		with answer(shop_name="云上旗舰店", platform_shop_id="1"):
			result = api.test_connection(self.shop)

		self.assertEqual((result["ok"], result["shop_name"]), (True, "云上旗舰店"))
		self.assertEqual(frappe.db.get_value("Shop", self.shop, ["status", "error_code"]), ("Active", None))
		self.assertEqual(frappe.db.get_value("Task", task, ["status", "dedupe_key"]), ("Done", None))

	def test_a_paused_shop_stays_paused(self):
		frappe.db.set_value("Shop", self.shop, "status", "Paused")

		with answer(shop_name="", platform_shop_id="77"):
			result = api.test_connection(self.shop)

		self.assertEqual(result["shop_name"], "77")
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), "Paused")

	def test_a_refusal_says_so_and_changes_nothing(self):
		task = self.expire()

		with answer(error=CredentialError("27", "Invalid session")):
			result = api.test_connection(self.shop)

		self.assertEqual(result["ok"], False)
		self.assertIn("[27] Invalid session", result["message"])
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), EXPIRED)
		self.assertEqual(frappe.db.get_value("Task", task, "status"), "Open")

	def test_who_may_not_write_the_shop_may_not_test_it(self):
		self.expire()
		self.log_in("OMS Manager")

		with answer(shop_name="x", platform_shop_id="1"):
			self.assertRaises(frappe.PermissionError, api.test_connection, self.shop)
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), EXPIRED)


class TestNewToken(ConnectionTest):
	def test_a_token_typed_in_anew_forgets_when_the_old_one_ended(self):
		end = add_to_date(now_datetime(), days=-1)
		frappe.db.set_value("Shop", self.shop, "token_expires_at", end)
		shop = frappe.get_doc("Shop", self.shop)
		shop.session_token = "new"
		shop.save()

		self.assertIsNone(frappe.db.get_value("Shop", self.shop, "token_expires_at"))

	def test_the_same_token_or_its_stars_leave_the_end_alone(self):
		end = add_to_date(now_datetime(), days=1).replace(microsecond=0)
		frappe.db.set_value("Shop", self.shop, "token_expires_at", end)
		for token in ("old", "*" * 10):
			shop = frappe.get_doc("Shop", self.shop)
			shop.session_token = token
			shop.save()
			self.assertEqual(frappe.db.get_value("Shop", self.shop, "token_expires_at"), end)


class TestStarting(ConnectionTest):
	def test_a_job_starts_though_its_request_writes_nothing(self):
		for start in (
			lambda: api.sync_now(self.shop),
			lambda: api.fetch_all(self.shop),
			lambda: api.fetch_orders(self.shop, "1, 2"),
			lambda: api.fetch_span(self.shop, "2026-11-11 00:00:00", "2026-11-12 00:00:00"),
		):
			start()
			method, values = self.started[-1]
			self.assertFalse(values["enqueue_after_commit"], method)
		self.assertEqual(len(self.started), 4)


class TestFetchWindow(ConnectionTest):
	def create_window(self, status: str, due_at=None):
		now = now_datetime()
		return insert(
			"Pull Window",
			shop=self.shop,
			status=status,
			due_at=due_at,
			from_time=add_to_date(now, minutes=-9),
			to_time=now,
		).name

	def test_any_state_is_walked_again(self):
		for status in ("Open", "Complete", "Incomplete", "Failed"):
			name = self.create_window(status)
			with self.subTest(status):
				api.fetch_window(name)
				self.assertEqual(frappe.db.get_value("Pull Window", name, "status"), "Open")
				self.assertEqual(self.started[-1][0], "storegroup_oms.connectors.by_hand.walk")
				self.assertEqual(self.started[-1][1]["shop"], self.shop)
				self.assertTrue(self.started[-1][1]["enqueue_after_commit"])

	def test_one_that_runs_is_left_alone_until_its_lease_ends(self):
		running = self.create_window("Running", add_to_date(now_datetime(), seconds=60))
		dead = self.create_window("Running", add_to_date(now_datetime(), seconds=-1))

		self.assertRaises(InvalidValueError, api.fetch_window, running)
		self.assertEqual(frappe.db.get_value("Pull Window", running, "status"), "Running")
		self.assertEqual(self.started, [])
		api.fetch_window(dead)
		self.assertEqual(frappe.db.get_value("Pull Window", dead, "status"), "Open")

	def test_another_shops_window_is_refused(self):
		name = self.create_window("Complete")
		self.log_in("OMS Manager", shops=[factories.create_shop().name])

		self.assertRaises(frappe.PermissionError, api.fetch_window, name)
		self.assertEqual(frappe.db.get_value("Pull Window", name, "status"), "Complete")
		self.assertEqual(self.started, [])


class TestRefreshOrders(ConnectionTest):
	def test_orders_are_fetched_by_shop(self):
		other = factories.create_shop("JD").name
		mine = [factories.create_order(shop=self.shop) for _ in range(2)]
		theirs = factories.create_order(shop=other)
		by_hand = factories.create_order(shop=factories.create_shop("Manual").name)
		self.log_in("OMS Customer Service")

		count = api.refresh_orders([order.name for order in (*mine, theirs, by_hand)])

		self.assertEqual(count, 3)
		wanted = {self.shop: {order.platform_order_no for order in mine}, other: {theirs.platform_order_no}}
		self.assertEqual({values["shop"]: set(values["order_nos"]) for _, values in self.started}, wanted)

	def test_one_foreign_order_refuses_all(self):
		mine, foreign = factories.create_order(shop=self.shop), factories.create_order()
		self.log_in("OMS Order Clerk", shops=[self.shop])

		self.assertRaises(frappe.PermissionError, api.refresh_orders, [mine.name, foreign.name])
		self.assertEqual(self.started, [])

	def test_who_may_only_read_orders_is_refused(self):
		order = factories.create_order(shop=self.shop)
		self.log_in("OMS Warehouse Staff")

		self.assertRaises(frappe.PermissionError, api.refresh_orders, [order.name])
		self.assertEqual(self.started, [])

	def test_none_too_many_and_unconnected_are_refused(self):
		by_hand = factories.create_order(shop=factories.create_shop("Manual").name).name
		for names in ([], [f"SO-{number}" for number in range(501)], [by_hand]):
			with self.subTest(len(names)):
				self.assertRaises(InvalidValueError, api.refresh_orders, names)
		self.assertEqual(self.started, [])
