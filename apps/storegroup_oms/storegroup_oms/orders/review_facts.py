"""What the checks need to know about orders, read for a batch in a fixed number of statements. Reads only."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import frappe
from frappe.utils import getdate

from storegroup_oms.orders import receivers
from storegroup_oms.orders.holds import parse_codes
from storegroup_oms.orders.importing.addresses import find_province
from storegroup_oms.orders.review_rules import Check, Facts, Line

READ_FIELDS = (
	"name",
	"shop",
	"status",
	"review_state",
	"hold_reasons",
	"tags",
	"order_type",
	"customer",
	"ordered_at",
	"paid_at",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"address",
	"buyer_message",
	"seller_memo",
	"invoice_kind",
	"goods_amount",
	"discount_amount",
	"platform_discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"refund_amount",
	"sku_summary",
	"planned_ship_on",
)
AMOUNTS = tuple(name for name in READ_FIELDS if name.endswith("_amount"))
# Orders that count as placed: a duplicate of an unpaid or closed one is none.
_NOT_PLACED = ("Unpaid", "Closed")

Checks = Mapping[str, Mapping[str, Check]]


def read_checks() -> dict[str, dict[str, Check]]:
	"""Shop ("" for all others) → code → active check. A shop's own check replaces the general one, also to switch it off."""
	rows = frappe.get_all(
		"Review Check",
		fields=["code", "shop", "is_active", "effect", "threshold", "regions"],
		order_by="name asc",
	)
	general: dict[str, Check] = {}
	own: dict[str, dict[str, Check | None]] = {}
	for row in rows:
		regions = tuple(
			(find_province(province) or province, city) for province, city in split_regions(row.regions)
		)
		check = (
			Check(row.code, row.effect, Decimal(str(row.threshold or 0)), regions) if row.is_active else None
		)
		if row.shop:
			own.setdefault(row.shop, {})[row.code] = check
		elif check:
			general[row.code] = check
	checks = {"": general}
	for shop, changes in own.items():
		merged = {**general, **changes}
		checks[shop] = {code: check for code, check in merged.items() if check}
	return checks


def split_regions(text: str | None) -> list[tuple[str, str]]:
	"""Lines of province, or province and city, as pairs; the city is empty where none is named."""
	pairs = []
	for line in (text or "").replace("，", "\n").replace(",", "\n").splitlines():
		province, _space, city = line.strip().partition(" ")
		if province:
			pairs.append((province, city.strip()))
	return pairs


def read_facts(orders: Sequence[frappe._dict], checks: Checks) -> list[Facts]:
	"""What is known of these orders (rows of `READ_FIELDS`), in their order."""
	if not orders:
		return []
	names = [order.name for order in orders]
	clear = receivers.read_clear(names)
	lines = _read_lines(names)
	blocked = _read_blocked({order.customer for order in orders if order.customer})
	twins = _find_twins(orders, checks)
	return [
		_make_facts(
			order, clear.get(order.name), lines.get(order.name, []), blocked, twins.get(order.name, [])
		)
		for order in orders
	]


def _make_facts(
	order: frappe._dict,
	clear: receivers.Receiver | None,
	lines: Sequence[Line],
	blocked: Mapping[str, str],
	twins: Sequence[str],
) -> Facts:
	clear = clear or receivers.Receiver()
	return Facts(
		name=order.name,
		order_type=order.order_type or "Normal",
		receiver=clear.name or order.receiver_name or "",
		mobile=clear.mobile or order.receiver_mobile or "",
		address=clear.address or order.address or "",
		has_token=bool(clear.platform_token),
		province=order.province or "",
		city=order.city or "",
		district=order.district or "",
		buyer_message=order.buyer_message or "",
		seller_memo=order.seller_memo or "",
		invoice=order.invoice_kind or "",
		is_blocked=order.customer in blocked,
		blocked_reason=blocked.get(order.customer, ""),
		platform_codes=parse_codes(order.hold_reasons),
		planned_on=order.planned_ship_on,
		today=getdate(),
		lines=lines,
		twins=twins,
		**{name: to_decimal(order[name]) for name in AMOUNTS},
	)


