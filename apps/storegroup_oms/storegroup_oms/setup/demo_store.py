"""Writes the story's buyers and orders: Customer, Order with lines, receivers and timeline. Set-based."""

from datetime import timedelta
from decimal import Decimal

import frappe

from storegroup_oms.bulk import reserve_names
from storegroup_oms.customers.masking import mask_mobile, mask_name
from storegroup_oms.orders import events, receivers
from storegroup_oms.orders.intake import SERIES, SERIES_DIGITS
from storegroup_oms.orders.money import ZERO, round_money
from storegroup_oms.orders.review_states import get_state_by_status
from storegroup_oms.setup.demo_buyers import Buyer
from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_orders import Order
from storegroup_oms.setup.demo_rows import insert_children, insert_rows

PLATFORM_STATUS = {
	"Taobao": (
		"WAIT_BUYER_PAY",
		"WAIT_SELLER_SEND_GOODS",
		"WAIT_BUYER_CONFIRM_GOODS",
		"TRADE_FINISHED",
		"TRADE_CLOSED",
	),
	"JD": ("NOT_PAY", "WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L", "TRADE_CANCELED"),
	"Pinduoduo": ("0", "1", "2", "3", "4"),
	"Douyin": ("1", "2", "3", "5", "4"),
}
# step that ends in a status, who did it
EVENTS = (
	("paid", "To Review", "Platform"),
	("reviewed", "To Print", "zhou.qian@example.com"),
	("printed", "To Pick", "he.li@example.com"),
	("picked", "To Ship", "he.li@example.com"),
	("shipped", "Shipped", "he.li@example.com"),
	("completed", "Completed", "Platform"),
	("closed", "Closed", "Platform"),
)


def store_customers(buyers: list[Buyer], orders: list[Order]) -> None:
	"""One Customer per buyer who ordered, with figures that agree with the orders."""
	by_buyer: dict[int, list[Order]] = {}
	for order in orders:
		by_buyer.setdefault(order.buyer.number, []).append(order)
	known = [buyer for buyer in buyers if buyer.number in by_buyer]
	for buyer, name in zip(known, reserve_names("CU-", 9, len(known)), strict=True):
		buyer.name = name
	insert_rows("Customer", [_make_customer(buyer, by_buyer[buyer.number]) for buyer in known])
	insert_children(
		"Customer Identity",
		"Customer",
		"identities",
		[
			{
				"parent": buyer.name,
				"platform": platform,
				"shop": None,
				"platform_user_id": f"demo-{platform.lower()}-{buyer.number:05d}",
				"nick": nick,
				"confidence": 100 if index == 0 else 90,
				"linked_at": by_buyer[buyer.number][0].moments["ordered"],
			}
			for buyer in known
			for index, (platform, nick) in enumerate(buyer.accounts.items())
		],
	)


def _make_customer(buyer: Buyer, orders: list[Order]) -> dict:
	paid = sum((order.total for order in orders if order.is_paid), ZERO)
	shops = [order.shop["shop_name"] for order in orders]
	count = len(orders)
	return {
		"name": buyer.name,
		"customer_name": mask_name(buyer.receiver.name),
		"mobile_masked": mask_mobile(buyer.receiver.mobile),
		"mobile_hash": receivers.hash_mobile(buyer.receiver.mobile),
		"tier": "VIP" if paid >= 400 else ("Regular" if count > 1 else "New"),
		"tags": None,
		"is_blocked": int(buyer.is_blocked),
		"blocked_reason": "多次恶意退款(演示)" if buyer.is_blocked else None,
		"order_count": count,
		"total_paid": paid,
		"total_refunded": sum((order.refund for order in orders), ZERO),
		"first_order_at": orders[0].moments["ordered"],
		"last_order_at": orders[-1].moments["ordered"],
		"favourite_shop": max(sorted(set(shops)), key=shops.count),
		"recency_score": 5,
		"frequency_score": min(count, 5),
		"monetary_score": 1 + sum(paid >= limit for limit in (50, 120, 250, 400)),
		"province": buyer.province,
		"city": buyer.city,
	}


