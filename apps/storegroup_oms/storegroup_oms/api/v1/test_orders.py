"""The open API for orders: what is taken, what is refused, who sees what, and nothing twice."""

import threading
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.utils import now_datetime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storegroup_oms.exceptions import ApiConflictError, ApiRequestError
from storegroup_oms.open_api import idempotency, models, order_push, order_reading
from storegroup_oms.tests import factories
from storegroup_oms.tests.api_calls import ApiTest, ask_over_http, create_key, make_order, remove_shop
from storegroup_oms.tests.compat import IntegrationTest

RAW = ("王小明", "13812345678", "文三路 90 号")


class TestCreateOrders(ApiTest):
	def test_an_order_is_stored_whole_and_masked(self):
		sku = factories.create_sku("TEA-250").name
		answer = self.push(make_order(self.shop, "N-1"))

		models.CreateOrdersAnswer.model_validate(answer)
		self.assertEqual((answer["created"], answer["failed"]), (1, 0))
		order = frappe.get_doc("Order", answer["results"][0]["name"])
		self.assertEqual(
			(order.shop, order.platform, order.platform_order_no, order.status, order.source),
			(self.shop, "Manual", "N-1", "To Review", "API"),
		)
		self.assertEqual(order.total_amount, 128)
		line = order.items[0]
		self.assertEqual((line.sku, line.qty, line.amount), (sku, 2, 128))
		self.assertEqual((order.receiver_name, order.receiver_mobile), ("王**", "138****5678"))

	def test_same_newer_and_older_copies(self):
		name = self.push(make_order(self.shop, "N-1"))["results"][0]["name"]
		newer = make_order(self.shop, "N-1", modified_at="2026-11-11T01:00:00+08:00", seller_memo="gift")
		older = make_order(self.shop, "N-1", modified_at="2026-11-10T00:00:00Z", seller_memo="late")

		words = [self.push(order)["results"][0] for order in (make_order(self.shop, "N-1"), newer, older)]

		self.assertEqual([row["result"] for row in words], ["unchanged", "updated", "unchanged"])
		self.assertEqual({row["name"] for row in words}, {name})
		self.assertEqual(frappe.db.get_value("Order", name, "seller_memo"), "gift")

	def test_a_bad_order_holds_up_no_other(self):
		wrong = {
			"qty": ({"lines": [{"qty": 0, "amount": "128.00"}]}, "greater_than_equal", "lines.0.qty"),
			"float": ({"total_amount": 128.0}, "string_type", "total_amount"),
			"one decimal": ({"total_amount": "128.0"}, "string_pattern_mismatch", "total_amount"),
			"negative": ({"paid_amount": "-1.00"}, "string_pattern_mismatch", "paid_amount"),
			"no zone": ({"ordered_at": "2026-11-11T00:00:03"}, "string_pattern_mismatch", "ordered_at"),
			"no such day": ({"ordered_at": "2026-02-30T00:00:03Z"}, "value_error", "ordered_at"),
			"sum": ({"goods_amount": "137.99"}, "does_not_add_up", ""),
			"unknown field": ({"colour": "red"}, "extra_forbidden", "colour"),
			"our own status": ({"status": "To Pick"}, "literal_error", "status"),
			"no lines": ({"lines": []}, "too_short", "lines"),
			"number": ({"platform_order_no": " N-2"}, "string_pattern_mismatch", "platform_order_no"),
			"hidden sign": ({"platform_order_no": "N\u202e2"}, "text_unclean", "platform_order_no"),
			"foreign shop": ({"shop": self.foreign_shop}, "shop_unknown", "shop"),
			"no shop": ({"shop": "nowhere"}, "shop_unknown", "shop"),
		}
		orders = [make_order(self.shop) | change for change, _code, _path in wrong.values()]
		before = self.count()

		answer = self.push(make_order(self.shop, "good"), *orders, "no order", make_order(self.shop, "good"))

		errors = [row["error"] for row in answer["results"]]
		self.assertEqual(answer["results"][0]["result"], "created")
		for (what, (_change, code, path)), error in zip(wrong.items(), errors[1:-2], strict=True):
			with self.subTest(what):
				self.assertEqual((error["code"], error["path"]), (code, path))
		self.assertEqual([error["code"] for error in errors[-2:]], ["model_type", "order_repeated"])
		self.assertEqual(self.count(), before + 1, "refused orders write nothing")
		for raw in RAW:
			self.assertNotIn(raw, frappe.as_json(answer))

	def test_wrong_lists_are_refused(self):
		before = self.count()
		for orders in ([], [make_order(self.shop)] * 501):
			with self.subTest(len(orders)), self.assertRaises(ApiRequestError) as caught:
				self.push(*orders)
			self.assertEqual((caught.exception.code, caught.exception.path), ("wrong_length", "orders"))
		with self.assertRaises(ApiRequestError):
			self.ask("create_orders")
		self.assertEqual(self.count(), before)

	def test_who_may_push(self):
		before = self.count()
		for roles, narrowed in (
			([], {}),
			(["OMS Customer Service"], {}),
			(["OMS Finance"], {}),
			(["OMS Integration"], {"warehouses": [factories.create_warehouse().name]}),
		):
			frappe.set_user("Administrator")
			user = factories.create_user(roles, shops=[self.shop], **narrowed).name
			frappe.set_user(user)
			with self.subTest(roles), self.assertRaises(frappe.PermissionError):
				self.push(make_order(self.shop))
		frappe.set_user("Guest")
		with self.assertRaises(frappe.PermissionError):
			self.push(make_order(self.shop))
		self.assertEqual(self.count(), before)


