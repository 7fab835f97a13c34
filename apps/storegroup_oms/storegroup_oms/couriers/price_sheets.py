"""Rate cards as Excel sheets: a template, and rows that become lanes; read whole or refused with every wrong cell named."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import BytesIO

import frappe
from frappe import _
from frappe.utils import escape_html

from storegroup_oms.bulk import insert_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory.sheets import refuse
from storegroup_oms.orders.importing.addresses import find_province

KEY = ("courier", "warehouse", "province", "city", "valid_from")
MOST_MONEY = Decimal(100_000)
MOST_GRAMS = 1_000_000
# Field → headings in lower case; the first Chinese one stands in the template.
HEADINGS = {
	"courier": ("快递公司", "快递", "courier"),
	"warehouse": ("发货仓库", "仓库", "warehouse", "from warehouse"),
	"province": ("省份", "目的省份", "目的地", "province"),
	"city": ("城市", "目的城市", "city"),
	"is_served": ("是否送达", "可达", "goes there"),
	"valid_from": ("生效日期", "valid from"),
	"first_cost": ("首重费用", "首重价格", "首重(元)", "first weight price"),
	"first_weight_g": ("首重克数", "首重(g)", "first weight (g)"),
	"next_cost": ("续重费用", "续重价格", "续重(元)", "further weight price"),
	"step_weight_g": ("续重克数", "续重(g)", "further weight (g)"),
}
FIELDS = tuple(HEADINGS)
REQUIRED = ("courier", "first_cost")
EXAMPLES = (
	("中通快递", "", "浙江省", "", "是", "2027-01-01", "3.20", "1000", "0.80", "1000"),
	("中通快递", "", "新疆", "", "是", "2027-01-01", "12.00", "1000", "10.00", "1000"),
	("中通快递", "", "台湾省", "", "否", "2027-01-01", "", "", "", ""),
)
YES = {
	"": True,
	"是": True,
	"y": True,
	"yes": True,
	"1": True,
	"否": False,
	"n": False,
	"no": False,
	"0": False,
}


@dataclass
class Names:
	"""Couriers and warehouses that rows may name."""

	couriers: set[str]
	warehouses: set[str]


class CellError(ValueError):
	"""What is wrong with a cell, in words."""


def make_template() -> bytes:
	"""An .xlsx file with all headings and three rows as examples, which are to be replaced."""
	from openpyxl import Workbook
	from openpyxl.styles import Font

	book = Workbook()
	sheet = book.active
	sheet.append([names[0] for names in HEADINGS.values()])
	for row in EXAMPLES:
		sheet.append(row)
	for cell in sheet[1]:
		cell.font = Font(bold=True)
		sheet.column_dimensions[cell.column_letter].width = 14
	content = BytesIO()
	book.save(content)
	return content.getvalue()


def find_columns(headings: Sequence[str]) -> dict[str, str]:
	"""{our field: heading}. Raises InvalidValueError that names the missing columns."""
	by_name = {heading.strip().lower().replace("（", "(").replace("）", ")"): heading for heading in headings}
	found = {
		field: next(by_name[name] for name in names if name in by_name)
		for field, names in HEADINGS.items()
		if any(name in by_name for name in names)
	}
	if missing := [HEADINGS[field][0] for field in REQUIRED if field not in found]:
		frappe.throw(
			_("The sheet lacks these columns: {0}. It has: {1}").format(
				", ".join(missing), escape_html(", ".join(headings)) or "–"
			),
			exc=InvalidValueError,
			title=_("Wrong Columns"),
		)
	return found


def parse(
	rows: Iterable[tuple[int, Mapping[str, str]]], columns: Mapping[str, str], names: Names
) -> list[dict]:
	"""Values of lanes, by field. Raises InvalidValueError that names each wrong cell by row and column.

	Empty: weights 1000 g, other numbers 0.00, "goes there" yes, days and places None (always, all).
	"""
	lanes, problems, seen = [], [], {}
	for row_no, cells in rows:
		lane, wrong = _parse_row(cells, columns, names)
		if not wrong:
			key = tuple(lane[field] for field in KEY)
			if key in seen:
				wrong = [_("The same lane is in row {0} already.").format(seen[key])]
			seen.setdefault(key, row_no)
		problems += [_("Row {0}: {1}").format(row_no, problem) for problem in wrong]
		lanes.append(lane)
	if not lanes:
		problems = [_("The sheet has no rows.")]
	refuse(problems)
	return lanes


def _parse_row(cells: Mapping[str, str], columns: Mapping[str, str], names: Names) -> tuple[dict, list[str]]:
	lane: dict = {}
	wrong = []
	for field, read in _make_readers(names).items():
		heading = columns.get(field, "")
		text = (cells.get(heading) or "").strip() if heading else ""
		try:
			lane[field] = read(text)
		except CellError as error:
			lane[field] = None
			wrong.append(_("{0}: {1}").format(heading or HEADINGS[field][0], error))
	if lane["city"] and not lane["province"] and not wrong:
		wrong.append(
			_("{0}: {1}").format(
				columns.get("province") or HEADINGS["province"][0],
				_("Give the province of {0}.").format(lane["city"]),
			)
		)
	if lane["is_served"] and not lane["first_cost"] and not wrong:
		wrong.append(_("{0}: {1}").format(columns["first_cost"], _("The price is missing.")))
	return lane, wrong


def _make_readers(names: Names) -> dict[str, Callable[[str], object]]:
	def known(text: str, among: set[str]) -> str | None:
		if text and text not in among:
			raise CellError(_("{0} is not known.").format(text))
		return text or None

	def courier(text: str) -> str | None:
		if not text:
			raise CellError(_("The courier is missing."))
		return known(text, names.couriers)

	return {
		"courier": courier,
		"warehouse": lambda text: known(text, names.warehouses),
		"province": _read_province,
		"city": lambda text: text[:140] or None,
		"is_served": _read_yes,
		"valid_from": _read_day,
		"first_cost": _read_money,
		"first_weight_g": _read_grams,
		"next_cost": _read_money,
		"step_weight_g": _read_grams,
	}


def _read_province(text: str) -> str | None:
	found = find_province(text) if text else None
	if text and not found:
		raise CellError(_("{0} is not a province.").format(text))
	return found


def _read_yes(text: str) -> int:
	if text.lower() not in YES:
		raise CellError(_("{0} is neither yes nor no.").format(text))
	return int(YES[text.lower()])


def _read_day(text: str) -> date | None:
	for pattern in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"):
		try:
			return datetime.strptime(text.partition(" ")[0], pattern).date()
		except ValueError:
			continue
	if text:
		raise CellError(_("{0} is not a day such as 2027-01-31.").format(text))
	return None


def _read_money(text: str) -> Decimal:
	try:
		amount = Decimal(text.replace(",", "").removeprefix("¥") or 0)
	except InvalidOperation:
		raise CellError(_("{0} is not an amount.").format(text)) from None
	if not (amount.is_finite() and 0 <= amount <= MOST_MONEY):
		raise CellError(_("{0} is not an amount.").format(text))
	if amount != amount.quantize(Decimal("0.01")):
		raise CellError(_("{0} has more than two decimals.").format(text))
	return amount.quantize(Decimal("0.01"))


def _read_grams(text: str) -> int:
	try:
		grams = Decimal(text.replace(",", "") or 1000)
	except InvalidOperation:
		raise CellError(_("{0} is not a weight in whole grams.").format(text)) from None
	if not (grams.is_finite() and 0 < grams <= MOST_GRAMS and grams == int(grams)):
		raise CellError(_("{0} is not a weight in whole grams.").format(text))
	return int(grams)


def store(lanes: Sequence[Mapping]) -> dict[str, int]:
	"""Write lanes: {created, changed, same}. A lane of the same key and first day is changed, with its history kept.

	Never commits.
	"""
	couriers = sorted({lane["courier"] for lane in lanes})
	stored = {
		tuple(row[field] or None for field in KEY): row
		for row in frappe.get_all(
			"Courier Lane",
			filters={"courier": ("in", couriers or [""])},
			fields=["name", *FIELDS],
			order_by="name asc",
		)
	}
	new, changed = [], []
	for lane in lanes:
		row = stored.get(tuple(lane[field] for field in KEY))
		if not row:
			new.append({**lane, "name": frappe.generate_hash(length=10)})
		elif any(_differs(row[field], lane[field]) for field in FIELDS):
			changed.append((row.name, lane))
	insert_rows("Courier Lane", new, FIELDS)
	for name, lane in changed:
		frappe.get_doc("Courier Lane", name).update(lane).save()
	return {"created": len(new), "changed": len(changed), "same": len(lanes) - len(new) - len(changed)}


def _differs(stored: object, given: object) -> bool:
	if isinstance(given, int | Decimal):
		return Decimal(str(stored or 0)) != given
	return (stored or None) != (given or None)
