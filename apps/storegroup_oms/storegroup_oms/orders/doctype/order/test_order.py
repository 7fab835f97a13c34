"""An Order document: unique per shop and number, sums to the cent, moves along the life cycle, stays for ever."""

import frappe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storegroup_oms.exceptions import (
	AppendOnlyError,
	DuplicateOrderError,
	InvalidTransitionError,
	InvalidValueError,
)
from storegroup_oms.orders.doctype.order import amounts
from storegroup_oms.orders.holds import HOLD_REASONS
from storegroup_oms.orders.lifecycle import STATUSES
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_order, create_shop, create_sku

cents = st.integers(0, 10_000_000)


class TestNumber(IntegrationTest):
	def test_one_platform_number_per_shop(self):
		first = create_order()

		with self.assertRaises(DuplicateOrderError) as caught:
			create_order(shop=first.shop, platform_order_no=f" {first.platform_order_no} ")
		self.assertIn(first.name, str(caught.exception))
		self.assertEqual(frappe.db.count("Order", {"shop": first.shop}), 1)
		self.assertTrue(create_order(shop=create_shop().name, platform_order_no=first.platform_order_no).name)

	def test_the_database_holds_the_key_too(self):
		first = create_order()
		second = create_order(shop=first.shop)

		with self.assertRaises(Exception) as caught:
			frappe.db.set_value("Order", second.name, "platform_order_no", first.platform_order_no)
		self.assertTrue(frappe.db.is_unique_key_violation(caught.exception))

	def test_an_order_typed_in_by_hand_is_numbered_by_its_name(self):
		order = create_order(platform_order_no="")

		self.assertEqual(order.platform_order_no, order.name)
		self.assertRegex(order.name, r"^SO-\d{9}$")

	def test_the_platform_is_the_shops(self):
		order = create_order(shop=create_shop(platform="Pinduoduo").name)

		self.assertEqual(order.platform, "Pinduoduo")


class TestStatus(IntegrationTest):
	def test_a_move_along_the_life_cycle_writes_the_timeline(self):
		order = create_order()
		order.status = "On Hold"
		order.save()

		rows = frappe.get_all(
			"Order Event",
			filters={"order": order.name},
			fields=["event", "from_status", "to_status", "source"],
			order_by="creation asc, event asc",
		)
		self.assertEqual(
			sorted((row.event, row.from_status, row.to_status, row.source) for row in rows),
			[
				("Order created", None, "To Review", "Administrator"),
				("Status changed", "To Review", "On Hold", "Administrator"),
			],
		)

	def test_another_move_is_refused_and_nothing_is_written(self):
		order = create_order(status="Shipped")
		order.status = "To Review"

		with self.assertRaises(InvalidTransitionError):
			order.save()
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "Shipped")
		self.assertEqual(frappe.db.count("Order Event", {"order": order.name, "event": "Status changed"}), 0)

	def test_every_status_can_be_stored(self):
		shop = create_shop().name
		for status in STATUSES:
			with self.subTest(status):
				self.assertEqual(create_order(lines=[], shop=shop, status=status).status, status)


class TestDeletion(IntegrationTest):
	def test_an_order_is_kept(self):
		order = create_order()

		with self.assertRaises(AppendOnlyError):
			frappe.delete_doc("Order", order.name, force=True)
		self.assertTrue(frappe.db.exists("Order", order.name))


class TestCodes(IntegrationTest):
	def test_reasons_and_tags_are_sets(self):
		order = create_order(
			hold_reasons="rule, manual,rule", stop_reasons="refunded", tags="vip,  gift ,vip"
		)

		self.assertEqual(
			(order.hold_reasons, order.stop_reasons, order.tags), ("manual,rule", "refunded", "gift,vip")
		)

	def test_an_unknown_reason_is_refused(self):
		with self.assertRaises(InvalidValueError):
			create_order(hold_reasons="because")

	def test_the_form_is_told_what_each_reason_means(self):
		order = create_order()
		order.run_method("onload")

		self.assertEqual(set(order.get_onload()["meanings"]["hold"]), set(HOLD_REASONS))


