"""Douyin's client, mapper and webhook against the sandbox's wire."""

import json
import queue
import threading
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from storegroup_oms.connectors.base import ShipmentNotice, ShopFacts, StockLevel, StockResult
from storegroup_oms.connectors.douyin.client import DouyinClient
from storegroup_oms.connectors.douyin.mapper import map_listing, map_order, map_refund
from storegroup_oms.connectors.douyin.webhook import read_webhook
from storegroup_oms.connectors.errors import (
	CredentialError,
	MappingError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
	SignatureError,
)


@pytest.fixture
def shop(sandbox):
	return sandbox.create_shop("Douyin")


@pytest.fixture
def client(make_client, shop):
	return make_client(DouyinClient, shop)


def yuan(fen: int) -> Decimal:
	return Decimal(fen).scaleb(-2)


def test_orders_come_page_by_page_oldest_change_first(sandbox, shop, client, recent):
	made = sandbox.create_orders(shop, count=103, pay="mixed")
	first, second = client.list_orders(recent, 1), client.list_orders(recent, 2)
	assert (first.total, len(first.rows), first.has_more) == (103, 100, True)
	assert (second.total, len(second.rows), second.has_more) == (103, 3, False)
	rows = [*first.rows, *second.rows]
	assert {row.order_no for row in rows} == {order["order_no"] for order in made}
	times = [row.payload["update_time"] for row in rows]
	assert times == sorted(times)
	assert client.count_orders(recent) == 103


def test_every_order_is_mapped_as_the_platform_knows_it(sandbox, shop, client):
	for truth in sandbox.create_orders(shop, count=60, pay="mixed"):
		order = map_order(client.get_order(truth["order_no"]))
		assert order.platform_order_no == truth["order_no"]
		assert order.platform_status == truth["platform_status"]
		assert order.status == ("To Review" if truth["paid"] else "Unpaid")
		assert (order.total_amount, order.paid_amount) == (yuan(truth["total"]), yuan(truth["paid"]))
		assert order.goods_amount == yuan(truth["goods"])
		assert order.discount_amount == yuan(truth["discount"] + truth["platform_discount"])
		assert order.platform_discount_amount == yuan(truth["platform_discount"])
		assert order.freight_amount == yuan(truth["freight"])
		assert [
			(
				line.platform_line_no,
				line.platform_item_id,
				line.platform_sku_id,
				line.sku_code,
				line.qty,
				line.unit_price,
				line.amount,
			)
			for line in order.lines
		] == [
			(
				line["line_no"],
				line["item_id"],
				line["sku_id"],
				line["outer_id"],
				line["qty"],
				yuan(line["price"]),
				yuan(line["amount"]),
			)
			for line in truth["lines"]
		]
		assert order.platform_buyer_id == truth["buyer_id"]
		assert order.receiver.province == truth["receiver"]["province"]
		assert order.receiver.platform_token


def test_list_and_detail_tell_the_same(sandbox, shop, client, recent):
	sandbox.create_plain_order(shop, buyer_message="周末送", flag=3)
	row = client.list_orders(recent, 1).rows[0]
	assert map_order(row.payload) == map_order(client.get_order(row.order_no))


@pytest.mark.parametrize("adjust", [-1000, 1500])
def test_change_of_price_by_the_seller(sandbox, shop, client, adjust):
	order = sandbox.create_plain_order(shop, pay=False)
	sandbox.move_order(order, "change_amount", adjust=adjust)
	mapped = map_order(client.get_order(order["order_no"]))
	assert mapped.total_amount == yuan(order["total"] + adjust)
	assert sum(line.amount for line in mapped.lines) == mapped.total_amount


def test_life_of_an_order(sandbox, shop, client):
	order = sandbox.create_plain_order(shop, pay=False)
	total = yuan(order["total"])

	def read() -> tuple:
		mapped = map_order(client.get_order(order["order_no"]))
		return mapped.status, mapped.hold_reasons, mapped.paid_amount

	assert read() == ("Unpaid", (), 0)
	for action, told in (
		("pay", ("To Review", (), total)),
		("lock", ("To Review", ("platform_locked",), total)),
		("unlock", ("To Review", (), total)),
		("ship_part", ("Partly Shipped", (), total)),
		("ship", ("Shipped", (), total)),
		("sign", ("Shipped", (), total)),
		("complete", ("Completed", (), total)),
	):
		sandbox.move_order(order, action)
		assert read() == told, action


def test_cancelled_order_was_not_paid(sandbox, shop, client):
	order = sandbox.create_plain_order(shop, pay=False)
	sandbox.move_order(order, "cancel")
	mapped = map_order(client.get_order(order["order_no"]))
	assert (mapped.status, mapped.paid_amount, mapped.refund_amount) == ("Closed", 0, 0)


