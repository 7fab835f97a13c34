"""Canonical orders into the database: every way in (file, pull, push) ends here.

Set-based: a batch costs a fixed number of statements, whatever its size. Idempotent by the unique key
(shop, platform_order_no): the same order twice, late or out of order is one record in its newest state.
Never commits; the caller owns the transaction. All workers take locks in one order: stored orders by name,
listings, the customers' series, customers, the orders' series, new orders.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import frappe

from storegroup_oms.bulk import insert_rows, reserve_names
from storegroup_oms.catalog.matching import Match, Offer, match_offers
from storegroup_oms.orders import (
	buyers,
	events,
	lifecycle,
	merging,
	order_rows,
	outbox,
	receivers,
	review_states,
)
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.changed_orders import READ_FIELDS, update_changed
from storegroup_oms.orders.order_rows import fold_number, to_site_time

SERIES = "SO-"
SERIES_DIGITS = 9

NEW_FIELDS = (
	"shop",
	"platform",
	"platform_order_no",
	"status",
	"review_state",
	"source",
	"hold_reasons",
	"first_seen_at",
	"order_import",
	"customer",
	"customer_kind",
	*merging.END_FIELDS,
	*order_rows.PLATFORM_FIELDS,
)


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
	hashes: dict[str, str]


def save_orders(
	shop: str, orders: Sequence[CanonicalOrder], source: str, order_import: str | None = None
) -> SaveResult:
	"""Insert or update a batch of one shop's orders, with lines, receivers, listings, customers and timeline.

	`source` is Push, Pull, Import or API. Takes row locks on the existing orders in the order of their
	names. A copy that equals what is stored, or is older by the platform's time, changes nothing; one
	without a time never replaces one with a time. Numbers that differ by case or width only are one order, as
	they are to the unique key.
	"""
	newest = _keep_newest(orders)
	plan = _compare(newest, _read_stored(shop, _get_numbers(newest), lock=True))
	work = plan.new + [order for order, _row in plan.changed]
	matches = match_offers(shop, (order_rows.make_offer(line) for order in work for line in order.lines))
	names, customers = _insert_new(shop, plan, matches, source, order_import)
	raced = {
		number: order for order in plan.new if (number := fold_number(order.platform_order_no)) not in names
	}
	if raced:
		# Another worker inserted these between our look and our insert; they are stored now.
		again = _compare(raced, _lock_stored(shop, [order.platform_order_no for order in raced.values()]))
		if again.new:
			raise ValueError(f"order {again.new[0].platform_order_no} can neither be inserted nor found")
		plan = _Plan(plan.new, plan.changed + again.changed, plan.unchanged + again.unchanged, plan.hashes)
	updated_customers, updated = update_changed(
		shop,
		[(order, row, plan.hashes[fold_number(order.platform_order_no)]) for order, row in plan.changed],
		matches,
		source,
	)
	outbox.record_changes(list(names.values()), updated)
	buyers.enqueue_refresh(customers | updated_customers)
	new = len(names)
	names |= {fold_number(order.platform_order_no): row.name for order, row in plan.changed + plan.unchanged}
	return SaveResult(
		new,
		len(plan.changed),
		len(plan.unchanged),
		{order.platform_order_no: names[fold_number(order.platform_order_no)] for order in orders},
	)


def count_changes(shop: str, orders: Sequence[CanonicalOrder]) -> SaveResult:
	"""What `save_orders` would do, without locks and without writing."""
	newest = _keep_newest(orders)
	plan = _compare(newest, _read_stored(shop, _get_numbers(newest), lock=False))
	return SaveResult(len(plan.new), len(plan.changed), len(plan.unchanged))


def find_versions(shop: str, numbers: Sequence[str], fields: Sequence[str]) -> dict[str, frappe._dict]:
	"""platform_order_no → its platform_modified_at and `fields`; orders without that time are left out. Locks nothing."""
	rows = frappe.get_all(
		"Order",
		filters={
			"shop": shop,
			"platform_order_no": ("in", list(numbers)),
			"platform_modified_at": ("is", "set"),
		},
		fields=["platform_order_no", "platform_modified_at", *fields],
		order_by="name asc",
	)
	return {row.platform_order_no: row for row in rows}


def _keep_newest(orders: Iterable[CanonicalOrder]) -> dict[str, CanonicalOrder]:
	newest: dict[str, CanonicalOrder] = {}
	for order in orders:
		number = fold_number(order.platform_order_no)
		other = newest.get(number)
		if other and other.modified_at and (not order.modified_at or order.modified_at < other.modified_at):
			continue
		newest[number] = order
	return dict(sorted(newest.items()))


def _get_numbers(orders: dict[str, CanonicalOrder]) -> list[str]:
	return [order.platform_order_no for order in orders.values()]


def _read_stored(shop: str, numbers: Sequence[str], lock: bool) -> dict[str, frappe._dict]:
	"""Folded number → stored order. Locks rows by primary key only: gaps stay free for other workers' inserts."""
	if not numbers:
		return {}
	fields = "name" if lock else "name, platform_order_no, content_hash, platform_modified_at"
	rows = frappe.db.sql(
		f"SELECT {fields} FROM tabOrder WHERE shop = %(shop)s AND platform_order_no IN %(numbers)s ORDER BY name",
		{"shop": shop, "numbers": numbers},
		as_dict=True,
	)
	if lock:
		rows = _lock_rows("name IN %(names)s", {"names": [row.name for row in rows]}) if rows else []
	return {fold_number(row.platform_order_no): row for row in rows}