class TestQuantities(IntegrationTest):
	def test_a_line_has_at_least_one_piece(self):
		sku = create_sku().name
		for qty in (0, -1):
			with self.subTest(qty), self.assertRaises(InvalidValueError):
				create_order(lines=[(sku, qty)])

	def test_totals_follow_the_lines(self):
		one, two = create_sku().name, create_sku().name
		order = create_order(lines=[(one, 2), (two, 3)])

		self.assertEqual((order.item_count, order.total_qty), (2, 5))
		self.assertEqual(order.sku_summary, f"{one}×2, {two}×3")


class TestAmounts(IntegrationTest):
	def create(self, **values):
		return create_order(lines=[(self.sku, 2)], price=19.99, **values)

	def setUp(self):
		super().setUp()
		self.sku = create_sku().name

	def test_empty_amounts_are_filled_from_the_lines(self):
		order = self.create(
			discount_amount=5, freight_amount=8, items=self.make_lines(amount=34.98, discount_amount=5)
		)

		self.assertEqual((order.goods_amount, order.total_amount), (39.98, 42.98))

	def make_lines(self, **values):
		return [{"sku": self.sku, "qty": 2, "unit_price": 19.99, **values}]

	def test_a_contradiction_of_one_cent_is_refused(self):
		for values in (
			{"total_amount": 39.97},
			{"goods_amount": 39.97},
			{"items": self.make_lines(amount=39.97)},
			{"discount_amount": 0.01, "goods_amount": 39.98},
		):
			with self.subTest(values), self.assertRaises(InvalidValueError):
				self.create(**values)

	def test_an_order_without_lines_keeps_its_own_figures(self):
		order = create_order(lines=[], total_amount=12.34, freight_amount=2)

		self.assertEqual((order.goods_amount, order.total_amount), (10.34, 12.34))

	def test_old_contradictions_do_not_stop_other_work(self):
		order = self.create()
		frappe.db.set_value("Order", order.name, "total_amount", 1)
		order.reload()
		order.seller_memo = "Looked at"
		order.save()

		self.assertEqual(
			frappe.db.get_value("Order", order.name, ["seller_memo", "total_amount"]), ("Looked at", 1)
		)
		order.freight_amount = 1
		with self.assertRaises(InvalidValueError):
			order.save()

	# One document serves all examples: it is built anew inside, never stored.
	@settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors])
	@given(
		st.lists(st.tuples(st.integers(1, 99), st.integers(1, 999_999)), min_size=1, max_size=8), cents, cents
	)
	def test_what_is_filled_in_always_adds_up(self, lines, discount, freight):
		goods = sum(qty * price for qty, price in lines)
		shares = [0] * len(lines)
		shares[0] = min(discount, lines[0][0] * lines[0][1] - 1)
		order = frappe.get_doc(
			{
				"doctype": "Order",
				"discount_amount": shares[0] / 100,
				"freight_amount": freight / 100,
				"items": [
					{"qty": qty, "unit_price": price / 100, "discount_amount": share / 100}
					for (qty, price), share in zip(lines, shares, strict=True)
				],
			}
		)
		amounts.fill_line_amounts(order)
		amounts.fill_order_amounts(order)
		amounts.check_sums(order)

		self.assertEqual(amounts.to_cents(order.goods_amount), goods)
		self.assertEqual(amounts.to_cents(order.total_amount), goods - shares[0] + freight)


class TestCents(UnitTest):
	def test_halves_go_away_from_zero(self):
		for value, whole in ((0.005, 1), (-0.005, -1), ("1.004", 100), (2.675, 268), (None, 0), ("", 0)):
			with self.subTest(value):
				self.assertEqual(amounts.to_cents(value), whole)

	@given(cents)
	def test_cents_survive_a_float(self, whole):
		self.assertEqual(amounts.to_cents(whole / 100), whole)
