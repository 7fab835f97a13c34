"""Objects kept in the order of a time, found by bisection."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from typing import Generic, TypeVar

Item = TypeVar("Item")


class TimeIndex(Generic[Item]):
	"""Oldest first; the same time is ordered by number. Times are compared by whole seconds, as on the wire."""

	def __init__(self) -> None:
		self.rows: list[tuple[float, int, Item]] = []

	def add(self, at: float, number: int, item: Item) -> None:
		insort(self.rows, (at, number, item), key=_get_key)

	def remove(self, at: float, number: int) -> bool:
		"""Take one out; False when it isn't in."""
		place = bisect_left(self.rows, (at, number))
		if place < len(self.rows) and self.rows[place][:2] == (at, number):
			del self.rows[place]
			return True
		return False

	def find_span(self, start: float, end: float) -> tuple[int, int]:
		"""First and one-past-last place of the rows with start <= whole second of time <= end."""
		low = bisect_left(self.rows, (float(math.ceil(start)), -1))
		return low, max(low, bisect_left(self.rows, (float(math.floor(end) + 1), -1)))


def _get_key(row: tuple) -> tuple[float, int]:
	return row[:2]
