"""JD's calls: every parameter on the wire, paging, both levels of errors, confirming twice, stock."""

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests
import responses
from jd.api.base import sign as sign_by_vendor

from storegroup_oms.connectors.base import (
	OrderRow,
	ShipmentNotice,
	ShopFacts,
	StockLevel,
	StockResult,
	TimeWindow,
)
from storegroup_oms.connectors.errors import (
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)
from storegroup_oms.connectors.jd.client import ORDER_FIELDS, SKU_FIELDS, JDClient

URL = "https://api.jd.com/routerjson"
TOKEN_URL = "https://open-oauth.jd.com/oauth2/refresh_token"
CHINA = ZoneInfo("Asia/Shanghai")
WINDOW = TimeWindow(datetime(2026, 11, 24, 10, 0, tzinfo=CHINA), datetime(2026, 11, 24, 10, 30, tzinfo=CHINA))
SECRET, TOKEN, REFRESH_TOKEN = "app-secret-of-tests", "session-token-of-tests", "refresh-token-of-tests"
NOTICE = ShipmentNotice("3081", "463", "YT100200300")
SEARCH, GET, SHIP = "jingdong.pop.order.search", "jingdong.pop.order.get", "jingdong.pop.order.shipment"
REFUNDS, SERVICES = "jingdong.pop.afs.soa.refundapply.queryPageList", "jingdong.asc.serviceAndRefund.view"
SKUS, STOCK = "jingdong.sku.read.searchSkuList", "jingdong.ware.stock.sku.set"
STATES = (
	"NOT_PAY,WAIT_SELLER_STOCK_OUT,WAIT_SELLER_DELIVERY,LOCKED,PAUSE,POP_ORDER_PAUSE,"
	"WAIT_GOODS_RECEIVE_CONFIRM,FINISHED_L,TRADE_CANCELED,DELIVERY_RETURN"
)
SHIPPED_ALREADY = {
	"success": False,
	"errorCode": "10500001",
	"chineseErrCode": "订单已出库",
	"englishErrCode": "shipped",
}


@pytest.fixture
def client(make_client):
	return make_client(JDClient)


@pytest.fixture
def platform():
	with responses.RequestsMock() as mock:
		yield mock


def answer(platform, method: str, member: str, **content) -> None:
	platform.post(URL, json={method.replace(".", "_") + "_responce": {"code": "0", member: content}})


def answer_order(platform, **order) -> None:
	answer(
		platform, GET, "orderDetailInfo", apiResult={"success": True}, orderInfo={"orderId": "3081", **order}
	)


def refuse(platform, code: str) -> None:
	platform.post(URL, json={"error_response": {"code": code, "zh_desc": "错误", "en_desc": "wrong"}})


def read_sent(call) -> dict[str, str]:
	return dict(parse_qsl(call.request.body, keep_blank_values=True, strict_parsing=True))


def read_params(call) -> dict:
	return json.loads(read_sent(call)["360buy_param_json"])


def expect_sent(call, method: str, **params) -> None:
	"""The vendor's own SDK judges the signature."""
	sent = read_sent(call)
	assert sent.pop("sign") == sign_by_vendor(SECRET, sent)
	assert json.loads(sent.pop("360buy_param_json")) == params
	assert sent == {
		"method": method,
		"app_key": "123456",
		"access_token": TOKEN,
		"timestamp": "2026-11-24 14:00:00",
		"v": "2.0",
	}


def test_list_of_orders(client, platform):
	order = {"orderId": "3081", "orderState": "NOT_PAY"}
	answer(
		platform,
		SEARCH,
		"searchorderinfo_result",
		apiResult={"success": True},
		orderTotal=301,
		orderInfoList=[order],
	)
	page = client.list_orders(WINDOW, 3)
	assert (page.total, list(page.rows), page.has_more) == (301, [OrderRow("3081", order)], True)
	expect_sent(
		platform.calls[0],
		SEARCH,
		start_date="2026-11-24 10:00:00",
		end_date="2026-11-24 10:30:00",
		order_state=STATES,
		optional_fields=ORDER_FIELDS,
		page="3",
		page_size="100",
		sortType="1",
		dateType="0",
		source_id="JOS",
	)


@pytest.mark.parametrize(
	("page", "total", "has_more"), [(1, 100, False), (1, "101", True), (2, 200, False), (1, 0, False)]
)
def test_more_pages_follow_from_the_total(client, platform, page, total, has_more):
	answer(platform, SEARCH, "searchorderinfo_result", orderTotal=total)
	result = client.list_orders(WINDOW, page)
	assert (list(result.rows), result.has_more) == ([], has_more)


