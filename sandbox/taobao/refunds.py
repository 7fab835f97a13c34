"""Refunds as Taobao shows them. Source: platforms.md 2.6."""

from __future__ import annotations

from collections.abc import Callable

from ..amounts import format_yuan
from ..clock import format_time
from ..model import (
	BEFORE_SHIP,
	EXCHANGE,
	PAID,
	PART_SHIPPED,
	REFUND_ONLY,
	RETURN,
	RETURNED,
	Refund,
	Refusal,
	Shop,
)
from ..world import World, cut_page
from .args import Args
from .errors import TopError, make_invalid
from .trades import LINE_REFUND, get_line_status

DISPUTES = {
	BEFORE_SHIP: "REFUND",
	REFUND_ONLY: "REFUND",
	RETURN: "REFUND_AND_RETURN",
	EXCHANGE: "TAOBAO_EXCHANGE",
}
STATUSES = frozenset(LINE_REFUND.values()) - {"NO_REFUND"}
MOST_AGREED = 30


def list_refunds(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.refunds.receive.get`, newest change first."""
	fields = args.need_fields()
	start, end = args.get_time("start_modified"), args.get_time("end_modified")
	start, end = start or 0.0, world.clock.now() if end is None else end
	if end < start:
		raise make_invalid("end_modified", "结束时间早于开始时间")
	page, size = args.get_paging()
	found = world.list_refunds(shop.shop_id, start, end, keep=_read_status(args))
	rows, total = cut_page(found, page, size)
	body: dict = {"refunds": {"refund": [_render(world, refund, fields) for refund in rows]}} if rows else {}
	if args.get_bool("use_has_next"):
		return body | {"has_next": total > page * size}
	return body | {"total_results": total}


def _read_status(args: Args) -> Callable[[Refund], bool] | None:
	status = args.get("status")
	if not status:
		return None
	if status not in STATUSES:
		raise make_invalid("status", "没有这个状态")
	return lambda refund: LINE_REFUND[refund.state] == status


def get_refund(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.refund.get`"""
	fields = args.need_fields()
	return {"refund": _render(world, _find(world, shop, args.need_id("refund_id")), fields)}


def agree_refunds(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.rp.refunds.agree`: refund_id|fen|version|phase, separated by commas. Refuses all if one is wrong."""
	wanted = args.need("refund_infos").split(",")
	if len(wanted) > MOST_AGREED:
		raise make_invalid("refund_infos", f"最多 {MOST_AGREED} 笔")
	found = []
	for text in wanted:
		parts = text.split("|")
		if len(parts) != 4 or not parts[1].isdecimal():
			raise make_invalid("refund_infos", text)
		refund = _find(world, shop, parts[0])
		if int(parts[1]) != refund.amount or parts[2] != str(_get_version(refund)):
			raise TopError(15, "isv.refund-version-or-amount-mismatch", "退款金额或版本不一致")
		found.append(refund)
	try:
		for refund in found:
			world.move_refund(refund, "confirm" if refund.state == RETURNED else "agree")
	except Refusal as refusal:
		raise TopError(15, "isv.refund-status-error", refusal.message) from None
	return {
		"succ": True,
		"results": {
			"refund_mapping_result": [{"refund_id": int(refund.case_no), "succ": True} for refund in found]
		},
	}


def _find(world: World, shop: Shop, case_no: str) -> Refund:
	refund = world.find_refund(shop.shop_id, case_no)
	if refund is None:
		raise TopError(15, "isv.refund-not-exist", "退款单不存在")
	return refund


def _render(world: World, refund: Refund, fields: frozenset[str]) -> dict:
	row = render_refund(world, refund)
	return {name: value for name, value in row.items() if name in fields}


def render_refund(world: World, refund: Refund) -> dict:
	order = world.get_order(refund.shop_id, refund.order_no)
	line = order.get_line(refund.line_nos[0])
	needs_goods = refund.kind in (RETURN, EXCHANGE)
	row = {
		"refund_id": int(refund.case_no),
		"tid": int(order.order_no),
		"oid": int(line.line_no),
		"status": LINE_REFUND[refund.state],
		"good_status": _get_good_status(refund),
		"order_status": get_line_status(order, line),
		"has_good_return": needs_goods,
		"refund_fee": format_yuan(refund.amount),
		"payment": format_yuan(line.amount - line.refunded),
		"total_fee": format_yuan(line.goods),
		"reason": refund.reason,
		"desc": "",
		"created": format_time(refund.created),
		"modified": format_time(refund.modified),
		"num": line.qty,
		"num_iid": int(line.item_id),
		"title": line.title,
		"sku": f"{line.sku_id}|规格:{line.spec}",
		"outer_id": line.outer_id,
		"refund_phase": "onsale"
		if not order.finished_at or order.state in (PAID, PART_SHIPPED)
		else "aftersale",
		"refund_version": _get_version(refund),
		"dispute_type": DISPUTES[refund.kind],
		"cs_status": 1,
	}
	if refund.return_waybill_no:
		row |= {"company_name": refund.return_courier, "sid": refund.return_waybill_no}
	return row


def _get_good_status(refund: Refund) -> str:
	if not refund.was_shipped:
		return "BUYER_NOT_RECEIVED"
	return "BUYER_RETURNED_GOODS" if refund.return_waybill_no else "BUYER_RECEIVED"


def _get_version(refund: Refund) -> int:
	return round(refund.modified * 1000)
