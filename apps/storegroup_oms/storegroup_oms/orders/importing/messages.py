"""Every sentence that the importer can say about a file or a row, by reason code.

The sentences are English source text with positional placeholders; whoever shows one translates the template
and then fills it in. Pure: imports no Frappe, so `_` here only marks a sentence for the translation
extractor.
"""


def _(sentence: str) -> str:
	return sentence


FILE_MESSAGES = {
	"file_missing": _("The file {0} cannot be opened. Upload it again."),
	"file_empty": _("The file is empty."),
	"file_too_large": _("The file has {0} bytes; at most {1} are accepted. Export a shorter period."),
	"file_is_xls": _("This is an old Excel file (.xls). Save it as .xlsx or CSV and load that."),
	"file_is_encrypted": _("The workbook is protected by a password. Remove the password and load it again."),
	"file_is_archive": _("This is a compressed archive, not a table. Unpack it and load the file inside."),
	"file_is_web_page": _("This is a web page, not a table. Open it in Excel and save it as .xlsx."),
	"file_is_other": _("This is neither a CSV file nor an Excel workbook (.xlsx)."),
	"bad_encoding": _(
		"The text cannot be read as {0}: byte {1} in line {2} is not valid. Save the file as CSV UTF-8."
	),
	"nul_character": _("Line {0} has a NUL character. The file is damaged or is not a text file."),
	"line_too_long": _("Line {0} has more than {1} characters. The file is damaged or is not a table."),
	"record_too_long": _("The row that starts in line {0} has more than {1} characters."),
	"quote_not_closed": _("The quotation mark opened in line {0} is never closed properly."),
	"no_headings": _("The file has no row of column headings."),
	"no_rows": _("The file has column headings but no rows."),
	"duplicate_headings": _("These column headings occur more than once: {0}. Rename or delete the copies."),
	"too_many_columns": _("The file has more than {0} columns."),
	"too_many_rows": _("The file has more than {0} rows. Split it and load the parts."),
	"xlsx_damaged": _(
		"The Excel workbook is damaged and cannot be read. Open it in Excel and save it again."
	),
	"xlsx_no_sheet": _("The Excel workbook has no visible sheet with data."),
	"xlsx_too_many_parts": _("The Excel workbook has {0} parts; at most {1} are accepted."),
	"xlsx_too_large": _("The Excel workbook unpacks to more than {0} bytes and is refused."),
	"xlsx_ratio": _(
		"The Excel workbook unpacks to more than {0} times its size and is refused as a possible zip bomb."
	),
	"xlsx_size_lie": _("The Excel workbook states a wrong size for its part {0} and is refused."),
	"xlsx_unsafe_part": _("The Excel workbook has a part that is not allowed in a workbook: {0}."),
	"missing_columns": _("The file lacks these columns: {0}."),
	"mapping_invalid": _("The column mapping cannot be used: {0}."),
}

ROW_MESSAGES = {
	"too_few_cells": _("The row has {0} cells, but there are {1} columns."),
	"too_many_cells": _("The row has {0} cells, but there are {1} columns. Left over: {2}"),
	"broken_quotes": _("A quotation mark in the row is out of place."),
	"missing_value": _("Column {0} is empty."),
	"digits_lost": _(
		"Column {0} has the number {1}: Excel has lost its last digits. Export again with the column as text."
	),
	"formula": _("Column {0} has a formula ({1}) instead of a value. Replace it by its value."),
	"invalid_id": _("Column {0} has {1}, which is not a valid number or code."),
	"not_a_number": _("Column {0} has {1}, which is not an amount of money."),
	"too_many_decimals": _("Column {0} has {1}, an amount with fractions of a cent."),
	"too_large": _("Column {0} has {1}, an amount that is too large."),
	"negative": _("Column {0} has {1}, but a negative amount makes no sense here."),
	"invalid_time": _("Column {0} has {1}, which is not a date and time."),
	"invalid_quantity": _("Column {0} has {1}, which is not a whole number of pieces from 1 to {2}."),
	"unknown_status": _("Column {0} has the status {1}, which this platform's exports are not known to use."),
	"unknown_province": _("Column {0} has {1}, which does not begin with a province of China."),
	"contradiction": _("Rows {1} belong to one order but differ in column {0}: {2}."),
	"too_many_lines": _("The order has {0} rows; at most {1} are accepted."),
	"amounts_disagree": _("The total of {0} is more than goods of {1} plus freight of {2}."),
	"lines_disagree": _("The lines add up to {0}, but the order says {1}."),
	"duplicate_line": _("The line number {0} occurs more than once in the order."),
	"too_long": _("Column {0} has more than {1} characters."),
	"invalid_value": _("Column {0} has a value that cannot be used: {1}"),
}

MESSAGES = FILE_MESSAGES | ROW_MESSAGES
