"""Taobao's router spoken to by a client of the tests' own, which signs by platforms.md and shares no code."""

import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta, timezone

import pytest
import requests

from sandbox.taobao import signing

BEIJING = timezone(timedelta(hours=8))
FIELDS = "tid,status,created,modified,payment,buyer_message,has_buyer_message,orders"
VECTOR = {
	"method": "taobao.trade.fullinfo.get",
	"app_key": "12345678",
	"session": "test",
	"timestamp": "2016-01-01 12:00:00",
	"format": "json",
	"v": "2.0",
	"fields": "tid,status",
	"tid": "11223344",
}


def show(stamp):
	return datetime.fromtimestamp(stamp, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def sign(secret, params):
	base = "".join(f"{name}{params[name]}" for name in sorted(params)).encode()
	if params["sign_method"] == "md5":
		return hashlib.md5(secret.encode() + base + secret.encode()).hexdigest().upper()
	digest = {"hmac": "md5", "hmac-sha256": "sha256"}[params["sign_method"]]
	return hmac.new(secret.encode(), base, digest).hexdigest().upper()


class Client:
	"""`call` gives the success root's body, `fail` the error as "code:sub_code"."""

	def __init__(self, server, shop):
		self.server = server
		self.shop = shop
		self.session = requests.Session()
		self.session.trust_env = False

	def make_params(self, method, **params):
		sent = {
			"method": method,
			"app_key": self.shop["app_key"],
			"session": self.shop["access_token"],
			"timestamp": show(time.time()),
			"v": "2.0",
			"format": "json",
			"sign_method": "md5",
		}
		sent = {name: value for name, value in (sent | params).items() if value is not None}
		return {"sign": sign(self.shop["app_secret"], sent), **sent}

	def send(self, params, **options):
		answer = self.session.post(f"{self.server.url}/router/rest", data=params, timeout=5, **options)
		assert answer.status_code == 200
		return answer.json()

	def call(self, method, **params):
		answer = self.send(self.make_params(method, **params))
		(root,) = answer
		assert root == method.removeprefix("taobao.").replace(".", "_") + "_response", answer
		return answer[root]

	def fail(self, method, **params):
		error = self.send(self.make_params(method, **params))["error_response"]
		assert error["request_id"]
		return f"{error['code']}:{error['sub_code']}" if "sub_code" in error else str(error["code"])


@pytest.fixture
def shop(server):
	return server.create_shop("Taobao")


@pytest.fixture
def client(server, shop):
	return Client(server, shop)


def get_window():
	now = time.time()
	return {"start_modified": show(now - 3600), "end_modified": show(now + 60)}


# Signatures


@pytest.mark.parametrize(
	("method", "wanted"),
	[
		("md5", "E45840E3FDB7BFA0AD15325EC62D6D1D"),
		("hmac", "C31744E9460DA0454240EA38DCAA57D7"),
		("hmac-sha256", "5AECEAFF8BE4AB51C5C35DCECA46E26FC1326C398746F17126B027826649396A"),
	],
)
def test_worked_signatures(method, wanted):
	params = VECTOR | {"sign_method": method}

	assert signing.make_sign("helloworld", params, method) == wanted
	assert signing.is_signed("helloworld", params | {"sign": wanted})
	assert not signing.is_signed("helloworld", params | {"sign": wanted[:-1] + "0"})
	assert not signing.is_signed("helloworld", params | {"sign": wanted.lower()})


def test_a_worked_signature_with_chinese():
	changes = {"fields": "tid", "tid": "1", "memo": "你好", "sign_method": "md5"}

	assert signing.make_sign("helloworld", VECTOR | changes, "md5") == "E6CAA7F3A4D0E286C62022CF7D9AC21E"


def test_an_empty_value_may_be_signed_or_not():
	params = VECTOR | {"sign_method": "md5", "memo": ""}
	with_key = signing.make_sign("s", params, "md5", with_empty=True)
	without = signing.make_sign("s", params, "md5")

	assert with_key != without
	assert signing.is_signed("s", params | {"sign": with_key})
	assert signing.is_signed("s", params | {"sign": without})


# The door


@pytest.mark.parametrize(
	("changes", "code"),
	[
		({"app_key": None}, "28"),
		({"app_key": "1"}, "29"),
		({"timestamp": None}, "30"),
		({"timestamp": "yesterday"}, "31"),
		({"timestamp": show(time.time() - 3600)}, "31"),
		({"timestamp": show(time.time() + 3600)}, "31"),
		({"v": None}, "32"),
		({"v": "1.0"}, "33"),
		({"session": None}, "26"),
		({"session": "nobody's"}, "27:invalid-sessionkey"),
		({"fields": None}, "40:isv.missing-parameter:fields"),
		({"tid": "12x"}, "41:isv.invalid-parameter:tid"),
		({"tid": "1"}, "15:isv.trade-not-exist"),
	],
)
def test_each_fault_of_a_call_has_its_code(client, changes, code):
	assert client.fail("taobao.trade.fullinfo.get", **({"fields": "tid", "tid": "1"} | changes)) == code


def test_wrong_signatures_are_refused(server, client):
	params = client.make_params("taobao.trade.fullinfo.get", fields="tid", tid="1")

	def get_code(**changes):
		sent = {name: value for name, value in (params | changes).items() if value is not None}
		return client.send(sent)["error_response"]["code"]

	assert get_code(sign=None) == 24
	assert get_code(sign="0" * 32) == 25
	assert get_code(tid="2") == 25
	assert get_code(extra="x") == 25
	assert get_code(sign_method="sha1") == 25
	assert get_code() == 15
	assert server.ask("calls")["Taobao"]["refused"] == {"24": 1, "25": 4, "15:isv.trade-not-exist": 1}


def test_what_is_checked_first(client):
	"""App key, time, signature, session, arguments: in that order."""
	params = client.make_params("taobao.trade.fullinfo.get", session="x")

	def get_code(**changes):
		return client.send(params | changes)["error_response"]["code"]

	assert get_code(app_key="1", timestamp="x", sign="x") == 29
	assert get_code(timestamp="x", sign="x") == 31
	assert get_code(sign="x") == 25
	assert get_code() == 27


def test_the_wrong_method(client):
	assert client.fail(None) == "21"
	assert client.fail("taobao.trade.nothing") == "22"


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_every_way_to_sign_and_send(server, client, method):
	params = client.make_params("taobao.time.get", sign_method=method, session=None)
	url, split = f"{server.url}/router/rest", 3
	query, body = dict(list(params.items())[:split]), dict(list(params.items())[split:])
	answers = [
		requests.get(url, params=params, timeout=5),
		requests.post(url, params=params, timeout=5),
		requests.post(url, params=query, data=body, timeout=5),
		requests.post(url, files={name: (None, value) for name, value in params.items()}, timeout=5),
		requests.post(url, params={**query, "sign": "0"}, data={**body, "sign": params["sign"]}, timeout=5),
	]

	assert [set(answer.json()) for answer in answers] == [{"time_get_response"}] * 5
	assert requests.head(url, timeout=5).status_code == 200


def test_xml_comes_unless_json_is_asked_for(server, client):
	params = client.make_params("taobao.time.get", format=None)
	answer = requests.post(f"{server.url}/router/rest", data=params, timeout=5)

	assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
	assert answer.text.startswith('<?xml version="1.0" encoding="utf-8" ?><time_get_response><time>')
	params = client.make_params("taobao.time.get", format="yaml")
	assert "<code>23</code>" in requests.post(f"{server.url}/router/rest", data=params, timeout=5).text


def test_sandbox_time_and_wall_time_both_pass(server, client):
	server.ask("clock", {"offset_s": 86400})

	assert client.call("taobao.time.get", timestamp=show(time.time()))
	assert client.call("taobao.time.get", timestamp=show(time.time() + 86400))
	assert client.call("taobao.time.get", timestamp=str(round(time.time() * 1000)))
	assert client.fail("taobao.time.get", timestamp=show(time.time() + 43200)) == "31"


# Tokens


def test_an_expired_session_is_refreshed(server, client, shop):
	path = f"shops/{shop['shop_id']}"
	server.ask(f"{path}/expire_token", {})
	assert client.fail("taobao.user.seller.get", fields="nick") == "27:invalid-sessionkey"

	answer = client.call("taobao.top.auth.token.refresh", session=None, refresh_token=shop["refresh_token"])
	tokens = json.loads(answer["token_result"])

	assert tokens["expires_in"] == 30 * 86400
	assert client.call("taobao.user.seller.get", fields="nick", session=tokens["access_token"])["user"] == {
		"nick": "Taobao shop"
	}
	again = client.fail("taobao.top.auth.token.refresh", refresh_token=shop["refresh_token"])
	assert again == "15:isv.invalid-refresh-token"
	server.ask(f"{path}/revoke", {})
	dead = client.fail("taobao.top.auth.token.refresh", refresh_token=tokens["refresh_token"])
	assert dead == "15:isv.invalid-refresh-token"
	code = server.ask(f"{path}/authorize", {})["code"]
	assert json.loads(client.call("taobao.top.auth.token.create", code=code)["token_result"])["access_token"]
	assert client.fail("taobao.top.auth.token.create", code=code) == "15:isv.invalid-code"


def test_the_oauth_host(server, shop):
	form = {
		"client_id": shop["app_key"],
		"client_secret": shop["app_secret"],
		"grant_type": "refresh_token",
		"refresh_token": shop["refresh_token"],
	}

	def ask(**changes):
		answer = requests.post(f"{server.url}/token", data=form | changes, timeout=5)
		return answer.status_code, answer.json()

	assert ask(client_secret="x")[1]["error"] == "invalid_client"
	assert ask(grant_type="password")[1]["error"] == "unsupported_grant_type"
	assert ask(refresh_token="x")[1]["error"] == "invalid_grant"
	status, tokens = ask()
	assert (status, tokens["token_type"], tokens["taobao_user_nick"]) == (200, "Bearer", "Taobao shop")
	assert ask()[0] == 400


# Lists


def test_pages_go_newest_first_and_part_the_list(server, client, shop):
	numbers = [int(row["order_no"]) for row in server.create_orders(shop, 7)]

	def get(page, **params):
		return client.call(
			"taobao.trades.sold.increment.get",
			fields="tid",
			page_no=str(page),
			**({"page_size": "3"} | get_window() | params),
		)

	pages = [[row["tid"] for row in get(page)["trades"]["trade"]] for page in (1, 2, 3)]
	assert [len(page) for page in pages] == [3, 3, 1]
	assert [number for page in pages for number in page] == numbers[::-1]
	assert get(1)["total_results"] == 7
	assert "has_next" not in get(1)
	assert "trades" not in get(4)
	assert [get(page, use_has_next="true")["has_next"] for page in (1, 2, 3)] == [True, True, False]
	assert get(1, page_size="7", use_has_next="true")["has_next"] is False
	assert "total_results" not in get(1, use_has_next="true")


@pytest.mark.parametrize(
	("changes", "code"),
	[
		({"start_modified": None}, "40:isv.missing-parameter:start_modified"),
		({"end_modified": "2026-13-01 00:00:00"}, "41:isv.invalid-parameter:end_modified"),
		({"start_modified": "2026-01-01 00:00:00"}, "41:isv.invalid-parameter:end_modified"),
		({"start_modified": show(time.time() + 90_000)}, "41:isv.invalid-parameter:end_modified"),
		({"page_no": "0"}, "41:isv.invalid-parameter:page_no"),
		({"page_size": "101"}, "41:isv.invalid-parameter:page_size"),
		({"use_has_next": "yes"}, "41:isv.invalid-parameter:use_has_next"),
		({"status": "SENT"}, "41:isv.invalid-parameter:status"),
	],
)
def test_windows_and_pages_have_limits(client, changes, code):
	params = {"fields": "tid"} | get_window() | changes

	assert client.fail("taobao.trades.sold.increment.get", **params) == code


def test_a_list_can_be_narrowed_by_status(server, client, shop):
	paid, shipped = server.create_orders(shop, 2)
	server.move(shipped, "ship")
	(unpaid,) = server.create_orders(shop, pay=False)

	def list_ids(status):
		answer = client.call(
			"taobao.trades.sold.increment.get", fields="tid_str", status=status, **get_window()
		)
		rows = [row["tid_str"] for row in answer.get("trades", {"trade": []})["trade"]]
		assert answer["total_results"] == len(rows)
		return rows

	assert list_ids("WAIT_SELLER_SEND_GOODS") == [paid["order_no"]]
	assert list_ids("WAIT_BUYER_CONFIRM_GOODS") == [shipped["order_no"]]
	assert list_ids("ALL_WAIT_PAY") == [unpaid["order_no"]]
	assert list_ids("TRADE_FINISHED") == []


def test_the_list_by_creation_reaches_back_three_months(server, client, shop):
	now = time.time()
	(old,) = server.create_orders(shop, created=now - 91 * 86400)
	(new,) = server.create_orders(shop, created=now - 89 * 86400)

	answer = client.call(
		"taobao.trades.sold.get",
		fields="tid_str",
		start_created=show(now - 100 * 86400),
		end_created=show(now),
	)

	assert [row["tid_str"] for row in answer["trades"]["trade"]] == [new["order_no"]]
	assert client.call("taobao.trade.fullinfo.get", fields="tid_str", tid=old["order_no"])["trade"]


def test_fields_decide_what_comes_back(server, client, shop):
	(order,) = server.create_orders(shop, buyer_message="快", seller_memo="急", flag=2)
	tid = order["order_no"]

	def get(fields):
		return client.call("taobao.trade.fullinfo.get", fields=fields, tid=tid)["trade"]

	assert get("tid") == {"tid": int(tid)}
	assert get("tid_str,seller_flag,nonsense") == {"tid_str": tid, "seller_flag": 2}
	assert get("buyer_message,seller_memo") == {"buyer_message": "快", "seller_memo": "急"}
	assert set(get("orders.oid")) == {"orders"}
	listed = client.call(
		"taobao.trades.sold.increment.get",
		fields="buyer_message,seller_memo,has_buyer_message",
		**get_window(),
	)
	assert listed["trades"]["trade"] == [{"has_buyer_message": True}]


def test_arrays_without_wrappers(server, client, shop):
	server.create_orders(shop)

	answer = client.call(
		"taobao.trades.sold.increment.get", fields="tid,orders", simplify="true", **get_window()
	)

	assert isinstance(answer["trades"][0]["orders"][0]["oid"], int)


# Payloads

EVERYTHING = (
	"tid,tid_str,status,type,created,modified,pay_time,consign_time,end_time,seller_nick,buyer_nick,"
	"payment,total_fee,post_fee,discount_fee,adjust_fee,received_payment,num,seller_flag,seller_memo,"
	"buyer_message,has_buyer_message,receiver_state,receiver_city,receiver_district,receiver_address,"
	"receiver_name,receiver_mobile,orders"
)


def test_a_trade_as_a_whole(server, client, shop):
	(order,) = server.create_orders(
		shop,
		lines=[{"outer_id": "SKU-1", "qty": 2, "discount": 100}, {"outer_id": "SKU-3"}],
		freight=600,
		seller_discount=300,
		platform_discount=150,
		created=1_700_000_000,
		buyer_nick="晴天娃娃",
		receiver={
			"name": "王小禾",
			"mobile": "15412345678",
			"province": "浙江省",
			"city": "杭州市",
			"district": "西湖区",
			"address": "示例一路 18 号",
		},
	)
	tid = int(order["order_no"])
	trade = client.call("taobao.trade.fullinfo.get", fields=EVERYTHING, tid=str(tid))["trade"]
	changing = {name: trade.pop(name) for name in ("modified", "pay_time")}
	lines = trade.pop("orders")["order"]

	assert all(len(value) == 19 for value in changing.values())
	assert trade == {
		"tid": tid,
		"tid_str": str(tid),
		"status": "WAIT_SELLER_SEND_GOODS",
		"type": "fixed",
		"created": "2023-11-15 06:13:20",
		"seller_nick": "Taobao shop",
		"buyer_nick": "晴**娃",
		"payment": "50.50",
		"total_fee": "50.00",
		"post_fee": "6.00",
		"discount_fee": "4.50",
		"adjust_fee": "0.00",
		"received_payment": "0.00",
		"num": 3,
		"seller_flag": 0,
		"has_buyer_message": False,
		"receiver_state": "浙江省",
		"receiver_city": "杭州市",
		"receiver_district": "西湖区",
		"receiver_address": "示例一路***",
		"receiver_name": "王**",
		"receiver_mobile": "154****5678",
	}
	assert [row["oid"] for row in lines] == [tid + 1, tid + 2]
	first = {
		"status": "WAIT_SELLER_SEND_GOODS",
		"refund_status": "NO_REFUND",
		"outer_sku_id": "SKU-1",
		"title": "Thing 1",
		"num": 2,
		"price": "10.00",
		"total_fee": "19.00",
		"payment": "19.00",
		"discount_fee": "1.00",
		"adjust_fee": "0.00",
		"divide_order_fee": "17.26",
		"part_mjz_discount": "1.74",
	}
	assert {name: lines[0][name] for name in first} == first
	assert (lines[1]["divide_order_fee"], lines[1]["part_mjz_discount"]) == ("27.24", "2.76")


@pytest.mark.parametrize(
	("steps", "status"),
	[
		([], "WAIT_BUYER_PAY"),
		(["cancel"], "TRADE_CLOSED_BY_TAOBAO"),
		(["pay"], "WAIT_SELLER_SEND_GOODS"),
		(["pay", "lock"], "PAID_FORBID_CONSIGN"),
		(["pay", "ship_part"], "SELLER_CONSIGNED_PART"),
		(["pay", "ship"], "WAIT_BUYER_CONFIRM_GOODS"),
		(["pay", "ship", "complete"], "TRADE_FINISHED"),
	],
)
def test_each_state_has_its_word(server, client, shop, steps, status):
	(order,) = server.create_orders(shop, pay=False, lines=[{"outer_id": "SKU-1"}, {"outer_id": "SKU-2"}])
	for step in steps:
		order = server.move(order, step)

	trade = client.call("taobao.trade.fullinfo.get", fields="status", tid=order["order_no"])["trade"]

	assert trade["status"] == order["platform_status"] == status


def test_a_single_line_bears_the_number_of_its_trade(server, client, shop):
	(order,) = server.create_orders(shop, freight=500)
	trade = client.call("taobao.trade.fullinfo.get", fields="tid,payment,orders", tid=order["order_no"])[
		"trade"
	]

	(line,) = trade["orders"]["order"]
	assert line["oid"] == trade["tid"]
	assert (trade["payment"], line["payment"], line["divide_order_fee"]) == ("15.00", "15.00", "10.00")


@pytest.mark.parametrize(
	("poison", "check"),
	[
		("missing_lines", lambda trade: "orders" not in trade),
		("negative_quantity", lambda trade: trade["orders"]["order"][0]["num"] == -1),
		("unreadable_amount", lambda trade: trade["payment"] == "12.3.4"),
		("unknown_status", lambda trade: trade["status"] == "TRADE_ON_THE_MOON"),
		("absent_created", lambda trade: "created" not in trade),
	],
)
def test_a_poisoned_order_is_broken_until_it_is_cured(server, client, shop, poison, check):
	orders = server.create_orders(shop, 3)
	server.move(orders[1], "poison", kind=poison)

	def find():
		answer = client.call("taobao.trades.sold.increment.get", fields=FIELDS, **get_window())
		assert len(answer["trades"]["trade"]) == 3
		listed = [trade for trade in answer["trades"]["trade"] if check(trade)]
		detail = client.call("taobao.trade.fullinfo.get", fields=FIELDS, tid=orders[1]["order_no"])["trade"]
		return listed, detail

	listed, detail = find()
	assert [trade["tid"] for trade in listed] == [int(orders[1]["order_no"])]
	assert check(detail)
	server.move(orders[1], "cure")
	listed, detail = find()
	assert listed == [] and not check(detail)


def test_a_hidden_order_is_nowhere(server, client, shop):
	orders = server.create_orders(shop, 2)
	server.move(orders[0], "hide")

	answer = client.call("taobao.trades.sold.increment.get", fields="tid_str", **get_window())
	assert (answer["total_results"], answer["trades"]["trade"]) == (1, [{"tid_str": orders[1]["order_no"]}])
	gone = client.fail("taobao.trade.fullinfo.get", fields="tid", tid=orders[0]["order_no"])
	assert gone == "15:isv.trade-not-exist"
	server.move(orders[0], "reveal")
	assert client.call("taobao.trades.sold.increment.get", fields="tid", **get_window())["total_results"] == 2


def test_another_shop_sees_nothing(server, client, shop):
	(order,) = server.create_orders(shop)
	other = Client(server, server.create_shop("Taobao"))

	assert other.shop["app_key"] == shop["app_key"]
	assert (
		other.fail("taobao.trade.fullinfo.get", fields="tid", tid=order["order_no"])
		== "15:isv.trade-not-exist"
	)
	assert other.fail(
		"taobao.logistics.offline.send", tid=order["order_no"], out_sid="Y", company_code="YTO"
	) == ("15:isv.trade-not-exist")


# Ship, stock, refunds, receivers


def test_shipping_whole_and_in_parts(server, client, shop):
	(whole,) = server.create_orders(shop)
	(parts,) = server.create_orders(shop, lines=[{"outer_id": "SKU-1"}, {"outer_id": "SKU-2"}])
	first, second = (row["line_no"] for row in parts["lines"])

	def send(order, waybill_no="YT1", courier="YTO", **params):
		params |= {"tid": order["order_no"], "out_sid": waybill_no, "company_code": courier}
		return client.make_params("taobao.logistics.offline.send", **params)

	def get_code(params):
		return client.send(params)["error_response"]["sub_code"]

	assert client.send(send(whole))["logistics_offline_send_response"]["shipping"] == {"is_success": True}
	assert get_code(send(whole)) == "isv.logistics-offline-service-error:B04"
	assert get_code(send(parts, courier="PIGEON")) == "isv.logistics-offline-service-error:B01"
	assert get_code(send(parts, is_split="1", sub_tid="1")) == "isv.logistics-offline-service-error:B27"
	assert get_code(send(parts, is_split="1")) == "isv.missing-parameter:sub_tid"
	client.send(send(parts, "YT2", is_split="1", sub_tid=first))
	assert server.ask(f"orders/{shop['shop_id']}/{parts['order_no']}")["order"]["state"] == "part_shipped"
	assert (
		get_code(send(parts, "YT3", is_split="1", sub_tid=first)) == "isv.logistics-offline-service-error:B04"
	)
	assert (
		get_code(send(parts, "YT2", is_split="1", sub_tid=first)) == "isv.logistics-offline-service-error:B04"
	)
	client.send(send(parts, "YT4", is_split="1", sub_tid=second))

	shipments = server.ask("truth")["shipments"]
	assert [(row["waybill_no"], row["line_nos"], row["confirmations"]) for row in shipments] == [
		("YT1", [whole["order_no"]], 1),
		("YT2", [first], 1),
		("YT4", [second], 1),
	]
	trade = client.call("taobao.trade.fullinfo.get", fields="status,orders", tid=parts["order_no"])["trade"]
	assert trade["status"] == "WAIT_BUYER_CONFIRM_GOODS"
	assert [row["invoice_no"] for row in trade["orders"]["order"]] == ["YT2", "YT4"]
	client.call("taobao.logistics.consign.resend", tid=whole["order_no"], out_sid="ZT9", company_code="ZTO")
	assert server.ask("truth")["shipments"][0]["waybill_no"] == "ZT9"


def test_a_locked_trade_is_not_shipped(server, client, shop):
	(order,) = server.create_orders(shop)
	server.move(order, "lock")

	code = client.fail(
		"taobao.logistics.offline.send", tid=order["order_no"], out_sid="Y", company_code="YTO"
	)

	assert code == "15:isv.logistics-offline-service-error:B04"
	assert server.ask("truth")["shipments"] == []


def test_items_and_stock(server, client, shop):
	page = client.call("taobao.items.onsale.get", fields="num_iid", page_size="2")
	assert (page["total_results"], len(page["items"]["item"])) == (3, 2)
	ids = [str(row["num_iid"]) for row in page["items"]["item"]]
	answer = client.call("taobao.items.seller.list.get", fields="num_iid,title,sku", num_iids=",".join(ids))
	item = answer["items"]["item"][0]
	(sku,) = item["skus"]["sku"]
	assert (item["title"], sku["outer_id"], sku["price"], sku["quantity"]) == (
		"Thing 1",
		"SKU-1",
		"10.00",
		50,
	)

	def get_stock():
		return list(server.ask("truth")["stock"][shop["shop_id"]].values())

	first, second = ids
	client.call("taobao.skus.quantity.update", num_iid=first, skuid_quantities=f"{sku['sku_id']}:7", type="1")
	client.call("taobao.item.quantity.update", num_iid=second, quantity="5", type="2")
	assert get_stock() == [7, 55, 50]
	wrong = client.fail(
		"taobao.skus.quantity.update", num_iid=first, skuid_quantities=f"{sku['sku_id']}:9;1:1", type="1"
	)
	assert wrong == "15:isv.skus-quantity-update-service-error:SKU"
	many = ";".join(f"{n}:1" for n in range(21))
	assert client.fail("taobao.skus.quantity.update", num_iid=first, skuid_quantities=many) == (
		"41:isv.invalid-parameter:skuid_quantities"
	)
	assert client.fail("taobao.item.quantity.update", num_iid=first, quantity="-1", type="1") == (
		"41:isv.invalid-parameter:quantity"
	)
	assert get_stock() == [7, 55, 50]


def test_refunds_are_listed_and_agreed_to(server, client, shop):
	(order,) = server.create_orders(shop, lines=[{"outer_id": "SKU-1"}, {"outer_id": "SKU-2"}])
	server.move(order, "refund", line_nos=[order["lines"][1]["line_no"]], reason="拍错了")
	window = get_window()

	answer = client.call(
		"taobao.refunds.receive.get",
		fields="refund_id,tid,oid,status,refund_fee,reason,has_good_return,good_status,dispute_type,refund_phase,refund_version",
		**window,
	)
	(refund,) = answer["refunds"]["refund"]
	number, version = refund.pop("refund_id"), refund.pop("refund_version")
	assert answer["total_results"] == 1
	assert refund == {
		"tid": int(order["order_no"]),
		"oid": int(order["lines"][1]["line_no"]),
		"status": "WAIT_SELLER_AGREE",
		"refund_fee": "20.00",
		"reason": "拍错了",
		"has_good_return": False,
		"good_status": "BUYER_NOT_RECEIVED",
		"dispute_type": "REFUND",
		"refund_phase": "onsale",
	}
	stale = client.fail("taobao.rp.refunds.agree", refund_infos=f"{number}|1999|{version}|onsale")
	assert stale == "15:isv.refund-version-or-amount-mismatch"
	stale = client.fail("taobao.rp.refunds.agree", refund_infos=f"{number}|2000|{version - 1}|onsale")
	assert stale == "15:isv.refund-version-or-amount-mismatch"
	client.call("taobao.rp.refunds.agree", refund_infos=f"{number}|2000|{version}|onsale")

	got = client.call("taobao.refund.get", fields="status,order_status", refund_id=str(number))["refund"]
	assert got == {"status": "SUCCESS", "order_status": "TRADE_CLOSED"}
	trade = client.call("taobao.trade.fullinfo.get", fields="status,orders", tid=order["order_no"])["trade"]
	assert trade["status"] == "WAIT_SELLER_SEND_GOODS"
	assert [row["refund_status"] for row in trade["orders"]["order"]] == ["NO_REFUND", "SUCCESS"]
	assert (
		client.call("taobao.refunds.receive.get", fields="tid", status="SUCCESS", **window)["total_results"]
		== 1
	)
	assert (
		client.call("taobao.refunds.receive.get", fields="tid", status="CLOSED", **window)["total_results"]
		== 0
	)


def test_receivers_are_decrypted_with_the_right_pair_only(server, client, shop):
	place = {"name": "李静", "mobile": "15400000001", "address": "示例二路 2 号"}
	place |= {"province": "浙江省", "city": "杭州市", "district": "西湖区"}
	first, second = (server.create_orders(shop, receiver=place, created=1_800_000_000)[0] for _ in "ab")
	(other,) = server.create_orders(shop)

	def get_oaid(order):
		return client.call("taobao.trade.fullinfo.get", fields="oaid", tid=order["order_no"])["trade"]["oaid"]

	def decrypt(oaid, order, scene="1004"):
		rows = [{"oaid": oaid, "tid": order["order_no"], "scene": scene}]
		return client.call("taobao.top.oaid.decrypt", query_list=json.dumps(rows))["receiver_list"][
			"receiver"
		][0]

	assert get_oaid(first) == get_oaid(second) != get_oaid(other)
	(later,) = server.create_orders(shop, receiver=place, created=1_800_000_000 + 7 * 86400)
	assert get_oaid(later) != get_oaid(first)
	found = decrypt(get_oaid(first), first)
	assert (found["matched"], found["name"], found["address_detail"]) == (True, "李静", "示例二路 2 号")
	assert found["mobile"].startswith("18") and "-" in found["mobile"]
	assert decrypt(get_oaid(first), other) == {
		"oaid": get_oaid(first),
		"tid": other["order_no"],
		"matched": False,
	}
	many = json.dumps([{"oaid": "x", "tid": "1", "scene": "1004"}] * 20)
	for _ in range(24):
		client.call("taobao.top.oaid.decrypt", query_list=many)
	code = client.fail("taobao.top.oaid.decrypt", query_list=many)
	assert code == "7:accesscontrol.limited-by-api-access-count"
	assert client.fail("taobao.top.oaid.decrypt", query_list=json.dumps([{}] * 21)) == (
		"41:isv.invalid-parameter:query_list"
	)


def test_couriers_and_memos(server, client, shop):
	rows = client.call("taobao.logistics.companies.get", fields="code,name", session=None)
	assert {"code": "YTO", "name": "圆通速递"} in rows["logistics_companies"]["logistics_company"]
	(order,) = server.create_orders(shop)
	client.call("taobao.trade.memo.update", tid=order["order_no"], memo="急单", flag="1")
	found = server.ask(f"orders/{shop['shop_id']}/{order['order_no']}")["order"]
	assert (found["seller_memo"], found["flag"]) == ("急单", 1)