@pytest.mark.parametrize("total", [None, "many", -1])
def test_list_without_a_total_is_not_trusted(client, platform, total):
	answer(platform, SEARCH, "searchorderinfo_result", orderTotal=total, orderInfoList=[])
	with pytest.raises(RetryableError, match="broken_answer"):
		client.list_orders(WINDOW, 1)


def test_count_asks_for_one_row(client, platform):
	answer(platform, SEARCH, "searchorderinfo_result", orderTotal=37)
	assert client.count_orders(WINDOW) == 37
	params = read_params(platform.calls[0])
	assert (params["page_size"], params["optional_fields"]) == ("1", "orderId")


def test_one_order(client, platform):
	answer_order(platform, shouldPay="1.00")
	assert client.get_order("3081") == {"orderId": "3081", "shouldPay": "1.00"}
	expect_sent(platform.calls[0], GET, order_id="3081", optional_fields=ORDER_FIELDS, source_id="JOS")


@pytest.mark.parametrize(
	("result", "code"),
	[
		(
			{"apiResult": {"success": False, "numberCode": 10100021, "chineseErrCode": "订单不存在"}},
			"10100021",
		),
		({"apiResult": {"success": True}, "orderInfo": None}, "no_order"),
	],
)
def test_order_that_is_not_there(client, platform, result, code):
	answer(platform, GET, "orderDetailInfo", **result)
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("3089")
	assert error.value.code == code


@pytest.mark.parametrize(
	("code", "kind", "can_refresh"),
	[
		("2", RateLimitedError, None),
		("4", RefusedError, None),
		("5", RefusedError, None),
		("7", RefusedError, None),
		("8", RefusedError, None),
		("11", RefusedError, None),
		("12", RefusedError, None),
		("14", RefusedError, None),
		("15", RefusedError, None),
		("19", CredentialError, True),
		("103", CredentialError, False),
		("67", RetryableError, None),
		("10100004", RefusedError, None),
	],
)
def test_error_table(client, platform, code, kind, can_refresh):
	refuse(platform, code)
	with pytest.raises(kind) as error:
		client.get_order("3081")
	assert type(error.value) is kind
	assert (error.value.code, error.value.message) == (code, "错误")
	assert getattr(error.value, "can_refresh", None) is can_refresh


def test_error_at_the_top_level(client, platform):
	platform.post(URL, json={"code": "19", "errorMessage": "token已过期"})
	with pytest.raises(CredentialError, match="19: token已过期"):
		client.get_order("3081")


def test_error_beside_the_result(client, platform):
	platform.post(URL, json={"jingdong_pop_order_get_responce": {"code": "2", "en_desc": "App Call Limited"}})
	with pytest.raises(RateLimitedError, match="2: App Call Limited"):
		client.get_order("3081")


@pytest.mark.parametrize(
	("result", "kind", "code"),
	[
		({"apiResult": {"success": False, "numberCode": 10100004}}, RefusedError, "10100004"),
		({"apiResult": {"success": "false", "englishErrCode": "no"}}, RefusedError, "unknown"),
		({"success": False, "errorCode": "999999"}, RetryableError, "999999"),
		({"success": False, "errorCode": "99999999"}, RetryableError, "99999999"),
	],
)
def test_errors_of_the_business_result(client, platform, result, kind, code):
	answer(platform, GET, "orderDetailInfo", **result)
	with pytest.raises(kind) as error:
		client.get_order("3081")
	assert (type(error.value), error.value.code) == (kind, code)


@pytest.mark.parametrize(
	"body",
	['{"jingdong_pop', "[]", "{}", '{"jingdong_pop_order_get_responce":{"code":"0"}}', "<html>"],
)
def test_broken_answers_are_tried_again(client, platform, body):
	platform.post(URL, body=body)
	with pytest.raises(RetryableError, match="broken_answer"):
		client.get_order("3081")


def test_without_a_token_nothing_is_sent(make_client, platform):
	with pytest.raises(CredentialError, match="no_session"):
		make_client(JDClient, session_token="").get_order("3081")
	assert len(platform.calls) == 0


def test_secrets_stay_out_of_errors_and_records(client, platform, calls):
	platform.post(URL, json={"error_response": {"code": "12", "zh_desc": f"{SECRET} {TOKEN}"}})
	with pytest.raises(RefusedError) as error:
		client.get_order("3081")
	told = f"{error.value!r} {error.value} {error.value.message} {calls} {client.account!r}"
	assert SECRET not in told
	assert TOKEN not in told


