"""Pinduoduo's goods, stock and shop methods. Source: platforms.md 4.7; names of fields from the vendor's SDK."""

from __future__ import annotations

from ..model import Listing, Refusal, Shop
from ..world import World, cut_page
from .errors import PinduoduoError
from .orders import to_number
from .reading import read_choice, read_number, read_page, read_text


def list_goods(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Goods with their SKUs, oldest first; prices are not in this list."""
	page, size = read_page(args)
	wanted, name = args.get("outer_id", ""), args.get("goods_name", "")
	on_sale = read_number(args, "is_onsale", -1)
	goods: dict[str, list[Listing]] = {}
	for row in world.list_listings(shop.shop_id):
		goods.setdefault(row.item_id, []).append(row)
	rows = [
		skus
		for skus in goods.values()
		if (not wanted or any(sku.outer_id == wanted for sku in skus))
		and name in skus[0].title
		and on_sale in (-1, int(any(sku.is_on_sale for sku in skus)))
	]
	cut, total = cut_page(rows, page, size, newest_first=False)
	return {"goods_list": [_render_goods(skus) for skus in cut], "total_count": total}


def _render_goods(skus: list[Listing]) -> dict:
	first = skus[0]
	return {
		"goods_id": to_number(first.item_id),
		"goods_name": first.title,
		"goods_quantity": sum(sku.stock for sku in skus),
		"goods_reserve_quantity": 0,
		"image_url": f"https://img.example.com/{first.item_id}.jpg",
		"thumb_url": f"https://img.example.com/{first.item_id}.s.jpg",
		"is_more_sku": int(len(skus) > 1),
		"is_onsale": int(any(sku.is_on_sale for sku in skus)),
		"created_at": int(first.modified),
		"sku_list": [
			{
				"sku_id": to_number(sku.sku_id),
				"spec": sku.spec,
				"outer_id": sku.outer_id,
				"outer_goods_id": "",
				"sku_quantity": sku.stock,
				"reserve_quantity": 0,
				"is_sku_onsale": int(sku.is_on_sale),
			}
			for sku in skus
		],
	}


def set_stock(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""By `sku_id` or `outer_id`; `update_type` 1 sets, 2 adds."""
	item_id = read_text(args, "goods_id")
	sku_id, outer_id = args.get("sku_id", ""), args.get("outer_id", "")
	if not sku_id and not outer_id:
		raise PinduoduoError(21002, "sku_id or outer_id is missing")
	found = world.find_listings(shop.shop_id, item_id, sku_id, "" if sku_id else outer_id)
	if not found:
		raise PinduoduoError(50001, "商品或SKU不存在")
	quantity = read_number(args, "quantity", least=-(10**9))
	if read_choice(args, "update_type", (1, 2), 1) == 2:
		quantity += found[0].stock
	try:
		world.set_stock(found[0], quantity)
	except Refusal as refusal:
		raise PinduoduoError(21001, "库存不能小于0") from refusal
	return {"is_success": True}


def get_mall(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Who the token belongs to."""
	return {
		"mall_id": to_number(shop.shop_id),
		"mall_name": shop.name,
		"mall_desc": "",
		"logo": "",
		"merchant_type": 3,
	}
