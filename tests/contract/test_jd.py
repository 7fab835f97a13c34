"""JD's client and mapper against the sandbox's wire."""

from decimal import Decimal

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
from storegroup_oms.connectors.jd.client import JDClient
from storegroup_oms.connectors.jd.mapper import map_listing, map_order, map_refund


@pytest.fixture
def shop(sandbox):
	return sandbox.create_shop("JD")


@pytest.fixture
def client(make_client, shop):
	return make_client(JDClient, shop)


def yuan(fen: int) -> Decimal:
	return Decimal(fen).scaleb(-2)


def test_orders_come_page_by_page_with_the_total(sandbox, shop, client, recent):
	made = sandbox.create_orders(shop, count=103, pay="mixed")
	first, second = client.list_orders(recent, 1), client.list_orders(recent, 2)
	assert (first.total, len(first.rows), first.has_more) == (103, 100, True)
	assert (second.total, len(second.rows), second.has_more) == (103, 3, False)
	rows = [*first.rows, *second.rows]
	assert {row.order_no for row in rows} == {order["order_no"] for order in made}
	assert client.count_orders(recent) == 103
	assert map_order(rows[0].payload) == map_order(client.get_order(rows[0].order_no))


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
		assert [(line.platform_sku_id, line.sku_code, line.qty, line.unit_price) for line in order.lines] == [
			(line["sku_id"], line["outer_id"], line["qty"], yuan(line["price"])) for line in truth["lines"]
		]
		# JD tells no line amounts; shares of the order's discounts may differ by rounding
		for line, known in zip(order.lines, truth["lines"], strict=True):
			assert abs(line.amount - yuan(known["amount"])) <= Decimal("0.03")
		assert int(order.ordered_at.timestamp()) == int(truth["created"])
		assert int(order.modified_at.timestamp()) == int(truth["modified"])
		assert (order.buyer_message, order.seller_memo) == (truth["buyer_message"], truth["seller_memo"])
		assert order.receiver.province == truth["receiver"]["province"]
		assert truth["receiver"]["city"] not in order.receiver.address


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
	assert mapped.total_amount == yuan(order["total"])


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


def test_cases_before_and_after_shipping(sandbox, shop, client, recent):
	early, late = sandbox.create_plain_order(shop), sandbox.create_plain_order(shop)
	line = early["lines"][0]
	sandbox.move_order(early, "refund", kind="before_ship", line_nos=[line["line_no"]])
	sandbox.move_order(late, "ship")
	sandbox.move_order(late, "sign")
	answer = sandbox.move_order(late, "refund", kind="return")
	page = client.list_refunds(recent, 1)
	assert (page.total, page.has_more) == (2, False)
	before, after = sorted(map(map_refund, page.rows), key=lambda refund: refund.kind)
	assert (before.platform_order_no, before.kind, before.status) == (
		early["order_no"],
		"Refund Before Shipping",
		"Open",
	)
	assert before.line_nos == (line["sku_id"],)
	case = answer["refunds"][0]
	assert (after.platform_case_no, after.platform_order_no) == (case["case_no"], late["order_no"])
	assert (after.kind, after.status, after.amount) == ("Return", "Open", yuan(case["amount"]))


def test_order_that_is_not_there(client):
	with pytest.raises(RemoteNotFoundError) as error:
		client.get_order("999")
	assert error.value.code == "10100021"


def test_parcel_is_confirmed_once_however_often(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	notice = ShipmentNotice(order["order_no"], "463", "YT2026112400001")
	client.confirm_shipment(notice)
	client.confirm_shipment(notice)
	(parcel,) = sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"]
	assert (parcel["courier"], parcel["waybill_no"]) == ("463", "YT2026112400001")
	assert map_order(client.get_order(order["order_no"])).status == "Shipped"


def test_parcel_of_an_unpaid_order_is_refused(sandbox, shop, client):
	order = sandbox.create_plain_order(shop, pay=False)
	with pytest.raises(RefusedError) as error:
		client.confirm_shipment(ShipmentNotice(order["order_no"], "463", "YT1"))
	assert error.value.code == "10500001"
	assert sandbox.control("GET", f"truth?shop_id={shop['shop_id']}")["shipments"] == []


def test_parcel_of_an_order_sent_with_another_waybill_is_refused(sandbox, shop, client):
	order = sandbox.create_plain_order(shop)
	sandbox.move_order(order, "ship", courier="467", waybill_no="SF9")
	with pytest.raises(RefusedError):
		client.confirm_shipment(ShipmentNotice(order["order_no"], "463", "YT1"))


def test_listings_and_stock(client):
	page = client.list_listings(1)
	facts = [fact for row in page.rows for fact in map_listing(row)]
	assert (page.total, page.has_more) == (3, False)
	assert [(fact.outer_id, fact.spec, fact.price, fact.qty, fact.status) for fact in facts] == [
		("TEE-M", "M", Decimal("39.90"), 100, "On Sale"),
		("TEE-L", "L", Decimal("41.90"), 100, "On Sale"),
		("CAP", "", Decimal("49.90"), 7, "On Sale"),
	]
	levels = [StockLevel(fact.platform_item_id, fact.platform_sku_id, 0) for fact in facts]
	bad = StockLevel(facts[0].platform_item_id, "404", 7)
	results = client.update_stock([levels[0], bad, *levels[1:]])
	assert [result for result in results if not result.error_code] == [StockResult(level) for level in levels]
	assert [(result.level, result.error_code) for result in results if result.error_code] == [
		(bad, "10100021")
	]
	keys = [(level.platform_item_id, level.platform_sku_id) for level in levels]
	assert client.get_stock([*keys, ("1", "2")]) == dict.fromkeys(keys, 0)


def test_shop_tells_who_it_is(client, shop):
	assert client.get_shop() == ShopFacts(shop["shop_id"], shop["name"])


def test_expired_token_is_refreshed(sandbox, shop, client, make_client, recent):
	sandbox.control("POST", f"shops/{shop['shop_id']}/expire_token")
	with pytest.raises(CredentialError) as error:
		client.list_orders(recent, 1)
	assert (error.value.code, error.value.can_refresh) == ("19", True)
	tokens = client.refresh_token()
	assert tokens.expires_at > sandbox.tell_time()
	again = make_client(
		JDClient, shop, session_token=tokens.session_token, refresh_token=tokens.refresh_token
	)
	assert again.list_orders(recent, 1).total == 0


def test_refresh_long_before_the_end_is_refused(client):
	with pytest.raises(CredentialError) as error:
		client.refresh_token()
	assert (error.value.code, error.value.can_refresh) == ("401", False)


def test_wrong_secret_is_refused(make_client, shop, recent):
	with pytest.raises(RefusedError) as error:
		make_client(JDClient, shop, app_secret="wrong").list_orders(recent, 1)
	assert error.value.code == "12"


def test_call_limit(sandbox, shop, client, recent):
	sandbox.break_calls(shop, "rate_limit")
	with pytest.raises(RateLimitedError) as error:
		client.list_orders(recent, 1)
	assert error.value.code == "2"


@pytest.mark.parametrize("kind", ["truncate", "hang_up", "server_error", "platform_fault"])
def test_passing_faults(sandbox, shop, client, make_client, recent, kind):
	sandbox.break_calls(shop, kind)
	with pytest.raises(RetryableError):
		client.list_orders(recent, 1)
	sandbox.break_calls(shop, kind)
	assert make_client(JDClient, shop, attempts=2).list_orders(recent, 1).total == 0
