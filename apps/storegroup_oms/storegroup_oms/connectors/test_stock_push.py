"""Figures reach the platform: batched, one in flight per listing, each outcome written down."""

import threading
import time
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import fleet, flights, runner, stock_changes, stock_push
from storegroup_oms.connectors.errors import CredentialError, RetryableError
from storegroup_oms.tests.fake_platform import ListedTest


class PushTest(ListedTest):
	def setUp(self):
		super().setUp()
		self.site = frappe.local.site
		stock_changes.write_wanted([self.listing])

	def want(self, qty: int, listing: str | None = None) -> None:
		"""As if the sum had come to another figure."""
		values = {"wanted_qty": qty, "wanted_at": now_datetime(), "is_dirty": 1}
		frappe.db.set_value("Listing", listing or self.listing, values, update_modified=False)
		frappe.db.commit()

	def push_with_access(self) -> None:
		"""As it goes with an expired token: refused, renewed by a job, sent again."""
		with patch.object(fleet, "wake") as wake:
			self.push()
		wake.assert_called_once_with(self.shop, "access")
		with suppress(CredentialError):
			runner.prove_access(self.shop)
		self.assertIsNone(self.get_listing().push_claim)
		frappe.db.set_value("Listing", self.listing, "push_due_at", now_datetime(), update_modified=False)
		frappe.db.commit()
		self.push()

	def get_log(self) -> list[tuple]:
		frappe.db.rollback()
		rows = frappe.get_all(
			"Stock Push",
			filters={"shop": self.shop},
			fields=["qty", "previous_qty", "outcome", "error_code"],
			order_by="pushed_at asc",
		)
		return [(row.qty, row.previous_qty, row.outcome, row.error_code) for row in rows]

	def get_sets(self) -> list[str]:
		return [call for call in self.platform.calls if call.startswith("set")]


class TestPush(PushTest):
	def test_the_figure_is_sent_once_and_written_down(self):
		before = self.get_listing().modified
		self.push()
		self.push()

		row = self.get_listing()
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20})
		self.assertEqual((row.pushed_qty, row.is_dirty, row.push_claim, row.push_attempts), (20, 0, None, 0))
		self.assertLess(now_datetime() - row.pushed_at, timedelta(minutes=1))
		self.assertEqual(row.modified, before)
		self.assertEqual(self.get_sets(), ["set i1 20"])
		self.assertEqual(self.get_log(), [(20, 0, "Taken", None)])

	def test_variants_of_an_item_go_together(self):
		more = [self.create_listing("i1", f"v{number}") for number in (2, 3)]
		other = self.create_listing("i2", "")
		stock_changes.write_wanted([*more, other])
		self.push()

		self.assertEqual(sorted(self.get_sets()), ["set i1 20", "set i1 20 20", "set i2 20"])
		self.assertEqual(set(self.platform.stock.values()), {20})

	def test_lower_figures_go_first(self):
		self.push()
		higher = self.create_listing("i2")
		frappe.db.set_value("Listing", higher, {"pushed_qty": 1, "pushed_at": now_datetime()})
		self.want(9, higher)
		self.want(3)
		self.assertEqual([row.name for row in stock_push.claim([self.shop], 1)], [self.listing])

	def test_a_refusal_stays_on_the_listing_with_advice_and_holds_up_no_other(self):
		self.platform.refused_items = {"i1"}
		other = self.create_listing("i2")
		stock_changes.write_wanted([other])
		self.push()
		self.push()

		row = self.get_listing()
		self.assertEqual((row.is_dirty, row.push_attempts, row.pushed_at), (1, 1, None))
		self.assertIn("isv.item-not-exist", row.push_error)
		self.assertGreater(row.push_due_at, add_to_date(now_datetime(), minutes=10))
		self.assertEqual(self.get_listing(other).pushed_qty, 20)
		self.assertEqual(
			sorted(self.get_log(), key=str),
			[(20, 0, "Refused", "isv.item-not-exist"), (20, 0, "Taken", None)],
		)

	def test_a_failure_is_tried_again_soon(self):
		def fail(api: str) -> None:
			raise RetryableError("http_500", "Fault")

		self.platform.before_call = fail
		self.push()
		row = self.get_listing()
		self.assertEqual((row.is_dirty, row.push_attempts, row.push_claim), (1, 1, None))
		self.assertLess(row.push_due_at, add_to_date(now_datetime(), seconds=5))

		self.platform.before_call = lambda api: None
		frappe.db.set_value("Listing", self.listing, "push_due_at", now_datetime())
		frappe.db.commit()
		self.push()
		self.assertEqual((self.get_listing().pushed_qty, self.get_listing().push_error), (20, None))
		self.assertEqual([row[2] for row in self.get_log()], ["Failed", "Taken"])

	def test_an_expired_token_is_renewed_on_the_way(self):
		self.platform.valid_token = "token-2"
		self.platform.refresh_tokens = {"refresh-1": "token-2"}
		self.push_with_access()
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20})

	def test_a_shop_without_authorisation_keeps_its_changes(self):
		self.platform.valid_token, self.platform.refresh_tokens = "other", {}
		self.push_with_access()
		self.assertEqual(frappe.db.get_value("Shop", self.shop, "status"), "Authorisation Expired")
		row = self.get_listing()
		self.assertEqual((row.is_dirty, row.push_claim, row.push_attempts), (1, None, 0))
		self.assertNotIn(self.shop, stock_push.find_waiting_shops())

		self.platform.valid_token = "token-1"
		frappe.db.set_value("Shop", self.shop, "status", "Active")
		frappe.db.commit()
		self.assertIn(self.shop, stock_push.find_waiting_shops())
		self.push()
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20})

	def test_paused_and_switched_off_shops_and_listings_send_nothing(self):
		for doctype, name, values in (
			("Shop", self.shop, {"status": "Paused"}),
			("Shop", self.shop, {"stock_push_enabled": 0}),
			("Listing", self.listing, {"push_enabled": 0}),
			("Listing", self.listing, {"sku": None}),
		):
			with self.subTest(values):
				before = frappe.db.get_value(doctype, name, list(values), as_dict=True)
				frappe.db.set_value(doctype, name, values)
				frappe.db.commit()
				self.push()
				self.assertEqual(self.platform.stock, {})
				self.assertNotIn(self.shop, stock_push.find_waiting_shops())
				frappe.db.set_value(doctype, name, before)
				frappe.db.commit()

	def test_the_delay_is_measured(self):
		frappe.db.set_value("Listing", self.listing, "wanted_at", add_to_date(now_datetime(), seconds=-12))
		frappe.db.commit()
		self.push()
		# Two seconds assumed, three tenths of the way to twelve.
		self.assertAlmostEqual(frappe.db.get_value("Shop", self.shop, "stock_delay_ms"), 5_000, delta=600)

	def test_push_now_forgets_the_wait(self):
		self.platform.refused_items = {"i1"}
		self.push()
		self.platform.refused_items = set()
		self.assertEqual(stock_push.ask_again([self.listing]), 1)
		frappe.db.commit()
		self.push()
		self.assertEqual(self.platform.stock, {("i1", "v1"): 20})


