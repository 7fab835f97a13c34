"""Lists of the desk: the same rows and counts as Frappe's own, counted up to a limit, inside the scope."""

import re
from unittest.mock import patch

import frappe

from storegroup_oms import list_queries
from storegroup_oms.orders import statistics
from storegroup_oms.orders.doctype.order import indexes
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.scoped_rows import call

COUNT = "frappe.desk.reportview.get_count"


def ask(command: str, **arguments):
	"""What the endpoint returns."""
	return call(command, **arguments).get("message")


class TestNullChecks(UnitTest):
	def test_where_an_empty_column_can_not_match(self):
		for filters in (
			[],
			{"status": "Closed"},
			[["Order", "ordered_at", ">=", "2026-01-01"]],
			[["ordered_at", "between", ["2026-01-01", "2026-01-31"]]],
			[["Order", "ordered_at", "Timespan", "last week", False]],
			[["Order", "shop", "in", ["A", "B"]], ["Order", "tags", "like", "%vip%"]],
			[["Order", "tags", "is", "not set"]],
			[["Order", "status", "not in", ["Closed"]], ["Order", "platform", "!=", "JD"]],
		):
			with self.subTest(filters):
				self.assertTrue(list_queries.can_spare_null_checks("Order", filters))

	def test_where_an_empty_column_matches(self):
		for filters in (
			{"tags": ["!=", "vip"]},
			[["Order", "ship_by", "<=", "2026-01-01"]],
			[["Order", "tags", "not like", "%vip%"]],
			[["Order", "tags", "=", ""]],
			[["Order", "shop", "in", ["A", ""]]],
			[["Order", "shop", "in", []]],
			[["Order", "status", "=", "Closed"], ["Order", "city", "not in", ["杭州市"]]],
		):
			with self.subTest(filters):
				self.assertFalse(list_queries.can_spare_null_checks("Order", filters))