@pytest.mark.parametrize(
	("kind", "reason"),
	[
		("missing_lines", "no_lines"),
		("negative_quantity", "field_invalid"),
		("unreadable_amount", "money_invalid"),
		("unknown_status", "status_unknown"),
		("absent_created", "field_missing"),
	],
)
def test_poisoned_orders_are_refused(sandbox, shop, client, kind, reason):
	order = sandbox.create_plain_order(shop)
	sandbox.move_order(order, "poison", kind=kind)
	with pytest.raises(MappingError) as error:
		map_order(client.get_order(order["order_no"]))
	assert error.value.reason == reason


def test_refund_of_one_line_before_shipping(sandbox, shop, client, recent):
	order = sandbox.create_plain_order(shop)
	line = order["lines"][0]
	(case,) = sandbox.move_order(order, "refund", kind="before_ship", line_nos=[line["line_no"]])["refunds"]

	def read() -> tuple:
		refund = map_refund(client.list_refunds(recent, 1).rows[0])
		lines = map_order(client.get_order(order["order_no"])).lines
		return refund.kind, refund.status, [line.refund_status for line in lines]

	page = client.list_refunds(recent, 1)
	assert (page.total, page.has_more) == (1, False)
	refund = map_refund(page.rows[0])
	assert (refund.platform_case_no, refund.platform_order_no) == (case["case_no"], order["order_no"])
	assert (refund.amount, refund.line_nos) == (yuan(case["amount"]), (line["line_no"],))
	assert read() == ("Refund Before Shipping", "Open", ["Requested", ""])
	path = f"refunds/{shop['shop_id']}/{case['case_no']}"
	sandbox.control("POST", path, action="agree")
	assert read() == ("Refund Before Shipping", "Approved", ["Refunding", ""])
	sandbox.control("POST", path, action="finish")
	assert read() == ("Refund Before Shipping", "Refunded", ["Refunded", ""])
	assert map_order(client.get_order(order["order_no"])).refund_amount == yuan(case["amount"])


def test_order_that_is_not_there(client):
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("6920000000000000000")
	assert error.value.code == "50002:isv.business-failed:2000"