class TestOrderOfFigures(PushTest):
	def test_a_later_figure_waits_for_the_one_in_flight(self):
		"""Two workers: while the first one's call is on its way, the second finds nothing to send."""
		seen = []

		def meanwhile(api: str) -> None:
			if not api.startswith("set") or seen:
				return
			seen.append(api)
			worker = threading.Thread(target=self.run_as_another_worker)
			worker.start()
			worker.join()

		self.platform.before_call = meanwhile
		self.push()

		self.assertEqual(self.get_sets(), ["set i1 20", "set i1 3"])
		self.assertEqual(self.platform.stock, {("i1", "v1"): 3})
		row = self.get_listing()
		self.assertEqual((row.wanted_qty, row.pushed_qty, row.is_dirty), (3, 3, 0))

	def run_as_another_worker(self) -> None:
		frappe.init(self.site, sites_path=".")
		frappe.connect()
		try:
			self.want(3)
			self.push()
		finally:
			frappe.destroy()

	def test_a_killed_workers_claim_ends_by_itself(self):
		(row,) = stock_push.claim([self.shop])
		self.assertEqual(stock_push.claim([self.shop]), [])

		past = add_to_date(now_datetime(), seconds=-1)
		frappe.db.set_value("Listing", self.listing, "push_due_at", past)
		frappe.db.commit()
		(again,) = stock_push.claim([self.shop])
		self.assertNotEqual(again.claim, row.claim)

	def test_who_lost_the_claim_writes_nothing(self):
		(row,) = stock_push.claim([self.shop])
		self.assertEqual(stock_push.LEASES.extend({row.claim: 1}), {row.claim})
		frappe.db.set_value("Listing", self.listing, "push_claim", "another")
		frappe.db.commit()

		self.assertEqual(stock_push.LEASES.extend({row.claim: 1}), set())
		stock_push.write_outcomes([flights.Outcome(row)])
		frappe.db.commit()
		self.assertEqual((self.get_listing().pushed_at, self.get_log()), (None, []))

	def test_no_call_is_begun_late_in_a_lease(self):
		(row,) = stock_push.claim([self.shop])
		lease = flights.Lease(row.claim, 1, time.monotonic() - flights.BEGIN_WITHIN_S - 1)
		with runner.open_session(self.shop) as session, self.assertRaises(RetryableError) as caught:
			flights.Unit(stock_push.StockFigures(), self.shop, [row], lease).send(session.client)
		self.assertEqual((caught.exception.code, self.platform.stock), ("lease", {}))

	def test_credentials_lost_in_the_middle_give_the_claim_back(self):
		def refuse(api: str) -> None:
			raise CredentialError("27", "gone", can_refresh=False)

		self.platform.before_call = refuse
		with patch.object(fleet, "wake"):
			self.push()
		self.assertEqual((self.get_listing().push_claim, self.get_listing().is_dirty), (None, 1))
