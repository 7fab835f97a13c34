"""Douyin's calls: the signed body byte for byte, pages from 0, the error table, confirming twice."""

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import responses

from storegroup_oms.connectors.base import OrderRow, ShipmentNotice, ShopFacts, StockLevel, TimeWindow
from storegroup_oms.connectors.douyin.client import DouyinClient
from storegroup_oms.connectors.douyin.signing import sign
from storegroup_oms.connectors.errors import (
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)

HOST = "https://openapi-fxg.jinritemai.com"
CHINA = ZoneInfo("Asia/Shanghai")
NOW_S = int(datetime(2026, 11, 24, 14, 0, tzinfo=CHINA).timestamp())
WINDOW = TimeWindow(datetime(2026, 11, 24, 10, 0, tzinfo=CHINA), datetime(2026, 11, 24, 10, 30, tzinfo=CHINA))
FROM_S, TO_S = int(WINDOW.start.timestamp()), int(WINDOW.end.timestamp())
SECRET, TOKEN, REFRESH_TOKEN = "app-secret-of-tests", "session-token-of-tests", "refresh-token-of-tests"
NOTICE = ShipmentNotice("6920", "zhongtong", "ZT100200300")


@pytest.fixture
def client(make_client):
	return make_client(DouyinClient)


@pytest.fixture
def platform():
	with responses.RequestsMock() as mock:
		yield mock


def answer(platform, path: str, data: object, host: str = HOST) -> None:
	platform.post(
		host + path, json={"code": 10000, "msg": "success", "sub_code": "", "log_id": "l", "data": data}
	)


def refuse(platform, path: str, code: int, sub_code: str = "", sub_msg: str = "说明") -> None:
	platform.post(
		HOST + path,
		json={"code": code, "msg": "m", "sub_code": sub_code, "sub_msg": sub_msg, "log_id": "l-1"},
	)


