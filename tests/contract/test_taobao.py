"""Taobao's client and mapper against the sandbox's wire."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import aiohttp
import pytest

from storegroup_oms.connectors.base import ShipmentNotice, ShopFacts, StockLevel, StockResult
from storegroup_oms.connectors.errors import (
	CredentialError,
	MappingError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)
from storegroup_oms.connectors.taobao.client import TaobaoClient
from storegroup_oms.connectors.taobao.mapper import map_listing, map_order, map_refund
from storegroup_oms.connectors.taobao.messages import TaobaoMessages


@pytest.fixture
def shop(sandbox):
	return sandbox.create_shop("Taobao")


@pytest.fixture
def client(make_client, shop):
	return make_client(TaobaoClient, shop)


def yuan(fen: int) -> Decimal:
	return Decimal(fen).scaleb(-2)


def test_orders_come_page_by_page_with_the_total(sandbox, shop, client, recent):
	made = sandbox.control("POST", "orders", shop_id=shop["shop_id"], count=103, pay="mixed")["orders"]
	first, second = client.list_orders(recent, 1), client.list_orders(recent, 2)
	assert (first.total, len(first.rows), first.has_more) == (103, 100, True)
	assert (second.total, len(second.rows), second.has_more) == (103, 3, False)
	listed = {row.order_no: row for row in [*first.rows, *second.rows]}
	assert set(listed) == {order["order_no"] for order in made}
	assert client.count_orders(recent) == 103
	assert {row.untold for row in listed.values()} == {("buyer_message", "seller_memo")}


def test_a_list_lacks_what_its_rows_say_and_nothing_else(sandbox, shop, client, recent):
	sandbox.create_plain_order(shop, buyer_message="快一点", seller_memo="老客户")
	row = client.list_orders(recent, 1).rows[0]
	listed, whole = map_order(row.payload), map_order(client.get_order(row.order_no))
	texts = {name: getattr(whole, name) for name in row.untold}
	assert texts == {"buyer_message": "快一点", "seller_memo": "老客户"}
	assert listed.model_copy(update=texts) == whole
	assert (listed.buyer_message, listed.seller_memo) == ("", "")


def test_every_order_is_mapped_as_the_platform_knows_it(sandbox, shop, client):
	made = sandbox.control("POST", "orders", shop_id=shop["shop_id"], count=60, pay="mixed")["orders"]
	for truth in made:
		order = map_order(client.get_order(truth["order_no"]))
		assert order.platform_order_no == truth["order_no"]
		assert order.platform_status == truth["platform_status"]
		assert order.status == ("To Review" if truth["paid"] else "Unpaid")
		assert (order.total_amount, order.paid_amount) == (yuan(truth["total"]), yuan(truth["paid"]))
		assert order.goods_amount == yuan(truth["goods"])
		assert order.discount_amount == yuan(truth["discount"] + truth["platform_discount"])
		assert order.freight_amount == yuan(truth["freight"])
		assert [
			(
				line.platform_line_no,
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
				line["sku_id"],
				line["outer_id"],
				line["qty"],
				yuan(line["price"]),
				yuan(line["amount"]),
			)
			for line in truth["lines"]
		]
		assert int(order.ordered_at.timestamp()) == int(truth["created"])
		assert int(order.modified_at.timestamp()) == int(truth["modified"])
		assert (order.buyer_message, order.seller_memo) == (truth["buyer_message"], truth["seller_memo"])
		assert order.receiver.province == truth["receiver"]["province"]
		assert order.receiver.platform_token


def test_list_and_detail_tell_the_same(sandbox, shop, client, recent):
	sandbox.create_plain_order(shop)
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

	def read() -> tuple:
		mapped = map_order(client.get_order(order["order_no"]))
		return mapped.status, mapped.hold_reasons, mapped.paid_amount

	total = yuan(order["total"])
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


def test_refund_before_shipping(sandbox, shop, client, recent):
	order = sandbox.create_plain_order(shop)
	line = order["lines"][0]
	answer = sandbox.move_order(order, "refund", kind="before_ship", line_nos=[line["line_no"]])
	page = client.list_refunds(recent, 1)
	assert (page.total, page.has_more) == (1, False)
	refund = map_refund(page.rows[0])
	case = answer["refunds"][0]
	assert (refund.platform_case_no, refund.platform_order_no) == (case["case_no"], order["order_no"])
	assert (refund.kind, refund.status) == ("Refund Before Shipping", "Open")
	assert (refund.amount, refund.line_nos) == (yuan(case["amount"]), (line["line_no"],))
	assert [one.refund_status for one in map_order(client.get_order(order["order_no"])).lines] == [
		"Requested",
		"",
	]


def test_order_that_is_not_there(client):
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("4118000000000000000")
	assert error.value.code == "15:isv.trade-not-exist"


def test_parcel_is_confirmed_once_however_often(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	notice = ShipmentNotice(order["order_no"], "YTO", "YT2026112400001")
	client.confirm_shipment(notice)
	client.confirm_shipment(notice)
	(parcel,) = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert (parcel["courier"], parcel["waybill_no"], parcel["confirmations"]) == ("YTO", "YT2026112400001", 1)
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"


def test_two_parcels_of_one_order(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	first, second = (line["line_no"] for line in order["lines"])
	client.confirm_shipment(ShipmentNotice(order["order_no"], "YTO", "YT1", (first,)))
	assert map_order(client.get_order(order["order_no"])).status == "Partly Shipped"
	for _ in range(2):
		client.confirm_shipment(ShipmentNotice(order["order_no"], "ZTO", "ZT2", (second,), is_first=False))
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"


@pytest.mark.parametrize("is_paid", [False, True])
def test_parcel_of_an_order_that_must_not_be_sent(sandbox, shop, client, is_paid):
	order = sandbox.create_plain_order(shop, pay=is_paid)
	if is_paid:
		sandbox.move_order(order, "ship", courier="SF", waybill_no="SF9")
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(ShipmentNotice(order["order_no"], "YTO", "YT1"))
	assert error.value.code == "15:isv.logistics-offline-service-error:B04"


def test_listings_and_stock(client):
	page = client.list_listings(1)
	facts = [fact for item in page.rows for fact in map_listing(item)]
	assert (page.total, page.has_more) == (2, False)
	assert [(fact.outer_id, fact.spec, fact.price, fact.qty, fact.status) for fact in facts] == [
		("TEE-M", "规格:M", Decimal("39.90"), 100, "On Sale"),
		("TEE-L", "规格:L", Decimal("41.90"), 100, "On Sale"),
		("CAP", "规格:", Decimal("49.90"), 7, "On Sale"),
	]
	levels = [StockLevel(fact.platform_item_id, fact.platform_sku_id, 7) for fact in facts]
	bad = StockLevel(facts[0].platform_item_id, "404", 7)
	results = client.update_stock([levels[0], bad, *levels[1:]])
	assert [result for result in results if not result.error_code] == [StockResult(level) for level in levels]
	assert [result.error_code for result in results if result.level is bad] == [
		"15:isv.skus-quantity-update-service-error:SKU"
	]
	keys = [(level.platform_item_id, level.platform_sku_id) for level in levels]
	assert client.get_stock([*keys, ("1", "2")]) == dict.fromkeys(keys, 7)


def test_shop_tells_its_name(client, shop):
	facts = client.get_shop()
	assert (facts.shop_name, type(facts)) == (shop["name"], ShopFacts)


def test_expired_token_is_refreshed(sandbox, shop, client, make_client, recent):
	sandbox.control("POST", f"shops/{shop['shop_id']}/expire_token")
	with pytest.raises(CredentialError) as error:
		client.list_orders(recent, 1)
	assert (error.value.code, error.value.can_refresh) == ("27:invalid-sessionkey", True)
	tokens = client.refresh_token()
	assert tokens.expires_at > sandbox.tell_time() + timedelta(minutes=1)
	again = make_client(
		TaobaoClient, shop, session_token=tokens.session_token, refresh_token=tokens.refresh_token
	)
	assert again.list_orders(recent, 1).total == 0


def test_revoked_shop_needs_a_person(sandbox, shop, client):
	sandbox.control("POST", f"shops/{shop['shop_id']}/revoke")
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert error.value.can_refresh is False


def test_wrong_secret_is_refused(make_client, shop, recent):
	with pytest.raises(RefusedError) as error:
		make_client(TaobaoClient, shop, app_secret="wrong").list_orders(recent, 1)
	assert error.value.code == "25"


def test_ban_is_kept(sandbox, shop, client, recent):
	sandbox.break_calls(shop, "rate_limit", seconds=37)
	with pytest.raises(RateLimitedError) as error:
		client.list_orders(recent, 1)
	assert error.value.retry_after_s == 37


@pytest.mark.parametrize("kind", ["truncate", "hang_up", "server_error", "platform_fault"])
def test_passing_faults(sandbox, shop, client, make_client, recent, kind):
	sandbox.break_calls(shop, kind)
	with pytest.raises(RetryableError):
		client.list_orders(recent, 1)
	sandbox.break_calls(shop, kind)
	assert make_client(TaobaoClient, shop, attempts=2).list_orders(recent, 1).total == 0


async def talk(protocol, moves, wanted: int) -> list:
	"""Messages of a socket until there are `wanted`; `moves` is called once connected."""
	messages = []
	async with (
		aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http,
		http.ws_connect(protocol.get_url()) as socket,
	):
		for frame in protocol.open():
			await socket.send_bytes(frame)
		started = False
		async for received in socket:
			got, answers = protocol.receive(received.data)
			messages += got
			for frame in [*answers, *map(protocol.confirm, got)]:
				await socket.send_bytes(frame)
			if answers and not started:
				started = True
				await asyncio.to_thread(moves)
			if len(messages) >= wanted:
				await socket.send_bytes(protocol.beat()[0])
				await socket.receive()  # its answer: everything before it has been heard
				break
	return messages


def test_message_socket(sandbox):
	shop = sandbox.create_shop("Taobao", app_key="70000001", app_secret="secret-of-the-socket-test")
	order = sandbox.create_plain_order(shop, pay=False)
	protocol = TaobaoMessages(shop["app_key"], shop["app_secret"], sandbox.url, sandbox.tell_time)
	messages = asyncio.run(talk(protocol, lambda: sandbox.move_order(order, "pay"), 2))
	assert [(message.topic, message.kind, message.order_no) for message in messages] == [
		("taobao_trade_TradeCreate", "order", order["order_no"]),
		("taobao_trade_TradeBuyerPay", "order", order["order_no"]),
	]
	assert all(shop["name"] in message.shop_keys for message in messages)
	assert all("buyer_nick" not in message.payload for message in messages)
	assert sandbox.control("GET", "calls")["Taobao"]["pushed"]["confirmed"] == 2


def test_socket_refuses_a_wrong_signature(sandbox, shop):
	protocol = TaobaoMessages(shop["app_key"], "wrong", sandbox.url, sandbox.tell_time)
	with pytest.raises(CredentialError) as error:
		asyncio.run(talk(protocol, lambda: None, 1))
	assert error.value.code == "401"
