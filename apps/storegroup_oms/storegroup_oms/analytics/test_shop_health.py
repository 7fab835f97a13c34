"""The Shop Health board: right numbers per shop, one query per group, nothing of another's shops, no secrets."""

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.analytics import shop_health
from storegroup_oms.api.shop_health import get_board
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.scoped_rows import insert

MANAGER = "OMS Manager"


def create_connected_shop(**values):
	defaults = {"app_key": "key", "app_secret": "s3cret-of-app", "session_token": "s3cret-of-session"}
	return factories.create_shop(**{**defaults, "complete_up_to": now_datetime(), **values})


def create_window(shop: str, status: str, missing: int = 0):
	now = now_datetime()
	start = add_to_date(now, minutes=-5)
	return insert("Pull Window", shop=shop, status=status, missing=missing, from_time=start, to_time=now)


def create_quarantined(shop: str, status: str = "Waiting"):
	return insert(
		"Quarantined Order", shop=shop, platform_order_no=factories.make_suffix(), status=status
	).name


def create_event(shop: str, status: str):
	return insert(
		"Connector Event",
		shop=shop,
		direction="Incoming",
		kind="order",
		external_id=factories.make_suffix(),
		status=status,
	)


class TestBoard(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.shop = create_connected_shop().name
		self.user = factories.create_user([MANAGER], shops=[self.shop]).name

	def read(self, shop: str | None = None) -> frappe._dict:
		return next(row for row in shop_health.get_board()["rows"] if row.name == (shop or self.shop))

	def create_order(self, hours: float, shop: str | None = None, **values):
		ship_by = add_to_date(now_datetime(), hours=hours)
		return factories.create_order(shop=shop or self.shop, ship_by=ship_by, **values)

	def test_late_and_near_orders_and_the_money_that_hangs_on_them(self):
		sku = factories.create_sku().name
		self.create_order(-1, lines=[(sku, 1)], price=10)
		self.create_order(-30, lines=[(sku, 1)], price=20.5, status="To Ship")
		self.create_order(2, lines=[(sku, 1)], price=40)
		for hours, status in ((48, "To Review"), (-1, "Shipped"), (-1, "Closed"), (-1, "Unpaid")):
			self.create_order(hours, lines=[(sku, 1)], price=1000, status=status)

		row = self.read()

		self.assertEqual((row.overdue_orders, row.due_soon_orders), (2, 1))
		self.assertEqual(row.ship_by_amount, 70.5)
		self.assertEqual(row.money_at_risk, 70.5)

	def test_quarantine_is_estimated_by_the_shops_average(self):
		sku = factories.create_sku().name
		for price in (10, 30):
			factories.create_order([(sku, 1)], shop=self.shop, price=price)
		for status in ("Waiting", "Waiting", "Waiting", "Resolved", "Dismissed"):
			create_quarantined(self.shop, status)

		row = self.read()

		self.assertEqual(row.quarantined, 3)
		self.assertEqual((row.quarantined_amount, row.money_at_risk), (60.0, 60.0))
		self.assertEqual(row.level, "orange")

	def test_windows_messages_and_listings(self):
		for status, missing in (
			("Open", 9),
			("Running", 0),
			("Incomplete", 4),
			("Failed", 3),
			("Complete", 0),
		):
			create_window(self.shop, status, missing)
		for status in ("Failed", "Retry", "Retry", "Done", "Ignored", "Received"):
			create_event(self.shop, status)
		factories.create_listing(self.shop)
		factories.create_listing(self.shop, status="Deleted")
		insert("Listing", shop=self.shop, platform_item_id="1", status="On Sale")
		insert("Listing", shop=self.shop, platform_item_id="2", status="Deleted")
		for status in ("On Sale", "Deleted"):
			factories.create_listing(self.shop, status=status, differs_since=now_datetime())

		row = self.read()

		self.assertEqual((row.open_windows, row.incomplete_windows, row.missing_orders), (2, 2, 7))
		self.assertEqual((row.failed_messages, row.retried_messages), (1, 2))
		self.assertEqual((row.unmatched_listings, row.stock_differences), (1, 1))
		self.assertEqual(row.level, "red")

	def test_shops_are_sorted_by_money_then_by_state(self):
		rich = create_connected_shop().name
		broken = create_connected_shop(status="Authorisation Expired").name
		user = factories.create_user([MANAGER], shops=[self.shop, rich, broken]).name
		self.create_order(1, shop=rich)
		frappe.set_user(user)

		rows = get_board()["rows"]

		self.assertEqual([row.name for row in rows], [rich, broken, self.shop])

	def test_nothing_of_another_shop_is_counted_or_named(self):
		other = create_connected_shop().name
		self.create_order(-1, shop=other)
		create_window(other, "Incomplete", 4)
		create_event(other, "Failed")
		create_quarantined(other)
		insert("Listing", shop=other, platform_item_id="1", status="On Sale")
		self.assertEqual(self.read(other).missing_orders, 4)
		frappe.set_user(self.user)

		board = get_board()

		self.assertEqual([row.name for row in board["rows"]], [self.shop])
		self.assertNotIn(other, frappe.as_json(board))
		row = board["rows"][0]
		counts = (
			*shop_health.WINDOWS,
			*shop_health.MESSAGES,
			*shop_health.QUARANTINE,
			*shop_health.LISTINGS,
			*shop_health.ORDERS,
		)
		self.assertEqual({row[column] for column in counts}, {0})

	def test_a_warehouse_narrows_the_orders_that_count(self):
		mine, theirs = (factories.create_warehouse().name for _ in range(2))
		for warehouse in (mine, theirs, theirs):
			self.create_order(-1, warehouse=warehouse)
		user = factories.create_user([MANAGER], shops=[self.shop], warehouses=[mine]).name
		frappe.set_user(user)

		self.assertEqual(get_board()["rows"][0].overdue_orders, 1)

	def test_only_who_may_see_windows_sees_the_board(self):
		for role in ("OMS Customer Service", "OMS Order Clerk", "OMS Warehouse Staff", "OMS Finance"):
			with self.subTest(role):
				frappe.set_user("Administrator")
				frappe.set_user(factories.create_user([role]).name)
				self.assertRaises(frappe.PermissionError, get_board)

	def test_no_secret_and_not_even_its_stars_leave_the_server(self):
		text = frappe.as_json(shop_health.get_board())

		for secret in ("s3cret", "session_token", "app_secret", "refresh_token", "app_key", "****"):
			self.assertNotIn(secret, text)

	def test_the_number_of_queries_doesnt_depend_on_the_number_of_shops(self):
		def count() -> int:
			before = int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1])
			shop_health.get_board()
			return int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - before

		count()
		few = count()
		for _number in range(5):
			create_quarantined(create_connected_shop().name)
		count()

		self.assertLessEqual(count(), few + 1)