def store_orders(company: Company, orders: list[Order]) -> None:
	"""Insert orders, lines, receivers and timeline rows; sets each order's name."""
	for order, name in zip(orders, reserve_names(SERIES, SERIES_DIGITS, len(orders)), strict=True):
		order.name = name
	states = get_state_by_status()
	seen: set[int] = set()
	rows = []
	for order in orders:
		rows.append(_make_order_row(company, order, states, order.buyer.number in seen))
		seen.add(order.buyer.number)
	insert_rows("Order", rows)
	insert_children(
		"Order Item", "Order", "items", [row for order in orders for row in _make_items(company, order)]
	)
	receivers.store_receivers(
		(order.name, order.shop["shop_name"], _get_region(order), order.buyer.receiver) for order in orders
	)
	events.record_events(row for order in orders for row in _make_events(order))


def _get_region(order: Order) -> str:
	return order.buyer.province + order.buyer.city + _get_district(order)


def _get_district(order: Order) -> str:
	return "" if "address_incomplete" in order.hold_reasons else order.buyer.district


def _make_order_row(company: Company, order: Order, states: dict[str, str], is_returning: bool) -> dict:
	return (
		_make_identity(order, is_returning)
		| _make_moments(order)
		| _make_amounts(company, order)
		| {
			"status": order.status,
			"review_state": states.get(order.status),
			"platform_status": _get_platform_status(order),
			"hold_reasons": order.hold_reasons,
			"stop_reasons": order.stop_reasons,
			"tags": ",".join(order.tags),
			"closed_reason": order.closed_reason or None,
			"buyer_message": order.buyer_message,
			"seller_memo": order.seller_memo,
			"memo_flag": order.memo_flag or None,
			"invoice_kind": "Personal" if "invoice_requested" in order.hold_reasons else "None",
			"warehouse": order.warehouse or None,
			"courier": order.courier or None,
			"reviewed_by": "zhou.qian@example.com" if "reviewed" in order.moments else None,
			"ship_confirm_status": "Confirmed" if "shipped" in order.moments else None,
			"ship_confirmed_at": _after(order.moments.get("shipped"), 40),
		}
	)


def _make_identity(order: Order, is_returning: bool) -> dict:
	masks = order.buyer.receiver.get_masks()
	if "phone_invalid" in order.hold_reasons:
		masks["receiver_mobile"] = "****"
	platform = order.shop["platform"]
	return masks | {
		"name": order.name,
		"shop": order.shop["shop_name"],
		"platform": platform,
		"platform_order_no": order.platform_order_no,
		"order_type": "Normal",
		"source": "Import",
		"buyer_nick": order.buyer.accounts[platform],
		"platform_buyer_id": f"demo-{platform.lower()}-{order.buyer.number:05d}",
		"customer": order.buyer.name,
		"customer_kind": "Repeat Customer" if is_returning else "New Customer",
		"province": order.buyer.province,
		"city": order.buyer.city,
		"district": _get_district(order),
	}


def _make_moments(order: Order) -> dict:
	moments = order.moments
	return {
		"ordered_at": moments["ordered"],
		"paid_at": moments.get("paid"),
		"ship_by": order.ship_by,
		"first_seen_at": _after(moments["ordered"], 3),
		"reviewed_at": moments.get("reviewed"),
		"printed_at": moments.get("printed"),
		"shipped_at": moments.get("shipped"),
		"delivered_at": moments.get("delivered"),
		"completed_at": moments.get("completed"),
		"closed_at": moments.get("closed"),
	}


def _make_amounts(company: Company, order: Order) -> dict:
	cost = sum((_get_cost(company, line.sku) * line.qty for line in order.lines), ZERO)
	paid = order.total if order.is_paid else ZERO
	earned = paid - order.refund
	commission = round_money(earned * Decimal(str(order.shop["commission_rate"])) / 100)
	weight = sum(company.sku_by_code[line.sku]["weight_g"] * line.qty for line in order.lines if line.sku)
	freight_cost = get_freight_cost(company, order.courier, weight) if "shipped" in order.moments else ZERO
	is_sold = order.is_paid and order.status != "Closed"
	parts = [f"{line.sku or line.title}×{line.qty}" for line in order.lines]
	return {
		"goods_amount": order.goods,
		"discount_amount": order.discount,
		"platform_discount_amount": ZERO,
		"freight_amount": order.freight,
		"total_amount": order.total,
		"paid_amount": paid,
		"refund_amount": order.refund,
		"cost_amount": cost,
		"freight_cost": freight_cost,
		"commission_amount": commission,
		"promotion_cost": ZERO,
		"profit_amount": earned - cost - freight_cost - commission if is_sold else ZERO,
		"item_count": len(order.lines),
		"total_qty": sum(line.qty for line in order.lines),
		"total_weight_g": weight,
		"sku_summary": ", ".join(parts),
	}