def expect_sent(call, path: str, params: dict, with_token: bool = True) -> None:
	body = call.request.body.decode()
	assert json.loads(body) == params
	assert body == json.dumps(params, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
	method = path.strip("/").replace("/", ".")
	expected = {
		"app_key": "123456",
		"method": method,
		"timestamp": str(NOW_S),
		"v": "2",
		"sign_method": "hmac-sha256",
		"sign": sign("123456", SECRET, method, body, str(NOW_S)),
	}
	if with_token:
		expected["access_token"] = TOKEN
	url = urlsplit(call.request.url)
	assert url.path == path
	assert dict(parse_qsl(url.query, keep_blank_values=True)) == expected
	assert call.request.headers["Content-Type"] == "application/json"
	assert call.request.headers["x-open-no-old-err-code"] == "1"


def list_paths(platform) -> list[str]:
	return [urlsplit(call.request.url).path for call in platform.calls]


def test_list_of_orders_counts_pages_from_nought(client, platform):
	rows = [{"order_id": "6920", "pay_amount": 1}, {"order_id": "6921", "pay_amount": 2}]
	answer(platform, "/order/searchList", {"page": 0, "size": 100, "total": 102, "shop_order_list": rows})
	page = client.list_orders(WINDOW, 1)
	assert (page.total, page.has_more) == (102, True)
	assert list(page.rows) == [OrderRow("6920", rows[0]), OrderRow("6921", rows[1])]
	expect_sent(
		platform.calls[0],
		"/order/searchList",
		{
			"update_time_start": FROM_S,
			"update_time_end": TO_S,
			"order_by": "update_time",
			"order_asc": True,
			"page": 0,
			"size": 100,
		},
	)


@pytest.mark.parametrize(
	("page", "total", "has_more"), [(1, 100, False), (1, 101, True), (2, 200, False), (1, 0, False)]
)
def test_more_pages_follow_from_the_total(client, platform, page, total, has_more):
	answer(platform, "/order/searchList", {"total": total, "shop_order_list": []})
	assert client.list_orders(WINDOW, page).has_more is has_more
	assert json.loads(platform.calls[0].request.body)["page"] == page - 1


def test_count_asks_for_one_row(client, platform):
	answer(platform, "/order/searchList", {"total": 37, "shop_order_list": []})
	assert client.count_orders(WINDOW) == 37
	assert json.loads(platform.calls[0].request.body)["size"] == 1


def test_order(client, platform):
	answer(platform, "/order/orderDetail", {"shop_order_detail": {"order_id": "6920"}})
	assert client.get_order("6920") == {"order_id": "6920"}
	expect_sent(platform.calls[0], "/order/orderDetail", {"shop_order_id": "6920"})


@pytest.mark.parametrize("data", [None, {}, {"shop_order_detail": None}, {"shop_order_detail": {}}])
def test_order_that_is_not_there(client, platform, data):
	answer(platform, "/order/orderDetail", data)
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("6920")
	assert error.value.code == "order_missing"


def test_list_of_cases(client, platform):
	answer(platform, "/afterSale/List", {"items": [{"aftersale_info": {}}], "has_more": True, "total": 150})
	page = client.list_refunds(WINDOW, 2)
	assert (page.total, list(page.rows), page.has_more) == (150, [{"aftersale_info": {}}], True)
	expect_sent(
		platform.calls[0],
		"/afterSale/List",
		{
			"update_start_time": FROM_S,
			"update_end_time": TO_S,
			"order_by": ["update_time asc"],
			"page": 1,
			"size": 100,
		},
	)


@pytest.mark.parametrize("wrap", [lambda skus: skus, lambda skus: {"data": skus}])
def test_list_of_products_brings_their_skus(client, platform, wrap):
	answer(
		platform,
		"/product/listV2",
		{"data": [{"product_id": 36, "name": "T"}], "total": 1, "page": 1, "size": 100},
	)
	answer(platform, "/sku/list", wrap([{"id": 17}]))
	page = client.list_listings(1)
	assert (page.total, list(page.rows), page.has_more) == (
		1,
		[{"product_id": 36, "name": "T", "skus": [{"id": 17}]}],
		False,
	)
	expect_sent(platform.calls[0], "/product/listV2", {"page": 1, "size": 100})
	expect_sent(platform.calls[1], "/sku/list", {"product_id": 36})


def test_whole_order_in_one_parcel(client, platform):
	answer(platform, "/order/logisticsAdd", {})
	client.confirm_shipment(NOTICE)
	expect_sent(
		platform.calls[0],
		"/order/logisticsAdd",
		{"order_id": "6920", "company_code": "zhongtong", "logistics_code": "ZT100200300"},
	)


def test_parcel_that_is_confirmed_already_is_no_error(client, platform):
	refuse(platform, "/order/logisticsAdd", 50002, "isv.business-failed:110", "订单状态不支持")
	order = {"order_id": "6920", "logistics_info": [{"tracking_no": "ZT100200300"}]}
	answer(platform, "/order/orderDetail", {"shop_order_detail": order})
	client.confirm_shipment(NOTICE)
	assert list_paths(platform) == ["/order/logisticsAdd", "/order/orderDetail"]


@pytest.mark.parametrize("parcels", [None, [], [{"tracking_no": "SF9"}]])
def test_refused_parcel_stays_an_error_where_another_waybill_stands(client, platform, parcels):
	refuse(platform, "/order/logisticsAdd", 50002, "isv.business-failed:110", "订单状态不支持")
	order = {"order_id": "6920", "logistics_info": parcels}
	answer(platform, "/order/orderDetail", {"shop_order_detail": order})
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(NOTICE)
	assert (error.value.code, error.value.message) == ("50002:isv.business-failed:110", "订单状态不支持")


ORDER_OF_TWO = {
	"order_id": "6920",
	"logistics_info": [],
	"sku_order_list": [{"order_id": "6921", "item_num": 2}, {"order_id": "6922", "item_num": 1}],
}


@pytest.mark.parametrize(
	("line_nos", "is_first", "lines"),
	[
		(("6922",), True, [{"shipped_order_id": "6922", "shipped_num": 1}]),
		(("6921",), False, [{"shipped_order_id": "6921", "shipped_num": 2}]),
		(
			(),
			False,
			[{"shipped_order_id": "6921", "shipped_num": 2}, {"shipped_order_id": "6922", "shipped_num": 1}],
		),
	],
)
def test_parcel_of_some_lines(client, platform, line_nos, is_first, lines):
	answer(platform, "/order/orderDetail", {"shop_order_detail": ORDER_OF_TWO})
	answer(platform, "/order/logisticsAddMultiPack", {})
	client.confirm_shipment(ShipmentNotice("6920", "zhongtong", "ZT100200300", line_nos, is_first))
	expect_sent(
		platform.calls[1],
		"/order/logisticsAddMultiPack",
		{
			"order_id": "6920",
			"request_id": "6d3f65a9f91a6e27ec3355f21db488a0",
			"pack_list": [
				{"shipped_order_info": lines, "logistics_code": "ZT100200300", "company_code": "zhongtong"}
			],
		},
	)


def test_parcel_of_some_lines_is_not_sent_twice(client, platform):
	order = ORDER_OF_TWO | {"logistics_info": [{"tracking_no": "ZT100200300"}]}
	answer(platform, "/order/orderDetail", {"shop_order_detail": order})
	client.confirm_shipment(ShipmentNotice("6920", "zhongtong", "ZT100200300", ("6922",)))
	assert list_paths(platform) == ["/order/orderDetail"]


def test_one_bad_stock_figure_does_not_stop_the_others(client, platform):
	answer(platform, "/sku/syncStock", None)
	refuse(platform, "/sku/syncStock", 50002, "isv.business-failed:9", "SKU已删除")
	answer(platform, "/sku/syncStock", {})
	levels = [StockLevel("36", "171", 5), StockLevel("36", "172", 6), StockLevel("37", "173", 0)]
	results = client.update_stock(levels)
	assert [(result.level, result.error_code, result.error_message) for result in results] == [
		(levels[0], "", ""),
		(levels[1], "50002:isv.business-failed:9", "SKU已删除"),
		(levels[2], "", ""),
	]
	expect_sent(
		platform.calls[2],
		"/sku/syncStock",
		{"product_id": 37, "sku_id": 173, "stock_num": 0, "incremental": False},
	)


def test_stock_is_read_and_unknown_is_left_out(client, platform):
	answer(platform, "/sku/stockNum", {"sku_id": 171, "stock_num": 5})
	refuse(platform, "/sku/stockNum", 50002, "isv.business-failed:1", "sku不存在")
	answer(platform, "/sku/stockNum", {"sku_id": 173, "stock_num": 0})
	keys = [("36", "171"), ("36", "172"), ("37", "173")]
	assert client.get_stock(keys) == {("36", "171"): 5, ("37", "173"): 0}
	expect_sent(platform.calls[0], "/sku/stockNum", {"sku_id": 171})


@pytest.mark.parametrize(
	("given", "expires_at"),
	[
		({"expires_in": 604800}, timedelta(days=7)),
		({"expires_in": NOW_S + 500}, timedelta(seconds=500)),
		({}, None),
	],
)
def test_refreshed_tokens(client, platform, now, given, expires_at):
	answer(
		platform, "/token/refresh", {"access_token": "fresh-token", "refresh_token": "fresh-refresh", **given}
	)
	tokens = client.refresh_token()
	assert (tokens.session_token, tokens.refresh_token) == ("fresh-token", "fresh-refresh")
	assert tokens.expires_at == (now + expires_at if expires_at else None)
	params = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
	expect_sent(platform.calls[0], "/token/refresh", params, with_token=False)
	assert "fresh" not in repr(tokens)


@pytest.mark.parametrize(
	("code", "sub_code"),
	[
		(50001, "dop.token-generate-failed:1"),
		(40003, "isv.access-token-expired"),
		(30001, "dop.authorization-closed"),
	],
)
def test_refresh_token_that_is_not_taken_needs_a_person(client, platform, code, sub_code):
	refuse(platform, "/token/refresh", code, sub_code)
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert (error.value.code, error.value.can_refresh) == (f"{code}:{sub_code}", False)


@pytest.mark.parametrize(
	("rows", "facts"),
	[
		([{"order_id": "1", "shop_id": 90001, "shop_name": "测试小店"}], ShopFacts("90001", "测试小店")),
		([], ShopFacts()),
	],
)
def test_shop(client, platform, rows, facts):
	answer(platform, "/order/searchList", {"total": len(rows), "shop_order_list": rows})
	assert client.get_shop() == facts
	sent = json.loads(platform.calls[0].request.body)
	assert (sent["update_time_start"], sent["update_time_end"], sent["size"]) == (NOW_S - 3600, NOW_S, 1)


ERRORS = [
	(10001, "", RefusedError),
	(20000, "isp.service-error:1", RetryableError),
	(20001, "", RetryableError),
	(30001, "isv.app-permissions-insufficient", RefusedError),
	(30001, "dop.authorization-no-existed", CredentialError),
	(30001, "dop.authorization-closed", CredentialError),
	(30002, "", RefusedError),
	(40001, "isv.signature-missing", RefusedError),
	(40001, "isv.access-token-missing", CredentialError),
	(40001, "isv.app-key-missing", RefusedError),
	(40002, "", RefusedError),
	(40003, "isv.signature-invalid", RefusedError),
	(40003, "isv.access-token-expired", CredentialError),
	(40003, "isv.access-token-no-existed", CredentialError),
	(40003, "isv.access-token-invalid", CredentialError),
	(40003, "isv.timestamp-invalid", RefusedError),
	(40003, "isv.parameter-invalid", RefusedError),
	(40003, "isv.idempotent-id-existed", RefusedError),
	(40004, "", RefusedError),
	(50001, "dop.token-generate-failed:1", RefusedError),
	(50002, "isv.business-failed:7", RefusedError),
	(60000, "", RateLimitedError),
	(70000, "", RefusedError),
	(80000, "", RefusedError),
	(90000, "", RetryableError),
	(12345, "", RefusedError),
]


@pytest.mark.parametrize(("code", "sub_code", "kind"), ERRORS)
def test_error_table(client, platform, code, sub_code, kind):
	refuse(platform, "/order/orderDetail", code, sub_code)
	with pytest.raises(kind) as error:
		client.get_order("6920")
	assert type(error.value) is kind
	expected = f"{code}:{sub_code}" if sub_code else str(code)
	assert (error.value.code, error.value.message, error.value.request_id) == (expected, "说明", "l-1")


@pytest.mark.parametrize(
	("sub_code", "can_refresh"), [("isv.access-token-expired", True), ("dop.authorization-closed", False)]
)
def test_what_a_new_token_may_heal(client, platform, sub_code, can_refresh):
	refuse(platform, "/order/orderDetail", 40003, sub_code)
	with pytest.raises(CredentialError) as error:
		client.get_order("6920")
	assert error.value.can_refresh is can_refresh


def test_business_error_that_says_not_there(client, platform):
	refuse(platform, "/order/orderDetail", 50002, "isv.business-failed:3", "订单不存在")
	with pytest.raises(RemoteNotFoundError):
		client.get_order("6920")


@pytest.mark.parametrize(
	"body",
	[
		'{"code":10000,"data":{"total":1,"shop_order_list":[{"order_id":"69',
		"[]",
		"null",
		'{"code":10000,"data":5}',
		'{"code":10000,"data":{"total":1,"shop_order_list":{}}}',
		'{"code":10000,"data":{"total":1,"shop_order_list":[{}]}}',
		'{"code":10000,"data":{"total":"1","shop_order_list":[]}}',
		'{"code":10000,"data":{"shop_order_list":[]}}',
	],
)
def test_broken_answers_are_retried_later(client, platform, body):
	platform.post(HOST + "/order/searchList", body=body)
	with pytest.raises(RetryableError) as error:
		client.list_orders(WINDOW, 1)
	assert error.value.code == "broken_answer"


def test_secrets_stay_out_of_errors_and_records(make_client, platform, calls):
	client = make_client(DouyinClient, attempts=2)
	for _attempt in range(2):
		refuse(platform, "/order/orderDetail", 60000, "", f"token {TOKEN} secret {SECRET}")
	with pytest.raises(RateLimitedError) as error:
		client.get_order("6920")
	assert len(platform.calls) == 2
	told = f"{error.value} {error.value.args} {calls} {client.account!r}"
	assert TOKEN not in told and SECRET not in told and REFRESH_TOKEN not in told
	assert [(call.api, call.outcome, call.attempts) for call in calls] == [
		("order.orderDetail", "RateLimitedError", 2)
	]


def test_gateway_of_the_shop_is_used(make_client, platform):
	client = make_client(DouyinClient, gateway_url="http://127.0.0.1:9")
	answer(platform, "/order/orderDetail", {"shop_order_detail": {"order_id": "6920"}}, "http://127.0.0.1:9")
	assert client.get_order("6920") == {"order_id": "6920"}
