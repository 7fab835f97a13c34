"""Pinduoduo's orders as they stand on the wire: money in yuan as JSON numbers. Source: platforms.md 4.5, 4.8.

Unpaid orders don't exist here. The receiver is ciphertext, and only while the order waits to be shipped and is
not under review; masks are always there.
"""

from __future__ import annotations

import base64
import hashlib

from ..clock import format_time
from ..masks import mask_address, mask_mobile, mask_name
from ..model import (
	CLOSED,
	COMPLETED,
	PAID,
	PART_SHIPPED,
	REFUNDING,
	REQUESTED,
	RETURNED,
	SHIPPED,
	WAIT_RETURN,
	Line,
	Order,
	Shop,
)
from ..world import World
from .aftersales import get_newest_status
from .couriers import get_courier_id

SHIP_WITHIN_S = 48 * 3600
NO_REFUND, REFUND_OPEN, REFUND_MOVING, REFUND_DONE = 1, 2, 3, 4
NAME, PHONE, ADDRESS = 5, 6, 7  # `data_type` of the decrypt API


def is_visible(order: Order) -> bool:
	"""Whether the platform shows the order at all: only what was paid."""
	return bool(order.paid_at)


def get_order_status(order: Order) -> int:
	"""1 to ship, 2 shipped (also in part), 3 signed. A closed order keeps the step that it had reached."""
	if order.state == COMPLETED or (order.state == CLOSED and order.signed_at):
		return 3
	if order.state in (PART_SHIPPED, SHIPPED) or (order.state == CLOSED and order.shipped_at):
		return 2
	return 1


def get_refund_status(order: Order) -> int:
	"""1 none, 2 being dealt with, 3 money moving, 4 refunded. An order that lives on after a part refund has 1."""
	states = {line.refund for line in order.lines}
	if REFUNDING in states:
		return REFUND_MOVING
	if states & {REQUESTED, WAIT_RETURN, RETURNED}:
		return REFUND_OPEN
	if order.state == CLOSED and order.refunded:
		return REFUND_DONE
	return NO_REFUND


def get_confirm_status(order: Order) -> int:
	"""1 confirmed; 2 cancelled: closed after payment without a refund case."""
	return 2 if order.state == CLOSED and get_refund_status(order) != REFUND_DONE else 1


def get_status(order: Order) -> str:
	"""`order_status/refund_status`, with the confirm status where that is not 1; "" for unpaid orders."""
	if not is_visible(order):
		return ""
	confirm = get_confirm_status(order)
	text = f"{get_order_status(order)}/{get_refund_status(order)}"
	return text if confirm == 1 else f"{text}/{confirm}"


def render_order(world: World, shop: Shop, order: Order) -> dict:
	"""One order, complete."""
	row = {
		"order_sn": order.order_no,
		"confirm_status": get_confirm_status(order),
		"group_status": 1,
		"order_status": get_order_status(order),
		"refund_status": get_refund_status(order),
		"after_sales_status": get_newest_status(world.list_order_refunds(order)),
		"risk_control_status": int(order.is_under_review),
		"created_time": format_time(order.created),
		"pay_time": format_time(order.paid_at),
		"confirm_time": format_time(order.paid_at),
		"last_ship_time": format_time(order.paid_at + SHIP_WITHIN_S) if order.state == PAID else "",
		"shipping_time": format_time(order.shipped_at),
		"receive_time": format_time(
			order.signed_at or (order.finished_at if order.state == COMPLETED else 0)
		),
		"updated_at": format_time(order.modified),
		"remark": order.seller_memo,
		"remark_tag": order.flag or None,
		"buyer_memo": order.buyer_message,
		"trade_type": 0,
		"order_tag_list": [{"name": "has_ship_additional", "value": 0}],
		"step_order_info": None,
		"gift_list": [],
		"mall_id": to_number(shop.shop_id),
		"item_list": [_render_line(line) for line in order.lines],
	}
	row.update(_render_amounts(order))
	row.update(_render_receiver(order))
	row.update(_render_parcels(order))
	if order.poison:
		_poison(row, order.poison)
	return row


