"""Canonical orders into the database: every way in (file, pull, push) ends here.

Set-based: a batch costs a fixed number of statements, whatever its size. Idempotent by the unique key
(shop, platform_order_no): the same order twice, late or out of order is one record in its newest state.
Never commits; the caller owns the transaction.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.orders import events, holds, lifecycle, receivers, review_states
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder

SERIES = "SO-"
SERIES_DIGITS = 9

# What the platform owns and a newer copy overwrites.
PLATFORM_FIELDS = (
	"platform_status",
	"buyer_nick",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"address",
	"buyer_message",
	"seller_memo",
	"goods_amount",
	"discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"refund_amount",
	"ordered_at",
	"paid_at",
	"ship_by",
	"platform_modified_at",
	"item_count",
	"total_qty",
	"sku_summary",
	"content_hash",
)
NEW_FIELDS = (
	"shop",
	"platform",
	"platform_order_no",
	"order_type",
	"status",
	"review_state",
	"source",
	"hold_reasons",
	"first_seen_at",
	"order_import",
	*PLATFORM_FIELDS,
)
LINE_FIELDS = (
	"parent",
	"parenttype",
	"parentfield",
	"platform_line_no",
	"sku",
	"title",
	"specification",
	"qty",
	"unit_price",
	"discount_amount",
	"amount",
	"refund_status",
)
SUMMARY_LENGTH = 500

# How far an order has come in the platform's eyes; a platform never takes an order back.
_PROGRESS = {"Unpaid": 0, "Partly Shipped": 2, "Shipped": 3, "Completed": 4, "Closed": 5}
_PAID = 1


@dataclass
class SaveResult:
	"""What became of a batch. `names` maps platform_order_no to our name for every order of the batch."""

	new: int = 0
	changed: int = 0
	unchanged: int = 0
	names: dict[str, str] = field(default_factory=dict)

	def add(self, other: "SaveResult") -> None:
		self.new += other.new
		self.changed += other.changed
		self.unchanged += other.unchanged


@dataclass(frozen=True)
class _Plan:
	new: list[CanonicalOrder]
	changed: list[tuple[CanonicalOrder, frappe._dict]]
	unchanged: list[tuple[CanonicalOrder, frappe._dict]]


def save_orders(
	shop: str, orders: Sequence[CanonicalOrder], source: str, order_import: str | None = None
) -> SaveResult:
	"""Insert or update a batch of one shop's orders, with lines, receivers and timeline.

	`source` is Push, Pull, Import or API. Takes row locks on the existing orders in the order of their
	platform numbers. A copy that equals what is stored, or is older by the platform's time, changes
	nothing. Lines that stock is reserved for are kept and the parcel is stopped (`items_changed`).
	"""
	newest = _keep_newest(orders)
	plan = _compare(newest, _read_stored(shop, list(newest), lock=True))
	names = _insert_new(shop, plan.new, source, order_import)
	raced = [order for order in plan.new if order.platform_order_no not in names]
	if raced:
		# Another worker inserted these between our look and our insert; they are stored now.
		stored = _read_stored(shop, [order.platform_order_no for order in raced], lock=True)
		again = _compare({order.platform_order_no: order for order in raced}, stored)
		plan = _Plan(plan.new, plan.changed + again.changed, plan.unchanged + again.unchanged)
	_update_changed(shop, plan.changed, source)
	known = {order.platform_order_no: row.name for order, row in plan.changed + plan.unchanged}
	return SaveResult(len(names), len(plan.changed), len(plan.unchanged), names | known)


def count_changes(shop: str, orders: Sequence[CanonicalOrder]) -> SaveResult:
	"""What `save_orders` would do, without locks and without writing."""
	newest = _keep_newest(orders)
	plan = _compare(newest, _read_stored(shop, list(newest), lock=False))
	return SaveResult(len(plan.new), len(plan.changed), len(plan.unchanged))


def _keep_newest(orders: Iterable[CanonicalOrder]) -> dict[str, CanonicalOrder]:
	newest: dict[str, CanonicalOrder] = {}
	for order in orders:
		other = newest.get(order.platform_order_no)
		if other and other.modified_at and order.modified_at and order.modified_at < other.modified_at:
			continue
		newest[order.platform_order_no] = order
	return dict(sorted(newest.items()))


def _read_stored(shop: str, numbers: Sequence[str], lock: bool) -> dict[str, frappe._dict]:
	if not numbers:
		return {}
	table = frappe.qb.DocType("Order")
	query = (
		frappe.qb.from_(table)
		.select(
			table.name,
			table.platform_order_no,
			table.status,
			table.stop_reasons,
			table.platform_modified_at,
			table.content_hash,
		)
		.where((table.shop == shop) & table.platform_order_no.isin(list(numbers)))
		.orderby(table.platform_order_no)
	)
	rows = (query.for_update() if lock else query).run(as_dict=True)
	return {row.platform_order_no: row for row in rows}


def _compare(orders: dict[str, CanonicalOrder], stored: dict[str, frappe._dict]) -> _Plan:
	plan = _Plan([], [], [])
	for number, order in orders.items():
		row = stored.get(number)
		if row is None:
			plan.new.append(order)
		elif row.content_hash == hash_content(order) or _is_older(order, row):
			plan.unchanged.append((order, row))
		else:
			plan.changed.append((order, row))
	return plan


def _is_older(order: CanonicalOrder, row: frappe._dict) -> bool:
	if not (order.modified_at and row.platform_modified_at):
		return False
	return to_site_time(order.modified_at) < row.platform_modified_at


def hash_content(order: CanonicalOrder) -> str:
	"""A hash over everything in the canonical order; keyed, since it covers personal data."""
	return receivers.hash_text("order", order.model_dump_json())


def to_site_time(moment: datetime | None) -> datetime | None:
	"""An aware time as the site stores it: naive, in the system's time zone, to the second."""
	if moment is None:
		return None
	return moment.astimezone(ZoneInfo(get_system_timezone())).replace(tzinfo=None, microsecond=0)


