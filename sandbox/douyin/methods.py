"""Douyin's methods by their name with dots; a path is the name with slashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..model import Shop
from ..world import World
from . import aftersales, goods, pulls, tokens, waybills

METHODS: dict[str, Callable[[World, Shop, dict], Any]] = {
	"order.searchList": pulls.search_orders,
	"order.orderDetail": pulls.get_order,
	"order.logisticsAdd": pulls.ship_order,
	"order.logisticsAddMultiPack": pulls.ship_packs,
	"order.logisticsEdit": pulls.change_parcel,
	"order.logisticsCompanyList": pulls.list_couriers,
	"order.batchDecrypt": pulls.decrypt,
	"afterSale.List": aftersales.list_cases,
	"afterSale.Detail": aftersales.get_case,
	"afterSale.operate": aftersales.operate,
	"product.listV2": goods.list_products,
	"sku.list": goods.list_skus,
	"sku.stockNum": goods.get_stock,
	"sku.syncStock": goods.set_stock,
	"sku.syncStockBatch": goods.set_stocks,
	"logistics.newCreateOrder": waybills.create_orders,
	"logistics.cancelOrder": waybills.cancel_order,
	"logistics.listShopNetsite": waybills.list_branches,
}
# Without an access token; called with (world, app key, args).
TOKEN_METHODS: dict[str, Callable[[World, str, dict], dict]] = {
	"token.create": tokens.create_tokens,
	"token.refresh": tokens.refresh_tokens,
}
