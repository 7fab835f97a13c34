"""JD's payloads as canonical records: whole payloads, each row of the status tables, and broken ones."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.base import ListingFacts
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.jd.mapper import map_listing, map_order, map_refund
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund

CHINA = ZoneInfo("Asia/Shanghai")
MONEY = Decimal
JUNK = st.one_of(
	st.none(),
	st.booleans(),
	st.integers(),
	st.decimals(allow_nan=True),
	st.text(max_size=20),
	st.sampled_from(
		["", "0", "-1", "1.005", "500.00", "9" * 30, "2026-13-40 00:00:00", "0001-01-01 00:00:00"]
	),
	st.lists(st.integers(), max_size=2),
	st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.fixture
def order(load_payload):
	return load_payload("jd/order_to_ship")


@pytest.fixture
def plain(order):
	"""An order of one line of 2 × 50.00 without coupons."""
	order.update(shouldPay="100.00", actualPay="100.00", freightPrice="0.00", sellerDiscount="0.00")
	order["itemInfoList"] = [order["itemInfoList"][0] | {"jdPrice": "50.00"}]
	order["couponDetailList"] = []
	return order


def test_whole_order(order):
	assert map_order(order) == CanonicalOrder(
		platform="JD",
		platform_order_no="308112233445",
		platform_status="WAIT_SELLER_STOCK_OUT",
		status="To Review",
		buyer_nick="jd_4f***",
		platform_buyer_id="BrTest0000000000nQ",
		receiver=CanonicalReceiver(
			name="陈*",
			mobile="138****1234",
			province="浙江省",
			city="杭州市",
			district="余杭区",
			town="五常街道",
			address="测试路**号",
		),
		buyer_message="请发顺丰",
		seller_memo="送贺卡",
		goods_amount="187.00",
		discount_amount="34.40",
		platform_discount_amount="10.00",
		freight_amount="6.00",
		total_amount="158.60",
		paid_amount="158.60",
		ordered_at=datetime(2026, 11, 23, 21, 4, 11, tzinfo=CHINA),
		paid_at=datetime(2026, 11, 23, 21, 5, 1, tzinfo=CHINA),
		modified_at=datetime(2026, 11, 23, 21, 5, 2, tzinfo=CHINA),
		lines=[
			CanonicalLine(
				platform_line_no="100012345601",
				platform_item_id="10023456701",
				platform_sku_id="100012345601",
				sku_code="TEE-WHITE-L",
				title="纯棉短袖T恤 白色 L",
				qty=2,
				unit_price="59.00",
				discount_amount="24.89",
				amount="93.11",
			),
			CanonicalLine(
				platform_line_no="100012345602",
				platform_item_id="10023456702",
				platform_sku_id="100012345602",
				sku_code="CAP-BLUE",
				title="遮阳帽 蓝色",
				qty=1,
				unit_price="69.00",
				discount_amount="9.51",
				amount="59.49",
			),
		],
	)


@pytest.mark.parametrize(
	("word", "status", "holds", "paid", "refunded"),
	[
		("NOT_PAY", "Unpaid", (), "0.00", "0.00"),
		("WAIT_SELLER_STOCK_OUT", "To Review", (), "100.00", "0.00"),
		("WAIT_SELLER_DELIVERY", "To Review", (), "100.00", "0.00"),
		("LOCKED", "To Review", ("platform_locked",), "100.00", "0.00"),
		("PAUSE", "To Review", ("platform_locked",), "100.00", "0.00"),
		("POP_ORDER_PAUSE", "To Review", ("platform_locked",), "100.00", "0.00"),
		("WAIT_GOODS_RECEIVE_CONFIRM", "Shipped", (), "100.00", "0.00"),
		("FINISHED_L", "Completed", (), "100.00", "0.00"),
		("TRADE_CANCELED", "Closed", (), "100.00", "100.00"),
		("DELIVERY_RETURN", "Closed", (), "100.00", "100.00"),
		("DengDaiChuKu", "To Review", (), "100.00", "0.00"),
		("DengDaiFaHuo", "To Review", (), "100.00", "0.00"),
		("DengDaiQueRenShouHuo", "Shipped", (), "100.00", "0.00"),
		("WanCheng", "Completed", (), "100.00", "0.00"),
		("ZanTing", "To Review", ("platform_locked",), "100.00", "0.00"),
		("PeiSongTuiHuo", "Closed", (), "100.00", "100.00"),
	],
)
def test_statuses(plain, word, status, holds, paid, refunded):
	plain["orderState"] = word
	mapped = map_order(plain)
	assert (mapped.status, mapped.platform_status, mapped.hold_reasons) == (status, word, holds)
	assert (mapped.paid_amount, mapped.refund_amount) == (MONEY(paid), MONEY(refunded))


def test_order_cancelled_before_payment_was_never_paid(plain):
	plain.update(orderState="TRADE_CANCELED", paymentConfirmTime="0001-01-01 00:00:00", actualPay="0.00")
	mapped = map_order(plain)
	assert (mapped.paid_at, mapped.paid_amount, mapped.refund_amount) == (None, 0, 0)
	assert mapped.total_amount == MONEY("100.00")


@pytest.mark.parametrize("word", ["STATE_OF_TOMORROW", "ALL"])
def test_unknown_status_is_refused(plain, word):
	plain["orderState"] = word
	with pytest.raises(MappingError) as error:
		map_order(plain)
	assert (error.value.reason, error.value.path, error.value.value) == (
		"status_unknown",
		"orderInfo.orderState",
		word,
	)


@pytest.mark.parametrize(
	("pay_type", "word", "order_type", "paid"),
	[
		("1", "WAIT_SELLER_STOCK_OUT", "Cash on Delivery", "0.00"),
		("1-货到付款", "FINISHED_L", "Cash on Delivery", "100.00"),
		("4-在线支付", "WAIT_SELLER_STOCK_OUT", "Normal", "100.00"),
		("14", "WAIT_SELLER_STOCK_OUT", "Normal", "100.00"),
	],
)
def test_cash_on_delivery(plain, pay_type, word, order_type, paid):
	plain.update(payType=pay_type, orderState=word, paymentConfirmTime="0001-01-01 00:00:00")
	mapped = map_order(plain)
	assert (mapped.order_type, mapped.paid_amount) == (order_type, MONEY(paid))


@pytest.mark.parametrize(
	("changes", "total"),
	[
		({}, "100.00"),
		({"shouldPay": None}, "90.00"),
		({"shouldPay": "", "actualPay": "0.00"}, "80.00"),
		({"shouldPay": None, "actualPay": None, "orderPayment": None}, "70.00"),
	],
)
def test_which_figure_is_the_total(plain, changes, total):
	plain.update(actualPay="90.00", orderPayment="80.00", orderSellerPrice="70.00")
	plain.update(changes)
	assert map_order(plain).total_amount == MONEY(total)


def test_same_sku_twice_makes_two_lines(plain):
	plain["itemInfoList"] *= 2
	plain["shouldPay"] = "200.00"
	lines = map_order(plain).lines
	assert [line.platform_line_no for line in lines] == ["100012345601", "100012345601-2"]
	assert [line.amount for line in lines] == [MONEY("100.00"), MONEY("100.00")]


def test_gift_costs_nothing(plain):
	plain["itemInfoList"].append({"skuId": "9", "jdPrice": "0.00", "itemTotal": "1"})
	lines = map_order(plain).lines
	assert [(line.platform_sku_id, line.amount) for line in lines] == [
		("100012345601", MONEY("100.00")),
		("9", MONEY("0.00")),
	]


def test_coupon_of_an_unknown_sku_is_shared_out(order):
	order["couponDetailList"][0]["skuId"] = "404"
	mapped = map_order(order)
	assert [line.amount for line in mapped.lines] == [MONEY("96.29"), MONEY("56.31")]


def test_coupon_above_its_line_is_shared_out(order):
	order["couponDetailList"][0]["couponPrice"] = "130.00"
	order.update(shouldPay="38.60", actualPay="38.60", sellerDiscount="144.40")
	mapped = map_order(order)
	assert [line.amount for line in mapped.lines] == [MONEY("20.57"), MONEY("12.03")]
	assert (mapped.discount_amount, mapped.platform_discount_amount) == (MONEY("154.40"), MONEY("10.00"))


def test_discount_without_coupons_is_shared_out(order):
	order["couponDetailList"] = None
	mapped = map_order(order)
	assert sum(line.amount for line in mapped.lines) == MONEY("152.60")
	assert mapped.discount_amount == MONEY("34.40")


def test_surcharge_of_the_seller(plain):
	plain["couponDetailList"] = [{"couponType": "100-店铺优惠", "couponPrice": "-12.00", "skuId": ""}]
	plain.update(shouldPay="112.00", sellerDiscount="-12.00")
	mapped = map_order(plain)
	assert (mapped.lines[0].unit_price, mapped.lines[0].amount) == (MONEY("56.00"), MONEY("112.00"))
	assert (mapped.discount_amount, mapped.platform_discount_amount) == (0, 0)


def test_order_that_costs_more_than_its_goods_is_refused(plain):
	plain["shouldPay"] = "100.01"
	with pytest.raises(MappingError) as error:
		map_order(plain)
	assert (error.value.reason, error.value.path) == ("money_mismatch", "orderInfo")


def test_platform_part_is_unknown_without_the_sellers(order):
	del order["sellerDiscount"]
	assert map_order(order).platform_discount_amount == 0


@pytest.mark.parametrize(
	("full", "address"),
	[
		("浙江杭州市余杭区五常街道测试路1号", "测试路1号"),
		("浙江 杭州市 余杭区 五常街道 测试路1号", "测试路1号"),
		("测试路1号", "测试路1号"),
		("", ""),
	],
)
def test_address_is_what_the_region_does_not_say(order, full, address):
	order["consigneeInfo"]["fullAddress"] = full
	assert map_order(order).receiver.address == address


@pytest.mark.parametrize(
	("change", "reason", "path"),
	[
		(lambda order: order.pop("itemInfoList"), "no_lines", "orderInfo.itemInfoList"),
		(lambda order: order.update(itemInfoList=[]), "no_lines", "orderInfo.itemInfoList"),
		(lambda order: order.update(itemInfoList="x"), "field_invalid", "orderInfo.itemInfoList"),
		(
			lambda order: order["itemInfoList"][0].update(itemTotal="-1"),
			"field_invalid",
			"orderInfo.itemInfoList[0].itemTotal",
		),
		(
			lambda order: order["itemInfoList"][1].pop("jdPrice"),
			"field_missing",
			"orderInfo.itemInfoList[1].jdPrice",
		),
		(
			lambda order: order["couponDetailList"][1].update(couponPrice="many"),
			"money_invalid",
			"orderInfo.couponDetailList[1].couponPrice",
		),
		(lambda order: order.update(shouldPay="1,2x"), "money_invalid", "orderInfo.shouldPay"),
		(lambda order: order.pop("orderStartTime"), "field_missing", "orderInfo.orderStartTime"),
		(lambda order: order.update(modified="soon"), "time_invalid", "orderInfo.modified"),
		(lambda order: order.pop("orderId"), "field_missing", "orderInfo.orderId"),
		(lambda order: order.pop("orderState"), "field_missing", "orderInfo.orderState"),
	],
)
def test_broken_orders_say_where(order, change, reason, path):
	change(order)
	with pytest.raises(MappingError) as error:
		map_order(order)
	assert (error.value.reason, error.value.path) == (reason, path)


@given(data=st.data())
def test_whatever_comes_is_an_order_or_a_mapping_error(load_payload, data):
	order = load_payload("jd/order_to_ship")
	parts = [order, order["consigneeInfo"], *order["itemInfoList"], *order["couponDetailList"]]
	target = data.draw(st.sampled_from(parts))
	name = data.draw(st.sampled_from(sorted(target)))
	if data.draw(st.booleans()):
		del target[name]
	else:
		target[name] = data.draw(JUNK)
	try:
		assert isinstance(map_order(order), CanonicalOrder)
	except MappingError:
		return


def test_refund_before_shipping(load_payload):
	assert map_refund(load_payload("jd/refund_before_shipping")) == CanonicalRefund(
		platform="JD",
		platform_case_no="500011223344",
		platform_order_no="308112233445",
		line_nos=("100012345602",),
		kind="Refund Before Shipping",
		status="Approved",
		platform_status="1",
		amount="59.49",
		reason="不想要了",
		opened_at=datetime(2026, 11, 24, 9, 10, 11, tzinfo=CHINA),
		modified_at=datetime(2026, 11, 24, 10, 20, 21, tzinfo=CHINA),
	)


@pytest.mark.parametrize(
	("number", "status"),
	[
		(0, "Open"),
		(1, "Approved"),
		(2, "Rejected"),
		(3, "Refunded"),
		(4, "Rejected"),
		(5, "Approved"),
		(6, "Approved"),
		(7, "Approved"),
		(8, "Open"),
		(9, "Refunded"),
		(10, "Approved"),
		("11", "Rejected"),
	],
)
def test_statuses_of_refunds(load_payload, number, status):
	assert map_refund(load_payload("jd/refund_before_shipping") | {"status": number}).status == status


def test_unchecked_refund_was_last_changed_when_it_was_asked_for(load_payload):
	refund = map_refund(load_payload("jd/refund_before_shipping") | {"status": 0, "checkTime": ""})
	assert refund.modified_at == refund.opened_at


def test_return_after_receipt(load_payload):
	assert map_refund(load_payload("jd/service_return")) == CanonicalRefund(
		platform="JD",
		platform_case_no="2300112233",
		platform_order_no="308112233445",
		line_nos=("100012345602",),
		kind="Return",
		status="Waiting for Parcel",
		platform_status="10005",
		amount="59.49",
		reason="颜色不合适",
		opened_at=datetime(2026, 11, 25, 9, 10, 11, tzinfo=CHINA),
		modified_at=datetime(2026, 11, 26, 18, 20, 21, tzinfo=CHINA),
		return_waybill_no="YT8800112233445",
	)


@pytest.mark.parametrize(
	("expectation", "kind", "done"),
	[
		(10, "Return", "Refunded"),
		(11, "Refund", "Refunded"),
		(20, "Exchange", "Done"),
		(30, "Exchange", "Done"),
		(80, "Reship", "Done"),
	],
)
def test_kinds_of_services(load_payload, expectation, kind, done):
	payload = load_payload("jd/service_return") | {"customerExpect": expectation, "serviceStatus": 10010}
	refund = map_refund(payload)
	assert (refund.kind, refund.status) == (kind, done)


@pytest.mark.parametrize(
	("number", "status"),
	[
		(10001, "Open"),
		(10002, "Waiting for Buyer"),
		(10005, "Waiting for Buyer"),
		(10006, "Waiting for Parcel"),
		(10007, "Waiting for Parcel"),
		(10009, "Approved"),
		(10011, "Cancelled"),
		(10012, "Rejected"),
	],
)
def test_statuses_of_services_without_a_parcel(load_payload, number, status):
	payload = load_payload("jd/service_return") | {"serviceStatus": number, "expressCode": ""}
	assert map_refund(payload).status == status


@pytest.mark.parametrize(
	("name", "changes", "reason", "path"),
	[
		("refund_before_shipping", {"status": 12}, "status_unknown", "case.status"),
		("refund_before_shipping", {"id": None}, "field_missing", "case.id"),
		("service_return", {"serviceStatus": 1}, "status_unknown", "case.serviceStatus"),
		("service_return", {"customerExpect": 99}, "field_invalid", "case.customerExpect"),
		("service_return", {"applyTime": "soon"}, "time_invalid", "case.applyTime"),
	],
)
def test_broken_cases_say_where(load_payload, name, changes, reason, path):
	with pytest.raises(MappingError) as error:
		map_refund(load_payload(f"jd/{name}") | changes)
	assert (error.value.reason, error.value.path) == (reason, path)


@given(data=st.data())
def test_whatever_comes_is_a_case_or_a_mapping_error(load_payload, data):
	name = data.draw(st.sampled_from(["refund_before_shipping", "service_return"]))
	payload = load_payload(f"jd/{name}")
	payload[data.draw(st.sampled_from(sorted(payload)))] = data.draw(JUNK)
	try:
		assert isinstance(map_refund(payload), CanonicalRefund)
	except MappingError:
		return


def test_listing(load_payload):
	assert map_listing(load_payload("jd/sku")) == [
		ListingFacts(
			platform_item_id="10023456701",
			platform_sku_id="100012345601",
			outer_id="TEE-WHITE-L",
			title="纯棉短袖T恤",
			spec="白色 L",
			price=MONEY("59.00"),
			qty=40,
			image_url="jfs/t1/test.jpg",
		)
	]


@pytest.mark.parametrize(
	("number", "status"), [(1, "On Sale"), (2, "Off Sale"), (4, "Deleted"), (None, "On Sale")]
)
def test_statuses_of_listings(load_payload, number, status):
	assert map_listing(load_payload("jd/sku") | {"status": number})[0].status == status