class TestIdempotency(ApiTest):
	def test_the_same_request_gets_the_same_answer(self):
		order = make_order(self.shop)
		first = self.push(order, key="k-1")
		frappe.db.set_value("Order", first["results"][0]["name"], "content_hash", "changed meanwhile")
		before = self.count("Order Event")

		self.assertEqual(self.push(order, key="k-1"), first)
		self.assertEqual(self.count("Order Event"), before, "a replay writes nothing")
		self.assertEqual(self.push(order, key="k-2")["updated"], 1)

	def test_another_body_is_refused(self):
		self.push(make_order(self.shop), key="k-1")
		before = self.count()

		with self.assertRaises(ApiRequestError) as caught:
			self.push(make_order(self.shop), key="k-1")

		self.assertEqual(
			(caught.exception.code, caught.exception.http_status_code), ("idempotency_key_reused", 422)
		)
		self.assertEqual(self.count(), before)

	def test_keys_belong_to_their_user(self):
		first = self.push(make_order(self.shop), key="k-1")
		frappe.set_user("Administrator")
		other = factories.create_user(["OMS Integration"], shops=[self.shop]).name
		frappe.set_user(other)

		second = self.push(make_order(self.shop), key="k-1")

		self.assertEqual((first["created"], second["created"]), (1, 1))
		self.assertNotEqual(first["results"][0]["name"], second["results"][0]["name"])

	def test_an_unusable_key_is_refused(self):
		before = self.count()
		with self.assertRaises(ApiRequestError) as caught:
			self.push(make_order(self.shop), key="k" * 141)
		self.assertEqual(caught.exception.code, "idempotency_key_invalid")
		self.assertEqual(self.count(), before)

	def test_nothing_raw_is_kept(self):
		order = make_order(self.shop, lines=[])
		self.push(order, make_order(self.shop), key="k-1")

		row = frappe.get_all("API Request", filters={"user": self.user}, fields=["*"], order_by="name asc")

		self.assertEqual(len(row), 1)
		for raw in RAW:
			self.assertNotIn(raw, frappe.as_json(row))


