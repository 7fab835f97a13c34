"""The order timeline: append-only rows of `Order Event`, written in bulk.

The only writer of `Order Event`. Never commits.
"""

import json
from collections.abc import Iterable

import frappe

FIELDS = (
	"name",
	"creation",
	"modified",
	"modified_by",
	"owner",
	"docstatus",
	"idx",
	"order",
	"event",
	"from_status",
	"to_status",
	"source",
	"details",
	"occurred_at",
)


def record_events(rows: Iterable[dict]) -> int:
	"""Insert timeline rows; returns how many.

	Each row: order, event (a short English fact), source (who or what caused it), and optionally
	from_status, to_status, details (a JSON-able dict), occurred_at (site time; now when absent).
	"""
	now = frappe.utils.now()
	user = frappe.session.user
	values = [
		(
			frappe.generate_hash(length=16),
			now,
			now,
			user,
			user,
			0,
			0,
			row["order"],
			row["event"],
			row.get("from_status"),
			row.get("to_status"),
			row["source"],
			json.dumps(row["details"], ensure_ascii=False, default=str) if row.get("details") else None,
			row.get("occurred_at") or now,
		)
		for row in rows
	]
	if values:
		frappe.db.bulk_insert("Order Event", FIELDS, values, chunk_size=2_000)
	return len(values)


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
