"""Rows written many at a time: the one place that builds multi-row SQL. Never commits."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import frappe

CHUNK_SIZE = 1_000


def insert_rows(
	doctype: str,
	rows: Iterable[dict],
	fields: Sequence[str],
	on_duplicate: Sequence[str] | None = None,
	keep_if_empty: Sequence[str] = (),
	add: Sequence[str] = (),
) -> int:
	"""Insert rows of a DocType's table in few statements; returns how many rows were given.

	Each row needs `name` and may lack any other field (then NULL; idx 0). Standard fields are filled
	in. On a duplicate key: without `on_duplicate` the database raises; with it the named fields are
	overwritten; with an empty one the stored row stays as it is; fields also named in `keep_if_empty`
	are only overwritten by something, numbers also named in `add` are added up. No document hook runs.
	"""
	rows = list(rows)
	tail = _make_tail(on_duplicate, keep_if_empty, add)
	for query, values in make_inserts(doctype, rows, fields):
		frappe.db.sql(query + tail, values)
	return len(rows)


def make_inserts(
	doctype: str, rows: Sequence[dict], fields: Sequence[str]
) -> Iterator[tuple[str, list[object]]]:
	"""The INSERT statements of `insert_rows` with their values, at most CHUNK_SIZE rows each.

	Columns that hold the same in all rows of a statement are written into its text, since binding each value
	costs more than the database does.
	"""
	now, user = frappe.utils.now(), frappe.session.user
	stamps = {"creation": now, "modified": now, "modified_by": user, "owner": user, "docstatus": 0}
	columns = ("name", *stamps, "idx", *fields)
	head = f"INSERT INTO `tab{doctype}` ({', '.join(f'`{column}`' for column in columns)}) VALUES "
	for start in range(0, len(rows), CHUNK_SIZE):
		chunk = rows[start : start + CHUNK_SIZE]
		# The name is always bound: a statement without values would keep its doubled percent signs.
		bound, marks = ["name"], ["%s"]
		for column in columns[1:]:
			default = 0 if column == "idx" else None
			value = stamps.get(column, chunk[0].get(column, default))
			if column in stamps or all(row.get(column, default) == value for row in chunk):
				marks.append(_write_literal(value))
			else:
				bound.append(column)
				marks.append("%s")
		row_marks = "(" + ", ".join(marks) + ")"
		values = [row.get(column, 0 if column == "idx" else None) for row in chunk for column in bound]
		yield head + ", ".join([row_marks] * len(chunk)), values


def _write_literal(value: object) -> str:
	if value is None:
		return "NULL"
	if isinstance(value, int | Decimal):
		return str(int(value) if isinstance(value, bool) else value)
	return frappe.db.escape(str(value), percent=True)


def _make_tail(on_duplicate: Sequence[str] | None, keep_if_empty: Sequence[str], add: Sequence[str]) -> str:
	if on_duplicate is None:
		return ""
	updates = [_make_update(field, field in keep_if_empty, field in add) for field in on_duplicate]
	return " ON DUPLICATE KEY UPDATE " + (", ".join(updates) or "`name` = `name`")


def _make_update(field: str, keeps_if_empty: bool, adds: bool) -> str:
	if adds:
		return f"`{field}` = `{field}` + VALUES(`{field}`)"
	if keeps_if_empty:
		return f"`{field}` = IF(IFNULL(VALUES(`{field}`), '') = '', `{field}`, VALUES(`{field}`))"
	return f"`{field}` = VALUES(`{field}`)"


def update_rows(doctype: str, rows: Sequence[dict], fields: Sequence[str], stamps: bool = True) -> int:
	"""Set the same fields of many existing rows, each to its own values; returns how many rows were given.

	One UPDATE joined with a list of values per chunk; `modified` and `modified_by` follow, unless `stamps` is False:
	for what a job measures while somebody may have the record open. Rows that don't exist are passed over.
	"""
	stamped = ", stored.modified = %s, stored.modified_by = %s" if stamps else ""
	for start in range(0, len(rows), CHUNK_SIZE):
		chunk = rows[start : start + CHUNK_SIZE]
		first = "SELECT %s AS name, " + ", ".join(f"%s AS `{field}`" for field in fields)
		more = " UNION ALL SELECT " + ", ".join(["%s"] * (len(fields) + 1))
		assignments = ", ".join(f"stored.`{field}` = given.`{field}`" for field in fields)
		values = [value for row in chunk for value in (row["name"], *(row.get(field) for field in fields))]
		frappe.db.sql(
			f"UPDATE `tab{doctype}` stored JOIN ({first + more * (len(chunk) - 1)}) given ON given.name = stored.name"
			f" SET {assignments}{stamped}",
			[*values, *([frappe.utils.now(), frappe.session.user] if stamps else [])],
		)
	return len(rows)


def reserve_names(series: str, digits: int, count: int) -> list[str]:
	"""Take `count` numbers of a naming series at once, e.g. ("SO-", 9, 2) gives SO-000000041, SO-000000042.

	The same counter that documents use. The counter's row stays locked until the transaction ends.
	"""
	if count <= 0:
		return []
	frappe.db.sql(
		"INSERT INTO `tabSeries` (`name`, `current`) VALUES (%s, %s)"
		" ON DUPLICATE KEY UPDATE `current` = `current` + VALUES(`current`)",
		(series, count),
	)
	last = frappe.db.sql("SELECT `current` FROM `tabSeries` WHERE `name` = %s", series)[0][0]
	return [f"{series}{number:0{digits}d}" for number in range(last - count + 1, last + 1)]