class TestReading(ApiTest):
	def setUp(self) -> None:
		super().setUp()
		frappe.set_user("Administrator")
		self.own = factories.create_order([("SKU-API", 2), ("SKU-API-2", 1)], shop=self.shop, price=12.5)
		self.foreign = factories.create_order(shop=self.foreign_shop)
		self.settle()
		frappe.set_user(self.user)

	def settle(self) -> None:
		"""Make every order old enough to be listed."""
		moment = now_datetime() - timedelta(minutes=1)
		frappe.db.sql("UPDATE `tabOrder` SET modified = %s WHERE modified > %s", (moment, moment))

	def test_one_order_by_name_and_by_number(self):
		by_name = self.ask("get_order", name=self.own.name)
		by_number = self.ask("get_order", shop=self.shop, platform_order_no=self.own.platform_order_no)

		self.assertEqual(by_name, by_number)
		models.Order.model_validate(by_name)
		self.assertEqual(
			[(line["sku"], line["qty"], line["amount"]) for line in by_name["lines"]],
			[("SKU-API", 2, "25.00"), ("SKU-API-2", 1, "12.50")],
		)
		self.assertEqual((by_name["total_amount"], by_name["receiver_name"]), ("37.50", "王**"))

	def test_what_is_not_open_does_not_exist(self):
		for arguments in (
			{"name": self.foreign.name},
			{"shop": self.foreign_shop, "platform_order_no": self.foreign.platform_order_no},
			{"name": "SO-none"},
		):
			for operation in ("get_order", "get_order_events", "cancel_order"):
				with self.subTest(operation, **arguments), self.assertRaises(frappe.DoesNotExistError):
					self.ask(operation, **arguments)
		self.assertEqual(frappe.db.get_value("Order", self.foreign.name, "status"), "To Review")

	def test_an_order_is_named_one_way(self):
		for arguments in ({}, {"shop": self.shop}, {"name": self.own.name, "shop": self.shop}):
			with self.subTest(**arguments), self.assertRaises(ApiRequestError):
				self.ask("get_order", **arguments)

	def test_list_shows_the_users_shops_only_and_no_costs(self):
		page = self.ask("list_orders", modified_since=self.an_hour_ago(), limit="200")

		models.OrderPage.model_validate(page)
		self.assertEqual([row["name"] for row in page["orders"]], [self.own.name])
		self.assertNotIn("cost_amount", page["orders"][0])
		self.assertNotIn("unit_cost", page["orders"][0]["lines"][0])
		for raw in RAW:
			self.assertNotIn(raw, frappe.as_json(page))

	def test_who_reads_costs_gets_them(self):
		frappe.set_user("Administrator")
		frappe.db.set_value("Order", self.own.name, {"cost_amount": 10, "profit_amount": -3.5})
		self.settle()
		frappe.set_user(factories.create_user(["OMS Finance"], shops=[self.shop]).name)

		order = self.ask("get_order", name=self.own.name)

		models.Order.model_validate(order)
		self.assertEqual((order["cost_amount"], order["profit_amount"]), ("10.00", "-3.50"))
		self.assertIn("unit_cost", order["lines"][0])

	def an_hour_ago(self) -> str:
		return order_reading.to_wire_time(now_datetime() - timedelta(hours=1))

	def test_filters(self):
		since = self.an_hour_ago()
		for arguments, found in (
			({"shop": self.shop}, 1),
			({"shop": self.foreign_shop}, 0),
			({"status": "To Review"}, 1),
			({"status": "Shipped"}, 0),
		):
			with self.subTest(**arguments):
				page = self.ask("list_orders", modified_since=since, **arguments)
				self.assertEqual(len(page["orders"]), found)

	def test_wrong_parameters_are_refused(self):
		for arguments, path in (
			({"limit": 0}, "limit"),
			({"limit": 201}, "limit"),
			({"status": "Gone"}, "status"),
			({"modified_since": "2026-11-11T00:00:00"}, "modified_since"),
			({"modified_since": "yesterday"}, "modified_since"),
			({"cursor": "!!"}, "cursor"),
			({"cursor": order_reading.make_cursor(now_datetime(), "x")[:-4]}, "cursor"),
		):
			with self.subTest(**arguments), self.assertRaises(ApiRequestError) as caught:
				self.ask("list_orders", **arguments)
			self.assertEqual(caught.exception.path, path)

	def test_no_role_reads_nothing(self):
		frappe.set_user("Administrator")
		user = factories.create_user([]).name
		for reader in (user, "Guest"):
			frappe.set_user(reader)
			for operation in ("list_orders", "get_order", "get_order_events"):
				with self.subTest(operation, reader=reader), self.assertRaises(frappe.PermissionError):
					self.ask(operation, **({} if operation == "list_orders" else {"name": self.own.name}))

	def test_a_fresh_change_waits_until_writers_have_committed(self):
		frappe.db.set_value("Order", self.own.name, "modified", now_datetime(), update_modified=False)
		page = self.ask("list_orders", modified_since=self.an_hour_ago())
		self.assertEqual((page["orders"], page["has_more"]), ([], False))

	def test_timeline_names_no_person(self):
		frappe.set_user("Administrator")
		self.own.reload()
		self.own.status = "On Hold"
		self.own.save()
		frappe.set_user(self.user)

		answer = self.ask("get_order_events", name=self.own.name)

		models.OrderEvents.model_validate(answer)
		self.assertEqual(
			[(row["event"], row["to_status"], row["source"]) for row in answer["events"]],
			[("Order created", "To Review", "user"), ("Status changed", "On Hold", "user")],
		)

	def test_a_page_costs_the_same_whatever_its_size(self):
		frappe.set_user("Administrator")
		for _number in range(5):
			factories.create_order(shop=self.shop)
		self.settle()
		frappe.set_user(self.user)
		since = self.an_hour_ago()
		self.ask("list_orders", modified_since=since, limit=1)
		costs = []
		for limit in (1, 6):
			with patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql:
				self.assertEqual(
					len(self.ask("list_orders", modified_since=since, limit=limit)["orders"]), limit
				)
			costs.append(sql.call_count)
		self.assertEqual(costs[0], costs[1])

	def test_no_order_is_left_out_while_others_change(self):
		"""Pages are walked while orders change: each is seen, the unchanged exactly once."""
		frappe.set_user("Administrator")
		sku = factories.create_sku().name
		names = [self.own.name, *(factories.create_order([(sku, 1)], shop=self.shop).name for _ in range(4))]
		frappe.set_user(self.user)
		start = now_datetime().replace(microsecond=0) - timedelta(hours=2)

		@settings(max_examples=25, suppress_health_check=list(HealthCheck))
		@given(
			ticks=st.lists(st.integers(0, 2), min_size=5, max_size=5),
			limit=st.integers(1, 4),
			changes=st.lists(st.none() | st.sampled_from(names), max_size=6),
		)
		def walk(ticks: list[int], limit: int, changes: list[str | None]) -> None:
			for name, tick in zip(names, ticks, strict=True):
				self.touch(name, start + timedelta(microseconds=tick))
			cursor, seen, changes = None, [], list(changes)
			touched = {name for name in changes if name}
			has_more = True
			while has_more or changes:
				page = self.ask("list_orders", cursor=cursor, limit=limit, shop=self.shop)
				seen += [row["name"] for row in page["orders"]]
				cursor, has_more = page["next_cursor"], page["has_more"]
				if changes and (name := changes.pop(0)):
					self.touch(name, start + timedelta(seconds=60 - len(changes)))
			self.assertEqual(set(seen), set(names))
			for name in set(names) - touched:
				self.assertEqual(seen.count(name), 1, name)
			rest = self.ask("list_orders", cursor=cursor, shop=self.shop)["orders"]
			self.assertLessEqual({row["name"] for row in rest}, touched)

		walk()

	def touch(self, name: str, moment) -> None:
		frappe.db.set_value("Order", name, "modified", moment, update_modified=False)


