"""Corrections by a person: written, traced without contacts, checked again at once; refusals write nothing."""

import frappe

from storegroup_oms.api import review as endpoints
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import receivers, review_pool
from storegroup_oms.orders.review_corrections import correct_memo, correct_price, correct_receiver
from storegroup_oms.orders.test_review import ReviewCase
from storegroup_oms.tests.factories import create_shop, create_user, create_warehouse


class TestCorrections(ReviewCase):
	def test_the_address_is_corrected_and_the_hold_goes(self) -> None:
		order = self.order(city="", receiver_mobile="1381234567")
		self.check(order)
		changed = correct_receiver(
			order.name,
			{"city": "杭州市", "receiver_mobile": "13900001111", "district": "西湖区"},
			"asked the buyer",
		)
		self.assertEqual(changed, ["city", "receiver_mobile"])
		self.assertEqual(self.read(order), ("To Review", "", "Pending Review"))
		row = frappe.db.get_value("Order", order.name, ["receiver_mobile", "city"])
		self.assertEqual(row, ("139****1111", "杭州市"))
		known = receivers.get_receiver(order.name)
		self.assertEqual(
			(known.mobile, known.name, known.address), ("13900001111", "王小明", "文三路 90 号 5 楼")
		)
		keys = receivers.read_keys([order.name])[order.name]
		self.assertEqual(keys.address_hash, receivers.hash_address("浙江省杭州市西湖区", "文三路 90 号 5 楼"))
		trace = [details for event, details in self.list_events(order) if event == "Receiver corrected"]
		self.assertEqual(
			trace,
			[
				{
					"fields": ["city", "receiver_mobile"],
					"reason": "asked the buyer",
					"regions": {"city": ["", "杭州市"]},
				}
			],
		)
		self.assertNotIn("13900001111", frappe.as_json(self.list_events(order)))

	def test_refused_corrections_write_nothing(self) -> None:
		order = self.order(city="")
		gone = self.order(status="Shipped")
		for name, values, reason in (
			(order.name, {"city": "杭州市"}, " "),
			(order.name, {"receiver_mobile": "139****1111"}, "x"),
			(order.name, {"status": "Closed"}, "x"),
			(order.name, {"address": "a" * 501}, "x"),
			(gone.name, {"city": "杭州市"}, "x"),
		):
			with self.subTest(values), self.assertRaises(InvalidValueError):
				correct_receiver(name, values, reason)
		frappe.set_user(create_user(["OMS Finance"]).name)
		try:
			with self.assertRaises(frappe.PermissionError):
				correct_receiver(order.name, {"city": "杭州市"}, "x")
		finally:
			frappe.set_user("Administrator")
		self.assertEqual(frappe.db.get_value("Order", order.name, "city"), "")
		self.assertFalse(
			frappe.db.exists("Order Event", {"event": "Receiver corrected", "order": order.name})
		)

	def test_a_price_is_corrected_by_the_cent(self) -> None:
		order = self.order(price=12.34, freight_amount=5)
		line = order.items[0].name
		self.assertEqual(
			correct_price(order.name, line, "9.99", "typing error"), {"before": "12.34", "after": "9.99"}
		)
		document = frappe.get_doc("Order", order.name)
		self.assertEqual(
			(document.items[0].amount, document.goods_amount, document.total_amount, document.paid_amount),
			(9.99, 9.99, 14.99, 12.34),
		)
		for price in ("-1", "abc", "1.234"):
			with self.subTest(price), self.assertRaises(InvalidValueError):
				correct_price(order.name, line, price, "x")
		with self.assertRaises(InvalidValueError):
			correct_price(order.name, "other", "1", "x")
		self.assertEqual(frappe.db.get_value("Order", order.name, "total_amount"), 14.99)

	def test_a_memo_is_corrected_and_the_hold_follows(self) -> None:
		order = self.order(seller_memo="send the red one")
		self.check(order)
		self.assertEqual(self.read(order)[:2], ("On Hold", "memo_present"))
		for memo, reason in (("x", " "), ("x" * 501, "why")):
			with self.subTest(reason), self.assertRaises(InvalidValueError):
				correct_memo(order.name, memo, reason)
		self.assertEqual(frappe.db.get_value("Order", order.name, "seller_memo"), "send the red one")
		self.assertEqual(correct_memo(order.name, "", "done already"), "send the red one")
		self.assertEqual(self.read(order)[:2], ("To Review", ""))
		trace = {"before": "send the red one", "reason": "done already"}
		self.assertIn(("Memo corrected", trace), self.list_events(order))

	def test_endpoints_refuse_who_may_not_write_orders(self) -> None:
		order = self.order(city="")
		self.check(order)
		line = order.items[0].name
		frappe.set_user(create_user(["OMS Finance"]).name)
		try:
			for step in (
				lambda: endpoints.clear_holds([order.name]),
				lambda: endpoints.approve([order.name]),
				lambda: endpoints.close([order.name], "x"),
				lambda: endpoints.correct_receiver(order.name, {"city": "杭州市"}, "x"),
				lambda: endpoints.correct_price(order.name, line, "1", "x"),
				lambda: endpoints.correct_memo(order.name, "x", "x"),
				endpoints.undo,
			):
				with self.assertRaises(frappe.PermissionError):
					step()
		finally:
			frappe.set_user("Administrator")
		self.assertEqual(self.read(order)[:2], ("On Hold", "address_incomplete"))

	def test_a_clerk_does_it_all_by_the_endpoints(self) -> None:
		order = self.order(city="", seller_memo="soon")
		self.check(order)
		create_warehouse()  # without any, the order would wait for that
		frappe.set_user(create_user(["OMS Order Clerk"]).name)
		try:
			self.assertEqual(endpoints.clear_holds([order.name], ["memo_present"])["names"], [order.name])
			self.assertEqual(endpoints.undo()["names"], [order.name])
			self.assertEqual(endpoints.correct_memo(order.name, "", "told the warehouse"), "soon")
			self.assertEqual(
				endpoints.approve([order.name])["refused"], {order.name: "The address has no city."}
			)
			self.assertEqual(endpoints.correct_receiver(order.name, {"city": "杭州市"}, "asked"), ["city"])
			self.assertEqual(endpoints.approve([order.name])["names"], [order.name])
		finally:
			frappe.set_user("Administrator")
		self.assertEqual(self.read(order)[:2], ("Backorder", "stock_short"))


