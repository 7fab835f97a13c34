"""JD's after-sale lists. Source: platforms.md 3.6.

Requests before shipping are cancellations with a refund; after it they are services. The numbers of
`serviceStatus` and the names of the check-time filter are UNCONFIRMED.
"""

from __future__ import annotations

from ..amounts import format_yuan
from ..clock import format_time
from ..model import (
	BEFORE_SHIP,
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
	Refund,
	Refusal,
	Shop,
)
from ..world import World, cut_page
from .errors import BAD_ARGUMENT, NOT_FOUND, BusinessError
from .errors import REFUSED as REFUSED_CODE
from .pulls import DAY_S, assert_window, read_number, read_time

APPLY_STATUSES = {REQUESTED: 0, REFUNDING: 1, REFUNDED: 3, REFUSED: 2, WITHDRAWN: 11}
EXPECTS = {RETURN: 10, EXCHANGE: 20, REFUND_ONLY: 11}
SERVICE_STATUSES = {
	REQUESTED: (10001, "待审核"),
	WAIT_RETURN: (10005, "待收货"),
	RETURNED: (10007, "待处理"),
	REFUNDING: (10009, "待用户确认"),
	REFUNDED: (10010, "完成"),
	REFUSED: (10012, "审核关闭"),
	WITHDRAWN: (10011, "取消"),
}


def list_applications(world: World, shop: Shop, args: dict) -> dict:
	"""`queryResult` of refunds before shipping, oldest first, by time of request or of check; one is needed
	unless an order or a status is named.
	"""
	spans = [
		_read_span(args, "applyTimeStart", "applyTimeEnd"),
		_read_span(args, "checkTimeStart", "checkTimeEnd"),
	]
	if not any(spans) and not args.get("orderId") and args.get("status") in (None, ""):
		raise BusinessError(BAD_ARGUMENT, "缺少查询条件", "A time range, orderId or status is needed")
	order_no, status = str(args.get("orderId") or ""), str(args.get("status", ""))

	def is_wanted(case: Refund) -> bool:
		return (
			case.kind == BEFORE_SHIP
			and order_no in ("", case.order_no)
			and status in ("", "None", str(APPLY_STATUSES[case.state]))
			and (spans[0] is None or spans[0][0] <= int(case.created) <= spans[0][1])
			and (
				spans[1] is None
				or (case.state != REQUESTED and spans[1][0] <= int(case.modified) <= spans[1][1])
			)
		)

	by, span = ("created", spans[0]) if spans[0] else ("modified", spans[1] or (0, 2**40))
	rows = world.list_refunds(shop.shop_id, *span, by=by, keep=is_wanted)
	page, size = read_number(args, "pageIndex", 1, 10**6), read_number(args, "pageSize", 10, 50)
	cut, total = cut_page(rows, page, size, newest_first=False)
	return {
		"success": True,
		"errorCode": "0",
		"totalCount": total,
		"result": [_render_application(world, shop, case, args) for case in cut],
	}


def _render_application(world: World, shop: Shop, case: Refund, args: dict) -> dict:
	order = world.get_order(case.shop_id, case.order_no)
	is_checked = case.state != REQUESTED
	row = {
		"id": case.case_no,
		"orderId": case.order_no,
		"applyRefundSum": format_yuan(case.amount),
		"applyTime": format_time(case.created),
		"checkTime": format_time(case.modified) if is_checked else "",
		"checkUserName": shop.name if is_checked else "",
		"status": APPLY_STATUSES[case.state],
		"reason": case.reason,
		"buyerId": order.buyer_id,
		"buyerName": order.buyer_nick,
		"partRefundType": int(len(case.line_nos) < len(order.lines)),
		"systemId": 1,
	}
	if str(args.get("showSku", "")).lower() in ("true", "1"):
		lines = [order.get_line(line_no) for line_no in case.line_nos]
		row["skuList"] = [{"skuId": line.sku_id, "skuNum": line.qty, "skuName": line.title} for line in lines]
	return row


