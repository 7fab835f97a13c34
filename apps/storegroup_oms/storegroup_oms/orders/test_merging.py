"""Rules of a newer copy: holds before review, stops after it, status between To Review and On Hold."""

from datetime import datetime

from storegroup_oms.orders import merging
from storegroup_oms.orders.merging import RefundChange, compare_refunds
from storegroup_oms.tests.compat import UnitTest

NOON = datetime(2026, 11, 11, 12)
EARLIER = datetime(2026, 11, 11, 9)


class TestHolds(UnitTest):
	def test_platform_codes_follow_its_newest_word(self) -> None:
		stored = "balance_unpaid,manual,platform_locked"
		self.assertEqual(
			merging.merge_holds(stored, "On Hold", RefundChange(), ["invoice_requested"]),
			"invoice_requested,manual",
		)
		self.assertEqual(merging.merge_holds(stored, "On Hold", RefundChange(), None), stored)

	def test_refund_holds_while_one_is_open(self) -> None:
		asked = compare_refunds(["", ""], ["", "Requested"])
		self.assertEqual(merging.merge_holds("", "To Review", asked), "refund_requested")
		still = compare_refunds(["Requested"], ["Refunding"])
		self.assertEqual(merging.merge_holds("refund_requested", "On Hold", still), "refund_requested")
		self.assertEqual(merging.merge_holds("", "On Hold", still), "")
		gone = compare_refunds(["Requested"], ["Closed"])
		self.assertEqual(merging.merge_holds("manual,refund_requested", "On Hold", gone), "manual")

	def test_refunded_line_keeps_the_order_back(self) -> None:
		done = compare_refunds(["Requested", ""], ["Refunded", ""])
		self.assertEqual(merging.merge_holds("refund_requested", "On Hold", done), "refund_requested")
		self.assertEqual(merging.merge_holds("", "To Review", done), "refund_requested")

	def test_unmatched_lines_hold_paid_orders_only(self) -> None:
		for status, wanted in (("Unpaid", ""), ("To Review", "listing_unmatched"), ("To Print", "")):
			with self.subTest(status=status):
				self.assertEqual(merging.merge_holds("", status, RefundChange(), is_unmatched=True), wanted)
		self.assertEqual(
			merging.merge_holds("listing_unmatched", "On Hold", RefundChange(), is_unmatched=False), ""
		)
		self.assertEqual(
			merging.merge_holds("listing_unmatched", "On Hold", RefundChange()), "listing_unmatched"
		)

	def test_ended_orders_are_not_held(self) -> None:
		for status in ("Shipped", "Completed", "Closed"):
			self.assertEqual(merging.merge_holds("manual", status, RefundChange(), ["platform_locked"]), "")


class TestStops(UnitTest):
	def test_only_past_review(self) -> None:
		asked = compare_refunds([""], ["Requested"])
		for status, wanted in (
			("To Review", ""),
			("To Print", "refund_requested"),
			("Partly Shipped", "refund_requested"),
			("Shipped", ""),
		):
			with self.subTest(status=status):
				self.assertEqual(merging.merge_stops("", status, asked), wanted)

	def test_request_goes_and_refund_stays(self) -> None:
		done = compare_refunds(["Refunding"], ["Refunded"])
		self.assertEqual(merging.merge_stops("refund_requested", "To Pick", done), "refunded")
		rejected = compare_refunds(["Refunding"], ["Rejected"])
		self.assertEqual(
			merging.merge_stops("manual,refund_requested", "To Pick", rejected, ["memo_changed"]),
			"manual,memo_changed",
		)


class TestSettle(UnitTest):
	def test_table(self) -> None:
		cases = [
			("To Review", "", "manual", "On Hold"),
			("To Review", "", "", "To Review"),
			("On Hold", "manual", "", "To Review"),
			("On Hold", "", "", "On Hold"),
			("On Hold", "manual,rule", "rule", "On Hold"),
			("Unpaid", "", "platform_locked", "Unpaid"),
			("Backorder", "", "refund_requested", "Backorder"),
			("To Print", "", "manual", "To Print"),
		]
		for status, before, after, wanted in cases:
			with self.subTest(status=status, before=before, after=after):
				self.assertEqual(merging.settle_status(status, before, after), wanted)


class TestEnds(UnitTest):
	def end(self, before, after, paid=True, refunded=False, **stored) -> dict:
		values = merging.get_end_values(stored, before, after, NOON, paid, refunded)
		return {name: value for name, value in values.items() if value}

	def test_moves_note_their_time(self) -> None:
		self.assertEqual(self.end("To Ship", "Shipped"), {"shipped_at": NOON})
		self.assertEqual(
			self.end("Shipped", "Completed", shipped_at=EARLIER),
			{"shipped_at": EARLIER, "completed_at": NOON},
		)
		self.assertEqual(self.end("To Ship", "Completed"), {"shipped_at": NOON, "completed_at": NOON})
		self.assertEqual(self.end(None, "Completed"), {"completed_at": NOON})
		self.assertEqual(self.end("Shipped", "Shipped"), {})

	def test_reason_of_closing(self) -> None:
		closed = {"closed_at": NOON}
		self.assertEqual(self.end("Unpaid", "Closed", paid=False), {**closed, "closed_reason": "Never Paid"})
		self.assertEqual(self.end(None, "Closed", paid=False), {**closed, "closed_reason": "Never Paid"})
		self.assertEqual(
			self.end("To Review", "Closed", refunded=True), {**closed, "closed_reason": "Refunded"}
		)
		self.assertEqual(self.end("To Review", "Closed"), {**closed, "closed_reason": "Buyer Cancelled"})
		self.assertEqual(
			self.end("To Review", "Closed", closed_reason="Rejected")["closed_reason"], "Rejected"
		)
