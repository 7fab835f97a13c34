"""The platforms' own truth as plain JSON, so that a check from outside can compare a desk with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Order, Refund, Shop
from .store import get_fields
from .world import World


def make_truth(world: World, get_status: Callable[[Order], str], shop_id: str = "", since: float = 0) -> dict:
	"""Everything, or one shop's, or what changed at `since` (unix seconds) or later.

	`get_status` gives the platform's own word for an order's state. Money is fen, times are unix seconds.
	"""
	shops = [world.get_shop(shop_id)] if shop_id else world.list_shops()
	books = [(shop, world.books[shop.shop_id]) for shop in shops]
	orders = [order for _, book in books for order in book.all_orders.values() if order.modified >= since]
	return {
		"at": world.clock.now(),
		"shops": [{"shop_id": shop.shop_id, "platform": shop.platform, "name": shop.name} for shop in shops],
		"orders": [show_order(order, get_status(order)) for order in orders],
		"refunds": [
			show_refund(refund)
			for _, book in books
			for refund in book.refunds.values()
			if refund.modified >= since
		],
		"stock": {
			shop.shop_id: {listing.key: listing.stock for listing in book.listings.values()}
			for shop, book in books
		},
		"shipments": [row for order in orders for row in list_shipments(order)],
		"messages": [row for row in world.messages if shop_id in ("", row["shop_id"])],
		"waybills": [get_fields(row) for row in world.waybills.rows if shop_id in ("", row.account)],
	}


def show_order(order: Order, platform_status: str) -> dict:
	"""goods - discount - platform_discount + adjust + freight = total. `discount`: the lines' and the seller's."""
	return {
		"platform": order.platform,
		"shop_id": order.shop_id,
		"order_no": order.order_no,
		"state": order.state,
		"platform_status": platform_status,
		"goods": order.goods,
		"discount": order.line_discount + order.seller_discount,
		"platform_discount": order.platform_discount,
		"adjust": order.adjust,
		"freight": order.freight,
		"total": order.total,
		"paid": order.paid,
		"refunded": order.refunded,
		"lines": [
			{
				"line_no": line.line_no,
				"item_id": line.item_id,
				"sku_id": line.sku_id,
				"outer_id": line.outer_id,
				"qty": line.qty,
				"price": line.price,
				"amount": line.amount,
				"refund": line.refund,
				"refunded": line.refunded,
				"is_shipped": line.is_shipped,
			}
			for line in order.lines
		],
		"buyer_id": order.buyer_id,
		"buyer_nick": order.buyer_nick,
		"receiver": get_fields(order.receiver),
		"buyer_message": order.buyer_message,
		"seller_memo": order.seller_memo,
		"flag": order.flag,
		"created": order.created,
		"paid_at": order.paid_at,
		"shipped_at": order.shipped_at,
		"signed_at": order.signed_at,
		"finished_at": order.finished_at,
		"modified": order.modified,
		"is_locked": order.is_locked,
		"is_hidden": order.is_hidden,
		"is_under_review": order.is_under_review,
		"poison": order.poison,
		"parcels": [get_fields(parcel) for parcel in order.parcels],
	}


def show_refund(refund: Refund) -> dict[str, Any]:
	row = get_fields(refund)
	del row["number"]
	return row


def list_shipments(order: Order) -> list[dict]:
	"""Each confirmed parcel with how often it was confirmed."""
	return [
		{
			"platform": order.platform,
			"shop_id": order.shop_id,
			"order_no": order.order_no,
			"courier": parcel.courier,
			"waybill_no": parcel.waybill_no,
			"line_nos": parcel.line_nos,
			"shipped_at": parcel.shipped_at,
			"confirmations": parcel.confirmations,
		}
		for parcel in order.parcels
	]


def show_shop(shop: Shop, gateway_url: str) -> dict:
	"""With its credentials: this is for the one who runs the sandbox."""
	return {
		"shop_id": shop.shop_id,
		"platform": shop.platform,
		"name": shop.name,
		"app_key": shop.app_key,
		"app_secret": shop.app_secret,
		"access_token": shop.access_token,
		"refresh_token": shop.refresh_token,
		"token_expires_at": shop.token_expires_at,
		"refresh_expires_at": shop.refresh_expires_at,
		"token_life_s": shop.token_life_s,
		"webhook_url": shop.webhook_url,
		"is_closed": shop.is_closed,
		"is_revoked": shop.is_revoked,
		"gateway_url": gateway_url,
	}
