"""Pinduoduo's client, mapper and message socket against the sandbox's wire."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import aiohttp
import pytest

from storegroup_oms.connectors.base import ShipmentNotice, ShopFacts, StockLevel, StockResult, TimeWindow
from storegroup_oms.connectors.errors import (
	CredentialError,
	MappingError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)
from storegroup_oms.connectors.pinduoduo.client import PinduoduoClient
from storegroup_oms.connectors.pinduoduo.mapper import map_listing, map_order, map_refund
from storegroup_oms.connectors.pinduoduo.messages import PinduoduoMessages

YTO, ZTO = "85", "115"


@pytest.fixture
def shop(sandbox):
	return sandbox.create_shop("Pinduoduo")


@pytest.fixture
def client(make_client, shop):
	return make_client(PinduoduoClient, shop)


@pytest.fixture
def settle(sandbox, client):
	def pass_lag() -> TimeWindow:
		"""Let the platform's lag pass; the window that then holds what a test has done."""
		sandbox.pass_time(client.limits.end_lag.total_seconds() + 20)
		end = sandbox.tell_time() - client.limits.end_lag
		return TimeWindow(end - timedelta(minutes=20), end)

	return pass_lag


def yuan(fen: int) -> Decimal:
	return Decimal(fen).scaleb(-2)


def test_orders_come_page_by_page_with_the_total(sandbox, shop, client, settle):
	made = sandbox.create_orders(shop, count=103)
	window = settle()
	first, second = client.list_orders(window, 1), client.list_orders(window, 2)
	assert (first.total, len(first.rows), first.has_more) == (103, 100, True)
	assert (second.total, len(second.rows), second.has_more) == (103, 3, False)
	rows = [*first.rows, *second.rows]
	assert {row.order_no for row in rows} == {order["order_no"] for order in made}
	assert {row.payload for row in rows} == {None}
	assert client.count_orders(window) == 103


def test_unpaid_orders_are_not_there(sandbox, shop, client, settle):
	order = sandbox.create_plain_order(shop, pay=False)
	assert client.count_orders(settle()) == 0
	with pytest.raises(RemoteNotFoundError):
		client.get_order(order["order_no"])


def test_every_order_is_mapped_as_the_platform_knows_it(sandbox, shop, client):
	for truth in sandbox.create_orders(shop, count=60):
		order = map_order(client.get_order(truth["order_no"]))
		assert order.platform_order_no == truth["order_no"]
		assert order.platform_status == truth["platform_status"]
		assert order.status == "To Review"
		assert (order.total_amount, order.paid_amount) == (yuan(truth["total"]), yuan(truth["paid"]))
		assert order.goods_amount == yuan(truth["goods"])
		assert order.discount_amount == yuan(truth["discount"] + truth["platform_discount"])
		assert order.platform_discount_amount == yuan(truth["platform_discount"])
		assert order.freight_amount == yuan(truth["freight"])
		assert [(line.platform_sku_id, line.sku_code, line.qty, line.unit_price) for line in order.lines] == [
			(line["sku_id"], line["outer_id"], line["qty"], yuan(line["price"])) for line in truth["lines"]
		]
		assert order.receiver.province == truth["receiver"]["province"]
		assert order.receiver.platform_token


