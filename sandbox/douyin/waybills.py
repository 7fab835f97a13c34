"""Douyin's electronic waybills: create, cancel, the account's branches. Source: platforms.md 5.8 and the vendor's SDK.

Each parcel is answered by itself, in `ebill_infos` or in `err_infos`. The numbers of failures are UNCONFIRMED.
"""

from __future__ import annotations

from ..model import DOUYIN, Receiver, Refusal, Shop
from ..waybills import find_courier, make_route
from ..world import World
from .errors import make_failed, make_invalid
from .orders import get_ciphers
from .reading import read_text

PARCELS = 10
REFUSED = "10701"


def create_orders(world: World, shop: Shop, args: dict) -> dict:
	"""`/logistics/newCreateOrder`"""
	code, parcels, sender = (
		read_text(args, "logistics_code"),
		args.get("order_infos"),
		args.get("sender_info"),
	)
	if not isinstance(parcels, list) or not 1 <= len(parcels) <= PARCELS:
		raise make_invalid(f"order_infos must have 1 to {PARCELS} rows")
	if not isinstance(sender, dict) or not (sender.get("address") or {}).get("detail_address"):
		raise make_invalid("sender_info.address is missing")
	is_own = "order_channel" not in args
	issued, failed = [], []
	for parcel in parcels:
		order_no, pack_id = str(parcel.get("order_id", "")), str(parcel.get("pack_id", ""))
		try:
			receiver = _read_receiver(world, shop, parcel, is_own)
			row = world.waybills.issue(DOUYIN, shop.shop_id, code, pack_id, [order_no], receiver)
		except Refusal as refusal:
			failed.append(
				{
					"order_id": order_no,
					"pack_id": pack_id,
					"err_code": REFUSED,
					"err_msg": refusal.message,
					"order_channel": "",
				}
			)
			continue
		route = make_route(row)
		issued.append(
			{
				"company": code,
				"hint_msg": "",
				"order_id": order_no,
				"pack_id": pack_id,
				"track_no": row.number,
				"sort_code": route["code"],
				"package_center_code": route["centre_code"],
				"package_center_name": route["centre"],
				"short_address_code": route["site"],
				"short_address_name": route["pen"],
				"extra_resp": "",
				"sub_waybill_codes": "",
				"order_channel": "",
				"shipping_code": "",
			}
		)
	return {"ebill_infos": issued, "err_infos": failed}


def _read_receiver(world: World, shop: Shop, parcel: dict, is_own: bool) -> Receiver:
	"""An order of the platform's own is told by its ciphertexts."""
	info = parcel.get("receiver_info") or {}
	address, contact = info.get("address") or {}, info.get("contact") or {}
	given = [
		str(contact.get("name", "")),
		str(contact.get("mobile", "")),
		str(address.get("detail_address", "")),
	]
	if is_own:
		for owner in world.list_shops():
			order = world.find_order(owner.shop_id, str(parcel.get("order_id", "")))
			if order is None or owner.platform != DOUYIN or owner.app_key != shop.app_key:
				continue
			if set(get_ciphers(order).values()) == set(given):
				return order.receiver
		raise Refusal("cipher", "收件人密文与订单不匹配")
	return Receiver(
		name=given[0],
		mobile=given[1],
		province=str(address.get("province_name", "")),
		city=str(address.get("city_name", "")),
		district=str(address.get("district_name", "")),
		address=given[2],
	)


def cancel_order(world: World, shop: Shop, args: dict) -> dict:
	"""`/logistics/cancelOrder`"""
	code, number = read_text(args, "logistics_code"), read_text(args, "track_no")
	try:
		world.waybills.cancel(DOUYIN, shop.shop_id, code, number)
	except Refusal as refusal:
		raise make_failed(10702, refusal.message) from None
	return {"cancel_result": {"success": True}}


def list_branches(world: World, shop: Shop, args: dict) -> dict:
	"""`/logistics/listShopNetsite`"""
	code = read_text(args, "logistics_code")
	try:
		courier = find_courier(DOUYIN, code)
	except Refusal as refusal:
		raise make_failed(10703, refusal.message) from None
	amount = world.waybills.get_balance(DOUYIN, shop.shop_id, courier)
	return {"netsites": [{"netsite_code": "571001", "netsite_name": "发件网点", "amount": str(amount)}]}
