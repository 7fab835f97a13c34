"""Reading workbooks: values as text, nothing evaluated, and containers that would do harm."""

import datetime
import io
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storegroup_oms.orders.importing import ImportFileError, ReadLimits, open_table
from storegroup_oms.orders.importing.messages import MESSAGES


def refuse(content, limits=None) -> ImportFileError:
	with pytest.raises(ImportFileError) as caught:
		list(open_table(content, limits).rows())
	return caught.value


def repack(content: bytes, **changes: bytes) -> bytes:
	"""Copy a workbook with parts replaced or added; part names with / and . written as __ and _DOT_."""
	changes = {name.replace("__", "/").replace("_DOT_", "."): body for name, body in changes.items()}
	stream = io.BytesIO()
	with (
		zipfile.ZipFile(io.BytesIO(content)) as old,
		zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
	):
		for name in old.namelist():
			new.writestr(name, changes.pop(name, None) or old.read(name))
		for name, body in changes.items():
			new.writestr(name, body)
	return stream.getvalue()


def test_values_come_as_export_text(xlsx_bytes):
	content = xlsx_bytes(
		[
			["编号 ", "金额", "时间", "数量", "布尔"],
			["123", 178.8, datetime.datetime(2020, 2, 20, 23, 59, 54), 3.0, True],
			["'456", 0.1 + 0.2, datetime.date(2020, 2, 21), 2, None],
			[None, None, None, None, None],
			['="789"', "1,234.50", "2020/2/1", "", ""],
		]
	)
	table = open_table(content)
	assert (table.kind, table.headings) == ("xlsx", ("编号", "金额", "时间", "数量", "布尔"))
	assert [(row.row_no, list(row.cells.values())) for row in table.rows()] == [
		(2, ["123", "178.8", "2020-02-20 23:59:54", "3", "TRUE"]),
		(3, ["456", "0.3", "2020-02-21 00:00:00", "2", ""]),
		(5, ["789", "1,234.50", "2020/2/1", "", ""]),
	]


def test_formulas_stay_text(xlsx_bytes):
	content = xlsx_bytes([["a", "b"], ["=1+1", '=WEBSERVICE("x")'], ["+1", "@x"]])
	assert [list(row.cells.values()) for row in open_table(content).rows()] == [
		["=1+1", '=WEBSERVICE("x")'],
		["+1", "@x"],
	]


def test_long_numbers_show_that_their_digits_are_lost(xlsx_bytes):
	content = xlsx_bytes([["id"], [1.2345678901234568e17], [123456789012345678], [123456789012345]])
	texts = [row.cells["id"] for row in open_table(content).rows()]
	assert all("E+17" in text for text in texts[:2])
	assert texts[2] == "123456789012345"
	# other programs write all digits, yet Excel drops them as soon as it saves the file
	with zipfile.ZipFile(io.BytesIO(content)) as archive:
		sheet = archive.read("xl/worksheets/sheet1.xml")
	changed = sheet.replace(b"<v>123456789012345</v>", b"<v>1234567890123456</v>")
	assert changed != sheet
	texts = [
		row.cells["id"] for row in open_table(repack(content, xl__worksheets__sheet1_DOT_xml=changed)).rows()
	]
	assert texts[2] == "1.234567890123456E+15"


def test_extra_cells_and_hidden_sheets(xlsx_bytes):
	def change(book):
		book.active.sheet_state = "hidden"
		sheet = book.create_sheet("shown")
		sheet["A3"], sheet["B3"] = "a", "b"
		sheet["A4"], sheet["D4"] = "1", "9"
		sheet["A5"] = "2"
		sheet["C6"] = "9"

	rows = list(open_table(xlsx_bytes([["hidden"], ["x"]], change)).rows())
	assert [(row.row_no, row.problem and row.problem.code) for row in rows] == [
		(4, None),
		(5, None),
		(6, "too_many_cells"),
	]


def test_a_workbook_whatever_its_name(tmp_path, xlsx_bytes):
	path = tmp_path / "report.csv"
	path.write_bytes(xlsx_bytes([["a"], ["1"]]))
	assert open_table(path).kind == "xlsx"


def test_sheets_without_data(xlsx_bytes):
	assert refuse(xlsx_bytes([])).code == "xlsx_no_sheet"
	assert refuse(xlsx_bytes([["a", "b"]])).code == "no_rows"
	assert refuse(xlsx_bytes([["a", "a "], [1, 2]])).code == "duplicate_headings"
	assert refuse(xlsx_bytes([["a"]] + [[1]] * 5), ReadLimits(max_rows=4)).code == "too_many_rows"
	far = xlsx_bytes([["a"], [1]], lambda book: book.active.cell(1_048_576, 1, "x"))
	assert refuse(far, ReadLimits(max_rows=1000)).code == "too_many_rows"


