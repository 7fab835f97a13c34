"""What a seller does at Taobao: ship, set stock, read items, note. Source: platforms.md 2.7, 2.8; the item and
shop calls are UNCONFIRMED there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from ..amounts import format_yuan
from ..clock import format_time
from ..model import PAID, PART_SHIPPED, Listing, Refusal, Shop
from ..world import World
from .args import Args
from .errors import TopError, make_invalid, make_limit_error, make_missing
from .trades import find_order, make_oaid

COURIERS = {
	"SF": "顺丰速运",
	"YTO": "圆通速递",
	"ZTO": "中通快递",
	"STO": "申通快递",
	"YUNDA": "韵达快递",
	"EMS": "EMS",
	"POSTB": "邮政快递包裹",
	"EYB": "邮政电商标快",
	"LE04284890": "京东快递",
	"DBKD": "德邦快递",
	"HTKY": "极兔速递",
}
MOST_LINES = 50
DECRYPTS_A_DAY = 500
SCENES = frozenset(["1001", "1002", "1003", "1004", "1005", "1006", "1007", "2001", "2002"])
NOT_TO_SHIP = "isv.logistics-offline-service-error:B04"


def ship_trade(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.logistics.offline.send` and online.send. What is shipped already is refused with B04."""
	order = find_order(world, shop, args.need_id("tid"))
	waybill_no, courier = args.need("out_sid"), args.need("company_code")
	if courier not in COURIERS:
		raise TopError(15, "isv.logistics-offline-service-error:B01", "物流公司不存在")
	line_nos = [text for text in (args.get("sub_tid") or "").split(",") if text]
	is_split = args.get_int("is_split", 0, 0, 1)
	if len(line_nos) > MOST_LINES:
		raise make_invalid("sub_tid", f"最多 {MOST_LINES} 个")
	if is_split and not line_nos:
		raise make_missing("sub_tid")
	known = {line.line_no: line for line in order.lines}
	if set(line_nos) - set(known):
		raise TopError(15, "isv.logistics-offline-service-error:B27", "子订单不属于该交易")
	if order.state not in (PAID, PART_SHIPPED) or any(known[text].is_shipped for text in line_nos):
		raise TopError(15, NOT_TO_SHIP, "当前操作的订单状态不能发货")
	try:
		world.confirm_parcel(order, courier, waybill_no, line_nos if is_split else None)
	except Refusal as refusal:
		raise TopError(15, NOT_TO_SHIP, f"当前操作的订单状态不能发货 {refusal.code}") from None
	return {"shipping": {"is_success": True}}


