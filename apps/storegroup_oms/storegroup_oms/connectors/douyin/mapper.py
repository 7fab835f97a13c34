"""Turns Douyin's orders, after-sales cases and products into canonical records. Pure.

Money is in whole fen, times in unix seconds with 0 for "not yet". Source: the vendor's pages of
/order/orderDetail, /afterSale/List, /product/listV2 and /sku/list.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from types import MappingProxyType

from ...orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund
from ...orders.importing.addresses import find_province
from ...orders.money import ZERO
from ..amounts import LineFigures, SettledLine, settle_order
from ..base import ListingFacts, Payload
from ..errors import MappingError
from ..fields import Fields, make_canonical

STATUSES = MappingProxyType(
	{
		1: "Unpaid",
		2: "To Review",
		3: "Shipped",
		4: "Closed",
		5: "Completed",
		101: "Partly Shipped",
		105: "To Review",
	}
)
NOT_CONFIRMABLE = 105  # paid, and the platform doesn't let it be shipped yet
PART_PAID = 103  # of main_status
REFUNDED_WHOLE = frozenset((21, 22, 39))  # of main_status: before shipping, after it, after receipt
DEPOSIT_PRESALE = 2  # of a line's trade_type
# Stars 0 to 5 are grey, purple, cyan, green, orange, red; 0 is what every order has.
FLAGS = MappingProxyType({1: "Purple", 2: "Blue", 3: "Green", 4: "Yellow", 5: "Red"})
MAX_TOKEN = 500

EXCHANGE, RESEND, REPAIR = 3, 7, 8
CASE_KINDS = MappingProxyType(
	{
		0: "Return",
		1: "Refund",
		2: "Refund Before Shipping",
		EXCHANGE: "Exchange",
		6: "Refund",  # a difference in price paid back
		RESEND: "Reship",
		REPAIR: "Exchange",  # the piece comes back and goes out again
	}
)
SUCCESS = 12
CASE_STATUSES = MappingProxyType(
	{
		3: "Approved",  # exchange on its way to the buyer; UNCONFIRMED (one source)
		6: "Open",
		7: "Waiting for Buyer",
		8: "Approved",
		11: "Waiting for Parcel",
		13: "Approved",
		14: "Done",
		27: "Rejected",
		28: "Cancelled",
		29: "Rejected",
		51: "Cancelled",
		53: "Done",
	}
)
MONEY_MOVING, MONEY_BACK = 2, 3  # of refund_status
LINE_REFUNDS = MappingProxyType(
	{
		0: "",
		3: "",
		6: "Requested",
		7: "Requested",
		8: "",
		11: "Requested",
		SUCCESS: "Refunded",
		13: "",
		14: "",
		27: "Rejected",
		28: "Closed",
		29: "Rejected",
		51: "Closed",
		53: "Refunded",
	}
)


def map_order(payload: Payload) -> CanonicalOrder:
	"""One shop order of the list or the detail. Raises MappingError.

	`pay_amount` is what the buyer owes, with freight, also before it is paid. Lines that state their own
	`pay_amount` are believed where these add up to it.
	"""
	order = Fields(payload)
	order_no = order.get_text("order_id")
	number = order.get_int("order_status")
	if number not in STATUSES:
		raise MappingError("status_unknown", "order_status", number)
	status = STATUSES[number]
	main = order.find_int("main_status") or number
	rows = order.list_children("sku_order_list")
	if not rows:
		raise MappingError("no_lines", "sku_order_list")
	figures = [_read_figures(row) for row in rows]
	total = order.get_fen("pay_amount")
	settled = settle_order(total, order.find_fen("post_amount"), figures)
	lines = [
		_map_line(row, figure, line) for row, figure, line in zip(rows, figures, settled.lines, strict=True)
	]
	paid_at = order.find_unix_time("pay_time")
	is_paid = paid_at is not None and number != 1
	return make_canonical(
		CanonicalOrder,
		platform="Douyin",
		platform_order_no=order_no,
		platform_status=str(number) if main == number else f"{number}/{main}",
		status=status,
		order_type=_read_order_type(rows, main),
		platform_buyer_id=order.find_text("doudian_open_id"),
		receiver=_map_receiver(order),
		buyer_message=order.find_text("buyer_words"),
		seller_memo=order.find_text("seller_words"),
		memo_flag=FLAGS.get(order.find_int("seller_remark_stars") or 0, ""),
		hold_reasons=_list_holds(number, main),
		goods_amount=settled.goods,
		discount_amount=settled.discount,
		platform_discount_amount=min(order.find_fen("promotion_platform_amount"), settled.discount),
		freight_amount=settled.freight,
		total_amount=total,
		paid_amount=total if is_paid else ZERO,
		refund_amount=_read_refunded(main, total if is_paid else ZERO, lines),
		ordered_at=order.get_unix_time("create_time"),
		paid_at=paid_at,
		ship_by=order.find_unix_time("exp_ship_time"),
		modified_at=order.find_unix_time("update_time"),
		lines=lines,
	)


def map_refund(payload: Payload) -> CanonicalRefund:
	"""One item of the list of after-sales cases. Raises MappingError."""
	item = Fields(payload)
	case, order = item.find_child("aftersale_info"), item.find_child("order_info")
	kind, number = case.get_int("aftersale_type"), case.get_int("aftersale_status")
	if kind not in CASE_KINDS:
		raise MappingError("field_invalid", case.locate("aftersale_type"), kind)
	status = _read_case_status(case, kind, number)
	lines = [row.find_text("sku_order_id") for row in order.list_children("related_order_info")]
	return make_canonical(
		CanonicalRefund,
		platform="Douyin",
		platform_case_no=case.get_text("aftersale_id"),
		platform_order_no=order.get_text("shop_order_id"),
		line_nos=tuple(line for line in lines if line),
		kind=CASE_KINDS[kind],
		status=status,
		platform_status=str(number),
		amount=case.find_fen("refund_amount"),
		reason=item.find_child("text_part").find_text("reason_text"),
		opened_at=case.get_unix_time("apply_time" if case.has("apply_time") else "create_time"),
		modified_at=case.find_unix_time("update_time"),
		due_at=case.find_unix_time("status_deadline"),
		return_waybill_no=case.find_text("return_logistics_code"),
	)


def map_listing(payload: Payload) -> list[ListingFacts]:
	"""One product with its SKUs under `skus`, as the client's list_listings gives it."""
	product = Fields(payload)
	status = {0: "On Sale", 1: "Off Sale", 2: "Deleted"}.get(product.find_int("status") or 0)
	if status is None:
		raise MappingError("status_unknown", "status", product.find_text("status"))
	return [
		ListingFacts(
			platform_item_id=product.get_text("product_id"),
			platform_sku_id=sku.get_text("id"),
			outer_id=sku.find_text("code") or product.find_text("outer_product_id"),
			title=product.find_text("name"),
			spec=_join_spec(sku),
			price=sku.find_fen("price"),
			qty=max(0, sku.find_int("stock_num") or 0),
			status=status,
			image_url=product.find_text("img"),
		)
		for sku in product.list_children("skus")
	]


