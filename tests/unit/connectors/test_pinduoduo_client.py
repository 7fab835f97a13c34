"""Pinduoduo's calls: every parameter on the wire, paging, the error table, confirming twice."""

from datetime import datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
import responses

from storegroup_oms.connectors.base import OrderRow, ShipmentNotice, ShopFacts, StockLevel, TimeWindow
from storegroup_oms.connectors.errors import (
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)
from storegroup_oms.connectors.pinduoduo.client import PinduoduoClient
from storegroup_oms.connectors.pinduoduo.signing import sign

URL = "https://gw-api.pinduoduo.com/api/router"
CHINA = ZoneInfo("Asia/Shanghai")
NOW_S = int(datetime(2026, 11, 24, 14, 0, tzinfo=CHINA).timestamp())
WINDOW = TimeWindow(datetime(2026, 11, 24, 10, 0, tzinfo=CHINA), datetime(2026, 11, 24, 10, 30, tzinfo=CHINA))
FROM_S, TO_S = str(int(WINDOW.start.timestamp())), str(int(WINDOW.end.timestamp()))
SECRET, TOKEN, REFRESH_TOKEN = "app-secret-of-tests", "session-token-of-tests", "refresh-token-of-tests"
NOTICE = ShipmentNotice("261124-1", "115", "ZT100200300")


@pytest.fixture
def client(make_client):
	return make_client(PinduoduoClient)


@pytest.fixture
def platform():
	with responses.RequestsMock() as mock:
		yield mock


def read_sent(call) -> dict[str, str]:
	return dict(parse_qsl(call.request.body, keep_blank_values=True, strict_parsing=True))


def expect_sent(call, api: str, with_token: bool = True, **params: str) -> None:
	sent = read_sent(call)
	expected = {
		"type": api,
		"client_id": "123456",
		"timestamp": str(NOW_S),
		"data_type": "JSON",
		"version": "V1",
		**params,
	}
	if with_token:
		expected["access_token"] = TOKEN
	expected["sign"] = sign(expected, SECRET)
	assert sent == expected


def refuse(platform, code: int, sub_msg: str = "", sub_code: str | None = None) -> None:
	error = {"error_code": code, "error_msg": "m", "sub_msg": sub_msg, "request_id": "r-1"}
	platform.post(URL, json={"error_response": error | {"sub_code": sub_code or str(code)}})


def test_list_of_orders_names_numbers_and_the_total(client, platform):
	rows = [{"order_sn": "261124-1"}, {"order_sn": "261124-2"}]
	platform.post(
		URL,
		json={
			"order_sn_increment_get_response": {"order_sn_list": rows, "total_count": 102, "request_id": "r"}
		},
	)
	page = client.list_orders(WINDOW, 1)
	assert (page.total, list(page.rows), page.has_more) == (
		102,
		[OrderRow("261124-1"), OrderRow("261124-2")],
		True,
	)
	expect_sent(
		platform.calls[0],
		"pdd.order.number.list.increment.get",
		start_updated_at=FROM_S,
		end_updated_at=TO_S,
		order_status="5",
		refund_status="5",
		is_lucky_flag="0",
		page="1",
		page_size="100",
		use_has_next="false",
	)


@pytest.mark.parametrize(
	("page", "total", "has_more"), [(1, 100, False), (1, 101, True), (2, 200, False), (1, 0, False)]
)
def test_more_pages_follow_from_the_total(client, platform, page, total, has_more):
	platform.post(URL, json={"order_sn_increment_get_response": {"order_sn_list": [], "total_count": total}})
	assert client.list_orders(WINDOW, page).has_more is has_more


def test_count_asks_for_one_row(client, platform):
	platform.post(URL, json={"order_sn_increment_get_response": {"order_sn_list": [], "total_count": 37}})
	assert client.count_orders(WINDOW) == 37
	assert read_sent(platform.calls[0])["page_size"] == "1"


