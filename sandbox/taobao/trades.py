"""Trades as Taobao shows them, and the lists and details that hold them. Source: platforms.md 2.5, 2.8."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

from ..amounts import format_yuan
from ..clock import format_time
from ..masks import mask_address, mask_mobile, mask_name, mask_nick
from ..model import (
	CLOSED,
	COMPLETED,
	PAID,
	PART_SHIPPED,
	REFUNDED,
	REFUNDING,
	REFUSED,
	REQUESTED,
	RETURNED,
	SHIPPED,
	UNPAID,
	WAIT_RETURN,
	WITHDRAWN,
	Line,
	Order,
	Shop,
)
from ..world import World
from .args import Args
from .errors import TopError, make_invalid

DAY_S = 86400.0
LOOK_BACK_S = 90 * DAY_S
SHIP_WITHIN_S = 2 * DAY_S
CONFIRM_WITHIN_S = 10 * DAY_S
PAY_WITHIN_S = DAY_S
STATUS = {
	UNPAID: "WAIT_BUYER_PAY",
	PAID: "WAIT_SELLER_SEND_GOODS",
	PART_SHIPPED: "SELLER_CONSIGNED_PART",
	SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
	COMPLETED: "TRADE_FINISHED",
}
GROUPS = {
	"ALL_WAIT_PAY": ("WAIT_BUYER_PAY", "TRADE_NO_CREATE_PAY", "PAY_PENDING", "WAIT_PRE_AUTH_CONFIRM"),
	"ALL_CLOSED": ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"),
}
QUERIES = frozenset(STATUS.values()) | {"TRADE_BUYER_SIGNED", "PAID_FORBID_CONSIGN"} | set(GROUPS)
QUERIES |= {status for group in GROUPS.values() for status in group}
LINE_REFUND = {
	"": "NO_REFUND",
	REQUESTED: "WAIT_SELLER_AGREE",
	WAIT_RETURN: "WAIT_BUYER_RETURN_GOODS",
	RETURNED: "WAIT_SELLER_CONFIRM_GOODS",
	REFUNDING: "WAIT_SELLER_CONFIRM_GOODS",
	REFUNDED: "SUCCESS",
	REFUSED: "SELLER_REFUSE_BUYER",
	WITHDRAWN: "CLOSED",
}
# What a list leaves out even when asked: it tells only that there is a message.
DETAIL_ONLY = frozenset(("buyer_message", "seller_memo"))


def get_status(order: Order) -> str:
	if order.state == CLOSED:
		return "TRADE_CLOSED" if order.paid_at else "TRADE_CLOSED_BY_TAOBAO"
	if order.state == PAID and (order.is_locked or order.is_under_review):
		return "PAID_FORBID_CONSIGN"
	return STATUS[order.state]


def list_by_modified(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.trades.sold.increment.get`"""
	fields = args.need_fields()
	start, end = args.need_time("start_modified"), args.need_time("end_modified")
	if end < start:
		raise make_invalid("end_modified", "结束时间早于开始时间")
	if end - start > DAY_S:
		raise make_invalid("end_modified", "开始时间和结束时间相差不能超过一天")
	return _list(world, shop, args, fields, start, end, "modified")


