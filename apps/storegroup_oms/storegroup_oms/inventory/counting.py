"""What people find on the shelves: pieces by SKU, from a scanner, by hand or from a sheet. Never commits.

A tally is how many pieces of an SKU one person has found so far, not how many more: sent twice it is the same, and
an undo is the smaller number. The line adds up the tallies of all who count, and keeps the book of that moment.
"""

import json
from collections.abc import Mapping

import frappe
from frappe import _
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory.counts import (
	APPROVERS,
	DOCTYPE,
	LINE,
	LINE_FIELDS,
	make_line,
	refuse_doubles,
)
from storegroup_oms.inventory.sheets import MOST_PIECES, read_whole, refuse

PAGE = 50
TALLY_FIELDS = (
	"status",
	"counted_qty",
	"counted_at",
	"counted_by",
	"book_qty",
	"entry_no",
	"has_moved",
	"tallies",
)
SHOWS = {
	"All": "",
	"To Count": "AND line.status IN ('To Count', 'Recount')",
	"Counted": "AND line.status IN ('Counted', 'Posted')",
	"Differences": "AND line.status IN ('Counted', 'Posted') AND line.counted_qty != line.book_qty",
}
SHEET = "sheet"


def set_tallies(name: str, pieces: Mapping[str, object], counter: str) -> dict[str, int]:
	"""Write down how many pieces of each SKU `counter` has found so far; returns the lines' totals, {SKU: pieces}.

	SKUs that are not on the list are added to it. Raises InvalidValueError where the count isn't open, an SKU is
	unknown, a bundle or in another open count, or a number is no whole one from 0 up; then nothing is written.
	"""
	count = _lock_open(name)
	counts = _check(pieces)
	skus = sorted(counts)
	lines = _lock_lines(name, skus)
	balances = _read_balances(count.warehouse, skus)
	added = [sku for sku in skus if sku not in lines]
	if added:
		refuse_doubles(count, added)
		insert_rows(LINE, [make_line(count, balances[sku], is_added=True) for sku in added], LINE_FIELDS)
		lines |= _lock_lines(name, added)
	rows = [_make_row(lines[sku], balances[sku], counter, counts[sku]) for sku in skus]
	update_rows(LINE, rows, TALLY_FIELDS)
	return {sku: row["counted_qty"] for sku, row in zip(skus, rows, strict=True)}


def _lock_open(name: str) -> frappe._dict:
	# Shared: many count at once, and nobody ends the count meanwhile.
	rows = frappe.db.sql(
		f"SELECT name, status, warehouse, is_blind FROM `tab{DOCTYPE}` WHERE name = %s LOCK IN SHARE MODE",
		name,
		as_dict=True,
	)
	if not rows or rows[0].status != "Counting":
		frappe.throw(
			_("Stock count {0} is not open for counting.").format(name),
			exc=InvalidValueError,
			title=_("Stock Count"),
		)
	return rows[0]


def _check(pieces: Mapping[str, object]) -> dict[str, int]:
	known = dict(
		frappe.get_all(
			"SKU",
			filters={"name": ["in", list(pieces)]},
			fields=["name", "is_bundle"],
			order_by="name asc",
			as_list=True,
		)
	)
	problems, counts = [], {}
	for sku, value in pieces.items():
		number = read_whole(value)
		if sku not in known:
			problems.append(_("{0} is neither a SKU nor a barcode.").format(sku))
		elif known[sku]:
			problems.append(
				_("{0} is a bundle and has no stock of its own. Give its components.").format(sku)
			)
		elif number is None or not 0 <= number <= MOST_PIECES:
			problems.append(_("{0}: {1} is not a whole number of pieces.").format(sku, value))
		else:
			counts[sku] = number
	refuse(problems)
	return counts


def _lock_lines(name: str, skus: list[str]) -> dict[str, frappe._dict]:
	rows = frappe.db.sql(
		f"""SELECT name, sku, status, counted_at, book_qty, has_moved, tallies FROM `tab{LINE}`
		WHERE stock_count = %s AND sku IN %s ORDER BY name FOR UPDATE""",
		(name, skus or [""]),
		as_dict=True,
	)
	return {row.sku: row for row in rows}