def test_order_comes_with_exact_numbers(client, platform):
	platform.post(
		URL,
		body='{"order_info_get_response":{"order_info":{"order_sn":"261124-1","pay_amount":0.1,"goods_id":9007199254740993}}}',
	)
	order = client.get_order("261124-1")
	assert str(order["pay_amount"]) == "0.1"
	assert order["goods_id"] == 9007199254740993
	expect_sent(platform.calls[0], "pdd.order.information.get", order_sn="261124-1")


@pytest.mark.parametrize("answer", [{"order_info": None}, {"order_info": {}}, {}])
def test_order_that_is_not_there(client, platform, answer):
	platform.post(URL, json={"order_info_get_response": answer})
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("261124-9")
	assert error.value.code == "order_missing"


def test_list_of_cases(client, platform, load_payload):
	row = {"id": 1, "refund_amount": "1.00"}
	platform.post(URL, json={"refund_increment_get_response": {"refund_list": [row], "total_count": 1}})
	page = client.list_refunds(WINDOW, 3)
	assert (page.total, list(page.rows), page.has_more) == (1, [row], False)
	expect_sent(
		platform.calls[0],
		"pdd.refund.list.increment.get",
		start_updated_at=FROM_S,
		end_updated_at=TO_S,
		after_sales_status="1",
		after_sales_type="1",
		page="3",
		page_size="100",
	)


def test_list_of_goods(client, platform):
	platform.post(
		URL, json={"goods_list_get_response": {"goods_list": [{"goods_id": 1}], "total_count": 101}}
	)
	page = client.list_listings(1)
	assert (page.total, list(page.rows), page.has_more) == (101, [{"goods_id": 1}], True)
	expect_sent(platform.calls[0], "pdd.goods.list.get", page="1", page_size="100")


def test_first_parcel(client, platform):
	platform.post(URL, json={"logistics_online_send_response": {"is_success": True}})
	client.confirm_shipment(NOTICE)
	expect_sent(
		platform.calls[0],
		"pdd.logistics.online.send",
		order_sn="261124-1",
		logistics_id="115",
		tracking_number="ZT100200300",
		redelivery_type="1",
	)


@pytest.mark.parametrize(
	"order",
	[
		{"tracking_number": "ZT100200300"},
		{"tracking_number": "SF9", "extra_delivery_list": [{"tracking_number": "ZT100200300"}]},
	],
)
def test_parcel_that_is_confirmed_already_is_no_error(client, platform, order):
	refuse(platform, 50001, "订单状态不正确")
	platform.post(URL, json={"order_info_get_response": {"order_info": {"order_sn": "261124-1", **order}}})
	client.confirm_shipment(NOTICE)
	assert [read_sent(call)["type"] for call in platform.calls] == [
		"pdd.logistics.online.send",
		"pdd.order.information.get",
	]


def test_refused_parcel_stays_an_error_where_another_waybill_stands(client, platform):
	refuse(platform, 50001, "订单状态不正确")
	platform.post(
		URL,
		json={"order_info_get_response": {"order_info": {"order_sn": "261124-1", "tracking_number": "SF9"}}},
	)
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(NOTICE)
	assert (error.value.code, error.value.message) == ("50001", "订单状态不正确")


def test_parcel_that_was_not_done_is_refused(client, platform):
	platform.post(URL, json={"logistics_online_send_response": {"is_success": False}})
	platform.post(URL, json={"order_info_get_response": {"order_info": {"order_sn": "261124-1"}}})
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(NOTICE)
	assert error.value.code == "not_done"


def test_further_parcel(client, platform):
	platform.post(
		URL,
		json={"order_info_get_response": {"order_info": {"order_sn": "261124-1", "tracking_number": "SF9"}}},
	)
	platform.post(URL, json={"order_upload_extra_logistics_response": {"is_success": True}})
	client.confirm_shipment(ShipmentNotice("261124-1", "115", "ZT100200300", ("5",), is_first=False))
	expect_sent(
		platform.calls[1],
		"pdd.order.upload.extra.logistics",
		order_sn="261124-1",
		extra_track_type="1",
		extra_track_list='[{"shipping_id":"115","tracking_number":"ZT100200300"}]',
	)


