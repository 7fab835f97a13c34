"""All rows of a view of the stock page as an Excel file, written in the background a part at a time.

The file is private to the user who asked, whose rights hold: the job runs as that user.
"""

import io
from collections.abc import Iterator, Mapping

import frappe
from frappe import _
from frappe.utils import format_datetime, now_datetime
from openpyxl import Workbook

from storegroup_oms.inventory import notices, stock_pages

PART = stock_pages.LONGEST_PAGE
# A sheet holds 1,048,576 rows.
SHEET_ROWS = 1_000_000
Columns = list[tuple[str, str]]


def enqueue(view: str, filters: Mapping[str, object]) -> None:
	"""Have the file written after commit."""
	frappe.enqueue(
		"storegroup_oms.inventory.stock_export.run",
		queue="long",
		timeout=3600,
		enqueue_after_commit=True,
		view=view,
		filters=dict(filters),
		user=frappe.session.user,
	)


def run(view: str, filters: dict, user: str) -> str:
	"""Write the file as `user`, tell them, and return the file's name. Commits."""
	frappe.set_user(user)
	content = make_workbook(view, filters)
	moment = now_datetime()
	document = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"stock-{view}-{moment:%Y%m%d-%H%M%S}.xlsx",
			"is_private": 1,
			"content": content,
		}
	)
	document.insert(ignore_permissions=True)  # the right to export was asked for; the file is the user's own
	subject = _("Your stock file of {0} is ready.").format(format_datetime(moment))
	notices.tell([user], subject, ("File", document.name))
	frappe.db.commit()
	return document.name


def make_workbook(view: str, filters: Mapping[str, object]) -> bytes:
	"""The rows of a view that the session's user may see, one sheet for each million."""
	book = Workbook(write_only=True)
	columns: Columns = []
	sheet = None
	for position, row in enumerate(read_rows(view, filters)):
		if position % SHEET_ROWS == 0:
			columns = columns or make_columns(view, row, filters)
			sheet = book.create_sheet(_("Stock") if position == 0 else f"{position // SHEET_ROWS + 1}")
			sheet.append([label for _field, label in columns])
		sheet.append([_clean(get_cell(row, field)) for field, _label in columns])
	if sheet is None:
		book.create_sheet(_("Stock")).append([_("No stock matches.")])
	stream = io.BytesIO()
	book.save(stream)
	return stream.getvalue()


def read_rows(view: str, filters: Mapping[str, object]) -> Iterator[frappe._dict]:
	"""All rows of a view, a part at a time."""
	_doctype, read = stock_pages.VIEWS[view]
	start, after = 0, None
	while True:
		if view == "movements":
			# To skip a million rows takes a second; to go on after the last one takes none.
			rows = stock_pages.get_movements({**filters, "after": after}, stock_pages.Page(0, PART))["rows"]
			after = rows and (rows[-1].posted_at, rows[-1].name)
		else:
			rows = read(filters, stock_pages.Page(start, PART))["rows"]
		yield from rows
		if len(rows) < PART:
			return
		start += PART


def make_columns(view: str, first: frappe._dict, filters: Mapping[str, object]) -> Columns:
	"""Field and heading of each column; money only where the rows carry it."""
	labels = get_labels()
	if view == "matrix":
		places = frappe.get_list("Warehouse", pluck="name", order_by="name asc")
		wanted = [place for place in places if filters.get("warehouse") in (None, "", place)]
		columns = [(field, labels[field]) for field in ("sku", "sku_name", "specification", "category")]
		columns += [(f"total.{number}", labels[number]) for number in stock_pages.NUMBERS]
		columns += [(field, labels[field]) for field in ("waiting", "promise")]
		columns += [("value", labels["value"])] if "value" in first else []
		for place in wanted:
			columns += [
				(f"places.{place}.{number}", f"{place} {labels[number]}") for number in stock_pages.NUMBERS
			]
		return columns
	return [(field, labels[field]) for field in first if field in labels]


def get_cell(row: Mapping[str, object], field: str) -> object:
	"""A value of a row; `places.<warehouse>.<number>` reaches inside, 0 where there is nothing."""
	if field.startswith("places."):
		place, _dot, number = field.removeprefix("places.").rpartition(".")
		return row["places"].get(place, {}).get(number, 0)
	if field.startswith("total."):
		return row["total"][field.removeprefix("total.")]
	return row.get(field)


def _clean(value: object) -> object:
	# A text that begins like a formula would be run as one by who opens the file.
	return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" and value else value


def get_labels() -> dict[str, str]:
	"""Headings by field, in the user's language."""
	return {
		"sku": _("SKU"),
		"sku_name": _("SKU Name"),
		"specification": _("Specification"),
		"category": _("Category"),
		"warehouse": _("Warehouse"),
		"on_hand": _("On Hand"),
		"reserved": _("Reserved"),
		"available": _("Available"),
		"in_transit": _("In Transit"),
		"blocked": _("Not for Sale"),
		"batch_no": _("Batch No"),
		"expires_on": _("Expires On"),
		"days_left": _("Days Left"),
		"state": _("State"),
		"waiting": _("Orders Waiting"),
		"promise": _("Can Be Promised"),
		"value": _("Stock Value"),
		"movement_type": _("Movement Type"),
		"posted_at": _("Posted At"),
		"entry_no": _("Entry No"),
		"qty_change": _("Change"),
		"reserved_change": _("Reserved Change"),
		"in_transit_change": _("In Transit Change"),
		"on_hand_after": _("On Hand After"),
		"reserved_after": _("Reserved After"),
		"in_transit_after": _("In Transit After"),
		"blocked_change": _("Not for Sale Change"),
		"blocked_after": _("Not for Sale After"),
		"source_name": _("Source Name"),
		"reason": _("Reason"),
		"posted_by": _("Posted By"),
		"unit_cost": _("Unit Cost"),
		"value_change": _("Value Change"),
		"oldest_at": _("Oldest Pieces Since"),
		"age_0_30": _("0 to 30 Days"),
		"age_31_60": _("31 to 60 Days"),
		"age_61_90": _("61 to 90 Days"),
		"age_91_180": _("91 to 180 Days"),
		"age_over_180": _("Over 180 Days"),
		"skus": _("SKUs"),
		"sold_cost_90": _("Cost of 90 Days' Sales"),
		"turnover": _("Turnover per Year"),
		"last_sold_at": _("Last Sold At"),
		"last_received_at": _("Last Received At"),
		"sold_90": _("Sold in 90 Days"),
		"days": _("Days without a Sale"),
	}
