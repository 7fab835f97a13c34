"""Douyin's order methods. Source: platforms.md 5.5, 5.7, 5.8. Pages count from 0; both ends belong to a span."""

from __future__ import annotations

from ..model import CLOSED, COMPLETED, SHIPPED, UNPAID, Order, Refusal, Shop
from ..world import World
from .couriers import NAMES, list_companies
from .errors import DouyinError, make_failed, make_invalid
from .orders import ADDRESS, NAME, PHONE, get_ciphers, get_main_status, get_order_status, render_order
from .reading import read_page, read_span, read_text

LOOKBACK_S = 90 * 86400
NO_ORDER = "订单不存在"
ORDERINGS = {"create_time": "created", "update_time": "modified"}


def search_orders(world: World, shop: Shop, args: dict) -> dict:
	"""Orders of the last 90 days by time of creation or change; newest first unless `order_asc`."""
	spans = {
		"created": read_span(args, "create_time_start", "create_time_end"),
		"modified": read_span(args, "update_time_start", "update_time_end"),
	}
	name = args.get("order_by") or "create_time"
	if name not in ORDERINGS:
		raise make_invalid("order_by is create_time or update_time")
	by = ORDERINGS[name]
	other = "created" if by == "modified" else "modified"
	page, size = read_page(args)
	statuses, mains = _read_statuses(args)
	oldest = world.clock.now() - LOOKBACK_S
	limits = spans[other]

	def is_wanted(order: Order) -> bool:
		return (
			order.created >= oldest
			and (limits is None or limits[0] <= int(getattr(order, other)) <= limits[1])
			and (not statuses or get_order_status(order) in statuses)
			and (not mains or get_main_status(order) in mains)
		)

	rows = world.books[shop.shop_id].created.rows
	needs_look = limits or statuses or mains or (rows and rows[0][0] < oldest)
	found, total = world.get_page(
		shop.shop_id,
		*(spans[by] or (0, 2**40)),
		page,
		size,
		by=by,
		newest_first=args.get("order_asc") is not True,
		keep=is_wanted if needs_look else None,
	)
	return {
		"page": page - 1,
		"total": total,
		"size": size,
		"shop_order_list": [render_order(world, shop, order) for order in found],
	}


def _read_statuses(args: dict) -> tuple[set[int], set[int]]:
	"""Order and main statuses of `combine_status`, whose members are comma lists; empty for all."""
	rows = args.get("combine_status") or []
	try:
		return (
			{int(text) for row in rows for text in str(row.get("order_status") or "").split(",") if text},
			{int(text) for row in rows for text in str(row.get("main_status") or "").split(",") if text},
		)
	except (ValueError, AttributeError, TypeError):
		raise make_invalid("combine_status is a list of {order_status, main_status}") from None


def get_order(world: World, shop: Shop, args: dict) -> dict:
	"""One order, complete."""
	order = find_order(world, shop, read_text(args, "shop_order_id"))
	return {"shop_order_detail": render_order(world, shop, order)}


def ship_order(world: World, shop: Shop, args: dict) -> dict:
	"""All that is left in one parcel; refused the second time."""
	order = find_order(world, shop, read_text(args, "order_id"))
	_confirm(world, order, args, None)
	return {"pack_id": _get_pack_id(order)}


def ship_packs(world: World, shop: Shop, args: dict) -> dict:
	"""Some lines in some parcels; a `request_id` that came before changes nothing. A line goes out whole."""
	order = find_order(world, shop, read_text(args, "order_id"))
	request_id, packs = read_text(args, "request_id"), args.get("pack_list")
	if not isinstance(packs, list) or not packs:
		raise make_invalid("pack_list is a list of parcels")
	known = order.extras.setdefault("request_ids", {})
	if request_id not in known:
		for pack in packs:
			_confirm(world, order, pack, _read_lines(order, pack))
		known[request_id] = _get_pack_id(order)
		world.mark("order", f"{order.shop_id}/{order.order_no}", order)
	return {"pack_id": known[request_id]}


def change_parcel(world: World, shop: Shop, args: dict) -> dict:
	"""Another courier and number for the parcel that went out last, or for `pack_id`."""
	order = find_order(world, shop, read_text(args, "order_id"))
	courier, waybill_no = _read_courier(args), read_text(args, "logistics_code")
	try:
		world.move_order(order, "change_parcel", courier=courier, waybill_no=waybill_no)
	except Refusal as refusal:
		raise make_failed(2003, "订单状态不允许修改物流") from refusal
	return {}


