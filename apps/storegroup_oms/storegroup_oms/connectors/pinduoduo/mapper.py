"""Turns Pinduoduo's orders, after-sales cases and goods into canonical records. Pure.

Orders and cases are in yuan, goods in fen. Source: the vendor's pages of pdd.order.information.get,
pdd.refund.list.increment.get and pdd.goods.list.get.
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

# Shipped in part is not a status: the first parcel makes the order shipped.
STATUSES = MappingProxyType({1: "To Review", 2: "Shipped", 3: "Completed"})
NO_REFUND, REFUND_OPEN, REFUND_MOVING, REFUND_DONE = 1, 2, 3, 4
CANCELLED = 2  # of confirm_status
GROUP_FAILED = 2  # of group_status
FLAGS = MappingProxyType({1: "Red", 2: "Yellow", 3: "Green", 4: "Blue", 5: "Purple"})
BALANCE_UNPAID = (0, 1)  # of step_trade_status; UNCONFIRMED (one source)
SHIP_HOLD = "ship_hold"  # a tag by which the platform stops shipping; UNCONFIRMED (one source)
MAX_TOKEN = 500

AGREED_CASES = frozenset((4, 5))
REFUSED_CASE = 6
ENDED_CASES = frozenset((9, 11, 12, 13, 17, 24, 31))
# 14 to 33 are steps of exchange, resending and repair; UNCONFIRMED (one source) but for their existence.
CASE_STATUSES = MappingProxyType(
	{
		0: "Cancelled",
		2: "Open",
		3: "Open",
		4: "Approved",
		5: "Approved",
		6: "Rejected",
		7: "Waiting for Buyer",
		8: "Open",
		9: "Cancelled",
		10: "Refunded",
		11: "Cancelled",
		12: "Cancelled",
		13: "Cancelled",
		14: "Open",
		15: "Waiting for Buyer",
		16: "Done",
		17: "Cancelled",
		18: "Approved",
		21: "Open",
		22: "Waiting for Buyer",
		24: "Cancelled",
		25: "Done",
		27: "Approved",
		31: "Cancelled",
		32: "Approved",
		33: "Open",
	}
)
NOT_ASKED_FIELD = "user_shipping_status"  # 0 not asked, 1 not received, 2 received
# As the list of cases numbers them; the detail of a case uses other numbers.
CASE_KINDS = MappingProxyType({2: "Refund", 3: "Return", 4: "Exchange", 5: "Reship"})


def map_order(payload: Payload) -> CanonicalOrder:
	"""One `order_info`. Raises MappingError.

	The platform never shows an unpaid order. A price changed by the seller is part of the discount; a paid
	service, which is not in the goods, raises the unit price.
	"""
	order = Fields(payload)
	order_no = order.get_text("order_sn")
	status = _read_status(order)
	refund_status = order.get_int("refund_status")
	items = order.list_children("item_list")
	if not items:
		raise MappingError("no_lines", "item_list")
	figures = [LineFigures(item.get_qty("goods_count"), item.get_yuan("goods_price")) for item in items]
	total = order.get_yuan("pay_amount")
	settled = settle_order(total, order.find_yuan("postage"), figures)
	line_refund = _read_line_refund(order, refund_status)
	lines = [
		_map_line(item, figure, line, line_refund)
		for item, figure, line in zip(items, figures, settled.lines, strict=True)
	]
	paid_at = order.find_time("pay_time")
	paid = _read_paid(order, total) if paid_at else ZERO
	return make_canonical(
		CanonicalOrder,
		platform="Pinduoduo",
		platform_order_no=order_no,
		platform_status=_write_status(order),
		status=status,
		order_type="Presale" if order.find_child("step_order_info").value else "Normal",
		receiver=_map_receiver(order),
		buyer_message=order.find_text("buyer_memo"),
		seller_memo=order.find_text("remark"),
		memo_flag=FLAGS.get(order.find_int("remark_tag") or 0, ""),
		hold_reasons=_list_holds(order) if status == "To Review" else (),
		goods_amount=settled.goods,
		discount_amount=settled.discount,
		platform_discount_amount=min(order.find_yuan("platform_discount"), settled.discount),
		freight_amount=settled.freight,
		total_amount=total,
		paid_amount=paid,
		refund_amount=paid if refund_status == REFUND_DONE else ZERO,
		ordered_at=order.get_time("created_time"),
		paid_at=paid_at,
		ship_by=order.find_time("last_ship_time"),
		modified_at=order.find_time("updated_at"),
		lines=lines,
	)


def map_refund(payload: Payload) -> CanonicalRefund:
	"""One row of the list of after-sales cases. Raises MappingError.

	A case is about its order: the row names one SKU of it only, whatever the case is about.
	"""
	case = Fields(payload)
	kind = case.get_int("after_sales_type")
	number = case.get_int("after_sales_status")
	if kind not in CASE_KINDS:
		raise MappingError("field_invalid", "after_sales_type", kind)
	if number not in CASE_STATUSES:
		raise MappingError("status_unknown", "after_sales_status", number)
	status = CASE_STATUSES[number]
	waybill_no = case.find_text("tracking_number") if CASE_KINDS[kind] != "Refund" else ""
	if number == 7 and waybill_no:
		status = "Waiting for Parcel"
	return make_canonical(
		CanonicalRefund,
		platform="Pinduoduo",
		platform_case_no=case.get_text("id"),
		platform_order_no=case.get_text("order_sn"),
		kind=_read_kind(case, kind),
		status=status,
		platform_status=str(number),
		amount=case.find_yuan("refund_amount"),
		reason=case.find_text("after_sale_reason"),
		opened_at=case.get_time("created_time"),
		modified_at=case.find_time("updated_time"),
		return_waybill_no=waybill_no,
	)


def map_listing(payload: Payload) -> list[ListingFacts]:
	"""One item of the list of goods. The list names no price unless `price` (fen) stands at the SKU (UNCONFIRMED)."""
	goods = Fields(payload)
	is_on_sale = goods.find_int("is_onsale") != 0
	listings = []
	for sku in goods.list_children("sku_list"):
		is_sku_on_sale = is_on_sale and sku.find_int("is_sku_onsale") != 0
		listings.append(
			ListingFacts(
				platform_item_id=goods.get_text("goods_id"),
				platform_sku_id=sku.get_text("sku_id"),
				outer_id=sku.find_text("outer_id") or sku.find_text("outer_goods_id"),
				title=goods.find_text("goods_name"),
				spec=sku.find_text("spec"),
				price=sku.find_fen("price"),
				qty=max(0, sku.find_int("sku_quantity") or 0),
				status="On Sale" if is_sku_on_sale else "Off Sale",
				image_url=goods.find_text("image_url") or goods.find_text("thumb_url"),
			)
		)
	return listings


def _read_kind(case: Fields, number: int) -> str:
	"""A refund whose buyer was not asked about the parcel's arrival was asked for before shipping.

	UNCONFIRMED: the row says nothing else about shipping; without the field it is a plain refund.
	"""
	kind = CASE_KINDS[number]
	return "Refund Before Shipping" if kind == "Refund" and case.find_int(NOT_ASKED_FIELD) == 0 else kind


def _read_status(order: Fields) -> str:
	number, refund = order.get_int("order_status"), order.get_int("refund_status")
	if number not in STATUSES:
		raise MappingError("status_unknown", "order_status", number)
	if refund not in (NO_REFUND, REFUND_OPEN, REFUND_MOVING, REFUND_DONE):
		raise MappingError("status_unknown", "refund_status", refund)
	if refund == REFUND_DONE or order.find_int("confirm_status") == CANCELLED:
		return "Closed"
	if order.find_int("group_status") == GROUP_FAILED:
		return "Closed"
	return STATUSES[number]


def _write_status(order: Fields) -> str:
	"""`order_status/refund_status`, and the confirm status where it is not the usual 1."""
	text = f"{order.get_int('order_status')}/{order.get_int('refund_status')}"
	confirm = order.find_int("confirm_status")
	return text if confirm in (None, 1) else f"{text}/{confirm}"


def _list_holds(order: Fields) -> tuple[str, ...]:
	"""What speaks against shipping an order that waits for it."""
	holds = []
	if order.find_child("step_order_info").find_int("step_trade_status") in BALANCE_UNPAID:
		holds.append("balance_unpaid")
	if order.find_int("invoice_status") == 1:
		holds.append("invoice_requested")
	is_grouped = order.find_int("group_status") != 0 and order.find_int("confirm_status") != 0
	tags = {tag.find_text("name") for tag in order.list_children("order_tag_list") if tag.find_int("value")}
	if order.find_int("risk_control_status") or not is_grouped or SHIP_HOLD in tags:
		holds.append("platform_locked")
	return tuple(holds)


def _read_line_refund(order: Fields, refund_status: int) -> str:
	"""The refund state of every line: the platform tells it for the order only."""
	case = order.find_int("after_sales_status") or 0
	if refund_status == REFUND_DONE:
		return "Refunded"
	if case == REFUSED_CASE:
		return "Rejected"
	if refund_status == NO_REFUND:
		return "Closed" if case in ENDED_CASES else ""
	return "Refunding" if refund_status == REFUND_MOVING or case in AGREED_CASES else "Requested"


def _read_paid(order: Fields, total: Decimal) -> Decimal:
	"""What the buyer has paid: of an order in two steps the platform says how much so far."""
	step = order.find_child("step_order_info")
	if step.find_int("step_trade_status") in BALANCE_UNPAID:
		return step.find_yuan("step_paid_fee") or step.find_yuan("advanced_paid_fee")
	return total


def _map_line(item: Fields, figure: LineFigures, settled: SettledLine, refund_status: str) -> CanonicalLine:
	"""The platform numbers no lines; an order holds a SKU once, so the SKU's id does it."""
	return make_canonical(
		CanonicalLine,
		item.path,
		platform_line_no=item.find_text("sku_id"),
		platform_item_id=item.find_text("goods_id"),
		platform_sku_id=item.find_text("sku_id"),
		sku_code=item.find_text("outer_id") or item.find_text("outer_goods_id"),
		title=item.find_text("goods_name"),
		spec=item.find_text("goods_spec"),
		qty=figure.qty,
		unit_price=settled.unit_price,
		discount_amount=settled.discount,
		amount=settled.amount,
		refund_status=refund_status,
	)


