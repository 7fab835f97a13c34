"""Douyin's orders as they stand on the wire: money in fen, times in unix seconds. Source: platforms.md 5.5, 5.8."""

from __future__ import annotations

import base64
import hashlib

from ..masks import mask_address, mask_mobile, mask_name
from ..model import (
	CLOSED,
	COMPLETED,
	PAID,
	PART_SHIPPED,
	SHIPPED,
	UNPAID,
	Line,
	Order,
	Refund,
	Shop,
)
from ..world import World
from .aftersales import get_aftersale_status, get_aftersale_type, get_refund_status
from .couriers import get_courier_code, get_courier_name

STATUSES = {UNPAID: 1, PAID: 2, PART_SHIPPED: 101, SHIPPED: 3, COMPLETED: 5, CLOSED: 4}
NOT_CONFIRMABLE = 105
TEXTS = {1: "待支付", 105: "已支付", 2: "备货中", 101: "部分发货", 3: "已发货", 5: "已完成", 4: "已关闭"}
SHIP_WITHIN_S = 48 * 3600
NAME, PHONE, ADDRESS = "name", "tel", "address"


def get_order_status(order: Order) -> int:
	"""`order_status`; what is paid but locked or under review is 105."""
	if order.state == PAID and (order.is_locked or order.is_under_review):
		return NOT_CONFIRMABLE
	return STATUSES[order.state]


def get_main_status(order: Order) -> int:
	"""As the order status; of a refunded order it tells when: 21 before shipping, 22 after it, 39 after receipt."""
	if order.state != CLOSED or not order.refunded:
		return get_order_status(order)
	if order.signed_at:
		return 39
	return 22 if order.shipped_at else 21


def get_status(order: Order) -> str:
	"""`order_status`, or `order_status/main_status` where they differ."""
	status, main = get_order_status(order), get_main_status(order)
	return str(status) if status == main else f"{status}/{main}"


def render_order(world: World, shop: Shop, order: Order) -> dict:
	"""One shop order with its SKU orders."""
	status = get_order_status(order)
	row = {
		"order_id": order.order_no,
		"shop_id": to_number(shop.shop_id),
		"shop_name": shop.name,
		"order_status": status,
		"order_status_desc": TEXTS[status],
		"main_status": get_main_status(order),
		"main_status_desc": TEXTS[status],
		"order_type": 0,
		"trade_type": 0,
		"biz": 2,
		"b_type": 2,
		"create_time": int(order.created),
		"pay_time": int(order.paid_at),
		"update_time": int(order.modified),
		"ship_time": int(order.shipped_at),
		"finish_time": int(order.finished_at),
		"exp_ship_time": int(order.paid_at) + SHIP_WITHIN_S if order.paid_at else 0,
		"buyer_words": order.buyer_message,
		"seller_words": order.seller_memo,
		"seller_remark_stars": order.flag,
		"doudian_open_id": order.buyer_id,
		"sku_order_list": _render_lines(world, order, status),
		"logistics_info": [_render_parcel(order, place) for place in range(len(order.parcels))],
	}
	row.update(_render_amounts(order))
	row.update(_render_receiver(order))
	if order.poison:
		_poison(row, order.poison)
	return row


def _render_amounts(order: Order) -> dict:
	return {
		"order_amount": order.goods + order.freight,
		"pay_amount": order.total,
		"post_amount": order.freight,
		"modify_amount": order.adjust,
		"promotion_amount": order.discount,
		"promotion_shop_amount": order.line_discount + order.seller_discount,
		"promotion_platform_amount": order.platform_discount,
		"promotion_talent_amount": 0,
	}


def _render_lines(world: World, order: Order, status: int) -> list[dict]:
	cases = {case.case_no: case for case in world.list_order_refunds(order)}
	return [_render_line(order, line, status, cases.get(line.refund_no)) for line in order.lines]


