"""How long a change of our stock takes to the platforms, and how long a change behind our back stays unseen."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import frappe

from runtime.bench import Bench
from tests.queues import use_queues
from tests.reliability.stack import Stack

from .shelf import LOOK_S, Shelf, StockDesk, wait_until

SETTLE_LIMIT_S = 300
PATIENCE_S = 90.0


@dataclass(frozen=True)
class Size:
	"""`platforms` names each shop's; each sells all `goods`. One change of one SKU every `every_s`."""

	platforms: tuple[str, ...]
	goods: int
	changes: int
	differences: int
	every_s: float = 1.0
	stock: int = 500
	seed: int = 7


@dataclass
class Result:
	"""Seconds for each (listing, change) and each difference; `open` are those that were never seen through."""

	push_s: list[float] = field(default_factory=list)
	found_s: list[float] = field(default_factory=list)
	mended_s: list[float] = field(default_factory=list)
	open: int = 0
	faults: list[str] = field(default_factory=list)


@contextmanager
def open_stack(root: Path, site: str, size: Size) -> Iterator["Run"]:
	"""A Run whose shops show our stock; its processes stopped and its records removed at the end."""
	with tempfile.TemporaryDirectory(prefix="oms-stock-") as folder:
		run = Run(Stack(Bench(root), site, Path(folder), size.seed), size)
		try:
			with use_queues(run.stack):
				run.prepare()
				yield run
		finally:
			run.stack.stop()
			run.desk.remove()


class Run:
	"""`prepare`, then `change_stock` and `meddle`; `result` holds what was measured."""

	def __init__(self, stack: Stack, size: Size) -> None:
		self.stack = stack
		self.size = size
		self.chance = random.Random(size.seed)
		self.codes = [f"P{stack.ports['sandbox']}-{number}" for number in range(size.goods)]
		self.desk = StockDesk(self.codes)
		self.result = Result()
		self.wanted = dict.fromkeys(self.codes, size.stock)

	def prepare(self) -> None:
		self.stack.start_sandbox()
		self.shelf = Shelf(self.stack.sandbox_url, self.stack.token, self.size.seed)
		self.shelf.open_shops(self.size.platforms, self.codes, 0, self.stack.webhook_url)
		self.desk.fill(self.shelf, self.size.stock)
		self.stack.start_desk()
		wait_until(lambda: not self.desk.count_waiting(), "the first push of all listings", SETTLE_LIMIT_S)

	def change_stock(self) -> None:
		"""Post changes at a steady pace and watch the platforms; a SKU rests until its last change has arrived."""
		moving: dict[str, float] = {}
		missing: dict[str, set[str]] = {}
		left, next_at = self.size.changes, time.monotonic()
		while left or moving:
			if left and time.monotonic() >= next_at and len(moving) < len(self.codes):
				code = self.chance.choice([code for code in self.codes if code not in moving])
				self.wanted[code] -= self.chance.randint(1, 3)
				moving[code] = self.desk.move({code: self.wanted[code] - self._get_on_hand(code)})
				missing[code] = {shop["shop_id"] for shop in self.shelf.shops}
				left -= 1
				next_at += self.size.every_s
			self._look(moving, missing)
			time.sleep(LOOK_S)

	def _get_on_hand(self, code: str) -> int:
		frappe.db.rollback()
		return frappe.db.get_value(
			"Stock Balance", {"sku": code, "warehouse": self.desk.warehouse}, "on_hand"
		)

	def _look(self, moving: dict[str, float], missing: dict[str, set[str]]) -> None:
		shown = self.shelf.get_stock()
		for code, began in list(moving.items()):
			for shop_id in sorted(missing[code]):
				qty, since = shown[shop_id][code]
				if qty == self.wanted[code]:
					self.result.push_s.append(max(since - began, 0.0))
					missing[code].discard(shop_id)
			if not missing[code]:
				del moving[code]
			elif time.time() - began > PATIENCE_S:
				self.result.open += len(missing[code])
				del moving[code]

	def meddle(self) -> None:
		"""Change stock at the platforms behind the desk's back; see when it notices and when it is mended."""
		wait_until(lambda: not self.desk.count_waiting(), "the last pushes", SETTLE_LIMIT_S)
		pairs = [(shop["shop_id"], code) for shop in self.shelf.shops for code in self.codes]
		began: dict[tuple[str, str], float] = {}
		for shop_id, code in self.chance.sample(pairs, self.size.differences):
			self.shelf.set_stock(shop_id, code, self.wanted[code] + 50)
			began[shop_id, code] = time.time()
		unseen, unmended = set(began), set(began)
		while unmended and time.time() - max(began.values()) < 2 * PATIENCE_S:
			time.sleep(LOOK_S)
			seen = self._find_differing()
			shown = self.shelf.get_stock()
			for key in sorted(unmended):
				if key in unseen and key in seen:
					self.result.found_s.append(time.time() - began[key])
					unseen.discard(key)
				if shown[key[0]][key[1]][0] == self.wanted[key[1]]:
					self.result.mended_s.append(shown[key[0]][key[1]][1] - began[key])
					unmended.discard(key)
		self.result.open += len(unmended | unseen)

	def _find_differing(self) -> set[tuple[str, str]]:
		frappe.db.rollback()
		shop_ids = {name: shop_id for shop_id, name in self.desk.names.items()}
		rows = frappe.get_all(
			"Listing",
			filters={"shop": ["in", list(shop_ids)], "differs_since": ["is", "set"]},
			fields=["shop", "sku"],
			order_by="name asc",
		)
		return {(shop_ids[row.shop], row.sku) for row in rows}

	def finish(self) -> Result:
		self.result.faults = [*self.stack.fallen, *self.desk.list_errors()]
		return self.result


def get_share(values: list[float], share: float) -> float:
	"""The value that `share` of the values don't exceed; 0 without any."""
	ordered = sorted(values)
	return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
