"""JD's order methods: search, get, ship. Source: platforms.md 3.5, 3.7.

Windows hold both ends, to the second. Sorted by the time that is asked for, oldest first unless `sortType` is 1.
"""

from __future__ import annotations

from .. import moves
from ..clock import parse_time
from ..model import CLOSED, COMPLETED, SHIPPED, UNPAID, Order, Refusal, Shop
from ..world import World
from .couriers import KNOWN
from .errors import BAD_ARGUMENT, NOT_FOUND, REFUSED, BusinessError, make_api_result
from .orders import KNOWN_STATUSES, SEEN_STATUSES, get_status, render_order

DAY_S = 86400
MAX_WINDOW_S = 31 * DAY_S
LOOKBACK_S = {"modified": 93 * DAY_S, "created": 731 * DAY_S}
LAST_PAGE = 100


def search_orders(world: World, shop: Shop, args: dict, is_encrypted: bool = False) -> dict:
	"""`searchorderinfo_result`. Pages past 100 are empty, as are rows without `optional_fields`."""
	by = "created" if str(args.get("dateType", "")) == "1" else "modified"
	start, end = _read_window(args, world.clock.now(), LOOKBACK_S[by])
	statuses = _read_statuses(args)
	page = read_number(args, "page", 1, 10**6)
	size = read_number(args, "page_size", 1, 50 if is_encrypted else 100)
	fields = read_fields(args)

	def is_wanted(order: Order) -> bool:
		return get_status(order) in statuses

	rows, total = world.get_page(
		shop.shop_id,
		start,
		end,
		page,
		size,
		by=by,
		newest_first=str(args.get("sortType", "")) == "1",
		keep=is_wanted if statuses and not statuses >= SEEN_STATUSES else None,
	)
	if page > LAST_PAGE or not fields:
		rows = []
	return {
		"apiResult": make_api_result(),
		"orderTotal": total,
		"orderInfoList": [render_order(shop, order, fields, is_encrypted) for order in rows],
	}


def get_order(world: World, shop: Shop, args: dict, is_encrypted: bool = False) -> dict:
	"""`orderDetailInfo` of one order."""
	order = find_order(world, shop, args.get("order_id"))
	row = render_order(shop, order, read_fields(args), is_encrypted)
	return {"apiResult": make_api_result(), "orderInfo": row}


def ship_order(world: World, shop: Shop, args: dict) -> dict:
	"""`sopjosshipment_result`: all that is left goes out. `|` parts couriers and, alike, their numbers; `,`
	parts several numbers of one courier. The same parcels again are a success.
	"""
	order = find_order(world, shop, args.get("orderId"))
	couriers = [text for text in str(args.get("logiCoprId") or "").split("|") if text]
	groups = [text.split(",") for text in str(args.get("logiNo") or "").split("|") if text]
	if not couriers or len(couriers) != len(groups):
		raise BusinessError(BAD_ARGUMENT, "物流公司与运单号不匹配", "Couriers and numbers do not match")
	if not set(couriers) <= KNOWN:
		raise BusinessError(BAD_ARGUMENT, "物流公司不存在", "Unknown logistics company")
	parcels = [(courier, no) for courier, group in zip(couriers, groups, strict=True) for no in group if no]
	known = {(parcel.courier, parcel.waybill_no) for parcel in order.parcels}
	if order.state in (SHIPPED, COMPLETED) and not set(parcels) <= known:
		raise BusinessError(REFUSED, "订单已出库，不能重复出库", "The order has already been shipped")
	if order.state in (UNPAID, CLOSED):
		raise BusinessError(REFUSED, "订单状态不允许出库", "The order can not be shipped in this state")
	try:
		_confirm_parcels(world, order, parcels)
	except Refusal as refusal:
		raise BusinessError(REFUSED, "订单已锁定或状态不允许出库", refusal.message) from refusal
	return {"success": True, "errorCode": "0", "chineseErrCode": "成功", "englishErrCode": "Success"}


def _confirm_parcels(world: World, order: Order, parcels: list[tuple[str, str]]) -> None:
	"""The first parcel takes all that is left; the further ones name no lines, as JD asks for none."""
	known = {(parcel.courier, parcel.waybill_no) for parcel in order.parcels}
	for courier, waybill_no in parcels:
		if (courier, waybill_no) in known or order.state == SHIPPED:
			moves.add_parcel(world, order, courier, waybill_no)
		else:
			world.confirm_parcel(order, courier, waybill_no)


def find_order(world: World, shop: Shop, order_no: object) -> Order:
	order = world.find_order(shop.shop_id, str(order_no or ""))
	if order is None:
		raise BusinessError(NOT_FOUND, "订单不存在", "The order does not exist")
	return order


def read_fields(args: dict) -> frozenset[str]:
	"""The names in `optional_fields`."""
	return frozenset(
		name.strip() for name in str(args.get("optional_fields") or "").split(",") if name.strip()
	)


def read_number(args: dict, name: str, default: int, most: int) -> int:
	"""A whole number from 1, sent as text or number. Raises BusinessError."""
	text = str(args.get(name) or default)
	if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
		raise BusinessError(BAD_ARGUMENT, f"参数{name}错误", f"{name} must be from 1 to {most}")
	return int(text)


def read_time(args: dict, name: str, default: float) -> float:
	"""Unix seconds of a Beijing time. Raises BusinessError."""
	text = args.get(name)
	if text in (None, ""):
		return default
	try:
		return parse_time(str(text))
	except ValueError:
		raise BusinessError(BAD_ARGUMENT, f"参数{name}错误", f"{name} must be yyyy-MM-dd HH:mm:ss") from None


def assert_window(start: float, end: float, most_s: float) -> None:
	if not start <= end <= start + most_s:
		raise BusinessError(
			BAD_ARGUMENT, "查询时间范围错误", f"The time range must be from 0 to {most_s:.0f} seconds"
		)


def _read_window(args: dict, now: float, lookback_s: float) -> tuple[float, float]:
	end = read_time(args, "end_date", now)
	start = read_time(args, "start_date", end - MAX_WINDOW_S)
	assert_window(start, end, MAX_WINDOW_S)
	if start < now - lookback_s:
		raise BusinessError(BAD_ARGUMENT, "开始时间过早", "start_date is too long ago")
	return start, end


def _read_statuses(args: dict) -> frozenset[str]:
	statuses = frozenset(
		text.strip() for text in str(args.get("order_state") or "").split(",") if text.strip()
	)
	if not statuses <= KNOWN_STATUSES:
		raise BusinessError(BAD_ARGUMENT, "订单状态参数错误", "Unknown order_state")
	return statuses
