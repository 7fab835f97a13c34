"""Shipping labels: one page each, in the given order. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from storegroup_oms.fulfilment.printing import words
from storegroup_oms.fulfilment.printing.documents import (
	BARCODE_UNREADABLE,
	NO_WAYBILL,
	Contact,
	Label,
	Layout,
	Pdf,
)
from storegroup_oms.fulfilment.printing.sheet import Sheet, is_encodable


@dataclass(frozen=True)
class _Plan:
	"""Sizes of one kind of paper: heights and widths in mm, type in points (largest first)."""

	width: float
	height: float
	margin: float
	header: float
	sorting: float
	bag: float
	receiver: float
	sender: float
	barcode: float
	bars: float
	qr: float
	title: tuple[float, ...]
	code: tuple[float, ...]
	strong: tuple[float, ...]
	address: tuple[float, ...]
	small: tuple[float, ...]
	items: tuple[float, ...]

	@property
	def left(self) -> float:
		return self.margin

	@property
	def right(self) -> float:
		return self.width - self.margin


PLANS = {
	"76x130": _Plan(
		width=76,
		height=130,
		margin=2.5,
		header=7,
		sorting=16,
		bag=7.5,
		receiver=24,
		sender=9,
		barcode=23,
		bars=15,
		qr=22,
		title=(15, 13, 11, 9),
		code=(42, 38, 34, 30, 26, 22, 18, 15),
		strong=(13, 12, 11, 10, 9),
		address=(12, 11, 10, 9, 8, 7),
		small=(7, 6.5, 6),
		items=(8.5, 7.5, 6.5),
	),
	"100x180": _Plan(
		width=100,
		height=180,
		margin=3,
		header=10,
		sorting=23,
		bag=10,
		receiver=33,
		sender=12,
		barcode=31,
		bars=21,
		qr=28,
		title=(20, 17, 14, 11),
		code=(60, 54, 48, 42, 36, 30, 25, 20),
		strong=(17, 15, 13, 11, 9),
		address=(15, 14, 13, 12, 11, 10, 9, 8),
		small=(9, 8, 7, 6),
		items=(11, 10, 9, 8),
	),
}
SIZES = tuple(PLANS)
ITEM_ROWS = 12
BAG_SHARE = 0.65
POINT_MM = 25.4 / 72


def render_labels(
	labels: Iterable[Label], layout: Layout, on_page: Callable[[int], None] | None = None
) -> Pdf:
	"""One page for each label that has a number a scanner can read; the others are told as problems.

	`on_page` is called with the count of pages after each. Raises KeyError for an unknown size.
	"""
	plan = PLANS[layout.size]
	sheet = Sheet(plan.width, plan.height, "Labels")
	sheet.shift(layout.offset_x_mm, layout.offset_y_mm)
	printed = []
	for label in labels:
		sheet.parcel = label.parcel
		if not label.waybill_no:
			sheet.note_problem(NO_WAYBILL)
		elif not is_encodable(label.waybill_no):
			sheet.note_problem(BARCODE_UNREADABLE, label.waybill_no)
		else:
			_draw(sheet, plan, layout, label)
			sheet.end_page()
			printed.append(label.parcel)
			if on_page:
				on_page(sheet.pages)
	return sheet.finish(tuple(printed))


def _draw(sheet: Sheet, plan: _Plan, layout: Layout, label: Label) -> None:
	y = plan.margin
	_draw_header(sheet, plan, layout, label, y)
	y += plan.header
	rows = [
		(plan.sorting, _draw_sorting),
		(plan.bag if _has_bag_row(layout, label) else 0, _draw_bag),
		(plan.receiver, _draw_receiver),
		(plan.sender if layout.shows_sender else 0, _draw_sender),
		(plan.barcode, _draw_barcode),
	]
	for height, draw in rows:
		if not height:
			continue
		sheet.draw_rule(plan.left, y, plan.right, y)
		draw(sheet, plan, layout, label, y)
		y += height
	sheet.draw_rule(plan.left, y, plan.right, y, dashed=True)
	_draw_stub(sheet, plan, layout, label, y + 1)


def _has_bag_row(layout: Layout, label: Label) -> bool:
	return bool(label.consolidation or (layout.shows_pick_place and label.pick_place))


def _draw_header(sheet: Sheet, plan: _Plan, layout: Layout, label: Label, y: float) -> None:
	base = y + plan.header * 0.72
	side = plan.right
	if layout.logo:
		width = plan.header * 3
		sheet.draw_logo(plan.right - width, y, layout.logo, width, plan.header - 1)
		side -= width + 1
	if layout.shows_print_count and label.print_count > 1:
		text = words.PRINT_COUNT.format(label.print_count)
		sheet.fit_text(side, base, text, 22, plan.small, align="right")
		side -= plan.width * 0.25
	sheet.fit_text(plan.left, base, label.courier, side - plan.left, plan.title, bold=True)


def _draw_sorting(sheet: Sheet, plan: _Plan, _layout: Layout, label: Label, y: float) -> None:
	middle = plan.width / 2
	text = label.sorting_code or words.NO_SORTING_CODE
	width = plan.right - plan.left - 1
	sheet.fit_text(
		middle, y + plan.sorting / 2, text, width, plan.code, bold=True, align="center", is_middle=True
	)


def _draw_bag(sheet: Sheet, plan: _Plan, layout: Layout, label: Label, y: float) -> None:
	base = y + plan.bag * 0.72
	has_place = layout.shows_pick_place and label.pick_place
	width = plan.right - plan.left
	if label.consolidation:
		text, room = words.BAG.format(label.consolidation), width * (BAG_SHARE if has_place else 1)
		sheet.fit_text(plan.left, base, text, room - 1, (*plan.strong, *plan.small), bold=True)
	if has_place:
		room = width * (1 - BAG_SHARE) if label.consolidation else width
		sheet.fit_text(
			plan.right, base, label.pick_place, room, (*plan.strong, *plan.small), bold=True, align="right"
		)


def _draw_receiver(sheet: Sheet, plan: _Plan, _layout: Layout, label: Label, y: float) -> None:
	side = plan.strong[0] * POINT_MM * 1.5
	sheet.draw_mark(plan.left, y + 1, side, words.RECEIVER)
	left = plan.left + side + 1.5
	width = plan.right - left
	who = f"{label.receiver.name}  {label.receiver.phone}".strip()
	sheet.fit_text(left, y + 1 + side * 0.78, who, width, plan.strong, bold=True)
	top = y + side + 1.8
	text = _join_address(label.receiver)
	sheet.fill_box(left, top, text, width, plan.receiver - side - 2.2, plan.address, bold=True)


def _draw_sender(sheet: Sheet, plan: _Plan, _layout: Layout, label: Label, y: float) -> None:
	side = plan.small[0] * POINT_MM * 1.5
	sheet.draw_mark(plan.left, y + 0.8, side, words.SENDER)
	left = plan.left + side + 1.5
	sender = label.sender
	text = f"{sender.name} {sender.phone} {_join_address(sender)}"
	sheet.fill_box(left, y + 0.8, text, plan.right - left, plan.sender - 1.2, plan.small)


def _draw_barcode(sheet: Sheet, plan: _Plan, _layout: Layout, label: Label, y: float) -> None:
	width = plan.right - plan.left
	sheet.draw_barcode(plan.left, y + 1.5, label.waybill_no, width, plan.bars)
	base = y + plan.barcode - 1.6
	sheet.fit_text(plan.width / 2, base, label.waybill_no, width, plan.strong, bold=True, align="center")


def _draw_stub(sheet: Sheet, plan: _Plan, layout: Layout, label: Label, y: float) -> None:
	bottom = plan.height - plan.margin
	width = plan.right - plan.left
	if layout.shows_qr:
		sheet.draw_qr(plan.right - plan.qr, y, label.waybill_no, plan.qr)
		width -= plan.qr + 1
	foot = _get_foot(layout, label)
	step = plan.small[0] * POINT_MM * 1.3
	for number, text in enumerate(reversed(foot)):
		base = bottom - step * number - 0.6
		beside = width if base - step < y + plan.qr else plan.right - plan.left
		sheet.fit_text(plan.left, base, text, beside, plan.small)
	if layout.shows_items:
		_draw_items(sheet, plan, layout, label, y, width, bottom - step * len(foot) - 1)


def _get_foot(layout: Layout, label: Label) -> list[str]:
	lines = []
	if layout.shows_order_no and label.order_nos:
		several = len(label.order_nos) > 1
		template = words.MORE_ORDERS if several else words.ORDER_NO
		lines.append(template.format(label.order_nos[0], len(label.order_nos)))
	lines += [" ".join(part for part in (label.shop, label.parcel) if part), label.note]
	lines += layout.free_text.splitlines()[:4]
	return [line for line in lines if line.strip()]


def _draw_items(
	sheet: Sheet, plan: _Plan, layout: Layout, label: Label, y: float, width: float, bottom: float
) -> None:
	items = list(label.items)
	size = next(
		(size for size in plan.items if len(items) * size * POINT_MM * 1.35 <= bottom - y), plan.items[-1]
	)
	step = size * POINT_MM * 1.35
	room = min(max(int((bottom - y) / step), 1), ITEM_ROWS)
	shown = items if len(items) <= room else items[: room - 1]
	for number, item in enumerate(shown):
		base = y + step * (number + 0.8)
		name = f"{item.code} {item.name}".strip() if layout.shows_item_codes else item.name
		text = sheet.clean(f"×{item.qty}")
		sheet.draw_text(plan.left + width, base, text, size, bold=True, align="right")
		# Names may be cut here: the count is what the packer checks, the pick list has the whole name.
		sheet.cut_text(plan.left, base, name, width - 9, size)
	if len(shown) < len(items):
		rest = items[len(shown) :]
		text = words.MORE_ITEMS.format(len(rest), sum(item.qty for item in rest))
		sheet.fit_text(plan.left, y + step * (len(shown) + 0.8), text, width, (size,), bold=True)


def _join_address(contact: Contact) -> str:
	return f"{contact.region} {contact.address}".strip()
