"""Reading business parameters; what is missing or wrong is a TopError 40 or 41."""

from __future__ import annotations

import json
from typing import Any

from ..clock import parse_time
from .errors import make_invalid, make_missing

MAX_PAGE = 100
DEFAULT_PAGE = 40


class Args(dict[str, str]):
	"""The call's parameters; an empty value counts as absent."""

	def need(self, name: str) -> str:
		if not self.get(name):
			raise make_missing(name)
		return self[name]

	def need_id(self, name: str) -> str:
		"""A positive whole number as text."""
		text = self.need(name)
		if not (text.isascii() and text.isdecimal()) or int(text) >= 2**63:
			raise make_invalid(name, "必须是数字")
		return text

	def get_int(self, name: str, default: int, low: int, high: int) -> int:
		text = self.get(name) or str(default)
		try:
			value = int(text)
		except ValueError:
			raise make_invalid(name, "必须是整数") from None
		if not low <= value <= high:
			raise make_invalid(name, f"取值范围 {low} 到 {high}")
		return value

	def get_bool(self, name: str) -> bool:
		text = self.get(name) or "false"
		if text.lower() not in ("true", "false"):
			raise make_invalid(name, "必须是 true 或 false")
		return text.lower() == "true"

	def get_time(self, name: str) -> float | None:
		"""Unix seconds; None where it is absent."""
		text = self.get(name)
		if not text:
			return None
		try:
			return parse_time(text)
		except ValueError:
			raise make_invalid(name, "格式必须是 yyyy-MM-dd HH:mm:ss") from None

	def need_time(self, name: str) -> float:
		self.need(name)
		return self.get_time(name) or 0.0

	def need_fields(self) -> frozenset[str]:
		"""The wanted fields; `orders.oid` asks for all of `orders`."""
		return frozenset(
			name.strip().split(".")[0] for name in self.need("fields").split(",") if name.strip()
		)

	def need_rows(self, name: str, most: int) -> list[dict[str, Any]]:
		"""A JSON list of objects, one to `most` of them."""
		try:
			rows = json.loads(self.need(name))
		except ValueError:
			rows = None
		if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
			raise make_invalid(name, "必须是 JSON 数组")
		if not 1 <= len(rows) <= most:
			raise make_invalid(name, f"最多 {most} 条")
		return rows

	def get_paging(self) -> tuple[int, int]:
		"""Page from 1 and its size."""
		return self.get_int("page_no", 1, 1, 10**6), self.get_int("page_size", DEFAULT_PAGE, 1, MAX_PAGE)
