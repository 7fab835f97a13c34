"""What stock should be, in plain Python: the model that the state machine holds the real thing against.

Written from the rules in the docstrings of `inventory`, with nothing of its code. Imports no Frappe.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

# SKU and warehouse
Key = tuple[str, str]
# Line (or holder), SKU and warehouse
Promise = tuple[str, str, str]


@dataclass
class Place:
	"""One SKU in one warehouse."""

	on_hand: int = 0
	reserved: int = 0
	in_transit: int = 0
	safety: int = 0
	entries: int = 0
	cost: Decimal = Decimal(0)

	@property
	def free(self) -> int:
		return self.on_hand - self.reserved

	@property
	def available(self) -> int:
		return self.free - self.safety

	@property
	def value(self) -> Decimal:
		return (self.on_hand * self.cost).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass
class Line:
	"""An order line and the pieces of each SKU that one unit of it takes."""

	name: str
	order: str
	qty: int
	parts: Mapping[str, int]


@dataclass
class StockModel:
	"""The numbers of every place and who was promised what. Methods answer False where stock must refuse."""

	lines: dict[str, Line]
	places: dict[Key, Place] = field(default_factory=dict)
	promised: dict[Promise, int] = field(default_factory=dict)
	held: dict[Promise, int] = field(default_factory=dict)
	shipped: set[tuple[str, str]] = field(default_factory=set)

	def get(self, key: Key) -> Place:
		return self.places.setdefault(key, Place())

	def move(
		self,
		key: Key,
		qty: int = 0,
		in_transit: int = 0,
		cost: Decimal | None = None,
		is_fact: bool = False,
	) -> bool:
		place = self.get(key)
		short = place.on_hand + qty < 0 if is_fact else qty < 0 and -qty > place.free
		if short or place.in_transit + in_transit < 0:
			return False
		if qty > 0:
			cost = place.cost if cost is None else cost
			total = place.on_hand * place.cost + qty * cost
			place.cost = (total / (place.on_hand + qty)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
		place.on_hand += qty
		place.in_transit += in_transit
		place.entries += 1
		return True

	def promise(self, book: dict[Promise, int], promise: Promise, count: int) -> None:
		"""Add to a promise, or take from it where `count` is negative."""
		place = self.get(promise[1:])
		place.reserved += count
		place.entries += 1
		book[promise] = book.get(promise, 0) + count

	def reserve(self, lines: Iterable[str], warehouse: str, takes_part: bool) -> str:
		"""One parcel; answers full, part or short."""
		wanted: dict[str, int] = {}
		for line in map(self.lines.get, lines):
			for sku, per_set in line.parts.items():
				more = line.qty * per_set - self.promised.get((line.name, sku, warehouse), 0)
				wanted[sku] = wanted.get(sku, 0) + max(more, 0)
				self.get((sku, warehouse))
		is_short = any(count > max(self.get((sku, warehouse)).free, 0) for sku, count in wanted.items())
		if is_short and not takes_part:
			return "short"
		before = len(self.promised), sum(self.promised.values())
		for line in map(self.lines.get, lines):
			self._reserve_line(line, warehouse)
		took = (len(self.promised), sum(self.promised.values())) != before
		return "full" if not is_short else "part" if took else "short"

	def _reserve_line(self, line: Line, warehouse: str) -> None:
		had = {sku: self.promised.get((line.name, sku, warehouse), 0) for sku in line.parts}
		sets = min(
			min(line.qty * per_set, had[sku] + max(self.get((sku, warehouse)).free, 0)) // per_set
			for sku, per_set in line.parts.items()
		)
		for sku, per_set in line.parts.items():
			if sets * per_set > had[sku]:
				self.promise(self.promised, (line.name, sku, warehouse), sets * per_set - had[sku])

	def release(self, lines: Iterable[str]) -> int:
		"""Pieces given back."""
		names = set(lines)
		return self.let_go(self.promised, [key for key in self.promised if key[0] in names])

	def let_go(self, book: dict[Promise, int], promises: Iterable[Promise]) -> int:
		pieces = 0
		for promise in promises:
			if count := book[promise]:
				self.promise(book, promise, -count)
				pieces += count
		return pieces

	def ship(self, line: str, units: int, warehouse: str, parcel: str) -> int | None:
		"""Pieces that left; None where stock must refuse."""
		if (line, parcel) in self.shipped:
			return 0
		parts = self.lines[line].parts
		if any(
			self.promised.get((line, sku, warehouse), 0) < units * per_set for sku, per_set in parts.items()
		):
			return None
		for sku, per_set in parts.items():
			self.promise(self.promised, (line, sku, warehouse), -units * per_set)
			self.get((sku, warehouse)).on_hand -= units * per_set
		self.shipped.add((line, parcel))
		return units * sum(parts.values())

	def hold(self, holder: str, key: Key, count: int) -> bool:
		if count > self.get(key).available:
			return False
		self.promise(self.held, (holder, *key), count)
		return True

	def shed(self, key: Key, latest_first: Iterable[Promise]) -> list[str]:
		"""Take whole promises back, holds first, then orders from the latest on; lines that lost some."""
		lost = []
		for promise in latest_first:
			if self.get(key).free >= 0:
				break
			book = self.held if promise in self.held else self.promised
			if self.let_go(book, [promise]) and book is self.promised:
				lost.append(promise[0])
		return lost

	def count_sets(self, line: Line) -> int:
		"""Whole units of a line that are reserved, over all warehouses."""
		kept = dict.fromkeys(line.parts, 0)
		for (name, sku, _warehouse), count in self.promised.items():
			if name == line.name:
				kept[sku] += count
		return min(count // line.parts[sku] for sku, count in kept.items())
