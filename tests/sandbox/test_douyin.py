"""Douyin's wire as a client sees it, judged by the vendor's SDK and by a client and a webhook of the test's own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from doudian import AppType, DouDian

from sandbox.douyin import PUSHER, forge_push
from sandbox.model import Refusal, Shop
from tests.sandbox.serving import Server, make_order, make_shop, serve

SEARCH = "order.searchList"
SOON_S = 10


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
	with serve() as server:
		yield server


@pytest.fixture
def shop(server: Server) -> Shop:
	return make_shop(server, "Douyin", shop_id=str(4_000_000 + time.monotonic_ns() % 10**9))


def make_request(shop: Shop, method: str, args: dict, /, **changes: str) -> tuple[dict[str, str], bytes]:
	"""The query and the body of a call, signed after `changes`; an empty value is left out."""
	text = json.dumps(args, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
	query = {
		"app_key": shop.app_key,
		"method": method,
		"access_token": shop.access_token,
		"timestamp": str(int(time.time())),
		"v": "2",
		"sign_method": "hmac-sha256",
	} | changes
	query = {name: value for name, value in query.items() if value}
	signed = "".join(
		name + {**query, "param_json": text}.get(name, "")
		for name in ("app_key", "method", "param_json", "timestamp", "v")
	)
	base = (shop.app_secret + signed + shop.app_secret).encode()
	if query.get("sign_method") == "hmac-sha256":
		sign = hmac.new(shop.app_secret.encode(), base, hashlib.sha256).hexdigest()
	else:
		sign = hashlib.md5(base).hexdigest()
	return {**query, "sign": sign}, text.encode()


def post(server: Server, method: str, query: dict[str, str], body: bytes) -> dict:
	path = method.replace(".", "/")
	answer = server.http.post(
		f"{server.url}/{path}",
		params=query,
		data=body,
		headers={"Content-Type": "application/json"},
		timeout=10,
	)
	assert answer.status_code == 200
	return answer.json()


def call(server: Server, shop: Shop, method: str, /, **args: Any) -> dict:
	return post(server, method, *make_request(shop, method, args))


def get_data(server: Server, shop: Shop, method: str, /, **args: Any) -> Any:
	answer = call(server, shop, method, **args)
	assert (answer["code"], answer["msg"], answer["sub_code"], answer["err_no"]) == (10000, "success", "", 0)
	return answer["data"]


def get_error(answer: dict) -> tuple[int, str]:
	assert "data" not in answer
	return answer["code"], answer["sub_code"]


def search(server: Server, shop: Shop, **args: Any) -> dict:
	now = int(time.time())
	given = {
		"update_time_start": now - 3600,
		"update_time_end": now + 3600,
		"order_by": "update_time",
		"order_asc": True,
		"page": 0,
		"size": 100,
	} | args
	return get_data(server, shop, SEARCH, **given)


class TestDoor:
	@pytest.mark.parametrize(
		("changes", "code"),
		[
			({"app_key": ""}, (40001, "isv.app-key-missing")),
			({"app_key": "nobody"}, (40003, "isv.app-key-invalid")),
			({"timestamp": ""}, (40001, "isv.timestamp-missing")),
			({"timestamp": "1700000000"}, (40003, "isv.timestamp-invalid")),
			({"timestamp": "soon"}, (40003, "isv.timestamp-invalid")),
			({"v": "1"}, (40003, "isv.parameter-invalid")),
			({"sign_method": "crc"}, (40003, "isv.parameter-invalid")),
			({"method": "order.orderDetail"}, (40003, "isv.parameter-invalid")),
			({"access_token": ""}, (40001, "isv.access-token-missing")),
			({"access_token": "stolen"}, (40003, "isv.access-token-no-existed")),
		],
	)
	def test_each_check_has_its_code(self, server: Server, shop: Shop, changes: dict, code: tuple) -> None:
		assert get_error(post(server, SEARCH, *make_request(shop, SEARCH, {}, **changes))) == code

	def test_wrong_and_missing_signatures_are_refused(self, server: Server, shop: Shop) -> None:
		row = server.do(lambda world: world.list_listings(shop.shop_id)[0])
		method = "sku.syncStock"
		query, body = make_request(shop, method, {"sku_id": int(row.sku_id), "stock_num": 7})
		wrong = (40003, "isv.signature-invalid")
		assert get_error(post(server, method, query, body.replace(b":7", b": 7"))) == wrong
		assert get_error(post(server, method, query | {"sign": query["sign"].upper()}, body)) == wrong
		del query["sign"]
		assert get_error(post(server, method, query, body)) == (40001, "isv.signature-missing")
		assert row.stock == 50

	@pytest.mark.parametrize("sign_method", ["", "md5", "hmac-sha256"])
	def test_every_way_to_sign(self, server: Server, shop: Shop, sign_method: str) -> None:
		request = make_request(shop, SEARCH, {"page": 0, "size": 1}, sign_method=sign_method)
		assert post(server, SEARCH, *request)["code"] == 10000

	def test_expired_foreign_and_withdrawn_tokens(self, server: Server, shop: Shop) -> None:
		other = make_shop(server, "Douyin", app_key="other", app_secret="x")
		request = make_request(shop, SEARCH, {}, access_token=other.access_token)
		assert get_error(post(server, SEARCH, *request)) == (40003, "isv.access-token-invalid")
		server.do(lambda world: world.tokens.expire(shop))
		assert get_error(call(server, shop, SEARCH)) == (40003, "isv.access-token-expired")
		server.do(lambda world: world.tokens.revoke(shop))
		assert get_error(call(server, shop, SEARCH)) == (30001, "dop.authorization-closed")

	def test_unknown_methods_and_broken_arguments(self, server: Server, shop: Shop) -> None:
		assert get_error(call(server, shop, "order.nothing"))[0] == 70000
		assert get_error(call(server, shop, SEARCH, page=0)) == (40001, "isv.parameter-missing")
		assert get_error(call(server, shop, SEARCH, page="x", size=1)) == (40003, "isv.parameter-invalid")

	def test_the_vendors_sdk_is_understood(
		self, server: Server, shop: Shop, monkeypatch: pytest.MonkeyPatch
	) -> None:
		order = make_order(server, shop)

		class BeijingTime(datetime):
			@classmethod
			def now(cls, tz: Any = None) -> datetime:
				return datetime.now(timezone(timedelta(hours=8)))

		# The SDK writes the time in the machine's zone, and knows no other host than the platform's own.
		monkeypatch.setattr("doudian.core.datetime", BeijingTime)
		monkeypatch.setattr(DouDian, "init_token", lambda self, code="": False)
		client = DouDian(shop.app_key, shop.app_secret, AppType.SELF, shop_id=shop.shop_id)
		client._gate_way = server.url
		monkeypatch.undo()
		monkeypatch.setattr("doudian.core.datetime", BeijingTime)
		assert client.init_token() is True
		assert client._access_token() == shop.access_token
		answer = client.request("/order/orderDetail", {"shop_order_id": order.order_no})
		assert answer["data"]["shop_order_detail"]["order_id"] == order.order_no


class TestOrders:
	def test_a_paid_order_field_by_field(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop, adjust=-20, buyer_message="请快点", seller_memo="老客", flag=3)
		row = search(server, shop)["shop_order_list"][0]
		assert (row["order_id"], row["shop_id"]) == (order.order_no, int(shop.shop_id))
		assert (row["order_status"], row["main_status"]) == (2, 2)
		assert (row["order_amount"], row["pay_amount"], row["post_amount"]) == (13815, 12794, 600)
		assert (row["promotion_amount"], row["modify_amount"]) == (1001, -20)
		assert (row["promotion_shop_amount"], row["promotion_platform_amount"]) == (700, 301)
		lines = row["sku_order_list"]
		assert [(line["code"], line["item_num"], line["origin_amount"]) for line in lines] == [
			("YS-120", 2, 5990),
			("YS-60", 1, 1235),
		]
		assert sum(line["pay_amount"] for line in lines) + 600 == 12794
		assert [line["parent_order_id"] for line in lines] == [order.order_no] * 2
		assert (row["buyer_words"], row["seller_words"], row["seller_remark_stars"]) == ("请快点", "老客", 3)
		assert row["exp_ship_time"] == row["pay_time"] + 48 * 3600
		assert row["ship_time"] == row["finish_time"] == 0
		assert (row["mask_post_receiver"], row["mask_post_tel"]) == ("王**", "138****1234")
		assert row["post_addr"]["town"]["name"] == "西湖区"
		assert "文三路 100" not in json.dumps(row, ensure_ascii=False)
		assert (
			row
			== get_data(server, shop, "order.orderDetail", shop_order_id=order.order_no)["shop_order_detail"]
		)

	def test_every_state(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop, is_paid=False)

		def read() -> tuple[int, int]:
			row = get_data(server, shop, "order.orderDetail", shop_order_id=order.order_no)[
				"shop_order_detail"
			]
			return row["order_status"], row["main_status"]

		assert read() == (1, 1)
		for action, status in (
			("pay", 2),
			("lock", 105),
			("unlock", 2),
			("review", 105),
			("approve", 2),
			("ship_part", 101),
			("ship", 3),
			("complete", 5),
		):
			server.move(order, action)
			assert read() == (status, status)
		order = make_order(server, shop, is_paid=False)
		server.move(order, "cancel")
		assert read() == (4, 4)
		for actions, main in (([], 21), (["ship"], 22), (["ship", "sign"], 39)):
			order = make_order(server, shop)
			for action in actions:
				server.move(order, action)
			kind = "refund_only" if actions else "before_ship"
			server.do(
				lambda world, order=order, kind=kind: world.move_refund(
					world.open_refund(order, kind), "succeed"
				)
			)
			assert read() == (4, main)

	def test_pages_count_from_zero_and_partition_the_window(self, server: Server, shop: Shop) -> None:
		numbers = [make_order(server, shop).order_no for _ in range(5)]
		for is_ascending, expected in ((True, numbers), (False, numbers[::-1])):
			pages = [search(server, shop, page=page, size=2, order_asc=is_ascending) for page in range(4)]
			assert [page["total"] for page in pages] == [5] * 4
			assert [page["page"] for page in pages] == [0, 1, 2, 3]
			assert [row["order_id"] for page in pages for row in page["shop_order_list"]] == expected
		too_large = call(server, shop, SEARCH, page=0, size=101)
		assert get_error(too_large) == (40003, "isv.parameter-invalid")

	def test_filters(self, server: Server, shop: Shop) -> None:
		paid, unpaid = make_order(server, shop), make_order(server, shop, is_paid=False)
		wanted = [{"order_status": "1,4"}]
		assert [
			row["order_id"] for row in search(server, shop, combine_status=wanted)["shop_order_list"]
		] == [unpaid.order_no]
		server.pass_time(100)
		server.move(paid, "ship")
		later = {"update_time_start": int(time.time()) + 50, "update_time_end": int(time.time()) + 200}
		assert search(server, shop, **later)["total"] == 1
		assert search(server, shop, **later, create_time_start=int(time.time()) + 50)["total"] == 0
		server.pass_time(-100)

	def test_orders_older_than_ninety_days_are_not_listed(self, server: Server, shop: Shop) -> None:
		make_order(server, shop, created=time.time() - 91 * 86400)
		order = make_order(server, shop)
		assert [row["order_id"] for row in search(server, shop)["shop_order_list"]] == [order.order_no]

	def test_hidden_orders_are_nowhere(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		server.move(order, "hide")
		assert search(server, shop)["total"] == 0
		assert get_error(call(server, shop, "order.orderDetail", shop_order_id=order.order_no))[0] == 50002
		server.move(order, "reveal")
		assert search(server, shop)["total"] == 1

	@pytest.mark.parametrize(
		("poison", "is_broken"),
		[
			("missing_lines", lambda row: "sku_order_list" not in row),
			("negative_quantity", lambda row: row["sku_order_list"][0]["item_num"] == -1),
			("unreadable_amount", lambda row: row["pay_amount"] == "1,2x"),
			("unknown_status", lambda row: row["order_status"] == 777),
			("absent_created", lambda row: "create_time" not in row),
		],
	)
	def test_poison_breaks_one_order_until_it_is_cured(
		self, server: Server, shop: Shop, poison: str, is_broken: Any
	) -> None:
		order = make_order(server, shop)
		server.move(order, "poison", kind=poison)
		assert is_broken(search(server, shop)["shop_order_list"][0])
		server.move(order, "cure")
		row = search(server, shop)["shop_order_list"][0]
		assert (row["order_status"], row["pay_amount"], row["sku_order_list"][0]["item_num"]) == (2, 12814, 2)

	def test_ciphertexts_are_opened_for_their_order_only(self, server: Server, shop: Shop) -> None:
		order, other = make_order(server, shop), make_order(server, shop)
		row = get_data(server, shop, "order.orderDetail", shop_order_id=order.order_no)["shop_order_detail"]
		ciphers = [row["encrypt_post_receiver"], row["encrypt_post_tel"], row["post_addr"]["encrypt_detail"]]
		asked = [{"auth_id": order.order_no, "cipher_text": cipher} for cipher in ciphers]
		asked.append({"auth_id": other.order_no, "cipher_text": ciphers[0]})
		answer = get_data(server, shop, "order.batchDecrypt", cipher_infos=asked)
		assert [(found["decrypt_text"], found["err_no"]) for found in answer["decrypt_infos"]] == [
			("王小明", 0),
			("13812341234", 0),
			("文三路 100 号 2 幢", 0),
			("", 300008),
		]
		assert answer["custom_err"]["err_code"] == 10001
		too_many = call(server, shop, "order.batchDecrypt", cipher_infos=asked[:1] * 51)
		assert get_error(too_many) == (40003, "isv.parameter-invalid")


class TestSeller:
	def test_a_whole_order_is_shipped_once(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		args = {"order_id": order.order_no, "company_code": "zhongtong", "logistics_code": "ZT1"}
		assert call(server, shop, "order.logisticsAdd", **args)["code"] == 10000
		row = get_data(server, shop, "order.orderDetail", shop_order_id=order.order_no)["shop_order_detail"]
		assert [
			(parcel["tracking_no"], parcel["company"], parcel["company_name"])
			for parcel in row["logistics_info"]
		] == [("ZT1", "zhongtong", "中通快递")]
		assert row["order_status"] == 3
		assert get_error(call(server, shop, "order.logisticsAdd", **args)) == (
			50002,
			"isv.business-failed:2001",
		)
		assert order.parcels[0].confirmations == 2
		assert call(server, shop, "order.logisticsEdit", **{**args, "logistics_code": "ZT2"})["code"] == 10000
		assert [parcel.waybill_no for parcel in order.parcels] == ["ZT2"]

	def test_what_can_not_be_shipped(self, server: Server, shop: Shop) -> None:
		locked, unpaid, refunding = (make_order(server, shop, is_paid=paid) for paid in (True, False, True))
		server.move(locked, "lock")
		server.do(lambda world: world.open_refund(refunding, "before_ship"))
		for order, code in ((locked, 2002), (unpaid, 2002), (refunding, 2004)):
			args = {"order_id": order.order_no, "company_code": "zhongtong", "logistics_code": "ZT1"}
			failed = (50002, f"isv.business-failed:{code}")
			assert get_error(call(server, shop, "order.logisticsAdd", **args)) == failed
			assert order.parcels == []
		wrong = {"order_id": locked.order_no, "company_code": "pigeon", "logistics_code": "1"}
		assert get_error(call(server, shop, "order.logisticsAdd", **wrong))[0] == 40003

	def test_packs_go_out_line_by_line_and_repeat_harmlessly(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)

		def pack(place: int, num: int, request_id: str) -> dict:
			line = order.lines[place]
			return call(
				server,
				shop,
				"order.logisticsAddMultiPack",
				order_id=order.order_no,
				request_id=request_id,
				pack_list=[
					{
						"shipped_order_info": [{"shipped_order_id": line.line_no, "shipped_num": num}],
						"logistics_code": f"ZT{place}",
						"company_code": "zhongtong",
					}
				],
			)

		assert get_error(pack(0, 3, "r0")) == (50002, "isv.business-failed:2005")
		assert pack(0, 2, "r1")["code"] == 10000
		assert order.state == "part_shipped"
		assert pack(0, 2, "r1")["code"] == 10000
		assert [parcel.confirmations for parcel in order.parcels] == [1]
		assert pack(1, 1, "r2")["code"] == 10000
		assert (order.state, [parcel.waybill_no for parcel in order.parcels]) == ("shipped", ["ZT0", "ZT1"])

	def test_listings_and_stock(self, server: Server, shop: Shop) -> None:
		page = get_data(server, shop, "product.listV2", page=1, size=10)
		assert (page["total"], len(page["data"])) == (1, 1)
		skus = get_data(server, shop, "sku.list", product_id=page["data"][0]["product_id"])
		assert [(sku["code"], sku["stock_num"], sku["price"], sku["spec_detail_name1"]) for sku in skus] == [
			("YS-120", 50, 5990, "120g"),
			("YS-60", 40, 1235, "60g"),
		]
		sku_id = skus[0]["id"]
		sync = {"sku_id": sku_id, "stock_num": 7, "idempotent_id": f"{shop.shop_id}-1"}
		assert call(server, shop, "sku.syncStock", **sync)["code"] == 10000
		assert get_error(call(server, shop, "sku.syncStock", **sync)) == (40003, "isv.idempotent-id-existed")
		assert (
			call(server, shop, "sku.syncStock", sku_id=sku_id, stock_num=3, incremental=True)["code"] == 10000
		)
		assert get_data(server, shop, "sku.stockNum", sku_id=sku_id)["stock_num"] == 10
		good = {"sku_id": sku_id, "stock_num": 1}
		for bad in ({"sku_id": 404, "stock_num": 1}, {"sku_id": skus[1]["id"], "stock_num": -1}):
			failed = call(server, shop, "sku.syncStockBatch", sku_sync_list=[good, bad])
			assert get_error(failed)[0] == 50002
		assert get_data(server, shop, "sku.stockNum", sku_id=sku_id)["stock_num"] == 10

	def test_cases_by_time_of_change(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		server.move(order, "ship_part")
		case = server.do(lambda world: world.open_refund(order, "before_ship", reason="不想要"))
		now = int(time.time())
		span = {"update_start_time": now - 60, "update_end_time": now + 60, "order_by": ["update_time asc"]}
		answer = get_data(server, shop, "afterSale.List", **span, page=0, size=10)
		assert (answer["total"], answer["has_more"]) == (1, False)
		item = answer["items"][0]
		info = item["aftersale_info"]
		assert (
			info["aftersale_id"],
			info["aftersale_type"],
			info["aftersale_status"],
			info["refund_status"],
		) == (
			case.case_no,
			2,
			6,
			1,
		)
		assert info["refund_amount"] == order.lines[1].amount
		assert item["order_info"]["related_order_info"][0]["sku_order_id"] == order.lines[1].line_no
		assert item["text_part"]["reason_text"] == "不想要"
		operated = get_data(
			server, shop, "afterSale.operate", type=101, items=[{"aftersale_id": case.case_no}]
		)
		assert operated["items"][0]["status_code"] == 0
		server.do(lambda world: world.move_refund(case, "finish"))
		detail = get_data(server, shop, "afterSale.Detail", after_sale_id=case.case_no)
		assert detail["process_info"]["after_sale_info"]["real_refund_amount"] == case.amount
		line = get_data(server, shop, "order.orderDetail", shop_order_id=order.order_no)["shop_order_detail"][
			"sku_order_list"
		][1]
		assert line["after_sale_info"] == {"after_sale_status": 12, "after_sale_type": 2, "refund_status": 3}
		too_deep = call(server, shop, "afterSale.List", **span, page=500, size=100)
		assert get_error(too_deep) == (40003, "isv.parameter-invalid")


class TestTokens:
	def refresh(self, server: Server, shop: Shop, token: str = "") -> dict:
		args = {"grant_type": "refresh_token", "refresh_token": token or shop.refresh_token}
		return post(server, "token.refresh", *make_request(shop, "token.refresh", args, access_token=""))

	def test_early_same_tokens_late_new_ones_and_an_hour_for_the_old(
		self, server: Server, shop: Shop
	) -> None:
		first = (shop.access_token, shop.refresh_token)
		early = self.refresh(server, shop)
		assert (early["data"]["access_token"], early["data"]["refresh_token"]) == first
		assert early["data"]["expires_in"] == 7 * 86400
		server.do(lambda world: setattr(shop, "token_expires_at", world.clock.now() + 1800))
		late = self.refresh(server, shop)["data"]
		assert late["access_token"] == shop.access_token != first[0]
		assert late["refresh_token"] == shop.refresh_token != first[1]
		old = make_request(shop, SEARCH, {"page": 0, "size": 1}, access_token=first[0])
		assert post(server, SEARCH, *old)["code"] == 10000
		server.pass_time(3601)
		assert get_error(post(server, SEARCH, *old)) == (40003, "isv.access-token-expired")
		assert get_error(self.refresh(server, shop, first[1]))[0] == 50001
		server.pass_time(-3601)

	def test_after_the_end_the_old_pair_is_dead_at_once(self, server: Server, shop: Shop) -> None:
		first = (shop.access_token, shop.refresh_token)
		server.do(lambda world: world.tokens.expire(shop))
		assert self.refresh(server, shop)["data"]["access_token"] == shop.access_token
		old = make_request(shop, SEARCH, {"page": 0, "size": 1}, access_token=first[0])
		assert get_error(post(server, SEARCH, *old)) == (40003, "isv.access-token-expired")
		assert get_error(self.refresh(server, shop, first[1]))[0] == 50001

	def test_withdrawn_and_unknown(self, server: Server, shop: Shop) -> None:
		assert get_error(self.refresh(server, shop, "guess")) == (50001, "dop.token-generate-failed:1")
		server.do(lambda world: world.tokens.revoke(shop))
		assert get_error(self.refresh(server, shop)) == (30001, "dop.authorization-closed")

	def test_a_code_is_good_once(self, server: Server, shop: Shop) -> None:
		code = server.do(lambda world: world.tokens.make_code(shop))
		args = {"code": code, "grant_type": "authorization_code"}
		request = make_request(shop, "token.create", args, access_token="")
		assert post(server, "token.create", *request)["data"]["shop_id"] == int(shop.shop_id)
		assert get_error(post(server, "token.create", *request))[0] == 50001


class TestFaults:
	@pytest.fixture(autouse=True)
	def clear(self, server: Server) -> Iterator[None]:
		yield
		server.do(lambda world: server.faults.remove())

	@pytest.mark.parametrize(
		("kind", "code"),
		[
			("rate_limit", (60000, "isv.rate-limit")),
			("platform_fault", (20000, "isp.service-error:1")),
			("expire_token", (40003, "isv.access-token-expired")),
		],
	)
	def test_in_the_platforms_words(self, server: Server, shop: Shop, kind: str, code: tuple) -> None:
		server.add_fault(kind, platform="Douyin", shop_id=shop.shop_id, times=1)
		assert get_error(call(server, shop, SEARCH, page=0, size=1)) == code
		is_alive = kind != "expire_token"
		assert (call(server, shop, SEARCH, page=0, size=1)["code"] == 10000) is is_alive

	def test_of_the_network(self, server: Server, shop: Shop) -> None:
		for kind, error in (("hang_up", requests.ConnectionError), ("truncate", ValueError)):
			server.add_fault(kind, shop_id=shop.shop_id, times=1)
			with pytest.raises(error):
				call(server, shop, SEARCH, page=0, size=1)
		server.add_fault("server_error", shop_id=shop.shop_id, times=1)
		with pytest.raises(AssertionError):
			call(server, shop, SEARCH, page=0, size=1)

	def test_the_second_page_is_number_one(self, server: Server, shop: Shop) -> None:
		orders = [make_order(server, shop) for _ in range(4)]
		before = [order.modified for order in orders]
		server.add_fault("page_shift", shop_id=shop.shop_id, times=1)
		search(server, shop, page=0, size=2)
		assert [order.modified for order in orders] == before
		search(server, shop, page=1, size=2)
		assert sum(order.modified != at for order, at in zip(orders, before, strict=True)) == 1


class Webhook:
	"""A shop's receiver. `answers` are taken one by one, then success; `got` is (headers, body) of each POST."""

	def __init__(self) -> None:
		self.got: list[tuple[dict[str, str], bytes]] = []
		self.answers: list[tuple[int, str]] = []
		self.changed = threading.Condition()
		webhook = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers["Content-Length"]))
				with webhook.changed:
					webhook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
					status, text = (
						webhook.answers.pop(0) if webhook.answers else (200, '{"code":0,"msg":"success"}')
					)
					webhook.changed.notify_all()
				self.send_response(status)
				self.end_headers()
				self.wfile.write(text.encode())

			def log_message(self, *args: Any) -> None:
				return

		self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
		threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

	def wait(self, count: int) -> list[tuple[str, dict, str]]:
		"""(tag, data, msg_id) of the first `count` messages, when they are there."""
		with self.changed:
			assert self.changed.wait_for(lambda: len(self.got) >= count, SOON_S), (
				f"{len(self.got)} of {count}"
			)
			bodies = [json.loads(body) for _, body in self.got[:count]]
		return [(row["tag"], json.loads(row["data"]), row["msg_id"]) for body in bodies for row in body]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
	webhook = Webhook()
	yield webhook
	webhook.server.shutdown()
	webhook.server.server_close()