def _render_amounts(order: Order) -> dict:
	return {
		"goods_amount": to_yuan(order.goods),
		"discount_amount": to_yuan(order.discount),
		"pay_amount": to_yuan(order.total),
		"postage": to_yuan(order.freight),
		"platform_discount": to_yuan(order.platform_discount),
		"seller_discount": to_yuan(order.line_discount + order.seller_discount),
		"order_change_amount": to_yuan(order.adjust),
	}


def _render_line(line: Line) -> dict:
	return {
		"goods_id": to_number(line.item_id),
		"sku_id": to_number(line.sku_id),
		"outer_id": line.outer_id,
		"outer_goods_id": "",
		"goods_name": line.title,
		"goods_spec": line.spec,
		"goods_count": line.qty,
		"goods_price": to_yuan(line.price),
		"goods_img": f"https://img.example.com/{line.item_id}.jpg",
	}


def _render_receiver(order: Order) -> dict:
	receiver = order.receiver
	is_open = order.state == PAID and not order.is_under_review
	ciphers = get_ciphers(order) if is_open else {NAME: "", PHONE: "", ADDRESS: ""}
	region = f"{receiver.province}{receiver.city}{receiver.district}"
	return {
		"receiver_name": ciphers[NAME],
		"receiver_phone": ciphers[PHONE],
		"receiver_address": ciphers[ADDRESS],
		"address": ciphers[ADDRESS],
		"receiver_name_mask": mask_name(receiver.name),
		"receiver_phone_mask": mask_mobile(receiver.mobile),
		"receiver_address_mask": region + mask_address(receiver.address),
		"address_mask": mask_address(receiver.address),
		"province": receiver.province,
		"city": receiver.city,
		"town": receiver.district,
		"country": "中国",
		"province_id": _get_region_id(receiver.province),
		"city_id": _get_region_id(receiver.province, receiver.city),
		"town_id": _get_region_id(receiver.province, receiver.city, receiver.district),
	}


def _render_parcels(order: Order) -> dict:
	first, further = (order.parcels[0] if order.parcels else None), order.parcels[1:]
	return {
		"tracking_number": first.waybill_no if first else "",
		"logistics_id": get_courier_id(first.courier) if first else 0,
		"extra_delivery_list": [
			{"logistics_id": get_courier_id(parcel.courier), "tracking_number": parcel.waybill_no}
			for parcel in further
		],
	}


def get_ciphers(order: Order) -> dict[int, str]:
	"""Ciphertexts of name, phone and address by data type; they change with what they hide."""
	receiver = order.receiver
	texts = {NAME: receiver.name, PHONE: receiver.mobile, ADDRESS: receiver.address}
	return {kind: _encrypt(order.order_no, kind, text) for kind, text in texts.items()}


def _encrypt(order_no: str, kind: int, text: str) -> str:
	digest = hashlib.sha256(f"{order_no}|{kind}|{text}".encode()).digest()
	return f"~AgAAA{base64.b64encode(digest).decode()}~{kind}~"


def to_yuan(fen: int) -> float:
	"""Yuan as the JSON number that has the fewest digits: 12.3 for 1230 fen."""
	return fen / 100


def to_number(text: str) -> int | str:
	"""An id as a JSON number; a text that is no number stays a text."""
	return int(text) if text.isascii() and text.isdigit() else text


def _get_region_id(*names: str) -> int:
	return int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:2], "big") + 1


def _poison(row: dict, poison: str) -> None:
	if poison == "missing_lines":
		del row["item_list"]
	elif poison == "negative_quantity":
		row["item_list"][0]["goods_count"] = -1
	elif poison == "unreadable_amount":
		row["pay_amount"] = row["goods_amount"] = "1,2x"
	elif poison == "unknown_status":
		row["order_status"] = 77
	elif poison == "absent_created":
		del row["created_time"]