class TestCancelling(ApiTest):
	def make(self, status: str):
		frappe.set_user("Administrator")
		order = factories.create_order(shop=self.shop, status=status)
		frappe.set_user(self.user)
		return order

	def test_an_open_order_is_closed_on_record(self):
		order = self.make("To Print")

		answer = self.ask("cancel_order", name=order.name, reason="Buyer Cancelled")

		models.CancelOrderAnswer.model_validate(answer)
		self.assertEqual(answer, {"name": order.name, "status": "Closed", "changed": True})
		row = frappe.db.get_value("Order", order.name, ["status", "closed_reason", "closed_at"], as_dict=True)
		self.assertEqual((row.status, row.closed_reason), ("Closed", "Buyer Cancelled"))
		self.assertIsNotNone(row.closed_at)
		event = frappe.get_last_doc("Order Event", filters={"order": order.name, "to_status": "Closed"})
		self.assertEqual((event.from_status, event.source), ("To Print", self.user))

	def test_closed_stays_closed(self):
		order = self.make("To Review")
		self.ask("cancel_order", name=order.name)
		before = self.count("Order Event")

		self.assertEqual(
			self.ask("cancel_order", name=order.name),
			{"name": order.name, "status": "Closed", "changed": False},
		)
		self.assertEqual(self.count("Order Event"), before)

	def test_too_late_is_refused(self):
		for status in ("To Pick", "To Ship", "Partly Shipped", "Shipped", "Completed"):
			order = self.make(status)
			with self.subTest(status), self.assertRaises(ApiConflictError):
				self.ask("cancel_order", name=order.name)
			self.assertEqual(frappe.db.get_value("Order", order.name, "status"), status)

	def test_unknown_reason_is_refused(self):
		order = self.make("To Review")
		with self.assertRaises(ApiRequestError) as caught:
			self.ask("cancel_order", name=order.name, reason="Because")
		self.assertEqual(caught.exception.path, "reason")
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "To Review")

	def test_readers_may_not_cancel(self):
		order = self.make("To Review")
		frappe.set_user("Administrator")
		user = factories.create_user(["OMS Finance"], shops=[self.shop]).name
		frappe.set_user(user)
		with self.assertRaises(frappe.PermissionError):
			self.ask("cancel_order", name=order.name)
		self.assertEqual(frappe.db.get_value("Order", order.name, "status"), "To Review")


