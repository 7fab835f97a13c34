"""Taobao's trades, refunds and items as canonical records. Pure. Source: TOP's API schema, platforms reference 2.5-2.6."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ...orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund
from ...orders.importing.addresses import find_province
from ...orders.money import CENT, ZERO
from ..amounts import LineFigures, SettledOrder, settle_order
from ..base import ListingFacts, Payload
from ..errors import MappingError
from ..fields import Fields, make_canonical
from . import statuses


def map_order(payload: Payload) -> CanonicalOrder:
	"""The canonical order of a trade. Raises MappingError.

	`refund_amount` is what is certain from the trade alone; a refund of a part shows when the trade is completed.
	`platform_discount_amount` stays 0: a trade doesn't tell who bears a discount.
	"""
	trade = Fields(payload, "trade")
	status, holds = _read_status(trade)
	lines = trade.find_child("orders").list_children("order")
	if not lines:
		raise MappingError("no_lines", "trade.orders.order")
	freight = trade.find_yuan("post_fee")
	total = trade.get_yuan("payment")
	amounts = _settle(trade, lines, total, freight)
	made = [_make_line(line, amounts, index, status) for index, line in enumerate(lines)]
	paid_at = trade.find_time("pay_time")
	paid = _get_paid(trade, status, holds, paid_at, total)
	return make_canonical(
		CanonicalOrder,
		"trade",
		platform="Taobao",
		platform_order_no=_get_trade_no(trade),
		platform_status=trade.get_text("status"),
		status=status,
		order_type=statuses.ORDER_TYPES.get(trade.find_text("type"), "Normal"),
		buyer_nick=trade.find_text("buyer_nick"),
		platform_buyer_id=trade.find_text("buyer_open_uid"),
		receiver=_make_receiver(trade),
		buyer_message=trade.find_text("buyer_message"),
		seller_memo=trade.find_text("seller_memo"),
		memo_flag=statuses.FLAGS.get(trade.find_text("seller_flag"), ""),
		hold_reasons=holds,
		goods_amount=amounts.goods,
		discount_amount=amounts.discount,
		freight_amount=amounts.freight,
		total_amount=total,
		paid_amount=paid,
		refund_amount=_get_refunded(trade, status, paid, lines, made),
		ordered_at=trade.get_time("created"),
		paid_at=paid_at,
		ship_by=_get_ship_by(trade, status),
		modified_at=trade.find_time("modified"),
		lines=made,
	)


def _get_trade_no(trade: Fields) -> str:
	return trade.find_text("tid") or trade.find_text("tid_str") or trade.get_text("tid")


def _read_status(trade: Fields) -> tuple[str, tuple[str, ...]]:
	"""Our status, and what the platform says against shipping."""
	word = trade.get_text("status")
	if word not in statuses.TRADE:
		raise MappingError("status_unknown", trade.locate("status"), word)
	status = statuses.TRADE[word]
	holds = []
	if word in statuses.FORBIDDEN:
		holds.append("platform_locked")
	if status in ("Unpaid", "To Review") and trade.find_text("step_trade_status") == statuses.DEPOSIT_PAID:
		holds.append("balance_unpaid")
	return status, tuple(holds)


def _settle(trade: Fields, lines: list[Fields], total: Decimal, freight: Decimal) -> SettledOrder:
	"""Amounts that add up. Lines may come to less than the trade only by rounding or the seller's surcharge."""
	figures = [LineFigures(line.get_qty("num"), line.get_yuan("price"), _get_share(line)) for line in lines]
	owed = total - freight
	stated = sum((figure.share if figure.share is not None else figure.gross for figure in figures), ZERO)
	surcharge = max(ZERO, trade.find_signed_yuan("adjust_fee"))
	rounding = CENT * sum(figure.qty for figure in figures)
	if owed < 0 or owed - stated > max(surcharge, rounding):
		raise MappingError("money_mismatch", "trade.payment", f"{total}, lines {stated}, freight {freight}")
	return settle_order(total, freight, figures)


def _get_share(line: Fields) -> Decimal | None:
	"""What is owed for a line: after the trade's discounts where the platform says so, else after its own."""
	for name in ("divide_order_fee", "payment"):
		if line.has(name):
			return line.get_yuan(name)
	return None


def _make_line(line: Fields, amounts: SettledOrder, index: int, status: str) -> CanonicalLine:
	settled = amounts.lines[index]
	return make_canonical(
		CanonicalLine,
		line.path,
		platform_line_no=line.get_text("oid"),
		platform_item_id=line.find_text("num_iid"),
		platform_sku_id=line.find_text("sku_id"),
		sku_code=line.find_text("outer_sku_id") or line.find_text("outer_iid"),
		title=line.find_text("title"),
		spec=line.find_text("sku_properties_name"),
		qty=line.get_qty("num"),
		unit_price=settled.unit_price,
		discount_amount=settled.discount,
		amount=settled.amount,
		refund_status=_read_line_refund(line, status),
	)


def _read_line_refund(line: Fields, status: str) -> str:
	word = line.find_text("refund_status")
	if word not in statuses.LINE_REFUND:
		raise MappingError("status_unknown", line.locate("refund_status"), word)
	closed = line.find_text("status")
	if closed == statuses.CLOSED_PAID or (closed == statuses.CLOSED_UNPAID and status != "Closed"):
		# also closed alone while the trade goes on: nothing of this line is to be sent any more
		return "Refunded"
	return statuses.LINE_REFUND[word]


