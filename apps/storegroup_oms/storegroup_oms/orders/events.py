"""The order timeline: append-only rows of `Order Event`, written in bulk.

The only writer of `Order Event`. Never commits.
"""

import json
from collections.abc import Iterable

import frappe

from storegroup_oms.bulk import insert_rows

FIELDS = ("order", "event", "from_status", "to_status", "source", "details", "occurred_at")
# What `fulfilment.gifts` writes as the source of its rows.
GIFT_SOURCE = "Gift Rules"


def record_events(rows: Iterable[dict]) -> int:
	"""Insert timeline rows; returns how many.

	Each row: order, event (a short English fact), source (who or what caused it), and optionally
	from_status, to_status, details (a JSON-able dict), occurred_at (site time; now when absent).
	Functions named by the hook `order_event_sinks` get the stored rows, in the same transaction.
	"""
	now = frappe.utils.now()
	stored = [
		{
			**row,
			"name": frappe.generate_hash(length=16),
			"details": _dump(row.get("details")),
			"occurred_at": row.get("occurred_at") or now,
		}
		for row in rows
	]
	written = insert_rows("Order Event", stored, FIELDS)
	for sink in frappe.get_hooks("order_event_sinks"):
		frappe.get_attr(sink)(stored)
	return written


def _dump(details: dict | None) -> str | None:
	return json.dumps(details, ensure_ascii=False, default=str) if details else None


def record_moves(
	moving: Iterable[tuple[str, str | None]], to_status: str, source: str, details: dict | None = None
) -> int:
	"""One "Status changed" row per (order, status before)."""
	return record_events(
		{
			"order": name,
			"event": "Status changed",
			"from_status": before,
			"to_status": to_status,
			"source": source,
			"details": details,
		}
		for name, before in moving
	)


def get_timeline(order: str, limit: int = 200) -> list[dict]:
	"""What happened to an order, newest first. Asks no permission: whoever reads the order reads its history.

	Each row: event, from_status, to_status, source, occurred_at, owner, gifts. `gifts` are [code, facts] of each rule
	that gave or refused one, empty for other events.
	"""
	rows = frappe.db.sql(
		"SELECT event, from_status, to_status, source, occurred_at, owner,"
		" IF(source = %s, details, NULL) AS details FROM `tabOrder Event`"
		" WHERE `order` = %s ORDER BY occurred_at DESC LIMIT %s",
		(GIFT_SOURCE, order, limit),
		as_dict=True,
	)
	for row in rows:
		row.gifts = (json.loads(row.pop("details") or "{}")).get("gifts", [])
	return rows