def _insert_new(
	shop: str, orders: Sequence[CanonicalOrder], source: str, order_import: str | None
) -> dict[str, str]:
	"""Insert orders that were not there; returns number → name of those that this call really inserted."""
	if not orders:
		return {}
	states = review_states.get_state_by_status()
	skus = _find_skus(orders)
	now = frappe.utils.now_datetime()
	rows = []
	for name, order in zip(reserve_names(SERIES, SERIES_DIGITS, len(orders)), orders, strict=True):
		status = order.status or lifecycle.DEFAULT_STATUS
		rows.append(
			{
				"name": name,
				"shop": shop,
				"platform": order.platform,
				"platform_order_no": order.platform_order_no,
				"order_type": "Normal",
				"status": status,
				"review_state": states.get(status),
				"source": source,
				"hold_reasons": "",
				"first_seen_at": now,
				"order_import": order_import,
				**get_platform_values(order, skus),
			}
		)
	insert_rows("Order", rows, NEW_FIELDS, on_duplicate=())
	mine = _keep_inserted(rows)
	pairs = [(row["name"], order) for row, order in zip(rows, orders, strict=True) if row["name"] in mine]
	insert_rows("Order Item", make_line_rows(pairs, skus), LINE_FIELDS)
	_store_receivers(shop, pairs)
	events.record_events(
		{"order": name, "event": "Order received", "to_status": order.status, "source": source}
		for name, order in pairs
	)
	return {order.platform_order_no: name for name, order in pairs}


def _keep_inserted(rows: Sequence[dict]) -> set[str]:
	table = frappe.qb.DocType("Order")
	found = (
		frappe.qb.from_(table).select(table.name).where(table.name.isin([row["name"] for row in rows])).run()
	)
	return {name for (name,) in found}


def get_platform_values(order: CanonicalOrder, skus: set[str]) -> dict:
	receiver = receivers.Receiver(order.receiver.name, order.receiver.mobile, order.receiver.address)
	parts = [f"{_get_sku(line, skus) or line.title or '?'}×{line.qty}" for line in order.lines]
	return {
		"platform_status": order.platform_status,
		"buyer_nick": order.buyer_nick,
		**receiver.get_masks(),
		"province": order.receiver.province,
		"city": order.receiver.city,
		"district": order.receiver.district,
		"buyer_message": order.buyer_message,
		"seller_memo": order.seller_memo,
		"goods_amount": order.goods_amount,
		"discount_amount": order.discount_amount,
		"freight_amount": order.freight_amount,
		"total_amount": order.total_amount,
		"paid_amount": order.paid_amount,
		"refund_amount": order.refund_amount,
		"ordered_at": to_site_time(order.ordered_at),
		"paid_at": to_site_time(order.paid_at),
		"ship_by": to_site_time(order.ship_by),
		"platform_modified_at": to_site_time(order.modified_at),
		"item_count": len(order.lines),
		"total_qty": sum(line.qty for line in order.lines),
		"sku_summary": ", ".join(parts)[:SUMMARY_LENGTH],
		"content_hash": hash_content(order),
	}


