"""JD's orders as they stand on the wire. Every field is text, money in yuan. Source: platforms.md 3.5.

A name in `optional_fields` decides what comes back. Line amounts after discounts don't exist at JD: discounts
are rows of `couponDetailList`, of one SKU or of the whole order.
"""

from __future__ import annotations

import base64
import hashlib

from ..amounts import format_yuan
from ..clock import format_time
from ..masks import mask_address, mask_mobile, mask_name
from ..model import CLOSED, COMPLETED, PAID, PART_SHIPPED, SHIPPED, UNPAID, Line, Order, Receiver, Shop
from .couriers import get_courier_id

STATUSES = {
	UNPAID: "NOT_PAY",
	PAID: "WAIT_SELLER_STOCK_OUT",
	PART_SHIPPED: "WAIT_SELLER_STOCK_OUT",  # no state of its own: JD splits into child orders instead
	SHIPPED: "WAIT_GOODS_RECEIVE_CONFIRM",
	COMPLETED: "FINISHED_L",
	CLOSED: "TRADE_CANCELED",
}
SEEN_STATUSES = frozenset(STATUSES.values()) | {"LOCKED", "PAUSE"}  # what orders of this world can have
KNOWN_STATUSES = SEEN_STATUSES | {
	"POP_ORDER_PAUSE",
	"WAIT_SELLER_DELIVERY",
	"DELIVERY_RETURN",
}
REMARKS = {
	"NOT_PAY": "等待付款",
	"WAIT_SELLER_STOCK_OUT": "等待出库",
	"WAIT_GOODS_RECEIVE_CONFIRM": "等待确认收货",
	"FINISHED_L": "完成",
	"TRADE_CANCELED": "取消",
	"LOCKED": "已锁定",
	"PAUSE": "暂停",
}
NEVER = "0001-01-01 00:00:00"
LINE_COUPON, SHOP_COUPON, PLATFORM_COUPON = "30-单品促销优惠", "100-店铺优惠", "41-京东券优惠"


def get_status(order: Order) -> str:
	"""JD's `orderState`, locks and reviews included."""
	if order.state in (PAID, PART_SHIPPED):
		if order.is_locked:
			return "LOCKED"
		if order.is_under_review:
			return "PAUSE"
	return STATUSES[order.state]


def render_order(shop: Shop, order: Order, fields: frozenset[str], is_encrypted: bool) -> dict:
	"""`orderInfo` with the asked fields only; the receiver masked, or as ciphertext for the `en` methods."""
	makers = {
		"consigneeInfo": lambda: _render_receiver(order.order_no, order.receiver, is_encrypted),
		"itemInfoList": lambda: [_render_line(line) for line in order.lines],
		"couponDetailList": lambda: _render_coupons(order),
	}
	row = {name: value for name, value in _render_head(shop, order).items() if name in fields}
	row.update({name: make() for name, make in makers.items() if name in fields})
	if order.poison:
		_poison(row, order.poison)
	return row


def _render_head(shop: Shop, order: Order) -> dict:
	status = get_status(order)
	seller_discount = order.line_discount + order.seller_discount - order.adjust
	return {
		"orderId": order.order_no,
		"venderId": shop.shop_id,
		"orderType": "22",
		"payType": "4-在线支付",
		"orderState": status,
		"orderStateRemark": REMARKS[status],
		"orderTotalPrice": format_yuan(order.goods),
		"orderSellerPrice": format_yuan(order.goods - seller_discount),
		"orderPayment": format_yuan(order.total),
		"shouldPay": format_yuan(order.total),
		"actualPay": format_yuan(order.paid),
		"freightPrice": format_yuan(order.freight),
		"sellerDiscount": format_yuan(seller_discount),
		"balanceUsed": "0.00",
		"orderStartTime": format_time(order.created),
		"orderEndTime": format_time(order.finished_at),
		"paymentConfirmTime": format_time(order.paid_at) or NEVER,
		"modified": format_time(order.modified),
		"pin": order.buyer_nick,
		"open_id_buyer": order.buyer_id,
		"orderRemark": order.buyer_message,
		"venderRemark": order.seller_memo,
		"invoiceInfo": "不需要开具发票",
		"waybill": "|".join(parcel.waybill_no for parcel in order.parcels),
		"logisticsId": "|".join(get_courier_id(parcel.courier) for parcel in order.parcels),
		"parentOrderId": "0",
		"directParentOrderId": "0",
		"storeOrder": "",
		"idSopShipmenttype": "68",
	}


def _render_line(line: Line) -> dict:
	return {
		"skuId": line.sku_id,
		"outerSkuId": line.outer_id,
		"skuName": f"{line.title} {line.spec}".strip(),
		"jdPrice": format_yuan(line.price),
		"itemTotal": str(line.qty),
		"wareId": line.item_id,
		"productNo": "",
		"giftPoint": "0",
		"newStoreId": "0",
	}


def _render_coupons(order: Order) -> list[dict]:
	"""A seller's change of price shows as one more discount of the shop: JD has no field for it."""
	rows = [(LINE_COUPON, line.discount, line.sku_id) for line in order.lines]
	rows.append((SHOP_COUPON, order.seller_discount - order.adjust, ""))
	rows.append((PLATFORM_COUPON, order.platform_discount, ""))
	return [
		{
			"orderId": order.order_no,
			"couponType": kind,
			"couponPrice": format_yuan(amount),
			"skuId": sku_id,
		}
		for kind, amount, sku_id in rows
		if amount
	]


def _render_receiver(order_no: str, receiver: Receiver, is_encrypted: bool) -> dict:
	region = f"{receiver.province}{receiver.city}{receiver.district}{receiver.town}"
	if is_encrypted:
		name, mobile = encrypt(order_no, "name", receiver.name), encrypt(order_no, "mobile", receiver.mobile)
		full = encrypt(order_no, "address", region + receiver.address)
	else:
		name, mobile = mask_name(receiver.name), mask_mobile(receiver.mobile)
		full = region + mask_address(receiver.address)
	return {
		"fullname": name,
		"mobile": mobile,
		"telephone": mobile,
		"fullAddress": full,
		"province": receiver.province,
		"city": receiver.city,
		"county": receiver.district,
		"town": receiver.town,
		"provinceId": get_region_id(receiver.province),
		"cityId": get_region_id(receiver.province, receiver.city),
		"countyId": get_region_id(receiver.province, receiver.city, receiver.district),
		"townId": get_region_id(receiver.province, receiver.city, receiver.district, receiver.town),
	}


def encrypt(order_no: str, kind: str, text: str) -> str:
	"""Opaque text in place of personal data; JD's key service, which would open it, is not simulated."""
	return base64.b64encode(hashlib.sha256(f"{order_no}|{kind}|{text}".encode()).digest()).decode()


def get_region_id(*names: str) -> str:
	"""A stable number for a region; "0" for an unnamed one. Invented, not JD's own list."""
	if not names[-1]:
		return "0"
	return str(int.from_bytes(hashlib.sha256("/".join(names).encode()).digest()[:2], "big") + 1)


def _poison(row: dict, poison: str) -> None:
	if poison == "missing_lines":
		row.pop("itemInfoList", None)
	elif poison == "negative_quantity" and row.get("itemInfoList"):
		row["itemInfoList"][0]["itemTotal"] = "-1"
	elif poison == "unreadable_amount":
		row.update({name: "1,2x" for name in ("orderTotalPrice", "shouldPay", "freightPrice") if name in row})
	elif poison == "unknown_status" and "orderState" in row:
		row["orderState"] = "STATE_OF_TOMORROW"
	elif poison == "absent_created":
		row.pop("orderStartTime", None)
