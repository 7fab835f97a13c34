"""What a scanner and a person read from printed labels."""

from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from unittest.mock import patch

import pypdfium2
import zxingcpp
from PIL import Image

from storegroup_oms.fulfilment.printing import fonts
from storegroup_oms.fulfilment.printing.documents import Contact, Item, Label, Layout, Problem
from storegroup_oms.fulfilment.printing.labels import SIZES, render_labels
from storegroup_oms.tests.compat import UnitTest

# Eight dots a millimetre, which printers call 203.
PRINTER_DPI = 203.2
ADDRESS = "文三路 90 号东部软件园科技大厦 A 座 15 楼 1502 室（前台代收，勿放丰巢）"
LABEL = Label(
	parcel="SH-000000001",
	waybill_no="YT8812345678901",
	courier="圆通速递",
	sorting_code="310-A01 00",
	receiver=Contact("王**", "138****1234", "浙江省杭州市西湖区", ADDRESS),
	sender=Contact("晨光一号仓", "0571-88886666", "浙江省杭州市萧山区", "市心北路 857 号"),
	items=(Item("短袖T恤 白 XL", 2, "TS-W-XL"), Item("帆布袋 米色", 1, "BAG")),
	order_nos=("3290481750912345678",),
	shop="晨光旗舰店",
	consolidation="杭州萧山",
	pick_place="W12-03",
)
NUMBERS = [
	template.format(10_000_000_000 + 7_919 * index)
	for index in range(10)
	for template in ("YT88{}", "SF13{}", "JDVA{}-1-1-", "7730{}", "JT{}")
]


def read_pages(content: bytes, dpi: float = PRINTER_DPI) -> list[dict[str, list[str]]]:
	"""For each page what a scanner reads, by kind of code."""
	pages = []
	for page in pypdfium2.PdfDocument(content):
		found: dict[str, list[str]] = {}
		for code in zxingcpp.read_barcodes(page.render(scale=dpi / 72).to_pil()):
			found.setdefault(str(code.format), []).append(code.text)
		pages.append(found)
	return pages


def read_text(content: bytes, page: int = 0) -> str:
	"""All text of a page without spaces and line ends."""
	text = pypdfium2.PdfDocument(content)[page].get_textpage().get_text_range()
	return "".join(text.split())


def find_ink(content: bytes) -> tuple[float, float, float, float]:
	"""Left, top, right and bottom end of what is printed on the first page, in mm."""
	page = pypdfium2.PdfDocument(content)[0]
	picture = page.render(scale=PRINTER_DPI / 72).to_pil().convert("L").point(lambda grey: 255 * (grey < 128))
	return tuple(edge * 25.4 / PRINTER_DPI for edge in picture.getbbox())


