"""Checks of stored orders: holds and tags come and go, cleared ones stay away, rules let the rest go on."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import approving, intake, review, review_pool, review_steps
from storegroup_oms.orders.test_intake import make_order
from storegroup_oms.setup.review import CHECKS
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_user,
	make_suffix,
)


class ReviewCase(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		# What people did on this site is no part of it: "the last step" is one of these tests.
		frappe.db.delete("Review Step")
		self.shop = create_shop().name
		self.sku = create_sku().name

	def order(self, **values):
		return create_order([(self.sku, 1)], shop=self.shop, **values)

	def check(self, *orders) -> review.Result:
		return review.check_orders([order.name for order in orders])

	def read(self, order) -> tuple:
		row = frappe.db.get_value(
			"Order", order.name, ["status", "hold_reasons", "review_state"], as_dict=True
		)
		return row.status, row.hold_reasons or "", row.review_state

	def text(self, order) -> list[str]:
		return [row["text"] for row in review_pool.get_order(order.name)["holds"]]

	def set_check(self, code: str, **values) -> None:
		frappe.db.set_value("Review Check", {"code": code, "shop": ("is", "not set")}, values)

	def list_events(self, order) -> list[tuple]:
		rows = frappe.get_all(
			"Order Event", {"order": order.name}, ["event", "details"], order_by="creation asc, name asc"
		)
		return [(row.event, frappe.parse_json(row.details or "{}")) for row in rows]


class TestChecking(ReviewCase):
	def test_bad_address_and_phone_hold_with_clear_words(self) -> None:
		order = self.order(city="", receiver_mobile="1381234567")
		self.assertEqual(self.check(order).held, [order.name])
		self.assertEqual(self.read(order), ("On Hold", "address_incomplete,phone_invalid", "Held"))
		self.assertEqual(
			self.text(order),
			["The address has no city.", "The phone number has 10 digits; a mobile number has 11."],
		)
		events = self.list_events(order)
		self.assertIn(("Checked", {"added": ["address_incomplete", "phone_invalid"]}), events)
		self.assertEqual(frappe.db.count("Order Event", {"order": order.name, "event": "Status changed"}), 1)

	def test_a_good_order_stays_to_review(self) -> None:
		order = self.order()
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("To Review", ""))
		self.assertEqual(review.find_unchecked(10**6).count(order.name), 0)

	def test_the_hold_goes_with_its_reason(self) -> None:
		order = self.order(city="")
		self.check(order)
		frappe.db.set_value("Order", order.name, "city", "杭州市")
		self.check(order)
		self.assertEqual(self.read(order), ("To Review", "", "Pending Review"))
		self.assertEqual(frappe.db.get_value("Order Hold", {"order": order.name}, "state"), "Gone")

	def test_other_holds_stay(self) -> None:
		order = self.order(city="", hold_reasons="manual")
		self.check(order)
		frappe.db.set_value("Order", order.name, "city", "杭州市")
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("On Hold", "manual"))

	def test_a_check_may_only_tag_or_be_off(self) -> None:
		self.set_check("memo_present", effect="Tag")
		order = self.order(buyer_message="红色", tags="vip")
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("To Review", ""))
		self.assertEqual(frappe.db.get_value("Order", order.name, "tags"), "memo_present,vip")
		frappe.get_doc(
			{"doctype": "Review Check", "code": "memo_present", "shop": self.shop, "is_active": 0}
		).insert()
		self.check(order)
		self.assertEqual(frappe.db.get_value("Order", order.name, "tags"), "vip")

	def test_the_same_again_is_suspected_once(self) -> None:
		first = self.order(buyer_nick="a")
		later = self.order(ordered_at=now_datetime(), buyer_nick="b")
		other = create_order([(create_sku().name, 1)], shop=self.shop, ordered_at=now_datetime())
		old = self.order(ordered_at=add_to_date(first.ordered_at, hours=-25))
		self.check(first, later, other, old)
		self.assertEqual(
			[self.read(row)[1] for row in (first, later, other, old)], ["", "duplicate_suspected", "", ""]
		)
		self.assertIn(first.name, self.text(later)[0])

	def test_statements_do_not_grow_with_the_orders(self) -> None:
		counts = []
		self.check(self.order())  # fills the caches
		for number in (2, 12):
			orders = [self.order(city="", buyer_nick=make_suffix()) for _ in range(number)]
			names = [order.name for order in orders]
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				review.check_orders(names)
			counts.append(sql.call_count)
		self.assertEqual(counts[0], counts[1])

	def test_intake_leaves_new_and_changed_orders_to_be_checked(self) -> None:
		with patch.object(review, "wake") as wake:
			name = intake.save_orders(self.shop, [make_order("1", 1)], "Pull").names["1"]
			self.assertTrue(wake.called)
			self.assertIn(name, review.find_unchecked(10**6))
			review.check_orders([name])
			self.assertNotIn(name, review.find_unchecked(10**6))
			intake.save_orders(self.shop, [make_order("1", 2, seller_memo="new")], "Pull")
			self.assertIn(name, review.find_unchecked(10**6))

	def test_one_broken_order_holds_up_no_other(self) -> None:
		good, bad = self.order(city=""), self.order(city="")
		real = review.check_orders

		def check(names):
			if bad.name in names:
				raise ValueError("broken")
			return real(names)

		with (
			patch.object(review, "run_in_latest", lambda work: work()),
			patch.object(review, "check_orders", check),
			patch.object(frappe.db, "rollback"),
			patch.object(frappe.db, "commit"),
			patch.object(review, "find_unchecked", lambda limit: [good.name, bad.name][:limit]),
			patch.object(review, "CHUNK", 1),
		):
			self.assertEqual(review._work_off([good.name, bad.name], check), {bad.name})
		self.assertEqual(self.read(good)[0], "On Hold")
		self.assertEqual(self.read(bad)[0], "To Review")
		self.assertTrue(frappe.db.exists("Error Log", {"reference_name": bad.name}))


class TestClearing(ReviewCase):
	def test_each_hold_is_cleared_alone_and_stays_cleared(self) -> None:
		order = self.order(city="", receiver_mobile="1381234567")
		self.check(order)
		done = review_steps.clear_holds([order.name], ["phone_invalid"])
		self.assertEqual((done.names, done.refused), ([order.name], {}))
		self.assertEqual(self.read(order)[:2], ("On Hold", "address_incomplete"))
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("On Hold", "address_incomplete"))
		review_steps.clear_holds([order.name])
		self.assertEqual(self.read(order), ("To Review", "", "Pending Review"))
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("To Review", ""))
		document = frappe.get_doc("Order", order.name)
		document.receiver_mobile = "138123456"
		document.save()
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("On Hold", "phone_invalid"))
		self.assertIn(("Hold cleared", {"removed": ["phone_invalid"]}), self.list_events(order))

	def test_what_only_facts_lift_is_refused(self) -> None:
		order = self.order(status="On Hold", hold_reasons="listing_unmatched,memo_present")
		with self.assertRaises(InvalidValueError):
			review_steps.clear_holds([order.name], ["listing_unmatched"])
		self.assertEqual(self.read(order)[1], "listing_unmatched,memo_present")
		done = review_steps.approve([order.name])
		self.assertEqual((done.names, list(done.refused)), ([], [order.name]))
		self.assertEqual(self.read(order)[:2], ("On Hold", "listing_unmatched,memo_present"))

	def test_undo_of_a_clearing(self) -> None:
		order = self.order(city="")
		self.check(order)
		review_steps.clear_holds([order.name])
		self.assertEqual(review_steps.undo().names, [order.name])
		self.assertEqual(self.read(order), ("On Hold", "address_incomplete", "Held"))
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("On Hold", "address_incomplete"))
		with self.assertRaises(InvalidValueError):
			review_steps.undo()

	def test_a_release_by_the_form_clears(self) -> None:
		order = self.order(city="")
		self.check(order)
		document = frappe.get_doc("Order", order.name)
		document.update({"status": "To Review", "review_state": "Pending Review"})
		document.save()
		self.assertEqual(self.read(order)[:2], ("To Review", ""))
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("To Review", ""))


class TestApproving(ReviewCase):
	def test_bulk_approval_takes_stock_and_undo_gives_the_order_back(self) -> None:
		create_stock(self.sku, 5)
		held, closed = self.order(city=""), self.order(status="Closed")
		plain = self.order(receiver_mobile="13900000001")
		self.check(held, plain)
		done = review_steps.approve([held.name, plain.name, closed.name])
		self.assertEqual(done.names, sorted([held.name, plain.name]))
		self.assertEqual(list(done.refused), [closed.name])
		for order in (held, plain):
			self.assertEqual(self.read(order), ("To Print", "", "Approved"))
			self.assertEqual(frappe.db.get_value("Order", order.name, "stock_state"), "Reserved")
			self.assertEqual(frappe.db.get_value("Order", order.name, "reviewed_by"), frappe.session.user)
		self.assertEqual(review_steps.undo().names, sorted([held.name, plain.name]))
		self.assertEqual(self.read(held), ("On Hold", "address_incomplete", "Held"))
		self.assertEqual(self.read(plain), ("To Review", "", "Pending Review"))

	def test_from_the_list_what_nobody_has_looked_at_stays(self) -> None:
		plain, held = self.order(), self.order(city="", receiver_mobile="13900000001")
		unseen = self.order(receiver_mobile="1381234567")
		self.check(held)
		done = review.approve([plain.name, held.name, unseen.name])
		self.assertEqual(done.names, [plain.name])
		self.assertEqual(
			done.refused,
			{
				held.name: "The address has no city.",
				unseen.name: "The phone number has 10 digits; a mobile number has 11.",
			},
		)
		self.assertEqual(self.read(held)[:2], ("On Hold", "address_incomplete"))
		self.assertEqual(self.read(unseen)[:2], ("On Hold", "phone_invalid"))

	def test_only_holds_that_a_person_saw_are_cleared(self) -> None:
		seen, changed = self.order(city=""), self.order(city="", receiver_mobile="13900000001")
		self.check(seen, changed)
		frappe.db.set_value("Order", changed.name, {"seller_memo": "red", "is_checked": 0})
		done = review.approve([seen.name, changed.name], clears_holds=True)
		self.assertEqual(
			(done.names, done.refused), ([seen.name], {changed.name: "The seller wrote a memo."})
		)
		self.assertEqual(self.read(changed)[:2], ("On Hold", "address_incomplete,memo_present"))

	def test_without_stock_it_waits_as_a_backorder(self) -> None:
		order = self.order()
		review_steps.approve([order.name])
		self.assertEqual(self.read(order)[0], "Backorder")

	def test_roles_of_the_workflow_decide(self) -> None:
		order = self.order()
		user = create_user(["OMS Customer Service"])
		frappe.set_user(user.name)
		try:
			for step in (review_steps.approve, lambda names: review_steps.close(names, "x")):
				with self.assertRaises(frappe.PermissionError):
					step([order.name])
		finally:
			frappe.set_user("Administrator")
		self.assertEqual(self.read(order)[0], "To Review")

	def test_closing_says_why(self) -> None:
		order = self.order(city="")
		self.check(order)
		with self.assertRaises(InvalidValueError):
			review_steps.close([order.name], " ")
		self.assertEqual(self.read(order)[0], "On Hold")
		review_steps.close([order.name], "bought twice")
		self.assertEqual(self.read(order)[:2], ("Closed", ""))
		self.assertIn(("Status changed", {"reason": "bought twice"}), self.list_events(order))

	def test_rules_let_orders_go_on(self) -> None:
		create_stock(self.sku, 9)
		frappe.get_doc(
			{
				"doctype": "Approval Rule",
				"rule_name": make_suffix(),
				"shop": self.shop,
				"max_amount": 10,
				"min_age_minutes": 30,
			}
		).insert()
		small, large = self.order(buyer_nick="a"), self.order(price=10.01, buyer_nick="b")
		held, young = self.order(city=""), self.order(paid_at=add_to_date(now_datetime(), minutes=-29))
		unchecked = self.order()
		elsewhere = create_order([(self.sku, 1)])
		frappe.db.set_value("Review Check", {"code": "duplicate_suspected"}, "is_active", 0)
		self.check(small, large, held, young, elsewhere)
		ready = approving.find_ready()
		orders = (small, large, held, young, unchecked, elsewhere)
		self.assertEqual([order.name for order in orders if order.name in ready], [small.name])
		names = [order.name for order in orders]
		self.assertEqual(approving.approve_ready(names), [small.name])
		self.assertEqual(self.read(small)[0], "To Print")
		self.assertEqual(self.read(large)[0], "To Review")

	def test_every_check_ships_with_a_default(self) -> None:
		shipped = {code for code, *_rest in CHECKS}
		self.assertEqual(shipped, set(review.CHECKS))
		self.assertEqual(
			set(frappe.get_all("Review Check", {"shop": ("is", "not set")}, pluck="code", order_by="code")),
			shipped,
		)
