"""The worklist of held orders: counts by reason and shop, a page of orders, and one order's facts beside it.

Asks with the reader's permissions. Reads only.
"""

from collections import Counter
from collections.abc import Mapping

import frappe

from storegroup_oms.orders import events
from storegroup_oms.orders.holds import HOLD_REASONS, parse_codes
from storegroup_oms.orders.review_facts import load_details
from storegroup_oms.orders.review_orders import read_holds
from storegroup_oms.orders.review_steps import FIXED
from storegroup_oms.orders.review_texts import explain
from storegroup_oms.permissions import get_scope_condition

PAGE = 50
LAST_START = 100_000
FACTS = (
	"name",
	"shop",
	"platform",
	"platform_order_no",
	"status",
	"hold_reasons",
	"tags",
	"order_type",
	"buyer_nick",
	"customer",
	"customer_kind",
	"ordered_at",
	"paid_at",
	"ship_by",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"town",
	"address",
	"buyer_message",
	"seller_memo",
	"memo_flag",
	"goods_amount",
	"discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"stock_state",
	"warehouse",
)
ROW_FIELDS = (
	"name",
	"shop",
	"platform_order_no",
	"buyer_nick",
	"total_amount",
	"ship_by",
	"hold_reasons",
	"status",
)
LINE_FIELDS = (
	"name",
	"sku",
	"title",
	"specification",
	"qty",
	"unit_price",
	"discount_amount",
	"amount",
	"is_gift",
)


def count_holds() -> dict[str, list[dict]]:
	"""How many held orders there are by reason and by shop, most first: {total, reasons: [{code, meaning, count}], shops}."""
	scope = get_scope_condition("Order").replace("%", "%%")
	rows = frappe.db.sql(
		f"""SELECT shop, hold_reasons, COUNT(*) FROM tabOrder WHERE {_get_held()}
		{f"AND ({scope})" if scope else ""} GROUP BY shop, hold_reasons""",
		{},
	)
	reasons: Counter[str] = Counter()
	shops: Counter[str] = Counter()
	for shop, codes, count in rows:
		shops[shop] += count
		for code in parse_codes(codes) or {""}:
			reasons[code] += count
	return {
		"total": sum(shops.values()),
		"reasons": [
			{"code": code, "meaning": explain(code) if code else "", "count": count}
			for code, count in reasons.most_common()
		],
		"shops": [{"shop": shop, "count": count} for shop, count in shops.most_common()],
	}


def _get_held() -> str:
	"""Held orders; a backorder counts when it waits for a person too."""
	return """(tabOrder.status = 'On Hold' OR (tabOrder.status = 'Backorder' AND tabOrder.hold_reasons != ''
		AND tabOrder.hold_reasons NOT IN ('stock_short', 'region_unserved', 'courier_unserved', 'warehouse_missing')))"""


def get_page(filters: Mapping[str, str], start: int = 0) -> list[dict]:
	"""Held orders, those that must be shipped first first: rows of `ROW_FIELDS`. Filters: shop, code."""
	conditions = [_get_held()]
	values: dict[str, object] = {"start": min(max(start, 0), LAST_START), "length": PAGE}
	if scope := get_scope_condition("Order"):
		conditions.append(f"({scope.replace('%', '%%')})")
	if filters.get("shop"):
		conditions.append("tabOrder.shop = %(shop)s")
		values["shop"] = filters["shop"]
	if filters.get("code"):
		conditions.append("FIND_IN_SET(%(code)s, tabOrder.hold_reasons)")
		values["code"] = filters["code"]
	fields = ", ".join(f"tabOrder.`{name}`" for name in ROW_FIELDS)
	return frappe.db.sql(
		f"""SELECT {fields} FROM tabOrder WHERE {" AND ".join(conditions)}
		ORDER BY tabOrder.ship_by IS NULL, tabOrder.ship_by, tabOrder.ordered_at, tabOrder.name
		LIMIT %(length)s OFFSET %(start)s""",
		values,
		as_dict=True,
	)


def get_order(name: str) -> dict:
	"""One order's facts, masked as the order keeps them: `FACTS`, lines, holds [{code, text, is_fixed}], timeline."""
	order = frappe.db.get_value("Order", name, FACTS, as_dict=True)
	known = read_holds([name]).get(name, {})
	order.holds = [
		{
			"code": code,
			"text": explain(code, load_details(known[code].details) if code in known else None),
			"is_fixed": code in FIXED,
		}
		for code in HOLD_REASONS
		if code in parse_codes(order.hold_reasons)
	]
	order.lines = frappe.db.sql(
		f"""SELECT {", ".join(f"line.`{field}`" for field in LINE_FIELDS)}, IFNULL(listing.price, 0) AS listed
		FROM `tabOrder Item` line LEFT JOIN tabListing listing ON listing.name = line.listing
		WHERE line.parent = %s AND line.parenttype = 'Order' ORDER BY line.idx""",
		name,
		as_dict=True,
	)
	order.timeline = events.get_timeline(name, 8) if frappe.has_permission("Order Event") else []
	return order