def test_parcel_is_confirmed_once_however_often(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	notice = ShipmentNotice(order["order_no"], "yuantong", "YT2026112400001")
	client.confirm_shipment(notice)
	client.confirm_shipment(notice)
	(parcel,) = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert parcel["waybill_no"] == "YT2026112400001"
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"


def test_two_parcels_of_one_order(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	first, second = (line["line_no"] for line in order["lines"])
	client.confirm_shipment(ShipmentNotice(order["order_no"], "yuantong", "YT1", (first,)))
	assert map_order(client.get_order(order["order_no"])).status == "Partly Shipped"
	for _ in range(2):
		client.confirm_shipment(
			ShipmentNotice(order["order_no"], "zhongtong", "ZT2", (second,), is_first=False)
		)
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"
	shipments = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert sorted(parcel["waybill_no"] for parcel in shipments) == ["YT1", "ZT2"]


@pytest.mark.parametrize("is_paid", [False, True])
def test_parcel_of_an_order_that_must_not_be_sent(sandbox, shop, client, is_paid):
	order = sandbox.create_plain_order(shop, pay=is_paid)
	if is_paid:
		sandbox.move_order(order, "ship", courier="shunfeng", waybill_no="SF9")
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(ShipmentNotice(order["order_no"], "yuantong", "YT1"))
	assert error.value.code == f"50002:isv.business-failed:{2001 if is_paid else 2002}"


def test_listings_and_stock(client):
	page = client.list_listings(1)
	facts = [fact for item in page.rows for fact in map_listing(item)]
	assert (page.total, page.has_more) == (2, False)
	assert [(fact.outer_id, fact.spec, fact.price, fact.qty, fact.status) for fact in facts] == [
		("TEE-M", "M", Decimal("39.90"), 100, "On Sale"),
		("TEE-L", "L", Decimal("41.90"), 100, "On Sale"),
		("CAP", "", Decimal("49.90"), 7, "On Sale"),
	]
	levels = [StockLevel(fact.platform_item_id, fact.platform_sku_id, 5) for fact in facts]
	bad = StockLevel(facts[0].platform_item_id, "404", 5)
	results = client.update_stock([levels[0], bad, *levels[1:]])
	assert [result for result in results if not result.error_code] == [StockResult(level) for level in levels]
	assert [result.error_code for result in results if result.level is bad] == [
		"50002:isv.business-failed:3001"
	]
	keys = [(level.platform_item_id, level.platform_sku_id) for level in levels]
	assert client.get_stock([*keys, ("1", "2")]) == dict.fromkeys(keys, 5)


def test_shop_tells_its_name_once_it_has_an_order(sandbox, shop, client):
	assert client.get_shop() == ShopFacts()
	sandbox.create_plain_order(shop)
	assert client.get_shop() == ShopFacts(shop["shop_id"], shop["name"])


def test_expired_token_is_refreshed(sandbox, shop, client, make_client, recent):
	sandbox.control("POST", f"shops/{shop['shop_id']}/expire_token")
	with pytest.raises(CredentialError) as error:
		client.list_orders(recent, 1)
	assert (error.value.code, error.value.can_refresh) == ("40003:isv.access-token-expired", True)
	tokens = client.refresh_token()
	assert tokens.expires_at > sandbox.tell_time() + timedelta(minutes=1)
	fresh = {"session_token": tokens.session_token, "refresh_token": tokens.refresh_token}
	assert make_client(DouyinClient, shop, **fresh).list_orders(recent, 1).total == 0


def test_early_refresh_gives_the_same_tokens(shop, client):
	tokens = client.refresh_token()
	assert (tokens.session_token, tokens.refresh_token) == (shop["access_token"], shop["refresh_token"])


def test_revoked_shop_needs_a_person(sandbox, shop, client):
	sandbox.control("POST", f"shops/{shop['shop_id']}/revoke")
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert error.value.can_refresh is False


def test_wrong_secret_is_refused(make_client, shop, recent):
	with pytest.raises(RefusedError) as error:
		make_client(DouyinClient, shop, app_secret="wrong").list_orders(recent, 1)
	assert error.value.code == "40003:isv.signature-invalid"


def test_too_many_calls(sandbox, shop, client, recent):
	sandbox.break_calls(shop, "rate_limit")
	with pytest.raises(RateLimitedError) as error:
		client.list_orders(recent, 1)
	assert error.value.code.startswith("60000")


@pytest.mark.parametrize("kind", ["truncate", "hang_up", "server_error", "platform_fault"])
def test_passing_faults(sandbox, shop, client, make_client, recent, kind):
	sandbox.create_plain_order(shop)
	sandbox.break_calls(shop, kind)
	with pytest.raises(RetryableError):
		client.list_orders(recent, 1)
	sandbox.break_calls(shop, kind)
	assert make_client(DouyinClient, shop, attempts=2).list_orders(recent, 1).total == 1


@pytest.fixture
def inbox():
	"""A webhook on loopback: its url, and the (headers, body) of each POST. Signed messages are acknowledged."""
	received = queue.Queue()

	class Handler(BaseHTTPRequestHandler):
		def do_POST(self) -> None:
			body = self.rfile.read(int(self.headers["Content-Length"]))
			received.put(({name.lower(): value for name, value in self.headers.items()}, body))
			answer = json.dumps({"code": 0, "msg": "success"}).encode()
			self.send_response(200)
			self.send_header("Content-Length", str(len(answer)))
			self.end_headers()
			self.wfile.write(answer)

		def log_message(self, *args: object) -> None:
			return

	server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	thread = threading.Thread(target=server.serve_forever, daemon=True)
	thread.start()
	server.received = received
	yield server
	server.shutdown()
	server.server_close()
	thread.join()


def test_pushed_messages_are_read(sandbox, inbox):
	shop = sandbox.create_shop("Douyin", webhook_url=f"http://127.0.0.1:{inbox.server_port}/webhook")
	secrets = {shop["app_key"]: shop["app_secret"]}
	order = sandbox.create_plain_order(shop)
	sandbox.move_order(order, "refund", kind="before_ship")
	messages = [
		message for _ in range(3) for message in read_webhook(*inbox.received.get(timeout=20), secrets)
	]
	by_topic = {message.topic: message for message in messages}
	assert {topic: message.kind for topic, message in by_topic.items()} == {
		"100": "order",
		"101": "order",
		"200": "refund",
	}
	assert {message.order_no for message in messages} == {order["order_no"]}
	assert {message.shop_keys for message in messages} == {(shop["shop_id"],)}
	assert by_topic["200"].refund_no
	assert len({message.message_id for message in messages}) == 3


@pytest.mark.parametrize("how", ["wrong_signature", "no_signature"])
def test_forged_pushes_are_refused(sandbox, inbox, how):
	shop = sandbox.create_shop("Douyin", webhook_url=f"http://127.0.0.1:{inbox.server_port}/webhook")
	sandbox.control("POST", "forge", shop_id=shop["shop_id"], how=how)
	headers, body = inbox.received.get(timeout=20)
	with pytest.raises(SignatureError):
		read_webhook(headers, body, {shop["app_key"]: shop["app_secret"]})