def to_decimal(value: object) -> Decimal:
	return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def _read_lines(orders: Sequence[str]) -> dict[str, list[Line]]:
	rows = frappe.db.sql(
		"""SELECT line.parent, line.name, line.sku, line.title, line.qty, line.unit_price, line.amount,
			IFNULL(listing.price, 0), IFNULL(sku.min_price, 0)
		FROM `tabOrder Item` line
		LEFT JOIN tabListing listing ON listing.name = line.listing
		LEFT JOIN tabSKU sku ON sku.name = line.sku
		WHERE line.parent IN %s AND line.parenttype = 'Order' AND line.is_gift = 0
		ORDER BY line.parent, line.idx""",
		[orders],
	)
	lines: dict[str, list[Line]] = defaultdict(list)
	for parent, name, sku, title, qty, *prices in rows:
		lines[parent].append(
			Line(name, sku or title or "?", int(qty or 0), *(to_decimal(price) for price in prices))
		)
	return lines


def _read_blocked(customers: Iterable[str]) -> dict[str, str]:
	"""Blocked ones of these customers → why."""
	wanted = sorted(set(customers))
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"SELECT name, IFNULL(blocked_reason, '') FROM tabCustomer WHERE name IN %s AND is_blocked = 1",
		[wanted],
	)
	return dict(rows)


def _find_twins(orders: Sequence[frappe._dict], checks: Checks) -> dict[str, list[str]]:
	"""Order → orders of the same buyer or phone with the same goods that were placed before, within the check's hours."""
	hours = {
		order.name: int(check.threshold)
		for order in orders
		if order.ordered_at and (check := _get_check(checks, order.shop, "duplicate_suspected"))
	}
	asking = [order for order in orders if order.name in hours]
	if not asking:
		return {}
	since = min(order.ordered_at for order in asking) - timedelta(hours=max(hours.values()))
	until = max(order.ordered_at for order in asking)
	earlier = _read_earlier(asking, since, until)
	by_goods: dict[tuple[str, str], list[frappe._dict]] = defaultdict(list)
	for key, rows in earlier.items():
		for row in rows:
			by_goods[key, _fold_goods(row.sku_summary)].append(row)
	phones = receivers.read_keys([order.name for order in asking])
	found = {}
	for order in asking:
		keys = [f"customer {order.customer}"] if order.customer else []
		if phone := (phones.get(order.name) or {}).get("mobile_hash"):
			keys.append(f"phone {phone}")
		goods = _fold_goods(order.sku_summary)
		twins = {
			row.name
			for key in keys
			for row in by_goods.get((key, goods), ())
			if goods and _is_earlier(row, order, hours[order.name])
		}
		found[order.name] = sorted(twins)
	return found


def _get_check(checks: Checks, shop: str, code: str) -> Check | None:
	return (checks.get(shop) or checks.get("") or {}).get(code)


def _read_earlier(
	asking: Sequence[frappe._dict], since: object, until: object
) -> dict[str, list[frappe._dict]]:
	"""Placed orders in a span by "customer …" and "phone …" of those who ask."""
	values = {
		"customers": sorted({order.customer for order in asking if order.customer}) or [""],
		"names": [order.name for order in asking],
		"since": since,
		"until": until,
		"not_placed": _NOT_PLACED,
	}
	within = "o.ordered_at BETWEEN %(since)s AND %(until)s AND o.status NOT IN %(not_placed)s"
	rows = frappe.db.sql(
		f"""SELECT o.name, o.ordered_at, o.sku_summary, CONCAT('customer ', o.customer) AS owner FROM tabOrder o
		WHERE o.customer IN %(customers)s AND {within}
		UNION ALL
		SELECT o.name, o.ordered_at, o.sku_summary, CONCAT('phone ', other.mobile_hash) AS owner
		FROM `tabOrder Receiver` mine
		JOIN `tabOrder Receiver` other ON other.mobile_hash = mine.mobile_hash
		JOIN tabOrder o ON o.name = other.name
		WHERE mine.name IN %(names)s AND mine.mobile_hash != '' AND {within}""",
		values,
		as_dict=True,
	)
	earlier: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in rows:
		earlier[row.owner].append(row)
	return earlier


def _fold_goods(summary: str | None) -> str:
	"""The goods of an order whatever the order of its lines."""
	return ", ".join(sorted((summary or "").split(", ")))


def _is_earlier(row: frappe._dict, order: frappe._dict, hours: int) -> bool:
	if row.name == order.name or order.ordered_at - row.ordered_at > timedelta(hours=hours):
		return False
	return (row.ordered_at, row.name) < (order.ordered_at, order.name)


def load_details(text: str | None) -> dict:
	return json.loads(text) if text else {}
