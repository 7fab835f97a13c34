"""JD's alpha labels for other couriers: receive, unbind, big pen, stock. Source: platforms.md 3.7 and two SDKs.

The numbers of `statusCode` but 0 are UNCONFIRMED.
"""

from __future__ import annotations

import json
from typing import Any

from ..model import JD, Receiver, Refusal, Shop
from ..waybills import find_courier, make_route
from ..world import World

OK, BAD_ARGUMENT, FAILED = 0, 2, 3
JD_SHOPS = "0010001"


def receive_waybill(world: World, shop: Shop, args: dict) -> dict:
	"""`jingdong.ldop.alpha.waybill.receive`"""
	try:
		content = json.loads(str(args.get("content", "")))
		if int(content["waybillCount"]) != 1 or not content["fromAddress"]["address"]:
			return _answer(BAD_ARGUMENT, "参数错误")
		order_no = str(content["platformOrderNo"])
		row = world.waybills.issue(
			JD,
			shop.shop_id,
			str(content["providerCode"]),
			str(content["vendorOrderCode"]),
			[order_no],
			_read_receiver(world, shop, content),
		)
	except Refusal as refusal:
		return _answer(FAILED, refusal.message)
	except (ValueError, KeyError, TypeError, AttributeError):
		return _answer(BAD_ARGUMENT, "参数错误")
	return _answer(OK, "成功", {"platformOrderNo": order_no, "waybillCodeList": [row.number]})


def _read_receiver(world: World, shop: Shop, content: dict) -> Receiver:
	"""An order of JD's own is known by its number; the label then bears JD's own receiver."""
	if content.get("salePlatform") == JD_SHOPS:
		order = world.find_order(shop.shop_id, str(content["platformOrderNo"]))
		if order is None:
			raise Refusal("unknown_order", "订单不存在或不属于该商家")
		return order.receiver
	address = content["toAddress"]
	return Receiver(
		name=str(address.get("contact", "")),
		mobile=str(address.get("mobile", "")),
		province=str(address.get("provinceName", "")),
		city=str(address.get("cityName", "")),
		district=str(address.get("countryName", "")),
		address=str(address.get("address", "")),
	)


def unbind_waybill(world: World, shop: Shop, args: dict) -> dict:
	"""`jingdong.ldop.alpha.waybill.api.unbind`"""
	try:
		world.waybills.cancel(
			JD, shop.shop_id, str(args.get("providerCode", "")), str(args.get("waybillCode", ""))
		)
	except Refusal as refusal:
		return _answer(FAILED, refusal.message)
	return _answer(OK, "成功")


def query_big_pen(world: World, shop: Shop, args: dict) -> dict:
	"""`jingdong.ldop.alpha.vendor.bigshot.query`"""
	try:
		courier = find_courier(JD, str(args.get("providerCode", "")))
	except Refusal as refusal:
		return _answer(FAILED, refusal.message)
	row = world.waybills.by_number.get((courier, str(args.get("waybillCode", ""))))
	if row is None:
		return _answer(FAILED, "运单不存在")
	route = make_route(row)
	data = {
		"bigShotCode": route["area"],
		"bigShotName": route["pen"],
		"secondSectionCode": route["site"],
		"thirdSectionCode": route["route"],
		"gatherCenterCode": route["centre_code"],
		"gatherCenterName": route["centre"],
		"branchCode": route["site"],
		"branchName": route["pen"],
	}
	return _answer(OK, "成功", data)


def query_stock(world: World, shop: Shop, args: dict) -> dict:
	"""`jingdong.ldop.alpha.vendor.stock.queryByProviderCode`"""
	code = str(args.get("providerCode", ""))
	try:
		courier = find_courier(JD, code)
	except Refusal as refusal:
		return _answer(FAILED, refusal.message)
	amount = world.waybills.get_balance(JD, shop.shop_id, courier)
	return _answer(OK, "成功", [{"providerCode": code, "branchCode": "571001", "amount": amount}])


def _answer(code: int, message: str, data: Any = None) -> dict:
	return {"statusCode": code, "statusMessage": message, "data": data}
