"""JD's wire as a client sees it, judged by the vendor's SDK and by a client of the test's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import jd
import pytest
import requests
from jd.api.base import RestApi

from sandbox.model import Order, Refund, Shop
from tests.sandbox.serving import Server, make_order, make_shop, serve, wrap_md5

BEIJING = timezone(timedelta(hours=8))
ALL_FIELDS = (
	"orderId,orderState,orderTotalPrice,orderSellerPrice,shouldPay,actualPay,freightPrice,sellerDiscount,"
	"orderStartTime,paymentConfirmTime,modified,waybill,logisticsId,consigneeInfo,itemInfoList,couponDetailList"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
	with serve() as server:
		yield server


@pytest.fixture
def shop(server: Server) -> Shop:
	return make_shop(server, "JD")


def show_time(offset_s: float = 0) -> str:
	return datetime.fromtimestamp(time.time() + offset_s, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def make_params(shop: Shop, method: str, args: dict[str, Any], /, **changes: str) -> dict[str, str]:
	params = {
		"method": method,
		"app_key": shop.app_key,
		"access_token": shop.access_token,
		"timestamp": show_time(),
		"v": "2.0",
		"360buy_param_json": json.dumps(args),
	} | changes
	params = {name: value for name, value in params.items() if value}
	return params | {"sign": wrap_md5(shop.app_secret, params)}


def call(server: Server, shop: Shop, method: str, **args: Any) -> dict:
	answer = server.http.post(f"{server.url}/routerjson", make_params(shop, method, args), timeout=10)
	assert answer.status_code == 200
	return answer.json()


def call_result(server: Server, shop: Shop, method: str, **args: Any) -> dict:
	"""What stands beside the gateway's own code."""
	root = call(server, shop, method, **args)[method.replace(".", "_") + "_responce"]
	assert root.pop("code") == "0"
	(result,) = root.values()
	return result


def search(server: Server, shop: Shop, **args: Any) -> dict:
	given = {
		"start_date": show_time(-3600),
		"end_date": show_time(3600),
		"optional_fields": ALL_FIELDS,
		"page": "1",
		"page_size": "100",
	} | args
	return call_result(server, shop, "jingdong.pop.order.search", **given)


def get_code(server: Server, params: dict[str, str]) -> str:
	answer = server.http.post(f"{server.url}/routerjson", params, timeout=10)
	assert answer.status_code == 200
	error = answer.json()["error_response"]
	assert set(error) == {"code", "zh_desc", "en_desc"}
	return error["code"]


SEARCH = "jingdong.pop.order.search"