def test_cases_of_both_kinds_come_together(client, platform):
	answer(platform, REFUNDS, "queryResult", success=True, totalCount=51, result=[{"id": "1"}] * 50)
	answer(platform, REFUNDS, "queryResult", success=True, totalCount=51, result=[{"id": "2"}])
	answer(platform, SERVICES, "pageResult", totalCount=1, data=[{"serviceId": 1, "serviceStatus": 10001}])
	answer(platform, SERVICES, "pageResult", totalCount=1, data=[{"serviceId": 1, "serviceStatus": 10005}])
	page = client.list_refunds(WINDOW, 1)
	assert (page.total, page.has_more) == (3, False)
	assert list(page.rows) == [{"id": "1"}, {"id": "2"}, {"serviceId": 1, "serviceStatus": 10005}]
	first = {"applyTimeStart": "2026-11-09 10:00:00", "applyTimeEnd": "2026-11-24 10:30:00", "showSku": True}
	expect_sent(platform.calls[0], REFUNDS, **first, pageIndex=1, pageSize=50)
	expect_sent(platform.calls[1], REFUNDS, **first, pageIndex=2, pageSize=50)
	asked = {"applyTimeBegin": "2026-11-18 10:00:00", "applyTimeEnd": "2026-11-24 10:30:00"}
	expect_sent(platform.calls[2], SERVICES, **asked, pageNumber=1, pageSize=50)
	approved = {"approveTimeBegin": "2026-11-24 10:00:00", "approveTimeEnd": "2026-11-24 10:30:00"}
	expect_sent(platform.calls[3], SERVICES, **approved, pageNumber=1, pageSize=50)


def test_further_pages_are_cut_from_what_the_first_read(client, platform):
	def answer_all(count: int) -> None:
		rows = [{"id": str(number)} for number in range(count)]
		for start in range(0, count, 50):
			answer(platform, REFUNDS, "queryResult", totalCount=count, result=rows[start : start + 50])
		answer(platform, SERVICES, "pageResult", totalCount=0, data=[])
		answer(platform, SERVICES, "pageResult", totalCount=0, data=None)

	answer_all(101)
	first, second = client.list_refunds(WINDOW, 1), client.list_refunds(WINDOW, 2)
	assert (first.total, len(first.rows), first.has_more) == (101, 100, True)
	assert (second.total, list(second.rows), second.has_more) == (101, [{"id": "100"}], False)
	assert len(platform.calls) == 5
	answer_all(2)
	assert client.list_refunds(WINDOW, 1).total == 2


def test_parcel_is_confirmed(client, platform):
	answer(platform, SHIP, "sopjosshipment_result", success=True, errorCode="0")
	client.confirm_shipment(NOTICE)
	expect_sent(platform.calls[0], SHIP, orderId="3081", logiCoprId="463", logiNo="YT100200300")


@pytest.mark.parametrize("waybill", ["YT100200300", "YT1|YT100200300", "YT1,YT100200300"])
def test_parcel_confirmed_before_is_no_error(client, platform, waybill):
	answer(platform, SHIP, "sopjosshipment_result", **SHIPPED_ALREADY)
	answer_order(platform, logisticsId="463|467", waybill=waybill)
	assert client.confirm_shipment(NOTICE) is None
	assert len(platform.calls) == 2


@pytest.mark.parametrize("waybill", ["", "ANOTHER", "YT1002003001"])
def test_order_with_another_waybill_refuses_the_parcel(client, platform, waybill):
	answer(platform, SHIP, "sopjosshipment_result", **SHIPPED_ALREADY)
	answer_order(platform, logisticsId="463", waybill=waybill)
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(NOTICE)
	assert (error.value.code, error.value.message) == ("10500001", "订单已出库")


def test_further_parcel_is_told_with_the_first(client, platform):
	answer_order(platform, logisticsId="467|463", waybill="SF1|YT1,YT2")
	answer(platform, SHIP, "sopjosshipment_result", success=True)
	client.confirm_shipment(ShipmentNotice("3081", "463", "YT3", is_first=False))
	expect_sent(
		platform.calls[1], SHIP, orderId="3081", logiCoprId="467|463|463|463", logiNo="SF1|YT1|YT2|YT3"
	)


def test_further_parcel_that_is_known_is_not_told_again(client, platform):
	answer_order(platform, logisticsId="463", waybill="YT3")
	client.confirm_shipment(ShipmentNotice("3081", "463", "YT3", is_first=False))
	assert len(platform.calls) == 1


