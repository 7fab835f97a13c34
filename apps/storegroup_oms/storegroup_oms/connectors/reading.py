"""Reads a platform's payload field by field and knows where it stands; what can't be read is a MappingError. Pure.

A payload is untrusted JSON: any key may be absent, null or of another type. Numbers come as int or Decimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..orders.canonical import MAX_QTY
from ..orders.importing.addresses import find_province
from ..orders.money import ZERO, to_money
from .base import CHINA_TIME
from .errors import MappingError

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\Z")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_LARGEST = 2**64  # the widest id of any platform
# what an error must not quote, since errors are logged
_PERSONAL = ("receiver", "buyer_nick", "platform_buyer_id", "buyer_message", "seller_memo", "reason")
Record = TypeVar("Record", bound=BaseModel)


class Fields:
	"""One object of a payload, at `path`; the path of its field `num` is `path.num`.

	`get_` gives the empty value when the field is absent, null or blank; `need_` raises `field_missing` then.
	Every method raises MappingError for a value of the wrong kind.
	"""

	def __init__(self, payload: object, path: str) -> None:
		if not isinstance(payload, Mapping):
			raise MappingError("field_invalid", path, type(payload).__name__)
		self.payload = payload
		self.path = path

	def at(self, name: str) -> str:
		return f"{self.path}.{name}" if self.path else name

	def refuse(self, reason: str, name: str) -> MappingError:
		"""The error for a field, with a short and harmless text of its value."""
		return MappingError(reason, self.at(name), _show(self.payload.get(name)))

	def has(self, name: str) -> bool:
		"""Whether the field holds anything; 0 and false do, blanks don't."""
		value = self.payload.get(name)
		return value is not None and not (isinstance(value, str) and not value.strip())

	def get_text(self, name: str) -> str:
		"""A text, or an id that the platform sends as a number."""
		value = self.payload.get(name)
		if value is None:
			return ""
		if isinstance(value, str):
			return value.strip()
		if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
			return str(value)
		raise self.refuse("field_invalid", name)

	def need_text(self, name: str) -> str:
		text = self.get_text(name)
		if not text:
			raise self.refuse("field_missing", name)
		return text

	def get_whole(self, name: str) -> int | None:
		"""A whole number, also when written as a text; None when absent."""
		if not self.has(name):
			return None
		value = self.payload[name]
		if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
			return value
		if isinstance(value, str) and _WHOLE.match(value.strip()):
			return int(value)
		raise self.refuse("field_invalid", name)

	def need_whole(self, name: str) -> int:
		value = self.get_whole(name)
		if value is None:
			raise self.refuse("field_missing", name)
		return value

	def need_qty(self, name: str) -> int:
		"""How many pieces a line has: at least one."""
		qty = self.need_whole(name)
		if not 1 <= qty <= MAX_QTY:
			raise self.refuse("field_invalid", name)
		return qty

	def get_flag(self, name: str) -> bool:
		"""A yes or no, also as 1, "1" or "true"."""
		value = self.payload.get(name)
		if value is None or isinstance(value, bool | int):
			return bool(value)
		if isinstance(value, str) and value.strip().lower() in ("", "0", "1", "true", "false"):
			return value.strip().lower() in ("1", "true")
		raise self.refuse("field_invalid", name)

	def find_money(self, name: str, is_signed: bool = False) -> Decimal | None:
		"""Yuan; None when absent. Negative only where `is_signed`."""
		if not self.has(name):
			return None
		try:
			amount = to_money(self.payload[name])
		except (ValueError, TypeError):
			raise self.refuse("money_invalid", name) from None
		if amount < 0 and not is_signed:
			raise self.refuse("money_invalid", name)
		return amount

	def get_money(self, name: str, is_signed: bool = False) -> Decimal:
		amount = self.find_money(name, is_signed)
		return ZERO if amount is None else amount

	def need_money(self, name: str) -> Decimal:
		amount = self.find_money(name)
		if amount is None:
			raise self.refuse("field_missing", name)
		return amount

	def find_time(self, name: str) -> datetime | None:
		"""A China time written as 2026-11-24 06:00:00; None when absent."""
		text = self.get_text(name) if self.has(name) else ""
		if not text:
			return None
		try:
			if not _MOMENT.match(text):
				raise ValueError(text)
			moment = datetime.fromisoformat(text).replace(tzinfo=CHINA_TIME)
		except ValueError:
			raise self.refuse("time_invalid", name) from None
		if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
			raise self.refuse("time_invalid", name)
		return moment

	def need_time(self, name: str) -> datetime:
		moment = self.find_time(name)
		if moment is None:
			raise self.refuse("field_missing", name)
		return moment

	def get_object(self, name: str) -> Fields:
		"""The object in a field; an empty one when absent."""
		value = self.payload.get(name)
		return Fields({} if value is None else value, self.at(name))

	def list_objects(self, name: str) -> list[Fields]:
		"""The objects of a list in a field; none when absent."""
		value = self.payload.get(name)
		if value is None:
			return []
		if not isinstance(value, list):
			raise self.refuse("field_invalid", name)
		return [Fields(item, f"{self.at(name)}[{index}]") for index, item in enumerate(value)]


def _show(value: object) -> str:
	if isinstance(value, str):
		return value[:140]
	if isinstance(value, int) and abs(value) >= _LARGEST:
		return "a number out of range"
	if value is None or isinstance(value, bool | int | float | Decimal):
		return str(value)[:140]
	return type(value).__name__


def make_record(kind: type[Record], path: str, **values: Any) -> Record:
	"""A canonical record; what it refuses becomes a MappingError at `path` and the record's own field name."""
	try:
		return kind(**values)
	except ValidationError as error:
		detail = error.errors(include_url=False)[0]
		where = [str(part) for part in detail["loc"]]
		is_personal = any(part in _PERSONAL for part in where) or kind.__name__ == "CanonicalReceiver"
		raise MappingError(
			_REASONS.get(detail["type"], "field_invalid") if where else "money_mismatch",
			".".join([path, *where]),
			"" if is_personal or not where else _show(detail["input"]),
		) from None


_REASONS = {"string_too_long": "too_long", "string_too_short": "field_missing", "too_long": "too_long"}


def normalise_province(text: str) -> str:
	"""The official name of a province; a text that is none comes back as it is."""
	return find_province(text) or text
