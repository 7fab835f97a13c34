"""Rows of codes and pieces, from a spreadsheet or pasted, to SKUs: read whole or refused with every wrong row named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import frappe
from frappe import _
from frappe.utils import escape_html

from storegroup_oms.catalog.barcodes import find_codes
from storegroup_oms.exceptions import InvalidValueError

MOST_PIECES = 100_000_000
MOST_SHOWN = 30
# Headings in lower case, ours and those that spreadsheets of this trade carry.
HEADINGS = {
	"code": ("sku", "sku code", "barcode", "商品编码", "sku编码", "规格编码", "商家编码", "货品编码", "条码", "条形码"),
	"qty": ("quantity", "qty", "pieces", "counted", "counted pieces", "数量", "件数", "实盘数", "实盘数量", "盘点数", "盘点数量"),
	"unit_cost": ("unit cost", "cost", "单价", "成本", "成本价", "进价", "采购价"),
	"bin_location": ("bin location", "bin", "库位", "货位"),
}  # fmt: skip
REQUIRED = ("code", "qty")


@dataclass(frozen=True)
class Line:
	"""One row as given; `unit_cost` and `bin_location` are empty where the sheet has no such column."""

	row_no: int
	code: str
	qty: str
	unit_cost: str = ""
	bin_location: str = ""


def read_whole(value: object) -> int | None:
	"""A whole number of pieces from what a form, a sheet or a scanner sends; None when it is none.

	"3", "3.0", " 1,200 " and 3.0 are whole; "1.5", True, "" and "three" are not.
	"""
	if isinstance(value, bool) or value is None:
		return None
	number = _read_decimal(value)
	return int(number) if number is not None and number == int(number) else None


def _read_decimal(value: object) -> Decimal | None:
	try:
		number = Decimal(str(value).strip().replace(",", ""))
	except InvalidOperation:
		return None
	return number if number.is_finite() and abs(number) <= MOST_PIECES else None


def find_columns(headings: Sequence[str]) -> dict[str, str]:
	"""Which heading holds what: {our field: heading}. Raises InvalidValueError that names the missing columns."""
	by_name = {heading.strip().lower(): heading for heading in reversed(headings)}
	found = {
		field: next(by_name[name] for name in names if name in by_name)
		for field, names in HEADINGS.items()
		if any(name in by_name for name in names)
	}
	labels = {"code": _("SKU Code or Barcode"), "qty": _("Quantity")}
	if missing := [labels[field] for field in REQUIRED if field not in found]:
		frappe.throw(
			_("The sheet lacks these columns: {0}. It has: {1}").format(
				", ".join(missing), escape_html(", ".join(headings)) or "–"
			),
			exc=InvalidValueError,
			title=_("Wrong Columns"),
		)
	return found


def make_lines(rows: Iterable[tuple[int, Mapping[str, str]]], columns: Mapping[str, str]) -> list[Line]:
	"""Lines of a sheet's rows, given as (row number, {heading: text})."""
	return [
		Line(number, **{field: cells.get(heading, "") for field, heading in columns.items()})
		for number, cells in rows
	]


def resolve(lines: Sequence[Line], may_be_zero: bool = False) -> list[dict]:
	"""Rows of SKUs in the order of the lines: {row_no, sku, sku_name, barcode, qty, unit_cost, bin_location}.

	Packs count as the pieces in them. Raises InvalidValueError that names each wrong row: unknown code, bundle,
	a number that is not whole or too small, an SKU that stands in an earlier row as well.
	"""
	found = find_codes(line.code for line in lines)
	rows, problems, seen = [], [], {}
	for line in lines:
		sku = found.get(line.code)
		qty = read_whole(line.qty)
		cost = _read_decimal(line.unit_cost) if line.unit_cost else Decimal(0)
		problem = ""
		if not sku:
			problem = _("{0} is neither a SKU nor a barcode.").format(line.code or _("An empty code"))
		elif sku.is_bundle:
			problem = _("{0} is a bundle and has no stock of its own. Give its components.").format(sku.sku)
		elif qty is None or qty < (0 if may_be_zero else 1):
			problem = _("{0}: {1} is not a whole number of pieces.").format(line.code, line.qty or "–")
		elif cost is None or cost < 0:
			problem = _("{0}: {1} is not a unit cost.").format(line.code, line.unit_cost)
		elif sku.sku in seen:
			problem = _("{0} is in row {1} already.").format(sku.sku, seen[sku.sku])
		if problem:
			problems.append(_("Row {0}: {1}").format(line.row_no, problem))
			continue
		seen[sku.sku] = line.row_no
		rows.append(
			{
				"row_no": line.row_no,
				"sku": sku.sku,
				"sku_name": sku.sku_name,
				"barcode": line.code if line.code != sku.sku else "",
				"qty": qty * sku.pieces,
				"unit_cost": cost,
				"bin_location": line.bin_location,
			}
		)
	refuse(problems)
	return rows


def refuse(problems: Sequence[str]) -> None:
	"""Raise InvalidValueError with all problems, one a line; nothing when there are none."""
	if not problems:
		return
	shown = [escape_html(problem) for problem in problems[:MOST_SHOWN]]
	if more := len(problems) - MOST_SHOWN:
		shown += [_("… and {0} more.").format(more)] if more > 0 else []
	frappe.throw("<br>".join(shown), exc=InvalidValueError, title=_("Rows to Correct"))
