"""Messages reach a real server: signed, in order, again when it fails, and never where they must not go."""

import threading
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import get_datetime, now_datetime

from storegroup_oms.api.webhooks import send_again
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.open_api import delivery, outbox, targets
from storegroup_oms.open_api.doctype.api_request.api_request import APIRequest
from storegroup_oms.open_api.doctype.webhook_delivery.webhook_delivery import WebhookDelivery
from storegroup_oms.open_api.targets import Outcome
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests import factories
from storegroup_oms.tests.api_calls import remove_shop
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.webhook_receiver import WebhookReceiver, is_genuine

SECRET = factories.WEBHOOK_SECRET


class DeliveryTest(IntegrationTest):
	"""Nothing is committed; jobs are not started."""

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(patch.object(frappe.db, "commit"))
		self.enterContext(patch.object(frappe, "enqueue"))
		frappe.db.set_value("Webhook Endpoint", {"name": ["!=", ""]}, "is_enabled", 0)
		self.set_setting("allow_private_webhooks", 1)
		outbox.forget_endpoints()

	def set_setting(self, field: str, value: int) -> None:
		frappe.db.set_single_value("OMS Settings", field, value)
		frappe.clear_document_cache("OMS Settings", "OMS Settings")

	def create(self, url: str, **values):
		"""An endpoint and a new order that it is to hear of: (endpoint's name, order's name)."""
		endpoint = factories.create_webhook_endpoint(url=url, **values).name
		return endpoint, factories.create_order().name

	def get_rows(self, endpoint: str) -> list:
		return frappe.get_all(
			"Webhook Delivery", filters={"endpoint": endpoint}, fields=["*"], order_by="name asc"
		)

	def make_due(self, endpoint: str) -> None:
		frappe.db.set_value(
			"Webhook Delivery",
			{"endpoint": endpoint, "status": "Retry"},
			"due_at",
			now_datetime() - timedelta(seconds=1),
		)