def _confirm(world: World, order: Order, pack: dict, line_nos: list[str] | None) -> None:
	courier, waybill_no = _read_courier(pack), read_text(pack, "logistics_code")
	if order.state in (SHIPPED, COMPLETED):
		for parcel in order.parcels:
			if parcel.waybill_no == waybill_no and parcel.courier == courier:
				parcel.confirmations += 1
		raise make_failed(2001, "订单已发货，请勿重复发货")
	if order.state in (UNPAID, CLOSED):
		raise make_failed(2002, "订单状态不允许发货")
	if any(line.refund in ("requested", "refunding") for line in order.lines if _has(line_nos, line.line_no)):
		raise make_failed(2004, "订单存在售后，无法发货")
	try:
		world.confirm_parcel(order, courier, waybill_no, line_nos)
	except Refusal as refusal:
		raise make_failed(2002, f"订单状态不允许发货: {refusal.code}") from refusal


def _has(line_nos: list[str] | None, line_no: str) -> bool:
	return line_nos is None or line_no in line_nos


def _read_lines(order: Order, pack: dict) -> list[str]:
	rows = pack.get("shipped_order_info") if isinstance(pack, dict) else None
	if not isinstance(rows, list) or not rows:
		raise make_invalid("shipped_order_info is a list of lines")
	known = {line.line_no: line for line in order.lines}
	for row in rows:
		line = known.get(str(row.get("shipped_order_id")))
		if line is None or row.get("shipped_num") != line.qty:
			raise make_failed(2005, "商品单或发货数量错误")
	return [str(row["shipped_order_id"]) for row in rows]


def _read_courier(args: dict) -> str:
	code = read_text(args, "company_code")
	if code not in NAMES:
		raise make_invalid("company_code is unknown")
	return code


def _get_pack_id(order: Order) -> str:
	return str(int(order.order_no) + len(order.parcels))


def list_couriers(world: World, shop: Shop, args: dict) -> list[dict]:
	return list_companies()


def decrypt(world: World, shop: Shop, args: dict) -> dict:
	"""Clear text of up to 50 ciphertexts that orders showed."""
	rows = args.get("cipher_infos")
	if not isinstance(rows, list) or not 1 <= len(rows) <= 50:
		raise make_invalid("cipher_infos has 1 to 50 rows")
	found = [_decrypt_row(world, shop, row) for row in rows]
	failed = sum(row["err_no"] != 0 for row in found)
	code = 0 if not failed else (300008 if failed == len(found) else 10001)
	return {
		"decrypt_infos": found,
		"custom_err": {"err_code": code, "err_msg": "" if not code else "解密失败"},
	}


def _decrypt_row(world: World, shop: Shop, row: dict) -> dict:
	order_no, cipher = str(row.get("auth_id", "")), str(row.get("cipher_text", ""))
	answer = {
		"auth_id": order_no,
		"cipher_text": cipher,
		"decrypt_text": "",
		"err_no": 0,
		"err_msg": "",
		"is_virtual_tel": False,
		"phone_no_a": "",
		"phone_no_b": "",
		"expire_time": 0,
	}
	order = world.find_order(shop.shop_id, order_no)
	if order:
		receiver = order.receiver
		texts = {NAME: receiver.name, PHONE: receiver.mobile, ADDRESS: receiver.address}
		for kind, known in get_ciphers(order).items():
			if known == cipher:
				return {**answer, "decrypt_text": texts[kind]}
	return {**answer, "err_no": 300008, "err_msg": "密文与订单不匹配"}


def find_order(world: World, shop: Shop, order_no: str) -> Order:
	order = world.find_order(shop.shop_id, order_no)
	if order is None:
		raise make_failed(2000, NO_ORDER)
	return order


def assert_idempotent(world: World, shop: Shop, args: dict) -> None:
	"""Raises DouyinError when the `idempotent_id` came before."""
	token = str(args.get("idempotent_id") or "")
	if not token:
		return
	calls = world.quotas.setdefault((f"idempotent {token}", shop.app_key), [])
	if calls:
		raise DouyinError(40003, "isv.idempotent-id-existed", "idempotent_id came before")
	calls.append(world.clock.now())