def test_life_of_an_order(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	total = yuan(order["total"])

	def read() -> tuple:
		mapped = map_order(client.get_order(order["order_no"]))
		return mapped.status, mapped.hold_reasons, mapped.paid_amount

	assert read() == ("To Review", (), total)
	for action, told in (
		("review", ("To Review", ("platform_locked",), total)),
		("approve", ("To Review", (), total)),
		("ship_part", ("Shipped", (), total)),
		("ship", ("Shipped", (), total)),
		("sign", ("Shipped", (), total)),
		("complete", ("Completed", (), total)),
	):
		sandbox.move_order(order, action)
		assert read() == told, action


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


def test_refund_before_shipping(sandbox, shop, client, settle):
	order = sandbox.create_plain_order(shop)
	(case,) = sandbox.move_order(order, "refund", kind="before_ship")["refunds"]
	page = client.list_refunds(settle(), 1)
	assert (page.total, page.has_more) == (1, False)
	refund = map_refund(page.rows[0])
	assert (refund.platform_case_no, refund.platform_order_no) == (case["case_no"], order["order_no"])
	assert (refund.kind, refund.status, refund.amount) == (
		"Refund Before Shipping",
		"Open",
		yuan(case["amount"]),
	)
	assert {line.refund_status for line in map_order(client.get_order(order["order_no"])).lines} == {
		"Requested"
	}
	with pytest.raises(RefusedError):
		client.confirm_shipment(ShipmentNotice(order["order_no"], YTO, "YT1"))


def test_order_that_is_not_there(client):
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("261124-000000000000000")
	assert error.value.code == "50001"


def test_parcel_is_confirmed_once_however_often(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	notice = ShipmentNotice(order["order_no"], YTO, "YT2026112400001")
	client.confirm_shipment(notice)
	client.confirm_shipment(notice)
	(parcel,) = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert parcel["waybill_no"] == "YT2026112400001"
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"


def test_further_parcel_is_taken_once(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	client.confirm_shipment(ShipmentNotice(order["order_no"], YTO, "YT1"))
	for _ in range(2):
		client.confirm_shipment(ShipmentNotice(order["order_no"], ZTO, "ZT2", is_first=False))
	shipments = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert sorted(parcel["waybill_no"] for parcel in shipments) == ["YT1", "ZT2"]


def test_order_that_went_out_otherwise_is_refused(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	sandbox.move_order(order, "ship", courier=ZTO, waybill_no="ZT9")
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(ShipmentNotice(order["order_no"], YTO, "YT1"))
	assert error.value.code == "50001"


def test_listings_and_stock(client):
	page = client.list_listings(1)
	facts = [fact for item in page.rows for fact in map_listing(item)]
	assert (page.total, page.has_more) == (2, False)
	assert [(fact.outer_id, fact.spec, fact.qty, fact.status) for fact in facts] == [
		("TEE-M", "M", 100, "On Sale"),
		("TEE-L", "L", 100, "On Sale"),
		("CAP", "", 7, "On Sale"),
	]
	levels = [StockLevel(fact.platform_item_id, fact.platform_sku_id, 5) for fact in facts]
	bad = StockLevel(facts[0].platform_item_id, "404", 5)
	results = client.update_stock([levels[0], bad, *levels[1:]])
	assert [result for result in results if not result.error_code] == [StockResult(level) for level in levels]
	assert [result.error_code for result in results if result.level is bad] == ["50001"]
	keys = [(level.platform_item_id, level.platform_sku_id) for level in levels]
	assert client.get_stock([*keys, ("1", "2")]) == dict.fromkeys(keys, 5)


def test_shop_tells_its_name(client, shop):
	assert client.get_shop() == ShopFacts(shop["shop_id"], shop["name"])


def test_expired_token_is_refreshed(sandbox, shop, client, make_client):
	sandbox.control("POST", f"shops/{shop['shop_id']}/expire_token")
	with pytest.raises(CredentialError) as error:
		client.get_shop()
	assert (error.value.code, error.value.can_refresh) == ("10019", True)
	tokens = client.refresh_token()
	assert tokens.expires_at > sandbox.tell_time() + timedelta(minutes=1)
	fresh = {"session_token": tokens.session_token, "refresh_token": tokens.refresh_token}
	assert make_client(PinduoduoClient, shop, **fresh).get_shop().shop_name == shop["name"]
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert error.value.can_refresh is False, "the old pair is dead"


def test_revoked_shop_needs_a_person(sandbox, shop, client):
	sandbox.control("POST", f"shops/{shop['shop_id']}/revoke")
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert error.value.can_refresh is False


def test_wrong_secret_is_refused(make_client, shop):
	with pytest.raises(RefusedError) as error:
		make_client(PinduoduoClient, shop, app_secret="wrong").get_shop()
	assert error.value.code == "20004"


@pytest.mark.parametrize("is_long", [True, False])
def test_platform_holds_its_window(client, settle, is_long):
	window = settle()
	late = TimeWindow(window.start, window.end + timedelta(minutes=2))
	long = TimeWindow(window.start - timedelta(minutes=11), window.end)
	with pytest.raises(RefusedError) as error:
		client.list_orders(long if is_long else late, 1)
	assert error.value.code == "21001"


def test_too_many_calls(sandbox, shop, client):
	sandbox.break_calls(shop, "rate_limit", times=2)
	codes = set()
	for _ in range(2):
		with pytest.raises(RateLimitedError) as error:
			client.get_shop()
		codes.add(error.value.code)
	assert codes == {"52101", "70031"}


@pytest.mark.parametrize("kind", ["truncate", "hang_up", "server_error", "platform_fault"])
def test_passing_faults(sandbox, shop, client, make_client, kind):
	sandbox.break_calls(shop, kind)
	with pytest.raises(RetryableError):
		client.get_shop()
	sandbox.break_calls(shop, kind)
	assert make_client(PinduoduoClient, shop, attempts=2).get_shop().shop_name == shop["name"]


async def talk(protocol, act, is_enough) -> list:
	"""Messages of a socket until `is_enough(messages)`; `act` runs once connected."""
	messages = []
	async with (
		aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http,
		http.ws_connect(protocol.get_url()) as socket,
	):
		for frame in [*protocol.open(), *protocol.beat()]:
			await socket.send_str(frame)
		await asyncio.to_thread(act)
		while not is_enough(messages):
			got, answers = protocol.receive(await socket.receive_str())
			messages += got
			for frame in [*answers, *map(protocol.confirm, got)]:
				await socket.send_str(frame)
	return messages


def test_message_socket(sandbox, shop):
	protocol = PinduoduoMessages(shop["app_key"], shop["app_secret"], sandbox.url, sandbox.tell_time)
	order = sandbox.create_plain_order(shop, pay=False)

	def act() -> None:
		sandbox.move_order(order, "pay")
		sandbox.move_order(order, "refund", kind="before_ship")

	def pick(messages) -> list:
		return [message for message in messages if message.order_no == order["order_no"]]

	paid, refund = pick(asyncio.run(talk(protocol, act, lambda messages: len(pick(messages)) == 2)))
	assert (paid.topic, paid.kind, paid.refund_no) == ("pdd_trade_TradeConfirmed", "order", "")
	assert (refund.topic, refund.kind) == ("pdd_refund_RefundCreated", "refund")
	assert refund.refund_no
	assert paid.shop_keys == refund.shop_keys == (shop["shop_id"],)


def test_confirmed_messages_do_not_come_again(sandbox, shop):
	protocol = PinduoduoMessages(shop["app_key"], shop["app_secret"], sandbox.url, sandbox.tell_time)
	first, second = (sandbox.create_plain_order(shop, pay=False) for _ in range(2))

	def listen(order) -> list:
		def is_there(messages) -> bool:
			return any(message.order_no == order["order_no"] for message in messages)

		return asyncio.run(talk(protocol, lambda: sandbox.move_order(order, "pay"), is_there))

	listen(first)
	assert first["order_no"] not in {message.order_no for message in listen(second)}


def test_socket_refuses_a_wrong_digest(sandbox, shop):
	protocol = PinduoduoMessages(shop["app_key"], "wrong", sandbox.url, sandbox.tell_time)
	with pytest.raises(aiohttp.WSServerHandshakeError) as error:
		asyncio.run(talk(protocol, lambda: None, lambda messages: True))
	assert error.value.status == 403
