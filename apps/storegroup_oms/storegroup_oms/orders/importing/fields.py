"""Reads the mapped cells of one order's rows as typed values and collects what is wrong with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from ..canonical import CHINA_TIME, MAX_QTY
from ..money import ZERO, MoneyError, to_money
from .cells import clean_cell
from .errors import Problem, Row
from .layouts import Mapping

T = TypeVar("T")
_IDENTIFIER = re.compile(r"[0-9A-Za-z_\-]{1,64}\Z")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE]\+[0-9]+\Z")
_TIME = re.compile(
	r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?"
	r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?)?\Z"
)
_NOTHING = frozenset(("", "-", "--", "无", "null", "None", "0000-00-00 00:00:00"))
_YEARS = range(2003, 2101)


class FieldError(ValueError):
	"""An unusable cell: `code` is a key of messages.ROW_MESSAGES, `more` follows heading and value."""

	def __init__(self, code: str, *more: object):
		self.code = code
		self.more = more
		super().__init__(code)


def read_identifier(text: str) -> str:
	"""An order, line, item or SKU number: letters, digits, - and _; FieldError digits_lost for 1.23E+17."""
	if _IDENTIFIER.match(text):
		return text
	if _EXPONENT.match(text):
		raise FieldError("digits_lost")
	raise FieldError("formula" if text.startswith("=") else "invalid_id")


def read_code(text: str) -> str:
	"""A merchant's own code: any text, but no formula and no number whose digits Excel dropped."""
	if _EXPONENT.match(text):
		raise FieldError("digits_lost")
	if text.startswith("="):
		raise FieldError("formula")
	return text


def read_money(text: str) -> Decimal:
	try:
		amount = to_money(text)
	except MoneyError as error:
		raise FieldError("formula" if text.startswith("=") else error.code) from error
	if amount < 0:
		raise FieldError("negative")
	return amount


def read_time(text: str) -> datetime:
	"""'2020-02-20 23:59:54', with / or 年月日, seconds and time of day optional; aware, China time."""
	match = _TIME.match(text) or _TIME.match(unicodedata.normalize("NFKC", text).strip())
	if match is None:
		raise FieldError("formula" if text.startswith("=") else "invalid_time")
	parts = [int(part or 0) for part in match.groups()]
	if parts[0] not in _YEARS:
		raise FieldError("invalid_time")
	try:
		return datetime(*parts, tzinfo=CHINA_TIME)
	except ValueError as error:
		raise FieldError("invalid_time") from error


def read_qty(text: str) -> int:
	digits = unicodedata.normalize("NFKC", text).strip()
	match = re.fullmatch(r"([0-9]{1,7})(?:\.0+)?", digits)
	if match is None or not 1 <= int(match[1]) <= MAX_QTY:
		raise FieldError("formula" if text.startswith("=") else "invalid_quantity", MAX_QTY)
	return int(match[1])


def read_text(text: str) -> str:
	return text


class OrderCells:
	"""The rows of one order seen through a mapping. Problems are collected, a bad cell reads as None."""

	def __init__(self, rows: Sequence[Row], mapping: Mapping):
		self.rows = rows
		self.mapping = mapping
		self.problems: list[Problem] = []

	def has(self, *fields: str) -> bool:
		return any(field in self.mapping.columns for field in fields)

	def one(self, field: str, read: Callable[[str], T]) -> T | None:
		"""Read an order field: rows may leave it empty, but those that don't must agree."""
		heading = self.mapping.columns.get(field)
		if heading is None:
			return None
		if len(self.rows) == 1:
			text = self.rows[0].cells[heading]
			return None if text in _NOTHING else self._read(field, text, read, self.rows[0].row_no)
		texts: dict[str, int] = {}
		for row in self.rows:
			text = row.cells[heading]
			if text not in _NOTHING:
				texts.setdefault(text, row.row_no)
		values = [self._read(field, text, read, row_no) for text, row_no in texts.items()]
		if any(value != values[0] for value in values[1:]):
			self._contradict(field, heading, list(texts))
		return values[0] if values else None

	def each(self, field: str, read: Callable[[str], T]) -> list[T | None]:
		"""Read a line field on every row; None where it is empty or unmapped."""
		heading = self.mapping.columns.get(field)
		if heading is None:
			return [None] * len(self.rows)
		return [
			None
			if row.cells[heading] in _NOTHING
			else self._read(field, row.cells[heading], read, row.row_no)
			for row in self.rows
		]

	def total(self, field: str) -> Decimal | None:
		"""Sum an amount that each row states for itself; None when no row states it."""
		values = [value for value in self.each(field, read_money) if value is not None]
		return sum(values, ZERO) if values else None

	def complain(self, code: str, field: str, *args: object, value: str = "") -> None:
		"""Note a problem of the order; without args the message's value is the field's heading."""
		heading = self.mapping.columns.get(field, field)
		row_nos = tuple(row.row_no for row in self.rows)
		self.problems.append(Problem(code, args or (heading,), field, heading, value[:140], row_nos))

	def _read(self, field: str, text: str, read: Callable[[str], T], row_no: int) -> T | None:
		try:
			return read(text)
		except FieldError as error:
			heading = self.mapping.columns[field]
			args = (heading, text[:140], *error.more)
			self.problems.append(Problem(error.code, args, field, heading, text[:140], (row_no,)))
			return None

	def _contradict(self, field: str, heading: str, texts: list[str]) -> None:
		shown = " | ".join(text[:60] for text in texts[:5])
		row_nos = ", ".join(str(row.row_no) for row in self.rows[:20])
		self.complain("contradiction", field, heading, row_nos, shown, value=shown)


def order_key(row: Row, mapping: Mapping) -> str:
	"""Give the text that ties rows to one order; '' when the row names none."""
	return clean_cell(row.cells.get(mapping.columns["platform_order_no"], ""))
