"""Quarantine: each bad order once, without personal data on show, and gone when it comes through."""

import json
from decimal import Decimal

import frappe

from storegroup_oms.api import connectors as api
from storegroup_oms.connectors import by_hand, quarantine, runner
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.quarantine import BadOrder
from storegroup_oms.tests.factories import create_shop, create_user
from storegroup_oms.tests.fake_platform import ConnectorTest


class TestQuarantine(ConnectorTest):
	def put_aside(self, number: str = "Q1", **payload) -> str:
		error = MappingError("money_invalid", "orders[0].total", "NaN")
		(name,) = quarantine.put_aside(self.shop, [BadOrder(number, {"number": number, **payload}, error)])
		frappe.db.commit()
		return name

	def get_row(self, name: str) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value("Quarantined Order", name, "*", as_dict=True)

	def test_an_order_seen_twice_is_one_row(self):
		first = self.put_aside(a=1)
		self.assertEqual(self.put_aside(a=2), first)

		row = self.get_row(first)
		self.assertEqual((row.seen_count, json.loads(row.payload)["a"]), (2, 2))

	def test_a_dismissed_order_that_comes_again_waits_again(self):
		name = self.put_aside()
		self.assertEqual(quarantine.dismiss([name], "test order"), 1)
		frappe.db.commit()
		self.assertEqual(self.get_row(name).status, "Dismissed")
		self.put_aside()
		self.assertEqual(self.get_row(name).status, "Waiting")

	def test_what_tells_who_somebody_is_is_starred_on_any_platform(self):
		payload = {
			"tid": 1,
			"receiver_name": "王小明",
			"consigneeInfo": {"fullname": "王小明", "province": "浙江"},
			"post_addr": {"detail": "文三路"},
			"encrypt_post_tel": "~abc~",
			"orders": [{"title": "面霜", "buyer_memo": "我电话 138"}],
			"empty_address": "",
			"price": Decimal("1.10"),
		}
		shown = quarantine.hide_personal(payload)
		self.assertEqual(
			shown,
			{
				"tid": 1,
				"receiver_name": "***",
				"consigneeInfo": "***",
				"post_addr": "***",
				"encrypt_post_tel": "***",
				"orders": [{"title": "面霜", "buyer_memo": "***"}],
				"empty_address": "",
				"price": Decimal("1.10"),
			},
		)
		name = self.put_aside(**payload)
		self.assertEqual(quarantine.load_payload(name)["receiver_name"], "王小明")
		self.assertNotIn("王小明", str(self.get_row(name)))

	def test_a_value_of_a_personal_field_is_not_shown_either(self):
		error = MappingError("too_long", "receiver_address", "文三路 90 号")
		(name,) = quarantine.put_aside(self.shop, [BadOrder("Q2", {}, error)])
		frappe.db.commit()
		self.assertEqual(self.get_row(name).value, "***")