def get_freight_cost(company: Company, courier: str, weight_g: int) -> Decimal:
	"""First kilogram and each further begun one, by the story's rates; yuan with two places."""
	first, further = company.story["freight"][courier]
	kilograms = max(-(-weight_g // 1_000), 1)
	return round_money(Decimal(str(first)) + Decimal(str(further)) * (kilograms - 1))


def _get_cost(company: Company, sku: str | None) -> Decimal:
	return Decimal(str(company.sku_by_code[sku]["cost_price"])) if sku else ZERO


def _get_platform_status(order: Order) -> str:
	unpaid, waiting, shipped, completed, closed = PLATFORM_STATUS[order.shop["platform"]]
	words = {"Unpaid": unpaid, "Shipped": shipped, "Completed": completed, "Closed": closed}
	return words.get(order.status, waiting)


def _make_items(company: Company, order: Order) -> list[dict]:
	reserved = order.status in ("To Print", "To Pick", "To Ship")
	refunded = "Refunded" if order.status == "Closed" and order.refund else None
	rows = []
	for index, line in enumerate(order.lines):
		shipped = "shipped" in order.moments and not is_second_parcel(order, index)
		rows.append(
			{
				"parent": order.name,
				"platform_line_no": f"{order.platform_order_no}-{index + 1}",
				"listing": None,
				"sku": line.sku,
				"title": line.title,
				"specification": line.specification,
				"qty": line.qty,
				"unit_price": line.unit_price,
				"discount_amount": line.discount,
				"amount": line.amount,
				"refund_status": "Requested" if "refund_requested" in order.stop_reasons else refunded,
				"refund_amount": line.amount if refunded else ZERO,
				"reserved_qty": line.qty if reserved or is_second_parcel(order, index) else 0,
				"shipped_qty": line.qty if shipped else 0,
				"is_gift": int(line.is_gift),
				"unit_cost": _get_cost(company, line.sku),
			}
		)
	return rows


def is_second_parcel(order: Order, index: int) -> bool:
	"""True for the last line of a partly shipped order: it waits for a second parcel."""
	return order.status == "Partly Shipped" and index == len(order.lines) - 1


def _make_events(order: Order) -> list[dict]:
	rows = [
		{
			"order": order.name,
			"event": "Order created",
			"to_status": "Unpaid",
			"source": "Platform",
			"occurred_at": _after(order.moments["ordered"], 3),
		}
	]
	status = "Unpaid"
	for step, to_status, source in EVENTS:
		if step in order.moments:
			word = "Partly Shipped" if step == "shipped" and order.status == "Partly Shipped" else to_status
			rows.append(_make_move(order, status, word, source, order.moments[step]))
			status = word
	if order.status in ("On Hold", "Backorder"):
		details = {"hold_reasons": order.hold_reasons}
		moment = _after(order.moments["paid"], 5)
		rows.append(_make_move(order, status, order.status, "Checks", moment) | {"details": details})
	return rows


def _make_move(order: Order, from_status: str, to_status: str, source: str, moment) -> dict:
	return {
		"order": order.name,
		"event": "Status changed",
		"from_status": from_status,
		"to_status": to_status,
		"source": source,
		"occurred_at": moment,
	}


def _after(moment, seconds: int):
	return moment + timedelta(seconds=seconds) if moment else None


def find_stored(company: Company, order: Order) -> bool:
	"""True when the story's order is on the site already."""
	key = {"shop": order.shop["shop_name"], "platform_order_no": order.platform_order_no}
	return bool(frappe.db.exists("Order", key))
