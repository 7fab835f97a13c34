"""How a file's headings become a mapping to our fields: recognised, remembered, guessed.

A heading is compared without regard to case, width (full or half) and white space. Pure: imports no Frappe.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .errors import ImportFileError
from .layout_tables import ALL_FIELDS, LAYOUTS, OTHER_NAMES, TOTAL_SOURCES, Layout

_RECOGNISED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Mapping:
	"""Which heading of a file feeds which of our fields; what a shop remembers for its next file."""

	columns: dict[str, str]
	amounts_per: str = "order"
	layout: str = ""

	def to_json(self) -> str:
		body = {"columns": self.columns, "amounts_per": self.amounts_per, "layout": self.layout}
		return json.dumps(body, ensure_ascii=False, sort_keys=True)

	@classmethod
	def from_json(cls, text: str) -> Mapping:
		"""Read what to_json wrote or a user made; ImportFileError where it isn't a mapping."""
		try:
			body = json.loads(text)
		except (TypeError, ValueError) as error:
			raise ImportFileError("mapping_invalid", "JSON") from error
		columns = body.get("columns") if isinstance(body, dict) else None
		if not isinstance(columns, dict) or not all(isinstance(value, str) for value in columns.values()):
			raise ImportFileError("mapping_invalid", "columns")
		unknown = [name for name in columns if name not in ALL_FIELDS]
		if unknown:
			raise ImportFileError("mapping_invalid", ", ".join(sorted(unknown))[:200])
		amounts_per, layout = body.get("amounts_per", "order"), body.get("layout", "")
		if amounts_per not in ("order", "line") or not isinstance(layout, str):
			raise ImportFileError("mapping_invalid", "amounts_per")
		return cls({name: heading for name, heading in columns.items() if heading}, amounts_per, layout)

	def bind(self, headings: Sequence[str]) -> Mapping:
		"""Give the same mapping with the headings spelt as in this file.

		Raises ImportFileError: a mapped heading isn't there, or the fields that every order needs aren't
		mapped.
		"""
		spelt = {normalise_heading(heading): heading for heading in headings}
		gone = [heading for heading in self.columns.values() if normalise_heading(heading) not in spelt]
		if gone:
			raise ImportFileError("missing_columns", ", ".join(gone)[:500])
		missing = self.missing_fields()
		if missing:
			raise ImportFileError("mapping_invalid", ", ".join(missing))
		columns = {name: spelt[normalise_heading(heading)] for name, heading in self.columns.items()}
		return Mapping(columns, self.amounts_per, self.layout)

	def missing_fields(self) -> list[str]:
		"""Our fields without which no order can be made; of a choice the first is named."""
		missing = [] if "platform_order_no" in self.columns else ["platform_order_no"]
		if "ordered_at" not in self.columns and "paid_at" not in self.columns:
			missing.append("ordered_at")
		if not any(name in self.columns for name in TOTAL_SOURCES):
			missing.append("total_amount")
		return missing


@dataclass(frozen=True, slots=True)
class LayoutMatch:
	"""A layout that the headings resemble; usable when `missing` is empty.

	`missing` has the best-known heading of each mandatory column that isn't there, `unknown` the file's
	headings that the layout doesn't use, `score` the share of the layout's columns found (mandatory ones
	count double).
	"""

	layout: Layout
	mapping: Mapping
	score: float
	missing: tuple[str, ...] = ()
	unknown: tuple[str, ...] = field(default=())


def normalise_heading(heading: str) -> str:
	"""Fold width and case and drop white space, so that 商品总价（元） and '商品总价(元) ' are the same."""
	folded = unicodedata.normalize("NFKC", heading).casefold()
	return "".join(sign for sign in folded if not sign.isspace() and sign not in "\ufeff\u200b")


def recognise(headings: Iterable[str]) -> LayoutMatch | None:
	"""Find the known layout that the headings resemble most.

	A layout with all its mandatory columns wins over any without; then the one that uses more of the
	headings. None: no layout has at least 60 % of its mandatory columns here.
	"""
	names = list(headings)
	spelt = {normalise_heading(name): name for name in names}
	matches = [_match(layout, names, spelt) for layout in LAYOUTS]
	best = max(matches, key=lambda match: (_share(match), len(match.mapping.columns)))
	return best if _share(best) >= _RECOGNISED_SHARE else None


def suggest_mapping(headings: Iterable[str]) -> Mapping:
	"""Guess a mapping for an unknown layout: known headings, then the longest known name in a heading.

	Each heading is used once. Fields without a guess are absent; a person decides.
	"""
	spelt = {normalise_heading(name): name for name in headings}
	columns: dict[str, str] = {}
	pool = {name: _known_names(name) for name in ALL_FIELDS}
	free = dict(spelt)
	for name, alternatives in pool.items():
		found = next((known for known in alternatives if known in free), None)
		if found is not None:
			columns[name] = free.pop(found)
	guesses = sorted(
		(
			(-len(known), position, heading, name)
			for position, (name, alternatives) in enumerate(pool.items())
			if name not in columns
			for known in alternatives
			if len(known) > 1
			for heading in free
			if known in heading
		),
	)
	for _length, _position, heading, name in guesses:
		if name not in columns and heading in free:
			columns[name] = free.pop(heading)
	return Mapping({name: columns[name] for name in ALL_FIELDS if name in columns})


def _match(layout: Layout, names: list[str], spelt: dict[str, str]) -> LayoutMatch:
	columns = {}
	for name, alternatives in layout.columns.items():
		found = next((spelt[known] for known in map(normalise_heading, alternatives) if known in spelt), None)
		if found is not None:
			columns[name] = found
	missing = tuple(layout.columns[name][0] for name in layout.mandatory if name not in columns)
	used = set(columns.values())
	weight = len(layout.columns) + len(layout.mandatory)
	score = (len(columns) + len(layout.mandatory) - len(missing)) / weight
	mapping = Mapping(columns, layout.amounts_per, layout.key)
	unknown = tuple(name for name in names if name not in used)
	return LayoutMatch(layout, mapping, round(score, 4), missing, unknown)


def _share(match: LayoutMatch) -> float:
	return 1 - len(match.missing) / len(match.layout.mandatory)


def _known_names(name: str) -> list[str]:
	known = [heading for layout in LAYOUTS for heading in layout.columns.get(name, ())]
	return list(dict.fromkeys(normalise_heading(heading) for heading in [*known, *OTHER_NAMES.get(name, ())]))
