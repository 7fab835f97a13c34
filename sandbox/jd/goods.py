"""JD's goods, stock and shop methods. Source: platforms.md 3.7; method names and fields not there are UNCONFIRMED."""

from __future__ import annotations

from ..amounts import format_yuan
from ..clock import format_time
from ..model import Listing, Refusal, Shop
from ..world import World, cut_page
from .errors import BAD_ARGUMENT, NOT_FOUND, BusinessError
from .pulls import read_number

ON_SALE, OFF_SALE = 8, 1


def list_skus(world: World, shop: Shop, args: dict) -> dict:
	"""`page` of the shop's SKUs, oldest first; `wareId`, `skuId` (comma lists) and `outerId` narrow it."""
	wares, skus = (_read_ids(args.get(name)) for name in ("wareId", "skuId"))
	outer_id = str(args.get("outerId") or "")
	rows = [
		row
		for row in world.list_listings(shop.shop_id)
		if (not wares or row.item_id in wares)
		and (not skus or row.sku_id in skus)
		and outer_id in ("", row.outer_id)
	]
	page = read_number(args, "pageNo", 1, 10**6)
	size = read_number({"pageSize": args.get("pageSize") or args.get("page_size")}, "pageSize", 20, 100)
	cut, total = cut_page(rows, page, size, newest_first=False)
	return {
		"data": [_render_sku(row) for row in cut],
		"pageNo": page,
		"pageSize": size,
		"totalItem": total,
	}


def _render_sku(listing: Listing) -> dict:
	return {
		"wareId": int(listing.item_id),
		"skuId": int(listing.sku_id),
		"status": 1 if listing.is_on_sale else 2,
		"wareStatus": ON_SALE if listing.is_on_sale else OFF_SALE,
		"jdPrice": float(format_yuan(listing.price)),
		"outerId": listing.outer_id,
		"barCode": listing.barcode,
		"wareTitle": listing.title,
		"skuName": f"{listing.title} {listing.spec}".strip(),
		"saleAttrs": [{"attrId": "1000", "attrValueAlias": [listing.spec]}] if listing.spec else [],
		"stockNum": listing.stock,
		"logo": f"jfs/t1/{listing.sku_id}.jpg",
		"created": format_time(listing.modified),
		"modified": format_time(listing.modified),
	}


def set_stock(world: World, shop: Shop, args: dict) -> dict:
	"""`skuId` and `stockNum`; answers {success}."""
	found = world.find_listings(shop.shop_id, sku_id=str(args.get("skuId") or "-"))
	if not found:
		raise BusinessError(NOT_FOUND, "商品不存在", "The sku does not exist")
	quantity = str(args.get("stockNum", ""))
	if not quantity.isascii() or not quantity.isdigit():
		raise BusinessError(BAD_ARGUMENT, "库存数量错误", "stockNum must be 0 or more")
	try:
		world.set_stock(found[0], int(quantity))
	except Refusal as refusal:
		raise BusinessError(BAD_ARGUMENT, "库存数量错误", refusal.message) from refusal
	return {"success": True}


def find_stock(world: World, shop: Shop, args: dict) -> dict:
	"""Stock of one SKU."""
	found = world.find_listings(shop.shop_id, sku_id=str(args.get("skuId") or "-"))
	if not found:
		raise BusinessError(NOT_FOUND, "商品不存在", "The sku does not exist")
	return {"skuId": int(found[0].sku_id), "stockNum": found[0].stock}


def get_vender(world: World, shop: Shop, args: dict) -> dict:
	"""Who the token belongs to."""
	return {"vender_id": shop.shop_id, "shop_id": shop.shop_id, "shop_name": shop.name, "col_type": 0}


def _read_ids(value: object) -> frozenset[str]:
	items = value if isinstance(value, list) else str(value or "").split(",")
	return frozenset(str(item).strip() for item in items if str(item).strip())