class TestDoor:
	@pytest.mark.parametrize(
		("changes", "code"),
		[
			({"app_key": "nobody"}, "103"),
			({"timestamp": ""}, "7"),
			({"timestamp": "yesterday"}, "8"),
			({"timestamp": show_time(-3600)}, "8"),
			({"v": ""}, "4"),
			({"v": "1.0"}, "5"),
			({"method": ""}, "14"),
			({"method": "jingdong.nothing"}, "15"),
			({"access_token": "stolen"}, "19"),
			({"access_token": ""}, "19"),
			({"360buy_param_json": "{"}, "21"),
		],
	)
	def test_each_check_has_its_code(self, server: Server, shop: Shop, changes: dict, code: str) -> None:
		assert get_code(server, make_params(shop, SEARCH, {}, **changes)) == code

	def test_wrong_and_missing_signatures_are_refused(self, server: Server, shop: Shop) -> None:
		params = make_params(shop, "jingdong.ware.stock.sku.set", {"skuId": "1", "stockNum": 7})
		assert get_code(server, params | {"sign": params["sign"].lower()}) == "12"
		assert get_code(server, params | {"360buy_param_json": '{"skuId":"1"}'}) == "12"
		del params["sign"]
		assert get_code(server, params) == "11"
		assert [row.stock for row in server.do(lambda world: world.list_listings(shop.shop_id))] == [50, 40]

	def test_the_wrong_signature_is_told_before_the_wrong_token(self, server: Server, shop: Shop) -> None:
		params = make_params(shop, SEARCH, {}, access_token="stolen")
		assert get_code(server, params | {"sign": "0" * 32}) == "12"

	def test_an_expired_token_and_the_token_of_another_app(self, server: Server, shop: Shop) -> None:
		other = make_shop(server, "JD", app_key="other", app_secret="x")
		assert get_code(server, make_params(shop, SEARCH, {}, access_token=other.access_token)) == "19"
		server.do(lambda world: world.tokens.expire(shop))
		assert get_code(server, make_params(shop, SEARCH, {})) == "19"

	def test_get_query_and_milliseconds_are_taken(self, server: Server, shop: Shop) -> None:
		params = make_params(shop, SEARCH, {}, timestamp=show_time() + ".683+0800")
		answer = server.http.get(f"{server.url}/routerjson", params=params, timeout=10).json()
		assert answer["jingdong_pop_order_search_responce"]["code"] == "0"

	@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the SDK never closes its connection
	def test_the_vendors_sdk_is_understood(
		self, server: Server, shop: Shop, monkeypatch: pytest.MonkeyPatch
	) -> None:
		order = make_order(server, shop)
		stamp, start, end = show_time() + ".000+0800", show_time(-60), show_time(60)
		# The SDK writes the time in the machine's zone.
		monkeypatch.setattr("jd.api.base.time.strftime", lambda *_: stamp)

		class Search(RestApi):
			def getapiname(self) -> str:
				return SEARCH

		host, port = server.url.removeprefix("http://").split(":")
		request = Search(host, int(port))
		request.set_app_info(jd.appinfo(shop.app_key, shop.app_secret))
		request.start_date, request.end_date = start, end
		request.optional_fields, request.page, request.page_size = "orderId", "1", "10"
		answer = request.getResponse(shop.access_token)["jingdong_pop_order_search_responce"]
		assert answer["searchorderinfo_result"]["orderInfoList"] == [{"orderId": order.order_no}]


