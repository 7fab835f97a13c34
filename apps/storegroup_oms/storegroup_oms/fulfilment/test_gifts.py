"""Gifts: earned by rule, given from what is left, reserved with the order, taken off when they are earned no more."""

from datetime import datetime
from decimal import Decimal

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import gift_rules, gift_trial
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.fulfilment.gift_rules import Bought, Ledger, Refusal, Rule
from storegroup_oms.fulfilment.test_allocation import AllocationCase
from storegroup_oms.inventory import releasing
from storegroup_oms.orders import events, lifecycle
from storegroup_oms.tests.compat import UnitTest
from storegroup_oms.tests.factories import create_bundle, create_sku, make_suffix

PAID = datetime(2026, 11, 11, 10)


def make_bought(**values) -> Bought:
	defaults = {
		"name": "O",
		"shop": "S",
		"platform": "JD",
		"order_type": "Normal",
		"buyer": "B",
		"paid_at": PAID,
		"amount": Decimal(100),
		"pieces": {"A": 2, "B": 1},
	}
	return Bought(**{**defaults, **values})


class TestRules(UnitTest):
	def test_what_an_order_has_earned(self):
		for values, expected in (
			({}, 1),
			({"shop": "S", "platform": "JD"}, 1),
			({"shop": "T"}, "other_order"),
			({"platform": "Taobao"}, "other_order"),
			({"starts_at": PAID}, 1),
			({"starts_at": PAID.replace(hour=11)}, "other_period"),
			({"ends_at": PAID}, "other_period"),
			({"min_amount": Decimal(100)}, 1),
			({"min_amount": Decimal("100.01")}, "amount_below"),
			({"min_amount": Decimal(30), "times_per_order": 5}, 3),
			({"min_amount": Decimal(30), "times_per_order": 2}, 2),
			({"bought_sku": "A", "bought_qty": 2}, 1),
			({"bought_sku": "B", "bought_qty": 2}, "bought_too_few"),
			({"bought_sku": "C"}, "bought_too_few"),
			({"bought_qty": 3}, 1),
			({"bought_qty": 4}, "bought_too_few"),
			({"bought_sku": "A", "times_per_order": 9}, 2),
			({"bought_sku": "A", "min_amount": Decimal(80), "times_per_order": 9}, 1),
		):
			with self.subTest(values):
				found = gift_rules.count_times(Rule("R", "G", **values), make_bought())
				self.assertEqual(found.code if isinstance(found, Refusal) else found, expected)

	def test_what_is_no_sale_earns_nothing(self):
		for values in ({"order_type": "Reship"}, {"order_type": "Sample"}, {"paid_at": None}):
			with self.subTest(values):
				found = gift_rules.count_times(Rule("R", "G"), make_bought(**values))
				self.assertEqual((found.code, found.is_told), ("other_order", False))

	def test_limits(self):
		rule = Rule("R", "G", gift_qty=2, orders_per_buyer=1, total_qty=5)
		ledger = Ledger()
		self.assertIsNone(ledger.find_refusal(rule, "B"))
		self.assertEqual(ledger.limit(rule, 9), 2)
		ledger.add(rule, "B", 2)
		self.assertEqual(ledger.find_refusal(rule, "B").code, "buyer_limit")
		self.assertIsNone(ledger.find_refusal(rule, "C"))
		ledger.add(rule, "C", 2)
		self.assertEqual(ledger.find_refusal(rule, "D").code, "total_limit")

	def test_rank_and_exclusive(self):
		first, second = Rule("B", "G", priority=1), Rule("A", "G", is_exclusive=True)
		earned, refused = gift_rules.match([second, first], make_bought())
		self.assertEqual(([rule.name for rule, _times in earned], refused), (["B", "A"], []))
		self.assertEqual(gift_rules.find_conflict(second, [first]).code, "exclusive")
		self.assertEqual(gift_rules.find_conflict(first, [second]).code, "exclusive")
		self.assertIsNone(gift_rules.find_conflict(first, []))