def test_stock_goes_one_by_one(client, platform):
	levels = [StockLevel("100", "1", 5), StockLevel("100", "2", 0)]
	answer(platform, STOCK, "result", success=False, errorCode="10100004", chineseErrCode="商品错误")
	answer(platform, STOCK, "result", success=True)
	assert client.update_stock(levels) == [
		StockResult(levels[0], "10100004", "商品错误"),
		StockResult(levels[1]),
	]
	expect_sent(platform.calls[0], STOCK, skuId="1", stockNum=5)
	expect_sent(platform.calls[1], STOCK, skuId="2", stockNum=0)


def test_shown_stock(client, platform):
	rows = [{"wareId": 100, "skuId": 1, "stockNum": 4}, {"wareId": 100, "skuId": 2, "stockNum": 6}]
	answer(platform, SKUS, "page", data=rows, totalItem=2)
	assert client.get_stock([("100", "1"), ("101", "2"), ("100", "")]) == {("100", "1"): 4}
	expect_sent(platform.calls[0], SKUS, skuId="1,2", pageNo=1, pageSize=100, field=SKU_FIELDS)


def test_listings(client, platform):
	answer(platform, SKUS, "page", data=[{"skuId": 1}], totalItem=101)
	page = client.list_listings(1)
	assert (page.total, list(page.rows), page.has_more) == (101, [{"skuId": 1}], True)
	expect_sent(platform.calls[0], SKUS, pageNo=1, pageSize=100, field=SKU_FIELDS)


def test_token_is_refreshed(client, platform, now):
	fresh = {"access_token": "new", "refresh_token": "newer", "expires_in": 86400}
	platform.get(TOKEN_URL, json=fresh)
	tokens = client.refresh_token()
	assert (tokens.session_token, tokens.refresh_token) == ("new", "newer")
	assert tokens.expires_at == now + timedelta(days=1)
	assert dict(parse_qsl(urlsplit(platform.calls[0].request.url).query)) == {
		"app_key": "123456",
		"app_secret": SECRET,
		"grant_type": "refresh_token",
		"refresh_token": REFRESH_TOKEN,
	}


@pytest.mark.parametrize("gateway", ["http://127.0.0.1:9", "http://127.0.0.1:9/routerjson"])
def test_gateway_serves_calls_and_tokens(make_client, platform, gateway):
	client = make_client(JDClient, gateway_url=gateway)
	platform.get("http://127.0.0.1:9/oauth2/refresh_token", json={"access_token": "new", "expires_in": "0"})
	assert client.refresh_token().expires_at is None
	platform.post(
		"http://127.0.0.1:9/routerjson",
		json={
			"jingdong_pop_order_get_responce": {
				"code": "0",
				"orderDetailInfo": {"orderInfo": {"orderId": "1"}},
			}
		},
	)
	assert client.get_order("1") == {"orderId": "1"}


@pytest.mark.parametrize(
	"body",
	[
		{"code": 401, "msg": f"{REFRESH_TOKEN} expired"},
		{"error_response": {"code": "19", "zh_desc": f"{REFRESH_TOKEN} expired"}},
		{"error_response": ["?"], "code": 401, "msg": f"{REFRESH_TOKEN} expired"},
	],
)
def test_refused_refresh_token_needs_a_person(client, platform, body):
	platform.get(TOKEN_URL, json=body)
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert (error.value.can_refresh, error.value.message) == (False, "*** expired")


def test_secrets_stay_out_of_a_failed_refresh(client, platform, calls):
	platform.get(TOKEN_URL, body=requests.ConnectionError(f"{TOKEN_URL}?app_secret={SECRET}"))
	with pytest.raises(RetryableError) as error:
		client.refresh_token()
	assert (error.value.code, error.value.message) == ("connection", "ConnectionError")
	assert SECRET not in f"{error.value!r} {calls}"


@pytest.mark.parametrize("body", ["[]", '{"access_token":"new","expires_in":"soon"}'])
def test_refresh_that_brings_no_token_is_tried_again(client, platform, body):
	platform.get(TOKEN_URL, body=body)
	with pytest.raises(RetryableError, match="broken_answer"):
		client.refresh_token()


def test_shop_without_a_refresh_token_needs_a_person(make_client, platform):
	with pytest.raises(CredentialError) as error:
		make_client(JDClient, refresh_token="").refresh_token()
	assert (error.value.code, error.value.can_refresh) == ("no_refresh_token", False)


def test_connection_is_tried_by_asking_for_the_shop(client, platform):
	method = "jingdong.seller.vender.info.get"
	answer(platform, method, "vender_info_result", vender_id="10090001", shop_name="山海测试店")
	assert client.get_shop() == ShopFacts("10090001", "山海测试店")
	expect_sent(platform.calls[0], method)