class TestDelivery(DeliveryTest):
	def test_a_message_arrives_signed_and_once(self):
		with WebhookReceiver() as receiver:
			endpoint, _order = self.create(f"{receiver.url}?key=open-sesame")
			self.assertEqual(delivery.send_due(), 1)
			self.assertEqual(delivery.send_due(), 0)
		(row,) = self.get_rows(endpoint)
		((path, headers, body),) = receiver.requests
		self.assertEqual((path, body.decode()), ("/hook?key=open-sesame", row.payload))
		self.assertEqual(
			(headers["X-OMS-Event"], headers["X-OMS-Event-Id"], headers["X-OMS-Delivery"]),
			("order.created", row.event_id, row.name),
		)
		self.assertTrue(is_genuine(SECRET, headers, body))
		self.assertFalse(is_genuine(SECRET + "!", headers, body))
		self.assertFalse(is_genuine(SECRET, headers, body + b" "))
		self.assertFalse(is_genuine(SECRET, headers | {"X-OMS-Timestamp": "1"}, body))
		self.assertEqual((row.status, row.attempts, row.response_code), ("Done", 1, 200))
		self.assertIsNotNone(row.done_at)
		self.assertIsNotNone(frappe.db.get_value("Webhook Endpoint", endpoint, "last_success_at"))

	def test_a_fault_is_tried_again(self):
		with WebhookReceiver((500, {}), (200, {})) as receiver:
			endpoint, _order = self.create(receiver.url)
			before = now_datetime()
			delivery.send_due()
			(row,) = self.get_rows(endpoint)
			self.assertEqual(
				(row.status, row.attempts, row.response_code, row.error), ("Retry", 1, 500, "HTTP 500")
			)
			self.assertGreaterEqual(get_datetime(row.due_at), before + timedelta(seconds=59))
			self.assertIsNotNone(frappe.db.get_value("Webhook Endpoint", endpoint, "failing_since"))
			self.assertEqual(delivery.send_due(), 0, "not due yet")
			self.make_due(endpoint)
			delivery.send_due()
		(row,) = self.get_rows(endpoint)
		self.assertEqual((row.status, row.attempts), ("Done", 2))
		self.assertIsNone(frappe.db.get_value("Webhook Endpoint", endpoint, "failing_since"))
		self.assertEqual(len({request[1]["X-OMS-Delivery"] for request in receiver.requests}), 1)

	def test_it_gives_up_after_eight_attempts(self):
		with WebhookReceiver((503, {})) as receiver:
			endpoint, _order = self.create(receiver.url)
			for _attempt in range(9):
				delivery.send_due()
				self.make_due(endpoint)
		(row,) = self.get_rows(endpoint)
		self.assertEqual((row.status, row.attempts, len(receiver.requests)), ("Failed", 8, 8))

	def test_gone_is_not_tried_again(self):
		with WebhookReceiver((410, {})) as receiver:
			endpoint, _order = self.create(receiver.url)
			delivery.send_due()
		self.assertEqual(self.get_rows(endpoint)[0].status, "Failed")

	def test_a_redirect_is_not_followed(self):
		with WebhookReceiver() as other, WebhookReceiver((307, {"Location": other.url})) as receiver:
			endpoint, _order = self.create(receiver.url)
			delivery.send_due()
		(row,) = self.get_rows(endpoint)
		self.assertEqual((row.status, row.error, other.requests), ("Retry", "HTTP 307", []))

	def test_silence_is_a_timeout(self):
		with WebhookReceiver((None, {})) as receiver:
			outcome = targets.send(receiver.url, b"{}", {}, allow_private=True, timeout_s=0.2)
		self.assertEqual((outcome.status, outcome.error), (None, "timeout"))

	def test_errors_and_rows_hold_no_query_string_and_no_secret(self):
		with WebhookReceiver() as receiver:
			url = f"{receiver.url}?key=open-sesame"
		endpoint, _order = self.create(url)
		delivery.send_due()
		(row,) = self.get_rows(endpoint)
		self.assertEqual(row.status, "Retry")
		self.assertEqual(row.error, "connection: not accepted")
		for text in ("open-sesame", SECRET):
			self.assertNotIn(text, frappe.as_json(row))
			self.assertNotIn(text, frappe.db.get_value("Webhook Endpoint", endpoint, "last_error"))

	def test_private_addresses_are_refused_unless_allowed(self):
		with WebhookReceiver() as receiver:
			endpoint, _order = self.create(receiver.url)
			self.set_setting("allow_private_webhooks", 0)
			delivery.send_due()
		(row,) = self.get_rows(endpoint)
		self.assertEqual((row.status, row.attempts, receiver.requests), ("Failed", 1, []))
		self.assertTrue(row.error.startswith("refused: "))

	def test_one_orders_messages_go_in_their_order(self):
		with WebhookReceiver((500, {}), (200, {})) as receiver:
			endpoint, order = self.create(receiver.url)
			lifecycle.move_orders([order], "On Hold", "a rule")
			other = factories.create_order().name
			self.assertEqual(delivery.send_due(), 2)
			statuses = [(row.reference_name, row.status) for row in self.get_rows(endpoint)]
			self.assertEqual(statuses, [(order, "Retry"), (order, "Waiting"), (other, "Done")])
			self.make_due(endpoint)
			self.assertEqual(delivery.send_due(), 2)
		events = [request[1]["X-OMS-Event"] for request in receiver.requests]
		self.assertEqual(events, ["order.created", "order.created", "order.created", "order.status_changed"])

	def test_a_dead_receiver_is_asked_once_a_batch(self):
		with WebhookReceiver() as receiver:
			url = receiver.url
		endpoint, _order = self.create(url)
		factories.create_order()
		self.assertEqual(delivery.send_due(), 1)
		self.assertEqual(
			[(row.status, row.attempts) for row in self.get_rows(endpoint)], [("Retry", 1), ("Waiting", 0)]
		)

	def test_a_worker_that_died_leaves_its_rows_due_later(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		before = now_datetime()
		self.assertEqual(len(delivery.claim()), 1)
		(row,) = self.get_rows(endpoint)
		self.assertEqual((row.status, row.attempts), ("Waiting", 1))
		self.assertGreater(get_datetime(row.due_at), before + timedelta(seconds=delivery.LEASE_S - 5))
		self.assertEqual(delivery.claim(), [])

	def test_a_switched_off_endpoint_gets_nothing(self):
		with WebhookReceiver() as receiver:
			endpoint, _order = self.create(receiver.url)
			frappe.db.set_value("Webhook Endpoint", endpoint, "is_enabled", 0)
			self.assertEqual(delivery.send_due(), 0)
		self.assertEqual(receiver.requests, [])

	def test_pauses_grow_and_are_bounded(self):
		fault = Outcome(500, "", 0)
		self.assertEqual(
			[delivery.get_pause_s(attempt, fault) for attempt in range(1, 8)], list(delivery.BACK_OFF_S)
		)
		self.assertEqual(delivery.get_pause_s(1, Outcome(429, "", 0, retry_after_s=900)), 900)
		self.assertEqual(delivery.get_pause_s(1, Outcome(503, "", 0, retry_after_s=10**6)), 21_600)
		self.assertEqual(delivery.get_pause_s(1, Outcome(500, "", 0, retry_after_s=900)), 60)


class TestEveryMinute(DeliveryTest):
	def test_a_worker_is_called_only_when_something_is_due(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		jobs = self.enterContext(patch.object(frappe, "enqueue"))
		for status, minutes, called in (("Done", -1, 0), ("Retry", 5, 0), ("Retry", -1, 1)):
			frappe.db.set_value("Webhook Delivery", {"status": ["!=", "Done"]}, "status", "Done")
			moment = now_datetime() + timedelta(minutes=minutes)
			frappe.db.set_value(
				"Webhook Delivery", {"endpoint": endpoint}, {"status": status, "due_at": moment}
			)
			with self.subTest(status, minutes=minutes):
				delivery.start_if_due()
				self.assertEqual(jobs.call_count, called)
		self.assertEqual(jobs.call_args.args, ("storegroup_oms.open_api.delivery.send_due",))


class TestSwitchingOff(DeliveryTest):
	def fail(self, endpoint: str, days: float) -> None:
		since = now_datetime() - timedelta(days=days)
		frappe.db.set_value("Webhook Endpoint", endpoint, "failing_since", since)
		row = frappe._dict(self.get_rows(endpoint)[0])
		delivery.note_outcome(row, Outcome(500, "HTTP 500", 1))

	def test_after_days_of_failures_with_one_task(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		self.fail(endpoint, 2.9)
		self.assertEqual(frappe.db.get_value("Webhook Endpoint", endpoint, "is_enabled"), 1)
		self.fail(endpoint, 3.1)
		self.assertEqual(frappe.db.get_value("Webhook Endpoint", endpoint, "is_enabled"), 0)
		self.fail(endpoint, 3.2)
		tasks = frappe.get_all(
			"Task", filters={"reference_name": endpoint}, fields=["status", "reference_doctype"]
		)
		self.assertEqual(tasks, [{"status": "Open", "reference_doctype": "Webhook Endpoint"}])
		self.assertNotIn(endpoint, [row["name"] for row in outbox.get_endpoints()])

	def test_never_where_the_settings_say_so(self):
		self.set_setting("webhook_off_days", 0)
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		self.fail(endpoint, 300)
		self.assertEqual(frappe.db.get_value("Webhook Endpoint", endpoint, "is_enabled"), 1)

	def test_switched_on_again_it_starts_afresh(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		self.fail(endpoint, 4)
		document = frappe.get_doc("Webhook Endpoint", endpoint)
		document.is_enabled = 1
		document.save()
		self.assertEqual((document.failing_since, document.last_error), (None, None))


class TestSendingAgain(DeliveryTest):
	def test_a_failed_message_goes_out_again(self):
		with WebhookReceiver((410, {}), (200, {})) as receiver:
			endpoint, _order = self.create(receiver.url)
			delivery.send_due()
			name = self.get_rows(endpoint)[0].name
			self.assertEqual(send_again([name]), 1)
			delivery.send_due()
		self.assertEqual(self.get_rows(endpoint)[0].status, "Done")
		self.assertEqual(len(receiver.requests), 2)

	def test_who_may(self):
		endpoint, order = self.create("http://127.0.0.1:9/hook")
		(row,) = self.get_rows(endpoint)
		frappe.db.set_value("Webhook Delivery", row.name, {"status": "Failed", "attempts": 8})
		shop = frappe.db.get_value("Order", order, "shop")
		for roles, shops in (
			(["OMS Manager"], [shop]),
			(["OMS Integration"], [shop]),
			(["OMS Administrator"], [factories.create_shop().name]),
			([], []),
		):
			frappe.set_user("Administrator")
			frappe.set_user(factories.create_user(roles, shops=shops).name)
			with self.subTest(roles), self.assertRaises(frappe.PermissionError):
				send_again([row.name])
		frappe.set_user("Administrator")
		self.assertEqual(self.get_rows(endpoint)[0].status, "Failed")
		frappe.set_user(factories.create_user(["OMS Administrator"], shops=[shop]).name)
		self.assertEqual(send_again([row.name]), 1)

	def test_lists_are_bounded(self):
		for names in ([], ["x"] * 501, "{}"):
			with self.subTest(str(names)[:9]), self.assertRaises(InvalidValueError):
				send_again(names)


class TestEndpointForm(DeliveryTest):
	def test_wrong_endpoints_are_refused(self):
		self.set_setting("allow_private_webhooks", 0)
		before = frappe.db.count("Webhook Endpoint")
		for values in (
			{"url": "http://example.com/"},
			{"url": "https://10.0.0.1/"},
			{"url": "https://a:b@example.com/"},
			{"secret": "short"},
		):
			with self.subTest(**values), self.assertRaises(InvalidValueError):
				factories.create_webhook_endpoint(**values)
		self.assertEqual(frappe.db.count("Webhook Endpoint"), before)

	def test_who_is_narrowed_names_own_shops(self):
		own, foreign = factories.create_shop().name, factories.create_shop().name
		user = factories.create_user(["OMS Administrator"], shops=[own]).name
		frappe.set_user(user)
		for shops in ((), (foreign,), (own, foreign)):
			with self.subTest(shops), self.assertRaises(frappe.PermissionError):
				factories.create_webhook_endpoint(shops=shops)
		self.assertTrue(factories.create_webhook_endpoint(shops=[own]).name)

	def test_the_secret_is_not_answered(self):
		endpoint = factories.create_webhook_endpoint()
		endpoint.reload()
		self.assertNotIn(SECRET, endpoint.as_json())
		endpoint.save()
		self.assertEqual(endpoint.get_password("secret"), SECRET)

	def test_deleting_takes_the_deliveries_along(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		frappe.delete_doc("Webhook Endpoint", endpoint)
		self.assertEqual(self.get_rows(endpoint), [])


class TestClearing(DeliveryTest):
	def test_only_old_ends_go(self):
		endpoint, _order = self.create("http://127.0.0.1:9/hook")
		for _number in range(4):
			factories.create_order()
		rows = [row.name for row in self.get_rows(endpoint)]
		old = now_datetime() - timedelta(days=31)
		for name, status in zip(rows, ("Done", "Failed", "Waiting", "Retry", "Done"), strict=True):
			frappe.db.set_value("Webhook Delivery", name, {"status": status, "creation": old})
		frappe.db.set_value("Webhook Delivery", rows[4], "creation", now_datetime())
		WebhookDelivery.clear_old_logs()
		self.assertEqual([row.name for row in self.get_rows(endpoint)], rows[2:])

	def test_answers_are_kept_seven_days(self):
		names = []
		for days in (6, 8):
			row = frappe.get_doc(
				{
					"doctype": "API Request",
					"user": "Administrator",
					"operation": "test",
					"idempotency_key": str(days),
					"request_hash": "x",
				}
			).insert()
			frappe.db.set_value("API Request", row.name, "creation", now_datetime() - timedelta(days=days))
			names.append(row.name)
		APIRequest.clear_old_logs()
		left = frappe.get_all("API Request", filters={"name": ["in", names]}, pluck="name")
		self.assertEqual(left, names[:1])


class TestTwoWorkers(IntegrationTest):
	"""Two connections claim at once. Commits, and cleans up after itself."""

	def setUp(self) -> None:
		super().setUp()
		self.enterContext(patch.object(frappe, "enqueue"))
		self.shop = factories.create_shop().name
		self.endpoint = factories.create_webhook_endpoint(shops=[self.shop]).name
		sku = factories.create_sku().name
		for _number in range(6):
			factories.create_order([(sku, 1)], shop=self.shop)
		self.sku = sku
		self.addCleanup(self.clean_up)
		frappe.db.commit()

	def clean_up(self) -> None:
		frappe.db.rollback()
		frappe.set_user("Administrator")
		frappe.delete_doc("Webhook Endpoint", self.endpoint, force=True)
		remove_shop(self.shop)
		frappe.delete_doc("SKU", self.sku, force=True)
		frappe.db.commit()

	def test_no_row_is_claimed_twice_and_none_waits(self):
		site, claimed, gate = frappe.local.site, [], threading.Barrier(2, timeout=30)

		def work() -> None:
			frappe.init(site, sites_path=".", force=True)
			frappe.connect()
			try:
				rows = delivery.claim(3)
				gate.wait()  # both hold their locks
				frappe.db.commit()
				claimed.append([row.name for row in rows if row.endpoint == self.endpoint])
			finally:
				frappe.destroy()

		threads = [threading.Thread(target=work) for _worker in range(2)]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join(60)
		self.assertEqual([len(names) for names in claimed], [3, 3])
		self.assertEqual(len({name for names in claimed for name in names}), 6)