def list_by_created(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.trades.sold.get`: three months at most, whatever is asked."""
	fields = args.need_fields()
	now = world.clock.now()
	start, end = args.get_time("start_created"), args.get_time("end_created")
	end = now if end is None else end
	oldest = now - LOOK_BACK_S
	start = oldest if start is None else max(start, oldest)
	if end < start:
		raise make_invalid("end_created", "结束时间早于开始时间")
	return _list(world, shop, args, fields, start, end, "created")


def _list(
	world: World, shop: Shop, args: Args, fields: frozenset[str], start: float, end: float, by: str
) -> dict:
	page, size = args.get_paging()
	orders, total = world.get_page(shop.shop_id, start, end, page, size, by, keep=_read_status(args))
	body: dict = {}
	if orders:
		body["trades"] = {"trade": [_render(world, shop, order, fields - DETAIL_ONLY) for order in orders]}
	if args.get_bool("use_has_next"):
		body["has_next"] = total > page * size
	else:
		body["total_results"] = total
	return body


def _read_status(args: Args) -> Callable[[Order], bool] | None:
	status = args.get("status")
	if not status:
		return None
	if status not in QUERIES:
		raise make_invalid("status", "没有这个状态")
	wanted = GROUPS.get(status, (status,))
	return lambda order: get_status(order) in wanted


def get_trade(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.trade.fullinfo.get`"""
	fields = args.need_fields()
	order = find_order(world, shop, args.need_id("tid"))
	return {"trade": _render(world, shop, order, fields)}


def find_order(world: World, shop: Shop, tid: str) -> Order:
	order = world.find_order(shop.shop_id, tid)
	if order is None:
		raise TopError(15, "isv.trade-not-exist", "交易订单不存在")
	return order


def _render(world: World, shop: Shop, order: Order, fields: frozenset[str]) -> dict:
	trade = render_trade(shop, order)
	_spoil(order, trade)
	return {name: value for name, value in trade.items() if name in fields}


def render_trade(shop: Shop, order: Order) -> dict:
	"""Every field; one that Taobao would leave empty is left out."""
	receiver = order.receiver
	trade = {
		"tid": int(order.order_no),
		"tid_str": order.order_no,
		"status": get_status(order),
		"type": order.extras.get("type", "fixed"),
		"created": format_time(order.created),
		"modified": format_time(order.modified),
		"seller_nick": shop.name,
		"buyer_nick": mask_nick(order.buyer_nick),
		"buyer_open_uid": make_open_uid(shop, order.buyer_id),
		"payment": format_yuan(order.total),
		"total_fee": format_yuan(order.goods),
		"post_fee": format_yuan(order.freight),
		"discount_fee": format_yuan(order.seller_discount + order.platform_discount),
		"adjust_fee": format_yuan(order.adjust),
		"received_payment": format_yuan(order.total - order.refunded if order.state == COMPLETED else 0),
		"num": sum(line.qty for line in order.lines),
		"seller_flag": order.flag,
		"has_buyer_message": bool(order.buyer_message),
		"receiver_state": receiver.province,
		"receiver_city": receiver.city,
		"receiver_district": receiver.district,
		"receiver_address": mask_address(receiver.address),
		"receiver_zip": "000000",
		"receiver_name": mask_name(receiver.name),
		"receiver_mobile": mask_mobile(receiver.mobile),
		"oaid": make_oaid(shop, order),
		"shipping_type": "express",
		"trade_from": "WAP,WAP",
		"orders": {"order": [_render_line(order, line) for line in order.lines]},
	}
	optional = {
		"step_trade_status": order.extras.get("step_trade_status", ""),
		"pay_time": format_time(order.paid_at),
		"consign_time": format_time(order.shipped_at),
		"end_time": format_time(order.finished_at),
		"timeout_action_time": format_time(_get_timeout(order)),
		"seller_memo": order.seller_memo,
		"buyer_message": order.buyer_message,
		"receiver_town": receiver.town,
	}
	return trade | {name: value for name, value in optional.items() if value}


def _get_timeout(order: Order) -> float:
	"""When the platform acts by itself: closes the unpaid, completes the shipped; while to ship, the last moment
	to ship.
	"""
	if order.state == UNPAID:
		return order.created + PAY_WITHIN_S
	if order.state in (PAID, PART_SHIPPED):
		return order.paid_at + SHIP_WITHIN_S
	return order.shipped_at + CONFIRM_WITHIN_S if order.state == SHIPPED else 0.0


def _render_line(order: Order, line: Line) -> dict:
	parcel = next((row for row in order.parcels if line.line_no in row.line_nos), None)
	is_single = len(order.lines) == 1
	own = line.goods - line.discount + line.adjust
	row = {
		"oid": int(line.line_no),
		"oid_str": line.line_no,
		"status": get_line_status(order, line),
		"refund_status": LINE_REFUND[line.refund],
		"num_iid": int(line.item_id),
		"sku_id": line.sku_id,
		"title": line.title,
		"sku_properties_name": f"规格:{line.spec}" if line.spec else "",
		"pic_path": f"https://img.example.com/{line.item_id}.jpg",
		"num": line.qty,
		"price": format_yuan(line.price),
		"total_fee": format_yuan(own),
		"payment": format_yuan(order.total if is_single else own),
		"discount_fee": format_yuan(line.discount),
		"adjust_fee": format_yuan(line.adjust),
		"divide_order_fee": format_yuan(line.amount),
		"part_mjz_discount": format_yuan(line.share),
		"is_daixiao": False,
	}
	optional = {
		"outer_sku_id": line.outer_id,
		"outer_iid": line.outer_id,
		"refund_id": line.refund_no,
		"logistics_company": parcel.courier if parcel else "",
		"invoice_no": parcel.waybill_no if parcel else "",
		"consign_time": format_time(parcel.shipped_at) if parcel else "",
	}
	return row | {name: value for name, value in optional.items() if value}


def get_line_status(order: Order, line: Line) -> str:
	if line.refund == REFUNDED and not _is_exchange(order, line):
		return "TRADE_CLOSED"
	if order.state == PART_SHIPPED:
		return STATUS[SHIPPED] if line.is_shipped else STATUS[PAID]
	return get_status(order)


def _is_exchange(order: Order, line: Line) -> bool:
	return line.refunded == 0 and line.amount > 0


def make_open_uid(shop: Shop, buyer_id: str) -> str:
	"""The buyer as one app sees him, the same in all its shops."""
	return "AAE" + _hash(f"uid|{shop.app_key}|{shop.app_secret}|{buyer_id}")[:24]


def make_oaid(shop: Shop, order: Order) -> str:
	"""An opaque id of the receiver: another one in each shop, app and natural week."""
	receiver = order.receiver
	week = int((order.created + 8 * 3600 + 3 * DAY_S) // (7 * DAY_S))
	return "1" + _hash(
		f"{receiver.name}|{receiver.mobile}|{receiver.province}{receiver.city}{receiver.district}"
		f"{receiver.address}|{week}|{shop.shop_id}|{shop.app_key}|{shop.app_secret}"
	)


def _hash(text: str) -> str:
	return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def _spoil(order: Order, trade: dict) -> None:
	"""The payload of a poisoned order."""
	if order.poison == "missing_lines":
		del trade["orders"]
	elif order.poison == "negative_quantity":
		trade["orders"]["order"][0]["num"] = -1
	elif order.poison == "unreadable_amount":
		trade["payment"] = "12.3.4"
	elif order.poison == "unknown_status":
		trade["status"] = "TRADE_ON_THE_MOON"
	elif order.poison == "absent_created":
		del trade["created"]
