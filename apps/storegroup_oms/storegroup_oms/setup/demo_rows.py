"""Rows of the demo company into tables, with names and line numbers filled in."""

from collections.abc import Iterable

import frappe

from storegroup_oms import bulk


def insert_rows(doctype: str, rows: Iterable[dict]) -> int:
	"""Insert rows, past controllers and hooks; returns how many. Every row has the same keys."""
	named = [{"name": row.get("name") or frappe.generate_hash(length=10)} | row for row in rows]
	if not named:
		return 0
	fields = [key for key in named[0] if key not in ("name", "idx")]
	return bulk.insert_rows(doctype, named, fields)


def insert_children(doctype: str, parenttype: str, parentfield: str, rows: Iterable[dict]) -> int:
	"""Insert child rows; each names its `parent` and comes in the order of its lines."""
	counts: dict[str, int] = {}
	filled = []
	for row in rows:
		counts[row["parent"]] = counts.get(row["parent"], 0) + 1
		filled.append(
			row | {"parenttype": parenttype, "parentfield": parentfield, "idx": counts[row["parent"]]}
		)
	return insert_rows(doctype, filled)