def _find_skus(orders: Iterable[CanonicalOrder]) -> set[str]:
	codes = {line.sku_code for order in orders for line in order.lines if line.sku_code}
	if not codes:
		return set()
	return set(
		frappe.get_all("SKU", filters={"name": ["in", sorted(codes)]}, pluck="name", order_by="name asc")
	)


def _get_sku(line: CanonicalLine, skus: set[str]) -> str | None:
	return line.sku_code if line.sku_code in skus else None


def make_line_rows(pairs: Iterable[tuple[str, CanonicalOrder]], skus: set[str]) -> Iterator[dict]:
	"""Rows of `Order Item` for (order name, order) pairs; the same line of the same order gets the same name."""
	for name, order in pairs:
		for position, line in enumerate(order.lines, start=1):
			key = f"{name}:{position}:{line.platform_line_no}"
			yield {
				"name": hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:20],
				"idx": position,
				"parent": name,
				"parenttype": "Order",
				"parentfield": "items",
				"platform_line_no": line.platform_line_no,
				"sku": _get_sku(line, skus),
				"title": line.title,
				"specification": line.spec,
				"qty": line.qty,
				"unit_price": line.unit_price,
				"discount_amount": line.discount_amount,
				"amount": line.amount,
				"refund_status": line.refund_status,
			}


def _store_receivers(shop: str, pairs: Iterable[tuple[str, CanonicalOrder]]) -> None:
	receivers.store_receivers(
		(
			name,
			shop,
			order.receiver.province + order.receiver.city + order.receiver.district,
			receivers.Receiver(
				order.receiver.name,
				order.receiver.mobile,
				order.receiver.address,
				order.receiver.platform_token,
			),
		)
		for name, order in pairs
	)


def _update_changed(shop: str, changed: Sequence[tuple[CanonicalOrder, frappe._dict]], source: str) -> None:
	if not changed:
		return
	skus = _find_skus(order for order, _row in changed)
	kept = _replace_lines(changed, skus)
	rows, moves = [], []
	for order, row in changed:
		status = merge_status(row.status, order.status)
		if status != row.status:
			moves.append((row.name, row.status, status))
		stopped = holds.add_codes(row.stop_reasons, "items_changed") if row.name in kept else row.stop_reasons
		values = get_platform_values(order, skus)
		rows.append({"name": row.name, "status": status, "stop_reasons": stopped, **values})
	update_rows("Order", rows, ("status", "stop_reasons", *PLATFORM_FIELDS))
	_store_receivers(shop, [(row.name, order) for order, row in changed])
	events.record_events(
		[
			{"order": row.name, "event": "Order changed by platform", "source": source}
			for _order, row in changed
		]
	)
	for name, before, after in moves:
		events.record_moves([(name, before)], after, source)


def _replace_lines(changed: Sequence[tuple[CanonicalOrder, frappe._dict]], skus: set[str]) -> set[str]:
	"""Rewrite the lines of changed orders; returns the orders whose lines are tied to stock and were kept."""
	with_lines = [(row.name, order) for order, row in changed if order.lines]
	if not with_lines:
		return set()
	table = frappe.qb.DocType("Order Item")
	names = [name for name, _order in with_lines]
	tied = (
		frappe.qb.from_(table)
		.select(table.parent)
		.distinct()
		.where(table.parent.isin(names) & ((table.reserved_qty > 0) | (table.shipped_qty > 0)))
	).run(pluck=True)
	kept = set(tied)
	free = [(name, order) for name, order in with_lines if name not in kept]
	if free:
		frappe.qb.from_(table).delete().where(table.parent.isin([name for name, _order in free])).run()
		insert_rows("Order Item", make_line_rows(free, skus), LINE_FIELDS)
	return kept


def merge_status(stored: str, incoming: str | None) -> str:
	"""The status after the platform's word: it moves an order on, never back, and never among our own steps.

	"To Review" from a platform only means paid and not shipped: an order that is being picked stays so.
	"""
	if incoming is None or incoming == stored:
		return stored
	if _PROGRESS.get(incoming, _PAID) <= _PROGRESS.get(stored, _PAID):
		return stored
	return incoming if lifecycle.can_move(stored, incoming) else stored
