"""Reads a platform's JSON field by field, so that whatever can't be read says where it stands. Pure.

Everything raises MappingError and nothing else; `get_` wants the field, `find_` takes it or leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..orders.canonical import CHINA_TIME, MAX_QTY
from ..orders.money import CENT, LIMIT, ZERO, MoneyError, to_money
from .errors import MappingError

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")
_WHOLE = re.compile(r"-?[0-9]{1,20}\Z")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\Z")
_YEARS = range(2003, 2101)
# How the platforms write "not yet" where they don't leave the field out.
_NO_TIME = frozenset(
	(
		"",
		"0",
		"null",
		"0000-00-00 00:00:00",
		"1970-01-01 08:00:00",
		"1970-01-01 00:00:00",
		"0001-01-01 00:00:00",
	)
)


class Fields:
	"""One object of a payload and its path. Absent, null and empty text are the same to it."""

	def __init__(self, value: object, path: str = "") -> None:
		if not isinstance(value, Mapping):
			raise MappingError("field_invalid", path or "payload", type(value).__name__)
		self.value: Mapping[str, Any] = value
		self.path = path

	def locate(self, name: str) -> str:
		"""The path of a field, like orders.order[0].num."""
		return f"{self.path}.{name}" if self.path else name

	def has(self, name: str) -> bool:
		value = self.value.get(name)
		return value is not None and value != ""

	def get_text(self, name: str) -> str:
		return self._read(name, _to_text, "field_invalid")

	def find_text(self, name: str) -> str:
		"""The text, or a whole number's exact digits; empty when absent."""
		value = self.value.get(name)
		if isinstance(value, str):
			return value
		return "" if value is None else self.get_text(name)

	def get_int(self, name: str) -> int:
		return self._read(name, _to_int, "field_invalid")

	def find_int(self, name: str) -> int | None:
		return self.get_int(name) if self.has(name) else None

	def get_qty(self, name: str) -> int:
		"""Pieces of a line, 1 to MAX_QTY."""
		qty = self.get_int(name)
		if not 1 <= qty <= MAX_QTY:
			raise MappingError("field_invalid", self.locate(name), qty)
		return qty

	def get_yuan(self, name: str) -> Decimal:
		"""An amount in yuan, not negative."""
		return self._read(name, _to_yuan, "money_invalid")

	def find_yuan(self, name: str) -> Decimal:
		return self.get_yuan(name) if self.has(name) else ZERO

	def find_signed_yuan(self, name: str) -> Decimal:
		"""An amount in yuan that may be below 0, like a seller's change of price; 0 when absent."""
		return self._read(name, _to_signed_yuan, "money_invalid") if self.has(name) else ZERO

	def get_fen(self, name: str) -> Decimal:
		"""Yuan of an amount that the platform gives in whole fen, not negative."""
		return self._read(name, _to_yuan_from_fen, "money_invalid")

	def find_fen(self, name: str) -> Decimal:
		return self.get_fen(name) if self.has(name) else ZERO

	def get_time(self, name: str) -> datetime:
		"""'2026-11-24 10:00:00' of China time."""
		return self._read(name, _to_time, "time_invalid")

	def find_time(self, name: str) -> datetime | None:
		return None if self._lacks_time(name) else self.get_time(name)

	def get_unix_time(self, name: str) -> datetime:
		"""Seconds since 1970."""
		return self._read(name, _to_time_from_unix, "time_invalid")

	def find_unix_time(self, name: str) -> datetime | None:
		return None if self._lacks_time(name) else self.get_unix_time(name)

	def find_child(self, name: str) -> Fields:
		"""The object in a field; one without fields when absent."""
		value = self.value.get(name)
		return Fields({} if value is None else value, self.locate(name))

	def list_children(self, name: str) -> list[Fields]:
		"""The objects of a list; none when absent."""
		value = self.value.get(name)
		if value is None:
			return []
		if not isinstance(value, list | tuple):
			raise MappingError("field_invalid", self.locate(name), type(value).__name__)
		return [Fields(child, f"{self.locate(name)}[{position}]") for position, child in enumerate(value)]

	def _read(self, name: str, read: Callable[[object], Value], reason: str) -> Value:
		value = self.value.get(name)
		if value is None or value == "":
			raise MappingError("field_missing", self.locate(name))
		try:
			return read(value)
		except (ValueError, TypeError, OverflowError, OSError) as error:
			shown = value if isinstance(value, str | int | Decimal) else type(value).__name__
			raise MappingError(reason, self.locate(name), shown) from error

	def _lacks_time(self, name: str) -> bool:
		value = self.value.get(name)
		return value is None or (isinstance(value, str | int) and str(value) in _NO_TIME)


def make_canonical(model: type[Model], path: str = "", **values: object) -> Model:
	"""Make a canonical record; what it refuses becomes a MappingError at the canonical field."""
	try:
		return model(**values)
	except ValidationError as error:
		detail = error.errors(include_url=False, include_context=False)[0]
		place = ".".join(str(part) for part in (path, *detail["loc"]) if part != "")
		# A receiver's data stay out of messages that people without the right to it may read.
		value = "" if "receiver" in place or not detail["loc"] else detail["input"]
		raise MappingError(_get_reason(detail), place or "payload", value) from error


def _get_reason(detail: Mapping[str, Any]) -> str:
	if not detail["loc"]:
		return "money_mismatch"
	if detail["type"] == "string_too_long":
		return "too_long"
	name = str(detail["loc"][-1])
	if name == "unit_price" or name.endswith("amount"):
		return "money_invalid"
	return "time_invalid" if name.endswith("_at") or name == "ship_by" else "field_invalid"


def _to_text(value: object) -> str:
	if isinstance(value, str):
		return value
	if isinstance(value, int) and not isinstance(value, bool):
		return str(value)
	raise TypeError("neither a text nor a whole number")


def _to_int(value: object) -> int:
	text = _to_text(value)
	if not _WHOLE.match(text):
		raise ValueError("not a whole number")
	return int(text)


def _to_signed_yuan(value: object) -> Decimal:
	if not isinstance(value, str | int | Decimal):
		raise TypeError("money is never a float")
	return to_money(value)


def _to_yuan(value: object) -> Decimal:
	amount = _to_signed_yuan(value)
	if amount < 0:
		raise MoneyError("negative", value)
	return amount


def _to_yuan_from_fen(value: object) -> Decimal:
	amount = _to_int(value) * CENT
	if not ZERO <= amount < LIMIT:
		raise ValueError("the amount is negative or too large")
	return amount


def _to_time(value: object) -> datetime:
	if not isinstance(value, str) or not _TIME.match(value):
		raise ValueError("not a time")
	return _in_range(datetime.fromisoformat(value).replace(tzinfo=CHINA_TIME))


def _to_time_from_unix(value: object) -> datetime:
	return _in_range(datetime.fromtimestamp(_to_int(value), CHINA_TIME))


def _in_range(value: datetime) -> datetime:
	if value.year not in _YEARS:
		raise ValueError("the year can't be right")
	return value