def _read_figures(row: Fields) -> LineFigures:
	share = row.get_fen("pay_amount") if row.has("pay_amount") else None
	return LineFigures(row.get_qty("item_num"), row.get_fen("origin_amount"), share)


def _read_order_type(rows: list[Fields], main: int) -> str:
	is_presale = main == PART_PAID or any(row.find_int("trade_type") == DEPOSIT_PRESALE for row in rows)
	return "Presale" if is_presale else "Normal"


def _list_holds(number: int, main: int) -> tuple[str, ...]:
	if main == PART_PAID:
		return ("balance_unpaid",)
	return ("platform_locked",) if number == NOT_CONFIRMABLE else ()


def _read_refunded(main: int, paid: Decimal, lines: list[CanonicalLine]) -> Decimal:
	"""What has gone back as far as an order tells: all of it, or the lines that are refunded."""
	if main in REFUNDED_WHOLE:
		return paid
	return min(paid, sum((line.amount for line in lines if line.refund_status == "Refunded"), ZERO))


def _map_line(row: Fields, figure: LineFigures, settled: SettledLine) -> CanonicalLine:
	return make_canonical(
		CanonicalLine,
		row.path,
		platform_line_no=row.get_text("order_id"),
		platform_item_id=row.find_text("product_id_str") or row.find_text("product_id"),
		platform_sku_id=row.find_text("sku_id"),
		sku_code=row.find_text("code") or row.find_text("out_sku_id"),
		title=row.find_text("product_name"),
		spec=";".join(
			f"{spec.find_text('name')}:{spec.find_text('value')}" for spec in row.list_children("spec")
		),
		qty=figure.qty,
		unit_price=settled.unit_price,
		discount_amount=settled.discount,
		amount=settled.amount,
		refund_status=_read_line_refund(row.find_child("after_sale_info")),
	)


def _read_line_refund(case: Fields) -> str:
	number = case.find_int("after_sale_status") or 0
	if number not in LINE_REFUNDS:
		raise MappingError("status_unknown", case.locate("after_sale_status"), number)
	refund = LINE_REFUNDS[number]
	if case.find_int("after_sale_type") in (EXCHANGE, RESEND, REPAIR):
		return ""
	# A successful case is not yet money in the buyer's hands.
	return (
		"Refunding"
		if refund == "Refunded" and case.find_int("refund_status") in (1, MONEY_MOVING)
		else refund
	)


def _read_case_status(case: Fields, kind: int, number: int) -> str:
	if number == SUCCESS or (number == 53 and kind not in (EXCHANGE, RESEND, REPAIR)):
		if kind in (EXCHANGE, RESEND, REPAIR):
			return "Done"
		return "Approved" if case.find_int("refund_status") in (1, MONEY_MOVING) else "Refunded"
	if number not in CASE_STATUSES:
		raise MappingError("status_unknown", case.locate("aftersale_status"), number)
	return CASE_STATUSES[number]


def _map_receiver(order: Fields) -> CanonicalReceiver:
	"""Masks for people to read, the ciphertexts for labels. `town` of the platform is our district."""
	mask, place = order.find_child("mask_post_addr"), order.find_child("post_addr")
	if not place.value:
		place = mask
	province, city, district, town = (
		place.find_child(name).find_text("name") for name in ("province", "city", "town", "street")
	)
	return make_canonical(
		CanonicalReceiver,
		"receiver",
		name=order.find_text("mask_post_receiver") or order.find_text("post_receiver"),
		mobile=order.find_text("mask_post_tel") or order.find_text("post_tel"),
		province=find_province(province) or province,
		city=city,
		district=district,
		town=town,
		address=mask.find_text("detail") or place.find_text("detail"),
		platform_token=_make_token(order, place),
	)


def _make_token(order: Fields, place: Fields) -> str:
	"""The ciphertexts in one line, or their digest when too long: it still tells that one has changed."""
	texts = [
		order.find_text("encrypt_post_receiver"),
		order.find_text("encrypt_post_tel"),
		place.find_text("encrypt_detail"),
	]
	token = " ".join(text for text in texts if text)
	return token if len(token) <= MAX_TOKEN else hashlib.sha256(token.encode()).hexdigest()


def _join_spec(sku: Fields) -> str:
	names = (sku.find_text(f"spec_detail_name{place}") for place in (1, 2, 3))
	return ";".join(name for name in names if name)