class GiftCase(AllocationCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_value("Gift Rule", {"is_active": 1}, "is_active", 0)
		self.gift = create_sku(sku_name="Cup", specification="Blue").name

	def rule(self, **values):
		defaults = {"rule_name": f"Gift {make_suffix()}", "shop": self.shop, "gift_sku": self.gift}
		return frappe.get_doc({"doctype": "Gift Rule", "is_active": 1, **defaults, **values}).insert()

	def get_gifts(self, order) -> list[tuple]:
		rows = frappe.get_all(
			"Order Item",
			filters={"parent": order.name, "is_gift": 1},
			fields=["sku", "qty", "reserved_qty", "unit_price", "amount", "unit_cost", "platform_line_no"],
			order_by="idx asc",
		)
		return [(row.sku, row.qty, row.reserved_qty) for row in rows]

	def get_notes(self, order) -> list[tuple[str, list[str]]]:
		"""Events about gifts, newest first, each with its codes."""
		rows = [row for row in events.get_timeline(order.name) if row.gifts]
		return [(row.event, [code for code, _facts in row.gifts]) for row in rows]

	def get_given(self, rule) -> int:
		return frappe.db.get_value("Gift Rule", rule.name, "given_qty")

	def refund(self, order, position=0):
		line = frappe.get_doc("Order", order.name).items[position]
		frappe.db.set_value("Order Item", line.name, "refund_status", "Refunded")


class TestGiving(GiftCase):
	def test_a_gift_is_added_and_reserved_with_the_order(self):
		self.stock(5)
		self.receive(3, sku=self.gift)
		frappe.db.set_value("Stock Balance", {"sku": self.gift}, "average_cost", 2.5)
		rule = self.rule(min_amount=20, gift_qty=2)
		order = self.order((self.sku, 2))

		result = allocate([order.name])

		self.assertEqual((result.reserved, self.get(order).stock_state), ([order.name], "Reserved"))
		self.assertEqual(self.get_gifts(order), [(self.gift, 2, 2)])
		stored = frappe.get_doc("Order", order.name)
		line = stored.items[1]
		self.assertEqual(
			(line.title, line.specification, line.amount, line.unit_cost, line.platform_line_no, line.idx),
			("Cup", "Blue", 0, 2.5, None, 2),
		)
		self.assertEqual((stored.item_count, stored.total_qty, stored.sku_summary), (2, 4, f"{self.sku}×2"))
		self.assertEqual((stored.total_amount, stored.paid_amount), (20, 20))
		self.assertEqual(self.get_places(order), {self.near: 4})
		self.assertEqual(self.get_notes(order), [("Gifts added", ["given"])])
		self.assertEqual(self.get_given(rule), 2)
		stored.save()
		self.assertEqual(self.get_gifts(order), [(self.gift, 2, 2)])

	def test_a_rule_gives_once(self):
		self.stock(5)
		self.receive(9, sku=self.gift)
		self.rule()
		order = self.order()
		for _time in range(2):
			allocate([order.name])
		self.assertEqual(self.approve(order), "To Print")
		self.assertEqual(self.get_gifts(order), [(self.gift, 1, 1)])
		parcel = frappe.db.get_value("Shipment Order", {"order": order.name}, "parent")
		pieces = frappe.get_all("Shipment Item", filters={"parent": parcel}, pluck="sku", order_by="sku asc")
		self.assertEqual(pieces, sorted([self.sku, self.gift]))

	def test_an_order_goes_on_without_a_gift_that_is_gone(self):
		self.stock(5)
		self.receive(1, self.far, sku=self.gift)
		self.rule()
		order = self.order()
		self.assertEqual(self.approve(order), "To Print")
		self.assertEqual((self.get_gifts(order), self.get(order).warehouse), ([], self.near))
		self.assertEqual(self.get_notes(order), [("No gift added", ["no_stock"])])

	def test_the_last_gift_goes_to_the_first_order_of_a_batch(self):
		self.stock(5)
		self.receive(3, sku=self.gift)
		self.rule(keep_free=2)
		orders = [self.order() for _number in range(2)]
		allocate([order.name for order in orders])
		self.assertEqual([self.get_gifts(order) for order in orders], [[(self.gift, 1, 1)], []])
		self.assertEqual([self.get(order).stock_state for order in orders], ["Reserved"] * 2)

	def test_nothing_is_given_before_all_goods_are_there(self):
		self.stock(1)
		self.receive(5, sku=self.gift)
		self.rule()
		order = self.order((self.sku, 2))
		self.assertEqual(self.approve(order), "Backorder")
		self.assertEqual((self.get_gifts(order), self.get_notes(order)), ([], []))
		self.receive(1)
		self.run_job()
		self.assertEqual((self.get(order).status, self.get_gifts(order)), ("To Print", [(self.gift, 1, 1)]))

	def test_limits_of_buyer_and_total(self):
		self.stock(9)
		self.receive(9, sku=self.gift)
		once = self.rule(orders_per_buyer=1)
		few = self.rule(total_qty=2, priority=20)
		orders = [self.order(buyer_nick="same") for _number in range(3)]
		allocate([orders[0].name])
		allocate([order.name for order in orders[1:]])
		self.assertEqual([len(self.get_gifts(order)) for order in orders], [2, 1, 0])
		self.assertEqual((self.get_given(once), self.get_given(few)), (1, 2))
		self.assertEqual(self.get_notes(orders[2]), [("No gift added", ["buyer_limit", "total_limit"])])

	def test_exclusive_by_priority_and_the_reason_of_each_other_rule(self):
		self.stock(9)
		self.receive(9, sku=self.gift)
		self.rule(priority=1, is_exclusive=1)
		self.rule(priority=2)
		self.rule(priority=3, min_amount=10.01)
		self.rule(priority=4, is_active=0)
		order = self.order()
		allocate([order.name])
		self.assertEqual(self.get_gifts(order), [(self.gift, 1, 1)])
		self.assertEqual(self.get_notes(order), [("Gifts added", ["given", "exclusive", "amount_below"])])

	def test_a_bundle_is_given_whole(self):
		self.stock(5)
		self.receive(5, sku=self.gift)
		bundle = create_bundle([(self.gift, 2)]).name
		self.rule(gift_sku=bundle, times_per_order=9, bought_sku=self.sku)
		order = self.order((self.sku, 3))
		allocate([order.name])
		self.assertEqual(self.get_gifts(order), [(bundle, 2, 2)])
		self.assertEqual(self.get_places(order), {self.near: 3 + 4})


class TestTakingOff(GiftCase):
	def give(self, *lines, **values):
		self.stock(9)
		self.receive(9, sku=self.gift)
		self.found = self.rule(**values)
		order = self.order(*lines)
		self.assertEqual(self.approve(order), "To Print")
		self.assertEqual(len(self.get_gifts(order)), 1)
		return order

	def get_free(self) -> int:
		row = frappe.db.get_value("Stock Balance", {"sku": self.gift}, ["on_hand", "reserved"])
		return row[0] - row[1]

	def test_a_refund_of_what_earned_it(self):
		self.stock(5, sku=self.other)
		order = self.give((self.sku, 1), (self.other, 1), bought_sku=self.sku)
		self.refund(order)
		self.run_job()
		self.assertEqual((self.get_gifts(order), self.get_free()), ([], 9))
		self.assertEqual((self.get(order).status, self.get_given(self.found)), ("To Print", 0))
		self.assertIn(("Gift taken off", ["earned_no_more"]), self.get_notes(order))
		self.assertEqual(frappe.db.get_value("Order", order.name, "item_count"), 2)

	def test_money_that_goes_back(self):
		order = self.give((self.sku, 3), min_amount=10, times_per_order=3)
		self.assertEqual(self.get_gifts(order), [(self.gift, 3, 3)])
		frappe.db.set_value("Order", order.name, "refund_amount", 5)
		self.run_job()
		self.assertEqual((self.get_gifts(order), self.get_given(self.found)), ([(self.gift, 2, 2)], 2))
		self.assertEqual(self.get_free(), 7)

	def test_a_closed_order_gives_it_back(self):
		order = self.give()
		stored = frappe.get_doc("Order", order.name)
		stored.status, stored.closed_reason = "Closed", "Buyer Cancelled"
		stored.save()
		self.assertEqual((self.get_gifts(order), self.get_free(), self.get_given(self.found)), ([], 9, 0))

	def test_a_gift_whose_stock_is_lost_keeps_nobody_back(self):
		order = self.give()
		line = frappe.db.get_value("Order Item", {"parent": order.name, "is_gift": 1})
		releasing.release_lines([line], "Lost")
		frappe.db.set_value("Stock Balance", {"sku": self.gift}, "blocked", 9)
		self.run_job()
		self.assertEqual((self.get(order).status, self.get_gifts(order)), ("To Print", []))
		self.assertIn(("Gift taken off", ["stock_gone"]), self.get_notes(order))

	def test_it_does_not_tie_the_order_to_a_warehouse(self):
		order = self.give()
		self.stock(5, self.far)
		stored = frappe.get_doc("Order", order.name)
		stored.warehouse = self.far
		stored.save()
		self.assertEqual((self.get(order).status, self.get_places(order)), ("To Print", {self.far: 1}))
		self.assertEqual((self.get_gifts(order), self.get_free()), ([], 9))

	def test_a_line_that_a_person_took_away_stays_away(self):
		order = self.give()
		stored = frappe.get_doc("Order", order.name)
		stored.remove(stored.items[1])
		stored.save()
		self.assertEqual((self.get_free(), self.get_given(self.found)), (9, 0))
		frappe.db.set_value("Order", order.name, "stock_state", "Short")
		releasing.release_lines([stored.items[0].name], "Lost")
		allocate([order.name])
		self.assertEqual((self.get(order).stock_state, self.get_gifts(order)), ("Reserved", []))
		self.assertEqual(
			frappe.db.get_value("Gift Grant", {"order": order.name}, ["status", "reason"]),
			("Taken Off", "removed"),
		)

	def test_what_has_left_stays_given(self):
		order = self.give()
		lifecycle.move_orders([order.name], "Shipped", "test")
		self.run_job()
		key = {"sku": self.gift, "warehouse": self.near}
		self.assertEqual(frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved"]), (8, 0))
		self.refund(order)
		frappe.db.set_value("Order", order.name, "refund_amount", 10)
		self.run_job()
		self.assertEqual(len(self.get_gifts(order)), 1)
		lifecycle.move_orders([order.name], "Closed", "test")
		allocate([order.name])
		self.assertEqual((len(self.get_gifts(order)), self.get_given(self.found)), (1, 1))


class TestRecords(GiftCase):
	def test_a_rule_that_makes_no_sense_is_refused(self):
		for values in (
			{"gift_qty": 0},
			{"starts_at": "2026-11-12", "ends_at": "2026-11-11"},
		):
			with self.subTest(values), self.assertRaises(InvalidValueError):
				self.rule(**values)
		self.assertEqual(frappe.db.count("Gift Rule", {"shop": self.shop}), 0)

	def test_a_save_keeps_what_was_given_meanwhile(self):
		rule = self.rule()
		frappe.db.set_value("Gift Rule", rule.name, "given_qty", 7, update_modified=False)
		rule.priority = 3
		rule.save()
		self.assertEqual(self.get_given(rule), 7)

	def test_the_trial_counts_and_costs_and_writes_nothing(self):
		self.receive(3, sku=self.gift)
		frappe.db.set_value("Stock Balance", {"sku": self.gift}, {"average_cost": 2.5, "stock_value": 7.5})
		soon = add_to_date(now_datetime(), days=400)
		orders = [self.order((self.sku, count), paid_at=soon) for count in (1, 2, 3)]
		rule = self.rule(min_amount=20, gift_qty=2, is_active=0)

		found = gift_trial.try_rule(frappe._dict(rule.as_dict()))

		self.assertEqual((found["earned"], found["pieces"], found["cost"], found["free"]), (2, 4, "10.00", 3))
		self.assertEqual(found["refused"]["amount_below"], 1)
		self.assertEqual(sorted(found["examples"]), sorted(order.name for order in orders[1:]))
		self.assertEqual(frappe.db.count("Gift Grant", {"rule": rule.name}), 0)
