"""Pinduoduo's refunds. Source: platforms.md 4.6. The list's numbers of types are not the detail's; the list has
yuan as text, the detail fen as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from .couriers import get_courier_id
from .errors import PinduoduoError
from .reading import read_choice, read_number, read_page, read_text, read_window

WINDOW_S = 30 * 60
LIST_TYPES = {BEFORE_SHIP: 2, REFUND_ONLY: 2, RETURN: 3, EXCHANGE: 4}
DETAIL_TYPES = {BEFORE_SHIP: 1, REFUND_ONLY: 1, RETURN: 2, EXCHANGE: 3}
STATUSES = {REQUESTED: 2, WAIT_RETURN: 7, RETURNED: 3, REFUNDING: 4, REFUNDED: 10, REFUSED: 6, WITHDRAWN: 11}
EXCHANGE_STATUSES = {**STATUSES, REQUESTED: 14, WAIT_RETURN: 15, RETURNED: 14, REFUNDED: 16, WITHDRAWN: 17}
OVER = (REFUNDED, REFUSED, WITHDRAWN)


def get_case_status(case: Refund) -> int:
	"""`after_sales_status` of a case."""
	if case.kind == EXCHANGE:
		return EXCHANGE_STATUSES[case.state]
	if case.kind == RETURN and case.state == REQUESTED:
		return 3
	return STATUSES[case.state]


def get_newest_status(cases: Iterable[Refund]) -> int:
	"""The status of the case that changed last; 0 without one."""
	newest = max(cases, key=lambda case: (case.modified, case.number), default=None)
	return get_case_status(newest) if newest else 0


def list_refunds(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Cases that changed in a window of at most 30 minutes, newest first."""
	start, end = read_window(args, "start_updated_at", "end_updated_at", WINDOW_S)
	kind = read_choice(args, "after_sales_type", (1, 2, 3, 4, 5))
	status = read_number(args, "after_sales_status")
	page, size = read_page(args)

	def is_wanted(case: Refund) -> bool:
		return kind in (1, LIST_TYPES[case.kind]) and status in (1, get_case_status(case))

	rows, total = cut_page(world.list_refunds(shop.shop_id, start, end, keep=is_wanted), page, size)
	return {"refund_list": [_render_row(world, case) for case in rows], "total_count": total}


def _render_row(world: World, case: Refund) -> dict:
	order = world.get_order(case.shop_id, case.order_no)
	line = order.get_line(case.line_nos[0])
	return {
		"id": int(case.case_no),
		"order_sn": case.order_no,
		"after_sales_type": LIST_TYPES[case.kind],
		"after_sales_status": get_case_status(case),
		"after_sale_reason": case.reason,
		"refund_amount": format_yuan(case.amount),
		"order_amount": format_yuan(order.total),
		"discount_amount": format_yuan(order.discount),
		"created_time": format_time(case.created),
		"updated_time": format_time(case.modified),
		"confirm_time": format_time(order.paid_at),
		"goods_id": int(line.item_id),
		"sku_id": line.sku_id,
		"outer_id": line.outer_id,
		"outer_goods_id": "",
		"goods_name": line.title,
		"goods_number": str(sum(order.get_line(line_no).qty for line_no in case.line_nos)),
		"goods_price": format_yuan(line.price),
		"good_image": "",
		"tracking_number": case.return_waybill_no,
		"shipping_name": case.return_courier,
		"user_shipping_status": "1" if case.was_shipped else "0",
		"speed_refund_flag": 0,
	}


def get_refund(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""One case, in fen."""
	case = world.find_refund(shop.shop_id, read_text(args, "after_sales_id"))
	if case is None or args.get("order_sn", case.order_no) != case.order_no:
		raise PinduoduoError(50001, "售后单不存在")
	order = world.get_order(case.shop_id, case.order_no)
	return {
		"id": int(case.case_no),
		"order_sn": case.order_no,
		"after_sales_type": DETAIL_TYPES[case.kind],
		"after_sales_status": get_case_status(case),
		"after_sales_reason": case.reason,
		"refund_amount": case.amount,
		"order_amount": order.total,
		"created_time": int(case.created),
		"updated_time": format_time(case.modified),
		"goods_number": sum(order.get_line(line_no).qty for line_no in case.line_nos),
		"express_no": case.return_waybill_no,
		"shipping_id": get_courier_id(case.return_courier),
	}


def agree_refund(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""`pdd.refund.agree`; the names of the parameters are UNCONFIRMED."""
	case = world.find_refund(shop.shop_id, read_text(args, "after_sales_id"))
	if case is None or read_text(args, "order_sn") != case.order_no:
		raise PinduoduoError(50001, "售后单不存在")
	try:
		world.move_refund(case, "agree")
	except Refusal as refusal:
		raise PinduoduoError(50001, refusal.message) from None
	return {"is_success": True}


def check_refunds(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Which of some orders have a case that isn't over."""
	found = [
		number
		for number in read_text(args, "order_sns").split(",")
		if (order := world.find_order(shop.shop_id, number))
		and any(case.state not in OVER for case in world.list_order_refunds(order))
	]
	return {"order_sns_exists_refund": found}
