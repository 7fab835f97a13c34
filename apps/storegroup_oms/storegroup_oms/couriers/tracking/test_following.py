"""Shipped parcels are handed to a service, tried again when it fails, and asked about when pushes stay away."""

from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import now_datetime

from storegroup_oms.connectors.errors import CredentialError, RefusedError, RetryableError
from storegroup_oms.couriers.tracking import accounts, following
from storegroup_oms.couriers.tracking.test_events import WAY, make_courier, make_parcel, make_trace
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_tracking_account


class FakeClient:
	"""Answers as told; remembers what it was asked."""

	def __init__(self):
		self.asked, self.answer = [], None

	def subscribe(self, *arguments):
		self.asked.append(arguments)
		if isinstance(self.answer, Exception):
			raise self.answer

	def query(self, *arguments):
		self.asked.append(arguments)
		if isinstance(self.answer, Exception):
			raise self.answer
		return self.answer


class TestFollowing(IntegrationTest):
	def setUp(self):
		super().setUp()
		# The jobs own their transactions; here they stay inside the test's.
		for name in ("commit", "rollback"):
			patcher = patch.object(frappe.db, name)
			patcher.start()
			self.addCleanup(patcher.stop)
		frappe.db.sql("UPDATE tabShipment SET next_poll_at = NULL, subscribe_due_at = NULL")
		frappe.db.sql("UPDATE `tabTracking Account` SET is_active = 0")
		self.client = FakeClient()
		patcher = patch.object(accounts.TrackingKeys, "make_client", lambda keys, record=None: self.client)
		patcher.start()
		self.addCleanup(patcher.stop)
		self.account = create_tracking_account()
		self.shipment = make_parcel(
			make_courier(), [create_order(status="Shipped")], shipped_at=now_datetime()
		)
		self.code = frappe.db.get_value("Courier", self.shipment.courier, "kuaidi100_code")

	def ship(self):
		with patch.object(frappe, "enqueue"):
			following.note_shipped([self.shipment.name])

	def get(self) -> frappe._dict:
		fields = [
			"is_subscribed",
			"subscribe_due_at",
			"subscribe_attempts",
			"next_poll_at",
			"tracking_error",
			"status",
		]
		return frappe.db.get_value("Shipment", self.shipment.name, fields, as_dict=True)

	def test_a_shipped_parcel_is_subscribed(self):
		self.ship()
		following.run_due()
		((company, number, url, salt, tail),) = self.client.asked
		self.assertEqual(
			(company, number, salt, tail), (self.code, self.shipment.waybill_no, "salt1", "5678")
		)
		self.assertIn("storegroup_oms.api.tracking.push_kuaidi100", url)
		row = self.get()
		self.assertEqual((row.is_subscribed, row.subscribe_due_at), (1, None))
		self.ship()  # shipped again, or replayed
		following.run_due()
		self.assertEqual(len(self.client.asked), 1)

	def test_a_failure_is_tried_again_and_a_refusal_is_not(self):
		for answer, again in (
			(RetryableError("500"), True),
			(CredentialError("600", "no key"), True),
			(RefusedError("701", "no such courier"), False),
		):
			with self.subTest(answer.code):
				frappe.db.set_value("Shipment", self.shipment.name, "is_subscribed", 0)
				self.ship()
				self.client.answer = answer
				following.run_due()
				row = self.get()
				self.assertEqual(bool(row.subscribe_due_at), again)
				self.assertEqual((row.is_subscribed, row.subscribe_attempts), (0, 1))
				self.assertIn(answer.code, row.tracking_error)
				self.assertGreater(row.next_poll_at, now_datetime() + timedelta(minutes=20))
		self.assertIn("600", frappe.db.get_value("Tracking Account", self.account.name, "last_error"))

	def test_a_courier_that_no_account_follows(self):
		self.account.append("couriers", {"courier": make_courier()})
		self.account.save()
		self.ship()
		following.run_due()
		self.assertEqual(self.client.asked, [])
		self.assertIsNone(self.get().subscribe_due_at)

	def test_a_silent_parcel_is_asked_about(self):
		frappe.db.set_value(
			"Shipment", self.shipment.name, "next_poll_at", now_datetime() - timedelta(minutes=1)
		)
		self.client.answer = make_trace(self.shipment, *WAY[:3])
		following.run_due()
		self.assertEqual(self.client.asked, [(self.code, self.shipment.waybill_no, "5678")])
		row = self.get()
		self.assertEqual(row.status, "In Transit")
		self.assertGreater(row.next_poll_at, now_datetime() + timedelta(minutes=29))
		following.run_due()
		self.assertEqual(len(self.client.asked), 1)

	def test_a_question_that_failed_waits(self):
		frappe.db.set_value(
			"Shipment", self.shipment.name, "next_poll_at", now_datetime() - timedelta(minutes=1)
		)
		self.client.answer = RetryableError("timeout")
		following.run_due()
		row = self.get()
		self.assertIn("timeout", row.tracking_error)
		self.assertGreater(row.next_poll_at, now_datetime())
		self.assertEqual(row.status, "Shipped")

	def test_an_account_does_not_tell_its_secrets(self):
		(keys,) = accounts.get_accounts(name=self.account.name)
		self.assertEqual((keys.key, keys.salt), ("key1", "salt1"))
		self.assertNotIn("key1", repr(keys))
