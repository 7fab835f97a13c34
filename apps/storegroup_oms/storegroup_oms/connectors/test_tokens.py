"""Tokens: renewed once for all workers, given up with a task, and never in a log."""

import threading
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import runner, tokens
from storegroup_oms.connectors.accounts import get_account, now
from storegroup_oms.connectors.base import TokenSet
from storegroup_oms.connectors.errors import CredentialError, RetryableError
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.tests.fake_platform import ConnectorTest


class TestRenewal(ConnectorTest):
	def setUp(self) -> None:
		super().setUp()
		self.platform.valid_token = "token-2"
		self.platform.refresh_tokens = {"refresh-1": "token-2"}

	def test_an_expired_token_is_renewed_on_the_way(self):
		self.platform.add("A1")
		runner.pull_shop(self.shop)
		runner.fill_back(self.shop)

		self.assertEqual(self.get_statuses(), {"A1": "To Review"})
		account = get_account(self.shop)
		self.assertEqual((account.session_token, account.refresh_token), ("token-2", "next-token-2"))
		self.assertEqual(self.platform.calls.count("refresh"), 1)

	def test_many_workers_at_once_refresh_once(self):
		site, results = frappe.local.site, []

		def work() -> None:
			frappe.init(site, sites_path=".")
			frappe.connect()
			try:
				with open_session(self.shop) as session:
					barrier.wait()
					results.append(session.call(lambda client: client.get_shop()).shop_name)
			finally:
				frappe.destroy()

		barrier = threading.Barrier(4)
		threads = [threading.Thread(target=work) for _number in range(4)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join()

		self.assertEqual(results, ["nick-1"] * 4)
		self.assertEqual(self.platform.calls.count("refresh"), 1)

	def test_a_dead_authorisation_stops_this_shop_with_one_task_and_no_other(self):
		other = self.create_connected_shop(session_token="token-2")
		frappe.db.commit()
		self.platform.refresh_tokens.clear()
		self.platform.add("A1")

		for _time in range(2):
			frappe.db.set_value("Shop", self.shop, "status", "Active")
			frappe.db.commit()
			runner.pull_shop(self.shop)
		runner.pull_shop(other)
		runner.fill_back(other)

		shop = frappe.get_doc("Shop", self.shop)
		self.assertEqual((shop.status, shop.error_code), ("Authorisation Expired", "27:invalid-refresh"))
		tasks = frappe.get_all(
			"Task", {"shop": self.shop}, ["status", "priority", "kind"], order_by="name asc"
		)
		self.assertEqual(tasks, [{"status": "Open", "priority": "Urgent", "kind": "Shop"}])
		self.assertEqual(frappe.db.get_value("Shop", other, "status"), "Active")
		self.assertEqual(frappe.db.count("Order", {"shop": other}), 1)

	def test_new_tokens_set_the_shop_to_work_and_close_the_task(self):
		self.platform.refresh_tokens.clear()
		runner.pull_shop(self.shop)
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), "Authorisation Expired")

		tokens.store(self.shop, TokenSet("token-2", "refresh-2", now() + timedelta(days=3)))

		shop = frappe.get_doc("Shop", self.shop)
		self.assertEqual((shop.status, shop.error_code), ("Active", None))
		self.assertGreater(shop.token_expires_at, add_to_date(now_datetime(), days=2))
		self.assertEqual(frappe.get_all("Task", {"shop": self.shop}, pluck="status"), ["Done"])

	def test_a_fault_of_the_platform_is_no_end_of_the_authorisation(self):
		with open_session(self.shop) as session:

			def fail():
				raise RetryableError("isp.down")

			session.client.refresh_token = fail
			with self.assertRaises(RetryableError):
				tokens.renew(session.client, CredentialError("27"))
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), "Active")

	def test_a_worker_that_was_killed_while_refreshing_costs_others_a_retry(self):
		with (
			tokens._lock(self.shop),
			patch.object(tokens, "LOCK_WAIT_S", 0.05),
			open_session(self.shop) as session,
			self.assertRaises(RetryableError),
		):
			session.call(lambda client: client.get_shop())

		self.assertEqual(self.platform.calls, ["shop"])
		self.assertEqual(get_account(self.shop).session_token, "token-1")
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), "Active")


class TestAhead(ConnectorTest):
	def test_a_token_is_refreshed_before_it_ends(self):
		for hours, due in ((1, True), (11, True), (13, False)):
			frappe.db.set_value(
				"Shop", self.shop, "token_expires_at", add_to_date(now_datetime(), hours=hours)
			)
			with self.subTest(hours):
				self.assertEqual(self.shop in tokens.find_expiring(now_datetime()), due)

		self.platform.refresh_tokens = {"refresh-1": "token-2"}
		runner.refresh_token(self.shop)
		self.assertEqual(get_account(self.shop).session_token, "token-2")
		self.assertNotIn(self.shop, tokens.find_expiring(now_datetime()))


class TestSecrets(ConnectorTest):
	def test_secrets_stand_in_no_log_error_or_answer(self):
		def fail(api: str) -> None:
			raise RetryableError("isp.down", "bad session token-1 of secret-1")

		secrets = ("secret-1", "token-1", "refresh-1")
		account = get_account(self.shop)
		self.assertEqual([word for word in secrets if word in repr(account)], [])

		shop = frappe.get_doc("Shop", self.shop).as_dict()
		self.assertEqual([word for word in secrets if word in frappe.as_json(shop)], [])
		self.platform.before_call = fail
		with open_session(self.shop) as session:
			error = session.client.transport._clean(RetryableError("isp.down", "token-1 secret-1"))
		self.assertEqual(error.message, "*** ***")
		self.assertEqual([word for word in secrets if word in str(error)], [])