def _lock_stored(shop: str, numbers: Sequence[str]) -> dict[str, frappe._dict]:
	"""Like `_read_stored`, but sees what was committed since this transaction began to read."""
	rows = _lock_rows(
		"shop = %(shop)s AND platform_order_no IN %(numbers)s", {"shop": shop, "numbers": numbers}
	)
	return {fold_number(row.platform_order_no): row for row in rows}


def _lock_rows(condition: str, values: dict) -> list[frappe._dict]:
	# A list of hundreds of names is bound by the driver several times faster than built by frappe.qb.
	fields = ", ".join(f"`{name}`" for name in READ_FIELDS)
	return frappe.db.sql(
		f"SELECT {fields} FROM tabOrder WHERE {condition} ORDER BY name FOR UPDATE", values, as_dict=True
	)


def _compare(orders: dict[str, CanonicalOrder], stored: dict[str, frappe._dict]) -> _Plan:
	plan = _Plan([], [], [], {})
	for number, order in orders.items():
		row = stored.get(number)
		plan.hashes[number] = order_rows.hash_content(order)
		if row is None:
			plan.new.append(order)
		elif row.content_hash == plan.hashes[number] or _is_older(order, row):
			plan.unchanged.append((order, row))
		else:
			plan.changed.append((order, row))
	return plan


def _is_older(order: CanonicalOrder, row: frappe._dict) -> bool:
	if not row.platform_modified_at:
		return False
	return not order.modified_at or to_site_time(order.modified_at) < row.platform_modified_at


def _insert_new(
	shop: str,
	plan: _Plan,
	matches: dict[Offer, Match],
	source: str,
	order_import: str | None,
) -> tuple[dict[str, str], set[str]]:
	"""Insert orders that were not there.

	Returns folded number → name of those that this call really inserted, and the customers concerned.
	"""
	if not plan.new:
		return {}, set()
	now = frappe.utils.now_datetime()
	states = review_states.get_state_by_status()
	common = {"shop": shop, "source": source, "order_import": order_import, "first_seen_at": now}
	# Whatever takes time is made before the series is locked.
	rows = [
		common | _make_new_row(order, plan.hashes[fold_number(order.platform_order_no)], matches)
		for order in plan.new
	]
	addresses = [receivers.get_columns(*receivers.get_parts(order)) for order in plan.new]
	customers = buyers.attach_customers(rows)
	for name, row in zip(reserve_names(SERIES, SERIES_DIGITS, len(rows)), rows, strict=True):
		row["name"] = name
		row["review_state"] = states.get(row["status"])
		order_rows.name_lines(row["lines"], name)
	insert_rows("Order", rows, NEW_FIELDS, on_duplicate=())
	mine = _keep_inserted([row["name"] for row in rows])
	inserted = [
		(row, order, address)
		for row, order, address in zip(rows, plan.new, addresses, strict=True)
		if row["name"] in mine
	]
	insert_rows(
		"Order Item",
		(line for row, _order, _address in inserted for line in row["lines"]),
		order_rows.LINE_FIELDS,
	)
	receivers.store_columns((row["name"], shop, address) for row, _order, address in inserted)
	events.record_events(_describe_new(row, source) for row, _order, _address in inserted)
	return {fold_number(order.platform_order_no): row["name"] for row, order, _address in inserted}, customers


def _make_new_row(order: CanonicalOrder, content_hash: str, matches: dict[Offer, Match]) -> dict:
	lines = order_rows.make_line_rows(order, matches)
	values = order_rows.get_platform_values(order, content_hash, lines)
	status = order.status or lifecycle.DEFAULT_STATUS
	refund = merging.compare_refunds([""] * len(lines), [line["refund_status"] for line in lines])
	unmatched = order_rows.is_unmatched(lines)
	holds = merging.merge_holds("", status, refund, order.hold_reasons, unmatched)
	is_refunded = order.refund_amount > 0 or refund.has_refunded
	return {
		"platform": order.platform,
		"platform_order_no": order.platform_order_no,
		"status": merging.settle_status(status, "", holds),
		"hold_reasons": holds,
		"lines": lines,
		"buyer": buyers.make_buyer(order, values),
		**values,
		**merging.get_end_values(
			{}, None, status, values["platform_modified_at"], bool(order.paid_at), is_refunded
		),
	}


def _keep_inserted(names: Sequence[str]) -> set[str]:
	"""Those of a reserved block of names that are in the table; most often all, which a count tells."""
	count = frappe.db.sql("SELECT COUNT(*) FROM tabOrder WHERE name BETWEEN %s AND %s", (names[0], names[-1]))
	if count[0][0] == len(names):
		return set(names)
	rows = frappe.db.sql("SELECT name FROM tabOrder WHERE name IN %(names)s", {"names": names})
	return {name for (name,) in rows}


def _describe_new(row: dict, source: str) -> dict:
	details = {"hold_reasons": row["hold_reasons"]} if row["hold_reasons"] else None
	return {
		"order": row["name"],
		"event": "Order received",
		"to_status": row["status"],
		"source": source,
		"details": details,
	}
