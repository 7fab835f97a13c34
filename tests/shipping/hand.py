"""What handling orders takes a person: acts counted while a browser is driven, and their time by the keystroke-level model.

The model's times are those of Card, Moran and Newell (1980) for people who use a system each day: deciding on a step
1.35 s, pointing 1.10 s, pressing a mouse button 0.10 s, a key 0.28 s (somebody who types without being a typist). What
the system makes a person wait is added as it was measured.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

DECIDE_S, POINT_S, PRESS_S, KEY_S = 1.35, 1.10, 0.10, 0.28


@dataclass
class Hand:
	"""`clicks` by what they were for, `keys` typed, `waited_s` for the system's answers."""

	clicks: Counter = field(default_factory=Counter)
	keys: int = 0
	waited_s: float = 0.0

	def click(self, what: Locator, name: str) -> None:
		with self.wait():
			what.click()
		self.clicks[name] += 1

	def type(self, into: Locator, text: str) -> None:
		"""A click into the field, then its text."""
		self.click(into, "field")
		into.fill(text)
		self.keys += len(text)

	def open(self, page: Page, address: str) -> None:
		"""A bookmark of the browser."""
		with self.wait():
			page.goto(address)
		self.clicks["bookmark"] += 1

	@contextmanager
	def wait(self) -> Iterator[None]:
		before = time.monotonic()
		yield
		self.waited_s += time.monotonic() - before

	@property
	def acts_s(self) -> float:
		"""Seconds of the person's own acts."""
		return self.clicks.total() * (DECIDE_S + POINT_S + PRESS_S) + self.keys * KEY_S

	@property
	def total_s(self) -> float:
		return self.acts_s + self.waited_s

	def tell(self, orders: int) -> str:
		names = ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in self.clicks.items())
		return (
			f"{self.clicks.total()} clicks ({names}), {self.keys} keys, {self.acts_s:.1f} s of acts,"
			f" {self.waited_s:.1f} s waited, {self.total_s / orders:.2f} s an order"
		)
