"""Spreadsheets that people upload or paste, for the endpoints that take rows of stock."""

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory.sheets import Line, find_columns, make_lines
from storegroup_oms.orders.importing import ImportFileError, ReadLimits, open_table

MAX_ROWS = 50_000
MAX_TEXT_CHARS = 200_000


def read_file(file: str) -> list[Line]:
	"""Lines of an uploaded CSV or .xlsx file, by its address. Raises InvalidValueError, PermissionError."""
	headings, rows = read_rows(file, MAX_ROWS)
	return make_lines(rows, find_columns(headings))


def read_rows(file: str, most: int) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
	"""Headings and rows (number in the file, {heading: text}) of an uploaded CSV or .xlsx file, by its address.

	Raises InvalidValueError, also for more than `most` rows, and PermissionError.
	"""
	document = frappe.get_doc("File", {"file_url": file})
	document.check_permission("read")
	try:
		table = open_table(document.get_full_path(), ReadLimits(max_rows=most))
		return list(table.headings), [(row.row_no, row.cells) for row in table.rows()]
	except ImportFileError as error:
		frappe.throw(
			_(error.message_template).format(*error.params),
			exc=InvalidValueError,
			title=_("File Can't Be Used"),
		)


def read_text(text: str) -> list[Line]:
	"""Lines of pasted text: with headings as a sheet, else code, pieces and maybe unit cost, in this order."""
	if len(text) > MAX_TEXT_CHARS:
		frappe.throw(
			_("The text is too long. Upload it as a file."), exc=InvalidValueError, title=_("Too Long")
		)
	rows = [line.replace(",", "\t").replace("，", "\t").split("\t") for line in text.splitlines()]
	filled = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
	if filled and len(filled[0]) > 1 and not any(character.isdigit() for character in filled[0][1]):
		headings, *filled = filled
		columns = find_columns(headings)
		named = [dict(zip(headings, row, strict=False)) for row in filled]
		return make_lines(enumerate(named, 2), columns)
	return [Line(number, *[*row, "", ""][:2], *row[2:3]) for number, row in enumerate(filled, 1)]
