"""Ids as each platform makes them: 64 bits where the platform's are, text where its are."""

from __future__ import annotations

from datetime import datetime

from .clock import BEIJING
from .model import DOUYIN, JD, PINDUODUO, TAOBAO


def make_order_no(platform: str, number: int, at: float) -> str:
	"""An order number never given before, as long as `number` is new."""
	if platform == TAOBAO:
		return str(4_118_000_000_000_000_000 + number * 10_000 + 7)
	if platform == JD:
		return str(301_000_000_000 + number * 7)
	if platform == PINDUODUO:
		return f"{datetime.fromtimestamp(at, BEIJING):%y%m%d}-{500_000_000_000_000 + number * 13:015d}"
	if platform == DOUYIN:
		return str(6_937_000_000_000_000_000 + number * 100_000)
	raise ValueError(platform)


def make_line_no(platform: str, order_no: str, place: int, lines: int, sku_id: str) -> str:
	"""The platform's id of a line. A single line of Taobao and Douyin bears the order's own number; JD and
	Pinduoduo number no lines, so the SKU's id stands in, with its place when that is needed.
	"""
	if platform in (TAOBAO, DOUYIN):
		return order_no if lines == 1 else str(int(order_no) + place + 1)
	return sku_id


def make_case_no(platform: str, number: int) -> str:
	start = {
		TAOBAO: 290_000_000_000_000_000,
		JD: 1_800_000_000,
		PINDUODUO: 8_000_000_000,
		DOUYIN: 7_100_000_000_000_000,
	}
	return str(start[platform] + number)


def make_item_ids(platform: str, number: int) -> tuple[str, str]:
	"""Item id and variant id, both decimal text."""
	if platform == TAOBAO:
		return str(680_000_000_000 + number), str(4_900_000_000_000 + number)
	if platform == JD:
		return str(10_020_000_000 + number), str(100_030_000_000 + number)
	if platform == PINDUODUO:
		return str(330_000_000_000 + number), str(1_270_000_000_000 + number)
	return str(3_540_000_000_000_000_000 + number), str(1_740_000_000_000_000 + number)
