"""Pinduoduo's calls and message socket as a client of the test's own sees them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import requests

from sandbox.model import Order, Refusal, Shop
from sandbox.pinduoduo import MESSENGER, forge_push, messages
from tests.sandbox.serving import Server, make_order, make_shop, serve, wrap_md5

LIST, INCREMENT, DETAIL = (
	"pdd.order.list.get",
	"pdd.order.number.list.increment.get",
	"pdd.order.information.get",
)
LAG_S = 200  # how far the tests' time has to go on before an order may be listed


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
	with serve() as server:
		yield server


@pytest.fixture
def shop(server: Server) -> Shop:
	return make_shop(server, "Pinduoduo", shop_id=str(700_000 + time.monotonic_ns() % 10**9))


@pytest.fixture
def late(server: Server) -> Iterator[None]:
	"""Three minutes pass when the test calls `server.pass_time`; afterwards the clock is right again."""
	yield
	server.do(lambda world: setattr(world.clock, "offset_s", 0.0))


def make_params(shop: Shop, kind: str, args: dict[str, Any], /, **changes: str) -> dict[str, str]:
	texts = {
		name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
		for name, value in args.items()
	}
	params = {
		"type": kind,
		"client_id": shop.app_key,
		"access_token": shop.access_token,
		"timestamp": str(int(time.time())),
		"data_type": "JSON",
		"version": "V1",
		**texts,
	} | changes
	params = {name: value for name, value in params.items() if value}
	return params | {"sign": wrap_md5(shop.app_secret, params)}


def post(server: Server, params: dict[str, str]) -> dict:
	answer = server.http.post(f"{server.url}/api/router", params, timeout=10)
	assert answer.status_code == 200
	return json.loads(answer.content, parse_float=Decimal)


def call(server: Server, shop: Shop, kind: str, /, **args: Any) -> dict:
	return post(server, make_params(shop, kind, args))


def get_root(server: Server, shop: Shop, kind: str, root: str, /, **args: Any) -> dict:
	answer = call(server, shop, kind, **args)
	assert list(answer) == [root]
	assert len(answer[root].pop("request_id")) == 16
	return answer[root]


def get_code(answer: dict) -> int:
	error = answer["error_response"]
	assert set(error) == {"error_code", "error_msg", "sub_code", "sub_msg", "request_id"}
	return error["error_code"]


def list_numbers(server: Server, shop: Shop, **args: Any) -> dict:
	"""A window of 30 minutes that ends as late as is allowed."""
	now = int(server.do(lambda world: world.clock.now()))
	given = {
		"start_updated_at": now - 180 - 1800,
		"end_updated_at": now - 180,
		"order_status": 5,
		"refund_status": 5,
		"page": 1,
		"page_size": 100,
	} | args
	return get_root(server, shop, INCREMENT, "order_sn_increment_get_response", **given)


def get_numbers(answer: dict) -> list[str]:
	return [row["order_sn"] for row in answer["order_sn_list"]]


def get_order(server: Server, shop: Shop, order: Order) -> dict:
	return get_root(server, shop, DETAIL, "order_info_get_response", order_sn=order.order_no)["order_info"]


class TestDoor:
	@pytest.mark.parametrize(
		("changes", "code"),
		[
			({"client_id": "nobody"}, 10016),
			({"timestamp": ""}, 10001),
			({"timestamp": "1700000000"}, 10001),
			({"timestamp": "soon"}, 10001),
			({"data_type": "XML"}, 10001),
			({"version": "V2"}, 10001),
			({"type": ""}, 10017),
			({"type": "pdd.nothing"}, 10017),
			({"access_token": ""}, 20032),
			({"access_token": "stolen"}, 20032),
		],
	)
	def test_each_check_has_its_code(self, server: Server, shop: Shop, changes: dict, code: int) -> None:
		assert get_code(post(server, make_params(shop, DETAIL, {}, **changes))) == code

	def test_wrong_and_missing_signatures_are_refused(self, server: Server, shop: Shop) -> None:
		row = server.do(lambda world: world.list_listings(shop.shop_id)[0])
		args = {"goods_id": row.item_id, "sku_id": row.sku_id, "quantity": 7}
		params = make_params(shop, "pdd.goods.quantity.update", args)
		assert get_code(post(server, params | {"quantity": "8"})) == 20004
		assert get_code(post(server, params | {"sign": params["sign"].lower()})) == 20004
		assert get_code(post(server, {k: v for k, v in params.items() if k != "sign"})) == 20004
		assert row.stock == 50
		assert "goods_quantity_update_response" in post(server, params)
		assert row.stock == 7

	def test_expired_and_foreign_tokens(self, server: Server, shop: Shop) -> None:
		other = make_shop(server, "Pinduoduo", app_key="other", app_secret="x")
		foreign = make_params(shop, DETAIL, {}, access_token=other.access_token)
		assert get_code(post(server, foreign)) == 20032
		server.do(lambda world: world.tokens.expire(shop))
		assert get_code(call(server, shop, DETAIL, order_sn="1")) == 10019

	def test_a_json_body_and_a_split_one_are_taken(self, server: Server, shop: Shop) -> None:
		params = make_params(shop, "pdd.mall.info.get", {})
		url = f"{server.url}/api/router"
		bodies = (
			{"json": params},
			{"params": {"type": params.pop("type")}, "data": params},
		)
		bodies[0]["json"]["type"] = "pdd.mall.info.get"
		for body in bodies:
			answer = server.http.post(url, **body, timeout=10).json()
			assert answer["mall_info_get_response"]["mall_id"] == int(shop.shop_id)

	def test_without_a_token(self, server: Server, shop: Shop) -> None:
		params = make_params(shop, "pdd.logistics.companies.get", {}, access_token="")
		rows = post(server, params)["logistics_companies_get_response"]["logistics_companies"]
		assert {row["code"]: row["id"] for row in rows}["ZTO"] == 115


@pytest.mark.usefixtures("late")
class TestOrders:
	def test_a_paid_order_field_by_field(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop, adjust=-20, buyer_message="请快点", seller_memo="老客", flag=3)
		row = get_order(server, shop, order)
		assert row["order_sn"] == order.order_no
		assert (row["order_status"], row["refund_status"], row["confirm_status"], row["group_status"]) == (
			1,
			1,
			1,
			1,
		)
		assert {
			name: row[name]
			for name in (
				"goods_amount",
				"discount_amount",
				"pay_amount",
				"postage",
				"platform_discount",
				"seller_discount",
				"order_change_amount",
			)
		} == {
			"goods_amount": Decimal("132.15"),
			"discount_amount": Decimal("10.01"),
			"pay_amount": Decimal("127.94"),
			"postage": Decimal("6.0"),
			"platform_discount": Decimal("3.01"),
			"seller_discount": Decimal("7.0"),
			"order_change_amount": Decimal("-0.2"),
		}
		assert [
			(line["outer_id"], line["goods_count"], line["goods_price"]) for line in row["item_list"]
		] == [
			("YS-120", 2, Decimal("59.9")),
			("YS-60", 1, Decimal("12.35")),
		]
		assert isinstance(row["item_list"][0]["sku_id"], int)
		assert (row["buyer_memo"], row["remark"], row["remark_tag"]) == ("请快点", "老客", 3)
		assert (row["receiver_name_mask"], row["receiver_phone_mask"]) == ("王**", "138****1234")
		assert all(
			row[name].startswith("~") for name in ("receiver_name", "receiver_phone", "receiver_address")
		)
		assert "王小明" not in str(row)
		assert (row["province"], row["town"]) == ("浙江省", "西湖区")

	def test_every_state(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)

		def read() -> tuple[int, int, int, int, bool]:
			row = get_order(server, shop, order)
			has_cipher = bool(row["receiver_name"])
			return (
				row["order_status"],
				row["refund_status"],
				row["confirm_status"],
				row["risk_control_status"],
				has_cipher,
			)

		assert read() == (1, 1, 1, 0, True)
		server.move(order, "review")
		assert read() == (1, 1, 1, 1, False)
		server.move(order, "approve")
		case = server.do(lambda world: world.open_refund(order, "before_ship", [order.lines[0].line_no]))
		assert read() == (1, 2, 1, 0, True)
		server.do(lambda world: world.move_refund(case, "agree"))
		assert read() == (1, 3, 1, 0, True)
		server.do(lambda world: world.move_refund(case, "finish"))
		assert read() == (1, 1, 1, 0, True)
		server.move(order, "ship")
		assert read() == (2, 1, 1, 0, False)
		server.move(order, "sign")
		assert read() == (2, 1, 1, 0, False)
		server.move(order, "complete")
		assert read() == (3, 1, 1, 0, False)
		closed = make_order(server, shop)
		server.do(lambda world: world.move_refund(world.open_refund(closed, "before_ship"), "succeed"))
		row = get_order(server, shop, closed)
		assert (row["order_status"], row["refund_status"], row["after_sales_status"]) == (1, 4, 10)

	def test_unpaid_orders_are_nowhere(self, server: Server, shop: Shop) -> None:
		unpaid = make_order(server, shop, is_paid=False)
		server.pass_time(LAG_S)
		assert list_numbers(server, shop) == {"order_sn_list": [], "total_count": 0}
		assert get_code(call(server, shop, DETAIL, order_sn=unpaid.order_no)) == 50001
		server.move(unpaid, "pay")
		server.pass_time(LAG_S)
		assert get_numbers(list_numbers(server, shop)) == [unpaid.order_no]

	def test_pages_newest_first_with_a_total_or_has_next(self, server: Server, shop: Shop) -> None:
		numbers = [make_order(server, shop).order_no for _ in range(5)]
		server.pass_time(LAG_S)
		pages = [list_numbers(server, shop, page=page, page_size=2) for page in (1, 2, 3, 4)]
		assert [page["total_count"] for page in pages] == [5] * 4
		assert [number for page in pages for number in get_numbers(page)] == numbers[::-1]
		flags = [list_numbers(server, shop, page=page, page_size=2, use_has_next=True) for page in (1, 2, 3)]
		assert [page["has_next"] for page in flags] == [True, True, False]
		assert not any("total_count" in page for page in flags)

	@pytest.mark.parametrize(
		("changes", "code"),
		[
			({"start_updated_at": -1991}, 21001),
			({"start_updated_at": -189}, 21001),
			({"end_updated_at": -160}, 21001),
			({"page_size": 101}, 21001),
			({"page": 0}, 21001),
			({"order_status": 4}, 21001),
			({"refund_status": ""}, 21002),
		],
	)
	def test_windows_and_sizes_are_held(self, server: Server, shop: Shop, changes: dict, code: int) -> None:
		"""Times are seconds from now."""
		args = {"start_updated_at": -1900, "end_updated_at": -190, "order_status": 5, "refund_status": 5}

		def ask(args: dict) -> dict:
			now = int(time.time())
			given = {name: now + value if name.endswith("_at") else value for name, value in args.items()}
			return call(
				server, shop, INCREMENT, **{name: value for name, value in given.items() if value != ""}
			)

		assert "error_response" not in ask(args)
		assert get_code(ask(args | changes)) == code

	def test_whole_orders_by_time_of_payment_within_a_day(self, server: Server, shop: Shop) -> None:
		order, shipped = make_order(server, shop), make_order(server, shop)
		server.move(shipped, "ship")
		now = int(time.time())
		window = {"start_confirm_at": now - 86000, "end_confirm_at": now + 100, "refund_status": 5}
		answer = get_root(server, shop, LIST, "order_list_get_response", **window, order_status=1)
		assert [row["order_sn"] for row in answer["order_list"]] == [order.order_no]
		assert answer["order_list"][0]["pay_amount"] == Decimal("128.14")
		window["start_confirm_at"] -= 86400
		assert get_code(call(server, shop, LIST, **window, order_status=5)) == 21001

	def test_states_of_several_orders(self, server: Server, shop: Shop) -> None:
		first, second = make_order(server, shop), make_order(server, shop)
		server.move(second, "ship")
		answer = get_root(
			server,
			shop,
			"pdd.order.status.get",
			"order_status_get_response",
			order_sns=f"{first.order_no},{second.order_no},240101-1",
		)
		assert answer["order_status_list"] == [
			{"orderSn": first.order_no, "order_status": 1, "refund_status": 1},
			{"orderSn": second.order_no, "order_status": 2, "refund_status": 1},
		]

	def test_hidden_and_foreign_orders_are_nowhere(self, server: Server, shop: Shop) -> None:
		order, foreign = make_order(server, shop), make_order(server, make_shop(server, "Pinduoduo"))
		server.move(order, "hide")
		server.pass_time(LAG_S)
		assert list_numbers(server, shop)["total_count"] == 0
		for number in (order.order_no, foreign.order_no):
			assert get_code(call(server, shop, DETAIL, order_sn=number)) == 50001
		server.move(order, "reveal")
		assert get_numbers(list_numbers(server, shop)) == [order.order_no]

	@pytest.mark.parametrize(
		("poison", "is_broken"),
		[
			("missing_lines", lambda row: "item_list" not in row),
			("negative_quantity", lambda row: row["item_list"][0]["goods_count"] == -1),
			("unreadable_amount", lambda row: row["pay_amount"] == "1,2x"),
			("unknown_status", lambda row: row["order_status"] == 77),
			("absent_created", lambda row: "created_time" not in row),
		],
	)
	def test_poison_breaks_one_order_until_it_is_cured(
		self, server: Server, shop: Shop, poison: str, is_broken: Callable[[dict], bool]
	) -> None:
		order = make_order(server, shop)
		server.move(order, "poison", kind=poison)
		assert is_broken(get_order(server, shop, order))
		server.move(order, "cure")
		row = get_order(server, shop, order)
		assert (row["order_status"], row["pay_amount"], row["item_list"][0]["goods_count"]) == (
			1,
			Decimal("128.14"),
			2,
		)

	def test_decrypting_is_limited_and_bound_to_the_order(self, server: Server, shop: Shop) -> None:
		order, other = make_order(server, shop), make_order(server, shop)
		row = get_order(server, shop, order)
		ciphers = [row[name] for name in ("receiver_name", "receiver_phone", "receiver_address")]
		data = [{"data_tag": order.order_no, "encrypted_data": cipher} for cipher in ciphers]
		data.append({"data_tag": other.order_no, "encrypted_data": ciphers[0]})
		args = {"data_list": data}
		answer = get_root(server, shop, "pdd.open.decrypt.batch", "open_decrypt_batch_response", **args)
		assert [
			(row["data_type"], row["decrypted_data"], row["error_code"])
			for row in answer["data_decrypt_list"]
		] == [(5, "王小明", 0), (6, "13812341234", 0), (7, "文三路 100 号 2 幢", 0), (None, "", 50001)]
		assert get_code(call(server, shop, "pdd.open.decrypt.batch", **args)) == 70031
		server.pass_time(11)
		assert "open_decrypt_batch_response" in call(server, shop, "pdd.open.decrypt.batch", **args)
		too_many = {"data_list": data[:1] * 101}
		assert get_code(call(server, shop, "pdd.open.decrypt.batch", **too_many)) == 21001


class TestSeller:
	def send(self, server: Server, shop: Shop, order: Order, number: str, **changes: Any) -> dict:
		args = {"order_sn": order.order_no, "logistics_id": 115, "tracking_number": number} | changes
		return call(server, shop, "pdd.logistics.online.send", **args)

	def test_shipping_changing_and_further_parcels(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		assert self.send(server, shop, order, "ZT1")["logistics_online_send_response"]["is_success"] is True
		assert self.send(server, shop, order, "ZT1")["logistics_online_send_response"]["is_success"] is True
		assert [parcel.confirmations for parcel in order.parcels] == [2]
		assert get_code(self.send(server, shop, order, "ZT2")) == 50001
		assert "error_response" not in self.send(server, shop, order, "ZT3", redelivery_type=2)
		extra = [{"shipping_id": 85, "tracking_number": "YT4"}]
		answer = call(
			server,
			shop,
			"pdd.order.upload.extra.logistics",
			order_sn=order.order_no,
			extra_track_type=1,
			extra_track_list=extra,
		)
		assert answer["order_upload_extra_logistics_response"]["is_success"] is True
		row = get_order(server, shop, order)
		assert (row["order_status"], row["logistics_id"], row["tracking_number"]) == (2, 115, "ZT3")
		assert row["extra_delivery_list"] == [{"logistics_id": 85, "tracking_number": "YT4"}]

	def test_what_can_not_be_shipped(self, server: Server, shop: Shop) -> None:
		reviewed, refunding, fresh = (make_order(server, shop) for _ in range(3))
		server.move(reviewed, "review")
		server.do(lambda world: world.open_refund(refunding, "before_ship"))
		assert get_code(self.send(server, shop, reviewed, "ZT1")) == 50001
		assert get_code(self.send(server, shop, refunding, "ZT1")) == 50001
		assert get_code(self.send(server, shop, fresh, "ZT1", logistics_id=9999)) == 21001
		assert get_code(self.send(server, shop, fresh, "ZT1", order_sn="1")) == 50001
		assert [order.parcels for order in (reviewed, refunding, fresh)] == [[], [], []]

	def test_goods_and_stock(self, server: Server, shop: Shop) -> None:
		answer = get_root(server, shop, "pdd.goods.list.get", "goods_list_get_response", page=1, page_size=10)
		assert answer["total_count"] == 1
		goods = answer["goods_list"][0]
		assert [(sku["outer_id"], sku["sku_quantity"]) for sku in goods["sku_list"]] == [
			("YS-120", 50),
			("YS-60", 40),
		]
		args = {"goods_id": goods["goods_id"], "outer_id": "YS-60"}
		update = "pdd.goods.quantity.update"
		assert "error_response" not in call(server, shop, update, **args, quantity=5, update_type=2)
		assert get_code(call(server, shop, update, **args, quantity=-50, update_type=2)) == 21001
		assert get_code(call(server, shop, update, goods_id=1, sku_id=1, quantity=1)) == 50001
		assert [row.stock for row in server.do(lambda world: world.list_listings(shop.shop_id))] == [50, 45]

	def test_cases_have_two_numberings(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		server.move(order, "ship")
		case = server.do(
			lambda world: world.open_refund(order, "return", [order.lines[0].line_no], reason="不合适")
		)
		now = int(time.time())
		args = {
			"start_updated_at": now - 600,
			"end_updated_at": now + 600,
			"after_sales_type": 3,
			"after_sales_status": 1,
		}
		kind, root = "pdd.refund.list.increment.get", "refund_increment_get_response"
		answer = get_root(server, shop, kind, root, **args)
		row = answer["refund_list"][0]
		assert (answer["total_count"], row["id"], row["order_sn"]) == (1, int(case.case_no), order.order_no)
		assert (row["after_sales_type"], row["after_sales_status"]) == (3, 3)
		assert row["refund_amount"] == f"{case.amount / 100:.2f}"
		assert get_root(server, shop, kind, root, **{**args, "after_sales_type": 2})["total_count"] == 0
		assert get_code(call(server, shop, kind, **{**args, "start_updated_at": now - 1300})) == 21001
		detail = get_root(
			server,
			shop,
			"pdd.refund.information.get",
			"refund_information_get_response",
			after_sales_id=case.case_no,
			order_sn=order.order_no,
		)
		assert (detail["after_sales_type"], detail["refund_amount"]) == (2, case.amount)
		check = ("pdd.refund.status.check", "refund_status_check_response")
		assert get_root(server, shop, *check, order_sns=order.order_no)["order_sns_exists_refund"] == [
			order.order_no
		]
		server.do(lambda world: world.move_refund(case, "withdraw"))
		assert get_root(server, shop, *check, order_sns=order.order_no)["order_sns_exists_refund"] == []


class TestTokens:
	def test_a_refresh_rotates_and_kills_the_old_pair(self, server: Server, shop: Shop) -> None:
		first = (shop.access_token, shop.refresh_token)
		kind = "pdd.pop.auth.token.refresh"
		params = make_params(shop, kind, {"refresh_token": first[1]}, access_token="")
		answer = post(server, params)["pop_auth_token_refresh_response"]
		assert answer["access_token"] == shop.access_token != first[0]
		assert (answer["owner_id"], answer["expires_in"]) == (shop.shop_id, 86400)
		assert get_code(post(server, make_params(shop, DETAIL, {}, access_token=first[0]))) == 10019
		assert get_code(post(server, params)) == 10019
		server.do(lambda world: world.tokens.revoke(shop))
		assert (
			get_code(
				post(server, make_params(shop, kind, {"refresh_token": shop.refresh_token}, access_token=""))
			)
			== 10019
		)

	def test_the_oauth_host_takes_json(self, server: Server, shop: Shop) -> None:
		code = server.do(lambda world: world.tokens.make_code(shop))
		body = {
			"client_id": shop.app_key,
			"client_secret": shop.app_secret,
			"grant_type": "authorization_code",
			"code": code,
		}
		url = f"{server.url}/oauth/token"
		assert server.http.post(url, json=body, timeout=10).json()["access_token"] == shop.access_token
		assert get_code(server.http.post(url, json=body, timeout=10).json()) == 21001
		assert (
			get_code(server.http.post(url, json=body | {"client_secret": "guess"}, timeout=10).json())
			== 10016
		)


class TestFaults:
	@pytest.fixture(autouse=True)
	def clear(self, server: Server) -> Iterator[None]:
		yield
		server.do(lambda world: server.faults.remove())

	def test_in_the_platforms_words(self, server: Server, shop: Shop) -> None:
		server.add_fault("rate_limit", platform="Pinduoduo", shop_id=shop.shop_id, times=2)
		server.add_fault("platform_fault", shop_id=shop.shop_id, times=1)
		server.add_fault("expire_token", shop_id=shop.shop_id, times=1)
		codes = [get_code(call(server, shop, "pdd.mall.info.get")) for _ in range(5)]
		assert codes == [52101, 70031, 52102, 10019, 10019]

	def test_of_the_network(self, server: Server, shop: Shop) -> None:
		for kind, error in (
			("hang_up", requests.ConnectionError),
			("truncate", ValueError),
			("server_error", AssertionError),
		):
			server.add_fault(kind, shop_id=shop.shop_id, times=1)
			with pytest.raises(error):
				call(server, shop, "pdd.mall.info.get")
		assert "mall_info_get_response" in call(server, shop, "pdd.mall.info.get")


def make_address(server: Server, shop: Shop, secret: str = "", milliseconds: int = 0) -> str:
	ms = milliseconds or int(time.time() * 1000)
	inner = hashlib.md5(f"{shop.app_key}{ms}{secret or shop.app_secret}".encode()).hexdigest()
	digest = quote(base64.b64encode(inner.encode()).decode(), safe="")
	return f"{server.url.replace('http', 'ws')}/message/{shop.app_key}/{ms}/{digest}"


class Listener:
	"""A client on the socket."""

	def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
		self.socket = socket

	async def read(self) -> dict:
		return json.loads(await asyncio.wait_for(self.socket.receive_str(), 10))

	async def read_message(self) -> tuple[str, dict, int]:
		"""Topic, content and id of the next message."""
		frame = await self.read()
		assert frame["commandType"] == "Common"
		return frame["message"]["type"], json.loads(frame["message"]["content"]), frame["id"]

	async def confirm(self, number: int) -> None:
		now = int(time.time() * 1000)
		frame = {"id": number, "commandType": "Ack", "time": now, "sendTime": now, "type": "x", "mallID": 1}
		await self.socket.send_str(json.dumps(frame))

	async def beat(self) -> dict:
		"""The answer to a sign of life; what was sent before it is dealt with then."""
		await self.socket.send_str(
			json.dumps({"id": 9, "commandType": "HeartBeat", "time": 1, "sendTime": 1})
		)
		return await self.read()


def listen(server: Server, shop: Shop, talk: Callable[[Listener], Awaitable[Any]]) -> Any:
	"""Connect, talk, hang up."""

	async def run() -> Any:
		async with (
			aiohttp.ClientSession(trust_env=False) as session,
			session.ws_connect(make_address(server, shop)) as socket,
		):
			return await talk(Listener(socket))

	return asyncio.run(run())


@pytest.fixture
def told_shop(server: Server) -> Iterator[Shop]:
	"""A shop with an app, and so a mailbox, of its own."""
	number = 600_000 + time.monotonic_ns() % 10**9
	yield make_shop(server, "Pinduoduo", shop_id=str(number), app_key=f"app{number}", app_secret="secret")
	server.do(lambda world: server.faults.remove())


class TestMessages:
	def test_what_happens_is_told_until_confirmed(self, server: Server, told_shop: Shop) -> None:
		order = make_order(server, told_shop)

		async def first(listener: Listener) -> int:
			topic, content, number = await listener.read_message()
			assert topic == "pdd_trade_TradeConfirmed"
			assert content == {"mall_id": int(told_shop.shop_id), "tid": order.order_no}
			return number

		async def second(listener: Listener) -> None:
			assert (await listener.read_message())[2] == number
			await listener.confirm(number)
			assert (await listener.beat())["commandType"] == "HeartBeat"

		async def third(listener: Listener) -> None:
			assert (await listener.beat())["commandType"] == "HeartBeat"

		number = listen(server, told_shop, first)
		listen(server, told_shop, second)
		listen(server, told_shop, third)

	def test_messages_come_while_connected(self, server: Server, told_shop: Shop) -> None:
		async def talk(listener: Listener) -> list[str]:
			order = await asyncio.to_thread(make_order, server, told_shop)
			for action in ("ship", "complete"):
				await asyncio.to_thread(server.move, order, action)
			case = await asyncio.to_thread(
				server.do, lambda world: world.open_refund(order, "return", reason="不合适")
			)
			messages = [await listener.read_message() for _ in range(4)]
			assert messages[3][1]["refund_id"] == int(case.case_no)
			for _, _, number in messages:
				await listener.confirm(number)
			return [topic for topic, _, _ in messages]

		assert listen(server, told_shop, talk) == [
			"pdd_trade_TradeConfirmed",
			"pdd_trade_TradeSellerShip",
			"pdd_trade_TradeSuccess",
			"pdd_refund_RefundCreated",
		]

	def test_a_message_that_stays_unconfirmed_comes_again(
		self, server: Server, told_shop: Shop, monkeypatch: pytest.MonkeyPatch
	) -> None:
		monkeypatch.setattr(messages, "RESEND_AFTER_S", 0.01)
		monkeypatch.setattr(messages, "TICK_S", 0.01)
		make_order(server, told_shop)
		resent = server.calls.pushed["Pinduoduo"]["resent"]

		async def talk(listener: Listener) -> None:
			numbers = [(await listener.read_message())[2] for _ in range(3)]
			assert len(set(numbers)) == 1

		listen(server, told_shop, talk)
		assert server.calls.pushed["Pinduoduo"]["resent"] >= resent + 2

	def test_unpaid_and_hidden_orders_are_not_told(self, server: Server, told_shop: Shop) -> None:
		unpaid = make_order(server, told_shop, is_paid=False)
		server.move(unpaid, "cancel")
		hidden = make_order(server, told_shop, is_hidden=True)
		server.move(hidden, "reveal")
		assert told_shop.app_key not in server.app[MESSENGER].boxes
		order = make_order(server, told_shop)

		async def talk(listener: Listener) -> str:
			return (await listener.read_message())[1]["tid"]

		assert listen(server, told_shop, talk) == order.order_no

	def test_faults_of_pushes(self, server: Server, told_shop: Shop) -> None:
		server.add_fault("duplicate_push", shop_id=told_shop.shop_id, api="order_shipped", times=1)
		server.add_fault("drop_push", shop_id=told_shop.shop_id, api="order_completed", times=1)

		async def talk(listener: Listener) -> list[tuple[str, dict, int]]:
			order = await asyncio.to_thread(make_order, server, told_shop)
			for action in ("ship", "complete", "change_memo"):
				await asyncio.to_thread(server.move, order, action)
			return [await listener.read_message() for _ in range(4)]

		told = listen(server, told_shop, talk)
		assert [topic for topic, _, _ in told] == [
			"pdd_trade_TradeConfirmed",
			"pdd_trade_TradeSellerShip",
			"pdd_trade_TradeSellerShip",
			"pdd_trade_TradeMemoModified",
		]
		assert told[1][2] == told[2][2]

	def test_the_address_is_checked(self, server: Server, told_shop: Shop) -> None:
		async def connect(address: str) -> int:
			async with aiohttp.ClientSession(trust_env=False) as session:
				try:
					await session.ws_connect(address)
				except aiohttp.WSServerHandshakeError as error:
					return error.status
			return 101

		good = make_address(server, told_shop)
		assert asyncio.run(connect(good)) == 101
		assert asyncio.run(connect(make_address(server, told_shop, secret="guess"))) == 403
		hour_ago = int((time.time() - 3600) * 1000)
		assert asyncio.run(connect(make_address(server, told_shop, milliseconds=hour_ago))) == 403
		assert asyncio.run(connect(good.replace(told_shop.app_key, "nobody"))) == 403

	def test_broken_frames_are_told_and_harm_nothing(self, server: Server, told_shop: Shop) -> None:
		async def talk(listener: Listener) -> None:
			for text in ("{", "[]", '{"id":1}'):
				await listener.socket.send_str(text)
				assert (await listener.read())["commandType"] == "Fail"
			await listener.socket.send_str('{"id":"x","commandType":"Ack"}')
			assert (await listener.beat())["commandType"] == "HeartBeat"

		listen(server, told_shop, talk)

	def test_only_a_repetition_can_be_forged(self, server: Server, told_shop: Shop) -> None:
		def forge(how: str) -> dict:
			return server.run(forge_push(server.app, server.world, told_shop, how))

		assert forge("wrong_signature")["sent"] is False
		with pytest.raises(Refusal, match="nothing_to_replay"):
			forge("replay")
		make_order(server, told_shop)

		async def talk(listener: Listener) -> None:
			message = await listener.read_message()
			await listener.confirm(message[2])
			await listener.beat()
			answer = await asyncio.to_thread(forge, "replay")
			assert (answer["sent"], answer["id"]) == (True, message[2])
			assert await listener.read_message() == message

		listen(server, told_shop, talk)
