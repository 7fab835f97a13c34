"""Orders as the four platforms send them, many of them: the recorded payloads with numbers, buyers and goods varied.

Two lines an order. The same for the same seed; numbers are made unique by `first`.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

PAYLOADS = Path(__file__).parents[1] / "fixtures" / "payloads"
FILES = {
	"Taobao": "taobao/trade_to_ship.json",
	"JD": "jd/order_to_ship.json",
	"Pinduoduo": "pinduoduo/order_to_ship.json",
	"Douyin": "douyin/order_to_ship.json",
}
START = datetime(2026, 11, 11)
BUYERS = 5_000
ITEMS = 200
SEED = 11

Goods = list[tuple[int, str]]


def make_payloads(platform: str, count: int, first: int, skus: Sequence[str]) -> Iterator[dict]:
	"""Payloads of `count` paid orders of one platform, numbered from `first`, selling `skus` by their codes."""
	template = json.loads((PAYLOADS / FILES[platform]).read_text())
	chance = random.Random(f"{SEED}:{platform}:{first}")
	for number in range(first, first + count):
		payload = copy.deepcopy(template)
		items = [chance.randrange(ITEMS) for _line in range(2)]
		goods = [(item, skus[item % len(skus)]) for item in items]
		moment = START + timedelta(seconds=number % 864_000)
		FILLERS[platform](payload, number, chance.randrange(BUYERS), moment, goods)
		yield payload


def _fill_taobao(trade: dict, number: int, buyer: int, moment: datetime, goods: Goods) -> None:
	trade.update(tid=number, tid_str=str(number), buyer_open_uid=f"AAH{buyer:08d}", oaid=f"1x{number:020d}Wb")
	trade.update(created=str(moment), pay_time=str(moment), modified=str(moment))
	for position, (line, (item, sku)) in enumerate(zip(trade["orders"]["order"], goods, strict=True)):
		line.update(oid=number * 10 + position, num_iid=680_000_000 + item, sku_id=str(501_000_000 + item))
		line.update(outer_sku_id=sku, refund_status="NO_REFUND")


def _fill_jd(order: dict, number: int, buyer: int, moment: datetime, goods: Goods) -> None:
	order.update(orderId=str(number), open_id_buyer=f"Br{buyer:08d}", couponDetailList=[])
	order.update(orderStartTime=str(moment), paymentConfirmTime=str(moment), modified=str(moment))
	# Without the coupons, which name a SKU: the lines come to 187.00.
	order.update(shouldPay="193.00", sellerDiscount="0.00")
	for position, (line, (item, sku)) in enumerate(zip(order["itemInfoList"], goods, strict=True)):
		line.update(skuId=str(100_000_000 + item * 2 + position), wareId=str(item), outerSkuId=sku)


def _fill_pinduoduo(order: dict, number: int, buyer: int, moment: datetime, goods: Goods) -> None:
	order.update(order_sn=f"261111-{number}", receiver_name_mask=f"陈{buyer}**")
	order.update(created_time=str(moment), pay_time=str(moment), updated_at=str(moment))
	for line, (item, sku) in zip(order["item_list"], goods, strict=True):
		line.update(goods_id=612_000_000 + item, sku_id=1_412_000_000 + item, outer_id=sku)


def _fill_douyin(order: dict, number: int, buyer: int, moment: datetime, goods: Goods) -> None:
	seconds = int(moment.timestamp())
	order.update(order_id=str(number), doudian_open_id=f"1@#{buyer:08d}")
	order.update(create_time=seconds, pay_time=seconds, update_time=seconds)
	for position, (line, (item, sku)) in enumerate(zip(order["sku_order_list"], goods, strict=True)):
		line.update(order_id=str(number * 10 + position), parent_order_id=str(number), code=sku)
		line.update(product_id_str=str(3_600_000_000 + item), sku_id=1_700_000_000 + item)
		line["after_sale_info"] = {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0}


FILLERS: dict[str, Callable[[dict, int, int, datetime, Goods], None]] = {
	"Taobao": _fill_taobao,
	"JD": _fill_jd,
	"Pinduoduo": _fill_pinduoduo,
	"Douyin": _fill_douyin,
}
