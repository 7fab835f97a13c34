"""Taobao's calls: every parameter on the wire, paging, the error table, confirming twice, stock."""

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
import responses

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
from storegroup_oms.connectors.taobao.client import REFUND_FIELDS, TRADE_FIELDS, TaobaoClient
from storegroup_oms.connectors.taobao.signing import sign

URL = "https://gw.api.taobao.com/router/rest"
CHINA = ZoneInfo("Asia/Shanghai")
WINDOW = TimeWindow(datetime(2026, 11, 24, 10, 0, tzinfo=CHINA), datetime(2026, 11, 24, 10, 30, tzinfo=CHINA))
SPAN = {"start_modified": "2026-11-24 10:00:00", "end_modified": "2026-11-24 10:30:00"}
SECRET, TOKEN, REFRESH_TOKEN = "app-secret-of-tests", "session-token-of-tests", "refresh-token-of-tests"
NOTICE = ShipmentNotice("5001", "YTO", "YT100200300")
NOT_TO_SHIP = {
	"code": 15,
	"msg": "Remote service error",
	"sub_code": "isv.logistics-offline-service-error:B04",
}


@pytest.fixture
def client(make_client):
	return make_client(TaobaoClient)


@pytest.fixture
def platform():
	with responses.RequestsMock() as mock:
		yield mock


def answer(platform, root: str, **content) -> None:
	platform.post(URL, json={f"{root}_response": {**content, "request_id": "r"}})


def refuse(platform, **error) -> None:
	platform.post(URL, json={"error_response": {"msg": "m", "request_id": "r-1", **error}})


def read_sent(call) -> dict[str, str]:
	return dict(parse_qsl(call.request.body, keep_blank_values=True, strict_parsing=True))


def expect_sent(call, method: str, with_session: bool = True, **params: str) -> None:
	expected = {
		"method": method,
		"app_key": "123456",
		"timestamp": "2026-11-24 14:00:00",
		"v": "2.0",
		"format": "json",
		"sign_method": "hmac-sha256",
		**params,
	}
	if with_session:
		expected["session"] = TOKEN
	expected["sign"] = sign(expected, SECRET)
	assert read_sent(call) == expected


def test_list_of_trades(client, platform):
	trades = [
		{"tid": 9007199254740993, "seller_flag": 0, "has_buyer_message": False, "payment": "1.00"},
		{"tid": 5002, "seller_flag": 3, "has_buyer_message": False},
		{"tid": 5003, "seller_flag": 0, "has_buyer_message": True},
	]
	answer(platform, "trades_sold_increment_get", trades={"trade": trades}, total_results=301)
	page = client.list_orders(WINDOW, 3)
	assert list(page.rows) == [
		OrderRow("9007199254740993", trades[0], ("buyer_message", "seller_memo")),
		OrderRow("5002", trades[1], ("buyer_message", "seller_memo")),
		OrderRow("5003", trades[2], ("buyer_message", "seller_memo")),
	]
	assert (page.total, page.has_more) == (301, True)
	expect_sent(
		platform.calls[0],
		"taobao.trades.sold.increment.get",
		**SPAN,
		fields=TRADE_FIELDS,
		page_no="3",
		page_size="100",
		use_has_next="false",
	)


@pytest.mark.parametrize(
	("page", "total", "has_more"), [(1, 100, False), (1, 101, True), (2, 200, False), (1, 0, False)]
)
def test_more_pages_follow_from_the_total(client, platform, page, total, has_more):
	answer(platform, "trades_sold_increment_get", total_results=total)
	result = client.list_orders(WINDOW, page)
	assert (list(result.rows), result.has_more) == ([], has_more)


def test_list_without_a_total_is_not_trusted(client, platform):
	answer(platform, "trades_sold_increment_get", trades={"trade": []}, has_next=False)
	with pytest.raises(RetryableError, match="broken_answer"):
		client.list_orders(WINDOW, 1)


def test_count_asks_for_one_row(client, platform):
	answer(platform, "trades_sold_increment_get", total_results=37)
	assert client.count_orders(WINDOW) == 37
	expect_sent(
		platform.calls[0],
		"taobao.trades.sold.increment.get",
		**SPAN,
		fields="tid",
		page_no="1",
		page_size="1",
		use_has_next="false",
	)


