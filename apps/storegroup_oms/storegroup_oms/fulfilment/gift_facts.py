"""What gifts are decided by: the rules, and what of orders earns them. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import frappe
from frappe.utils import cint, get_datetime

from storegroup_oms.fulfilment.gift_rules import Bought, Rule

ORDER_FIELDS = (
	"platform",
	"order_type",
	"paid_at",
	"paid_amount",
	"refund_amount",
	"customer",
	"platform_buyer_id",
	"buyer_nick",
	"sku_summary",
)
RULE_FIELDS = (
	"name",
	"priority",
	"is_exclusive",
	"shop",
	"platform",
	"starts_at",
	"ends_at",
	"min_amount",
	"bought_sku",
	"bought_qty",
	"gift_sku",
	"gift_qty",
	"keep_free",
	"times_per_order",
	"orders_per_buyer",
	"total_qty",
)


def read_rules() -> list[Rule]:
	"""Active rules by rank."""
	rows = frappe.get_all(
		"Gift Rule", filters={"is_active": 1}, fields=list(RULE_FIELDS), order_by="priority asc, name asc"
	)
	return [make_rule(row) for row in rows]


def make_rule(row: Mapping) -> Rule:
	"""A Gift Rule's values, stored or from a form, as the chain of rules reads them."""
	return Rule(
		name=row["name"],
		gift_sku=row["gift_sku"],
		gift_qty=max(cint(row["gift_qty"]), 1),
		priority=cint(row["priority"]),
		is_exclusive=bool(cint(row["is_exclusive"])),
		shop=row["shop"] or "",
		platform=row["platform"] or "",
		starts_at=get_datetime(row["starts_at"]) if row["starts_at"] else None,
		ends_at=get_datetime(row["ends_at"]) if row["ends_at"] else None,
		min_amount=Decimal(str(row["min_amount"] or 0)),
		bought_sku=row["bought_sku"] or "",
		bought_qty=max(cint(row["bought_qty"]), 1),
		keep_free=cint(row["keep_free"]),
		times_per_order=max(cint(row["times_per_order"]), 1),
		orders_per_buyer=cint(row["orders_per_buyer"]),
		total_qty=cint(row["total_qty"]),
	)


def make_bought(order: frappe._dict, lines: Iterable[frappe._dict]) -> Bought:
	"""What of an order earns gifts."""
	pieces: dict[str, int] = {}
	for line in lines:
		if not line.is_gift and line.refund_status != "Refunded":
			pieces[line.sku or ""] = pieces.get(line.sku or "", 0) + line.qty
	paid = Decimal(str(order.paid_amount or 0)) - Decimal(str(order.refund_amount or 0))
	buyer = order.customer or ""
	if not buyer and (order.platform_buyer_id or order.buyer_nick):
		buyer = f"{order.platform} {order.platform_buyer_id or order.buyer_nick}"
	return Bought(
		order.name, order.shop, order.platform, order.order_type, buyer, order.paid_at, paid, pieces
	)


def read_bought(orders: Sequence[frappe._dict]) -> list[Bought]:
	"""What of each order earns gifts, in their order."""
	lines = read_lines([order.name for order in orders]) if orders else {}
	return [make_bought(order, lines.get(order.name, [])) for order in orders]


def read_lines(orders: Sequence[str]) -> dict[str, list[frappe._dict]]:
	"""Order → its lines by position."""
	rows = frappe.db.sql(
		"""SELECT name, parent, idx, sku, title, qty, shipped_qty, reserved_qty, refund_status, is_gift
		FROM `tabOrder Item` WHERE parent IN %s AND parenttype = 'Order' ORDER BY parent, idx""",
		[orders],
		as_dict=True,
	)
	lines: dict[str, list[frappe._dict]] = {}
	for row in rows:
		lines.setdefault(row.parent, []).append(row)
	return lines
