"""Excel workbooks (.xlsx): the first visible sheet with data, streamed; a formula is text, never computed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import openpyxl

from .errors import ImportFileError, Problem
from .reader import ReadLimits, Source, Table
from .zip_guard import check_workbook

_EXACT_DIGITS = 15


class XlsxTable(Table):
	"""A workbook whose container was checked before parsing."""

	kind = "xlsx"

	def __init__(self, source: Source, limits: ReadLimits):
		super().__init__(source, limits)
		with source.open() as stream:
			check_workbook(stream, limits)
		self._sheet = ""
		self._find_headings()
		if next(self.rows(), None) is None:
			raise ImportFileError("no_rows")

	def _find_headings(self) -> None:
		with self._workbook() as book:
			for sheet in book.worksheets:
				if sheet.sheet_state != "visible":
					continue
				for values in self._values(sheet, self.limits.max_columns + 1):
					texts = [_to_text(value) for value in values]
					if any(text.strip() for text in texts):
						self._sheet = sheet.title
						self._set_headings(texts)
						return
		raise ImportFileError("xlsx_no_sheet")

	def _records(self) -> Iterator[tuple[int, list[str], Problem | None]]:
		limit = self.limits.max_cell_chars
		with self._workbook() as book:
			for row_no, values in enumerate(self._values(book[self._sheet], self._width + 1), 1):
				texts = [_to_text(value) for value in values]
				if len(texts) < self._width:
					texts += [""] * (self._width - len(texts))
				elif len(texts) > self._width and not texts[-1]:
					texts.pop()
				if any(len(text) > limit for text in texts):
					raise ImportFileError("record_too_long", row_no, limit)
				yield row_no, texts, None

	def _values(self, sheet, max_col: int) -> Iterator[tuple]:
		# the stated dimension can lie and would cut or pad the rows
		sheet.reset_dimensions()
		empty = 0
		for values in sheet.iter_rows(max_col=max_col, values_only=True):
			empty = 0 if any(value is not None for value in values) else empty + 1
			if empty > self.limits.max_rows:
				raise ImportFileError("too_many_rows", self.limits.max_rows)
			yield values

	@contextmanager
	def _workbook(self) -> Iterator[openpyxl.Workbook]:
		with self.source.open() as stream, _reading():
			book = self._load(stream)
			try:
				yield book
			finally:
				book.close()

	def _load(self, stream: BinaryIO) -> openpyxl.Workbook:
		return openpyxl.load_workbook(
			stream, read_only=True, data_only=False, keep_links=False, keep_vba=False, rich_text=False
		)


@contextmanager
def _reading() -> Iterator[None]:
	try:
		yield
	except (ImportFileError, GeneratorExit):
		raise
	# openpyxl raises whatever it stumbles over in a damaged workbook: KeyError, TypeError, ParseError
	except Exception as error:
		raise ImportFileError("xlsx_damaged") from error


def _to_text(value: object) -> str:
	"""Write a value as an export would; a number longer than Excel's digits gets an exponent.

	Excel keeps 15 digits; a longer order number stored as a number is wrong in its last places even if it
	looks whole, and the exponent makes the identifier check refuse it.
	"""
	if value is None:
		return ""
	if isinstance(value, str):
		return value
	if isinstance(value, bool):
		return "TRUE" if value else "FALSE"
	if isinstance(value, int | float):
		return _number_text(value)
	if isinstance(value, datetime.datetime):
		if value.microsecond >= 500_000:
			value += datetime.timedelta(seconds=1)
		return value.strftime("%Y-%m-%d %H:%M:%S")
	if isinstance(value, datetime.date):
		return f"{value.isoformat()} 00:00:00"
	text = getattr(value, "text", None)
	if hasattr(value, "ref"):
		return text if isinstance(text, str) and text.startswith("=") else f"={text or ''}"
	return str(value)


def _number_text(value: int | float) -> str:
	if isinstance(value, float) and value.is_integer() and abs(value) < 10**_EXACT_DIGITS:
		value = int(value)
	if isinstance(value, int):
		if abs(value) < 10**_EXACT_DIGITS:
			return str(value)
		return f"{value:.{_EXACT_DIGITS}E}"
	return f"{value:.{_EXACT_DIGITS}G}"