def _render_line(order: Order, line: Line, status: int, case: Refund | None) -> dict:
	"""A SKU order. In an order that is out in part its status is its own."""
	if order.state == PART_SHIPPED:
		status = STATUSES[SHIPPED] if line.is_shipped else STATUSES[PAID]
	return {
		"order_id": line.line_no,
		"parent_order_id": order.order_no,
		"product_id": to_number(line.item_id),
		"product_id_str": line.item_id,
		"product_name": line.title,
		"sku_id": to_number(line.sku_id),
		"code": line.outer_id,
		"out_sku_id": "",
		"out_product_id": "",
		"item_num": line.qty,
		"origin_amount": line.price,
		"sum_amount": line.goods,
		"pay_amount": line.amount,
		"modify_amount": line.adjust,
		"promotion_amount": line.discount + line.share,
		"order_status": status,
		"spec": [{"name": "规格", "value": line.spec}] if line.spec else [],
		"after_sale_info": {
			"after_sale_status": get_aftersale_status(case) if case else 0,
			"after_sale_type": get_aftersale_type(case) if case else 0,
			"refund_status": get_refund_status(case) if case else 0,
		},
	}


def _render_parcel(order: Order, place: int) -> dict:
	parcel = order.parcels[place]
	return {
		"tracking_no": parcel.waybill_no,
		"company": get_courier_code(parcel.courier),
		"company_name": get_courier_name(parcel.courier),
		"ship_time": int(parcel.shipped_at),
		"delivery_id": str(int(order.order_no) + place + 1),
		"product_info": [
			{
				"product_name": line.title,
				"product_id": to_number(line.item_id),
				"sku_id": to_number(line.sku_id),
				"sku_order_id": line.line_no,
				"product_count": line.qty,
				"outer_sku_id": line.outer_id,
			}
			for line in order.lines
			if not parcel.line_nos or line.line_no in parcel.line_nos
		],
	}


def _render_receiver(order: Order) -> dict:
	receiver, ciphers = order.receiver, get_ciphers(order)
	masked = mask_address(receiver.address)
	place = {
		"province": {"name": receiver.province, "id": get_region_id(receiver.province)},
		"city": {"name": receiver.city, "id": get_region_id(receiver.province, receiver.city)},
		"town": {"name": receiver.district, "id": get_region_id(receiver.city, receiver.district)},
		"street": {"name": receiver.town, "id": get_region_id(receiver.district, receiver.town)},
	}
	return {
		"post_addr": {**place, "encrypt_detail": ciphers[ADDRESS], "detail": ""},
		"encrypt_post_tel": ciphers[PHONE],
		"encrypt_post_receiver": ciphers[NAME],
		"mask_post_tel": mask_mobile(receiver.mobile),
		"mask_post_receiver": mask_name(receiver.name),
		"mask_post_addr": {**place, "detail": masked},
	}


def get_ciphers(order: Order) -> dict[str, str]:
	"""Ciphertexts of name, phone and address; they change with what they hide."""
	receiver = order.receiver
	texts = {NAME: receiver.name, PHONE: receiver.mobile, ADDRESS: receiver.address}
	return {kind: _encrypt(order.order_no, kind, text) for kind, text in texts.items()}


def _encrypt(order_no: str, kind: str, text: str) -> str:
	digest = hashlib.sha256(f"{order_no}|{kind}|{text}".encode()).digest()
	return f"#{base64.b64encode(digest).decode()}#{kind}#1#"


def get_region_id(*names: str) -> str:
	"""A stable number for a region, "0" for an unnamed one. Invented, not Douyin's own list."""
	if not names[-1]:
		return "0"
	return str(int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:3], "big") + 1)


def to_number(text: str) -> int | str:
	"""An id as a JSON number; a text that is no number stays a text."""
	return int(text) if text.isascii() and text.isdigit() else text


def _poison(row: dict, poison: str) -> None:
	if poison == "missing_lines":
		del row["sku_order_list"]
	elif poison == "negative_quantity":
		row["sku_order_list"][0]["item_num"] = -1
	elif poison == "unreadable_amount":
		row["pay_amount"] = row["order_amount"] = "1,2x"
	elif poison == "unknown_status":
		row["order_status"] = 777
	elif poison == "absent_created":
		del row["create_time"]
