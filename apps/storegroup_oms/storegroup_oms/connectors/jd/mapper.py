"""JD's orders, after-sale cases and SKUs as canonical records. Pure. Source: platforms reference 3.5-3.6."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal

from ...orders.canonical import CanonicalLine, CanonicalOrder, CanonicalReceiver, CanonicalRefund
from ...orders.importing.addresses import find_province
from ...orders.money import ZERO, allocate
from ..amounts import LineFigures, SettledLine, SettledOrder, settle_order
from ..base import ListingFacts, Payload
from ..errors import MappingError
from ..fields import Fields, make_canonical
from . import statuses


def map_order(payload: Payload) -> CanonicalOrder:
	"""The canonical order of an orderInfo. Raises MappingError.

	JD says nothing of refunds in an order: lines have no refund_status, and only a closed order that was paid
	has a refund_amount.
	"""
	order = Fields(payload, "orderInfo")
	word, status = _read_status(order)
	lines = order.list_children("itemInfoList")
	if not lines:
		raise MappingError("no_lines", "orderInfo.itemInfoList")
	freight = order.find_yuan("freightPrice")
	total = _get_total(order, freight)
	amounts = _settle(order, lines, total, freight)
	paid_at = order.find_time("paymentConfirmTime")
	paid = _get_paid(order, status, paid_at, total)
	return make_canonical(
		CanonicalOrder,
		"orderInfo",
		platform="JD",
		platform_order_no=order.get_text("orderId"),
		platform_status=order.get_text("orderState"),
		status=status,
		order_type="Cash on Delivery" if _is_cash(order) else "Normal",
		buyer_nick=order.find_text("pin"),
		platform_buyer_id=order.find_text("open_id_buyer"),
		receiver=_make_receiver(order.find_child("consigneeInfo")),
		buyer_message=order.find_text("orderRemark"),
		seller_memo=order.find_text("venderRemark"),
		hold_reasons=("platform_locked",) if word in statuses.LOCKED else (),
		goods_amount=amounts.goods,
		discount_amount=amounts.discount,
		platform_discount_amount=_get_platform_discount(order, amounts.discount),
		freight_amount=amounts.freight,
		total_amount=total,
		paid_amount=paid,
		refund_amount=paid if status == "Closed" else ZERO,
		ordered_at=order.get_time("orderStartTime"),
		paid_at=paid_at,
		modified_at=order.find_time("modified"),
		lines=_make_lines(lines, amounts.lines),
	)


def _read_status(order: Fields) -> tuple[str, str]:
	"""JD's word under its newer name, and ours."""
	word = order.get_text("orderState")
	word = statuses.ALIASES.get(word, word)
	if word not in statuses.ORDER:
		raise MappingError("status_unknown", order.locate("orderState"), word)
	return word, statuses.ORDER[word]


def _is_cash(order: Fields) -> bool:
	# the field holds the number, or number and name: 1-货到付款
	return order.find_text("payType").split("-")[0] == statuses.CASH_ON_DELIVERY


def _get_total(order: Fields, freight: Decimal) -> Decimal:
	"""What the buyer owes. orderPayment comes last of JD's own figures: it isn't kept any more."""
	if order.has("shouldPay"):
		return order.get_yuan("shouldPay")
	paid = order.find_yuan("actualPay")
	if paid:
		return paid
	if order.has("orderPayment"):
		return order.get_yuan("orderPayment")
	return order.get_yuan("orderSellerPrice") + freight


def _settle(order: Fields, lines: list[Fields], total: Decimal, freight: Decimal) -> SettledOrder:
	"""Amounts that add up: each line less its own coupons and its share of those of the whole order."""
	prices = [(line.get_qty("itemTotal"), line.get_yuan("jdPrice")) for line in lines]
	shares = [qty * price for qty, price in prices]
	owner = {}
	for index, line in enumerate(lines):
		owner.setdefault(line.get_text("skuId"), index)
	whole = ZERO
	for coupon in order.list_children("couponDetailList"):
		amount = coupon.find_signed_yuan("couponPrice")
		index = owner.get(coupon.find_text("skuId"))
		if index is None or amount > shares[index]:
			whole += amount
		else:
			shares[index] -= amount
	if whole <= sum(shares):
		shares = [share - part for share, part in zip(shares, allocate(whole, shares), strict=True)]
	goods = sum((qty * price for qty, price in prices), ZERO)
	if total > max(goods, sum(shares)) + freight or total < 0:
		raise MappingError("money_mismatch", "orderInfo", f"goods {goods}, freight {freight}, total {total}")
	figures = [LineFigures(qty, price, share) for (qty, price), share in zip(prices, shares, strict=True)]
	return settle_order(total, freight, figures)


def _get_platform_discount(order: Fields, discount: Decimal) -> Decimal:
	"""What is left of the discount after the seller's own part; 0 where JD doesn't tell that."""
	if not order.has("sellerDiscount"):
		return ZERO
	return min(discount, max(ZERO, discount - order.find_signed_yuan("sellerDiscount")))


def _get_paid(order: Fields, status: str, paid_at: datetime | None, total: Decimal) -> Decimal:
	if status == "Unpaid":
		return ZERO
	if status == "Closed" or (_is_cash(order) and status != "Completed"):
		return total if paid_at else ZERO
	return total