def test_one_trade(client, platform):
	answer(platform, "trade_fullinfo_get", trade={"tid": 5001, "payment": "1.00"})
	assert client.get_order("5001") == {"tid": 5001, "payment": "1.00"}
	expect_sent(
		platform.calls[0],
		"taobao.trade.fullinfo.get",
		tid="5001",
		fields=TRADE_FIELDS,
		include_oaid="include_oaid",
	)


def test_trade_that_is_not_there(client, platform):
	refuse(platform, code=15, sub_code="isv.trade-not-exist", sub_msg="交易不存在")
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("5009")
	assert (error.value.code, error.value.message) == ("15:isv.trade-not-exist", "交易不存在")


def test_answer_without_a_trade_is_not_found(client, platform):
	answer(platform, "trade_fullinfo_get")
	with pytest.raises(RemoteNotFoundError):
		client.get_order("5009")


def test_list_of_refunds(client, platform):
	answer(platform, "refunds_receive_get", refunds={"refund": [{"refund_id": 1}]}, total_results=1)
	page = client.list_refunds(WINDOW, 1)
	assert (page.total, list(page.rows), page.has_more) == (1, [{"refund_id": 1}], False)
	expect_sent(
		platform.calls[0],
		"taobao.refunds.receive.get",
		**SPAN,
		fields=REFUND_FIELDS,
		page_no="1",
		page_size="100",
		use_has_next="false",
	)


def test_gateway_serves_the_same_path(make_client, platform):
	client = make_client(TaobaoClient, gateway_url="http://127.0.0.1:9/")
	platform.post(
		"http://127.0.0.1:9/router/rest", json={"trade_fullinfo_get_response": {"trade": {"tid": 1}}}
	)
	assert client.get_order("1") == {"tid": 1}


@pytest.mark.parametrize(
	("error", "kind", "code"),
	[
		({"code": 7, "sub_code": "accesscontrol.limited-by-api-access-count"}, RateLimitedError, None),
		*[({"code": code}, RateLimitedError, str(code)) for code in (4, 5, 6, 8)],
		({"code": 10}, RetryableError, "10"),
		*[({"code": code}, RefusedError, str(code)) for code in (9, 11, 12, 13, 21, 22, 23, 24, 25)],
		*[({"code": code}, RefusedError, str(code)) for code in (30, 31, 32, 33, 34, 42, 43)],
		({"code": 40, "sub_code": "isv.missing-parameter:tid"}, RefusedError, "40:isv.missing-parameter:tid"),
		({"code": 41, "sub_code": "isv.invalid-parameter:x"}, RefusedError, "41:isv.invalid-parameter:x"),
		({"code": 15, "sub_code": "isp.remote-service-timeout"}, RetryableError, None),
		({"code": 15, "sub_code": "isv.trade-service-error"}, RefusedError, "15:isv.trade-service-error"),
		({"code": 15}, RetryableError, "15"),
		({"code": "27", "sub_code": "invalid-sessionkey"}, CredentialError, "27:invalid-sessionkey"),
		({"code": 26}, CredentialError, "26"),
		({"code": 28}, CredentialError, "28"),
		({"code": 29}, CredentialError, "29"),
		({"code": 4711}, RefusedError, "4711"),
		({}, RefusedError, "unknown"),
	],
)
def test_error_table(client, platform, error, kind, code):
	refuse(platform, **error)
	with pytest.raises(kind) as raised:
		client.get_order("5001")
	assert type(raised.value) is kind
	assert raised.value.request_id == "r-1"
	if code:
		assert raised.value.code == code


def test_ban_says_how_long(client, platform):
	refuse(platform, code=7, sub_msg="This ban will last for 37 more seconds")
	with pytest.raises(RateLimitedError) as error:
		client.get_order("5001")
	assert error.value.retry_after_s == 37


@pytest.mark.parametrize(("code", "can_refresh"), [(26, True), (27, True), (28, False), (29, False)])
def test_whether_a_refresh_may_help(client, platform, code, can_refresh):
	refuse(platform, code=code)
	with pytest.raises(CredentialError) as error:
		client.get_order("5001")
	assert error.value.can_refresh is can_refresh


