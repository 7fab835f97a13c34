"""The sandbox's time: the machine's plus an offset. Beijing time on the wire."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


class Clock:
	"""`offset_s` moves the sandbox's time; `speed` divides the waits of simulated buyers and couriers."""

	def __init__(self, offset_s: float = 0.0, speed: float = 1.0) -> None:
		self.offset_s = offset_s
		self.speed = speed

	def now(self) -> float:
		return time.time() + self.offset_s

	def is_near(self, stamp: float, tolerance_s: float) -> bool:
		"""Whether a request's time stamp is near the machine's time or the sandbox's."""
		wall = time.time()
		return abs(stamp - wall) <= tolerance_s or abs(stamp - wall - self.offset_s) <= tolerance_s

	def get_wait(self, seconds: float) -> float:
		return seconds / self.speed


def format_time(stamp: float) -> str:
	"""`2026-11-24 06:00:00` in Beijing time, cut to the second; "" for 0."""
	return str(datetime.fromtimestamp(int(stamp), BEIJING))[:19] if stamp else ""


def parse_time(text: str) -> float:
	"""Unix seconds of a Beijing time. Raises ValueError for any other text."""
	return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp()