@pytest.fixture
def told_shop(server: Server, webhook: Webhook) -> Iterator[Shop]:
	"""A shop whose webhook is there; retries come quickly."""
	server.do(lambda world: setattr(world.clock, "speed", 1000.0))
	shop = make_shop(
		server, "Douyin", shop_id=str(5_000_000 + time.monotonic_ns() % 10**9), webhook_url=webhook.url
	)
	yield shop
	server.do(lambda world: setattr(shop, "webhook_url", ""))
	server.do(lambda world: setattr(world.clock, "speed", 1.0))
	server.do(lambda world: server.faults.remove())


def sort_tags(messages: list[tuple[str, dict, str]]) -> list[str]:
	return sorted(tag for tag, _, _ in messages)


class TestWebhook:
	def test_the_life_of_an_order_is_told_signed(
		self, server: Server, told_shop: Shop, webhook: Webhook
	) -> None:
		order = make_order(server, told_shop)
		messages = webhook.wait(2)
		assert sort_tags(messages) == ["100", "101"]
		tag, data, _ = next(message for message in messages if message[0] == "101")
		assert (tag, data["p_id"], data["shop_id"]) == ("101", int(order.order_no), int(told_shop.shop_id))
		assert (data["order_status"], data["pay_amount"]) == (2, 12814)
		headers, body = webhook.got[0]
		expected = hashlib.md5(told_shop.app_key.encode() + body + told_shop.app_secret.encode()).hexdigest()
		assert (headers["app-id"], headers["event-sign"]) == (told_shop.app_key, expected)
		sdk = DouDian.__new__(DouDian)
		sdk._app_key, sdk._app_secret, sdk._logger = told_shop.app_key, told_shop.app_secret, None
		assert sdk.callback(headers, body) == json.loads(body)
		for action in ("ship_part", "ship", "complete"):
			server.move(order, action)
		assert sort_tags(webhook.wait(5)) == ["100", "101", "102", "103", "108"]

	def test_refunds_are_told(self, server: Server, told_shop: Shop, webhook: Webhook) -> None:
		order = make_order(server, told_shop)
		case = server.do(lambda world: world.open_refund(order, "before_ship"))
		server.do(lambda world: world.move_refund(case, "agree"))
		server.do(lambda world: world.move_refund(case, "finish"))
		messages = webhook.wait(6)
		assert sort_tags(messages) == ["100", "101", "106", "200", "201", "206"]
		data = next(data for tag, data, _ in messages if tag == "206")
		assert (data["aftersale_id"], data["aftersale_status"], data["refund_status"]) == (
			int(case.case_no),
			12,
			3,
		)

	def test_what_is_not_acknowledged_comes_again(
		self, server: Server, told_shop: Shop, webhook: Webhook
	) -> None:
		webhook.answers = [(500, "broken"), (200, "not json"), (200, '{"code":1}'), (200, '{"code":0}')]
		make_order(server, told_shop, is_paid=False)
		messages = webhook.wait(4)
		assert [tag for tag, _, _ in messages] == ["100"] * 4
		assert len({number for _, _, number in messages}) == 1
		server.run(wait_until(lambda: told_shop.shop_id in server.app[PUSHER].delivered))
		assert len(webhook.got) == 4

	def test_a_message_is_given_up_in_the_end(
		self, server: Server, told_shop: Shop, webhook: Webhook
	) -> None:
		webhook.answers = [(500, "")] * 11
		lost = server.calls.pushed["Douyin"]["lost"]
		order = make_order(server, told_shop, is_paid=False)
		webhook.wait(11)
		server.move(order, "pay")
		assert [tag for tag, _, _ in webhook.wait(12)] == ["100"] * 11 + ["101"]
		server.run(wait_until(lambda: server.calls.pushed["Douyin"]["lost"] == lost + 1))

	def test_hidden_orders_and_shops_without_a_webhook_tell_nothing(
		self, server: Server, told_shop: Shop, webhook: Webhook
	) -> None:
		make_order(server, make_shop(server, "Douyin"))
		order = make_order(server, told_shop, is_hidden=True)
		server.move(order, "reveal")
		server.move(order, "ship")
		assert [tag for tag, _, _ in webhook.wait(1)] == ["102"]

	def test_faults_of_pushes(self, server: Server, told_shop: Shop, webhook: Webhook) -> None:
		server.add_fault("duplicate_push", shop_id=told_shop.shop_id, api="order_created", times=1)
		server.add_fault("drop_push", shop_id=told_shop.shop_id, api="order_paid", times=1)
		order = make_order(server, told_shop)
		server.move(order, "ship")
		messages = webhook.wait(3)
		assert sort_tags(messages) == ["100", "100", "102"]
		assert len({number for tag, _, number in messages if tag == "100"}) == 1

	def test_forged_messages(self, server: Server, told_shop: Shop, webhook: Webhook) -> None:
		def forge(how: str) -> dict:
			return server.run(forge_push(server.app, server.world, told_shop, how))

		with pytest.raises(Refusal, match="nothing_to_replay"):
			forge("replay")
		make_order(server, told_shop, is_paid=False)
		webhook.wait(1)
		server.run(wait_until(lambda: told_shop.shop_id in server.app[PUSHER].delivered))
		webhook.answers = [(401, "no"), (401, "no"), (200, '{"code":0}')]
		assert forge("wrong_signature") == {"sent": True, "status": 401, "body": "no"}
		assert forge("no_signature") == {"sent": True, "status": 401, "body": "no"}
		assert forge("replay") == {"sent": True, "status": 200, "body": '{"code":0}'}
		assert forge("old_timestamp")["sent"] is False
		(genuine, _), (wrong, _), (missing, _), (again, _) = webhook.got
		bodies = [body for _, body in webhook.got]
		signs = [
			hashlib.md5(told_shop.app_key.encode() + body + told_shop.app_secret.encode()).hexdigest()
			for body in bodies
		]
		assert genuine["event-sign"] == again["event-sign"] == signs[0]
		assert bodies[3] == bodies[0]
		assert wrong["event-sign"] != signs[1]
		assert "event-sign" not in missing

	def test_nothing_goes_to_other_machines(self, server: Server, told_shop: Shop) -> None:
		server.do(lambda world: setattr(told_shop, "webhook_url", "http://192.0.2.1/hook"))
		answer = server.run(forge_push(server.app, server.world, told_shop, "no_signature"))
		assert answer == {"sent": False, "status": 0, "body": "the webhook is not on this machine"}


async def wait_until(is_done: Callable[[], bool]) -> None:
	"""Let the server's own tasks go on until something has happened."""
	while not is_done():
		await asyncio.sleep(0)
