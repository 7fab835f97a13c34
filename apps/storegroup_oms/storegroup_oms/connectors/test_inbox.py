"""Pushed messages: stored once, worked on once, tried again when it makes sense, never lost."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import feeds, inbox, pull, runner, sessions
from storegroup_oms.connectors.base import PushMessage, TimeWindow
from storegroup_oms.connectors.errors import RefusedError, RetryableError
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.tests.fake_platform import ConnectorTest


class InboxTest(ConnectorTest):
	def store(self, *messages: PushMessage) -> dict[str, int]:
		counts = inbox.store(messages, inbox.find_shops("Taobao"))
		frappe.db.commit()
		return counts

	def make_message(self, message_id: str, order_no: str = "A1", **values) -> PushMessage:
		key = frappe.db.get_value("Shop", self.shop, "platform_shop_id")
		return PushMessage(
			message_id, "TradeBuyerPay", values.pop("kind", "order"), (key,), order_no, **values
		)

	def get_events(self) -> list[frappe._dict]:
		frappe.db.rollback()
		return frappe.get_all(
			"Connector Event", filters={"shop": self.shop}, fields=["*"], order_by="external_id asc"
		)

	def make_due(self) -> None:
		frappe.db.set_value("Connector Event", {"shop": self.shop}, "due_at", now_datetime())
		frappe.db.commit()


class TestStoring(InboxTest):
	def test_the_same_message_is_one_row_however_often_it_comes(self):
		self.store(self.make_message("m1"), self.make_message("m1"))
		self.store(self.make_message("m1"))

		(event,) = self.get_events()
		self.assertEqual(
			(event.external_id, event.object_no, event.status, event.topic),
			("m1", "A1", "Received", "TradeBuyerPay"),
		)

	def test_a_message_comes_again_after_it_was_done_and_changes_nothing(self):
		self.platform.add("A1")
		self.store(self.make_message("m1"))
		runner.work_inbox(self.shop)
		self.platform.calls.clear()

		self.store(self.make_message("m1"))
		runner.work_inbox(self.shop)

		self.assertEqual(self.platform.calls, [])
		self.assertEqual([event.status for event in self.get_events()], ["Done"])

	def test_messages_of_strangers_are_passed_over(self):
		self.assertEqual(self.store(PushMessage("m1", "t", "order", ("nobody",), "A1")), {})
		self.assertEqual(self.get_events(), [])

	def test_a_message_about_nothing_of_ours_is_ignored(self):
		self.store(self.make_message("m1", order_no="", kind="other"))
		self.assertEqual([event.status for event in self.get_events()], ["Ignored"])

	def test_shops_are_known_by_id_account_and_nick(self):
		frappe.db.set_value("Shop", self.shop, {"platform_nick": "nick-9", "platform_account_id": "acc-9"})
		shops = inbox.find_shops("Taobao")
		for key in ("nick-9", "acc-9", self.shop):
			self.assertEqual(shops[key], self.shop)


class TestWorking(InboxTest):
	def test_an_order_named_by_many_messages_is_fetched_once(self):
		self.platform.add("A1", status="Shipped")
		self.store(*(self.make_message(f"m{number}") for number in range(3)))

		runner.work_inbox(self.shop)

		self.assertEqual(self.get_statuses(), {"A1": "Shipped"})
		self.assertEqual(self.platform.calls.count("get A1"), 1)
		order = frappe.db.get_value("Order", {"shop": self.shop})
		for event in self.get_events():
			self.assertEqual((event.status, event.reference_name, event.attempts), ("Done", order, 1))
			self.assertTrue(event.done_at)

	def test_what_may_work_later_is_tried_later(self):
		self.platform.add("A1")
		self.platform.before_call = self.fail_with(RetryableError("isp.down"))
		self.store(self.make_message("m1"))

		runner.work_inbox(self.shop)
		(event,) = self.get_events()
		self.assertEqual((event.status, event.attempts, event.error_code), ("Retry", 1, "isp.down"))
		self.assertGreater(event.due_at, now_datetime())
		self.assertEqual(self.get_statuses(), {})

		self.platform.before_call = lambda api: None
		self.make_due()
		runner.work_inbox(self.shop)
		self.assertEqual(self.get_statuses(), {"A1": "To Review"})
		self.assertEqual([(e.status, e.error_code) for e in self.get_events()], [("Done", None)])

	def fail_with(self, error: Exception):
		def fail(api: str) -> None:
			raise error

		return fail

	def test_what_the_platform_refuses_waits_for_a_person(self):
		self.platform.before_call = self.fail_with(RefusedError("isv.no-permission", "no"))
		self.store(self.make_message("m1"))
		runner.work_inbox(self.shop)
		self.assertEqual(
			[(e.status, e.error_code) for e in self.get_events()], [("Failed", "isv.no-permission")]
		)

	def test_an_order_that_is_not_there_is_looked_for_three_times(self):
		self.store(self.make_message("m1", "gone"))
		seen = []
		for _attempt in range(3):
			self.make_due()
			runner.work_inbox(self.shop)
			seen += [event.status for event in self.get_events()]
		self.assertEqual(seen, ["Retry", "Retry", "Ignored"])

	def test_a_bad_order_is_quarantined_and_its_message_done(self):
		self.platform.add("A1", is_poisoned=True)
		self.platform.add("A2")
		self.store(self.make_message("m1"), self.make_message("m2", "A2"))

		runner.work_inbox(self.shop)

		self.assertEqual(self.get_statuses(), {"A2": "To Review"})
		self.assertEqual({event.status for event in self.get_events()}, {"Done"})
		self.assertEqual(
			frappe.get_all("Quarantined Order", {"shop": self.shop}, pluck="platform_order_no"), ["A1"]
		)

	def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(self):
		self.platform.add("A1")
		self.store(self.make_message("m1"))
		self.assertEqual(len(inbox.claim(self.shop)), 1)
		self.assertEqual(inbox.claim(self.shop), [])

		self.make_due()  # its worker was killed, the lease ran out
		runner.work_inbox(self.shop)
		self.assertEqual(self.get_statuses(), {"A1": "To Review"})

	def test_nothing_is_half_written_when_saving_fails(self):
		self.platform.add("A1")
		self.store(self.make_message("m1"))

		with (
			patch.object(inbox, "update_rows", side_effect=ValueError("broken")),
			self.assertRaises(ValueError),
			open_session(self.shop) as session,
		):
			inbox.work_batch(session)

		self.assertEqual(self.get_statuses(), {})
		self.assertEqual([event.status for event in self.get_events()], ["Received"])

	def test_a_refund_message_leads_to_a_look_at_the_refunds(self):
		self.store(self.make_message("m1", kind="refund", refund_no="R1"))
		self.platform.add("A1")
		with open_session(self.shop) as session:
			inbox.work_batch(session)
		(window,) = self.get_looks()
		self.assertEqual((window.status, window.purpose), ("Open", "Push"))

	def get_looks(self) -> list[frappe._dict]:
		return frappe.get_all(
			"Pull Window",
			{"shop": self.shop, "feed": "Refunds"},
			["name", "status", "purpose", "from_time", "to_time"],
			order_by="to_time asc",
		)

	def test_a_look_at_refunds_covers_its_message_and_nothing_before_it(self):
		"""Windows that wait already end before the message; what is planned afterwards begins where they end."""
		self.platform.add("A1")
		covered = add_to_date(now_datetime(), hours=-2).replace(microsecond=0)
		with open_session(self.shop) as session:
			span = TimeWindow(*(pull.from_site_time(add_to_date(covered, hours=hours)) for hours in (-1, 0)))
			pull.add_windows(self.shop, "Refunds", [span], "Back-fill")
			self.store(self.make_message("m1", kind="refund", refund_no="R1"))
			inbox.work_batch(session)
			told_at = self.get_events()[0].creation.replace(microsecond=0)
			self.assertGreaterEqual(self.get_looks()[-1].to_time, told_at)
			pull.plan(session, "Refunds", 1)

		planned = [window for window in self.get_looks() if window.purpose == "Poll"]
		self.assertEqual([window.from_time for window in planned], [add_to_date(covered, seconds=-90)])

	def test_messages_stay_ours_while_their_orders_are_fetched(self):
		for number in ("A1", "A2"):
			self.platform.add(number)
		self.store(self.make_message("m1"), self.make_message("m2", "A2"))
		found: list[list] = []

		def end_leases(results: list) -> list:
			self.make_due()  # as after 30 s
			with patch.object(sessions, "KEEP_EVERY_S", 0):
				session._keep_on()
			found.append(inbox.claim(self.shop))
			return results

		with open_session(self.shop) as session, patch.object(sessions, "KEEP_EVERY_S", 1000):
			fetch = feeds.fetch_details
			with patch.object(feeds, "fetch_details", lambda *given: end_leases(fetch(*given))):
				inbox.work_batch(session)

		self.assertEqual(found, [[]])
		self.assertEqual([event.status for event in self.get_events()], ["Done", "Done"])


class TestWaking(InboxTest):
	def test_a_flood_of_messages_is_one_job(self):
		with patch.object(frappe, "enqueue") as enqueue:
			self.assertTrue(runner.wake(self.shop, "inbox"))
			self.assertFalse(runner.wake(self.shop, "inbox"))
			self.assertEqual(enqueue.call_count, 1)
			runner.work_inbox(self.shop)  # from its start on, a new message wakes a new job
			self.assertTrue(runner.wake(self.shop, "inbox"))

	def test_a_tick_starts_what_is_due_and_nothing_else(self):
		frappe.db.set_value("Shop", self.shop, "last_pull_at", add_to_date(now_datetime(), seconds=-5))
		frappe.db.commit()
		self.assertEqual(self.tick(), [])

		self.store(self.make_message("m1"))
		self.assertEqual(self.tick(), ["inbox"])

		frappe.db.set_value("Shop", self.shop, "last_pull_at", add_to_date(now_datetime(), seconds=-500))
		frappe.db.commit()
		self.assertEqual(self.tick(), ["pull", "inbox"])

		frappe.db.set_value("Shop", self.shop, "status", "Paused")
		frappe.db.commit()
		self.assertEqual(self.tick(), ["inbox"])

	def tick(self) -> list[str]:
		with patch.object(runner, "wake") as wake:
			runner.tick()
		return [call.args[1] for call in wake.call_args_list if call.args[0] == self.shop]

	def test_a_paused_shop_is_not_asked(self):
		frappe.db.set_value("Shop", self.shop, "status", "Paused")
		frappe.db.commit()
		self.platform.add("A1")
		runner.pull_shop(self.shop)
		self.assertEqual((self.platform.calls, self.get_statuses()), ([], {}))
