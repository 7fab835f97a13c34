"""Charts count within the reader's shops, and refuse who may not read."""

import frappe

from storegroup_oms.analytics.dashboard_chart_source.order_figures import order_figures
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class TestOrderFigures(IntegrationTest):
	def count(self, figure: str) -> dict[str, float]:
		answer = order_figures.get(filters={"figure": figure})
		return dict(zip(answer["labels"], answer["datasets"][0]["values"], strict=True))

	def test_each_reader_counts_own_shops_only(self):
		mine, other = factories.create_shop().name, factories.create_shop().name
		for shop in (mine, mine, other):
			factories.create_order(shop=shop)
		user = factories.create_user(["OMS Manager"], shops=[mine])

		everybody = self.count("orders_by_shop")
		frappe.set_user(user.name)

		self.assertEqual(self.count("orders_by_shop"), {mine: 2.0})
		self.assertGreaterEqual(sum(everybody.values()), 3)

	def test_every_figure_answers(self):
		factories.create_order()
		for figure in order_figures.FIGURES:
			with self.subTest(figure):
				self.assertEqual(set(order_figures.get(filters={"figure": figure})), {"labels", "datasets"})

	def test_days_without_orders_count_nothing(self):
		days = order_figures.get(filters={"figure": "parcels_per_day"})

		self.assertEqual(len(days["labels"]), order_figures.DAYS)

	def test_unknown_figure_is_refused(self):
		for filters in (None, {"figure": "secrets"}, "[1]", '"x"'):
			with self.subTest(filters), self.assertRaises(InvalidValueError):
				order_figures.get(filters=filters)

	def test_who_may_not_read_is_refused(self):
		user = factories.create_user([])
		frappe.set_user(user.name)

		with self.assertRaises(frappe.PermissionError):
			order_figures.get(filters={"figure": "orders_by_shop"})

	def test_provinces_are_shortened(self):
		for name, short in (
			("广西壮族自治区", "广西"),
			("浙江省", "浙江"),
			("上海市", "上海"),
			("", ""),
			(None, ""),
		):
			self.assertEqual(order_figures.shorten_province(name), short)
