"""Figures of many shops are under way together: none waits for another's platform, queue or fault."""

import threading
from unittest.mock import patch

import frappe

from storegroup_oms.connectors import (
	fleet,
	flights,
	runner,
	stock_changes,
	stock_hints,
	stock_loop,
	stock_push,
)
from storegroup_oms.connectors.errors import CredentialError
from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.tests.fake_platform import ListedTest

WAIT_S = 20


class FlightsTest(ListedTest):
	def setUp(self):
		super().setUp()
		self.other = self.create_connected_shop()
		self.other_listing = self.create_listing("i2", shop=self.other)
		frappe.db.commit()
		stock_changes.write_wanted([self.listing, self.other_listing])
		self.fleet = fleet.Fleet()
		self.addCleanup(self.fleet.close)
		self.flights = flights.Flights(self.fleet, stock_push.StockFigures())

	def land_all(self) -> None:
		while not self.flights.is_empty:
			self.flights.land(0.1)

	def get_faults(self) -> int:
		return frappe.db.count("Error Log", {"reference_name": self.shop})


class TestFlights(FlightsTest):
	def test_a_call_that_hangs_holds_up_no_other_shop(self):
		gate = threading.Event()
		self.addCleanup(gate.set)
		self.platform.before_call = lambda api: gate.wait(WAIT_S) if "i1" in api else None

		self.flights.send_due([self.shop, self.other])
		(outcome,) = self.flights.land(WAIT_S)
		self.assertEqual((outcome.row.name, outcome.error), (self.other_listing, None))
		self.assertEqual(self.get_listing(self.other_listing).pushed_qty, 20)
		self.assertIsNone(self.get_listing().pushed_at)

		gate.set()
		self.land_all()
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20, ("i2", "v1"): 20})

	def test_a_shop_has_a_few_calls_under_way_and_the_rest_queued(self):
		more = [self.create_listing(f"many{number}") for number in range(flights.CALLS_PER_SHOP + 3)]
		stock_changes.write_wanted(more)
		under_way, most, lock = set(), [], threading.Lock()
		full = threading.Event()

		def count(api: str) -> None:
			with lock:
				under_way.add(api)
				most.append(len(under_way))
				if len(under_way) == flights.CALLS_PER_SHOP:
					full.set()
			full.wait(WAIT_S)
			with lock:
				under_way.discard(api)

		self.platform.before_call = count
		self.flights.send_due([self.shop])
		# Nothing more is claimed of a shop while it has a queue.
		self.flights.send_due([self.shop])
		self.land_all()
		self.assertEqual(max(most), flights.CALLS_PER_SHOP)
		self.assertEqual(len(self.platform.stock), len(more) + 1)
		self.assertEqual(self.flights.leases, {})

	def test_a_shop_that_cannot_be_opened_is_marked_once_and_the_others_go_on(self):
		real = fleet.Session

		def open_session(shop: str):
			if shop == self.shop:
				raise ValueError("broken")
			return real(shop)

		before = self.get_faults()
		with patch.object(fleet, "Session", open_session):
			for _round in range(3):
				self.flights.send_due([self.shop, self.other])
				self.land_all()
		self.assertEqual(self.platform.stock, {("i2", "v1"): 20})
		self.assertEqual(self.get_faults() - before, 1)
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "error_code"), "internal")
		row = self.get_listing()
		self.assertEqual((row.is_dirty, row.push_claim, row.push_attempts), (1, None, 0))

	def test_a_fault_of_our_own_in_a_call_is_logged_and_tried_again(self):
		def fail(api: str) -> None:
			if "i1" in api:
				raise ValueError("broken")

		self.platform.before_call = fail
		before = self.get_faults()
		self.flights.send_due([self.shop, self.other])
		self.land_all()
		row = self.get_listing()
		self.assertEqual((row.is_dirty, row.push_claim, row.push_attempts), (1, None, 1))
		self.assertEqual(self.get_faults() - before, 1)
		self.assertEqual(self.platform.stock, {("i2", "v1"): 20})

	def test_refused_access_gives_back_what_is_queued_too(self):
		more = [self.create_listing(f"many{number}") for number in range(flights.CALLS_PER_SHOP + 3)]
		stock_changes.write_wanted(more)

		def refuse(api: str) -> None:
			raise CredentialError("27", "gone")

		self.platform.before_call = refuse
		with patch.object(fleet, "wake") as wake:
			self.flights.send_due([self.shop])
			self.land_all()
		wake.assert_called_once_with(self.shop, "access")
		claimed = frappe.db.count("Listing", {"shop": self.shop, "push_claim": ["is", "set"]})
		self.assertEqual((claimed, self.flights.leases), (0, {}))
		self.assertNotIn(self.shop, stock_push.find_waiting_shops())

	def test_a_token_that_was_renewed_meanwhile_is_not_renewed_again(self):
		def refuse(api: str) -> None:
			raise CredentialError("27", "old")

		self.platform.before_call = refuse
		self.flights.send_due([self.shop])
		with patch.object(fleet, "get_account") as get_account, patch.object(fleet, "wake") as wake:
			get_account.return_value.session_token = "token-2"
			self.land_all()
		wake.assert_not_called()
		self.assertNotIn(self.shop, self.fleet.sessions)

	def test_claims_are_kept_while_calls_take_long(self):
		gate = threading.Event()
		self.addCleanup(gate.set)
		self.platform.before_call = lambda api: gate.wait(WAIT_S)
		self.flights.send_due([self.shop, self.other])
		(lease,) = self.flights.leases.values()
		before, began = self.get_listing().push_due_at, lease.began

		with patch.object(flights, "EXTEND_EVERY_S", 0):
			self.flights.land(0)
		self.assertGreater(self.get_listing().push_due_at, before)
		self.assertGreater(lease.began, began)

		frappe.db.set_value("Listing", self.listing, "push_claim", "another", update_modified=False)
		frappe.db.commit()
		began = lease.began
		with patch.object(flights, "EXTEND_EVERY_S", 0):
			self.flights.land(0)
		self.assertEqual(lease.began, began)
		gate.set()
		self.land_all()
		self.assertIsNone(self.get_listing().pushed_at)

	def test_calls_are_logged_and_the_connection_is_well_again(self):
		frappe.db.set_value("Shop", self.shop, {"error_code": "http_500", "last_error": "Fault"})
		frappe.db.commit()
		self.flights.send_due([self.shop])
		self.land_all()
		self.flights.finish_notes()
		self.assertIsNone(frappe.db.get_value("Shop", self.shop, "error_code"))
		self.assertIsNotNone(frappe.db.get_value("Shop", self.shop, "stock_delay_ms"))