def _get_paid(
	trade: Fields, status: str, holds: tuple[str, ...], paid_at: datetime | None, total: Decimal
) -> Decimal:
	"""What the buyer has paid; a deposit alone counts as nothing, since the trade doesn't tell its amount."""
	if status == "Unpaid" or "balance_unpaid" in holds:
		return ZERO
	is_cash = trade.find_text("type") == "cod"
	if trade.get_text("status") == statuses.CLOSED_UNPAID or (is_cash and status != "Completed"):
		return total if paid_at else ZERO
	return total


def _get_refunded(
	trade: Fields, status: str, paid: Decimal, lines: list[Fields], made: list[CanonicalLine]
) -> Decimal:
	"""What went back: all of a closed trade, what the seller of a completed one didn't receive, closed lines before."""
	if status == "Closed":
		return paid
	received = trade.find_yuan("received_payment")
	if status == "Completed" and received and trade.find_text("type") != "cod":
		return max(ZERO, paid - received)
	closed = (
		line.amount
		for fields, line in zip(lines, made, strict=True)
		if fields.find_text("status") == statuses.CLOSED_PAID
	)
	return min(paid, sum(closed, ZERO))


def _get_ship_by(trade: Fields, status: str) -> datetime | None:
	"""The platform's next own deadline, while that is the one to ship. Later it means the buyer's confirmation."""
	return trade.find_time("timeout_action_time") if status in ("To Review", "Partly Shipped") else None


def _make_receiver(trade: Fields) -> CanonicalReceiver:
	province = trade.find_text("receiver_state")
	return make_canonical(
		CanonicalReceiver,
		"trade.receiver",
		name=trade.find_text("receiver_name"),
		mobile=trade.find_text("receiver_mobile") or trade.find_text("receiver_phone"),
		province=find_province(province) or province,
		city=trade.find_text("receiver_city"),
		district=trade.find_text("receiver_district"),
		town=trade.find_text("receiver_town"),
		address=trade.find_text("receiver_address"),
		platform_token=trade.find_text("oaid"),
	)


def map_refund(payload: Payload) -> CanonicalRefund:
	"""The canonical refund of a refund or exchange case. Raises MappingError."""
	refund = Fields(payload, "refund")
	kind = _get_kind(refund)
	word = refund.get_text("status")
	if word not in statuses.REFUND:
		raise MappingError("status_unknown", refund.locate("status"), word)
	status = statuses.REFUND[word]
	if status == "Refunded" and kind in ("Exchange", "Reship"):
		status = "Done"
	line_no = refund.find_text("oid")
	return make_canonical(
		CanonicalRefund,
		"refund",
		platform="Taobao",
		platform_case_no=refund.get_text("refund_id"),
		platform_order_no=refund.get_text("tid"),
		line_nos=(line_no,) if line_no else (),
		kind=kind,
		status=status,
		platform_status=word,
		amount=refund.find_yuan("refund_fee"),
		reason=" ".join(filter(None, (refund.find_text("reason"), refund.find_text("desc")))),
		opened_at=refund.get_time("created"),
		modified_at=refund.find_time("modified"),
		return_waybill_no=refund.find_text("sid"),
	)


def _get_kind(refund: Fields) -> str:
	dispute = refund.find_text("dispute_type")
	if dispute in statuses.DISPUTES:
		return statuses.DISPUTES[dispute]
	if str(refund.value.get("has_good_return")).lower() == "true":
		return "Return"
	is_unsent = refund.find_text("order_status") in statuses.TO_SHIP
	return "Refund Before Shipping" if is_unsent else "Refund"


def map_listing(payload: Payload) -> list[ListingFacts]:
	"""The variants of an item; the item itself where it has none. Raises MappingError."""
	item = Fields(payload, "item")
	common = {
		"platform_item_id": item.get_text("num_iid"),
		"title": item.find_text("title"),
		"image_url": item.find_text("pic_url"),
	}
	is_on_sale = item.find_text("approve_status") in ("", "onsale")
	skus = item.find_child("skus").list_children("sku")
	if not skus:
		return [
			ListingFacts(
				**common,
				outer_id=item.find_text("outer_id"),
				price=item.find_yuan("price"),
				qty=item.find_int("num") or 0,
				status="On Sale" if is_on_sale else "Off Sale",
			)
		]
	return [
		ListingFacts(
			**common,
			platform_sku_id=sku.get_text("sku_id"),
			outer_id=sku.find_text("outer_id"),
			spec=_get_spec(sku.find_text("properties_name")),
			price=sku.find_yuan("price"),
			qty=sku.find_int("quantity") or 0,
			status="Deleted"
			if sku.find_text("status") == "delete"
			else "On Sale"
			if is_on_sale
			else "Off Sale",
		)
		for sku in skus
	]


def _get_spec(text: str) -> str:
	"""The words of properties_name, which writes numbers before them: 20000:32:颜色:白色;20001:7:尺码:L."""
	parts = (part.split(":", 3) for part in text.split(";"))
	return ";".join(":".join(part[2:] if len(part) == 4 else part) for part in parts)