class ListCase(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.shop = factories.create_shop().name
		self.orders = [
			factories.create_order(shop=self.shop, ordered_at=f"2026-01-{day:02d} 08:00:00").name
			for day in (1, 2, 3)
		]
		self.foreign = factories.create_order().name

	def count(self, filters: list, **options) -> int:
		return ask(COUNT, doctype="Order", filters=frappe.as_json(filters), distinct="false", **options)


class TestCount(ListCase):
	def test_stops_at_the_limit(self):
		mine = [["Order", "shop", "=", self.shop]]

		self.assertEqual([self.count(mine, limit=limit) for limit in (1, 2, 3, 4, 0)], [1, 2, 3, 3, 3])
		self.assertEqual(self.count(mine), 3)

	def test_dates_count_as_frappe_counts_them(self):
		frappe.db.set_value("Order", self.orders[0], "ordered_at", None)
		mine = ["Order", "shop", "=", self.shop]

		for condition, wanted in (
			(["Order", "ordered_at", ">=", "2026-01-03"], 1),
			(["Order", "ordered_at", "between", ["2026-01-01", "2026-01-02"]], 1),
			(["Order", "ordered_at", "<=", "2026-01-02 23:00:00"], 2),
		):
			with self.subTest(condition):
				self.assertEqual(self.count([mine, condition], limit=100), wanted)
				self.assertEqual(self.count([mine, condition]), wanted)

	def test_a_filter_on_lines_counts_each_order_once(self):
		order = factories.create_order(lines=[("SKU-LQ-1", 1), ("SKU-LQ-2", 1)], shop=self.shop)
		filters = [["Order", "shop", "=", self.shop], ["Order Item", "qty", "=", 1]]

		arguments = {"doctype": "Order", "filters": frappe.as_json(filters), "limit": 100}
		self.assertEqual(ask(COUNT, distinct="true", **arguments), 4)
		self.assertEqual(ask(COUNT, distinct="false", **arguments), 5)
		self.assertEqual(len(order.items), 2)

	def test_inside_the_scope_only(self):
		frappe.set_user(factories.create_user(["OMS Customer Service"], shops=[self.shop]).name)

		self.assertEqual(self.count([], limit=100), 3)
		self.assertEqual(self.count([["Order", "name", "=", self.foreign]], limit=100), 0)

	def test_nobody_without_the_right_to_read(self):
		frappe.set_user(factories.create_user([]).name)

		for limit in (0, 10):
			with self.assertRaises(frappe.PermissionError):
				self.count([], limit=limit)


class TestPage(ListCase):
	def get(self, filters: list) -> list[str]:
		page = ask(
			"frappe.desk.reportview.get",
			doctype="Order",
			fields='["`tabOrder`.`name`"]',
			filters=frappe.as_json(filters),
			order_by="`tabOrder`.`ordered_at` desc",
			start=0,
			page_length=20,
		)
		return [row[0] for row in page["values"]] if page else []

	def test_newest_first_between_two_days(self):
		found = self.get(
			[
				["Order", "shop", "=", self.shop],
				["Order", "ordered_at", "between", ["2026-01-02", "2026-01-03"]],
			]
		)

		self.assertEqual(found, [self.orders[2], self.orders[1]])

	def test_an_empty_column_is_before_every_day(self):
		frappe.db.set_value("Order", {"name": ["in", self.orders[1:]]}, "ship_by", "2026-02-01 08:00:00")
		filters = [["Order", "shop", "=", self.shop], ["Order", "ship_by", "<", "2020-01-01"]]

		self.assertEqual(self.get(filters), [self.orders[0]])

	def test_a_caller_can_not_switch_the_checks_off(self):
		frappe.db.set_value("Order", self.orders[0], "ship_by", None)

		frappe.local.form_dict = frappe._dict(
			filters='[["Order", "ship_by", "<", "2020-01-01"]]', ignore_ifnull=1
		)
		list_queries._spare_null_checks("Order")

		self.assertNotIn("ignore_ifnull", frappe.local.form_dict)

	def test_inside_the_scope_only(self):
		frappe.set_user(factories.create_user(["OMS Customer Service"], shops=[self.shop]).name)

		self.assertEqual(set(self.get([])), set(self.orders))
		frappe.set_user(factories.create_user([]).name)
		self.assertRaises(frappe.PermissionError, self.get, [])


class TestTags(ListCase):
	def test_counted_in_the_scope_and_under_the_filters(self):
		for name, tags in zip([*self.orders, self.foreign], (",a,b", ",a", ",a", ",a"), strict=True):
			frappe.db.set_value("Order", name, "_user_tags", tags)
		frappe.set_user(factories.create_user(["OMS Customer Service"], shops=[self.shop]).name)
		command = "frappe.desk.reportview.get_sidebar_stats"
		asked = {"doctype": "Order", "stats": '["_user_tags"]'}

		self.assertEqual(ask(command, **asked), {"stats": {"_user_tags": [["a", 3], ["b", 1]]}})
		first = frappe.as_json([["Order", "name", "=", self.orders[0]]])
		self.assertEqual(
			ask(command, **asked, filters=first), {"stats": {"_user_tags": [["a", 1], ["b", 1]]}}
		)

	def test_nobody_without_the_right_to_read(self):
		frappe.set_user(factories.create_user([]).name)

		with self.assertRaises(frappe.PermissionError):
			ask(
				"frappe.desk.reportview.get_sidebar_stats",
				doctype="Order",
				stats='["_user_tags"]',
				filters="[]",
			)


class TestIndexes(IntegrationTest):
	def test_what_the_lists_stand_on_is_there(self):
		names = {row.Key_name for row in frappe.db.sql("SHOW INDEX FROM `tabOrder`", as_dict=True)}

		wanted = {frappe.db.get_index_name(list(columns)) for columns in indexes.INDEXES}
		self.assertEqual(wanted - names, set())
		self.assertIn("platform_order_no_reversed_index", names)
		self.assertIn("unique_shop_order_no", names)
		self.assertEqual(names & {*indexes.REPLACED, "ordered_at"}, set())

	def test_the_spread_of_values_is_measured_by_a_job(self):
		# The statement itself would commit what the other tests leave to be rolled back.
		with patch.object(frappe, "enqueue") as enqueue:
			statistics.enqueue_refresh()
		with patch.object(frappe.db, "sql_ddl") as run:
			frappe.get_attr(enqueue.call_args.args[0])()

		(statement,) = run.call_args.args
		measured = set(re.findall(r"`(\w+)`", statement)) - {"tabOrder"}
		self.assertEqual(measured, set(statistics.COLUMNS))
		self.assertEqual(measured - set(frappe.db.get_table_columns("Order")), set())