class TestLoop(FlightsTest):
	def setUp(self):
		super().setUp()
		client = get_redis()
		for pattern in ("stock", "wake"):
			for key in client.scan_iter(f"oms:{pattern}:{frappe.local.site}:*"):
				client.delete(key)

	def test_a_hint_starts_a_loop_only_when_none_runs(self):
		with patch.object(stock_hints, "wake") as wake:
			with stock_hints.watch():
				stock_hints.hint("sku", [self.sku])
			wake.assert_not_called()
			stock_hints.hint("sku", [self.sku])
			wake.assert_called_once()

	def test_a_hint_that_comes_while_the_loop_ends_starts_the_next(self):
		with (
			patch.object(stock_hints, "wake") as wake,
			patch.object(stock_loop, "_Loop") as loop,
		):
			loop.return_value.run.side_effect = lambda: stock_hints.hint("sku", [self.sku]) or 0
			stock_loop.run()
		wake.assert_called_once_with("", "stock", after_commit=False)

	def test_a_loop_that_lost_its_lock_ends(self):
		with stock_hints.watch() as mine:
			get_redis().delete(stock_hints.get_key("lock"))
			with stock_hints.watch() as other:
				self.assertFalse(mine.go_on())
				self.assertTrue(other.go_on())
			self.assertTrue(other)

	def test_the_tick_starts_both_jobs_once(self):
		with patch.object(stock_hints, "wake") as wake, patch.object(runner, "wake") as other_wake:
			runner.tick()
			runner.tick()
		self.assertEqual([call.args for call in wake.call_args_list], [("", "stock"), ("", "stock")])
		checks = [call.args for call in other_wake.call_args_list if call.args[1] == "stock_check"]
		self.assertEqual(checks, [("", "stock_check")])

	def test_the_loop_sends_what_is_due(self):
		taken = stock_loop.run(linger_s=0)
		self.assertGreaterEqual(taken, 2)
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20, ("i2", "v1"): 20})