class TestOrders:
	def test_a_paid_order_field_by_field(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop, adjust=-20)
		row = search(server, shop)["orderInfoList"][0]
		assert row["orderState"] == "WAIT_SELLER_STOCK_OUT"
		assert row["orderTotalPrice"] == "132.15"
		assert row["sellerDiscount"] == "7.20"
		assert row["orderSellerPrice"] == "124.95"
		assert row["freightPrice"] == "6.00"
		assert row["shouldPay"] == row["actualPay"] == "127.94"
		assert [(line["jdPrice"], line["itemTotal"], line["outerSkuId"]) for line in row["itemInfoList"]] == [
			("59.90", "2", "YS-120"),
			("12.35", "1", "YS-60"),
		]
		skus = [line["skuId"] for line in row["itemInfoList"]]
		assert [(part["couponPrice"], part["skuId"]) for part in row["couponDetailList"]] == [
			("1.00", skus[0]),
			("1.00", skus[1]),
			("5.20", ""),
			("3.01", ""),
		]
		given = sum(round(float(part["couponPrice"]) * 100) for part in row["couponDetailList"])
		assert 13215 - given + 600 == 12794 == order.total
		receiver = row["consigneeInfo"]
		assert (receiver["fullname"], receiver["mobile"]) == ("王**", "138****1234")
		assert receiver["fullAddress"] == "浙江省杭州市西湖区翠苑街道文三路 ***"

	def test_only_the_asked_fields_come_and_none_without_asking(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		assert search(server, shop, optional_fields="orderId, orderState")["orderInfoList"] == [
			{"orderId": order.order_no, "orderState": "WAIT_SELLER_STOCK_OUT"}
		]
		without = search(server, shop, optional_fields="")
		assert (without["orderTotal"], without["orderInfoList"]) == (1, [])

	def test_every_state(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop, is_paid=False)

		def read() -> dict:
			return search(server, shop)["orderInfoList"][0]

		row = read()
		assert (row["orderState"], row["paymentConfirmTime"], row["actualPay"]) == (
			"NOT_PAY",
			"0001-01-01 00:00:00",
			"0.00",
		)
		for action, state in (
			("pay", "WAIT_SELLER_STOCK_OUT"),
			("lock", "LOCKED"),
			("unlock", "WAIT_SELLER_STOCK_OUT"),
			("review", "PAUSE"),
			("approve", "WAIT_SELLER_STOCK_OUT"),
			("ship", "WAIT_GOODS_RECEIVE_CONFIRM"),
			("complete", "FINISHED_L"),
		):
			server.move(order, action)
			assert read()["orderState"] == state
		closed = make_order(server, shop, is_paid=False)
		server.move(closed, "cancel")
		assert {row["orderState"] for row in search(server, shop)["orderInfoList"]} == {
			"FINISHED_L",
			"TRADE_CANCELED",
		}

	def test_pages_partition_the_window_in_both_directions(self, server: Server, shop: Shop) -> None:
		orders = [make_order(server, shop) for _ in range(5)]
		numbers = [order.order_no for order in orders]
		for sort_type, expected in (("0", numbers), ("1", numbers[::-1])):
			pages = [
				search(server, shop, page=str(page), page_size="2", sortType=sort_type)
				for page in (1, 2, 3, 4)
			]
			assert [page["orderTotal"] for page in pages] == [5] * 4
			assert [len(page["orderInfoList"]) for page in pages] == [2, 2, 1, 0]
			assert [row["orderId"] for page in pages for row in page["orderInfoList"]] == expected

	def test_windows_and_sizes_are_held(self, server: Server, shop: Shop) -> None:
		make_order(server, shop)
		for wrong in (
			{"start_date": show_time(-32 * 86400), "end_date": show_time()},
			{"start_date": show_time(60), "end_date": show_time()},
			{"start_date": show_time(-100 * 86400), "end_date": show_time(-99 * 86400)},
			{"start_date": "2026-01-01"},
			{"page_size": "101"},
			{"page": "0"},
			{"order_state": "SOLD"},
		):
			result = search(server, shop, **wrong)
			assert result["apiResult"]["success"] is False
			assert "orderInfoList" not in result
		too_large = {"page_size": "51", "optional_fields": "orderId", "page": "1"}
		assert not call_result(server, shop, "jingdong.pop.order.enSearch", **too_large)["apiResult"][
			"success"
		]

	def test_pages_past_the_hundredth_are_empty(self, server: Server, shop: Shop) -> None:
		orders = [make_order(server, shop) for _ in range(101)]
		hundredth = search(server, shop, page="100", page_size="1")
		assert [row["orderId"] for row in hundredth["orderInfoList"]] == [orders[99].order_no]
		next_one = search(server, shop, page="101", page_size="1")
		assert (next_one["orderTotal"], next_one["orderInfoList"]) == (101, [])

	def test_states_filter_and_dates_of_creation(self, server: Server, shop: Shop) -> None:
		paid, unpaid = make_order(server, shop), make_order(server, shop, is_paid=False)
		found = search(server, shop, order_state="NOT_PAY,FINISHED_L")
		assert [row["orderId"] for row in found["orderInfoList"]] == [unpaid.order_no]
		server.pass_time(100)
		server.move(paid, "ship")
		window = {"start_date": show_time(50), "end_date": show_time(200)}
		assert search(server, shop, **window)["orderTotal"] == 1
		assert search(server, shop, **window, dateType="1")["orderTotal"] == 0
		server.pass_time(-100)

	def test_encrypted_receivers_differ_by_order_and_tell_nothing(self, server: Server, shop: Shop) -> None:
		orders = [make_order(server, shop) for _ in range(2)]
		receivers = [
			call_result(
				server,
				shop,
				"jingdong.pop.order.enGet",
				order_id=order.order_no,
				optional_fields="consigneeInfo",
			)["orderInfo"]["consigneeInfo"]
			for order in orders
		]
		assert receivers[0]["mobile"] != receivers[1]["mobile"]
		assert not any("1381234" in str(receiver) or "王" in str(receiver) for receiver in receivers)

	def test_hidden_orders_are_nowhere_until_revealed(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		server.move(order, "hide")
		assert search(server, shop)["orderTotal"] == 0
		missing = call_result(
			server, shop, "jingdong.pop.order.get", order_id=order.order_no, optional_fields="orderId"
		)
		assert missing["apiResult"]["success"] is False
		server.move(order, "reveal")
		assert search(server, shop)["orderTotal"] == 1

	@pytest.mark.parametrize(
		("poison", "is_broken"),
		[
			("missing_lines", lambda row: "itemInfoList" not in row),
			("negative_quantity", lambda row: row["itemInfoList"][0]["itemTotal"] == "-1"),
			("unreadable_amount", lambda row: row["shouldPay"] == "1,2x"),
			("unknown_status", lambda row: row["orderState"] == "STATE_OF_TOMORROW"),
			("absent_created", lambda row: "orderStartTime" not in row),
		],
	)
	def test_poison_breaks_one_order_until_it_is_cured(
		self, server: Server, shop: Shop, poison: str, is_broken: Any
	) -> None:
		good, bad = make_order(server, shop), make_order(server, shop)
		server.move(bad, "poison", kind=poison)
		rows = {row["orderId"]: row for row in search(server, shop)["orderInfoList"]}
		assert is_broken(rows[bad.order_no])
		assert rows[good.order_no]["shouldPay"] == "128.14"
		server.move(bad, "cure")
		cured = search(server, shop)["orderInfoList"][-1]
		assert cured["orderId"] == bad.order_no
		assert cured["itemInfoList"][0]["itemTotal"] == "2"


class TestSeller:
	def ship(self, server: Server, shop: Shop, order: Order, courier: str, number: str) -> dict:
		return call_result(
			server,
			shop,
			"jingdong.pop.order.shipment",
			orderId=order.order_no,
			logiCoprId=courier,
			logiNo=number,
		)

	def test_shipping_twice_counts_and_another_number_is_refused(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		assert self.ship(server, shop, order, "463", "YT1")["success"] is True
		assert (order.state, order.parcels[0].confirmations) == ("shipped", 1)
		assert self.ship(server, shop, order, "463", "YT1")["success"] is True
		assert order.parcels[0].confirmations == 2
		refused = self.ship(server, shop, order, "463", "YT2")
		assert (refused["success"], refused["errorCode"]) == (False, "10500001")
		assert [parcel.waybill_no for parcel in order.parcels] == ["YT1"]

	def test_several_parcels_of_several_couriers(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		assert self.ship(server, shop, order, "463|1499", "YT1,YT2|ZT1")["success"] is True
		assert [(parcel.courier, parcel.waybill_no) for parcel in order.parcels] == [
			("463", "YT1"),
			("463", "YT2"),
			("1499", "ZT1"),
		]

	def test_locked_unpaid_and_unknown_orders_are_not_shipped(self, server: Server, shop: Shop) -> None:
		order, unpaid = make_order(server, shop), make_order(server, shop, is_paid=False)
		server.move(order, "lock")
		assert self.ship(server, shop, order, "463", "YT1")["success"] is False
		assert self.ship(server, shop, unpaid, "463", "YT1")["success"] is False
		assert self.ship(server, shop, order, "463|1499", "YT1")["success"] is False
		server.move(order, "unlock")
		assert self.ship(server, shop, order, "9", "YT1")["success"] is False
		assert (order.state, order.parcels, unpaid.state) == ("paid", [], "unpaid")

	def test_stock_and_listings(self, server: Server, shop: Shop) -> None:
		page = call_result(server, shop, "jingdong.sku.read.searchSkuList", pageNo=1, page_size=1)
		assert page["totalItem"] == 2
		sku = page["data"][0]
		assert (sku["outerId"], sku["stockNum"], sku["jdPrice"]) == ("YS-120", 50, 59.9)
		set_stock = "jingdong.ware.stock.sku.set"
		assert call_result(server, shop, set_stock, skuId=sku["skuId"], stockNum=7)["success"] is True
		assert call_result(server, shop, set_stock, skuId="404", stockNum=7)["success"] is False
		assert call_result(server, shop, set_stock, skuId=sku["skuId"], stockNum=-1)["success"] is False
		assert [row.stock for row in server.do(lambda world: world.list_listings(shop.shop_id))] == [7, 40]

	def test_the_shop_of_the_token(self, server: Server, shop: Shop) -> None:
		result = call_result(server, shop, "jingdong.vender.shop.query")
		assert (result["shop_id"], result["shop_name"]) == (shop.shop_id, "云杉旗舰店")


class TestAfterSales:
	def open(self, server: Server, order: Order, kind: str) -> Refund:
		return server.do(lambda world: world.open_refund(order, kind, reason="不喜欢"))

	def test_requests_before_shipping_by_both_times(self, server: Server, shop: Shop) -> None:
		order, shipped = make_order(server, shop), make_order(server, shop)
		server.move(shipped, "ship")
		self.open(server, shipped, "return")
		case = self.open(server, order, "before_ship")
		method = "jingdong.pop.afs.soa.refundapply.queryPageList"
		window = (show_time(-60), show_time(60))
		asked = {"applyTimeStart": window[0], "applyTimeEnd": window[1], "pageIndex": 1, "pageSize": 10}
		result = call_result(server, shop, method, **asked)
		assert result["totalCount"] == 1
		row = result["result"][0]
		assert (row["id"], row["orderId"], row["status"]) == (case.case_no, order.order_no, 0)
		assert row["applyRefundSum"] == "122.14"
		checked = {"checkTimeStart": window[0], "checkTimeEnd": window[1], "pageIndex": 1, "pageSize": 10}
		assert call_result(server, shop, method, **checked)["totalCount"] == 0
		for action, status in (("agree", 1), ("finish", 3)):
			server.do(lambda world, action=action: world.move_refund(case, action))
			assert call_result(server, shop, method, **checked)["result"][0]["status"] == status
		assert call_result(server, shop, method, pageIndex=1)["success"] is False
		assert search(server, shop)["orderInfoList"][-1]["orderState"] == "TRADE_CANCELED"

	def test_services_after_shipping(self, server: Server, shop: Shop) -> None:
		order = make_order(server, shop)
		server.move(order, "ship")
		case = self.open(server, order, "return")
		named = {"buId": "1", "operatePin": "p", "operateNick": "n", "pageNumber": 1, "pageSize": 10}
		span = {"applyTimeBegin": show_time(-60), "applyTimeEnd": show_time(60)}
		result = call_result(server, shop, "jingdong.asc.query.list", **named, **span)
		assert [
			(row["serviceId"], row["customerExpect"], row["serviceStatus"]) for row in result["data"]
		] == [(int(case.case_no), 10, 10001)]
		assert call_result(server, shop, "jingdong.asc.query.list", **span)["success"] is False
		view = "jingdong.asc.serviceAndRefund.view"
		assert call_result(server, shop, view, **span, pageNumber=1, pageSize=50)["code"] == "00000"
		assert call_result(server, shop, view, **span, pageNumber=1, pageSize=51)["success"] is False


class TestTokens:
	def refresh(self, server: Server, shop: Shop, **changes: str) -> dict:
		params = {
			"app_key": shop.app_key,
			"app_secret": shop.app_secret,
			"grant_type": "refresh_token",
			"refresh_token": shop.refresh_token,
		} | changes
		return server.http.get(f"{server.url}/oauth2/refresh_token", params=params, timeout=10).json()

	def test_a_refresh_works_in_the_last_day_only_and_rotates_both(self, server: Server, shop: Shop) -> None:
		before = (shop.access_token, shop.refresh_token)
		assert self.refresh(server, shop)["code"] == 401
		assert (shop.access_token, shop.refresh_token) == before
		server.do(lambda world: world.tokens.expire(shop))
		answer = self.refresh(server, shop)
		assert answer["access_token"] == shop.access_token != before[0]
		assert answer["refresh_token"] == shop.refresh_token != before[1]
		assert answer["expires_in"] == 365 * 86400
		assert self.refresh(server, shop, refresh_token=before[1])["code"] == 401
		assert search(server, shop)["orderTotal"] == 0

	def test_wrong_secrets_and_withdrawn_shops_get_none(self, server: Server, shop: Shop) -> None:
		server.do(lambda world: world.tokens.expire(shop))
		assert self.refresh(server, shop, app_secret="guess")["code"] == 401
		server.do(lambda world: world.tokens.revoke(shop))
		assert self.refresh(server, shop)["code"] == 401

	def test_a_code_is_good_once(self, server: Server, shop: Shop) -> None:
		code = server.do(lambda world: world.tokens.make_code(shop))
		params = {
			"app_key": shop.app_key,
			"app_secret": shop.app_secret,
			"grant_type": "authorization_code",
			"code": code,
		}
		first = server.http.post(f"{server.url}/oauth2/access_token", params, timeout=10).json()
		assert first["access_token"] == shop.access_token
		assert server.http.post(f"{server.url}/oauth2/access_token", params, timeout=10).json()["code"] == 401


class TestFaults:
	@pytest.fixture(autouse=True)
	def clear(self, server: Server) -> Iterator[None]:
		yield
		server.do(lambda world: server.faults.remove())

	@pytest.mark.parametrize(
		("kind", "code"), [("rate_limit", "2"), ("platform_fault", "67"), ("expire_token", "19")]
	)
	def test_in_the_platforms_words(self, server: Server, shop: Shop, kind: str, code: str) -> None:
		server.add_fault(kind, platform="JD", shop_id=shop.shop_id, api=SEARCH, times=1)
		assert get_code(server, make_params(shop, SEARCH, {})) == code
		is_alive = kind != "expire_token"
		assert ("error_response" not in call(server, shop, SEARCH)) is is_alive

	def test_a_wrong_signature_is_told_before_a_fault(self, server: Server, shop: Shop) -> None:
		server.add_fault("rate_limit", shop_id=shop.shop_id)
		assert get_code(server, make_params(shop, SEARCH, {}) | {"sign": "0"}) == "12"

	def test_of_the_network(self, server: Server, shop: Shop) -> None:
		make_order(server, shop)
		server.add_fault("server_error", shop_id=shop.shop_id, times=1)
		params = make_params(shop, SEARCH, {})
		assert server.http.post(f"{server.url}/routerjson", params, timeout=10).status_code == 502
		server.add_fault("hang_up", shop_id=shop.shop_id, times=1)
		with pytest.raises(requests.ConnectionError):
			server.http.post(f"{server.url}/routerjson", params, timeout=10)
		server.add_fault("truncate", shop_id=shop.shop_id, times=1)
		with pytest.raises(ValueError, match=r"JSON|Unterminated|Expecting"):
			server.http.post(f"{server.url}/routerjson", params, timeout=10).json()

	def test_a_page_shifts_before_the_second_is_read(self, server: Server, shop: Shop) -> None:
		orders = [make_order(server, shop) for _ in range(4)]
		before = {order.order_no: order.modified for order in orders}
		server.add_fault("page_shift", shop_id=shop.shop_id, times=1)
		search(server, shop, page="1", page_size="2")
		assert {order.order_no: order.modified for order in orders} == before
		search(server, shop, page="2", page_size="2")
		assert sum(order.modified != before[order.order_no] for order in orders) == 1