def test_a_zip_bomb_is_refused_by_its_ratio(xlsx_bytes):
	content = repack(xlsx_bytes([["a"], [1]]), xl__media__a_DOT_bin=bytes(40 * 1024 * 1024))
	assert len(content) < 100_000
	assert refuse(content).code == "xlsx_ratio"
	assert refuse(content, ReadLimits(max_unpacked_bytes=1024 * 1024)).code == "xlsx_too_large"


@pytest.mark.parametrize("stated", [10, 5000])
def test_a_directory_that_lies_is_caught_while_inflating(xlsx_bytes, stated):
	size = 40 * 1024 * 1024
	content = repack(xlsx_bytes([["a"], [1]]), xl__media__a_DOT_bin=bytes(size))
	lying = content.replace(struct.pack("<L", size), struct.pack("<L", stated))
	assert lying != content
	with zipfile.ZipFile(io.BytesIO(lying)) as archive:
		assert archive.getinfo("xl/media/a.bin").file_size == stated
	assert refuse(lying).code == "xlsx_ratio"
	assert refuse(lying, ReadLimits(max_ratio=10**9, max_unpacked_bytes=size // 2)).code == "xlsx_too_large"
	assert refuse(lying, ReadLimits(max_ratio=10**9)).code == "xlsx_size_lie"


def test_unsafe_containers(xlsx_bytes):
	good = xlsx_bytes([["a"], [1]])
	bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
	assert refuse(repack(good, xl__workbook_DOT_xml=bomb)).code == "xlsx_unsafe_part"
	outside = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1/x"><x/>'
	assert refuse(repack(good, xl__workbook_DOT_xml=outside)).code == "xlsx_unsafe_part"
	wide = '<?xml version="1.0" encoding="utf-16"?><x/>'.encode("utf-16")
	assert refuse(repack(good, xl__workbook_DOT_xml=wide)).code == "xlsx_unsafe_part"
	assert refuse(good, ReadLimits(max_members=3)).code == "xlsx_too_many_parts"
	assert refuse(
		repack(good, xl__sharedStrings_DOT_xml=b"x" * 2000), ReadLimits(max_shared_text_bytes=1000)
	).code == ("xlsx_too_large")
	assert refuse(good[: len(good) // 2]).code == "xlsx_damaged"
	assert refuse(repack(good, xl__workbook_DOT_xml=b"<broken")).code == "xlsx_damaged"
	stream = io.BytesIO()
	with zipfile.ZipFile(stream, "w") as archive:
		archive.writestr("report.csv", "a,b\n1,2\n")
	assert refuse(stream.getvalue()).code == "file_is_archive"
	flagged = bytearray(good)
	flagged[good.index(b"PK\x01\x02") + 8] |= 1
	assert refuse(bytes(flagged)).code == "file_is_encrypted"


def test_a_sheet_that_lies_about_its_size_is_read_whole(xlsx_bytes):
	good = xlsx_bytes([["a", "b"], ["1", "2"], ["3", "4"]])
	with zipfile.ZipFile(io.BytesIO(good)) as archive:
		sheet = archive.read("xl/worksheets/sheet1.xml")
	changed = sheet.replace(b'ref="A1:B3"', b'ref="A1:A2"')
	assert changed != sheet
	table = open_table(repack(good, xl__worksheets__sheet1_DOT_xml=changed))
	assert [list(row.cells.values()) for row in table.rows()] == [["1", "2"], ["3", "4"]]


BOOK = io.BytesIO()
_book = openpyxl.Workbook()
for _row in (["订单编号", "总金额"], ["1", 2.5], ["2", "=1+1"]):
	_book.active.append(_row)
_book.save(BOOK)
with zipfile.ZipFile(BOOK) as _archive:
	PARTS = {name: _archive.read(name) for name in _archive.namelist()}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(BOOK.getvalue()) - 1), st.binary(min_size=1, max_size=8))
def test_a_workbook_with_any_damage_gives_rows_or_an_import_error(position, noise):
	content = bytearray(BOOK.getvalue())
	content[position : position + len(noise)] = noise
	try:
		list(open_table(bytes(content)).rows())
	except ImportFileError as error:
		assert error.code in MESSAGES


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_damaged_parts_gives_rows_or_an_import_error(data):
	name = data.draw(st.sampled_from(sorted(PARTS)))
	body = bytearray(PARTS[name])
	position = data.draw(st.integers(0, len(body) - 1))
	noise = data.draw(
		st.binary(max_size=6) | st.sampled_from([b"<v>", b"NaN", b"-1", b"1e999", b"</row>", b'"'])
	)
	body[position : position + len(noise)] = noise
	try:
		list(open_table(repack_part(name, bytes(body))).rows())
	except ImportFileError as error:
		assert error.code in MESSAGES


def repack_part(changed: str, body: bytes) -> bytes:
	stream = io.BytesIO()
	with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
		for name, part in PARTS.items():
			archive.writestr(name, body if name == changed else part)
	return stream.getvalue()