class TestPool(ReviewCase):
	def test_counts_and_pages(self) -> None:
		before = {row["code"]: row["count"] for row in review_pool.count_holds()["reasons"]}
		orders = [self.order(city="", buyer_nick=str(number)) for number in range(2)]
		orders.append(self.order(buyer_message="红色", ship_by="2026-01-01 00:00:00"))
		frappe.db.set_value("Review Check", {"code": "duplicate_suspected"}, "is_active", 0)
		self.check(*orders)
		counts = review_pool.count_holds()
		after = {row["code"]: row["count"] for row in counts["reasons"]}
		self.assertEqual(after["address_incomplete"] - before.get("address_incomplete", 0), 2)
		self.assertIn({"shop": self.shop, "count": 3}, counts["shops"])
		rows = review_pool.get_page({"shop": self.shop})
		self.assertEqual([row.name for row in rows], [orders[2].name, orders[0].name, orders[1].name])
		rows = review_pool.get_page({"shop": self.shop, "code": "memo_present"})
		self.assertEqual([row.name for row in rows], [orders[2].name])

	def test_others_see_their_shops_only(self) -> None:
		order = self.order(city="")
		self.check(order)
		user = create_user(["OMS Order Clerk"])
		other = create_shop().name
		frappe.get_doc(
			{"doctype": "User Permission", "user": user.name, "allow": "Shop", "for_value": other}
		).insert()
		frappe.set_user(user.name)
		try:
			self.assertEqual(review_pool.get_page({"shop": self.shop}), [])
			self.assertNotIn(self.shop, [row["shop"] for row in review_pool.count_holds()["shops"]])
		finally:
			frappe.set_user("Administrator")
