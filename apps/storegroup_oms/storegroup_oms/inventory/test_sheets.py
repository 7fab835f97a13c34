"""Rows from sheets: columns by heading, codes to SKUs, every wrong row named."""

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory.sheets import Line, find_columns, make_lines, read_whole, resolve
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_bundle, create_sku, make_suffix


class TestReadWhole(UnitTest):
	def test_what_is_whole(self):
		for value, expected in (
			(3, 3),
			(3.0, 3),
			("3", 3),
			(" 1,200 ", 1200),
			("3.0", 3),
			("-2", -2),
			("0", 0),
		):
			self.assertEqual(read_whole(value), expected)
		for value in (1.5, "1.5", "", None, True, "three", "1e99", "nan", "inf", float("nan"), [3]):
			self.assertIsNone(read_whole(value), value)


class TestColumns(IntegrationTest):
	def test_headings_in_both_languages(self):
		self.assertEqual(
			find_columns(["序号", "条码", "实盘数量", "库位"]),
			{"code": "条码", "qty": "实盘数量", "bin_location": "库位"},
		)
		self.assertEqual(find_columns(["SKU Code", " Qty "]), {"code": "SKU Code", "qty": " Qty "})

	def test_missing_columns_are_named(self):
		with self.assertRaises(InvalidValueError) as caught:
			find_columns(["商品名称", "数量"])
		self.assertIn("SKU Code or Barcode", str(caught.exception))
		self.assertNotIn("Quantity", str(caught.exception).partition("It has")[0])

	def test_cells_become_lines(self):
		lines = make_lines([(2, {"SKU": "A", "Qty": "3"})], {"code": "SKU", "qty": "Qty"})
		self.assertEqual(lines, [Line(2, "A", "3")])


class TestResolve(IntegrationTest):
	def test_codes_barcodes_and_packs(self):
		suffix = make_suffix()
		sku = create_sku(barcode=f"M{suffix}", barcodes=[{"barcode": f"P{suffix}", "pack_qty": 6}])
		other = create_sku()

		rows = resolve([Line(2, f" p{suffix} ", "2"), Line(3, other.name.lower(), "3", "1.25", "A-1")])

		self.assertEqual([(row["sku"], row["qty"]) for row in rows], [(sku.name, 12), (other.name, 3)])
		self.assertEqual((str(rows[1]["unit_cost"]), rows[1]["bin_location"]), ("1.25", "A-1"))
		self.assertEqual(resolve([Line(2, f"M{suffix}", "1")])[0]["sku"], sku.name)

	def test_every_wrong_row_is_named(self):
		sku, bundle = create_sku().name, create_bundle().name
		lines = [
			Line(2, sku, "1"),
			Line(3, "nothing", "1"),
			Line(4, bundle, "1"),
			Line(5, sku, "1"),
			Line(6, create_sku().name, "1.5"),
			Line(7, create_sku().name, "1", "-1"),
			Line(8, "", "1"),
		]
		with self.assertRaises(InvalidValueError) as caught:
			resolve(lines)
		for row_no in range(3, 9):
			self.assertIn(f"Row {row_no}: ", str(caught.exception))
		self.assertNotIn("Row 2: ", str(caught.exception))

	def test_nothing_counts_only_where_it_may(self):
		sku = create_sku().name
		self.assertEqual(resolve([Line(2, sku, "0")], may_be_zero=True)[0]["qty"], 0)
		with self.assertRaises(InvalidValueError):
			resolve([Line(2, sku, "0")])
		with self.assertRaises(InvalidValueError):
			resolve([Line(2, sku, "-1")], may_be_zero=True)