@pytest.mark.parametrize(
	"body", ['{"trade_fullinfo_get_resp', "[]", "{}", '{"another_response":{}}', "<html>"]
)
def test_broken_answers_are_tried_again(client, platform, body):
	platform.post(URL, body=body)
	with pytest.raises(RetryableError, match="broken_answer"):
		client.get_order("5001")


def test_fault_of_the_platform_passes(make_client, platform, calls):
	client = make_client(TaobaoClient, attempts=2)
	refuse(platform, code=15, sub_code="isp.top-remote-connection-timeout")
	answer(platform, "trade_fullinfo_get", trade={"tid": 5001})
	assert client.get_order("5001") == {"tid": 5001}
	assert [(record.api, record.attempts, record.outcome) for record in calls] == [
		("taobao.trade.fullinfo.get", 2, "OK")
	]


def test_without_a_session_nothing_is_sent(make_client, platform):
	with pytest.raises(CredentialError, match="no_session"):
		make_client(TaobaoClient, session_token="").get_order("5001")
	assert len(platform.calls) == 0


def test_secrets_stay_out_of_errors_and_records(client, platform, calls):
	refuse(platform, code=25, sub_msg=f"sign of {SECRET} with {TOKEN}")
	with pytest.raises(RefusedError) as error:
		client.get_order("5001")
	told = f"{error.value!r} {error.value} {error.value.message} {calls} {client.account!r}"
	assert SECRET not in told
	assert TOKEN not in told
	assert error.value.message == "sign of *** with ***"


def test_parcel_is_confirmed(client, platform):
	answer(platform, "logistics_offline_send", shipping={"is_success": True})
	client.confirm_shipment(NOTICE)
	expect_sent(
		platform.calls[0],
		"taobao.logistics.offline.send",
		tid="5001",
		out_sid="YT100200300",
		company_code="YTO",
	)


def test_part_of_a_trade_names_its_lines(client, platform):
	answer(platform, "logistics_offline_send", shipping={"is_success": True})
	client.confirm_shipment(ShipmentNotice("5001", "YTO", "YT100200300", ("71", "72")))
	expect_sent(
		platform.calls[0],
		"taobao.logistics.offline.send",
		tid="5001",
		out_sid="YT100200300",
		company_code="YTO",
		is_split="1",
		sub_tid="71,72",
	)


@pytest.mark.parametrize("line_nos", [(), ("71",)])
def test_parcel_confirmed_before_is_no_error(client, platform, line_nos):
	refuse(platform, **NOT_TO_SHIP)
	lines = [{"oid": 71, "invoice_no": "YT100200300"}, {"oid": 72, "status": "TRADE_CLOSED"}]
	answer(platform, "trade_fullinfo_get", trade={"tid": 5001, "orders": {"order": lines}})
	assert client.confirm_shipment(ShipmentNotice("5001", "YTO", "YT100200300", line_nos)) is None
	assert len(platform.calls) == 2


@pytest.mark.parametrize(
	("line_nos", "waybills"),
	[((), ("", "")), ((), ("ANOTHER", "ANOTHER")), (("72",), ("YT100200300", "ANOTHER"))],
)
def test_trade_with_another_waybill_refuses_the_parcel(client, platform, line_nos, waybills):
	refuse(platform, **NOT_TO_SHIP)
	lines = [{"oid": oid, "invoice_no": no} for oid, no in zip((71, 72), waybills, strict=True)]
	answer(platform, "trade_fullinfo_get", trade={"tid": 5001, "orders": {"order": lines}})
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(ShipmentNotice("5001", "YTO", "YT100200300", line_nos))
	assert error.value.code == "15:isv.logistics-offline-service-error:B04"


def test_parcel_not_taken(client, platform):
	answer(platform, "logistics_offline_send", shipping={"is_success": False})
	with pytest.raises(RefusedError, match="not_shipped"):
		client.confirm_shipment(NOTICE)


