"""The table of statuses is closed and without dead ends, and `move_orders` is its only way in."""

import threading
from typing import get_args

import frappe
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.exceptions import InvalidTransitionError
from storegroup_oms.orders import lifecycle
from storegroup_oms.orders.canonical import Status
from storegroup_oms.orders.lifecycle import DEFAULT_STATUS, STATUSES, can_move, get_open_statuses, move_orders
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_order, create_shop

CANONICAL = (
	"Unpaid",
	"To Review",
	"On Hold",
	"Backorder",
	"To Print",
	"To Pick",
	"To Ship",
	"Partly Shipped",
	"Shipped",
	"Completed",
	"Closed",
)
statuses = st.sampled_from(CANONICAL)


def find_reachable(start: str) -> set[str]:
	reached, waiting = set(), [start]
	while waiting:
		status = waiting.pop()
		if status not in reached:
			reached.add(status)
			waiting.extend(STATUSES[status].next)
	return reached


class TestStatuses(UnitTest):
	def test_the_set_is_the_agreed_one_in_order(self):
		self.assertEqual(tuple(STATUSES), CANONICAL)

	def test_every_following_status_exists(self):
		for word, status in STATUSES.items():
			self.assertLessEqual(status.next, set(STATUSES), word)
			self.assertNotIn(word, status.next)

	def test_every_status_is_reached_from_the_first(self):
		self.assertEqual(DEFAULT_STATUS, "Unpaid")
		self.assertEqual(find_reachable(DEFAULT_STATUS), set(CANONICAL))

	def test_every_order_can_be_closed_and_only_closed_is_final(self):
		self.assertEqual([word for word in STATUSES if not STATUSES[word].next], ["Closed"])
		for word in CANONICAL[:-1]:
			self.assertIn("Closed", STATUSES[word].next, word)

	def test_nothing_goes_back_once_every_parcel_has_left(self):
		self.assertEqual(STATUSES["Shipped"].next, {"Completed", "Closed"})
		self.assertEqual(STATUSES["Completed"].next, {"Closed"})

	def test_nothing_comes_back_to_unpaid(self):
		self.assertEqual([word for word in STATUSES if "Unpaid" in STATUSES[word].next], [])

	def test_open_statuses_are_those_before_shipping(self):
		self.assertEqual(get_open_statuses(), CANONICAL[:8])

	def test_each_status_says_what_it_means(self):
		for status in STATUSES.values():
			self.assertTrue(status.meaning.endswith("."))
			self.assertTrue(status.colour)

	@given(statuses, statuses)
	def test_a_move_is_allowed_by_the_table_only(self, before, after):
		self.assertEqual(can_move(before, after), before == after or after in STATUSES[before].next)

	@given(statuses)
	def test_an_order_may_start_anywhere(self, status):
		self.assertTrue(can_move(None, status))
		self.assertTrue(can_move("", status))

	@given(st.text(max_size=20).filter(lambda text: text not in STATUSES))
	def test_an_unknown_status_is_never_allowed(self, word):
		self.assertFalse(can_move("Unpaid", word))
		self.assertFalse(can_move(None, word))


class TestTableAndDoctypeAgree(IntegrationTest):
	def test_the_canonical_order_takes_exactly_these_statuses(self):
		self.assertEqual(get_args(Status), tuple(STATUSES))

	def test_the_field_offers_exactly_these_statuses(self):
		options = frappe.get_meta("Order").get_field("status").options

		self.assertEqual(tuple(options.split("\n")), CANONICAL)


class TestAssertTransition(IntegrationTest):
	def test_the_refusal_names_order_statuses_and_way_out(self):
		with self.assertRaises(InvalidTransitionError) as caught:
			lifecycle.assert_transition("Completed", "To Ship", "SO-1")

		for part in ("SO-1", "Completed", "To Ship", "Closed"):
			self.assertIn(part, str(caught.exception))

	def test_an_unknown_status_is_refused(self):
		with self.assertRaises(InvalidTransitionError) as caught:
			lifecycle.assert_transition("To Review", "Lost", "SO-1")

		self.assertIn("Lost", str(caught.exception))


