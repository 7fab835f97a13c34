"""The desk compared with the platforms' own truth: every order once, every state, every cent.

The tables here say by themselves what a platform's word means on the desk: nothing of the connectors is used.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import frappe

CHINA = ZoneInfo("Asia/Shanghai")
ORDER_FIELDS = (
	"name",
	"platform_order_no",
	"platform_status",
	"status",
	"hold_reasons",
	"goods_amount",
	"discount_amount",
	"platform_discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"refund_amount",
	"ordered_at",
	"paid_at",
	"platform_modified_at",
	"buyer_message",
	"seller_memo",
	"province",
	"city",
	"district",
)
LINE_FIELDS = ("parent", "platform_line_no", "outer_id", "qty", "unit_price", "amount")
CASE_FIELDS = ("order", "platform_case_no", "status", "amount")
STATES = {
	"unpaid": "Unpaid",
	"paid": "To Review",
	"part_shipped": "Partly Shipped",
	"shipped": "Shipped",
	"completed": "Completed",
	"closed": "Closed",
}
# JD knows no parts of an order; at Pinduoduo the first parcel makes it shipped.
PART_SHIPPED = {"JD": "To Review", "Pinduoduo": "Shipped"}
# Their orders tell prices and discounts, not what is owed for a line: only the lines' sum can be known.
WITHOUT_AMOUNTS = ("JD", "Pinduoduo")
CASE_STATES = {
	"requested": "Open",
	"wait_return": "Waiting for Buyer",
	"returned": "Waiting for Parcel",
	"refunding": "Approved",
	"refunded": "Refunded",
	"refused": "Rejected",
	"withdrawn": "Cancelled",
}
# JD has one word for a request that the seller refused and one that the buyer withdrew.
UNTOLD_ENDS = {("JD", "before_ship", "withdrawn")}


def compare_shop(shop: str, truth: dict, unseen: frozenset[str] = frozenset()) -> list[str]:
	"""What differs between the desk's shop and its truth, as texts; empty when nothing does.

	`unseen` are numbers of orders that the desk can't have: hidden or broken ones.
	"""
	frappe.db.rollback()
	wanted = {
		order["order_no"]: order
		for order in truth["orders"]
		if order["platform_status"] and order["order_no"] not in unseen
	}
	stored: dict[str, list[dict]] = {}
	for row in _read("Order", ORDER_FIELDS, {"shop": shop}):
		stored.setdefault(row.platform_order_no, []).append(row)
	differences = [f"{shop} {number}: missing" for number in wanted.keys() - stored.keys()]
	differences += [f"{shop} {number}: not at the platform" for number in stored.keys() - wanted.keys()]
	differences += [f"{shop} {number}: {len(rows)} times" for number, rows in stored.items() if len(rows) > 1]
	lines = _read_lines(shop)
	for number in wanted.keys() & stored.keys():
		found = _compare_order(wanted[number], stored[number][0], lines.get(stored[number][0].name, []))
		differences += [f"{shop} {number}: {text}" for text in found]
	cases = [case for case in truth["refunds"] if case["order_no"] in wanted]
	return sorted([*differences, *_compare_cases(shop, cases, stored)])


def _read(doctype: str, fields: Iterable[str], filters: dict) -> list[frappe._dict]:
	return frappe.get_all(doctype, filters=filters, fields=list(fields), order_by="name asc")


def _read_lines(shop: str) -> dict[str, list[frappe._dict]]:
	item, order = frappe.qb.DocType("Order Item"), frappe.qb.DocType("Order")
	rows = (
		frappe.qb.from_(item)
		.join(order)
		.on(order.name == item.parent)
		.select(*(item[field] for field in LINE_FIELDS))
		.where(order.shop == shop)
		.orderby(item.parent, item.idx)
	).run(as_dict=True)
	lines: dict[str, list[frappe._dict]] = {}
	for row in rows:
		lines.setdefault(row.parent, []).append(row)
	return lines


def _compare_order(truth: dict, row: frappe._dict, lines: list[frappe._dict]) -> Iterator[str]:
	holds = set(filter(None, (row.hold_reasons or "").split(",")))
	off = truth["discount"] + truth["platform_discount"] - truth["adjust"]
	pairs = {
		"status": (_get_status(truth, bool(holds)), row.status),
		"platform_status": (truth["platform_status"], row.platform_status),
		"goods": (_yuan(truth["goods"]), row.goods_amount),
		"discount": (_yuan(off), row.discount_amount),
		"freight": (_yuan(truth["freight"]), row.freight_amount),
		"total": (_yuan(truth["total"]), row.total_amount),
		"paid": (_yuan(truth["paid"]), row.paid_amount),
		"refunded": (_yuan(truth["refunded"]), row.refund_amount),
		"ordered_at": (_time(truth["created"]), row.ordered_at),
		"paid_at": (_time(truth["paid_at"]), row.paid_at),
		"modified": (_time(truth["modified"]), row.platform_modified_at),
		"message": (truth["buyer_message"], row.buyer_message or ""),
		"memo": (truth["seller_memo"], row.seller_memo or ""),
		"place": (
			tuple(truth["receiver"][name] for name in ("province", "city", "district")),
			(row.province, row.city, row.district),
		),
	}
	if truth["platform"] != "Taobao":  # a trade doesn't tell who bears a discount
		pairs["platform_discount"] = (_yuan(truth["platform_discount"]), row.platform_discount_amount)
	pairs |= _pair_lines(truth["lines"], lines, has_amounts=truth["platform"] not in WITHOUT_AMOUNTS)
	owed = sum((_plain(line.amount) for line in lines), Decimal(0))
	pairs["sum of lines"] = (_yuan(truth["total"] - truth["freight"]), owed)
	for name, (wanted, found) in pairs.items():
		if _plain(wanted) != _plain(found):
			yield f"{name} is {found}, not {wanted}"
	# Pinduoduo shows no lock of an order, only that risk control looks at it.
	is_locked = truth["is_under_review"] or (truth["is_locked"] and truth["platform"] != "Pinduoduo")
	if truth["state"] == "paid" and is_locked and "platform_locked" not in holds:
		yield f"held by {sorted(holds)}, not by platform_locked"


def _get_status(truth: dict, is_held: bool) -> str:
	status = STATES[truth["state"]]
	if truth["state"] == "part_shipped":
		status = PART_SHIPPED.get(truth["platform"], status)
	return "On Hold" if status == "To Review" and is_held else status


def _pair_lines(truth: list[dict], lines: list[frappe._dict], has_amounts: bool) -> dict[str, tuple]:
	stored = {line.platform_line_no: line for line in lines}
	pairs = {"lines": (sorted(line["line_no"] for line in truth), sorted(stored))}
	for line in truth:
		row = stored.get(line["line_no"])
		if row:
			pairs[f"line {line['line_no']}"] = (
				(line["outer_id"], line["qty"], _plain(_yuan(line["price"]))),
				(row.outer_id, row.qty, _plain(row.unit_price)),
			)
			if has_amounts:
				pairs[f"amount of line {line['line_no']}"] = (_yuan(line["amount"]), row.amount)
	return pairs


def _compare_cases(shop: str, truth: list[dict], orders: dict[str, list[dict]]) -> Iterator[str]:
	stored: dict[str, list[dict]] = {}
	for row in _read("After-sale Case", CASE_FIELDS, {"shop": shop}):
		stored.setdefault(row.platform_case_no, []).append(row)
	names = {number: rows[0].name for number, rows in orders.items()}
	for case in truth:
		rows = stored.pop(case["case_no"], [])
		status = CASE_STATES[case["state"]]
		if status == "Refunded" and case["kind"] == "exchange":
			status = "Done"
		if (case["platform"], case["kind"], case["state"]) in UNTOLD_ENDS:
			status = "Rejected"
		wanted = [(names.get(case["order_no"]), status, _yuan(case["amount"]))]
		found = [(row.order, row.status, _plain(row.amount)) for row in rows]
		if found != wanted:
			yield f"{shop} case {case['case_no']} of {case['order_no']}: {found}, not {wanted}"
	for number in stored:
		yield f"{shop} case {number}: not at the platform"


def _yuan(fen: int) -> Decimal:
	return Decimal(fen) / 100


def _time(stamp: float) -> datetime | None:
	return datetime.fromtimestamp(int(stamp), CHINA).replace(tzinfo=None) if stamp else None


def _plain(value: object) -> object:
	"""Money as exact cents, however the database gives it."""
	if isinstance(value, float | Decimal):
		return Decimal(str(value)).quantize(Decimal("0.01"))
	return value
