"""Packing slips, pick lists and manifests: what is on the paper."""

from datetime import datetime

import pypdfium2
import zxingcpp

from storegroup_oms.fulfilment.printing.documents import (
	Contact,
	Item,
	Layout,
	Manifest,
	ManifestLine,
	PackingSlip,
	PickLine,
	PickList,
	Problem,
)
from storegroup_oms.fulfilment.printing.lists import (
	render_manifests,
	render_packing_slips,
	render_pick_lists,
)
from storegroup_oms.fulfilment.printing.test_labels import PRINTER_DPI, read_text
from storegroup_oms.tests.compat import UnitTest


def read_codes(content: bytes) -> list[str]:
	codes = []
	for page in pypdfium2.PdfDocument(content):
		found = zxingcpp.read_barcodes(page.render(scale=PRINTER_DPI / 72).to_pil())
		codes += [code.text for code in sorted(found, key=lambda code: code.position.top_left.y)]
	return codes


class TestLists(UnitTest):
	def test_pick_list_keeps_the_order_of_the_walk(self):
		bins = [f"A-{number:02}-1" for number in (3, 1, 2, *range(4, 60))]
		lines = [PickLine(Item("长袖衬衫 蓝", 3, "CS-B", bin), [("1", 2), ("12", 1)]) for bin in bins]
		pdf = render_pick_lists([PickList("W20261124-03", "杭州一号仓", lines, parcels=8, title="单品波次")])
		self.assertGreater(pdf.pages, 1)
		text = "".join(read_text(pdf.content, page) for page in range(pdf.pages))
		places = [text.index(bin) for bin in bins]
		self.assertEqual(places, sorted(places))
		self.assertIn("拣货单单品波次", text)
		self.assertIn("包裹8个，商品177件", text)
		self.assertEqual(text.count("1×2、12×1"), len(bins))
		self.assertEqual(read_codes(pdf.content), ["W20261124-03"] * pdf.pages)

	def test_manifest_has_each_parcel_with_barcode_and_totals_by_courier(self):
		first = [ManifestLine(f"SH-{i}", f"YT88{i:011}", "浙江省杭州市", 2, 500 * (i % 2)) for i in range(20)]
		second = [
			ManifestLine("SH-X", "JDVA10000000000", "北京市", 1),
			ManifestLine("SH-Y", "无号", "北京市", 1),
		]
		made_at = datetime(2026, 11, 24, 18, 0)
		pdf = render_manifests(
			[
				Manifest("PB-7", "圆通速递", "杭州一号仓", first, made_at),
				Manifest("PB-7", "京东快递", "杭州一号仓", second, made_at),
			]
		)
		self.assertEqual(pdf.printed, (*(f"SH-{i}" for i in range(20)), "SH-X", "SH-Y"))
		self.assertEqual(pdf.problems, (Problem("SH-Y", "barcode_unreadable", "无号"),))
		codes = [code for code in read_codes(pdf.content) if code != "PB-7"]
		self.assertEqual(codes, [*(line.waybill_no for line in first), "JDVA10000000000"])
		text = "".join(read_text(pdf.content, page) for page in range(pdf.pages))
		self.assertIn("快递交接单圆通速递", text)
		self.assertIn("包裹20个，商品40件，已称10个共5.000千克", text)
		self.assertIn("包裹2个，商品2件，已称0个共0.000千克", text)
		self.assertIn("收件员签字", text)

	def test_packing_slip_goes_on_over_pages_and_lists_all(self):
		items = [Item(f"商品{i:02}", 2, f"C-{i:02}") for i in range(25)]
		slip = PackingSlip(
			"SH-1", ["P1", "P2"], "晨光旗舰店", Contact("王**", "138****1234"), items, "YT1", "谢谢"
		)
		pdf = render_packing_slips([slip, PackingSlip("SH-2", [], "", Contact(), [])], Layout())
		self.assertEqual(pdf.printed, ("SH-1", "SH-2"))
		self.assertGreater(pdf.pages, 3)
		text = "".join(read_text(pdf.content, page) for page in range(pdf.pages))
		for item in items:
			self.assertEqual(text.count(f"{item.name}×2") + text.count(f"×2{item.name}"), 1, item.name)
		self.assertIn("订单P1等2单", text)
		self.assertIn("共50件", text)
		self.assertEqual(read_codes(pdf.content)[-1], "SH-2")