class TestLabels(UnitTest):
	def test_fifty_labels_are_read_by_a_scanner_in_order(self):
		labels = [
			replace(LABEL, parcel=f"SH-{index}", waybill_no=number) for index, number in enumerate(NUMBERS)
		]
		self.assertEqual(len(labels), 50)
		for size in SIZES:
			with self.subTest(size):
				pdf = render_labels(labels, Layout(size=size))
				self.assertEqual(pdf.pages, 50)
				self.assertEqual(pdf.printed, tuple(label.parcel for label in labels))
				pages = read_pages(pdf.content)
				self.assertEqual([page["Code 128"] for page in pages], [[number] for number in NUMBERS])
				self.assertEqual([page["QR Code"] for page in pages], [[number] for number in NUMBERS])

	def test_text_is_chinese_and_complete(self):
		for size in SIZES:
			pdf = render_labels([replace(LABEL, print_count=3)], Layout(size=size))
			self.assertEqual(pdf.problems, ())
			text = read_text(pdf.content)
			for part in (
				"圆通速递",
				"310-A0100",
				"集包杭州萧山",
				"W12-03",
				"王**138****1234",
				"浙江省杭州市西湖区" + ADDRESS.replace(" ", ""),
				"晨光一号仓0571-88886666浙江省杭州市萧山区市心北路857号",
				"YT8812345678901",
				"短袖T恤白XL×2",
				"帆布袋米色×1",
				"订单3290481750912345678",
				"晨光旗舰店SH-000000001",
				"第3次打印",
			):
				self.assertIn(part, text)

	def test_page_has_the_paper_s_size_and_safe_margins(self):
		for size in SIZES:
			pdf = render_labels([LABEL], Layout(size=size))
			width, height = (edge * 25.4 / 72 for edge in pypdfium2.PdfDocument(pdf.content)[0].get_size())
			self.assertEqual(size, f"{width:.0f}x{height:.0f}")
			left, top, right, bottom = find_ink(pdf.content)
			self.assertGreater(min(left, top, width - right, height - bottom), 2)

	def test_layout_moves_the_print(self):
		before = find_ink(render_labels([LABEL], Layout()).content)
		after = find_ink(render_labels([LABEL], Layout(offset_x_mm=1.5, offset_y_mm=-1)).content)
		self.assertAlmostEqual(after[0] - before[0], 1.5, delta=0.2)
		self.assertAlmostEqual(after[1] - before[1], -1, delta=0.2)

	def test_layout_leaves_out_what_it_says(self):
		layout = Layout(
			shows_sender=False,
			shows_items=False,
			shows_order_no=False,
			shows_qr=False,
			shows_pick_place=False,
			shows_print_count=False,
			free_text="生鲜勿压\n签收前请验货",
		)
		pdf = render_labels([replace(LABEL, print_count=2)], layout)
		text = read_text(pdf.content)
		for part in ("寄", "晨光一号仓", "短袖T恤", "订单", "W12-03", "次打印"):
			self.assertNotIn(part, text)
		self.assertIn("生鲜勿压", text)
		self.assertIn("签收前请验货", text)
		self.assertEqual(read_pages(pdf.content), [{"Code 128": [LABEL.waybill_no]}])

	def test_character_that_the_font_lacks_is_marked_and_told(self):
		receiver = replace(LABEL.receiver, name="\U0002b740**", address="文三路😀 9 号\x07\u200b")
		pdf = render_labels([replace(LABEL, receiver=receiver), LABEL], Layout())
		self.assertEqual(pdf.pages, 2)
		self.assertEqual(
			pdf.problems,
			(
				Problem("SH-000000001", "missing_glyph", "\U0002b740"),
				Problem("SH-000000001", "missing_glyph", "😀"),
			),
		)
		self.assertIn("〓**", read_text(pdf.content))
		self.assertIn("文三路〓9号", read_text(pdf.content))
		self.assertEqual(read_pages(pdf.content)[0]["Code 128"], [LABEL.waybill_no])

	def test_rare_names_are_in_the_font(self):
		for name in ("王喆", "李堃", "张淼", "赵䶮", "欧阳龘", "陈瑄", "刘祎", "邓犇", "臺灣"):
			self.assertEqual(fonts.clean(name), (name, ""))

	def test_long_address_wraps_and_a_hopeless_one_is_cut_and_told(self):
		long = LABEL.receiver.address * 2
		whole = render_labels([replace(LABEL, receiver=replace(LABEL.receiver, address=long))], Layout())
		self.assertEqual(whole.problems, ())
		self.assertIn(long.replace(" ", ""), read_text(whole.content))
		hopeless = render_labels(
			[replace(LABEL, receiver=replace(LABEL.receiver, address=long * 6))], Layout()
		)
		self.assertEqual([problem.code for problem in hopeless.problems], ["text_cut"])
		self.assertEqual(read_pages(hopeless.content)[0]["Code 128"], [LABEL.waybill_no])

	def test_label_without_a_readable_number_is_refused_and_the_rest_is_printed(self):
		labels = [
			replace(LABEL, parcel="A", waybill_no=""),
			replace(LABEL, parcel="B"),
			replace(LABEL, parcel="C", waybill_no="单号1"),
			replace(LABEL, parcel="D", waybill_no="SF1"),
		]
		pdf = render_labels(labels, Layout())
		self.assertEqual(pdf.printed, ("B", "D"))
		self.assertEqual(
			pdf.problems, (Problem("A", "no_waybill"), Problem("C", "barcode_unreadable", "单号1"))
		)
		self.assertEqual(
			[page["Code 128"] for page in read_pages(pdf.content)], [["YT8812345678901"], ["SF1"]]
		)

	def test_nothing_to_print_is_still_a_file_that_opens(self):
		pdf = render_labels([], Layout())
		self.assertEqual((pdf.pages, pdf.printed), (0, ()))
		self.assertEqual(len(pypdfium2.PdfDocument(pdf.content)), 1)

	def test_bars_are_whole_dots_with_quiet_zones(self):
		pdf = render_labels([replace(LABEL, waybill_no="JDVA10000000000-1-1-")], Layout(shows_qr=False))
		page = pypdfium2.PdfDocument(pdf.content)[0]
		# Three pixels a dot, on a line through the bars.
		picture = page.render(scale=24 * 25.4 / 72).to_pil().convert("L")
		row = [picture.getpixel((x, 77 * 24)) < 128 for x in range(picture.width)]
		first, last = row.index(True), picture.width - row[::-1].index(True)
		self.assertGreaterEqual(min(first, picture.width - last) / 24, 2.5)
		edges = [x for x in range(1, len(row)) if row[x] != row[x - 1]]
		widths = [after - before for before, after in pairwise(edges)]
		dots = [round(width / 3) for width in widths]
		self.assertLessEqual(max(abs(width - 3 * wide) for width, wide in zip(widths, dots, strict=True)), 1)
		self.assertEqual({wide % 2 for wide in dots}, {0})
		self.assertEqual(min(dots), 2)

	def test_more_items_than_room_are_counted(self):
		items = [Item(f"商品{number}", 2) for number in range(30)]
		text = read_text(render_labels([replace(LABEL, items=items)], Layout()).content)
		shown = sum(f"商品{number}×2" in text for number in range(30))
		self.assertGreater(shown, 5)
		self.assertIn(f"另有{30 - shown}种，共{2 * (30 - shown)}件", text)

	def test_logo_is_drawn_and_a_broken_one_is_told(self):
		picture = BytesIO()
		Image.new("RGB", (60, 20), "black").save(picture, "PNG")
		plain = render_labels([LABEL], Layout())
		drawn = render_labels([LABEL], Layout(logo=picture.getvalue()))
		self.assertEqual(drawn.problems, ())
		self.assertGreater(find_ink(drawn.content)[2], find_ink(plain.content)[2] - 1)
		self.assertIn(b"/Subtype /Image", drawn.content)
		broken = render_labels([LABEL, LABEL], Layout(logo=b"no picture"))
		self.assertEqual(broken.pages, 2)
		self.assertEqual([problem.code for problem in broken.problems], ["logo_unreadable"])

	def test_same_labels_give_the_same_file(self):
		self.assertEqual(render_labels([LABEL], Layout()).content, render_labels([LABEL], Layout()).content)

	def test_pages_are_told_as_they_are_drawn(self):
		told = []
		render_labels([LABEL, replace(LABEL, waybill_no=""), LABEL], Layout(), told.append)
		self.assertEqual(told, [1, 2])

	def test_font_is_read_once(self):
		fonts.load_font()
		with patch.object(fonts, "TTFont", side_effect=AssertionError):
			self.assertEqual(render_labels([LABEL], Layout()).pages, 1)