def _map_receiver(order: Fields) -> CanonicalReceiver:
	"""Masks for people to read; the ciphertexts, which stand only in orders to ship, for labels."""
	province, city, district = (order.find_text(name) for name in ("province", "city", "town"))
	address = _read_hidden(order, "receiver_address", "address_mask", "receiver_address_mask")
	official = find_province(province) or province
	for name in (official, province, city, district):
		address = address.removeprefix(name)
	return make_canonical(
		CanonicalReceiver,
		"receiver",
		name=_read_hidden(order, "receiver_name", "receiver_name_mask"),
		mobile=_read_hidden(order, "receiver_phone", "receiver_phone_mask"),
		province=official,
		city=city,
		district=district,
		address=address,
		platform_token=_make_token(order),
	)


def _read_hidden(order: Fields, name: str, *masks: str) -> str:
	"""The mask where the field holds a ciphertext or nothing, else the field."""
	text = order.find_text(name)
	if text and not _is_cipher(text):
		return text
	return next((mask for mask in map(order.find_text, masks) if mask), "")


def _make_token(order: Fields) -> str:
	"""The three ciphertexts in one line, or their digest when too long: it still tells that one has changed."""
	texts = [order.find_text(name) for name in ("receiver_name", "receiver_phone", "receiver_address")]
	token = " ".join(text for text in texts if _is_cipher(text))
	return token if len(token) <= MAX_TOKEN else hashlib.sha256(token.encode()).hexdigest()


def _is_cipher(text: str) -> bool:
	return len(text) > 2 and text.startswith("~") and text.endswith("~")