def change_waybill(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.logistics.consign.resend`"""
	order = find_order(world, shop, args.need_id("tid"))
	waybill_no, courier = args.need("out_sid"), args.need("company_code")
	if courier not in COURIERS:
		raise TopError(15, "isv.logistics-consign-resend-service-error:B01", "物流公司不存在")
	try:
		world.move_order(order, "change_parcel", courier=courier, waybill_no=waybill_no)
	except Refusal as refusal:
		raise TopError(15, "isv.logistics-consign-resend-service-error:B04", refusal.message) from None
	return {"shipping": {"is_success": True}}


def list_couriers(world: World, shop: Shop | None, args: Args) -> dict:
	"""`taobao.logistics.companies.get`"""
	fields = args.need_fields()
	rows = [
		{"id": number, "code": code, "name": name, "reg_mail_no": r"^[A-Za-z0-9]{8,20}$"}
		for number, (code, name) in enumerate(COURIERS.items(), 100)
	]
	return {"logistics_companies": {"logistics_company": [_keep(row, fields) for row in rows]}}


def change_memo(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.trade.memo.update`"""
	order = find_order(world, shop, args.need_id("tid"))
	flag = args.get_int("flag", order.flag, 0, 5)
	world.move_order(order, "change_memo", memo=args.get("memo", order.seller_memo), flag=flag)
	return {"trade": {"tid": int(order.order_no), "modified": format_time(order.modified)}}


# Items and stock


def list_on_sale(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.items.onsale.get`: without the variants, whatever is asked."""
	fields = args.need_fields() - {"sku", "skus"}
	page, size = args.get_paging()
	items = _group(row for row in world.list_listings(shop.shop_id) if row.is_on_sale)
	cut = list(items.items())[(page - 1) * size : page * size]
	body = {"items": {"item": [_keep(_render_item(*item), fields) for item in cut]}} if cut else {}
	return body | {"total_results": len(items)}


def get_items(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.items.seller.list.get`: up to 20; unknown ones are left out."""
	fields = args.need_fields()
	ids = args.need("num_iids").split(",")
	if len(ids) > 20:
		raise make_invalid("num_iids", "最多 20 个")
	items = _group(row for item_id in ids for row in world.find_listings(shop.shop_id, item_id=item_id))
	rows = [_keep(_render_item(*item), fields) for item in items.items()]
	return {"items": {"item": rows}} if rows else {}


def get_item(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.item.seller.get`"""
	fields = args.need_fields()
	item_id = args.need_id("num_iid")
	rows = world.find_listings(shop.shop_id, item_id=item_id)
	if not rows:
		raise TopError(15, "isv.item-not-exist", "商品不存在")
	return {"item": _keep(_render_item(item_id, rows), fields)}


def set_item_stock(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.item.quantity.update`: one variant; type 1 sets, 2 adds."""
	item_id = args.need_id("num_iid")
	args.need("quantity")
	quantity = args.get_int("quantity", 0, -(10**9), 10**9)
	rows = world.find_listings(
		shop.shop_id, item_id=item_id, sku_id=args.get("sku_id", ""), outer_id=args.get("outer_id", "")
	)
	if len(rows) != 1:
		raise TopError(15, "isv.item-quantity-update-service-error:SKU", "商品或 SKU 不存在,或不唯一")
	_set_stock(world, rows[0], quantity, args)
	return {"item": {"num_iid": int(item_id), "modified": format_time(rows[0].modified)}}


def set_sku_stock(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.skus.quantity.update`: up to 20 variants of one item, all or none."""
	item_id = args.need_id("num_iid")
	pairs = [pair.split(":") for pair in args.need("skuid_quantities").split(";") if pair]
	if len(pairs) > 20:
		raise make_invalid("skuid_quantities", "最多 20 个 SKU")
	changes = []
	for pair in pairs:
		rows = world.find_listings(shop.shop_id, item_id=item_id, sku_id=pair[0]) if pair[0] else []
		if len(pair) != 2 or not pair[1].lstrip("-").isdecimal():
			raise make_invalid("skuid_quantities", ":".join(pair))
		if not rows:
			raise TopError(15, "isv.skus-quantity-update-service-error:SKU", f"SKU {pair[0]} 不存在")
		changes.append((rows[0], int(pair[1])))
	for listing, quantity in changes:
		_set_stock(world, listing, quantity, args)
	return {"item": _render_item(item_id, world.find_listings(shop.shop_id, item_id=item_id))}


def _set_stock(world: World, listing: Listing, quantity: int, args: Args) -> None:
	is_set = args.get_int("type", 1, 1, 2) == 1
	try:
		world.set_stock(listing, quantity if is_set else listing.stock + quantity)
	except Refusal as refusal:
		raise make_invalid("quantity", refusal.message) from None


def _group(rows: Iterable[Listing]) -> dict[str, list[Listing]]:
	items: dict[str, list[Listing]] = {}
	for row in rows:
		items.setdefault(row.item_id, []).append(row)
	return items


def _render_item(item_id: str, rows: list[Listing]) -> dict:
	first = rows[0]
	skus = [
		{
			"sku_id": int(row.sku_id),
			"num_iid": int(item_id),
			"outer_id": row.outer_id,
			"properties_name": f"20000:{row.sku_id}:规格:{row.spec}",
			"price": format_yuan(row.price),
			"quantity": row.stock,
			"barcode": row.barcode,
			"status": "normal",
			"modified": format_time(row.modified),
		}
		for row in rows
	]
	return {
		"num_iid": int(item_id),
		"title": first.title,
		"outer_id": first.outer_id if len(rows) == 1 else "",
		"num": sum(row.stock for row in rows),
		"price": format_yuan(min(row.price for row in rows)),
		"approve_status": "onsale" if any(row.is_on_sale for row in rows) else "instock",
		"pic_url": f"https://img.example.com/{item_id}.jpg",
		"modified": format_time(max(row.modified for row in rows)),
		"skus": {"sku": skus},
		"sku": {"sku": skus},
	}


def _keep(row: dict, fields: frozenset[str]) -> dict:
	"""Only the wanted fields; variants come as `skus` when `sku` is asked for."""
	wanted = (fields | {"skus"} if "sku" in fields else fields) - {"sku"}
	return {name: value for name, value in row.items() if name in wanted}


# Who they are


def get_seller(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.user.seller.get`"""
	row = {"user_id": 2_200_000_000 + shop.number, "nick": shop.name, "type": "B", "status": "normal"}
	return {"user": _keep(row, args.need_fields())}


def get_store(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.shop.seller.get`"""
	row = {"sid": 100_000_000 + shop.number, "title": shop.name, "nick": shop.name}
	return {"shop": _keep(row, args.need_fields())}


def get_time(world: World, shop: Shop | None, args: Args) -> dict:
	"""`taobao.time.get`"""
	return {"time": format_time(time.time())}


# Receivers


def decrypt_receivers(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.top.oaid.decrypt`: at most 20 a call and 500 a day for an app; a wrong pair is not matched."""
	rows = args.need_rows("query_list", 20)
	for row in rows:
		if str(row.get("scene")) not in SCENES:
			raise make_invalid("query_list.scene", "没有这个场景")
	day = f"{shop.app_key}/{format_time(world.clock.now())[:10]}"
	if world.quotas.get(day, 0) + len(rows) > DECRYPTS_A_DAY:
		raise make_limit_error(3600)
	world.quotas[day] = world.quotas.get(day, 0) + len(rows)
	return {"receiver_list": {"receiver": [_decrypt(world, shop, row) for row in rows]}}


def _decrypt(world: World, shop: Shop, row: dict) -> dict:
	tid, oaid = str(row.get("tid", "")), str(row.get("oaid", ""))
	order = world.find_order(shop.shop_id, tid)
	if order is None or make_oaid(shop, order) != oaid:
		return {"oaid": oaid, "tid": tid, "matched": False}
	receiver = order.receiver
	return {
		"oaid": oaid,
		"tid": tid,
		"matched": True,
		"name": receiver.name,
		"mobile": f"18{tid[-13:-4]}-{int(tid[-8:-4]) % 1000:03d}",
		"phone": "",
		"state": receiver.province,
		"city": receiver.city,
		"district": receiver.district,
		"town": receiver.town,
		"address_detail": receiver.address,
		"privacy_protection": True,
		"secret_no_expire_time": format_time(world.clock.now() + 7 * 86400),
	}


def merge_receivers(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.top.oaid.merge`: groups of trades with the same receiver, each at least two."""
	groups: dict[str, list[str]] = {}
	for row in args.need_rows("merge_list", 100):
		order = world.find_order(shop.shop_id, str(row.get("tid", "")))
		if order is not None and make_oaid(shop, order) == row.get("oaid"):
			place = "|".join(str(getattr(order.receiver, name)) for name in order.receiver.__slots__)
			groups.setdefault(place, []).append(order.order_no)
	return {"merge_result": {"merge_result": [{"tids": ",".join(g)} for g in groups.values() if len(g) > 1]}}
