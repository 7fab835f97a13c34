"""The way through the shelves: bins in the order in which they are best walked past. Pure.

A bin code is aisle-rack-level-slot, such as A-03-2-05; level and slot may be missing. Aisles lie side by side, and one
can change from one to the next at both their ends. A walk begins at the front, takes the aisles in their order, each
once, and ends at its last bin.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

CODE = re.compile(r"([A-Za-z]*)(\d*)-(\d{1,4})(?:-(\d{1,4}))?(?:-(\d{1,4}))?")
# In racks: a rack's slots, and from one aisle to the next.
SLOTS_PER_RACK = 100
AISLE_STEP = 3.0
FRONT, BACK = 0, 1


@dataclass(frozen=True, order=True)
class Bin:
	"""Where a bin is: its aisle (letters as a number in base 26, then digits), its place along it in racks, its level."""

	aisle: tuple[int, int]
	place: float
	level: int


def parse_bin(code: str) -> Bin | None:
	"""The bin of a code; None for one of another form."""
	found = CODE.fullmatch((code or "").strip())
	if not found or not (found[1] or found[2]):
		return None
	letters = 0
	for letter in found[1].upper():
		letters = letters * 26 + ord(letter) - ord("A") + 1
	place = int(found[3]) + int(found[5] or 0) / SLOTS_PER_RACK
	return Bin((letters, int(found[2] or 0)), place, int(found[4] or 0))


def sort_by_walk(codes: Iterable[str]) -> list[str]:
	"""Distinct codes in the order of the shortest walk that takes each aisle once; codes of other forms last, by name, an
	empty one at the very end.
	"""
	wanted = sorted(set(codes))
	bins = {code: found for code in wanted if (found := parse_bin(code))}
	others = [code for code in wanted if code not in bins]
	aisles: dict[tuple[int, int], list[str]] = defaultdict(list)
	for code in sorted(bins, key=lambda code: (bins[code], code)):
		aisles[bins[code].aisle].append(code)
	walked = [aisles[aisle] for aisle in sorted(aisles)]
	back = find_back(bins.values())
	spans = [(bins[codes[0]].place, bins[codes[-1]].place) for codes in walked]
	order = []
	for codes, side in zip(walked, _choose_sides(spans, back), strict=True):
		order += codes if side == FRONT else codes[::-1]
	return order + sorted(others, key=lambda code: (not code, code))


def find_back(bins: Iterable[Bin]) -> float:
	"""Where aisles end, seen from the front: one rack behind the last bin of all."""
	return max((found.place for found in bins), default=0.0) + 1


def _choose_sides(spans: Sequence[tuple[float, float]], back: float) -> list[int]:
	"""From which end each aisle is entered, so that the whole walk is shortest. `spans`: first and last place in each."""
	if not spans:
		return []
	# By the end one stands at: length so far, and the ends entered from.
	best: dict[int, tuple[float, list[int]]] = {FRONT: (0.0, [])}
	for low, high in spans[:-1]:
		following: dict[int, tuple[float, list[int]]] = {}
		for side, (length, sides) in best.items():
			there_and_back = 2 * (high if side == FRONT else back - low)
			for end, way in ((side, there_and_back), (1 - side, back)):
				if end not in following or length + way < following[end][0]:
					following[end] = (length + way, [*sides, side])
		best = following
	low, high = spans[-1]
	walks = [
		(length + (high if side == FRONT else back - low), [*sides, side])
		for side, (length, sides) in best.items()
	]
	return min(walks)[1]


def measure(codes: Sequence[str]) -> float:
	"""Racks that one walks past bins in the given order, from the front of the first aisle among them."""
	bins = [found for code in codes if (found := parse_bin(code))]
	if not bins:
		return 0.0
	back = find_back(bins)
	ranks = {aisle: rank for rank, aisle in enumerate(sorted({found.aisle for found in bins}))}
	length = ranks[bins[0].aisle] * AISLE_STEP + bins[0].place
	for one, other in pairwise(bins):
		if one.aisle == other.aisle:
			length += abs(one.place - other.place)
		else:
			across = abs(ranks[one.aisle] - ranks[other.aisle]) * AISLE_STEP
			length += across + min(one.place + other.place, 2 * back - one.place - other.place)
	return length