def _make_lines(lines: list[Fields], settled: list[SettledLine]) -> list[CanonicalLine]:
	"""JD numbers no lines: the SKU names them, with a counter where it comes twice."""
	seen: Counter[str] = Counter()
	made = []
	for line, amounts in zip(lines, settled, strict=True):
		sku_id = line.get_text("skuId")
		seen[sku_id] += 1
		made.append(
			make_canonical(
				CanonicalLine,
				line.path,
				platform_line_no=sku_id if seen[sku_id] == 1 else f"{sku_id}-{seen[sku_id]}",
				platform_item_id=line.find_text("wareId"),
				platform_sku_id=sku_id,
				sku_code=line.find_text("outerSkuId"),
				title=line.find_text("skuName"),
				qty=line.get_qty("itemTotal"),
				unit_price=amounts.unit_price,
				discount_amount=amounts.discount,
				amount=amounts.amount,
			)
		)
	return made


def _make_receiver(consignee: Fields) -> CanonicalReceiver:
	region = [consignee.find_text(name) for name in ("province", "city", "county", "town")]
	province, city, district, town = region
	return make_canonical(
		CanonicalReceiver,
		"orderInfo.receiver",
		name=consignee.find_text("fullname"),
		mobile=consignee.find_text("mobile") or consignee.find_text("telephone"),
		province=find_province(province) or province,
		city=city,
		district=district,
		town=town,
		address=_strip_region(consignee.find_text("fullAddress"), region),
	)


def _strip_region(address: str, region: list[str]) -> str:
	"""JD writes the whole address; what the other fields hold already is left out."""
	for name in region:
		if name:
			address = address.strip().removeprefix(name)
	return address.strip()


def map_refund(payload: Payload) -> CanonicalRefund:
	"""The canonical refund of a request before shipping or of a service after receipt. Raises MappingError."""
	case = Fields(payload, "case")
	return _map_service(case) if case.has("serviceId") else _map_application(case)


def _map_application(case: Fields) -> CanonicalRefund:
	return make_canonical(
		CanonicalRefund,
		"case",
		platform="JD",
		platform_case_no=case.get_text("id"),
		platform_order_no=case.get_text("orderId"),
		line_nos=_list_skus(case),
		kind="Refund Before Shipping",
		status=_read_case_status(case, "status", statuses.REFUND),
		platform_status=case.get_text("status"),
		amount=case.find_yuan("applyRefundSum"),
		reason=case.find_text("reason"),
		opened_at=case.get_time("applyTime"),
		modified_at=case.find_time("checkTime") or case.find_time("applyTime"),
	)


def _map_service(case: Fields) -> CanonicalRefund:
	expectation = case.get_int("customerExpect")
	if expectation not in statuses.EXPECTATIONS:
		raise MappingError("field_invalid", case.locate("customerExpect"), expectation)
	kind = statuses.EXPECTATIONS[expectation]
	status = _read_case_status(case, "serviceStatus", statuses.SERVICE)
	waybill_no = case.find_text("expressCode")
	if status == "Refunded" and kind in ("Exchange", "Reship"):
		status = "Done"
	if status == "Waiting for Buyer" and waybill_no:
		status = "Waiting for Parcel"
	return make_canonical(
		CanonicalRefund,
		"case",
		platform="JD",
		platform_case_no=case.get_text("serviceId"),
		platform_order_no=case.get_text("orderId"),
		line_nos=_list_skus(case),
		kind=kind,
		status=status,
		platform_status=case.get_text("serviceStatus"),
		amount=case.find_yuan("refundAmount"),
		reason=case.find_text("questionDesc"),
		opened_at=case.get_time("applyTime"),
		modified_at=case.find_time("updateDate")
		or case.find_time("approvedDate")
		or case.find_time("applyTime"),
		return_waybill_no=waybill_no,
	)


def _read_case_status(case: Fields, name: str, table: dict[int, str]) -> str:
	number = case.get_int(name)
	if number not in table:
		raise MappingError("status_unknown", case.locate(name), number)
	return table[number]


def _list_skus(case: Fields) -> tuple[str, ...]:
	numbers = (sku.find_text("skuId") for sku in case.list_children("skuList"))
	return tuple(number for number in numbers if number)


def map_listing(payload: Payload) -> list[ListingFacts]:
	"""One SKU. Raises MappingError."""
	sku = Fields(payload, "sku")
	spec = " ".join(_list_spec(sku))
	return [
		ListingFacts(
			platform_item_id=sku.get_text("wareId"),
			platform_sku_id=sku.get_text("skuId"),
			outer_id=sku.find_text("outerId"),
			title=sku.find_text("wareTitle") or sku.find_text("skuName"),
			spec=spec,
			price=sku.find_yuan("jdPrice"),
			qty=sku.find_int("stockNum") or 0,
			status={1: "On Sale", 4: "Deleted"}.get(sku.find_int("status") or 1, "Off Sale"),
			image_url=sku.find_text("logo"),
		)
	]


def _list_spec(sku: Fields) -> list[str]:
	words = []
	for attribute in sku.list_children("saleAttrs"):
		values = attribute.value.get("attrValueAlias")
		words += [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
	return words