class TestOverHttp(IntegrationTest):
	"""The whole web stack with an API key. Commits, and cleans up after itself."""

	PATH = "/api/method/storegroup_oms.api.v1.orders."

	def setUp(self) -> None:
		super().setUp()
		self.site = frappe.local.site
		self.shop = factories.create_shop("Manual").name
		self.user = factories.create_user(["OMS Integration"], shops=[self.shop]).name
		self.key = create_key(self.user)
		self.addCleanup(self.clean_up)
		frappe.db.commit()

	def clean_up(self) -> None:
		frappe.db.rollback()
		frappe.set_user("Administrator")
		frappe.db.delete("API Request", {"user": self.user})
		remove_shop(self.shop)
		frappe.delete_doc("User", self.user, force=True)
		frappe.db.commit()

	def post(self, operation: str, body: dict, /, **headers: str) -> tuple[int, dict]:
		return ask_over_http(
			self.site, "POST", self.PATH + operation, body, {"Authorization": self.key, **headers}
		)

	def get(self, operation: str, /, **query: str) -> tuple[int, dict]:
		return ask_over_http(self.site, "GET", self.PATH + operation, query, {"Authorization": self.key})

	def count(self) -> int:
		frappe.db.rollback()
		return frappe.db.count("Order", {"shop": self.shop})

	def test_push_read_cancel(self):
		status, answer = self.post("create_orders", {"orders": [make_order(self.shop, "H-1")]})
		self.assertEqual((status, answer["message"]["created"]), (200, 1))
		status, answer = self.get("get_order", shop=self.shop, platform_order_no="H-1")
		self.assertEqual((status, answer["message"]["receiver_mobile"]), (200, "138****5678"))
		status, answer = self.post("cancel_order", {"shop": self.shop, "platform_order_no": "H-1"})
		self.assertEqual((status, answer["message"]["status"]), (200, "Closed"))
		self.assertEqual(self.count(), 1)

	def test_refusals_have_status_code_and_path(self):
		wrong_key = {"Authorization": "token nobody:nothing"}
		for status, code, answer in (
			(422, "wrong_length", self.post("create_orders", {"orders": []})),
			(422, "invalid", self.get("get_order")),
			(404, "not_found", self.get("get_order", name="SO-none")),
			(422, "out_of_range", self.get("list_orders", limit="0")),
			(403, None, ask_over_http(self.site, "POST", self.PATH + "create_orders", {"orders": []})),
			(401, None, self.post("create_orders", {"orders": [make_order(self.shop)]}, **wrong_key)),
			(403, None, self.get("create_orders")),
		):
			with self.subTest(code or status):
				self.assertEqual(answer[0], status)
				if code:
					models.ErrorAnswer.model_validate(answer[1])
					self.assertEqual(answer[1]["error"]["code"], code)
				self.assertNotIn("Traceback", frappe.as_json(answer[1]) if code else "")
		self.assertEqual(self.count(), 0)

	def test_same_key_from_two_connections_is_one_order(self):
		"""The second request comes while the first is at work and has not committed."""
		body, answers = {"orders": [make_order(self.shop)]}, []
		first_is_in, second_came = threading.Event(), threading.Event()
		push, insert = order_push.push_orders, idempotency.insert_rows

		def push_slowly(orders):
			first_is_in.set()
			second_came.wait(20)
			return push(orders)

		def insert_noting(*args):
			if first_is_in.is_set():
				second_came.set()
			return insert(*args)

		def ask() -> None:
			answers.append(self.post("create_orders", body, **{"Idempotency-Key": "two at once"}))

		with (
			patch.object(order_push, "push_orders", push_slowly),
			patch.object(idempotency, "insert_rows", insert_noting),
		):
			first = threading.Thread(target=ask)
			first.start()
			self.assertTrue(first_is_in.wait(20))
			second = threading.Thread(target=ask)
			second.start()
			for thread in (first, second):
				thread.join(60)

		self.assertEqual([status for status, _answer in answers], [200, 200])
		self.assertEqual(answers[0][1]["message"], answers[1][1]["message"])
		self.assertEqual(answers[0][1]["message"]["created"], 1)
		self.assertTrue(second_came.is_set())
		self.assertEqual(self.count(), 1)