class TestJudge(IntegrationTest):
	def test_what_is_worst_is_told(self):
		now = now_datetime()
		good = {"platform": "Taobao", "status": "Active", "has_access": 1, "complete_up_to": now}
		minutes = {count: add_to_date(now, minutes=-count) for count in (1, 6, 11)}
		for values, level in (
			({}, "green"),
			({"platform": "Manual", "status": "Authorisation Expired"}, "gray"),
			({"status": "Paused", "failing_since": minutes[6]}, "gray"),
			({"has_access": 0}, "gray"),
			({"status": "Authorisation Expired"}, "red"),
			({"failing_since": minutes[6]}, "red"),
			({"failing_since": minutes[1]}, "orange"),
			({"missing_orders": 1}, "red"),
			({"complete_up_to": minutes[11]}, "orange"),
			({"complete_up_to": minutes[6]}, "green"),
			({"quarantined": 1}, "orange"),
			({"token_expires_at": add_to_date(now, days=2)}, "orange"),
			({"token_expires_at": add_to_date(now, days=2), "can_refresh": 1}, "green"),
			({"token_expires_at": minutes[1], "can_refresh": 1}, "orange"),
			({"token_expires_at": add_to_date(now, days=4)}, "green"),
		):
			with self.subTest(values):
				self.assertEqual(shop_health.judge(frappe._dict({**good, **values}), now)[0], level)
