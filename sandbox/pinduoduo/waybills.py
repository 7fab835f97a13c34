"""Pinduoduo's electronic waybills: get, cancel, search. Source: platforms.md 4.9.

A wrong parcel refuses its whole call.
"""

from __future__ import annotations

import json

from ..model import PINDUODUO, Receiver, Refusal, Shop
from ..waybills import find_courier, make_print_data
from ..world import World
from .errors import PinduoduoError
from .orders import get_ciphers
from .reading import read_json, read_text

APPLY = "param_waybill_cloud_print_apply_new_request"
PARCELS = 10
OWN = "PDD"


def get_waybills(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""`pdd.waybill.get`"""
	order = read_json(args, APPLY)
	try:
		parcels, code = order["trade_order_info_dtos"], str(order["wp_code"])
		if not 1 <= len(parcels) <= PARCELS:
			raise PinduoduoError(21001, f"trade_order_info_dtos must have 1 to {PARCELS} rows")
		if not order["sender"]["address"]["detail"]:
			raise PinduoduoError(21001, "sender.address.detail is missing")
		receivers = [_read_receiver(world, shop, parcel) for parcel in parcels]
		rows = [
			world.waybills.issue(
				PINDUODUO,
				shop.shop_id,
				code,
				str(parcel["package_info"]["id"]),
				[str(number) for number in parcel["order_info"]["trade_order_list"]],
				receiver,
			)
			for parcel, receiver in zip(parcels, receivers, strict=True)
		]
	except Refusal as refusal:
		raise PinduoduoError(50001, refusal.message, refusal.code) from None
	except (KeyError, TypeError, AttributeError):
		raise PinduoduoError(21001, f"{APPLY} has not the documented shape") from None
	return {
		"modules": [
			{
				"object_id": str(parcel.get("object_id", "")),
				"waybill_code": row.number,
				"parent_waybill_code": "",
				"print_data": json.dumps(
					make_print_data(row, code, str(parcel.get("template_url", ""))), ensure_ascii=False
				),
			}
			for row, parcel in zip(rows, parcels, strict=True)
		]
	}


def _read_receiver(world: World, shop: Shop, parcel: dict) -> Receiver:
	"""An order of the platform's own is told by its ciphertexts; masks and guesses aren't taken."""
	row, numbers = parcel["recipient"], parcel["order_info"]["trade_order_list"]
	if parcel["order_info"]["order_channels_type"] == OWN:
		owners = [of for of in world.list_shops() if of.platform == PINDUODUO and of.app_key == shop.app_key]
		found = [world.find_order(of.shop_id, str(number)) for of in owners for number in numbers]
		given = {str(row["name"]), str(row["mobile"]), str(row["address"]["detail"])}
		for order in filter(None, found):
			if set(get_ciphers(order).values()) == given:
				return order.receiver
		raise Refusal("cipher", "收件人密文与订单不匹配")
	return Receiver(
		name=str(row.get("name", "")),
		mobile=str(row.get("mobile", "")),
		province=str(row["address"].get("province", "")),
		city=str(row["address"].get("city", "")),
		district=str(row["address"].get("district", "")),
		address=str(row["address"].get("detail", "")),
	)


def cancel_waybill(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""`pdd.waybill.cancel`"""
	code, number = read_text(args, "wp_code"), read_text(args, "waybill_code")
	try:
		world.waybills.cancel(PINDUODUO, shop.shop_id, code, number)
	except Refusal as refusal:
		raise PinduoduoError(50001, refusal.message, refusal.code) from None
	return {"cancel_result": True}


def search_waybills(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""`pdd.waybill.search`"""
	code = read_text(args, "wp_code")
	try:
		courier = find_courier(PINDUODUO, code)
	except Refusal as refusal:
		raise PinduoduoError(50001, refusal.message, refusal.code) from None
	quantity = world.waybills.get_balance(PINDUODUO, shop.shop_id, courier)
	branch = {"branch_code": "571001", "branch_name": "发件网点", "quantity": quantity}
	return {"waybill_apply_subscription_cols": [{"wp_code": code, "branch_account_cols": [branch]}]}