def _read_balances(warehouse: str, skus: list[str]) -> dict[str, frappe._dict]:
	"""The book of each SKU as committed now: {sku, on_hand, entry_no, bin_location}; nothing where there is no balance."""
	rows = frappe.db.sql(
		"""SELECT sku, on_hand, entry_no, bin_location FROM `tabStock Balance`
		WHERE warehouse = %s AND sku IN %s ORDER BY name LOCK IN SHARE MODE""",
		(warehouse, skus or [""]),
		as_dict=True,
	)
	found = {row.sku: row for row in rows}
	nothing = {"on_hand": 0, "entry_no": 0, "bin_location": None}
	return {sku: found.get(sku) or frappe._dict(sku=sku, **nothing) for sku in skus}


def _make_row(line: frappe._dict, balance: frappe._dict, counter: str, pieces: int) -> dict:
	tallies = {**json.loads(line.tallies or "{}"), counter: pieces}
	if counter == SHEET:
		tallies = {SHEET: pieces}
	is_first = line.status in ("To Count", "Recount")
	return {
		"name": line.name,
		"status": "Counted",
		"counted_qty": sum(tallies.values()),
		"counted_at": now_datetime(),
		"counted_by": frappe.session.user,
		"book_qty": balance.on_hand,
		"entry_no": balance.entry_no,
		"has_moved": int(bool(line.has_moved) or (not is_first and line.book_qty != balance.on_hand)),
		"tallies": json.dumps(tallies),
	}


def get_progress(name: str) -> dict:
	"""How far a count is: {lines, counted}."""
	rows = frappe.db.sql(
		f"SELECT COUNT(*), IFNULL(SUM(status IN ('Counted', 'Posted')), 0) FROM `tab{LINE}` WHERE stock_count = %s",
		name,
	)
	return {"lines": int(rows[0][0]), "counted": int(rows[0][1])}


def may_see_book(is_blind: bool) -> bool:
	"""In a blind count only those who approve see what the book says."""
	user = frappe.session.user
	return not is_blind or user == "Administrator" or bool(set(APPROVERS) & set(frappe.get_roles(user)))


def find_lines(name: str, show: str = "All", text: str = "", first: int = 0) -> list[dict]:
	"""Up to 50 lines of a count in the order of bins, from the row `first` on, for whoever may read the count.

	Each: sku, sku_name, specification, bin_location, status, counted_qty, first_qty, is_added, has_moved, and where
	the user may see the book: book_qty, difference. Without that right "Differences" shows nothing.
	"""
	is_blind = bool(frappe.db.get_value(DOCTYPE, name, "is_blind"))
	sees_book = may_see_book(is_blind)
	if show == "Differences" and not sees_book:
		return []
	rows = frappe.db.sql(
		f"""SELECT line.sku, sku.sku_name, sku.specification, line.bin_location, line.status, line.counted_qty,
		line.first_qty, line.is_added, line.has_moved, IF(line.counted_at IS NULL, balance.on_hand, line.book_qty) AS book_qty
		FROM `tab{LINE}` line JOIN tabSKU sku ON sku.name = line.sku
		LEFT JOIN `tabStock Balance` balance ON balance.sku = line.sku AND balance.warehouse = line.warehouse
		WHERE line.stock_count = %(name)s {SHOWS[show]}
		AND (%(text)s = '' OR line.sku LIKE %(like)s OR sku.sku_name LIKE %(like)s OR sku.barcode = %(text)s)
		ORDER BY IFNULL(line.bin_location, '') = '', line.bin_location, line.sku LIMIT {PAGE} OFFSET %(first)s""",
		{"name": name, "text": text.strip(), "like": f"%{text.strip()}%", "first": first},
		as_dict=True,
	)
	for row in rows:
		book = row.pop("book_qty")
		if sees_book:
			row.book_qty = book or 0
			is_counted = row.status in ("Counted", "Posted")
			row.difference = row.counted_qty - row.book_qty if is_counted else None
	return rows


def get_tally(name: str, sku: str, counter: str) -> int:
	"""How many pieces of an SKU `counter` has found so far in the present round."""
	row = frappe.db.get_value(LINE, {"stock_count": name, "sku": sku}, ["tallies", "status"], as_dict=True)
	if not row or row.status == "Recount":
		return 0
	return json.loads(row.tallies or "{}").get(counter, 0)
