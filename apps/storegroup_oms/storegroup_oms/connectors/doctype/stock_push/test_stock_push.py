"""The log of pushes expires by age."""

import frappe
from frappe.utils import add_days, now_datetime

from storegroup_oms.connectors.doctype.stock_push.stock_push import StockPush
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop
from storegroup_oms.tests.scoped_rows import insert


class TestStockPush(IntegrationTest):
	def test_old_rows_go_young_ones_stay(self):
		shop = create_shop().name
		for days in (1, 13, 15):
			moment = add_days(now_datetime(), -days)
			insert("Stock Push", shop=shop, qty=days, outcome="Taken", pushed_at=moment)

		StockPush.clear_old_logs(14)

		rows = frappe.get_all("Stock Push", filters={"shop": shop}, pluck="qty", order_by="qty asc")
		self.assertEqual(rows, [1, 13])
