"""Builders of small report files for the importer's tests; every value is invented."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

TMALL_HEADINGS = [
	"订单编号",
	"总金额",
	"买家实际支付金额",
	"收货地址 ",
	"订单创建时间",
	"订单付款时间 ",
	"退款金额",
]


@pytest.fixture
def tmall_headings():
	return list(TMALL_HEADINGS)


@pytest.fixture
def csv_bytes():
	def build(rows, encoding="utf-8", delimiter=",") -> bytes:
		text = io.StringIO()
		csv.writer(text, delimiter=delimiter).writerows(rows)
		return text.getvalue().encode(encoding)

	return build


@pytest.fixture
def xlsx_bytes():
	def build(rows, change=None) -> bytes:
		book = openpyxl.Workbook()
		for row in rows:
			book.active.append(row)
		if change:
			change(book)
		stream = io.BytesIO()
		book.save(stream)
		return stream.getvalue()

	return build


@pytest.fixture
def tmall_rows():
	"""Headings and 60 generated rows in the layout of the Tmall report: 20 unpaid, 20 paid, 20 refunded."""
	rows = [list(TMALL_HEADINGS)]
	for number in range(1, 61):
		kind = number % 3
		total = f"{number}.{number % 10}"
		paid_at = "" if kind == 0 else f"2020-02-{number % 28 + 1:02} 12:00:00"
		paid = total if kind == 1 else "0.0"
		refund = total if kind == 2 else "0.0"
		place = ("上海", "内蒙古自治区", "广东省")[kind]
		rows.append(
			[str(number), total, paid, place, f"2020-02-{number % 28 + 1:02} 11:59:00", paid_at, refund]
		)
	return rows


@pytest.fixture
def real_report():
	"""The real Tmall report beside the checkout; the test is skipped where it isn't there."""
	path = Path(__file__).resolve().parents[4] / "shared" / "data" / "tmall_order_report.csv"
	if not path.is_file():
		pytest.skip("real data absent: ../shared/data/tmall_order_report.csv is not beside this checkout")
	return path
