"""Packing slips on label paper, pick lists and hand-over manifests on A4. Pure."""

from collections.abc import Callable, Iterable, Sequence

from storegroup_oms.fulfilment.printing import words
from storegroup_oms.fulfilment.printing.documents import (
	BARCODE_UNREADABLE,
	Layout,
	Manifest,
	ManifestLine,
	PackingSlip,
	Pdf,
	PickLine,
	PickList,
)
from storegroup_oms.fulfilment.printing.labels import PLANS
from storegroup_oms.fulfilment.printing.sheet import Sheet, is_encodable

A4_WIDTH, A4_HEIGHT = 210, 297
MARGIN = 12
RIGHT = A4_WIDTH - MARGIN
FOOT = A4_HEIGHT - 16
PICK_COLUMNS = (
	(words.BIN, MARGIN),
	(words.CODE, MARGIN + 30),
	(words.GOODS, MARGIN + 66),
	(words.COUNT, MARGIN + 126),
	(words.BASKETS, MARGIN + 138),
	(words.CHECK, RIGHT - 9),
)
MANIFEST_COLUMNS = (
	("#", MARGIN),
	(words.WAYBILL, MARGIN + 10),
	(words.REGION, MARGIN + 92),
	(words.PIECES, MARGIN + 136),
	(words.WEIGHT_KG, MARGIN + 148),
	(words.CHECK, RIGHT - 9),
)
MANIFEST_ROW = 14


def render_packing_slips(
	slips: Iterable[PackingSlip], layout: Layout, on_page: Callable[[int], None] | None = None
) -> Pdf:
	"""One slip after the other, each on as many pages of label paper as its goods need."""
	plan = PLANS[layout.size]
	sheet = Sheet(plan.width, plan.height, "Packing slips")
	sheet.shift(layout.offset_x_mm, layout.offset_y_mm)
	printed = []
	for slip in slips:
		sheet.parcel = slip.parcel
		items = list(slip.items)
		while items or slip.parcel not in printed[-1:]:
			items = _draw_slip_page(sheet, layout, slip, items)
			sheet.end_page()
			if slip.parcel not in printed[-1:]:
				printed.append(slip.parcel)
		if on_page:
			on_page(sheet.pages)
	return sheet.finish(tuple(printed))


def _draw_slip_page(sheet: Sheet, layout: Layout, slip: PackingSlip, items: list) -> list:
	"""Draw a page; returns the items that had no room on it."""
	plan = PLANS[layout.size]
	left, right, width = plan.left, plan.right, plan.right - plan.left
	sheet.fit_text(
		left, plan.margin + 5, slip.shop or words.PACKING_SLIP, width * 0.7, plan.strong, bold=True
	)
	sheet.fit_text(right, plan.margin + 5, words.PACKING_SLIP, width * 0.28, plan.small, align="right")
	y = plan.margin + 8
	if is_encodable(slip.waybill_no or slip.parcel):
		sheet.draw_barcode(left, y, slip.waybill_no or slip.parcel, width, 8)
	y += 12
	count = len(slip.order_nos)
	orders = (words.MORE_ORDERS if count > 1 else words.ORDER_NO).format("".join(slip.order_nos[:1]), count)
	receiver = slip.receiver
	for text in (orders, f"{words.TO} {receiver.name} {receiver.phone} {receiver.region}", slip.note):
		if text:
			sheet.fit_text(left, y, text, width, plan.small)
			y += 4
	sheet.draw_rule(left, y - 1.5, right, y - 1.5)
	size = plan.items[0]
	bottom = plan.height - plan.margin - 6
	while items and y + 10 < bottom:
		item = items.pop(0)
		sheet.fit_text(right, y + 3.4, f"×{item.qty}", 14, (size + 2,), bold=True, align="right")
		used = sheet.fill_box(left, y, item.name, width - 16, 8, plan.items)
		if item.code:
			sheet.cut_text(left, y + used + 2.6, item.code, width - 16, plan.small[0])
			used += 3.4
		y += used + 1.6
	total = words.TOTAL_PIECES.format(sum(item.qty for item in slip.items))
	sheet.fit_text(right, plan.height - plan.margin - 1, total, width, plan.small, bold=True, align="right")
	return items


def render_pick_lists(lists: Iterable[PickList]) -> Pdf:
	"""Each list on as many A4 pages as it needs, its lines in the given order, its number as a barcode."""
	sheet = Sheet(A4_WIDTH, A4_HEIGHT, "Pick list")
	for pick_list in lists:
		sheet.parcel = pick_list.number
		pieces = sum(line.item.qty for line in pick_list.lines)
		title = " ".join(part for part in (words.PICK_LIST, pick_list.title) if part)
		lines = (
			words.WAREHOUSE.format(pick_list.warehouse),
			words.PARCELS_AND_PIECES.format(pick_list.parcels, pieces),
		)
		_draw_table(sheet, title, pick_list.number, lines, PICK_COLUMNS, pick_list.lines, _draw_pick_row)
		sheet.end_page()
	return sheet.finish()