def reply_application(world: World, shop: Shop, args: dict) -> dict:
	"""The seller approves (`status` 1) or rejects (2) a refund before shipping. Call and parameters are UNCONFIRMED."""
	case = world.find_refund(shop.shop_id, str(args.get("id") or ""))
	verb = {"1": "agree", "2": "refuse"}.get(str(args.get("status", "")))
	if case is None or case.kind != BEFORE_SHIP:
		raise BusinessError(NOT_FOUND, "退款申请不存在", "No such application")
	if verb is None or not args.get("checkUserName"):
		raise BusinessError(BAD_ARGUMENT, "参数错误", "status or checkUserName is wrong")
	try:
		world.move_refund(case, verb)
	except Refusal as refusal:
		raise BusinessError(REFUSED_CODE, "退款申请状态已变更", refusal.message) from None
	return {"success": True, "errorCode": "0"}


def list_services(world: World, shop: Shop, args: dict) -> dict:
	"""`pageResult` of cases after shipping by time of request; one row per line."""
	for name in ("buId", "operatePin", "operateNick"):
		if not args.get(name):
			raise BusinessError(BAD_ARGUMENT, f"缺少参数{name}", f"{name} is missing")
	span = _read_span(args, "applyTimeBegin", "applyTimeEnd")
	return _page_services(world, shop, args, span, None, 100)


def view_services(world: World, shop: Shop, args: dict) -> dict:
	"""Likewise with refund figures, by time of request (7 days) or of approval (10 days); 50 rows a page."""
	applied = _read_span(args, "applyTimeBegin", "applyTimeEnd", 7 * DAY_S)
	approved = _read_span(args, "approveTimeBegin", "approveTimeEnd", 10 * DAY_S)
	if not applied and not approved:
		raise BusinessError(BAD_ARGUMENT, "缺少时间范围", "A time range is needed")
	return {**_page_services(world, shop, args, applied, approved, 50), "code": "00000", "success": True}


def _page_services(
	world: World, shop: Shop, args: dict, applied: tuple | None, approved: tuple | None, most: int
) -> dict:
	def is_wanted(case: Refund) -> bool:
		if case.kind == BEFORE_SHIP:
			return False
		if approved and (case.state == REQUESTED or not approved[0] <= int(case.modified) <= approved[1]):
			return False
		return str(args.get("orderId") or "") in ("", case.order_no)

	by, span = ("created", applied) if applied else ("modified", approved or (0, 2**40))
	cases = world.list_refunds(shop.shop_id, *span, by=by, keep=is_wanted)
	page, size = read_number(args, "pageNumber", 1, 10**6), read_number(args, "pageSize", 10, most)
	cut, total = cut_page(cases, page, size, newest_first=False)
	return {"totalCount": total, "data": [_render_service(world, case) for case in cut]}


def _render_service(world: World, case: Refund) -> dict:
	order = world.get_order(case.shop_id, case.order_no)
	lines = [order.get_line(line_no) for line_no in case.line_nos]
	status, text = SERVICE_STATUSES[case.state]
	return {
		"serviceId": int(case.case_no),
		"applyId": int(case.case_no),
		"orderId": int(case.order_no),
		"customerExpect": EXPECTS[case.kind],
		"serviceStatus": status,
		"serviceStatusName": text,
		"approveResult": None if case.state == REQUESTED else (32 if case.state == REFUSED else 31),
		"applyTime": format_time(case.created),
		"approvedDate": "" if case.state == REQUESTED else format_time(case.modified),
		"updateDate": format_time(case.modified),
		"refundAmount": format_yuan(case.amount),
		"questionDesc": case.reason,
		"customerPin": order.buyer_nick,
		"expressCode": case.return_waybill_no,
		"wareId": int(lines[0].sku_id),
		"wareName": lines[0].title,
		"wareNum": sum(line.qty for line in lines),
		"skuList": [{"skuId": int(line.sku_id), "wareNum": line.qty} for line in lines],
	}


def _read_span(args: dict, start: str, end: str, most_s: float = 31 * DAY_S) -> tuple[float, float] | None:
	"""A span of times; None when neither end is given. Raises BusinessError."""
	if not args.get(start) and not args.get(end):
		return None
	first, last = read_time(args, start, 0), read_time(args, end, 0)
	assert_window(first, last, most_s)
	return first, last
