"""Taobao's payloads as canonical records: whole payloads, each row of the status tables, and broken ones."""

import copy
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.base import ListingFacts
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.taobao.mapper import map_listing, map_order, map_refund
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund

CHINA = ZoneInfo("Asia/Shanghai")
MONEY = Decimal
JUNK = st.one_of(
	st.none(),
	st.booleans(),
	st.integers(),
	st.decimals(allow_nan=True),
	st.text(max_size=20),
	st.sampled_from(["", "0", "-1", "1.005", "500.00", "9" * 30, "2026-13-40 00:00:00"]),
	st.lists(st.integers(), max_size=2),
	st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.fixture
def trade(load_payload):
	return load_payload("taobao/trade_to_ship")


@pytest.fixture
def line(trade):
	"""The only line of `trade`, which is a plain order of 100.00 then."""
	trade.update(payment="100.00", post_fee="0.00", discount_fee="0.00", total_fee="100.00")
	only = trade["orders"]["order"][0]
	only.update(num=2, price="50.00", payment="100.00", divide_order_fee="100.00", discount_fee="0.00")
	trade["orders"]["order"] = [only]
	return only


def test_whole_trade(trade):
	assert map_order(trade) == CanonicalOrder(
		platform="Taobao",
		platform_order_no="3971046220185599001",
		platform_status="WAIT_SELLER_SEND_GOODS",
		status="To Review",
		buyer_nick="t**8",
		platform_buyer_id="AAHm5d-EAAnSx2Sfz0",
		receiver=CanonicalReceiver(
			name="陈**",
			mobile="138****1234",
			province="浙江省",
			city="杭州市",
			district="余杭区",
			town="五常街道",
			address="五常街道测试路**号*幢",
			platform_token="1xKq7Zt0N9vTest0000000000Wb",
		),
		buyer_message="请发顺丰",
		seller_memo="送贺卡",
		memo_flag="Yellow",
		goods_amount="187.00",
		discount_amount="34.40",
		freight_amount="6.00",
		total_amount="158.60",
		paid_amount="158.60",
		ordered_at=datetime(2026, 11, 23, 21, 4, 11, tzinfo=CHINA),
		paid_at=datetime(2026, 11, 23, 21, 5, 1, tzinfo=CHINA),
		ship_by=datetime(2026, 11, 25, 21, 5, 1, tzinfo=CHINA),
		modified_at=datetime(2026, 11, 23, 21, 5, 2, tzinfo=CHINA),
		lines=[
			CanonicalLine(
				platform_line_no="3971046220186599001",
				platform_item_id="680011223344",
				platform_sku_id="5011223344556",
				sku_code="TEE-WHITE-L",
				title="纯棉短袖T恤",
				spec="颜色:白色;尺码:L",
				qty=2,
				unit_price="59.00",
				discount_amount="24.40",
				amount="93.60",
			),
			CanonicalLine(
				platform_line_no="3971046220187599001",
				platform_item_id="680055667788",
				sku_code="CAP-BLUE",
				title="遮阳帽",
				qty=1,
				unit_price="69.00",
				discount_amount="10.00",
				amount="59.00",
				refund_status="Requested",
			),
		],
	)


@pytest.mark.parametrize(
	("word", "status", "holds", "paid"),
	[
		("TRADE_NO_CREATE_PAY", "Unpaid", (), "0.00"),
		("WAIT_BUYER_PAY", "Unpaid", (), "0.00"),
		("PAY_PENDING", "Unpaid", (), "0.00"),
		("WAIT_PRE_AUTH_CONFIRM", "Unpaid", (), "0.00"),
		("WAIT_SELLER_SEND_GOODS", "To Review", (), "100.00"),
		("PAID_FORBID_CONSIGN", "To Review", ("platform_locked",), "100.00"),
		("SELLER_CONSIGNED_PART", "Partly Shipped", (), "100.00"),
		("WAIT_BUYER_CONFIRM_GOODS", "Shipped", (), "100.00"),
		("TRADE_BUYER_SIGNED", "Shipped", (), "100.00"),
		("TRADE_FINISHED", "Completed", (), "100.00"),
		("TRADE_CLOSED", "Closed", (), "100.00"),
	],
)
def test_statuses(trade, line, word, status, holds, paid):
	trade["status"] = word
	order = map_order(trade)
	assert (order.status, order.platform_status, order.hold_reasons) == (status, word, holds)
	assert order.paid_amount == Decimal(paid)
	assert order.refund_amount == (Decimal("100.00") if word == "TRADE_CLOSED" else 0)


def test_trade_closed_before_payment_was_never_paid(trade, line):
	trade["status"] = line["status"] = "TRADE_CLOSED_BY_TAOBAO"
	del trade["pay_time"]
	order = map_order(trade)
	assert (order.status, order.paid_amount, order.refund_amount) == ("Closed", 0, 0)
	assert order.lines[0].refund_status == ""


@pytest.mark.parametrize("word", ["ALL_WAIT_PAY", "TRADE_OF_TOMORROW", 7])
def test_unknown_status_is_refused(trade, word):
	trade["status"] = word
	with pytest.raises(MappingError) as error:
		map_order(trade)
	assert (error.value.reason, error.value.path, error.value.value) == (
		"status_unknown",
		"trade.status",
		str(word),
	)


@pytest.mark.parametrize(
	("word", "status"), [("WAIT_SELLER_SEND_GOODS", "To Review"), ("WAIT_BUYER_PAY", "Unpaid")]
)
def test_deposit_without_balance_holds(trade, line, word, status):
	trade.update(status=word, type="step", step_trade_status="FRONT_PAID_FINAL_NOPAID")
	order = map_order(trade)
	assert (order.status, order.hold_reasons, order.order_type) == (status, ("balance_unpaid",), "Presale")
	assert order.paid_amount == 0


def test_balance_paid_lifts_the_hold(trade, line):
	trade.update(type="step", step_trade_status="FRONT_PAID_FINAL_PAID")
	order = map_order(trade)
	assert (order.hold_reasons, order.paid_amount) == ((), MONEY("100.00"))


@pytest.mark.parametrize(("word", "paid"), [("WAIT_SELLER_SEND_GOODS", "0.00"), ("TRADE_FINISHED", "100.00")])
def test_cash_on_delivery_is_paid_at_the_door(trade, line, word, paid):
	trade.update(type="cod", status=word)
	del trade["pay_time"]
	order = map_order(trade)
	assert (order.order_type, order.paid_amount) == ("Cash on Delivery", MONEY(paid))


@pytest.mark.parametrize(
	("word", "refund_status"),
	[
		("", ""),
		("NO_REFUND", ""),
		("WAIT_SELLER_AGREE", "Requested"),
		("WAIT_BUYER_RETURN_GOODS", "Refunding"),
		("WAIT_SELLER_CONFIRM_GOODS", "Refunding"),
		("SELLER_REFUSE_BUYER", "Rejected"),
		("CLOSED", "Closed"),
		("SUCCESS", "Refunded"),
		("WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS", "Refunding"),
		("EXCHANGE_TRANSFORM_TO_REFUND", "Requested"),
		("WAIT_SELLER_CONSIGN_GOODS", "Refunding"),
	],
)
def test_refund_statuses_of_lines(trade, line, word, refund_status):
	line["refund_status"] = word
	assert map_order(trade).lines[0].refund_status == refund_status


def test_unknown_refund_status_of_a_line_is_refused(trade):
	trade["orders"]["order"][1]["refund_status"] = "PERHAPS"
	with pytest.raises(MappingError) as error:
		map_order(trade)
	assert (error.value.reason, error.value.path) == ("status_unknown", "trade.orders.order[1].refund_status")


@pytest.mark.parametrize("word", ["TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"])
def test_line_closed_alone_is_not_to_be_sent(trade, word):
	trade["orders"]["order"][1].update(status=word, refund_status="NO_REFUND")
	order = map_order(trade)
	assert [line.refund_status for line in order.lines] == ["", "Refunded"]
	assert order.refund_amount == (Decimal("59.00") if word == "TRADE_CLOSED" else 0)


@pytest.mark.parametrize(
	("received", "kind", "refunded"),
	[
		("70.00", "fixed", "30.00"),
		("100.00", "fixed", "0.00"),
		("0.00", "fixed", "0.00"),
		("70.00", "cod", "0.00"),
	],
)
def test_completed_trade_tells_what_went_back(trade, line, received, kind, refunded):
	trade.update(status="TRADE_FINISHED", received_payment=received, type=kind)
	assert map_order(trade).refund_amount == MONEY(refunded)


def test_share_of_a_line_without_one_is_allocated(trade):
	for line in trade["orders"]["order"]:
		del line["divide_order_fee"]
	order = map_order(trade)
	assert [line.amount for line in order.lines] == [MONEY("93.12"), MONEY("59.48")]
	assert order.goods_amount - order.discount_amount == MONEY("152.60")


def test_surcharge_of_the_seller_raises_the_price(trade, line):
	trade.update(payment="112.00", adjust_fee="12.00")
	order = map_order(trade)
	assert (order.lines[0].unit_price, order.lines[0].amount, order.discount_amount) == (
		MONEY("56.00"),
		MONEY("112.00"),
		0,
	)


@pytest.mark.parametrize(("payment", "post_fee"), [("112.00", "0.00"), ("100.03", "0.00"), ("5.00", "6.00")])
def test_lines_that_do_not_add_up_are_refused(trade, line, payment, post_fee):
	trade.update(payment=payment, post_fee=post_fee)
	with pytest.raises(MappingError) as error:
		map_order(trade)
	assert (error.value.reason, error.value.path) == ("money_mismatch", "trade.payment")


def test_rounding_of_a_cent_a_piece_is_taken(trade, line):
	trade["payment"] = "100.02"
	assert map_order(trade).lines[0].amount == MONEY("100.02")


@pytest.mark.parametrize(
	("change", "reason", "path"),
	[
		(lambda trade: trade.pop("orders"), "no_lines", "trade.orders.order"),
		(lambda trade: trade["orders"].update(order=[]), "no_lines", "trade.orders.order"),
		(
			lambda trade: trade["orders"]["order"][0].update(num=-1),
			"field_invalid",
			"trade.orders.order[0].num",
		),
		(
			lambda trade: trade["orders"]["order"][0].update(num="x"),
			"field_invalid",
			"trade.orders.order[0].num",
		),
		(
			lambda trade: trade["orders"]["order"][0].pop("price"),
			"field_missing",
			"trade.orders.order[0].price",
		),
		(lambda trade: trade["orders"]["order"][0].pop("oid"), "field_missing", "trade.orders.order[0].oid"),
		(lambda trade: trade.update(payment="1,2x"), "money_invalid", "trade.payment"),
		(lambda trade: trade.update(payment="1.005"), "money_invalid", "trade.payment"),
		(lambda trade: trade.update(post_fee="-1.00"), "money_invalid", "trade.post_fee"),
		(lambda trade: trade.pop("created"), "field_missing", "trade.created"),
		(lambda trade: trade.update(pay_time="yesterday"), "time_invalid", "trade.pay_time"),
		(lambda trade: trade.update(modified="2026-02-30 00:00:00"), "time_invalid", "trade.modified"),
		(lambda trade: trade.pop("status"), "field_missing", "trade.status"),
	],
)
def test_broken_trades_say_where(trade, change, reason, path):
	change(trade)
	with pytest.raises(MappingError) as error:
		map_order(trade)
	assert (error.value.reason, error.value.path) == (reason, path)


def test_number_of_the_trade_as_text_is_enough(trade):
	del trade["tid"]
	assert map_order(trade).platform_order_no == "3971046220185599001"


def test_address_too_long_for_a_label_is_refused_without_being_quoted(trade):
	trade["receiver_address"] = "测" * 501
	with pytest.raises(MappingError) as error:
		map_order(trade)
	assert (error.value.reason, error.value.path, error.value.value) == (
		"too_long",
		"trade.receiver.address",
		"",
	)


@pytest.mark.parametrize(
	("flag", "name"), [(0, ""), (1, "Red"), (3, "Green"), (4, "Blue"), ("5", "Purple"), (9, "")]
)
def test_flags(trade, flag, name):
	trade["seller_flag"] = flag
	assert map_order(trade).memo_flag == name


def test_deadline_counts_while_goods_are_to_be_sent_only(trade):
	trade["status"] = "WAIT_BUYER_CONFIRM_GOODS"
	assert map_order(trade).ship_by is None


@given(data=st.data())
def test_whatever_comes_is_an_order_or_a_mapping_error(load_payload, data):
	trade = load_payload("taobao/trade_to_ship")
	target = data.draw(st.sampled_from([trade, trade["orders"], *trade["orders"]["order"]]))
	name = data.draw(st.sampled_from(sorted(target)))
	if data.draw(st.booleans()):
		del target[name]
	else:
		target[name] = data.draw(JUNK)
	try:
		order = map_order(trade)
	except MappingError:
		return
	assert isinstance(order, CanonicalOrder)


@pytest.mark.parametrize("payload", [None, [], "trade", 5])
def test_payload_that_is_no_object_is_refused(payload):
	with pytest.raises(MappingError, match="field_invalid at trade"):
		map_order(payload)


def test_whole_refund(load_payload):
	assert map_refund(load_payload("taobao/refund_return")) == CanonicalRefund(
		platform="Taobao",
		platform_case_no="190011223344556677",
		platform_order_no="3971046220185599001",
		line_nos=("3971046220187599001",),
		kind="Return",
		status="Waiting for Parcel",
		platform_status="WAIT_SELLER_CONFIRM_GOODS",
		amount="59.00",
		reason="不想要了 颜色不合适",
		opened_at=datetime(2026, 11, 25, 9, 10, 11, tzinfo=CHINA),
		modified_at=datetime(2026, 11, 26, 18, 20, 21, tzinfo=CHINA),
		return_waybill_no="YT8800112233445",
	)


@pytest.mark.parametrize(
	("word", "status"),
	[
		("WAIT_SELLER_AGREE", "Open"),
		("WAIT_BUYER_RETURN_GOODS", "Waiting for Buyer"),
		("WAIT_SELLER_CONFIRM_GOODS", "Waiting for Parcel"),
		("SELLER_REFUSE_BUYER", "Rejected"),
		("CLOSED", "Cancelled"),
		("SUCCESS", "Refunded"),
		("WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS", "Waiting for Buyer"),
		("EXCHANGE_TRANSFORM_TO_REFUND", "Open"),
		("WAIT_SELLER_CONSIGN_GOODS", "Approved"),
	],
)
def test_statuses_of_refunds(load_payload, word, status):
	assert map_refund(load_payload("taobao/refund_return") | {"status": word}).status == status


@pytest.mark.parametrize(
	("changes", "kind"),
	[
		({"dispute_type": "REFUND_AND_RETURN"}, "Return"),
		({"dispute_type": "TMALL_EXCHANGE"}, "Exchange"),
		({"dispute_type": "TAOBAO_EXCHANGE"}, "Exchange"),
		({"dispute_type": "REPAIR"}, "Exchange"),
		({"dispute_type": "RESHIPPING"}, "Reship"),
		({"dispute_type": "REFUND", "has_good_return": False}, "Refund"),
		(
			{"dispute_type": "REFUND", "has_good_return": False, "order_status": "WAIT_SELLER_SEND_GOODS"},
			"Refund Before Shipping",
		),
		({"dispute_type": "OTHERS", "has_good_return": True}, "Return"),
		({"dispute_type": None, "has_good_return": "true"}, "Return"),
	],
)
def test_kinds_of_refunds(load_payload, changes, kind):
	assert map_refund(load_payload("taobao/refund_return") | changes).kind == kind


def test_exchange_that_succeeded_is_done_without_money(load_payload):
	payload = load_payload("taobao/refund_return") | {"dispute_type": "TMALL_EXCHANGE", "status": "SUCCESS"}
	assert map_refund(payload).status == "Done"


@given(data=st.data())
def test_whatever_comes_is_a_refund_or_a_mapping_error(load_payload, data):
	payload = load_payload("taobao/refund_return")
	name = data.draw(st.sampled_from(sorted(payload)))
	payload[name] = data.draw(JUNK)
	try:
		assert isinstance(map_refund(payload), CanonicalRefund)
	except MappingError:
		return


def test_variants_of_an_item(load_payload):
	common = {
		"platform_item_id": "680011223344",
		"title": "纯棉短袖T恤",
		"image_url": "https://img.example.com/tee.jpg",
	}
	assert map_listing(load_payload("taobao/item")) == [
		ListingFacts(
			**common,
			platform_sku_id="5011223344556",
			outer_id="TEE-WHITE-L",
			spec="颜色:白色;尺码:L",
			price=MONEY("59.00"),
			qty=40,
		),
		ListingFacts(
			**common,
			platform_sku_id="5011223344557",
			outer_id="TEE-WHITE-M",
			spec="颜色:白色;尺码:M",
			price=MONEY("57.50"),
			qty=17,
			status="Deleted",
		),
	]


def test_numbers_before_the_words_of_a_variant_are_left_out(load_payload):
	item = load_payload("taobao/item")
	item["skus"]["sku"][0]["properties_name"] = "20000:32:颜色:白色;20001:7:尺码:L:大"
	assert map_listing(item)[0].spec == "颜色:白色;尺码:L:大"


def test_item_without_variants(load_payload):
	item = copy.deepcopy(load_payload("taobao/item"))
	del item["skus"]
	item["approve_status"] = "instock"
	assert map_listing(item) == [
		ListingFacts(
			platform_item_id="680011223344",
			outer_id="TEE",
			title="纯棉短袖T恤",
			price=MONEY("59.00"),
			qty=57,
			status="Off Sale",
			image_url="https://img.example.com/tee.jpg",
		)
	]