class TestMoveOrders(IntegrationTest):
	def get_moves(self, *names: str) -> list[tuple]:
		rows = frappe.get_all(
			"Order Event",
			filters={"order": ("in", names), "event": "Status changed"},
			fields=["`order`", "from_status", "to_status", "source", "details"],
			order_by="`tabOrder Event`.`order` asc",
		)
		return [(row.order, row.from_status, row.to_status, row.source, row.details) for row in rows]

	def test_orders_move_with_one_timeline_row_each(self):
		shop = create_shop().name
		first, second = create_order(shop=shop), create_order(shop=shop, status="Backorder")

		moved = move_orders([second.name, first.name], "To Print", "rule 7", {"why": "库存足够"})

		self.assertEqual(moved, sorted([first.name, second.name]))
		self.assertEqual(frappe.db.get_value("Order", first.name, "status"), "To Print")
		self.assertEqual(
			self.get_moves(first.name, second.name),
			[
				(first.name, "To Review", "To Print", "rule 7", '{"why": "库存足够"}'),
				(second.name, "Backorder", "To Print", "rule 7", '{"why": "库存足够"}'),
			],
		)

	def test_one_refusal_moves_none(self):
		shop = create_shop().name
		good, ended = create_order(shop=shop), create_order(shop=shop, status="Closed")

		with self.assertRaises(InvalidTransitionError) as caught:
			move_orders([good.name, ended.name], "To Print", "test")

		self.assertIn(ended.name, str(caught.exception))
		self.assertEqual(frappe.db.get_value("Order", good.name, "status"), "To Review")
		self.assertEqual(frappe.db.get_value("Order", ended.name, "status"), "Closed")
		self.assertEqual(self.get_moves(good.name, ended.name), [])

	def test_an_order_already_there_is_left_alone(self):
		shop = create_shop().name
		waiting, there = create_order(shop=shop), create_order(shop=shop, status="On Hold")
		modified = frappe.db.get_value("Order", there.name, "modified")

		self.assertEqual(move_orders([waiting.name, there.name], "On Hold", "test"), [waiting.name])
		self.assertEqual(move_orders([waiting.name, there.name], "On Hold", "test"), [])
		self.assertEqual(frappe.db.get_value("Order", there.name, "modified"), modified)
		self.assertEqual(len(self.get_moves(waiting.name, there.name)), 1)

	def test_no_names_ask_nothing(self):
		with self.assertQueryCount(0):
			self.assertEqual(move_orders([], "To Print", "test"), [])

	def test_a_name_given_twice_moves_once(self):
		order = create_order()

		self.assertEqual(move_orders([order.name, order.name], "On Hold", "test"), [order.name])
		self.assertEqual(len(self.get_moves(order.name)), 1)

	def test_orders_move_in_a_fixed_number_of_queries(self):
		shop = create_shop().name
		names = [create_order(lines=[], shop=shop, total_amount=1).name for _ in range(6)]

		# Lock and read, update, timeline, whether anybody listens.
		with self.assertQueryCount(4):
			move_orders(names, "On Hold", "test")

	def test_rows_are_locked_in_name_order(self):
		queries = []
		original = frappe.db.sql

		def watch(query, *arguments, **options):
			queries.append(str(query))
			return original(query, *arguments, **options)

		order = create_order()
		frappe.db.sql = watch
		try:
			move_orders([order.name], "On Hold", "test")
		finally:
			frappe.db.sql = original
		self.assertRegex(queries[0], r"(?s)ORDER BY `name`.*FOR UPDATE")


class TestTwoConnections(IntegrationTest):
	"""Opposite orders of names, at the same time, from two connections: both end, one after the other."""

	def setUp(self):
		super().setUp()
		shop = create_shop().name
		self.names = [create_order(lines=[], shop=shop, total_amount=1).name for _ in range(4)]
		self.shop = shop
		frappe.db.commit()  # another connection must see them
		self.addCleanup(self.delete_committed)

	def delete_committed(self):
		frappe.db.rollback()
		frappe.db.delete("Order Event", {"order": ("in", self.names)})
		for doctype in ("Order", "Order Receiver"):
			frappe.db.delete(doctype, {"name": ("in", self.names)})
		frappe.db.delete("Shop", {"name": self.shop})
		frappe.db.commit()

	def test_no_deadlock_and_each_order_moves_once(self):
		site, sites_path = frappe.local.site, frappe.local.sites_path
		barrier = threading.Barrier(2)
		results, errors = [], []

		def work(names):
			# frappe.local is per thread: this one has a site, a connection and a session of its own.
			try:
				frappe.init(site, sites_path=sites_path)
				frappe.connect()
				barrier.wait(timeout=20)
				results.append(move_orders(names, "On Hold", threading.current_thread().name))
				frappe.db.commit()
			except Exception as error:
				errors.append(error)
			finally:
				frappe.destroy()

		threads = [
			threading.Thread(target=work, args=(names,)) for names in (self.names, list(reversed(self.names)))
		]
		for thread in threads:
			thread.start()
		for thread in threads:
			thread.join(timeout=60)

		self.assertEqual(errors, [])
		self.assertEqual(sorted(results, key=len), [[], sorted(self.names)])
		frappe.db.rollback()
		events = frappe.get_all(
			"Order Event",
			filters={"order": ("in", self.names), "event": "Status changed"},
			pluck="order",
			order_by="creation asc",
		)
		self.assertEqual(sorted(events), sorted(self.names))
