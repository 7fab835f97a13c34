"""Business parameters, which come as texts. Every reader raises PinduoduoError 21001 or 21002."""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any

from .errors import PinduoduoError


def read_text(args: dict[str, str], name: str) -> str:
	"""A text that has to be there."""
	text = args.get(name, "")
	if not text:
		raise PinduoduoError(21002, f"{name} is missing")
	return text


def read_number(args: dict[str, str], name: str, default: int | None = None, least: int = 0) -> int:
	"""A whole number; it has to be there when there is no default."""
	text = args.get(name, "")
	if not text:
		if default is None:
			raise PinduoduoError(21002, f"{name} is missing")
		return default
	if not (text.isascii() and text.lstrip("-").isdigit()) or int(text) < least:
		raise PinduoduoError(21001, f"{name} is not a number from {least}")
	return int(text)


def read_choice(args: dict[str, str], name: str, choices: Container[int], default: int | None = None) -> int:
	"""One of some numbers."""
	number = read_number(args, name, default)
	if number not in choices:
		raise PinduoduoError(21001, f"{name} {number} is not allowed")
	return number


def read_page(args: dict[str, str], most: int = 100, default: int = 100) -> tuple[int, int]:
	"""Page from 1, and page size."""
	page, size = read_number(args, "page", 1, 1), read_number(args, "page_size", default, 1)
	if size > most:
		raise PinduoduoError(21001, f"page_size is above {most}")
	return page, size


def read_window(args: dict[str, str], start: str, end: str, most_s: int) -> tuple[int, int]:
	"""Unix seconds of both ends."""
	first, last = read_number(args, start), read_number(args, end)
	if not first <= last <= first + most_s:
		raise PinduoduoError(21001, f"{end} must be within {most_s} seconds after {start}")
	return first, last


def read_flag(args: dict[str, str], name: str) -> bool:
	"""`true` or anything else."""
	return args.get(name, "").lower() == "true"


def read_json(args: dict[str, str], name: str) -> Any:
	"""A list or an object, sent as JSON text."""
	try:
		return json.loads(read_text(args, name))
	except ValueError:
		raise PinduoduoError(21001, f"{name} is not JSON") from None