def _draw_pick_row(sheet: Sheet, line: PickLine, _number: int, y: float) -> float:
	item = line.item
	baskets = "、".join(f"{basket}×{pieces}" for basket, pieces in line.baskets)
	sheet.fit_text(PICK_COLUMNS[0][1], y + 5, item.bin or "—", 28, (14, 12, 10, 8), bold=True)
	sheet.fit_text(PICK_COLUMNS[1][1], y + 5, item.code, 34, (9, 8, 7, 6))
	used = sheet.fill_box(PICK_COLUMNS[2][1], y + 1.2, item.name, 55, 10, (9, 8, 7))
	sheet.fit_text(PICK_COLUMNS[3][1], y + 5, str(item.qty), 11, (14, 11, 8), bold=True)
	beside = sheet.fill_box(PICK_COLUMNS[4][1], y + 1.2, baskets, 36, 40, (8, 7, 6))
	sheet.draw_box(PICK_COLUMNS[5][1] + 1.5, y + 1.5, 4.5, 4.5)
	return max(used, beside, 6) + 2.4


def render_manifests(manifests: Iterable[Manifest]) -> Pdf:
	"""Each courier's parcels with barcodes, totals and room for two signatures, on A4.

	A number that no scanner could read is printed without bars and noted.
	"""
	sheet = Sheet(A4_WIDTH, A4_HEIGHT, "Manifest")
	printed = []
	for manifest in manifests:
		lines = list(manifest.lines)
		weighed = [line.weight_g for line in lines if line.weight_g]
		kilograms = f"{sum(weighed) / 1000:.3f}"
		total = words.TOTALS_WITH_WEIGHT.format(
			len(lines), sum(line.pieces for line in lines), len(weighed), kilograms
		)
		head = (
			f"{words.WAREHOUSE.format(manifest.warehouse)}　{manifest.made_at:%Y-%m-%d %H:%M}",
			total,
		)
		title = f"{words.MANIFEST} {manifest.courier}"
		y = _draw_table(sheet, title, manifest.number, head, MANIFEST_COLUMNS, lines, _draw_manifest_row)
		if y > FOOT - 22:
			sheet.end_page()
			y = MARGIN
		sheet.fit_text(MARGIN, y + 9, total, RIGHT - MARGIN, (11, 9), bold=True)
		sheet.fit_text(MARGIN, y + 18, words.SIGNATURES, RIGHT - MARGIN, (10, 8))
		sheet.end_page()
		printed += [line.parcel for line in lines]
	return sheet.finish(tuple(printed))


def _draw_manifest_row(sheet: Sheet, line: ManifestLine, number: int, y: float) -> float:
	sheet.parcel = line.parcel
	base = y + 7.5
	sheet.fit_text(MANIFEST_COLUMNS[0][1], base, str(number), 9, (9, 7))
	if is_encodable(line.waybill_no):
		sheet.draw_barcode(MANIFEST_COLUMNS[1][1] - 4, y + 1.2, line.waybill_no, 84, 7.5)
	else:
		sheet.note_problem(BARCODE_UNREADABLE, line.waybill_no)
	sheet.fit_text(MANIFEST_COLUMNS[1][1] + 38, y + 12.4, line.waybill_no, 80, (9, 7), align="center")
	sheet.fit_text(MANIFEST_COLUMNS[2][1], base, line.region, 42, (9, 8, 7))
	sheet.fit_text(MANIFEST_COLUMNS[3][1], base, str(line.pieces), 10, (10, 8))
	weight = f"{line.weight_g / 1000:.3f}" if line.weight_g else "—"
	sheet.fit_text(MANIFEST_COLUMNS[4][1], base, weight, 24, (10, 8))
	sheet.draw_box(MANIFEST_COLUMNS[5][1] + 1.5, y + 4, 4.5, 4.5)
	return MANIFEST_ROW


def _draw_table(
	sheet: Sheet,
	title: str,
	number: str,
	head: Sequence[str],
	columns: Sequence[tuple[str, float]],
	rows: Sequence,
	draw_row: Callable,
) -> float:
	"""Draw rows under repeated headings, ending pages as they fill; returns where the last page goes on."""
	page = 1
	y = _draw_head(sheet, title, number, head, columns, page)
	for index, row in enumerate(rows, 1):
		if y > FOOT - MANIFEST_ROW:
			sheet.end_page()
			page += 1
			y = _draw_head(sheet, title, number, head, columns, page)
		y += draw_row(sheet, row, index, y)
		sheet.draw_rule(MARGIN, y, RIGHT, y, 0.1)
	return y


def _draw_head(
	sheet: Sheet,
	title: str,
	number: str,
	head: Sequence[str],
	columns: Sequence[tuple[str, float]],
	page: int,
) -> float:
	sheet.fit_text(MARGIN, MARGIN + 7, title, 110, (18, 15, 12), bold=True)
	if is_encodable(number):
		sheet.draw_barcode(RIGHT - 66, MARGIN - 2, number, 66, 10)
	sheet.fit_text(RIGHT - 33, MARGIN + 12, number, 66, (9, 7), align="center")
	y = MARGIN + 14
	for text in head:
		sheet.fit_text(MARGIN, y, text, 130, (10, 9, 8))
		y += 5.5
	sheet.fit_text(RIGHT, y - 5.5, words.PAGE.format(page), 30, (9,), align="right")
	for name, x in columns:
		sheet.fit_text(x, y, name, 40, (8,), bold=True)
	sheet.draw_rule(MARGIN, y + 1.5, RIGHT, y + 1.5, 0.4)
	return y + 1.8
