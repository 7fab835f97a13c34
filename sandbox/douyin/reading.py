"""Members of `param_json`. Every reader raises DouyinError."""

from __future__ import annotations

from collections.abc import Container

from .errors import DouyinError, make_invalid


def read_text(args: dict, name: str) -> str:
	"""A text or number that has to be there, as text."""
	value = args.get(name)
	if value in (None, "") or not isinstance(value, str | int):
		raise DouyinError(40001, "isv.parameter-missing", f"{name} is missing")
	return str(value)


def read_number(args: dict, name: str, default: int | None = None, least: int = 0) -> int:
	"""A whole number, also as text; it has to be there when there is no default."""
	value = args.get(name)
	if value in (None, ""):
		if default is None:
			raise DouyinError(40001, "isv.parameter-missing", f"{name} is missing")
		return default
	text = str(value)
	if isinstance(value, bool) or not text.removeprefix("-").isdecimal() or int(text) < least:
		raise make_invalid(f"{name} is not a number from {least}")
	return int(text)


def read_page(args: dict, first: int = 0) -> tuple[int, int]:
	"""Page counted from 1, whatever the method counts from, and size up to 100."""
	page, size = read_number(args, "page", first, first), read_number(args, "size", None, 1)
	if size > 100:
		raise make_invalid("size is above 100")
	return page - first + 1, size


def read_choice(args: dict, name: str, choices: Container[int], default: int | None = None) -> int:
	"""One of some numbers."""
	number = read_number(args, name, default)
	if number not in choices:
		raise make_invalid(f"{name} {number} is not allowed")
	return number


def read_span(args: dict, start: str, end: str) -> tuple[int, int] | None:
	"""Unix seconds of both ends; None when neither is given."""
	if not args.get(start) and not args.get(end):
		return None
	first, last = read_number(args, start, 0), read_number(args, end, 2**40)
	if first > last:
		raise make_invalid(f"{start} is after {end}")
	return first, last
