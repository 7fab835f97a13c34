"""What after-sale cases do to their orders: refund status of lines, holds and stops, the refunded amount. Never commits."""

from collections.abc import Sequence
from decimal import Decimal

import frappe

from storegroup_oms.bulk import update_rows
from storegroup_oms.orders import events, merging, outbox, refunded, review_states
from storegroup_oms.orders.line_changes import read_lines

ORDER_FIELDS = ("status", "review_state", "hold_reasons", "stop_reasons", "refund_amount")
# Status of a case → refund status of the lines that it is about.
LINE_STATUS = {
	"Open": "Requested",
	"Waiting for Buyer": "Refunding",
	"Waiting for Parcel": "Refunding",
	"Inspecting": "Refunding",
	"Approved": "Refunding",
	"Refunded": "Refunded",
	"Done": "Refunded",
	"Rejected": "Rejected",
	"Cancelled": "Closed",
}


def apply_cases(orders: Sequence[str], source: str) -> None:
	"""Bring orders, whose rows the caller has locked, up to all of their cases that pay money back.

	A line has the refund status of the case opened last about it. The refunded amount is the sum of the cases
	that are paid back, where they speak for all that was refunded, else no less than what the order says. Before
	its review an order is held, after it stopped, while a refund is open.
	"""
	if not orders:
		return
	cases = _read_cases(orders)
	lines = read_lines(list(orders))
	states = review_states.get_state_by_status()
	written, rows, moves, former = [], [], [], []
	for stored in _read_orders(orders):
		own = lines.get(stored.name, [])
		before = [line.refund_status for line in own]
		_set_line_statuses(own, cases.get(stored.name, []))
		after = [line.refund_status for line in own]
		written += [
			line for line, old in zip(own, before, strict=True) if (line.refund_status or "") != (old or "")
		]
		refund = merging.compare_refunds(before, after)
		values = _merge(stored, refund, own, cases.get(stored.name, []), states)
		if changes := outbox.find_changes(stored, values, ORDER_FIELDS):
			rows.append({"name": stored.name, **values})
			former.append((stored.name, changes))
		if values["status"] != stored.status:
			moves.append((stored.name, stored.status, values["status"]))
	update_rows("Order Item", written, ("refund_status",))
	update_rows("Order", rows, ORDER_FIELDS)
	events.record_events(
		{
			"order": name,
			"event": "Status changed",
			"from_status": before,
			"to_status": after,
			"source": source,
		}
		for name, before, after in moves
	)
	outbox.record_changes(updated=former)


def _read_orders(names: Sequence[str]) -> list[frappe._dict]:
	table = frappe.qb.DocType("Order")
	return (
		frappe.qb.from_(table)
		.select(table.name, *(table[name] for name in ORDER_FIELDS))
		.where(table.name.isin(list(names)))
		.orderby(table.name)
		.for_update()
	).run(as_dict=True)


def _read_cases(orders: Sequence[str]) -> dict[str, list[frappe._dict]]:
	"""Order → its cases about money, the one opened last at the end."""
	table = frappe.qb.DocType("After-sale Case")
	rows = (
		frappe.qb.from_(table)
		.select(table.order, table.status, table.amount, table.platform_case_no, table.platform_line_nos)
		.where(table.order.isin(list(orders)) & table.kind.isin(refunded.MONEY_KINDS))
		.orderby(table.opened_at, table.platform_case_no, table.name)
		.for_update()
	).run(as_dict=True)
	cases: dict[str, list[frappe._dict]] = {}
	for row in rows:
		cases.setdefault(row.order, []).append(row)
	return cases


def _set_line_statuses(lines: Sequence[frappe._dict], cases: Sequence[frappe._dict]) -> None:
	for case in cases:
		if not case.platform_case_no:
			continue
		numbers = set(filter(None, (case.platform_line_nos or "").split(",")))
		about = [line for line in lines if line.platform_line_no in numbers] or lines
		for line in about:
			line.refund_status = LINE_STATUS[case.status]


def _merge(
	stored: frappe._dict,
	refund: merging.RefundChange,
	lines: Sequence[frappe._dict],
	cases: Sequence[frappe._dict],
	states: dict[str, str],
) -> dict:
	holds = merging.merge_holds(stored.hold_reasons, stored.status, refund)
	status = merging.settle_status(stored.status, stored.hold_reasons, holds)
	exact = refunded.find_exact_amount(stored.status, lines, cases)
	paid_back = sum(
		(Decimal(str(case.amount or 0)) for case in cases if case.status in refunded.PAID_BACK), Decimal(0)
	)
	return {
		"status": status,
		"review_state": stored.review_state
		if status == stored.status
		else states.get(status, stored.review_state),
		"hold_reasons": holds,
		"stop_reasons": merging.merge_stops(stored.stop_reasons, stored.status, refund),
		"refund_amount": max(paid_back, Decimal(str(stored.refund_amount or 0))) if exact is None else exact,
	}
