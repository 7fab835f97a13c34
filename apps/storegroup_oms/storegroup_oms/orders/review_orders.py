"""Orders under review as rows: locked, their holds read and written, changes stored with timeline. Never commits."""

from collections.abc import Iterable, Sequence

import frappe

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.hashing import make_row_name
from storegroup_oms.orders import events, merging, outbox
from storegroup_oms.orders.holds import join_codes, parse_codes
from storegroup_oms.orders.review_facts import READ_FIELDS

ORDER_FIELDS = ("status", "review_state", "hold_reasons", "tags")
HOLD_FIELDS = ("order", "code", "state", "found_at", "cleared_at", "cleared_by", "details", "facts_hash")


def lock_orders(names: Iterable[str], statuses: Sequence[str]) -> list[frappe._dict]:
	"""The orders of these that have one of the statuses, locked in name order: rows of `READ_FIELDS`."""
	wanted = sorted(set(names))
	if not wanted:
		return []
	fields = ", ".join(f"`{name}`" for name in READ_FIELDS)
	rows = frappe.db.sql(
		f"SELECT {fields} FROM tabOrder WHERE name IN %s ORDER BY name FOR UPDATE", [wanted], as_dict=True
	)
	return [row for row in rows if row.status in statuses]


def read_holds(orders: Sequence[str]) -> dict[str, dict[str, frappe._dict]]:
	"""Order → code → its row of Order Hold."""
	fields = ", ".join(f"`{name}`" for name in ("name", *HOLD_FIELDS))
	rows = frappe.db.sql(
		f"SELECT {fields} FROM `tabOrder Hold` WHERE `order` IN %s", [list(orders) or [""]], as_dict=True
	)
	holds: dict[str, dict[str, frappe._dict]] = {}
	for row in rows:
		holds.setdefault(row.order, {})[row.code] = row
	return holds


def write_holds(rows: Sequence[dict]) -> None:
	"""Insert or overwrite rows of Order Hold; an order has one for each code."""
	for row in rows:
		row["name"] = make_row_name("hold", row["order"], row["code"])
	insert_rows("Order Hold", rows, HOLD_FIELDS, on_duplicate=("modified", "modified_by", *HOLD_FIELDS[2:]))


def make_values(order: frappe._dict, holds: Iterable[str], states: dict[str, str]) -> dict:
	"""Values of `ORDER_FIELDS` of an order with these holds; holds move it between To Review and On Hold."""
	codes = join_codes(holds)
	status = merging.settle_status(order.status, order.hold_reasons, codes)
	state = order.review_state if status == order.status else states.get(status, order.review_state)
	return {"status": status, "review_state": state, "hold_reasons": codes, "tags": order.tags}


def store_changes(
	changes: Sequence[tuple[frappe._dict, dict]], source: str, event: str, details: dict | None = None
) -> list[str]:
	"""Write orders whose values are new, with timeline; returns their names. The caller has locked the orders."""
	new = [
		(order, values, before)
		for order, values in changes
		if (before := outbox.find_changes(order, values, ORDER_FIELDS))
	]
	update_rows("Order", [{"name": order.name, **values} for order, values, _before in new], ORDER_FIELDS)
	entries = []
	for order, values, _before in new:
		row = {"order": order.name, "source": source}
		told = _describe(order, values) | (details or {})
		if told:
			entries.append({**row, "event": event, "details": told})
		if values["status"] != order.status:
			move = {"from_status": order.status, "to_status": values["status"]}
			entries.append({**row, "event": "Status changed", **move})
	if entries:
		events.record_events(entries)
	outbox.record_changes(updated=[(order.name, before) for order, _values, before in new])
	return [order.name for order, _values, _before in new]


def _describe(order: frappe._dict, values: dict) -> dict:
	"""What came and went of holds and tags."""
	told = {}
	for name in ("hold_reasons", "tags"):
		before, after = parse_codes(order[name]), parse_codes(values[name])
		word = "tags_" if name == "tags" else ""
		told |= {f"{word}added": sorted(after - before), f"{word}removed": sorted(before - after)}
	return {key: codes for key, codes in told.items() if codes}
