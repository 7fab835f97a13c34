"""Windows: planned without gaps, walked without loss, and honest about what is missing."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime
from hypothesis import given, settings
from hypothesis import strategies as st

from storegroup_oms.connectors import feeds, pull, recheck, runner, sessions
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import TimeWindow
from storegroup_oms.connectors.errors import CredentialError, RateLimitedError, RetryableError
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.tests.fake_platform import PAGE_SIZE, ConnectorTest


class PullTest(ConnectorTest):
	def walk(self, minutes: float = 60) -> list[pull.Tally]:
		"""Add one window over the last minutes and walk all that is due."""
		with open_session(self.shop) as session:
			pull.add_windows(
				self.shop, "Orders", [TimeWindow(now() - timedelta(minutes=minutes), now())], "By Hand"
			)
			frappe.db.commit()
			tallies = []
			while window := pull.claim(self.shop, "Orders"):
				tallies.append(pull.work_window(session, feeds.ORDERS, window))
			return tallies

	def make_due(self) -> None:
		frappe.db.set_value("Pull Window", {"shop": self.shop}, "due_at", now_datetime())
		frappe.db.commit()


class TestPlanning(PullTest):
	def test_windows_lead_from_the_first_day_to_now_and_then_overlap(self):
		with open_session(self.shop) as session:
			self.assertEqual(pull.plan(session, "Orders", 3), 3)
			self.assertEqual(pull.plan(session, "Orders", 3), 0)

		windows = self.get_windows()
		self.assertEqual({window.purpose for window in windows}, {"Back-fill"})
		for earlier, later in pairwise(windows):
			self.assertEqual(earlier.to_time, later.from_time)
		self.assertLess(windows[0].from_time, add_to_date(now_datetime(), days=-2, hours=-23))

		end = add_to_date(now_datetime(), minutes=-10)
		frappe.db.set_value("Pull Window", windows[-1].name, "to_time", end)
		frappe.db.commit()
		with open_session(self.shop) as session:
			self.assertEqual(pull.plan(session, "Orders", 3), 1)
		poll = self.get_windows()[-1]
		self.assertEqual(poll.purpose, "Poll")
		self.assertEqual(poll.from_time, add_to_date(end.replace(microsecond=0), seconds=-90))


class TestWalking(PullTest):
	def test_all_pages_are_saved_once_and_proven(self):
		for number in range(2 * PAGE_SIZE + 1):
			self.platform.add(f"A{number}", minutes_ago=number + 1)

		(tally,) = self.walk()

		self.assertEqual(set(self.get_statuses()), set(self.platform.orders))
		(window,) = self.get_windows()
		self.assertEqual(
			(window.status, window.platform_total, window.saved, window.missing, window.passes),
			("Complete", 7, 7, 0, 1),
		)
		self.assertTrue(tally.is_complete)

	def test_orders_that_leave_between_pages_make_none_of_the_others_missing(self):
		for number in range(3 * PAGE_SIZE):
			self.platform.add(f"A{number}", minutes_ago=number + 2)

		def shift(api: str) -> None:
			# The newest of the window changes again, moves to the present and all behind it move up.
			if api.startswith("list") and api != "list 1":
				inside = [
					o for o in self.platform.orders.values() if o.modified < now() - timedelta(minutes=1)
				]
				newest = max(inside, key=lambda order: order.modified)
				newest.modified = now() + timedelta(minutes=1)

		self.platform.before_call = shift
		self.walk()

		window = self.get_windows()[-1]
		self.assertEqual((window.status, window.missing), ("Complete", 0))
		left = {o.number for o in self.platform.orders.values() if o.modified <= now()}
		self.assertLessEqual(left, set(self.get_statuses()))

	def test_an_order_that_is_counted_and_not_shown_is_missing_until_it_is_shown(self):
		self.platform.add("A1")
		hidden = self.platform.add("A2", is_hidden=True)

		self.walk()
		(window,) = self.get_windows()
		self.assertEqual((window.status, window.saved, window.missing), ("Incomplete", 1, 1))
		self.assertGreater(window.due_at, now_datetime())

		hidden.is_hidden = False
		self.make_due()
		runner.pull_shop(self.shop)
		self.assertEqual(set(self.get_statuses()), {"A1", "A2"})
		self.assertEqual(
			{window.status for window in self.get_windows() if window.attempts == 2}, {"Complete"}
		)

	def test_one_order_that_cannot_be_fetched_is_named(self):
		self.platform.names_only = True
		for number in ("A1", "A2", "A3"):
			self.platform.add(number)

		def fail(api: str) -> None:
			if api == "get A2":
				raise RetryableError("timeout")

		self.platform.before_call = fail
		self.walk()

		self.assertEqual(set(self.get_statuses()), {"A1", "A3"})
		(window,) = self.get_windows()
		self.assertEqual((window.status, window.missing), ("Incomplete", 1))
		self.assertEqual(json.loads(window.missing_ids), ["A2"])

	def test_a_lost_answer_is_asked_for_again_and_a_dead_platform_is_not(self):
		self.platform.names_only = True
		for number in ("A1", "A2", "A3"):
			self.platform.add(number)
		left = ["get A2"]

		def fail(api: str) -> None:
			if api in left:
				left.remove(api)
				raise RetryableError("timeout")

		self.platform.before_call = fail
		self.walk()
		(window,) = self.get_windows()
		self.assertEqual((window.status, set(self.get_statuses())), ("Complete", {"A1", "A2", "A3"}))

		left += ["get A1", "get A2"]
		self.platform.calls.clear()
		pull.reopen(window.name)
		runner.pull_shop(self.shop)
		self.assertEqual(
			sorted(api for api in self.platform.calls if "get" in api), ["get A1", "get A2", "get A3"]
		)

	def test_what_a_list_leaves_out_is_fetched_for_new_versions_only(self):
		self.platform.untold = ("seller_memo",)
		self.platform.add("A1", memo="first")

		def get_stored() -> tuple[str, list[str]]:
			self.platform.calls.clear()
			self.walk()
			memo = frappe.db.get_value("Order", {"shop": self.shop}, "seller_memo")
			return memo, [call for call in self.platform.calls if call.startswith("get")]

		self.assertEqual(get_stored(), ("first", ["get A1"]))
		self.assertEqual(get_stored(), ("first", []))
		self.platform.touch("A1", memo="second")
		self.assertEqual(get_stored(), ("second", ["get A1"]))

	def test_a_list_tells_a_second_change_within_a_second(self):
		self.platform.untold = ("seller_memo",)
		order = self.platform.add("A1", memo="kept", status="To Review")
		self.walk()

		order.status = "Shipped"
		self.walk()

		row = frappe.db.get_value("Order", {"shop": self.shop}, ["status", "seller_memo"])
		self.assertEqual(row, ("Shipped", "kept"))

	def test_a_failed_call_leaves_the_window_to_be_tried_again(self):
		self.platform.add("A1")

		def fail(api: str) -> None:
			raise RateLimitedError("7", "wait", retry_after_s=100)

		self.platform.before_call = fail
		self.walk()

		(window,) = self.get_windows()
		self.assertEqual((window.status, window.error_code), ("Incomplete", "7"))
		self.assertGreater(window.due_at, add_to_date(now_datetime(), seconds=70))
		self.assertEqual(self.get_statuses(), {})

	def test_a_claimed_window_is_nobody_elses_until_its_lease_ends(self):
		with open_session(self.shop):
			pull.add_windows(self.shop, "Orders", [TimeWindow(now() - timedelta(hours=1), now())], "Poll")
			frappe.db.commit()
			first = pull.claim(self.shop, "Orders")
			self.assertIsNone(pull.claim(self.shop, "Orders"))
			# its worker was killed, the lease ran out
			self.make_due()
			again = pull.claim(self.shop, "Orders")
		self.assertEqual((again.name, again.attempts), (first.name, 1))

	def test_a_window_stays_ours_between_calls_however_long_they_take(self):
		for number in range(PAGE_SIZE + 1):
			self.platform.add(f"A{number}")
		stolen = []

		def take_long(api: str) -> None:
			if api == "list 2":
				self.make_due()  # as after 30 s
			elif api == "count":
				stolen.append(pull.claim(self.shop, "Orders"))

		self.platform.before_call = take_long
		with patch.object(sessions, "KEEP_EVERY_S", 0), patch.object(pull, "LEASE_S", 60):
			self.walk()

		self.assertEqual(stolen, [None])
		self.assertEqual([window.attempts for window in self.get_windows()], [1])


class TestBadOrders(PullTest):
	def test_one_bad_order_holds_up_no_other(self):
		for number in range(PAGE_SIZE + 2):
			self.platform.add(f"A{number}", is_poisoned=number == 1)

		self.walk()

		self.assertEqual(set(self.get_statuses()), {"A0", "A2", "A3", "A4"})
		(window,) = self.get_windows()
		self.assertEqual((window.status, window.saved, window.quarantined), ("Complete", 4, 1))
		(row,) = frappe.get_all(
			"Quarantined Order", filters={"shop": self.shop}, fields=["*"], order_by="name asc"
		)
		self.assertEqual(
			(row.platform_order_no, row.status, row.reason_code, row.path, row.value),
			("A1", "Waiting", "money_invalid", "total", "NaN"),
		)
		self.assertEqual(json.loads(row.payload)["receiver_mobile"], "***")
		self.assertNotIn("13812345678", row.payload + row.payload_encrypted)


def fail_counts(api: str) -> None:
	if api == "count":
		raise RetryableError("isp.down", "try later")


class TestRecheck(PullTest):
	def test_an_order_revealed_under_an_old_time_is_found(self):
		self.platform.add("A1", minutes_ago=20)
		hidden = self.platform.add("A2", minutes_ago=20, is_hidden=True, is_counted=False)
		runner.pull_shop(self.shop)
		runner.fill_back(self.shop)
		self.assertEqual(set(self.get_statuses()), {"A1"})
		mark = frappe.db.get_value("Shop", self.shop, "complete_up_to")

		hidden.is_hidden, hidden.is_counted = False, True
		runner.recheck_shop(self.shop, 1)

		self.assertEqual(set(self.get_statuses()), {"A1", "A2"})
		self.assertEqual(self.get_windows()[-1].status, "Complete")
		refunds = {"shop": self.shop, "feed": "Refunds", "purpose": "Recheck"}
		self.assertEqual(frappe.get_all("Pull Window", refunds, pluck="status"), ["Complete"])
		self.assertGreaterEqual(frappe.db.get_value("Shop", self.shop, "complete_up_to"), mark)

	def test_a_span_whose_count_is_not_told_is_walked(self):
		hidden = self.platform.add("A1", minutes_ago=20, is_hidden=True, is_counted=False)
		self.walk()
		hidden.is_hidden, hidden.is_counted = False, True
		self.platform.before_call = fail_counts

		runner.recheck_shop(self.shop, 1)

		self.assertEqual(set(self.get_statuses()), {"A1"})
		self.assertEqual(self.get_windows()[-1].status, "Complete")

	def test_a_platform_that_tells_no_count_is_not_asked_for_all(self):
		self.platform.before_call = fail_counts

		with open_session(self.shop) as session, self.assertRaises(RetryableError):
			recheck.recheck(session, 24 * 20)

		self.assertEqual(self.platform.calls, ["count"] * 3)
		self.assertEqual({window.status for window in self.get_windows()}, {"Open"})

	def test_equal_counts_cost_one_call_and_no_window(self):
		self.platform.add("A1", minutes_ago=20)
		self.walk()
		before = len(self.get_windows())
		self.platform.calls.clear()

		with open_session(self.shop) as session:
			self.assertEqual(recheck.recheck(session, 1), 0)

		self.assertEqual(self.platform.calls, ["count"])
		self.assertEqual(len(self.get_windows()), before)


class TestShopMarks(PullTest):
	def test_a_failing_shop_says_so_and_recovers(self):
		def fail(api: str) -> None:
			raise RetryableError("isp.down", "try later")

		self.platform.before_call = fail
		runner.pull_shop(self.shop)
		shop = frappe.get_doc("Shop", self.shop)
		self.assertEqual((shop.status, shop.error_code), ("Active", "isp.down"))
		self.assertIn("[isp.down] try later", shop.last_error)
		self.assertTrue(shop.failing_since)

		self.platform.before_call = lambda api: None
		self.make_due()
		runner.pull_shop(self.shop)
		shop.reload()
		self.assertEqual((shop.failing_since, shop.error_code, shop.last_error), (None, None, None))

	def test_complete_up_to_stops_before_a_gap(self):
		self.platform.add("A1", minutes_ago=30)
		runner.pull_shop(self.shop)
		runner.fill_back(self.shop)
		mark = frappe.db.get_value("Shop", self.shop, "complete_up_to")
		self.assertGreater(mark, add_to_date(now_datetime(), minutes=-2))

		self.platform.add("A2", minutes_ago=0, is_hidden=True)
		with open_session(self.shop) as session:
			span = TimeWindow(pull.from_site_time(mark) - timedelta(minutes=1), now() + timedelta(minutes=1))
			pull.add_windows(self.shop, "Orders", [span], "Poll")
			frappe.db.commit()
			pull.work_window(session, feeds.ORDERS, pull.claim(self.shop, "Orders"))
		runner.fill_back(self.shop)
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "complete_up_to"), mark)

	def test_a_refused_token_ends_in_a_raise_for_the_runner(self):
		self.platform.valid_token = "other"
		self.platform.refresh_tokens.clear()
		with self.assertRaises(CredentialError):
			self.walk()
		self.assertEqual(self.get_windows()[0].status, "Incomplete")


class TestAnyHistory(PullTest):
	@settings(max_examples=15)
	@given(
		changes=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 999)), max_size=12),
		moments=st.lists(st.integers(0, 40), max_size=12),
	)
	def test_whatever_changes_while_pages_are_read_the_newest_state_arrives(self, changes, moments):
		"""Orders change between any two calls; a last window over everything brings the newest of each."""
		self.platform.orders.clear()
		prefix = frappe.generate_hash(length=6)
		for number in range(8):
			self.platform.add(f"{prefix}{number}", minutes_ago=number + 3)
		schedule = dict(zip(moments, changes, strict=False))
		count = iter(range(10_000))

		def change(api: str) -> None:
			step = next(count)
			if step in schedule:
				number, cents = schedule[step]
				self.platform.touch(f"{prefix}{number}", total=Decimal(cents) / 100)

		self.platform.before_call = change
		self.walk(minutes=30)
		self.platform.before_call = lambda api: None
		with open_session(self.shop) as session:
			span = TimeWindow(now() - timedelta(minutes=30), now() + timedelta(seconds=2))
			pull.add_windows(self.shop, "Orders", [span], "Poll")
			frappe.db.commit()
			while window := pull.claim(self.shop, "Orders"):
				pull.work_window(session, feeds.ORDERS, window)

		frappe.db.rollback()
		stored = frappe.get_all(
			"Order",
			filters={"shop": self.shop, "platform_order_no": ["like", f"{prefix}%"]},
			fields=["platform_order_no", "total_amount"],
			order_by="name asc",
		)
		self.assertEqual(
			{
				row.platform_order_no: Decimal(str(row.total_amount)).quantize(Decimal("0.01"))
				for row in stored
			},
			{order.number: order.total for order in self.platform.orders.values()},
		)
		self.assertEqual(len(stored), 8)