class TestReplay(ConnectorTest):
	def setUp(self) -> None:
		super().setUp()
		for number in ("A1", "A2", "A3"):
			self.platform.add(number, is_poisoned=number != "A3")
		runner.pull_shop(self.shop)
		runner.fill_back(self.shop)
		self.assertEqual(set(self.get_statuses()), {"A3"})
		self.names = [quarantine.get_name(self.shop, number) for number in ("A1", "A2")]

	def test_a_mended_order_goes_through_and_the_other_waits_on(self):
		self.platform.orders["A1"].is_poisoned = False

		counts = api.replay(self.names)

		self.assertEqual(counts, {"resolved": 1, "waiting": 1, "failed": 0})
		self.assertEqual(set(self.get_statuses()), {"A1", "A3"})
		rows = {
			row.platform_order_no: row
			for row in frappe.get_all(
				"Quarantined Order", {"shop": self.shop}, ["*"], order_by="platform_order_no asc"
			)
		}
		order = frappe.db.get_value("Order", {"shop": self.shop, "platform_order_no": "A1"})
		self.assertEqual(
			(rows["A1"].status, rows["A1"].order, rows["A1"].resolved_by, rows["A1"].replay_count),
			("Resolved", order, "Administrator", 1),
		)
		self.assertEqual((rows["A2"].status, rows["A2"].replay_count), ("Waiting", 1))

	def test_a_kept_payload_serves_where_the_platform_no_longer_does(self):
		del self.platform.orders["A1"]
		fixed = quarantine.load_payload(self.names[0])
		fixed["poison"] = False
		row = BadOrder("A1", fixed, MappingError("money_invalid", "total"))
		quarantine.put_aside(self.shop, [row])
		frappe.db.commit()

		self.assertEqual(by_hand.replay(self.names[:1])["resolved"], 1)
		self.assertEqual(set(self.get_statuses()), {"A1", "A3"})

	def test_an_order_that_is_pulled_again_resolves_itself(self):
		self.platform.touch("A2", is_poisoned=False)
		runner.recheck_shop(self.shop, 1)
		frappe.db.set_value("Shop", self.shop, "last_pull_at", None)
		by_hand.fetch_orders(self.shop, ["A2"])
		self.assertEqual(frappe.db.get_value("Quarantined Order", self.names[1], "status"), "Resolved")

	def test_only_those_who_may_write_quarantine_of_the_shop_may_replay(self):
		other = create_shop().name
		clerk = create_user(["OMS Order Clerk"], shops=[other]).name
		finance = create_user(["OMS Finance"]).name
		for user in (clerk, finance):
			for call in (lambda: api.replay(self.names), lambda: api.dismiss(self.names, "no")):
				with self.subTest(user):
					frappe.set_user(user)
					with self.assertRaises(frappe.PermissionError):
						call()
		frappe.set_user("Administrator")
		rows = frappe.get_all("Quarantined Order", {"shop": self.shop}, ["status"], order_by="name asc")
		self.assertEqual({row.status for row in rows}, {"Waiting"})


class TestByHand(ConnectorTest):
	def test_orders_are_fetched_by_number_and_unknown_ones_named(self):
		self.platform.add("A1", minutes_ago=60 * 24 * 30)
		by_hand.fetch_orders(self.shop, ["A1", "A9"])
		self.assertEqual(self.get_statuses(), {"A1": "To Review"})

	def test_a_span_is_fetched_again(self):
		self.platform.add("A1", minutes_ago=60 * 24 * 9)
		moment = frappe.utils.now_datetime()
		from storegroup_oms.connectors import pull

		by_hand.fetch_span(
			self.shop,
			pull.from_site_time(frappe.utils.add_days(moment, -10)),
			pull.from_site_time(frappe.utils.add_days(moment, -8)),
		)
		self.assertEqual(self.get_statuses(), {"A1": "To Review"})
		self.assertEqual([window.status for window in self.get_windows()], ["Complete", "Complete"])

	def test_bad_requests_are_refused_with_nothing_started(self):
		shop = self.shop
		cases = (
			lambda: api.fetch_orders(shop, " ,"),
			lambda: api.fetch_orders(shop, " ".join(map(str, range(501)))),
			lambda: api.fetch_span(shop, "2026-01-02 00:00:00", "2026-01-01 00:00:00"),
			lambda: api.fetch_span(shop, "2025-01-01 00:00:00", "2026-01-01 00:00:00"),
			lambda: api.sync_now(create_shop("Manual").name),
		)
		for number, call in enumerate(cases):
			with self.subTest(number), self.assertRaises(frappe.ValidationError):
				call()

	def test_the_connection_is_tested_by_those_who_may_change_the_shop(self):
		self.assertEqual(api.test_connection(self.shop)["shop_name"], "nick-1")
		self.platform.valid_token = "other"
		self.platform.refresh_tokens.clear()
		answer = api.test_connection(self.shop)
		self.assertEqual(answer["ok"], False)
		self.assertIn("27:invalid-refresh", answer["message"])
		frappe.set_user(create_user(["OMS Order Clerk"]).name)
		with self.assertRaises(frappe.PermissionError):
			api.test_connection(self.shop)
