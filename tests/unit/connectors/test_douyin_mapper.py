"""Douyin's payloads as canonical records: whole orders, every status, money to the cent, broken fields."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.base import ListingFacts
from storegroup_oms.connectors.douyin.mapper import map_listing, map_order, map_refund
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def order(load_payload):
	return load_payload("douyin/order_to_ship")


@pytest.fixture
def case(load_payload):
	return load_payload("douyin/refund_return")


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
	return datetime(2026, 11, day, hour, minute, second, tzinfo=CHINA)


def assert_refused(call, payload, reason: str, path: str) -> MappingError:
	with pytest.raises(MappingError) as error:
		call(payload)
	assert (error.value.reason, error.value.path) == (reason, path)
	return error.value


def test_whole_order(order):
	assert map_order(order) == CanonicalOrder(
		platform="Douyin",
		platform_order_no="6920012345678901234",
		platform_status="2",
		status="To Review",
		platform_buyer_id="1@#opaque-buyer-1",
		receiver=CanonicalReceiver(
			name="陈**",
			mobile="139****5678",
			province="浙江省",
			city="杭州市",
			district="西湖区",
			town="翠苑街道",
			address="文三路***",
			platform_token="#nameoooo1#1x#1# $phoneooo1$2y$1$ #addressoo1#3z#1#",
		),
		buyer_message="周末也可以送",
		seller_memo="请发顺丰",
		memo_flag="Red",
		goods_amount="129.70",
		discount_amount="20.00",
		platform_discount_amount="5.50",
		freight_amount="6.00",
		total_amount="115.70",
		paid_amount="115.70",
		ordered_at=at(24, 10, 1, 2),
		paid_at=at(24, 10, 1, 30),
		ship_by=at(26, 10, 1, 30),
		modified_at=at(24, 10, 5),
		lines=[
			CanonicalLine(
				platform_line_no="6920012345678901235",
				platform_item_id="3612345678901234567",
				platform_sku_id="1712345678901234567",
				sku_code="TEE-BLK-M",
				title="纯棉短袖",
				spec="颜色:黑色;尺码:M",
				qty=2,
				unit_price="39.90",
				discount_amount="12.30",
				amount="67.50",
			),
			CanonicalLine(
				platform_line_no="6920012345678901236",
				platform_item_id="3612345678901234568",
				platform_sku_id="1712345678901234568",
				sku_code="CAP",
				title="棒球帽",
				qty=1,
				unit_price="49.90",
				discount_amount="7.70",
				amount="42.20",
				refund_status="Requested",
			),
		],
	)


@pytest.mark.parametrize(
	("number", "main", "platform_status", "status", "holds", "paid", "refunded"),
	[
		(1, 1, "1", "Unpaid", (), "0.00", "0.00"),
		(1, 103, "1/103", "Unpaid", ("balance_unpaid",), "0.00", "0.00"),
		(105, 105, "105", "To Review", ("platform_locked",), "115.70", "0.00"),
		(2, 2, "2", "To Review", (), "115.70", "0.00"),
		(101, 101, "101", "Partly Shipped", (), "115.70", "0.00"),
		(3, 3, "3", "Shipped", (), "115.70", "0.00"),
		(5, 5, "5", "Completed", (), "115.70", "0.00"),
		(4, 4, "4", "Closed", (), "115.70", "0.00"),
		(4, 21, "4/21", "Closed", (), "115.70", "115.70"),
		(4, 22, "4/22", "Closed", (), "115.70", "115.70"),
		(4, 39, "4/39", "Closed", (), "115.70", "115.70"),
		(2, None, "2", "To Review", (), "115.70", "0.00"),
	],
)
def test_statuses(order, number, main, platform_status, status, holds, paid, refunded):
	mapped = map_order(order | {"order_status": number, "main_status": main})
	assert (mapped.platform_status, mapped.status, mapped.hold_reasons) == (platform_status, status, holds)
	assert (mapped.paid_amount, mapped.refund_amount) == (Decimal(paid), Decimal(refunded))


def test_unpaid_order_owes_its_total(order):
	mapped = map_order(order | {"order_status": 1, "main_status": 1, "pay_time": 0, "exp_ship_time": 0})
	assert (mapped.total_amount, mapped.paid_amount) == (Decimal("115.70"), Decimal("0.00"))
	assert (mapped.paid_at, mapped.ship_by) == (None, None)


def test_order_closed_without_payment_has_paid_nothing(order):
	mapped = map_order(order | {"order_status": 4, "main_status": 4, "pay_time": 0})
	assert (mapped.status, mapped.paid_amount, mapped.refund_amount) == ("Closed", 0, 0)


@pytest.mark.parametrize(
	("after_sale_status", "after_sale_type", "refund_status", "expected"),
	[
		(0, 0, 0, ""),
		(6, 2, 1, "Requested"),
		(7, 0, 1, "Requested"),
		(11, 0, 1, "Requested"),
		(12, 2, 1, "Refunding"),
		(12, 2, 2, "Refunding"),
		(12, 2, 3, "Refunded"),
		(12, 2, 0, "Refunded"),
		(27, 2, 0, "Rejected"),
		(29, 0, 0, "Rejected"),
		(28, 2, 1, "Closed"),
		(51, 2, 0, "Closed"),
		(53, 2, 3, "Refunded"),
		(6, 3, 0, ""),
		(12, 3, 0, ""),
		(13, 3, 0, ""),
		(14, 3, 0, ""),
		(12, 7, 0, ""),
		(6, 8, 0, ""),
	],
)
def test_refund_state_of_a_line(order, after_sale_status, after_sale_type, refund_status, expected):
	order["sku_order_list"][0]["after_sale_info"] = {
		"after_sale_status": after_sale_status,
		"after_sale_type": after_sale_type,
		"refund_status": refund_status,
	}
	mapped = map_order(order)
	assert [line.refund_status for line in mapped.lines] == [expected, "Requested"]
	assert mapped.refund_amount == (Decimal("67.50") if expected == "Refunded" else 0)


def test_line_without_a_case(order):
	del order["sku_order_list"][1]["after_sale_info"]
	assert [line.refund_status for line in map_order(order).lines] == ["", ""]


def test_presale_of_a_line_makes_the_order_one(order):
	order["sku_order_list"][0]["trade_type"] = 2
	assert map_order(order).order_type == "Presale"


@pytest.mark.parametrize(
	("stars", "flag"),
	[(None, ""), (0, ""), (1, "Purple"), (2, "Blue"), (3, "Green"), (4, "Yellow"), (5, "Red"), (9, "")],
)
def test_stars(order, stars, flag):
	assert map_order(order | {"seller_remark_stars": stars}).memo_flag == flag


@pytest.mark.parametrize(
	("total", "freight", "shares", "amounts", "goods", "discount"),
	[
		# the lines' own figures, however uneven
		(11570, 600, (5970, 5000), ["59.70", "50.00"], "129.80", "20.10"),
		# the lines hold the freight too: shared out by their figures
		(11570, 600, (7119, 4451), ["67.50", "42.20"], "129.70", "20.00"),
		# lines that say nothing: shared out by price
		(11570, 600, (None, None), ["67.50", "42.20"], "129.70", "20.00"),
		# for nothing, freight and all
		(0, 600, (0, 0), ["0.00", "0.00"], "129.70", "129.70"),
		# a surcharge of 10.00 on the second line
		(13970 + 600, 600, (7980, 5990), ["79.80", "59.90"], "139.70", "0.00"),
	],
)
def test_sums_hold_whatever_was_paid(order, total, freight, shares, amounts, goods, discount):
	for row, share in zip(order["sku_order_list"], shares, strict=True):
		row["pay_amount"] = share
	mapped = map_order(order | {"pay_amount": total, "post_amount": freight})
	assert [str(line.amount) for line in mapped.lines] == amounts
	assert (mapped.goods_amount, mapped.discount_amount) == (Decimal(goods), Decimal(discount))
	assert all(line.unit_price * line.qty - line.discount_amount == line.amount for line in mapped.lines)


def test_receiver_without_masks(order):
	for name in ("mask_post_receiver", "mask_post_tel", "mask_post_addr"):
		del order[name]
	order["post_addr"]["detail"] = "文三路 1 号"
	receiver = map_order(order | {"post_receiver": "陈一", "post_tel": "13900005678"}).receiver
	assert (receiver.name, receiver.mobile, receiver.address) == ("陈一", "13900005678", "文三路 1 号")


def test_long_ciphertexts_become_a_digest_that_tells_changes(order):
	tokens = {
		map_order(order | {"encrypt_post_tel": letter * 600}).receiver.platform_token for letter in "aab"
	}
	assert sorted(len(token) for token in tokens) == [64, 64]


@pytest.mark.parametrize(
	("changes", "reason", "path"),
	[
		({"order_id": None}, "field_missing", "order_id"),
		({"order_id": "9" * 65}, "too_long", "platform_order_no"),
		({"order_status": 777}, "status_unknown", "order_status"),
		({"order_status": "x"}, "field_invalid", "order_status"),
		({"create_time": None}, "field_missing", "create_time"),
		({"create_time": 0}, "time_invalid", "create_time"),
		({"create_time": 1795485662000}, "time_invalid", "create_time"),
		({"pay_amount": "1,2x"}, "money_invalid", "pay_amount"),
		({"pay_amount": Decimal("115.7")}, "money_invalid", "pay_amount"),
		({"pay_amount": -1}, "money_invalid", "pay_amount"),
		({"pay_amount": True}, "money_invalid", "pay_amount"),
		({"sku_order_list": []}, "no_lines", "sku_order_list"),
		({"sku_order_list": None}, "no_lines", "sku_order_list"),
		({"sku_order_list": [5]}, "field_invalid", "sku_order_list[0]"),
		({"post_addr": "x"}, "field_invalid", "post_addr"),
		({"mask_post_receiver": "王" * 141}, "too_long", "receiver.name"),
	],
)
def test_what_cannot_be_read_says_where(order, changes, reason, path):
	assert_refused(map_order, order | changes, reason, path)


@pytest.mark.parametrize(
	("name", "value", "reason"),
	[
		("item_num", -1, "field_invalid"),
		("item_num", 0, "field_invalid"),
		("item_num", None, "field_missing"),
		("origin_amount", "x", "money_invalid"),
		("origin_amount", None, "field_missing"),
		("order_id", None, "field_missing"),
		("pay_amount", -5, "money_invalid"),
	],
)
def test_broken_line_says_which(order, name, value, reason):
	order["sku_order_list"][1][name] = value
	assert_refused(map_order, order, reason, f"sku_order_list[1].{name}")


def test_unknown_refund_state_is_not_guessed(order):
	order["sku_order_list"][1]["after_sale_info"]["after_sale_status"] = 88
	assert_refused(map_order, order, "status_unknown", "sku_order_list[1].after_sale_info.after_sale_status")


@given(data=st.data())
def test_mangled_orders_are_mapped_or_refused(load_payload, mangle, data):
	payload = mangle(load_payload("douyin/order_to_ship"), data.draw)
	try:
		order = map_order(payload)
	except MappingError:
		return
	assert order.goods_amount - order.discount_amount + order.freight_amount == order.total_amount
	assert sum(line.amount for line in order.lines) + order.freight_amount == order.total_amount


def test_whole_refund(case):
	assert map_refund(case) == CanonicalRefund(
		platform="Douyin",
		platform_case_no="7100012345678901234",
		platform_order_no="6920012345678901234",
		line_nos=("6920012345678901235",),
		kind="Return",
		status="Waiting for Parcel",
		platform_status="11",
		amount="67.50",
		reason="不想要了",
		opened_at=at(25, 9, 30),
		modified_at=at(25, 13, 0),
		due_at=at(27, 13, 0),
		return_waybill_no="SF1234567890123",
	)


@pytest.mark.parametrize(
	("kind", "number", "refund_status", "expected"),
	[
		(0, 6, 1, ("Return", "Open")),
		(0, 7, 1, ("Return", "Waiting for Buyer")),
		(0, 11, 1, ("Return", "Waiting for Parcel")),
		(1, 12, 3, ("Refund", "Refunded")),
		(1, 12, 2, ("Refund", "Approved")),
		(2, 12, 1, ("Refund Before Shipping", "Approved")),
		(2, 12, 3, ("Refund Before Shipping", "Refunded")),
		(2, 53, 3, ("Refund Before Shipping", "Refunded")),
		(3, 8, 0, ("Exchange", "Approved")),
		(3, 13, 0, ("Exchange", "Approved")),
		(3, 14, 0, ("Exchange", "Done")),
		(3, 12, 0, ("Exchange", "Done")),
		(3, 53, 0, ("Exchange", "Done")),
		(6, 12, 3, ("Refund", "Refunded")),
		(7, 12, 0, ("Reship", "Done")),
		(8, 14, 0, ("Exchange", "Done")),
		(1, 27, 0, ("Refund", "Rejected")),
		(0, 29, 0, ("Return", "Rejected")),
		(1, 28, 1, ("Refund", "Cancelled")),
		(1, 51, 0, ("Refund", "Cancelled")),
	],
)
def test_case_kinds_and_statuses(case, kind, number, refund_status, expected):
	case["aftersale_info"] |= {
		"aftersale_type": kind,
		"aftersale_status": number,
		"refund_status": refund_status,
	}
	mapped = map_refund(case)
	assert (mapped.kind, mapped.status) == expected


@pytest.mark.parametrize(
	("name", "value", "reason"),
	[
		("aftersale_id", None, "field_missing"),
		("aftersale_type", 99, "field_invalid"),
		("aftersale_status", 99, "status_unknown"),
		("refund_amount", "x", "money_invalid"),
		("update_time", "x", "time_invalid"),
	],
)
def test_broken_cases(case, name, value, reason):
	case["aftersale_info"][name] = value
	assert_refused(map_refund, case, reason, f"aftersale_info.{name}")


def test_case_without_a_time(case):
	del case["aftersale_info"]["apply_time"], case["aftersale_info"]["create_time"]
	assert_refused(map_refund, case, "field_missing", "aftersale_info.create_time")


@given(data=st.data())
def test_mangled_cases_are_mapped_or_refused(load_payload, mangle, data):
	try:
		map_refund(mangle(load_payload("douyin/refund_return"), data.draw))
	except MappingError:
		return


def test_listing_has_one_row_per_sku(load_payload):
	common = {
		"platform_item_id": "3612345678901234567",
		"title": "纯棉短袖",
		"status": "On Sale",
		"image_url": "https://img.example.com/1.jpg",
	}
	assert map_listing(load_payload("douyin/product")) == [
		ListingFacts(
			platform_sku_id="1712345678901234567",
			outer_id="TEE-BLK-M",
			spec="黑色;M",
			price=Decimal("39.90"),
			qty=50,
			**common,
		),
		ListingFacts(
			platform_sku_id="1712345678901234568",
			outer_id="TEE",
			spec="黑色;L",
			price=Decimal("41.90"),
			qty=0,
			**common,
		),
	]


@pytest.mark.parametrize(("status", "expected"), [(0, "On Sale"), (1, "Off Sale"), (2, "Deleted")])
def test_listing_statuses(load_payload, status, expected):
	listings = map_listing(load_payload("douyin/product") | {"status": status})
	assert [listing.status for listing in listings] == [expected, expected]


def test_unknown_listing_status(load_payload):
	assert_refused(map_listing, load_payload("douyin/product") | {"status": 9}, "status_unknown", "status")


@given(data=st.data())
def test_mangled_products_are_mapped_or_refused(load_payload, mangle, data):
	try:
		map_listing(mangle(load_payload("douyin/product"), data.draw))
	except MappingError:
		return
