"""Stored orders brought up to newer copies, a batch at a time. The second half of `orders.intake`. Never commits."""

from collections.abc import Sequence
from decimal import Decimal

import frappe

from storegroup_oms.bulk import update_rows
from storegroup_oms.catalog.matching import Match, Offer
from storegroup_oms.orders import (
	buyers,
	events,
	merging,
	order_rows,
	outbox,
	receivers,
	refunded,
	review_states,
)
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.line_changes import (
	LineChange,
	compare_lines,
	is_tied,
	read_lines,
	write_lines,
)

READ_FIELDS = (
	"name",
	"status",
	"review_state",
	"hold_reasons",
	"stop_reasons",
	"customer",
	"customer_kind",
	*merging.END_FIELDS,
	*order_rows.PLATFORM_FIELDS,
	"platform_order_no",
)
WRITE_FIELDS = (
	"status",
	"review_state",
	"hold_reasons",
	"stop_reasons",
	"customer",
	"customer_kind",
	*merging.END_FIELDS,
	*order_rows.PLATFORM_FIELDS,
)
MEMO_FIELDS = ("buyer_message", "seller_memo", "memo_flag")

# The newer copy, the stored row, the hash of the copy.
Changed = Sequence[tuple[CanonicalOrder, frappe._dict, str]]


def update_changed(
	shop: str,
	changed: Changed,
	matches: dict[Offer, Match],
	source: str,
) -> tuple[set[str], list[tuple[str, dict]]]:
	"""Write newer copies over orders whose rows (`READ_FIELDS`) are locked.

	Returns the customers concerned and, for each order, the former values of the fields that changed.
	"""
	if not changed:
		return set(), []
	lines = _change_lines(changed, matches)
	known = receivers.read_keys(
		[row.name for _order, row, _hash in changed if row.status in merging.PAST_REVIEW]
	)
	cases = refunded.read_paid_back(
		[row.name for order, row, _hash in changed if order.refund_amount or row.refund_amount]
	)
	states = review_states.get_state_by_status()
	rows = []
	for order, row, content_hash in changed:
		values = _merge(order, row, content_hash, lines[row.name], known.get(row.name))
		exact = refunded.find_exact_amount(values["status"], lines[row.name].rows, cases.get(row.name, []))
		if exact is not None:
			values["refund_amount"] = exact
		if values["status"] != row.status:
			values["review_state"] = states.get(values["status"], row.review_state)
		rows.append(values)
	customers = _attach_missing(changed, rows)
	write_lines(lines.values())
	update_rows("Order", rows, WRITE_FIELDS)
	receivers.store_receivers((row.name, shop, *receivers.get_parts(order)) for order, row, _hash in changed)
	_record(changed, rows, source)
	former = [
		(row["name"], outbox.find_changes(stored, row, WRITE_FIELDS))
		for (_order, stored, _hash), row in zip(changed, rows, strict=True)
	]
	return customers, former


def _change_lines(changed: Changed, matches: dict[Offer, Match]) -> dict[str, LineChange]:
	stored = read_lines([row.name for _order, row, _hash in changed])
	told = _find_orders_with_cases(
		[name for name, lines in stored.items() if any(line.refund_status for line in lines)]
	)
	changes = {}
	for order, row, _hash in changed:
		lines = order_rows.make_line_rows(order, matches)
		order_rows.name_lines(lines, row.name)
		changes[row.name] = compare_lines(
			stored.get(row.name, []), lines, row.name in told, row.status in merging.PAST_REVIEW
		)
	return changes


def _find_orders_with_cases(orders: Sequence[str]) -> set[str]:
	if not orders:
		return set()
	return set(
		frappe.get_all(
			"After-sale Case",
			filters={"order": ("in", list(orders)), "platform_case_no": ("is", "set")},
			pluck="order",
			order_by="creation asc",
		)
	)


def _merge(
	order: CanonicalOrder,
	row: frappe._dict,
	content_hash: str,
	lines: LineChange,
	known: frappe._dict | None,
) -> dict:
	values = order_rows.get_platform_values(order, content_hash, lines.rows)
	values["refund_amount"] = max(order.refund_amount, Decimal(str(row.refund_amount or 0)))
	values["platform_modified_at"] = values["platform_modified_at"] or row.platform_modified_at
	is_other = receivers.is_other_receiver(row, known, values, *receivers.get_parts(order))
	values["merge_key"] = receivers.prefer_key(values["merge_key"], row.merge_key, is_other)
	status = merging.merge_status(row.status, order.status)
	holds = merging.merge_holds(
		row.hold_reasons, status, lines.refund, order.hold_reasons, order_rows.is_unmatched(lines.rows)
	)
	status = merging.settle_status(status, row.hold_reasons, holds)
	stops = merging.merge_stops(
		row.stop_reasons, row.status, lines.refund, _find_stops(order, row, values, lines, is_other)
	)
	is_refunded = values["refund_amount"] > 0 or lines.refund.has_refunded
	return {
		"name": row.name,
		"status": status,
		"review_state": row.review_state,
		"hold_reasons": holds,
		"stop_reasons": stops,
		"customer": row.customer,
		"customer_kind": row.customer_kind,
		**values,
		**merging.get_end_values(
			row,
			row.status,
			status,
			values["platform_modified_at"] or frappe.utils.now_datetime().replace(microsecond=0),
			bool(order.paid_at or row.paid_at),
			is_refunded,
		),
	}


def _find_stops(
	order: CanonicalOrder,
	row: frappe._dict,
	values: dict,
	lines: LineChange,
	is_other: bool,
) -> set[str]:
	"""What of this change stops a parcel of an order past its review, or of goods tied to stock."""
	is_past = row.status in merging.PAST_REVIEW
	codes = set()
	if lines.differs and (is_past or is_tied(lines.rows, is_past)):
		codes.add("items_changed")
	if not is_past:
		return codes
	if any((row[name] or "") != values[name] for name in MEMO_FIELDS):
		codes.add("memo_changed")
	if is_other:
		codes.add("address_changed")
	if order.status == "Closed":
		codes.add("order_closed")
	return codes


def _attach_missing(changed: Changed, rows: Sequence[dict]) -> set[str]:
	"""Give a customer to orders that had none, because the copy before told too little."""
	lacking = []
	for (order, _stored, _hash), row in zip(changed, rows, strict=True):
		if not row["customer"]:
			row["buyer"] = buyers.make_buyer(order, row)
			lacking.append(row)
	if lacking:
		buyers.attach_customers(lacking)
	return {row["customer"] for row in rows if row["customer"]}


def _record(changed: Changed, rows: Sequence[dict], source: str) -> None:
	entries = []
	for (_order, stored, _hash), row in zip(changed, rows, strict=True):
		details = {
			name: row[name]
			for name in ("hold_reasons", "stop_reasons")
			if (stored[name] or "") != (row[name] or "")
		}
		entries.append(
			{
				"order": row["name"],
				"event": "Order changed by platform",
				"source": source,
				"details": details,
			}
		)
		if stored.status != row["status"]:
			entries.append(
				{
					"order": row["name"],
					"event": "Status changed",
					"from_status": stored.status,
					"to_status": row["status"],
					"source": source,
				}
			)
	events.record_events(entries)
