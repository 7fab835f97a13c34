"""Cainiao's electronic waybills over the router: get, cancel, search. Source: platforms.md 6.3.

A wrong parcel refuses its whole call, as it does at the vendor.
"""

from __future__ import annotations

import json
from typing import Any

from ..model import TAOBAO, Receiver, Refusal, Shop
from ..waybills import find_courier, make_print_data
from ..world import World
from .args import Args
from .errors import TopError, make_invalid
from .trades import make_oaid

APPLY = "param_waybill_cloud_print_apply_new_request"
PARCELS = 10


def get_waybills(world: World, shop: Shop, args: Args) -> dict:
	"""`cainiao.waybill.ii.get`"""
	try:
		order = json.loads(args.need(APPLY))
		parcels = order["trade_order_info_dtos"]
		code, sender = str(order["cp_code"]), order["sender"]
	except (ValueError, KeyError, TypeError):
		raise make_invalid(APPLY, "格式错误") from None
	if not isinstance(parcels, list) or not 1 <= len(parcels) <= PARCELS:
		raise make_invalid("trade_order_info_dtos", f"最多 {PARCELS} 个")
	if not (sender.get("address") or {}).get("detail"):
		raise _refuse("S01", "发件人地址不能为空")
	try:
		ids = [str(parcel["package_info"]["id"]) for parcel in parcels]
		if len(set(ids)) < len(ids):
			raise _refuse("S02", "包裹id重复")
		receivers = [_read_receiver(world, shop, parcel["recipient"]) for parcel in parcels]
		rows = [
			world.waybills.issue(
				TAOBAO,
				shop.shop_id,
				code,
				str(parcel["package_info"]["id"]),
				[str(number) for number in parcel["order_info"]["trade_order_list"]],
				receiver,
			)
			for parcel, receiver in zip(parcels, receivers, strict=True)
		]
	except Refusal as refusal:
		raise _refuse(refusal.code, refusal.message) from None
	except (KeyError, TypeError, AttributeError):
		raise make_invalid("trade_order_info_dtos", "格式错误") from None
	return {
		"modules": {
			"waybill_cloud_print_response": [
				_show(row, parcel, code) for row, parcel in zip(rows, parcels, strict=True)
			]
		}
	}


def _show(row: Any, parcel: dict, code: str) -> dict:
	document = make_print_data(row, code, str(parcel.get("template_url", "")))
	return {
		"object_id": str(parcel.get("object_id", "")),
		"waybill_code": row.number,
		"parent_waybill_code": "",
		"cp_code": code,
		"real_cp_code": code,
		"print_data": json.dumps(document, ensure_ascii=False),
	}


def _read_receiver(world: World, shop: Shop, row: dict) -> Receiver:
	"""Whom the parcel goes to: by `oaid` and `tid` of any shop of the app, else as it is written. Masks alone won't do."""
	address = row["address"]
	if oaid := row.get("oaid"):
		for owner in world.list_shops():
			order = world.find_order(owner.shop_id, str(row.get("tid", "")))
			if order is not None and owner.app_key == shop.app_key and make_oaid(owner, order) == oaid:
				return order.receiver
		raise Refusal("oaid", "oaid与订单不匹配")
	if "*" in f"{row.get('name', '')}{row.get('mobile', '')}{address.get('detail', '')}":
		raise Refusal("masked", "收件人信息已脱敏，请传入oaid")
	return Receiver(
		name=str(row.get("name", "")),
		mobile=str(row.get("mobile", "")),
		province=str(address.get("province", "")),
		city=str(address.get("city", "")),
		district=str(address.get("district", "")),
		address=str(address.get("detail", "")),
	)


def cancel_waybill(world: World, shop: Shop, args: Args) -> dict:
	"""`cainiao.waybill.ii.cancel`"""
	try:
		world.waybills.cancel(TAOBAO, shop.shop_id, args.need("cp_code"), args.need("waybill_code"))
	except Refusal as refusal:
		code = "waybill-not-exist" if refusal.code == "unknown_waybill" else refusal.code
		raise _refuse(code, refusal.message) from None
	return {"cancel_result": True}


def search_waybills(world: World, shop: Shop, args: Args) -> dict:
	"""`cainiao.waybill.ii.search`"""
	code = args.need("cp_code")
	try:
		courier = find_courier(TAOBAO, code)
	except Refusal as refusal:
		raise _refuse(refusal.code, refusal.message) from None
	branch = {
		"branch_code": "571001",
		"branch_name": "发件网点",
		"quantity": world.waybills.get_balance(TAOBAO, shop.shop_id, courier),
	}
	return {
		"waybill_apply_subscription_cols": {
			"waybill_apply_subscription_info": [
				{
					"cp_code": code,
					"cp_type": 1,
					"branch_account_cols": {"waybill_branch_account": [branch]},
				}
			]
		}
	}


def _refuse(code: str, message: str) -> TopError:
	return TopError(15, f"isv.{code.replace('_', '-')}", message)
