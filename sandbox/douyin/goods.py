"""Douyin's goods and stock methods. Source: platforms.md 5.7 and the vendor's SDK. Fen; list pages count from 1."""

from __future__ import annotations

from ..model import Listing, Refusal, Shop
from ..world import World, cut_page
from .errors import make_failed, make_invalid
from .orders import to_number
from .pulls import assert_idempotent
from .reading import read_number, read_page, read_text

NO_SKU = "商品规格不存在"


def list_products(world: World, shop: Shop, args: dict) -> dict:
	"""Products without their SKUs, oldest first."""
	page, size = read_page(args, first=1)
	products: dict[str, list[Listing]] = {}
	for row in world.list_listings(shop.shop_id):
		products.setdefault(row.item_id, []).append(row)
	cut, total = cut_page(list(products.values()), page, size, newest_first=False)
	return {
		"data": [_render_product(skus) for skus in cut],
		"total": total,
		"page": page,
		"size": size,
	}


def _render_product(skus: list[Listing]) -> dict:
	first = skus[0]
	return {
		"product_id": to_number(first.item_id),
		"name": first.title,
		"status": 0 if any(sku.is_on_sale for sku in skus) else 1,
		"check_status": 3,
		"img": f"https://img.example.com/{first.item_id}.jpg",
		"product_type": 0,
		"create_time": int(first.modified),
		"update_time": int(max(sku.modified for sku in skus)),
		"out_product_id": 0,
		"outer_product_id": "",
		"market_price": first.price,
		"discount_price": first.price,
		"is_package_product": False,
	}


def list_skus(world: World, shop: Shop, args: dict) -> list[dict]:
	"""All SKUs of one product, as a bare list."""
	rows = world.find_listings(shop.shop_id, item_id=read_text(args, "product_id"))
	if not rows:
		raise make_failed(3000, "商品不存在")
	return [_render_sku(row) for row in rows]


def _render_sku(listing: Listing) -> dict:
	return {
		"id": to_number(listing.sku_id),
		"product_id": to_number(listing.item_id),
		"product_id_str": listing.item_id,
		"code": listing.outer_id,
		"out_sku_id": 0,
		"price": listing.price,
		"sku_type": 0,
		"stock_num": listing.stock,
		"spec_detail_name1": listing.spec,
		"spec_detail_name2": "",
		"spec_detail_name3": "",
		"sell_properties": [{"value_name": listing.spec}] if listing.spec else [],
		"create_time": int(listing.modified),
	}


def get_stock(world: World, shop: Shop, args: dict) -> dict:
	"""Stock of one SKU."""
	row = _find_sku(world, shop, args)
	return {
		"sku_id": to_number(row.sku_id),
		"out_sku_id": 0,
		"code": row.outer_id,
		"sku_type": 0,
		"stock_num": row.stock,
		"prehold_stock_num": 0,
		"stock_num_map": {},
	}


def set_stock(world: World, shop: Shop, args: dict) -> dict:
	"""Set, or add when `incremental`."""
	assert_idempotent(world, shop, args)
	_set_one(world, shop, args, _find_sku(world, shop, args))
	return {}


def set_stocks(world: World, shop: Shop, args: dict) -> dict:
	"""Several SKUs of one product: all or nothing."""
	assert_idempotent(world, shop, args)
	rows = args.get("sku_sync_list")
	if not isinstance(rows, list) or not 1 <= len(rows) <= 50:
		raise make_invalid("sku_sync_list has 1 to 50 rows")
	merged = [
		{"product_id": args.get("product_id"), "incremental": args.get("incremental"), **row} for row in rows
	]
	found = [(row, _find_sku(world, shop, row)) for row in merged]
	for row, listing in found:
		_read_quantity(row, listing)
	for row, listing in found:
		_set_one(world, shop, row, listing)
	return {}


def _find_sku(world: World, shop: Shop, args: dict) -> Listing:
	sku_id, code = str(args.get("sku_id") or ""), str(args.get("code") or "")
	if not sku_id and not code:
		raise make_invalid("sku_id or code is missing")
	rows = world.find_listings(
		shop.shop_id, str(args.get("product_id") or ""), sku_id, "" if sku_id else code
	)
	if not rows:
		raise make_failed(3001, NO_SKU)
	return rows[0]


def _read_quantity(args: dict, listing: Listing) -> int:
	quantity = read_number(args, "stock_num", least=-(10**9))
	quantity += listing.stock if args.get("incremental") is True else 0
	if quantity < 0:
		raise make_failed(3002, "库存不能小于0")
	return quantity


def _set_one(world: World, shop: Shop, args: dict, listing: Listing) -> None:
	try:
		world.set_stock(listing, _read_quantity(args, listing))
	except Refusal as refusal:
		raise make_failed(3002, refusal.message) from refusal
