"""What JD, Pinduoduo and Douyin put on the wire adds up to what the world holds, whatever the figures."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from sandbox.douyin.orders import render_order as render_douyin
from sandbox.jd.orders import render_order as render_jd
from sandbox.model import Order, Refusal, Shop
from sandbox.pinduoduo.orders import render_order as render_pinduoduo
from sandbox.world import World
from tests.sandbox.serving import RECEIVER

JD_FIELDS = frozenset(
	(
		"orderTotalPrice",
		"sellerDiscount",
		"freightPrice",
		"shouldPay",
		"actualPay",
		"couponDetailList",
		"itemInfoList",
	)
)


@st.composite
def make_orders(draw: st.DrawFn, platform: str) -> tuple[World, Shop, Order]:
	"""A paid order of one to four lines with discounts of every kind."""
	world = World()
	shop = world.create_shop(platform, "云杉旗舰店")
	lines = []
	for _ in range(draw(st.integers(1, 4))):
		price, qty = draw(st.integers(1, 99_999)), draw(st.integers(1, 9))
		listing = world.create_listing(shop.shop_id, "洁面乳", price)
		lines.append((listing, qty, draw(st.integers(0, price * qty // 2))))
	goods = sum(listing.price * qty - own for listing, qty, own in lines)
	seller = draw(st.integers(0, goods // 3))
	figures = {
		"seller_discount": seller,
		"platform_discount": draw(st.integers(0, goods // 3)),
		"adjust": -draw(st.integers(0, goods // 4)),
		"freight": draw(st.integers(0, 2_000)),
	}
	order = world.create_order(shop.shop_id, lines, RECEIVER, **figures)
	return world, shop, world.move_order(order, "pay")


def read(row: dict) -> dict:
	"""As a client reads it: fractions as they stand in the text."""
	return json.loads(json.dumps(row), parse_float=Decimal)


def to_fen(yuan: Decimal | int | str) -> int:
	"""Whole fen. Raises Refusal when the wire bears more than two places."""
	fen = Decimal(yuan) * 100
	if fen != int(fen):
		raise Refusal("fraction_of_a_fen", str(yuan))
	return int(fen)


@given(make_orders("JD"))
def test_jd(made: tuple[World, Shop, Order]) -> None:
	_, shop, order = made
	row = read(render_jd(shop, order, JD_FIELDS, is_encrypted=False))
	goods = sum(to_fen(line["jdPrice"]) * int(line["itemTotal"]) for line in row["itemInfoList"])
	coupons = sum(to_fen(coupon["couponPrice"]) for coupon in row["couponDetailList"])
	assert goods == to_fen(row["orderTotalPrice"]) == order.goods
	assert goods - coupons + to_fen(row["freightPrice"]) == to_fen(row["shouldPay"]) == order.total
	assert coupons - order.platform_discount == to_fen(row["sellerDiscount"])


@given(make_orders("Pinduoduo"))
def test_pinduoduo(made: tuple[World, Shop, Order]) -> None:
	world, shop, order = made
	row = read(render_pinduoduo(world, shop, order))
	goods = sum(to_fen(line["goods_price"]) * line["goods_count"] for line in row["item_list"])
	assert goods == to_fen(row["goods_amount"]) == order.goods
	discount = to_fen(row["platform_discount"]) + to_fen(row["seller_discount"])
	assert discount == to_fen(row["discount_amount"])
	change, postage = to_fen(row["order_change_amount"]), to_fen(row["postage"])
	assert goods - discount + change + postage == to_fen(row["pay_amount"]) == order.total


@given(make_orders("Douyin"))
def test_douyin(made: tuple[World, Shop, Order]) -> None:
	world, shop, order = made
	row = read(render_douyin(world, shop, order))
	lines = row["sku_order_list"]
	for line in lines:
		assert line["sum_amount"] == line["origin_amount"] * line["item_num"]
		assert line["sum_amount"] - line["promotion_amount"] + line["modify_amount"] == line["pay_amount"]
	assert sum(line["sum_amount"] for line in lines) + row["post_amount"] == row["order_amount"]
	assert sum(line["pay_amount"] for line in lines) + row["post_amount"] == row["pay_amount"] == order.total
	assert row["order_amount"] - row["promotion_amount"] + row["modify_amount"] == row["pay_amount"]
	shop_part, platform_part = row["promotion_shop_amount"], row["promotion_platform_amount"]
	assert shop_part + platform_part == row["promotion_amount"]
