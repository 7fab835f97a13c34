"""Reading CSV: encodings, delimiters, bad rows, and files that are refused whole."""

import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storegroup_oms.orders.importing import ImportFileError, ReadLimits, open_table
from storegroup_oms.orders.importing.cells import clean_cell, protect_cell
from storegroup_oms.orders.importing.messages import MESSAGES


def refuse(content, limits=None) -> ImportFileError:
	with pytest.raises(ImportFileError) as caught:
		list(open_table(content, limits).rows())
	assert caught.value.code in MESSAGES
	return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters(csv_bytes, encoding, delimiter):
	rows = [["订单编号 ", "收货地址"], ["1", "上海, 徐汇区; 一路"], ["2", '引号"和\n换行']]
	content = csv_bytes(rows, encoding, delimiter)
	if encoding == "utf-16-be":
		content = b"\xfe\xff" + content
	table = open_table(content)
	assert (table.delimiter, table.headings) == (delimiter, ("订单编号", "收货地址"))
	assert [(row.row_no, row.cells["收货地址"]) for row in table.rows()] == [
		(2, "上海, 徐汇区; 一路"),
		(3, '引号"和\n换行'),
	]
	assert list(table.rows()) == list(table.rows())


def test_a_file_whatever_its_name(tmp_path, csv_bytes):
	path = tmp_path / "report.xlsx"
	path.write_bytes(csv_bytes([["a", "b"], ["1", "2"]]))
	assert open_table(path).kind == "csv"
	assert refuse(tmp_path / "absent.csv").code == "file_missing"


def test_bad_bytes_name_byte_and_line():
	good = "订单编号,收货地址\n1,上海市徐汇区\n".encode()
	error = refuse(good + b"2,\xff\xfe\n")
	assert (error.code, error.params) == ("bad_encoding", ("UTF-8", len(good) + 2, 3))
	# far beyond the first chunk, in each encoding
	for encoding, bad in (("utf-8", b"\xe4\xb8"), ("gb18030", b"\xff\xff")):
		head = "订单编号,收货地址\n".encode(encoding)
		body = "1,上海市徐汇区\n".encode(encoding) * 20_000
		error = refuse(head + body + bad + b"\n")
		assert error.params == (encoding.upper(), len(head + body), 20_002)
	error = refuse("a,b\n1,上\n".encode("utf-16") + b"\x00")
	assert error.code == "bad_encoding"


@pytest.mark.parametrize(
	("content", "code"),
	[
		(b"", "file_empty"),
		(b"\xef\xbb\xbf", "file_empty"),
		(b"\n\n \n", "no_headings"),
		(b",,\n1,2,3\n", "no_rows"),
		(b"a,b\n", "no_rows"),
		(b"a,b\n,\n\n", "no_rows"),
		(b"a,b,a \n1,2,3\n", "duplicate_headings"),
		(b"a,b\n1,\x002\n", "nul_character"),
		(b'a,b\n1,"never closed\n2,3\n', "quote_not_closed"),
		(b'a,b\n1,"swallows\n2,3\n4,"x\n5,6\n', "quote_not_closed"),
		(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_is_xls"),
		(
			b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
			"file_is_encrypted",
		),
		(b"\x1f\x8b\x08\x00", "file_is_archive"),
		(b"%PDF-1.7\n", "file_is_other"),
		(b"<html><table><tr><td>1</td></tr></table>", "file_is_web_page"),
	],
)
def test_unusable_files_are_refused(content, code):
	assert refuse(content).code == code


def test_limits():
	content = b"a,b\n" + b"1,2\n" * 10
	assert refuse(content, ReadLimits(max_file_bytes=10)).params == (44, 10)
	assert refuse(content, ReadLimits(max_rows=9)).params == (9,)
	assert len(list(open_table(content, ReadLimits(max_rows=10)).rows())) == 10
	assert refuse(content, ReadLimits(max_columns=1)).code == "too_many_columns"
	assert refuse(content + b"1," + b"x" * 50, ReadLimits(max_line_chars=40)).params == (12, 40)
	assert (
		refuse(content + b'1,"x\n' + b"x\n" * 30 + b'"\n', ReadLimits(max_line_chars=40)).code
		== "record_too_long"
	)


def test_a_line_of_50_mb_is_refused_without_loading_it(tmp_path):
	path = tmp_path / "long.csv"
	with path.open("wb") as stream:
		stream.write("订单编号,总金额\n1,2\n2,".encode())
		for _ in range(50):
			stream.write(b"x" * 1024 * 1024)
	tracemalloc.start()
	with pytest.raises(ImportFileError) as caught:
		open_table(path)
	error = caught.value
	peak = tracemalloc.get_traced_memory()[1]
	tracemalloc.stop()
	assert (error.code, error.params[0]) == ("line_too_long", 3)
	assert peak < 4 * 1024 * 1024


def test_bad_rows_do_not_hurt_their_neighbours():
	content = 'a,b,c\n1,2,3\n4,5\n6,7,8,9\n,,\n\n"x"y,1,2\n10,11,12,\n13,14,15\n'
	rows = list(open_table(content.encode()).rows())
	assert [(row.row_no, row.problem and row.problem.code) for row in rows] == [
		(2, None),
		(3, "too_few_cells"),
		(4, "too_many_cells"),
		(7, "broken_quotes"),
		(8, None),
		(9, None),
	]
	assert rows[2].problem.args == (4, 3, "9")
	assert rows[1].cells == {"a": "4", "b": "5", "c": ""}


def test_wrapped_values_are_unwrapped():
	content = 'id,b,c,d\n="123456789012345678",123\t,\'456,"=""78"""\n'
	assert [row.cells for row in open_table(content.encode()).rows()] == [
		{"id": "123456789012345678", "b": "123", "c": "456", "d": "78"}
	]
	assert clean_cell("'quoted' word") == "'quoted' word"
	assert clean_cell("\ufeff'=1+1") == "=1+1"


@settings(deadline=None)
@given(st.text())
@example("'='='1")
@example("'\t'\t'1")
def test_cleaning_is_a_fixed_point_and_undoes_protection(text):
	cleaned = clean_cell(text)
	assert clean_cell(cleaned) == cleaned
	assert clean_cell(protect_cell(cleaned)) == cleaned


def test_cleaning_hostile_text_is_quick():
	clean_cell("'\t" * 65_000)
	clean_cell("'" * 130_000)
	clean_cell("='" * 65_000)


@settings(max_examples=300, deadline=None)
@given(
	st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(b"a\r\n1\r2")
@example(b"\xff\xfe")
@example(b"a,b\n\x81")
def test_any_bytes_give_rows_or_an_import_error(content):
	try:
		for row in open_table(content).rows():
			assert all(isinstance(text, str) for text in row.cells.values())
	except ImportFileError as error:
		assert error.code in MESSAGES


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"a1,;\t\"'=\n\r 订", "\r\n", '""', "12,34\n"]), max_size=60))
def test_any_csv_like_text_gives_rows_or_an_import_error(parts):
	try:
		list(open_table(("a,b\n" + "".join(parts)).encode("gb18030")).rows())
	except ImportFileError as error:
		assert error.code in MESSAGES