def test_stock_of_variants_goes_in_batches_of_twenty(client, platform):
	levels = [StockLevel("680", str(number), number) for number in range(1, 22)]
	answer(platform, "skus_quantity_update")
	answer(platform, "skus_quantity_update")
	assert client.update_stock(levels) == [StockResult(level) for level in levels]
	expect_sent(
		platform.calls[0],
		"taobao.skus.quantity.update",
		num_iid="680",
		skuid_quantities=";".join(f"{number}:{number}" for number in range(1, 21)),
		type="1",
	)
	assert read_sent(platform.calls[1])["skuid_quantities"] == "21:21"


def test_stock_of_an_item_without_variants(client, platform):
	answer(platform, "item_quantity_update")
	level = StockLevel("680", "", 0)
	assert client.update_stock([level]) == [StockResult(level)]
	expect_sent(platform.calls[0], "taobao.item.quantity.update", num_iid="680", quantity="0", type="1")


def test_one_bad_variant_does_not_stop_the_others(client, platform):
	good, bad = StockLevel("680", "1", 5), StockLevel("680", "2", 5)
	refuse(platform, code=15, sub_code="isv.sku-error", sub_msg="m1")
	answer(platform, "skus_quantity_update")
	refuse(platform, code=15, sub_code="isv.sku-error", sub_msg="m2")
	assert client.update_stock([good, bad]) == [StockResult(good), StockResult(bad, "15:isv.sku-error", "m2")]


def test_shown_stock(client, platform):
	items = [
		{
			"num_iid": 680,
			"num": 9,
			"skus": {"sku": [{"sku_id": 1, "quantity": 4}, {"sku_id": 2, "quantity": 5}]},
		},
		{"num_iid": 681, "num": 7},
	]
	answer(platform, "items_seller_list_get", items={"item": items})
	keys = [("680", "1"), ("680", "3"), ("681", ""), ("682", "")]
	assert client.get_stock(keys) == {("680", "1"): 4, ("681", ""): 7}
	assert read_sent(platform.calls[0])["num_iids"] == "680,681,682"


def test_items_come_with_their_variants(client, platform):
	answer(platform, "items_onsale_get", items={"item": [{"num_iid": 680}]}, total_results=21)
	answer(platform, "items_seller_list_get", items={"item": [{"num_iid": 680, "title": "T"}]})
	page = client.list_listings(1)
	assert (page.total, list(page.rows), page.has_more) == (21, [{"num_iid": 680, "title": "T"}], True)


def test_token_is_refreshed(client, platform, now):
	result = {"access_token": "new", "refresh_token": "newer", "expires_in": "86400"}
	answer(platform, "top_auth_token_refresh", token_result=json.dumps(result))
	tokens = client.refresh_token()
	assert (tokens.session_token, tokens.refresh_token) == ("new", "newer")
	assert tokens.expires_at == now + timedelta(days=1)
	expect_sent(
		platform.calls[0], "taobao.top.auth.token.refresh", with_session=False, refresh_token=REFRESH_TOKEN
	)


def test_refused_refresh_token_needs_a_person(client, platform):
	refuse(platform, code=15, sub_code="isv.invalid-refresh-token", sub_msg=f"{REFRESH_TOKEN} expired")
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert (error.value.can_refresh, error.value.message) == (False, "*** expired")


def test_shop_without_a_refresh_token_needs_a_person(make_client, platform):
	with pytest.raises(CredentialError) as error:
		make_client(TaobaoClient, refresh_token="").refresh_token()
	assert (error.value.code, error.value.can_refresh) == ("no_refresh_token", False)


@pytest.mark.parametrize("token_result", [None, "{", "[]", "{}", '{"access_token":"a","expires_in":"soon"}'])
def test_refresh_that_brings_no_token_is_tried_again(client, platform, token_result):
	answer(platform, "top_auth_token_refresh", token_result=token_result)
	with pytest.raises(RetryableError, match="broken_answer"):
		client.refresh_token()


def test_connection_is_tried_by_asking_for_the_seller(client, platform):
	answer(platform, "user_seller_get", user={"user_id": 2200000000001, "nick": "山海测试旗舰店"})
	assert client.get_shop() == ShopFacts("2200000000001", "山海测试旗舰店")
	expect_sent(platform.calls[0], "taobao.user.seller.get", fields="user_id,nick")


def test_seller_missing_from_the_answer(client, platform):
	answer(platform, "user_seller_get")
	with pytest.raises(RetryableError, match="broken_answer"):
		client.get_shop()
