"""Pinduoduo's order methods. Source: platforms.md 4.5, 4.7, 4.8. Lists are newest first; both ends belong to a
window. Unpaid orders are nowhere.
"""

from __future__ import annotations

from .. import moves
from ..model import CLOSED, PART_SHIPPED, SHIPPED, Order, Refusal, Shop
from ..world import World
from .couriers import KNOWN
from .errors import PinduoduoError
from .orders import get_ciphers, get_order_status, get_refund_status, is_visible, render_order
from .reading import read_choice, read_flag, read_json, read_number, read_page, read_text, read_window

INCREMENT_S, LIST_S = 30 * 60, 24 * 3600
END_LAG_S = 180
# The lag is advised, and a client's clock may be a little ahead.
END_SLACK_S = 10
LOOKBACK_S = 93 * 86400
ALL = 5
DECRYPT_PAUSE_S, DECRYPTS_A_DAY = 10, 100


def list_numbers(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Numbers of the orders that changed in a window of at most 30 minutes that ended 3 minutes ago."""
	start, end = read_window(args, "start_updated_at", "end_updated_at", INCREMENT_S)
	now = world.clock.now()
	if end > now - END_LAG_S + END_SLACK_S:
		raise PinduoduoError(21001, "end_updated_at must be 3 minutes before now")
	if start < now - LOOKBACK_S:
		raise PinduoduoError(21001, "start_updated_at is more than three months ago")
	rows, reply = _page_orders(world, shop, args, start, end, "modified")
	return {"order_sn_list": [{"order_sn": order.order_no} for order in rows], **reply}


def list_orders(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Whole orders that were confirmed in a window of at most 24 hours."""
	start, end = read_window(args, "start_confirm_at", "end_confirm_at", LIST_S)
	rows, reply = _page_orders(world, shop, args, start, end, "paid")
	return {"order_list": [render_order(world, shop, order) for order in rows], **reply}


def _page_orders(
	world: World, shop: Shop, args: dict[str, str], start: int, end: int, by: str
) -> tuple[list[Order], dict]:
	status = read_choice(args, "order_status", (1, 2, 3, ALL))
	refund = read_choice(args, "refund_status", (1, 2, 3, 4, ALL))
	page, size = read_page(args)

	def is_wanted(order: Order) -> bool:
		return status in (ALL, get_order_status(order)) and refund in (ALL, get_refund_status(order))

	keep = None if status == refund == ALL else is_wanted
	rows, total = world.get_page(shop.shop_id, start, end, page, size, by=by, keep=keep)
	if read_flag(args, "use_has_next"):
		return rows, {"has_next": page * size < total}
	return rows, {"total_count": total}


def get_order(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""One order, complete."""
	return {"order_info": render_order(world, shop, find_order(world, shop, read_text(args, "order_sn")))}


def get_statuses(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Both states of up to 100 orders; unknown ones are left out."""
	numbers = read_text(args, "order_sns").split(",")
	if len(numbers) > 100:
		raise PinduoduoError(21001, "order_sns names more than 100 orders")
	orders = [world.find_order(shop.shop_id, number.strip()) for number in numbers]
	return {
		"order_status_list": [
			{
				"orderSn": order.order_no,
				"order_status": get_order_status(order),
				"refund_status": get_refund_status(order),
			}
			for order in orders
			if order and is_visible(order)
		]
	}


def ship_order(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""All that is left goes out in one parcel; `redelivery_type` 2 changes a parcel that is out."""
	order = find_order(world, shop, read_text(args, "order_sn"))
	courier, waybill_no = _read_courier(args.get("logistics_id", "")), read_text(args, "tracking_number")
	if get_refund_status(order) != 1:
		raise PinduoduoError(50001, "订单存在售后，无法发货")
	if order.state == CLOSED:
		raise PinduoduoError(50001, "订单已取消，无法发货")
	try:
		if read_choice(args, "redelivery_type", (1, 2), 1) == 2:
			world.move_order(order, "change_parcel", courier=courier, waybill_no=waybill_no)
		else:
			world.confirm_parcel(order, courier, waybill_no)
	except Refusal as refusal:
		is_out = refusal.code in ("wrong_state", "line_shipped")
		raise PinduoduoError(
			50001, "订单已发货或状态不允许发货" if is_out else "订单审核中，无法发货"
		) from refusal
	return {"is_success": True}


def add_parcels(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Further parcels of an order that is out."""
	order = find_order(world, shop, read_text(args, "order_sn"))
	read_choice(args, "extra_track_type", (1, 2, 3))
	rows = read_json(args, "extra_track_list")
	if not isinstance(rows, list) or not 1 <= len(rows) <= 10:
		raise PinduoduoError(21001, "extra_track_list must have 1 to 10 rows")
	if order.state not in (PART_SHIPPED, SHIPPED):
		raise PinduoduoError(50001, "订单未发货，无法上传额外运单")
	for row in rows:
		courier = _read_courier(str(row.get("shipping_id", "")))
		waybill_no = read_text(row, "tracking_number")
		moves.add_parcel(world, order, courier, waybill_no)
	return {"is_success": True}


def decrypt(world: World, shop: Shop, args: dict[str, str]) -> dict:
	"""Clear text of ciphertexts that orders showed: one call in 10 seconds, 100 a day."""
	rows = read_json(args, "data_list")
	if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
		raise PinduoduoError(21001, "data_list must have 1 to 100 rows")
	calls = world.quotas.setdefault(("decrypt", shop.app_key), [])
	now = world.clock.now()
	calls[:] = [at for at in calls if at > now - 86400]
	if len(calls) >= DECRYPTS_A_DAY or (calls and now - calls[-1] < DECRYPT_PAUSE_S):
		raise PinduoduoError(70031)
	calls.append(now)
	return {"data_decrypt_list": [_decrypt_row(world, shop, row) for row in rows]}


def _decrypt_row(world: World, shop: Shop, row: dict) -> dict:
	tag, cipher = str(row.get("data_tag", "")), str(row.get("encrypted_data", ""))
	answer = {
		"data_tag": tag,
		"encrypted_data": cipher,
		"data_type": None,
		"decrypted_data": "",
		"error_code": 0,
		"error_msg": "",
		"virtual_number_type": 0,
		"virtual_identify_number": "",
	}
	order = world.find_order(shop.shop_id, tag)
	receiver = order.receiver if order and is_visible(order) else None
	if receiver and order:
		texts = {5: receiver.name, 6: receiver.mobile, 7: receiver.address}
		for kind, known in get_ciphers(order).items():
			if known == cipher:
				return {**answer, "data_type": kind, "decrypted_data": texts[kind]}
	return {**answer, "error_code": 50001, "error_msg": "密文与订单不匹配"}


def find_order(world: World, shop: Shop, order_no: str) -> Order:
	order = world.find_order(shop.shop_id, order_no)
	if order is None or not is_visible(order):
		raise PinduoduoError(50001, "订单不存在", "50001")
	return order


def _read_courier(text: str) -> str:
	number = read_number({"logistics_id": text}, "logistics_id")
	if str(number) not in KNOWN:
		raise PinduoduoError(21001, "logistics_id is unknown")
	return str(number)
