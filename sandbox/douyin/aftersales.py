"""Douyin's after-sale cases. Source: platforms.md 5.6. Fen, unix seconds, pages from 0."""

from __future__ import annotations

from ..model import (
	BEFORE_SHIP,
	COMPLETED,
	EXCHANGE,
	REFUND_ONLY,
	REFUNDED,
	REFUNDING,
	REFUSED,
	REQUESTED,
	RETURN,
	RETURNED,
	WAIT_RETURN,
	WITHDRAWN,
	Line,
	Order,
	Refund,
	Refusal,
	Shop,
)
from ..world import World, cut_page
from .couriers import get_courier_name
from .errors import make_failed, make_invalid
from .reading import read_page, read_span, read_text

DEEPEST = 50_000
TYPES = {RETURN: 0, REFUND_ONLY: 1, BEFORE_SHIP: 2, EXCHANGE: 3}
STATUSES = {
	REQUESTED: 6,
	WAIT_RETURN: 7,
	RETURNED: 11,
	REFUNDING: 12,
	REFUNDED: 12,
	REFUSED: 27,
	WITHDRAWN: 28,
}
TYPE_TEXTS = {RETURN: "退货退款", REFUND_ONLY: "仅退款", BEFORE_SHIP: "仅退款(未发货)", EXCHANGE: "换货"}
STATUS_TEXTS = {
	6: "待商家处理",
	7: "待买家退货",
	8: "待商家发货",
	11: "待商家收货",
	12: "售后成功",
	14: "换货成功",
	27: "商家拒绝",
	28: "售后关闭",
}
ORDER_STATUSES = {"paid": 2, "part_shipped": 2, "shipped": 3, COMPLETED: 5}
# A case that the seller leaves alone goes on by itself then.
PATIENCE_S = 48 * 3600


def get_aftersale_type(case: Refund) -> int:
	return TYPES[case.kind]


def get_aftersale_status(case: Refund) -> int:
	"""`aftersale_status`; an exchange ends in steps of its own."""
	if case.kind == EXCHANGE:
		return {RETURNED: 8, REFUNDED: 14}.get(case.state, STATUSES[case.state])
	return STATUSES[case.state]


def get_refund_status(case: Refund) -> int:
	"""1 to be refunded, 2 on its way, 3 done; 0 where no money moves."""
	if case.kind == EXCHANGE or case.state in (REFUSED, WITHDRAWN):
		return 0
	return {REFUNDING: 2, REFUNDED: 3}.get(case.state, 1)


def list_cases(world: World, shop: Shop, args: dict) -> dict:
	"""By time of change or, without that, of request. Newest first unless `order_by` says `asc`."""
	changed = read_span(args, "update_start_time", "update_end_time")
	opened = read_span(args, "start_time", "end_time")
	page, size = read_page(args)
	if page * size > DEEPEST:
		raise make_invalid("page * size is above 50000")
	order_no = str(args.get("order_id") or "")
	status = args.get("standard_aftersale_status") or []

	def is_wanted(case: Refund) -> bool:
		return (
			order_no in ("", case.order_no)
			and (not status or get_aftersale_status(case) in status)
			and (opened is None or opened[0] <= int(case.created) <= opened[1])
		)

	by, span = ("modified", changed) if changed else ("created", opened or (0, 2**40))
	rows = world.list_refunds(shop.shop_id, *span, by=by, keep=is_wanted)
	order_by = args.get("order_by") or ["update_time desc"]
	if not isinstance(order_by, list) or not all(isinstance(text, str) for text in order_by):
		raise make_invalid("order_by is a list of texts")
	cut, total = cut_page(rows, page, size, newest_first=not order_by[0].lower().endswith("asc"))
	return {
		"items": [_render_item(world, case) for case in cut],
		"has_more": page * size < total,
		"total": total,
		"page": page - 1,
		"size": len(cut),
	}


