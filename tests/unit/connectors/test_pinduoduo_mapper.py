"""Pinduoduo's payloads as canonical records: whole orders, every status, money to the cent, broken fields."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.base import ListingFacts
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.pinduoduo.mapper import map_listing, map_order, map_refund
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund

CHINA = ZoneInfo("Asia/Shanghai")
CIPHERS = "~AgAAAAXnameoooo1~9zQ~1~~ ~AgAAAAXphoneooo1~8aB~1~~ ~AgAAAAXaddressoo1~7cD~1~~"


@pytest.fixture
def order(load_payload):
	return load_payload("pinduoduo/order_to_ship")


@pytest.fixture
def case(load_payload):
	return load_payload("pinduoduo/refund_return")


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
	return datetime(2026, 11, day, hour, minute, second, tzinfo=CHINA)


def assert_refused(call, payload, reason: str, path: str) -> MappingError:
	with pytest.raises(MappingError) as error:
		call(payload)
	assert (error.value.reason, error.value.path) == (reason, path)
	return error.value


def test_whole_order(order):
	assert map_order(order) == CanonicalOrder(
		platform="Pinduoduo",
		platform_order_no="261124-512340987650001",
		platform_status="1/1",
		status="To Review",
		receiver=CanonicalReceiver(
			name="陈**",
			mobile="139****5678",
			province="浙江省",
			city="杭州市",
			district="西湖区",
			address="文三路***",
			platform_token=CIPHERS,
		),
		buyer_message="周末也可以送",
		seller_memo="请发顺丰",
		memo_flag="Yellow",
		goods_amount="129.70",
		discount_amount="20.00",
		platform_discount_amount="5.50",
		freight_amount="6.00",
		total_amount="115.70",
		paid_amount="115.70",
		ordered_at=at(24, 10, 1, 2),
		paid_at=at(24, 10, 1, 30),
		ship_by=at(26, 10, 1, 31),
		modified_at=at(24, 10, 5),
		lines=[
			CanonicalLine(
				platform_line_no="1412345678901",
				platform_item_id="612345678901",
				platform_sku_id="1412345678901",
				sku_code="TEE-BLK-M",
				title="纯棉短袖",
				spec="黑色,M",
				qty=2,
				unit_price="39.90",
				discount_amount="12.30",
				amount="67.50",
			),
			CanonicalLine(
				platform_line_no="1412345678902",
				platform_item_id="612345678902",
				platform_sku_id="1412345678902",
				sku_code="CAP",
				title="棒球帽",
				spec="均码",
				qty=1,
				unit_price="49.90",
				discount_amount="7.70",
				amount="42.20",
			),
		],
	)


@pytest.mark.parametrize(
	("changes", "platform_status", "status", "holds"),
	[
		({}, "1/1", "To Review", ()),
		({"risk_control_status": 1}, "1/1", "To Review", ("platform_locked",)),
		({"group_status": 0}, "1/1", "To Review", ("platform_locked",)),
		({"confirm_status": 0}, "1/1/0", "To Review", ("platform_locked",)),
		({"order_tag_list": [{"name": "ship_hold", "value": 1}]}, "1/1", "To Review", ("platform_locked",)),
		({"invoice_status": 1}, "1/1", "To Review", ("invoice_requested",)),
		({"refund_status": 2}, "1/2", "To Review", ()),
		({"refund_status": 3}, "1/3", "To Review", ()),
		({"order_status": 2}, "2/1", "Shipped", ()),
		({"order_status": 2, "refund_status": 2}, "2/2", "Shipped", ()),
		({"order_status": 2, "risk_control_status": 1}, "2/1", "Shipped", ()),
		({"order_status": 3}, "3/1", "Completed", ()),
		({"refund_status": 4}, "1/4", "Closed", ()),
		({"order_status": 2, "refund_status": 4}, "2/4", "Closed", ()),
		({"order_status": 3, "refund_status": 4}, "3/4", "Closed", ()),
		({"confirm_status": 2}, "1/1/2", "Closed", ()),
		({"group_status": 2}, "1/1", "Closed", ()),
	],
)
def test_statuses(order, changes, platform_status, status, holds):
	mapped = map_order(order | changes)
	assert (mapped.platform_status, mapped.status, mapped.hold_reasons) == (platform_status, status, holds)


@pytest.mark.parametrize(
	("refund_status", "after_sales_status", "expected"),
	[
		(1, 0, ""),
		(1, 11, "Closed"),
		(1, 31, "Closed"),
		(1, 6, "Rejected"),
		(2, 2, "Requested"),
		(2, 7, "Requested"),
		(2, 6, "Rejected"),
		(2, 4, "Refunding"),
		(3, 4, "Refunding"),
		(4, 10, "Refunded"),
	],
)
def test_refund_in_progress_stands_on_every_line(order, refund_status, after_sales_status, expected):
	mapped = map_order(order | {"refund_status": refund_status, "after_sales_status": after_sales_status})
	assert [line.refund_status for line in mapped.lines] == [expected, expected]
	assert mapped.refund_amount == (Decimal("115.70") if refund_status == 4 else 0)


@pytest.mark.parametrize(
	("step", "holds", "paid"),
	[
		({"step_trade_status": 1, "advanced_paid_fee": Decimal("10.5")}, ("balance_unpaid",), "10.50"),
		({"step_trade_status": 2, "step_paid_fee": Decimal("115.7")}, (), "115.70"),
	],
)
def test_order_in_two_steps(order, step, holds, paid):
	mapped = map_order(order | {"step_order_info": step, "trade_type": 1})
	assert (mapped.order_type, mapped.hold_reasons, mapped.paid_amount) == ("Presale", holds, Decimal(paid))


@pytest.mark.parametrize(
	("pay_amount", "postage", "goods", "discount", "freight", "amounts", "prices"),
	[
		# a seller's price change of +3.00: the lines bear it, and a cent is over since 81.65 is odd
		("138.70", "6", "132.71", "0.01", "6.00", ["81.65", "51.05"], ["40.83", "51.05"]),
		# all discounted, the freight too
		("0", "6", "129.70", "129.70", "0.00", ["0.00", "0.00"], ["39.90", "49.90"]),
		# the discount reaches into the freight
		("4", "6", "129.70", "129.70", "4.00", ["0.00", "0.00"], ["39.90", "49.90"]),
		("129.70", "0", "129.70", "0.00", "0.00", ["79.80", "49.90"], ["39.90", "49.90"]),
	],
)
def test_sums_hold_whatever_was_paid(order, pay_amount, postage, goods, discount, freight, amounts, prices):
	mapped = map_order(order | {"pay_amount": Decimal(pay_amount), "postage": Decimal(postage)})
	assert (mapped.goods_amount, mapped.discount_amount, mapped.freight_amount) == (
		Decimal(goods),
		Decimal(discount),
		Decimal(freight),
	)
	assert [str(line.amount) for line in mapped.lines] == amounts
	assert [str(line.unit_price) for line in mapped.lines] == prices
	assert all(line.unit_price * line.qty - line.discount_amount == line.amount for line in mapped.lines)


def test_platform_discount_is_never_more_than_the_discount(order):
	mapped = map_order(order | {"pay_amount": Decimal("132.70")})
	assert (mapped.discount_amount, mapped.platform_discount_amount) == (Decimal("3.00"), Decimal("3.00"))


def test_shipped_order_has_masks_only(order):
	hidden = {"receiver_name": "", "receiver_phone": "", "receiver_address": "", "address_mask": None}
	receiver = map_order(order | hidden | {"order_status": 2}).receiver
	assert (receiver.name, receiver.mobile, receiver.address) == (
		"陈**",
		"139****5678",
		"文三路***",
	)
	assert receiver.platform_token == ""


def test_region_is_not_repeated_in_the_address(order):
	for mask in ("浙江杭州市西湖区文三路***", "浙江省杭州市西湖区文三路***", "文三路***"):
		changes = {"address_mask": "", "receiver_address_mask": mask}
		assert map_order(order | changes).receiver.address == "文三路***"


def test_clear_receiver_is_taken_as_it_is(order):
	clear = {"receiver_name": "陈一", "receiver_phone": "13900005678", "receiver_address": "文三路 1 号"}
	receiver = map_order(order | clear).receiver
	assert (receiver.name, receiver.mobile, receiver.address) == ("陈一", "13900005678", "文三路 1 号")
	assert receiver.platform_token == ""


def test_long_ciphertexts_become_a_digest_that_tells_changes(order):
	tokens = {
		map_order(order | {"receiver_name": f"~{letter * 600}~"}).receiver.platform_token for letter in "aab"
	}
	assert sorted(len(token) for token in tokens) == [64, 64]


@pytest.mark.parametrize(
	("changes", "reason", "path"),
	[
		({"order_sn": None}, "field_missing", "order_sn"),
		({"order_sn": "9" * 65}, "too_long", "platform_order_no"),
		({"order_status": 77}, "status_unknown", "order_status"),
		({"order_status": None}, "field_missing", "order_status"),
		({"refund_status": 9}, "status_unknown", "refund_status"),
		({"created_time": None}, "field_missing", "created_time"),
		({"created_time": "2026-02-30 10:00:00"}, "time_invalid", "created_time"),
		({"pay_amount": "1,2x"}, "money_invalid", "pay_amount"),
		({"pay_amount": 115.7}, "money_invalid", "pay_amount"),
		({"pay_amount": Decimal("115.705")}, "money_invalid", "pay_amount"),
		({"pay_amount": -1}, "money_invalid", "pay_amount"),
		({"item_list": []}, "no_lines", "item_list"),
		({"item_list": None}, "no_lines", "item_list"),
		({"item_list": {}}, "field_invalid", "item_list"),
		({"receiver_name_mask": "王" * 141}, "too_long", "receiver.name"),
	],
)
def test_what_cannot_be_read_says_where(order, changes, reason, path):
	assert_refused(map_order, order | changes, reason, path)


@pytest.mark.parametrize("qty", [0, -1, 1_000_001, "x", True, None])
def test_impossible_quantities(order, qty):
	order["item_list"][1]["goods_count"] = qty
	reason = "field_missing" if qty is None else "field_invalid"
	assert_refused(map_order, order, reason, "item_list[1].goods_count")


def test_receiver_is_not_quoted_in_errors(order):
	error = assert_refused(map_order, order | {"city": "杭" * 200}, "too_long", "receiver.city")
	assert error.value == ""


@given(data=st.data())
def test_mangled_orders_are_mapped_or_refused(load_payload, mangle, data):
	payload = mangle(load_payload("pinduoduo/order_to_ship"), data.draw)
	try:
		order = map_order(payload)
	except MappingError:
		return
	assert order.goods_amount - order.discount_amount + order.freight_amount == order.total_amount
	assert sum(line.amount for line in order.lines) + order.freight_amount == order.total_amount


@given(
	pay=st.decimals("0", "99999.99", places=2),
	postage=st.decimals("0", "200", places=2),
	prices=st.lists(
		st.tuples(st.decimals("0", "9999.99", places=2), st.integers(1, 50)), min_size=1, max_size=6
	),
)
def test_any_money_adds_up(load_payload, pay, postage, prices):
	payload = load_payload("pinduoduo/order_to_ship") | {"pay_amount": pay, "postage": postage}
	payload["item_list"] = [
		payload["item_list"][0] | {"goods_price": price, "goods_count": qty} for price, qty in prices
	]
	order = map_order(payload)
	assert order.total_amount == pay
	assert all(line.unit_price * line.qty - line.discount_amount == line.amount for line in order.lines)
	assert sum(line.unit_price * line.qty for line in order.lines) == order.goods_amount


def test_whole_refund(case):
	assert map_refund(case) == CanonicalRefund(
		platform="Pinduoduo",
		platform_case_no="9876543210123",
		platform_order_no="261124-512340987650001",
		kind="Return",
		status="Waiting for Buyer",
		platform_status="7",
		amount="67.52",
		reason="不喜欢、不想要",
		opened_at=at(25, 9, 0),
		modified_at=at(25, 12, 30),
	)


@pytest.mark.parametrize(
	("number", "status"),
	[
		(2, "Open"),
		(3, "Open"),
		(4, "Approved"),
		(5, "Approved"),
		(6, "Rejected"),
		(7, "Waiting for Buyer"),
		(8, "Open"),
		(9, "Cancelled"),
		(10, "Refunded"),
		(11, "Cancelled"),
		(12, "Cancelled"),
		(13, "Cancelled"),
		(16, "Done"),
		(31, "Cancelled"),
		(32, "Approved"),
	],
)
def test_case_statuses(case, number, status):
	assert map_refund(case | {"after_sales_status": number}).status == status


@pytest.mark.parametrize(("number", "kind"), [(2, "Refund"), (3, "Return"), (4, "Exchange"), (5, "Reship")])
def test_case_kinds(case, number, kind):
	assert map_refund(case | {"after_sales_type": number}).kind == kind


@pytest.mark.parametrize(
	("asked", "kind"),
	[("0", "Refund Before Shipping"), ("1", "Refund"), ("2", "Refund"), (None, "Refund")],
)
def test_refund_before_shipping(case, asked, kind):
	assert map_refund(case | {"after_sales_type": 2, "user_shipping_status": asked}).kind == kind


def test_parcel_on_its_way_back(case):
	mapped = map_refund(case | {"tracking_number": "YT1"})
	assert (mapped.status, mapped.return_waybill_no) == ("Waiting for Parcel", "YT1")


@pytest.mark.parametrize(
	("changes", "reason", "path"),
	[
		({"after_sales_status": 99}, "status_unknown", "after_sales_status"),
		({"after_sales_type": 1}, "field_invalid", "after_sales_type"),
		({"id": None}, "field_missing", "id"),
		({"refund_amount": "x"}, "money_invalid", "refund_amount"),
		({"created_time": ""}, "field_missing", "created_time"),
	],
)
def test_broken_cases(case, changes, reason, path):
	assert_refused(map_refund, case | changes, reason, path)


@given(data=st.data())
def test_mangled_cases_are_mapped_or_refused(load_payload, mangle, data):
	try:
		map_refund(mangle(load_payload("pinduoduo/refund_return"), data.draw))
	except MappingError:
		return


def test_listing_has_one_row_per_sku(load_payload):
	common = {
		"platform_item_id": "612345678901",
		"title": "纯棉短袖",
		"image_url": "https://img.example.com/1.jpg",
	}
	assert map_listing(load_payload("pinduoduo/goods")) == [
		ListingFacts(
			platform_sku_id="1412345678901",
			outer_id="TEE-BLK-M",
			spec="黑色,M",
			qty=50,
			status="On Sale",
			**common,
		),
		ListingFacts(
			platform_sku_id="1412345678903", outer_id="TEE", spec="黑色,L", qty=8, status="Off Sale", **common
		),
	]


def test_item_off_sale_takes_its_skus_along(load_payload):
	goods = load_payload("pinduoduo/goods") | {"is_onsale": 0}
	assert [listing.status for listing in map_listing(goods)] == ["Off Sale", "Off Sale"]


@given(data=st.data())
def test_mangled_goods_are_mapped_or_refused(load_payload, mangle, data):
	try:
		map_listing(mangle(load_payload("pinduoduo/goods"), data.draw))
	except MappingError:
		return