def test_further_parcel_is_not_sent_twice(client, platform):
	order = {"order_sn": "261124-1", "extra_delivery_list": [{"tracking_number": "ZT100200300"}]}
	platform.post(URL, json={"order_info_get_response": {"order_info": order}})
	client.confirm_shipment(ShipmentNotice("261124-1", "115", "ZT100200300", is_first=False))
	assert [read_sent(call)["type"] for call in platform.calls] == ["pdd.order.information.get"]


def test_one_bad_stock_figure_does_not_stop_the_others(client, platform):
	platform.post(URL, json={"goods_quantity_update_response": {"is_success": True}})
	refuse(platform, 50001, "库存不能为负", "21")
	platform.post(URL, json={"goods_quantity_update_response": {"is_success": True}})
	levels = [StockLevel("61", "141", 5), StockLevel("61", "142", 6), StockLevel("62", "", 0)]
	results = client.update_stock(levels)
	assert [(result.level, result.error_code, result.error_message) for result in results] == [
		(levels[0], "", ""),
		(levels[1], "50001:21", "库存不能为负"),
		(levels[2], "", ""),
	]
	expect_sent(
		platform.calls[0],
		"pdd.goods.quantity.update",
		goods_id="61",
		sku_id="141",
		quantity="5",
		update_type="1",
	)
	expect_sent(platform.calls[2], "pdd.goods.quantity.update", goods_id="62", quantity="0", update_type="1")


def test_stock_is_read_page_by_page_until_all_is_found(client, platform):
	for goods_id, quantity in ((61, 5), (62, 0)):
		sku = {"sku_id": goods_id * 10, "sku_quantity": quantity}
		platform.post(
			URL,
			json={
				"goods_list_get_response": {
					"goods_list": [{"goods_id": goods_id, "sku_list": [sku]}],
					"total_count": 250,
				}
			},
		)
	assert client.get_stock([("61", "610"), ("62", "620")]) == {("61", "610"): 5, ("62", "620"): 0}
	assert len(platform.calls) == 2


def test_unknown_stock_is_left_out(client, platform):
	platform.post(URL, json={"goods_list_get_response": {"goods_list": [], "total_count": 0}})
	assert client.get_stock([("61", "610")]) == {}


@pytest.mark.parametrize(
	("given", "expires_at"),
	[
		({"expires_at": NOW_S + 500}, timedelta(seconds=500)),
		({"expires_in": 86400}, timedelta(days=1)),
		({}, None),
	],
)
def test_refreshed_tokens(client, platform, now, given, expires_at):
	fresh = {"access_token": "fresh-token", "refresh_token": "fresh-refresh", "owner_id": "90001", **given}
	platform.post(URL, json={"pop_auth_token_refresh_response": fresh})
	tokens = client.refresh_token()
	assert (tokens.session_token, tokens.refresh_token) == ("fresh-token", "fresh-refresh")
	assert tokens.expires_at == (now + expires_at if expires_at else None)
	expect_sent(
		platform.calls[0], "pdd.pop.auth.token.refresh", with_token=False, refresh_token=REFRESH_TOKEN
	)
	assert "fresh" not in repr(tokens)


@pytest.mark.parametrize("code", [21001, 10019, 20032])
def test_refresh_token_that_is_not_taken_needs_a_person(client, platform, code):
	refuse(platform, code, "refresh_token已过期")
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert (error.value.code, error.value.can_refresh) == (str(code), False)


def test_shop(client, platform):
	platform.post(URL, json={"mall_info_get_response": {"mall_id": 90001, "mall_name": "测试店"}})
	assert client.get_shop() == ShopFacts("90001", "测试店")
	expect_sent(platform.calls[0], "pdd.mall.info.get")


