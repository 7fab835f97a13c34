"""Refund cases of platforms: one record each, newest state, and what they do to their orders."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from unittest.mock import patch

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storegroup_oms.aftersales.intake import SaveRefundsResult, save_refunds
from storegroup_oms.orders import buyers, intake, lifecycle
from storegroup_oms.orders.canonical import CanonicalRefund
from storegroup_oms.orders.test_intake import NOON, SKU, make_line, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_after_sale_case, create_shop, ensure_sku
from storegroup_oms.tests.races import remove_shop, run_together


def make_refund(number: str = "R1", minutes: int = 0, **values) -> CanonicalRefund:
	"""An open refund of 10.00 about line 1 of order 1001."""
	defaults = {
		"platform": "Taobao",
		"platform_case_no": number,
		"platform_order_no": "1001",
		"line_nos": ("1",),
		"kind": "Refund",
		"status": "Open",
		"platform_status": "WAIT_SELLER_AGREE",
		"amount": "10.00",
		"reason": "Too small",
		"opened_at": NOON,
		"modified_at": NOON + timedelta(minutes=minutes),
	}
	return CanonicalRefund(**{**defaults, **values})


class Refunds(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		ensure_sku(SKU)

	def save_order(self, number: str = "1001", minutes: int = 0, **values):
		lines = [make_line(platform_line_no="1"), make_line(platform_line_no="2")]
		intake.save_orders(self.shop, [make_order(number, minutes, lines=lines, **values)], "Pull")
		return self.get_order(number)

	def get_order(self, number: str = "1001"):
		return frappe.get_doc("Order", {"shop": self.shop, "platform_order_no": number})

	def save(self, *refunds: CanonicalRefund) -> SaveRefundsResult:
		return save_refunds(self.shop, refunds, "Pull")

	def get_case(self, number: str = "R1"):
		return frappe.get_doc("After-sale Case", {"shop": self.shop, "platform_case_no": number})


class TestCases(Refunds):
	def test_new_case_is_stored_whole(self) -> None:
		order = self.save_order()
		due = NOON + timedelta(days=2)
		result = self.save(make_refund(due_at=due, return_waybill_no="SF1"))
		self.assertEqual((result.new, result.changed, result.unchanged, result.unknown_orders), (1, 0, 0, []))
		case = self.get_case()
		self.assertEqual(result.names, {"R1": case.name})
		self.assertRegex(case.name, r"^AS-\d{9}$")
		self.assertEqual(
			(case.order, case.shop, case.customer, case.kind, case.status, case.platform_status),
			(order.name, self.shop, order.customer, "Refund", "Open", "WAIT_SELLER_AGREE"),
		)
		self.assertEqual(
			(case.amount, case.reason, case.return_waybill_no, case.due_at, case.closed_at),
			(10.0, "Too small", "SF1", due.replace(tzinfo=None), None),
		)
		self.assertTrue(order.customer)
		events = frappe.get_all(
			"Order Event",
			{"order": order.name, "event": ("like", "After-sale%")},
			pluck="event",
			order_by="name",
		)
		self.assertEqual(events, ["After-sale case opened"])

	def test_case_without_its_order_is_reported_and_not_written(self) -> None:
		self.save_order()
		result = self.save(make_refund(), make_refund("R2", platform_order_no="9"))
		self.assertEqual((result.new, result.unknown_orders), (1, ["9"]))
		self.assertEqual(frappe.db.count("After-sale Case", {"shop": self.shop}), 1)
		self.save_order("9")
		result = self.save(make_refund(), make_refund("R2", platform_order_no="9"))
		self.assertEqual((result.new, result.unchanged, result.unknown_orders), (1, 1, []))

	def test_same_copy_again_and_an_older_one_change_nothing(self) -> None:
		self.save_order()
		self.save(make_refund(minutes=5))
		before = self.get_case().as_dict()
		result = self.save(make_refund(minutes=5), make_refund(minutes=1, status="Rejected"))
		self.assertEqual((result.new, result.changed, result.unchanged), (0, 0, 1))
		self.assertEqual(self.get_case().as_dict(), before)

	def test_end_and_opening_again(self) -> None:
		self.save_order()
		self.save(make_refund())
		self.save(make_refund(minutes=1, status="Cancelled"))
		case = self.get_case()
		self.assertEqual(
			(case.status, case.closed_at),
			("Cancelled", (NOON + timedelta(minutes=1)).replace(tzinfo=None)),
		)
		self.save(make_refund(minutes=2))
		self.assertEqual((self.get_case().status, self.get_case().closed_at), ("Open", None))

	def test_inspection_in_the_house_goes_on_until_the_platform_ends_it(self) -> None:
		self.save_order()
		self.save(make_refund(kind="Return", status="Waiting for Parcel"))
		self.get_case().db_set("status", "Inspecting")
		self.save(make_refund(minutes=1, kind="Return", status="Approved", return_waybill_no="SF9"))
		self.assertEqual((self.get_case().status, self.get_case().return_waybill_no), ("Inspecting", "SF9"))
		self.save(make_refund(minutes=2, kind="Return", status="Refunded"))
		self.assertEqual(self.get_case().status, "Refunded")

	def test_cases_by_hand_have_no_number_and_don_t_collide(self) -> None:
		order = self.save_order()
		for _number in range(2):
			case = create_after_sale_case(order.name, platform_case_no=" ")
			self.assertIsNone(frappe.db.get_value("After-sale Case", case.name, "platform_case_no"))

	def test_statements_do_not_grow_with_the_batch(self) -> None:
		counts = []
		for size, first in ((2, 0), (150, 1000)):
			numbers = [str(first + number) for number in range(size)]
			lines = [make_line(platform_line_no="1")]
			intake.save_orders(self.shop, [make_order(number, lines=lines) for number in numbers], "Pull")
			before = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
			self.save(*(make_refund(number, platform_order_no=number) for number in numbers))
			counts.append(int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(before))
		self.assertLess(counts[1], counts[0] + 4)


class TestEffects(Refunds):
	def read(self) -> tuple:
		order = self.get_order()
		return (
			order.status,
			order.hold_reasons or "",
			order.stop_reasons or "",
			[row.refund_status or "" for row in order.items],
		)

	def test_before_review_the_order_is_held(self) -> None:
		self.save_order()
		self.save(make_refund())
		self.assertEqual(self.read(), ("On Hold", "refund_requested", "", ["Requested", ""]))
		self.save(make_refund(minutes=1, status="Rejected"))
		self.assertEqual(self.read(), ("To Review", "", "", ["Rejected", ""]))

	def test_past_review_the_parcel_is_stopped(self) -> None:
		order = self.save_order()
		lifecycle.move_orders([order.name], "To Print", "test")
		self.save(make_refund(line_nos=()))
		self.assertEqual(self.read(), ("To Print", "", "refund_requested", ["Requested", "Requested"]))
		self.save(make_refund(minutes=1, line_nos=(), status="Refunded"))
		self.assertEqual(self.read(), ("To Print", "", "refunded", ["Refunded", "Refunded"]))

	def get_refunded(self) -> Decimal:
		return Decimal(str(self.get_order().refund_amount)).quantize(Decimal("0.01"))

	def test_refunded_amount_is_the_sum_of_the_cases_that_are_paid_back(self) -> None:
		self.save_order()
		self.save(make_refund(status="Refunded"))
		self.assertEqual(self.get_refunded(), Decimal("10.00"))
		self.save(make_refund("R2", status="Refunded", amount="7.55"), make_refund("R3", amount="5.00"))
		self.assertEqual(self.get_refunded(), Decimal("17.55"))

	def test_a_closed_order_whose_cases_speak_for_every_line_lost_no_more_than_they_say(self) -> None:
		whole = {"status": "Closed", "refund_amount": "59.80"}
		for case_first in (True, False):
			with self.subTest(case_first):
				self.shop = create_shop().name
				self.save_order()
				cases = [
					make_refund("R1", status="Refunded", amount="20.00"),
					make_refund("R2", line_nos=("2",), status="Refunded", amount="29.80"),
				]
				if case_first:
					self.save(*cases)
				self.save_order(minutes=5, **whole)
				if not case_first:
					self.assertEqual(self.get_refunded(), Decimal("59.80"))
					self.save(cases[0])
					self.assertEqual(self.get_refunded(), Decimal("59.80"), "line 2 is not spoken for")
					self.save(cases[1])
				self.assertEqual(self.get_refunded(), Decimal("49.80"))
				self.save_order(minutes=6, seller_memo="x", **whole)
				self.assertEqual(self.get_refunded(), Decimal("49.80"))

	def test_a_case_about_no_line_speaks_for_the_whole_order(self) -> None:
		self.save_order(status="Closed", refund_amount="59.80")
		self.save(make_refund(line_nos=(), status="Refunded", amount="50.00"))
		self.assertEqual(self.get_refunded(), Decimal("50.00"))

	def test_an_open_case_says_nothing_of_money(self) -> None:
		self.save_order(status="Closed", refund_amount="59.80")
		self.save(make_refund(line_nos=(), amount="50.00"))
		self.assertEqual(self.get_refunded(), Decimal("59.80"))

	def test_exchange_leaves_lines_and_order_alone(self) -> None:
		self.save_order()
		self.save(make_refund(kind="Exchange"))
		self.assertEqual(self.read(), ("To Review", "", "", ["", ""]))

	def test_case_opened_last_counts_whatever_comes_first(self) -> None:
		self.save_order()
		earlier = make_refund("R1", minutes=1, status="Rejected")
		later = make_refund("R2", minutes=9, opened_at=NOON + timedelta(minutes=5))
		for refunds in ([later], [earlier]):
			self.save(*refunds)
		self.assertEqual(self.read(), ("On Hold", "refund_requested", "", ["Requested", ""]))

	def test_order_copy_that_tells_no_refund_keeps_what_the_case_told(self) -> None:
		self.save_order()
		self.save(make_refund())
		self.save_order(minutes=5, seller_memo="x")
		self.assertEqual(self.read(), ("On Hold", "refund_requested", "", ["Requested", ""]))

	@settings(max_examples=20, suppress_health_check=list(HealthCheck))
	@given(st.data())
	def test_any_arrival_ends_in_the_newest_state(self, data) -> None:
		self.shop = create_shop().name
		self.save_order()
		copies = data.draw(
			st.lists(
				st.tuples(
					st.sampled_from(("R1", "R2")),
					st.integers(0, 20),
					st.sampled_from(("Open", "Approved", "Rejected", "Refunded", "Cancelled")),
				),
				min_size=1,
				max_size=8,
				unique_by=lambda copy: copy[:2],
			)
		)
		refunds = [make_refund(number, minute, status=status) for number, minute, status in copies]
		for refund in data.draw(st.permutations(refunds + refunds[:2])):
			self.save(refund)
		newest = {number: status for number, _minute, status in sorted(copies, key=lambda copy: copy[1])}
		rows = frappe.get_all(
			"After-sale Case", {"shop": self.shop}, ["platform_case_no", "status"], order_by="name"
		)
		self.assertEqual({row.platform_case_no: row.status for row in rows}, newest)
		self.assertEqual(len(rows), len(newest))


class TestRace(Refunds):
	def test_two_workers_store_a_case_once(self) -> None:
		numbers = [f"{number:03d}" for number in range(30)]
		self.addCleanup(self.remove)
		for number in numbers:
			self.save_order(number)
		frappe.db.commit()
		batches = [
			[make_refund(number, minute, platform_order_no=number, reason=f"at {minute}") for number in order]
			for minute, order in ((2, numbers), (1, numbers[::-1]))
		]
		with patch.object(buyers, "enqueue_refresh"):
			results = run_together([partial(save_refunds, self.shop, batch, "Pull") for batch in batches])
		frappe.db.rollback()
		self.assertEqual(sum(result.new for result in results), len(numbers))
		rows = frappe.get_all("After-sale Case", {"shop": self.shop}, pluck="reason", order_by="name")
		self.assertEqual(rows, ["at 2"] * len(numbers))

	def remove(self) -> None:
		frappe.db.rollback()
		frappe.db.delete("After-sale Case", {"shop": self.shop})
		remove_shop(self.shop)
		frappe.db.delete("SKU", {"name": SKU})
		frappe.db.commit()
