"""SKUs that a listing probably sells, for a person to pick from. Reads only; checks no permission."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import frappe
from rapidfuzz import fuzz, process

from storegroup_oms.catalog.matching import find_skus_by_code, fold_code

SHORTLIST = 200
LEAST_TEXT, LEAST_CODE = 45, 80
SURE = {"Code": 100, "Barcode": 98}
MAX_LIMIT = 20


@dataclass(frozen=True)
class Suggestion:
	"""One SKU with how well it fits, 0 to 100, and why: code, barcode, similar_code or title."""

	sku: str
	sku_name: str
	specification: str
	score: int
	reason: str


def suggest_skus(listing: str, limit: int = 5) -> list[dict]:
	"""The active SKUs that fit a listing best, best first, as dicts of `Suggestion`; each SKU once.

	An equal code or barcode comes first, then codes nearly equal and titles alike, by score.
	"""
	wanted = frappe.db.get_value("Listing", listing, ["outer_id", "title", "specification"], as_dict=True)
	if not wanted:
		return []
	skus = frappe.get_all(
		"SKU", filters={"is_active": 1}, fields=["name", "sku_name", "specification"], order_by="name asc"
	)
	ranked: dict[str, tuple[float, str]] = {}
	for sku, score, reason in (
		*_find_exact(wanted.outer_id),
		*_find_near_codes(wanted.outer_id, skus),
		*_find_alike(f"{wanted.title or ''} {wanted.specification or ''}", skus),
	):
		if score > ranked.get(sku, (0, ""))[0]:
			ranked[sku] = (score, reason)
	known = {row.name: row for row in skus}
	best = sorted((sku for sku in ranked if sku in known), key=lambda sku: (-ranked[sku][0], sku))
	return [
		asdict(
			Suggestion(
				sku,
				known[sku].sku_name,
				known[sku].specification or "",
				round(ranked[sku][0]),
				ranked[sku][1],
			)
		)
		for sku in best[: max(1, min(limit, MAX_LIMIT))]
	]


def _find_exact(outer_id: str | None) -> Iterable[tuple[str, float, str]]:
	for sku, method in find_skus_by_code([outer_id or ""]).values():
		yield sku, SURE[method], method.lower()


def _find_near_codes(outer_id: str | None, skus: Sequence[frappe._dict]) -> Iterable[tuple[str, float, str]]:
	code = fold_code(outer_id or "")
	if not code:
		return
	codes = {row.name: fold_code(row.name) for row in skus}
	for _code, score, sku in process.extract(
		code, codes, scorer=fuzz.ratio, score_cutoff=LEAST_CODE, limit=MAX_LIMIT
	):
		yield sku, score * 0.9, "similar_code"


def _find_alike(text: str, skus: Sequence[frappe._dict]) -> Iterable[tuple[str, float, str]]:
	"""Titles say more than SKU names, so a name within the title counts more than equal length."""
	wanted = _plain(text)
	if not wanted:
		return
	texts = {row.name: _plain(f"{row.sku_name} {row.specification or ''}") for row in skus}
	for other, partial, sku in process.extract(wanted, texts, scorer=fuzz.partial_ratio, limit=SHORTLIST):
		score = 0.6 * partial + 0.3 * fuzz.ratio(wanted, other)
		if score >= LEAST_TEXT:
			yield sku, score, "title"


def _plain(text: str) -> str:
	return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