ERRORS = [
	(10000, RefusedError),
	(10001, RefusedError),
	(10016, RefusedError),
	(10017, RefusedError),
	(10018, RefusedError),
	(10019, CredentialError),
	(20004, RefusedError),
	(20005, RefusedError),
	(20031, RefusedError),
	(20032, CredentialError),
	(20034, RefusedError),
	(20035, RefusedError),
	(21001, RefusedError),
	(21002, RefusedError),
	(30000, RefusedError),
	(30001, RefusedError),
	(50000, RefusedError),
	(50001, RefusedError),
	(50002, RefusedError),
	(52001, RetryableError),
	(52002, RetryableError),
	(52004, RefusedError),
	(52101, RateLimitedError),
	(52102, RetryableError),
	(52103, RetryableError),
	(70031, RateLimitedError),
	(70032, RefusedError),
	(70036, RefusedError),
]


@pytest.mark.parametrize(("code", "kind"), ERRORS)
def test_error_table(client, platform, code, kind):
	refuse(platform, code, "说明")
	with pytest.raises(kind) as error:
		client.get_order("261124-1")
	assert type(error.value) is kind
	assert (error.value.code, error.value.message, error.value.request_id) == (str(code), "说明", "r-1")


@pytest.mark.parametrize(("code", "can_refresh"), [(10019, True), (20032, False)])
def test_what_a_new_token_may_heal(client, platform, code, can_refresh):
	refuse(platform, code)
	with pytest.raises(CredentialError) as error:
		client.get_shop()
	assert error.value.can_refresh is can_refresh


def test_business_error_that_says_not_there(client, platform):
	refuse(platform, 50001, "订单不存在")
	with pytest.raises(RemoteNotFoundError):
		client.get_order("261124-1")


@pytest.mark.parametrize(
	"body",
	[
		'{"order_sn_increment_get_response":{"order_sn_list":[{"order_sn":"1"',
		"[]",
		"null",
		"{}",
		'{"order_sn_increment_get_response":[]}',
		'{"order_sn_increment_get_response":{"order_sn_list":{},"total_count":1}}',
		'{"order_sn_increment_get_response":{"order_sn_list":[{}],"total_count":1}}',
		'{"order_sn_increment_get_response":{"order_sn_list":[],"total_count":"1"}}',
		'{"error_response":"x"}',
	],
)
def test_broken_answers_are_retried_later(client, platform, body):
	platform.post(URL, body=body)
	with pytest.raises(RetryableError) as error:
		client.list_orders(WINDOW, 1)
	assert error.value.code == "broken_answer"


def test_each_attempt_is_signed_and_secrets_stay_out(make_client, platform, calls):
	client = make_client(PinduoduoClient, attempts=2)
	refuse(platform, 52101, f"token {TOKEN} secret {SECRET}")
	refuse(platform, 52101, f"token {TOKEN} secret {SECRET}")
	with pytest.raises(RateLimitedError) as error:
		client.get_order("261124-1")
	assert len(platform.calls) == 2
	told = f"{error.value} {error.value.args} {calls} {client.account!r}"
	assert TOKEN not in told and SECRET not in told and REFRESH_TOKEN not in told
	assert [(call.api, call.outcome, call.attempts) for call in calls] == [
		("pdd.order.information.get", "RateLimitedError", 2)
	]


def test_gateway_of_the_shop_is_used(make_client, platform):
	client = make_client(PinduoduoClient, gateway_url="http://127.0.0.1:9/")
	platform.post("http://127.0.0.1:9/api/router", json={"mall_info_get_response": {"mall_id": 1}})
	assert client.get_shop() == ShopFacts("1", "")


def test_nothing_empty_is_sent(make_client, platform):
	client = make_client(PinduoduoClient, session_token="")
	platform.post(URL, json={"mall_info_get_response": {"mall_id": 1}})
	client.get_shop()
	sent = read_sent(platform.calls[0])
	assert "access_token" not in sent and "" not in sent.values()
