"""Lines of stored orders brought up to a newer copy, in place, so that what others tied to a line stays tied.

Set-based; the callers hold the orders' row locks. Never commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe

from storegroup_oms.bulk import insert_rows
from storegroup_oms.orders.merging import RefundChange, compare_refunds
from storegroup_oms.orders.order_rows import LINE_FIELDS

READ_FIELDS = ("name", "idx", *LINE_FIELDS, "reserved_qty", "shipped_qty", "is_gift")
OVERWRITTEN = ("idx", "modified", "modified_by", *LINE_FIELDS[3:])


@dataclass
class LineChange:
	"""What a copy does to the lines of one order.

	`rows` are the lines as they are stored afterwards. `differs`: other goods or numbers than before.
	"""

	rows: list[dict]
	writes: list[dict] = field(default_factory=list)
	gone: list[str] = field(default_factory=list)
	refund: RefundChange = field(default_factory=RefundChange)
	differs: bool = False


def read_lines(orders: Sequence[str]) -> dict[str, list[frappe._dict]]:
	"""Order → its stored lines by position; orders without lines are left out."""
	if not orders:
		return {}
	table = frappe.qb.DocType("Order Item")
	rows = (
		frappe.qb.from_(table)
		.select(*(table[field] for field in READ_FIELDS))
		.where(table.parent.isin(list(orders)) & (table.parenttype == "Order"))
		.orderby(table.parent, table.idx)
	).run(as_dict=True)
	lines: dict[str, list[frappe._dict]] = {}
	for row in rows:
		lines.setdefault(row.parent, []).append(row)
	return lines


def compare_lines(
	stored: Sequence[frappe._dict], new: Sequence[dict], has_case: bool, is_past_review: bool = False
) -> LineChange:
	"""Decide what becomes of one order's lines.

	A line is recognised by its name or the platform's number. Lines that we added as gifts stay. A SKU that
	a line has stays while it sells the same. When goods were sent, or are reserved for an order past its review, and
	the new ones differ, all lines stay as they are but for their refund status. Before its review the reservations
	follow the lines. With `has_case` an after-sale case knows
	of refunds that the platform's orders don't tell, so an empty refund status says nothing.
	"""
	gifts = [row for row in stored if row.is_gift]
	sold = [row for row in stored if not row.is_gift]
	if not new:
		return LineChange(rows=list(stored))
	pairs = _pair(sold, new)
	matched = {old["name"] for old, _line in pairs if old}
	differs = len(matched) < len(sold) or any(_is_other(old, line) for old, line in pairs)
	for old, line in pairs:
		if old is None:
			continue
		line["name"] = old.name
		if old.sku and not _sells_other(old, line):
			line["sku"] = old.sku
		if has_case and not line["refund_status"]:
			line["refund_status"] = old.refund_status
	refund = compare_refunds(
		[old.refund_status if old else "" for old, _line in pairs],
		[line["refund_status"] for _old, line in pairs],
	)
	if differs and is_tied(sold, is_past_review):
		statuses = {old.name: line["refund_status"] for old, line in pairs if old}
		kept = [{**row, "refund_status": statuses.get(row.name, row.refund_status)} for row in sold]
		return LineChange([*kept, *gifts], kept, [], refund, differs)
	for position, gift in enumerate(gifts, start=len(new) + 1):
		gift["idx"] = position
	gone = [row.name for row in sold if row.name not in matched]
	return LineChange([*new, *gifts], [*new, *gifts], gone, refund, differs)


def is_tied(lines: Iterable[Mapping], is_past_review: bool) -> bool:
	"""True when the lines of an order can't change any more: something was sent, or is reserved for good."""
	return any(line.get("shipped_qty") or (is_past_review and line.get("reserved_qty")) for line in lines)


def _pair(stored: Sequence[frappe._dict], new: Sequence[dict]) -> list[tuple[frappe._dict | None, dict]]:
	by_name = {row.name: row for row in stored}
	by_number = {row.platform_line_no: row for row in stored if row.platform_line_no}
	pairs, taken = [], set()
	for line in new:
		old = by_name.get(line["name"]) or by_number.get(line["platform_line_no"])
		if old and old.name in taken:
			old = None
		if old:
			taken.add(old.name)
		pairs.append((old, line))
	return pairs


def _is_other(old: frappe._dict | None, line: dict) -> bool:
	return old is None or old.qty != line["qty"] or _sells_other(old, line)


def _sells_other(old: frappe._dict, line: dict) -> bool:
	"""True when the line sells something else than the stored one; told by the strongest thing that both know."""
	for field_name in ("listing", "outer_id"):
		if old[field_name] and line[field_name]:
			return old[field_name] != line[field_name]
	return (old.title or "", old.specification or "") != (line["title"], line["specification"])


def write_lines(changes: Iterable[LineChange]) -> None:
	"""Store changed lines in two statements."""
	writes, gone = [], []
	for change in changes:
		writes += change.writes
		gone += change.gone
	if gone:
		table = frappe.qb.DocType("Order Item")
		frappe.qb.from_(table).delete().where(table.name.isin(gone)).run()
	insert_rows("Order Item", writes, LINE_FIELDS, on_duplicate=OVERWRITTEN)
