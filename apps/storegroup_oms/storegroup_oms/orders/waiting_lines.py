"""Lines of open orders that wait for a SKU get it once somebody or something has matched it, and the orders go on.

Set-based, in chunks of orders, each its own transaction (`run_fill` commits). Told by `catalog.matching` through
the hook `oms_listings_matched`.
"""

from collections.abc import Sequence
from functools import partial

import frappe

from storegroup_oms.bulk import update_rows
from storegroup_oms.catalog.matching import find_skus_by_code, fold_code, match_by_code
from storegroup_oms.orders import events, holds, merging, outbox, review_states
from storegroup_oms.orders.line_changes import read_lines
from storegroup_oms.orders.order_rows import is_unmatched, summarise_lines
from storegroup_oms.transactions import run_in_transaction

CHUNK = 200
SOURCE = "Listing matched"
ORDER_FIELDS = ("status", "review_state", "hold_reasons", "sku_summary")


def enqueue_fill(listings: Sequence[str], codes: Sequence[str]) -> None:
	"""Fill waiting lines of these listings and merchant codes in the background, after commit."""
	frappe.enqueue(
		"storegroup_oms.orders.waiting_lines.run_fill",
		queue="default",
		enqueue_after_commit=True,
		listings=list(listings),
		codes=list(codes),
	)


def run_fill(listings: Sequence[str] = (), codes: Sequence[str] = ()) -> int:
	"""The background job of `enqueue_fill`; returns how many orders have got a SKU. Commits per chunk."""
	filled = 0
	orders = find_waiting(listings, codes)
	for start in range(0, len(orders), CHUNK):
		# Ends the view of the database that the last chunk read by.
		frappe.db.commit()
		filled += run_in_transaction(partial(fill_lines, orders[start : start + CHUNK]))
	return filled


def enqueue_rematch() -> None:
	"""The scheduler's entry of `run_rematch`."""
	frappe.enqueue(
		"storegroup_oms.orders.waiting_lines.run_rematch",
		queue="long",
		job_id="waiting_lines:rematch",
		deduplicate=True,
	)


def run_rematch() -> int:
	"""The scheduler's safety net: match what has become matchable and fill all waiting lines. Commits."""
	run_in_transaction(match_by_code)
	return run_fill(*_read_waiting_keys())


def _read_waiting_keys() -> tuple[list[str], list[str]]:
	"""Listings with a SKU, and codes without a listing, that lines of open orders wait for."""
	line, order, listing = (frappe.qb.DocType(name) for name in ("Order Item", "Order", "Listing"))
	rows = (
		frappe.qb.from_(order)
		.join(line)
		.on(line.parent == order.name)
		.left_join(listing)
		.on(listing.name == line.listing)
		.select(line.listing, line.outer_id, listing.sku)
		.distinct()
		.where(order.status.isin(merging.BEFORE_REVIEW) & (line.sku.isnull() | (line.sku == "")))
	).run(as_dict=True)
	listings = sorted({row.listing for row in rows if row.sku})
	return listings, sorted({row.outer_id for row in rows if row.outer_id and not row.sku})


def find_waiting(listings: Sequence[str], codes: Sequence[str]) -> list[str]:
	"""Names of open orders with a line that has no SKU and is of one of these listings or codes."""
	line, order = frappe.qb.DocType("Order Item"), frappe.qb.DocType("Order")
	names: set[str] = set()
	for column, values in ((line.listing, listings), (line.outer_id, codes)):
		if not values:
			continue
		names |= set(
			(
				frappe.qb.from_(line)
				.join(order)
				.on(order.name == line.parent)
				.select(order.name)
				.distinct()
				.where(
					column.isin(list(values))
					& (line.sku.isnull() | (line.sku == ""))
					& order.status.isin(merging.BEFORE_REVIEW)
				)
			).run(pluck=True)
		)
	return sorted(names)


def fill_lines(orders: Sequence[str]) -> int:
	"""Give each line without a SKU the one of its listing, else of its code; returns how many orders got one.

	Orders whose lines are all matched now lose the hold `listing_unmatched`, and go back to review when it was
	the last. Locks the orders in name order; orders past their review are left alone. Never commits.
	"""
	stored = _lock_orders(orders)
	lines = read_lines(list(stored))
	filled = _match_lines([line for rows in lines.values() for line in rows if not line.sku])
	update_rows("Order Item", filled, ("sku",))
	touched = sorted({line["parent"] for line in filled})
	states = review_states.get_state_by_status() if touched else {}
	rows = []
	for name in touched:
		order = stored[name]
		reasons = order.hold_reasons
		if not is_unmatched(lines[name]):
			reasons = holds.remove_codes(reasons, "listing_unmatched")
		status = merging.settle_status(order.status, order.hold_reasons, reasons)
		state = order.review_state if status == order.status else states.get(status, order.review_state)
		values = {"status": status, "review_state": state, "hold_reasons": reasons}
		rows.append({"name": name, **values, **summarise_lines(lines[name])})
	update_rows("Order", rows, ORDER_FIELDS)
	_record(rows, stored, filled)
	outbox.record_changes(
		updated=[(row["name"], outbox.find_changes(stored[row["name"]], row, ORDER_FIELDS)) for row in rows]
	)
	return len(rows)


def _lock_orders(names: Sequence[str]) -> dict[str, frappe._dict]:
	if not names:
		return {}
	table = frappe.qb.DocType("Order")
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.status, table.review_state, table.hold_reasons, table.sku_summary)
		.where(table.name.isin(list(names)) & table.status.isin(merging.BEFORE_REVIEW))
		.orderby(table.name)
		.for_update()
	).run(as_dict=True)
	return {row.name: row for row in rows}


def _match_lines(lines: Sequence[frappe._dict]) -> list[frappe._dict]:
	"""Set `sku` on the lines that have one now; returns these."""
	listings = sorted({line.listing for line in lines if line.listing})
	remembered = {}
	if listings:
		found = frappe.get_all(
			"Listing",
			filters={"name": ("in", listings), "sku": ("is", "set")},
			fields=["name", "sku"],
			order_by="name asc",
		)
		remembered = {row.name: row.sku for row in found}
	codes = find_skus_by_code(line.outer_id for line in lines if line.outer_id and not line.listing)
	filled = []
	for line in lines:
		if line.listing:
			line.sku = remembered.get(line.listing)
		elif line.outer_id:
			line.sku = codes.get(fold_code(line.outer_id), (None, ""))[0]
		if line.sku:
			filled.append(line)
	return filled


def _record(rows: Sequence[dict], stored: dict[str, frappe._dict], filled: Sequence[frappe._dict]) -> None:
	skus: dict[str, list[str]] = {}
	for line in filled:
		skus.setdefault(line.parent, []).append(line.sku)
	entries = []
	for row in rows:
		entries.append(
			{
				"order": row["name"],
				"event": "Lines matched to SKUs",
				"source": SOURCE,
				"details": {"skus": skus[row["name"]]},
			}
		)
		if row["status"] != stored[row["name"]].status:
			entries.append(
				{
					"order": row["name"],
					"event": "Status changed",
					"from_status": stored[row["name"]].status,
					"to_status": row["status"],
					"source": SOURCE,
				}
			)
	events.record_events(entries)