def get_case(world: World, shop: Shop, args: dict) -> dict:
	"""`process_info` of one case."""
	case = world.find_refund(shop.shop_id, read_text(args, "after_sale_id"))
	if case is None:
		raise make_failed(1001, "售后单不存在")
	order = world.get_order(case.shop_id, case.order_no)
	info = _render_case(order, case)
	info |= {
		"after_sale_id": case.case_no,
		"after_sale_status": info["aftersale_status"],
		"after_sale_type": info["aftersale_type"],
		"real_refund_amount": case.amount if case.state == REFUNDED else 0,
		"refund_time": int(case.finished_at) if case.state == REFUNDED else 0,
		"reason": case.reason,
	}
	return {
		"order_info": _render_order_info(order, case),
		"process_info": {"after_sale_info": info},
	}


def operate(world: World, shop: Shop, args: dict) -> dict:
	"""Agree to cases (`type` 101 for money, 201 for a return, 301 for an exchange) or refuse them (102, 202, 302);
	what arrived back is taken by 111 and refused by 112. The numbers are UNCONFIRMED.
	"""
	verbs = {
		101: "agree",
		201: "agree",
		301: "agree",
		102: "refuse",
		202: "refuse",
		302: "refuse",
		111: "confirm",
	}
	verbs[112] = "refuse"
	verb = verbs.get(args.get("type", 0))
	items = args.get("items")
	if verb is None or not isinstance(items, list) or not 1 <= len(items) <= 50:
		raise make_invalid("type or items is wrong")
	results = []
	for item in items:
		number = str(item.get("aftersale_id", "")) if isinstance(item, dict) else ""
		results.append(_operate_one(world, shop, number, verb))
	return {"items": results}


def _operate_one(world: World, shop: Shop, number: str, verb: str) -> dict:
	case = world.find_refund(shop.shop_id, number)
	if case is None:
		return {"aftersale_id": number, "status_code": 1001, "status_msg": "售后单不存在"}
	try:
		world.move_refund(case, verb)
	except Refusal as refusal:
		return {"aftersale_id": number, "status_code": 1002, "status_msg": refusal.message}
	return {"aftersale_id": number, "status_code": 0, "status_msg": "success"}


def _render_item(world: World, case: Refund) -> dict:
	order = world.get_order(case.shop_id, case.order_no)
	info = _render_case(order, case)
	return {
		"aftersale_info": info,
		"order_info": _render_order_info(order, case),
		"text_part": {
			"aftersale_status_text": STATUS_TEXTS[info["aftersale_status"]],
			"aftersale_type_text": TYPE_TEXTS[case.kind],
			"reason_text": case.reason,
		},
		"seller_logs": [],
	}


def _render_case(order: Order, case: Refund) -> dict:
	is_waiting = case.state in (REQUESTED, WAIT_RETURN, RETURNED)
	return {
		"aftersale_id": case.case_no,
		"aftersale_order_type": 1,
		"aftersale_type": get_aftersale_type(case),
		"aftersale_status": get_aftersale_status(case),
		"related_id": case.line_nos[0],
		"apply_time": int(case.created),
		"create_time": int(case.created),
		"update_time": int(case.modified),
		"status_deadline": int(case.modified) + PATIENCE_S if is_waiting else 0,
		"refund_amount": case.amount,
		"refund_post_amount": 0,
		"aftersale_num": sum(order.get_line(line_no).qty for line_no in case.line_nos),
		"part_type": 0,
		"refund_status": get_refund_status(case),
		"arbitrate_status": 0,
		"got_pkg": int(bool(order.signed_at) and case.kind != BEFORE_SHIP),
		"return_logistics_code": case.return_waybill_no,
		"return_logistics_company_name": get_courier_name(case.return_courier),
	}


def _render_order_info(order: Order, case: Refund) -> dict:
	lines = [order.get_line(line_no) for line_no in case.line_nos]
	return {
		"shop_order_id": order.order_no,
		"order_flag": order.flag,
		"related_order_info": [_render_line(order, line) for line in lines],
	}


def _render_line(order: Order, line: Line) -> dict:
	return {
		"sku_order_id": line.line_no,
		"order_status": ORDER_STATUSES.get(order.state, 255),
		"pay_amount": line.amount,
		"post_amount": 0,
		"item_num": line.qty,
		"create_time": int(order.created),
		"product_name": line.title,
		"product_id": int(line.item_id),
		"shop_sku_code": line.outer_id,
		"aftersale_pay_amount": line.amount,
		"aftersale_item_num": line.qty,
		"price": line.price,
		"given_sku_order_ids": [],
	}
