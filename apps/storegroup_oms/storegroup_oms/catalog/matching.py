"""Which SKU a platform's listing sells: remembered on the listing, else found by code or barcode.

Set-based: a fixed number of statements for any number of offers. The only writer of listings besides the form.
Never commits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import frappe

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.hashing import make_row_name

Key = tuple[str, str]
NEW_FIELDS = (
	"shop",
	"platform_item_id",
	"platform_sku_id",
	"outer_id",
	"sku",
	"match_method",
	"status",
	"title",
	"specification",
	"price",
	"image_url",
	"push_enabled",
	"is_dirty",
)
FACT_FIELDS = ("outer_id", "title", "specification", "price", "status", "image_url")
MATCH_FIELDS = ("sku", "match_method", "is_dirty")
TITLE_LENGTH = 255
TEXT_LENGTH = 140
URL_LENGTH = 500


class Facts(Protocol):
	"""What a connector knows of one listing; `connectors.base.ListingFacts` is one."""

	platform_item_id: str
	platform_sku_id: str
	outer_id: str
	title: str
	spec: str
	price: Decimal
	status: str
	image_url: str


@dataclass(frozen=True)
class Offer:
	"""What an order line says about the goods sold. Without an item id only the code can tell the SKU."""

	platform_item_id: str = ""
	platform_sku_id: str = ""
	outer_id: str = ""
	title: str = ""
	spec: str = ""
	price: Decimal = Decimal(0)

	@property
	def key(self) -> Key:
		return self.platform_item_id, self.platform_sku_id


@dataclass(frozen=True)
class Match:
	"""The listing (None where the platform names no item) and the SKU (None while unmatched) of an offer."""

	listing: str | None = None
	sku: str | None = None


UNMATCHED = Match()


@dataclass
class SaveListingsResult:
	"""What became of a set of listings. `matched` are the listings that have got a SKU by this call."""

	new: int = 0
	changed: int = 0
	unchanged: int = 0
	matched: tuple[str, ...] = ()


def match_offers(shop: str, offers: Iterable[Offer]) -> dict[Offer, Match]:
	"""Find listing and SKU of each offer of one shop; listings that are not there yet are created.

	A match that a listing remembers comes first, then the code (SKU code, then barcode), which the listing
	remembers from then on. Listings without a match are locked until the transaction ends, so that a match
	made meanwhile finds the lines that this transaction writes.
	"""
	wanted = sorted(set(offers), key=lambda offer: (offer.key, offer.outer_id, offer.title, offer.spec))
	listed = {offer.key: offer for offer in wanted if offer.platform_item_id}
	stored = _read_listings(shop, listed)
	_refresh_locked(stored, sorted(row.name for row in stored.values() if not row.sku))
	unsettled = [
		offer for offer in wanted if not (offer.key in stored and stored[offer.key].sku) and offer.outer_id
	]
	codes = find_skus_by_code(offer.outer_id for offer in unsettled)
	_create_listings(shop, [offer for key, offer in listed.items() if key not in stored], stored, codes)
	_remember_matches(stored, unsettled, codes)
	result = {}
	for offer in wanted:
		row = stored.get(offer.key)
		sku = (row.sku if row else None) or codes.get(fold_code(offer.outer_id), (None, ""))[0]
		result[offer] = Match(row.name if row else None, sku)
	return result


def fold_code(code: str) -> str:
	"""Codes that the database takes for equal are equal here: upper and lower case, spaces around."""
	return code.strip().casefold()


def find_skus_by_code(codes: Iterable[str]) -> dict[str, tuple[str, str]]:
	"""Folded code → (SKU, how it was found: "Code" or "Barcode"). A SKU's own code wins over a barcode."""
	wanted = sorted({code.strip() for code in codes if code and code.strip()})
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"SELECT 3 AS rank_no, barcode AS code, parent AS sku FROM `tabSKU Barcode`"
		" WHERE parenttype = 'SKU' AND barcode IN %(codes)s"
		" UNION ALL SELECT 2, barcode, name FROM tabSKU WHERE barcode IN %(codes)s"
		" UNION ALL SELECT 1, name, name FROM tabSKU WHERE name IN %(codes)s"
		" ORDER BY rank_no DESC, sku DESC",
		{"codes": wanted},
	)
	return {fold_code(code): (sku, "Code" if rank == 1 else "Barcode") for rank, code, sku in rows}


def _read_listings(shop: str, keys: Iterable[Key], for_update: bool = False) -> dict[Key, frappe._dict]:
	wanted = set(keys)
	if not wanted:
		return {}
	table = frappe.qb.DocType("Listing")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.platform_item_id, table.platform_sku_id, table.sku, table.match_method)
		.select(*(table[field] for field in FACT_FIELDS))
		.where((table.shop == shop) & table.platform_item_id.isin(sorted({item for item, _sku in wanted})))
		.orderby(table.platform_item_id, table.platform_sku_id)
	)
	rows = (query.for_update() if for_update else query).run(as_dict=True)
	found = {(row.platform_item_id, row.platform_sku_id or ""): row for row in rows}
	return {key: row for key, row in found.items() if key in wanted}


def _refresh_locked(stored: dict[Key, frappe._dict], names: Sequence[str]) -> None:
	"""Lock listings and take over the match that somebody has made since they were read."""
	if not names:
		return
	table = frappe.qb.DocType("Listing")
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.sku)
		.where(table.name.isin(names))
		.orderby(table.name)
		.for_update()
	).run()
	skus = dict(rows)
	for row in stored.values():
		row.sku = row.sku or skus.get(row.name)


def _create_listings(
	shop: str,
	offers: Sequence[Offer | Facts],
	stored: dict[Key, frappe._dict],
	codes: dict[str, tuple[str, str]],
) -> None:
	"""Insert listings and add them to `stored`; those that another worker has inserted are read back."""
	if not offers:
		return
	rows = [make_listing_row(shop, offer, codes) for offer in offers]
	insert_rows("Listing", rows, NEW_FIELDS, on_duplicate=())
	keys = {(row["platform_item_id"], row["platform_sku_id"]) for row in rows}
	found = _read_listings(shop, keys)
	if len(found) < len(keys):
		# A plain read doesn't see what was committed after it began; a locking one does.
		found |= _read_listings(shop, keys - set(found), for_update=True)
	stored.update(found)


def make_listing_row(shop: str, offer: Offer | Facts, codes: dict[str, tuple[str, str]]) -> dict:
	sku, method = codes.get(fold_code(offer.outer_id), (None, ""))
	return {
		"name": make_row_name("listing", shop, offer.platform_item_id, offer.platform_sku_id),
		"shop": shop,
		"platform_item_id": offer.platform_item_id,
		"platform_sku_id": offer.platform_sku_id,
		"sku": sku,
		"match_method": method,
		"push_enabled": 1,
		"is_dirty": int(bool(sku)),
		**_get_facts(offer),
	}


def _get_facts(offer: Offer | Facts) -> dict:
	return {
		"outer_id": offer.outer_id[:TEXT_LENGTH],
		"title": offer.title[:TITLE_LENGTH],
		"specification": offer.spec[:TEXT_LENGTH],
		"price": offer.price,
		"status": getattr(offer, "status", "On Sale"),
		"image_url": getattr(offer, "image_url", "")[:URL_LENGTH],
	}


def _remember_matches(
	stored: dict[Key, frappe._dict], offers: Iterable[Offer | Facts], codes: dict[str, tuple[str, str]]
) -> list[str]:
	"""Write SKUs found by code to listings that have none; returns the names of those listings."""
	rows = {}
	for offer in offers:
		row = stored.get((offer.platform_item_id, offer.platform_sku_id))
		sku, method = codes.get(fold_code(offer.outer_id), (None, ""))
		if row and sku and not row.sku:
			row.update(sku=sku, match_method=method)
			rows[row.name] = {"name": row.name, "sku": sku, "match_method": method, "is_dirty": 1}
	update_rows("Listing", sorted(rows.values(), key=lambda row: row["name"]), MATCH_FIELDS)
	return sorted(rows)


def save_listings(shop: str, listings: Sequence[Facts]) -> SaveListingsResult:
	"""Insert or refresh a shop's listings as the platform tells them, and match by code those without a SKU.

	A match is never overwritten, whoever made it. The last of two facts about one variant wins. Waiting order
	lines are told of new matches after commit.
	"""
	facts = {
		(fact.platform_item_id, fact.platform_sku_id): fact for fact in listings if fact.platform_item_id
	}
	facts = dict(sorted(facts.items()))
	stored = _read_listings(shop, facts)
	known = set(stored)
	_refresh_locked(stored, sorted(row.name for row in stored.values()))
	codes = find_skus_by_code(
		fact.outer_id for key, fact in facts.items() if key not in stored or not stored[key].sku
	)
	_create_listings(shop, [fact for key, fact in facts.items() if key not in known], stored, codes)
	changed = [
		{"name": stored[key].name, **_get_facts(fact)}
		for key, fact in facts.items()
		if key in known and _differs(stored[key], fact)
	]
	update_rows("Listing", changed, FACT_FIELDS)
	matched = _remember_matches(stored, facts.values(), codes)
	matched += [row.name for key, row in stored.items() if key not in known and row.sku]
	tell_matched(matched)
	new = len(facts) - len(known)
	return SaveListingsResult(new, len(changed), len(known) - len(changed), tuple(sorted(set(matched))))


def _differs(row: frappe._dict, fact: Facts) -> bool:
	new = _get_facts(fact)
	same_price = Decimal(str(row.price or 0)) == new.pop("price")
	return not same_price or any((row[field] or "") != value for field, value in new.items())


def match_by_code(names: Iterable[str] | None = None, limit: int = 5_000) -> list[str]:
	"""Match listings that have no SKU by their merchant code; all of them when no names are given.

	At most `limit` at a time, oldest first. Returns the names of the listings that were matched, and tells
	waiting order lines after commit. Checks no permission.
	"""
	table = frappe.qb.DocType("Listing")
	query = (
		frappe.qb.from_(table)
		.select(table.name, table.outer_id)
		.where((table.sku.isnull() | (table.sku == "")) & (table.outer_id != ""))
	)
	if names is not None:
		wanted = sorted(set(names))
		if not wanted:
			return []
		query = query.where(table.name.isin(wanted))
	rows = query.orderby(table.creation).limit(limit).run(as_dict=True)
	codes = find_skus_by_code(row.outer_id for row in rows)
	return _match_rows([row for row in rows if fold_code(row.outer_id) in codes], codes)


def _match_rows(rows: Sequence[frappe._dict], codes: dict[str, tuple[str, str]]) -> list[str]:
	if not rows:
		return []
	stored = {(row.name, ""): frappe._dict(row, sku=None) for row in rows}
	_refresh_locked(stored, sorted(row.name for row in rows))
	offers = [Offer(row.name, outer_id=row.outer_id) for row in rows]
	matched = _remember_matches(stored, offers, codes)
	tell_matched(matched)
	return matched


def match_new_sku(doc, method: str | None = None) -> None:
	"""Listings that waited for a new code or barcode of this SKU get it; a hook of SKU, after each save."""
	codes = _get_codes(doc) - _get_codes(doc.get_doc_before_save())
	if not codes:
		return
	waiting = frappe.get_all(
		"Listing",
		filters={"outer_id": ("in", sorted(codes)), "sku": ("is", "not set")},
		pluck="name",
		order_by="creation asc",
	)
	match_by_code(waiting)
	tell_codes(sorted(codes))


def _get_codes(sku) -> set[str]:
	if sku is None:
		return set()
	return {sku.name, sku.barcode, *(row.barcode for row in sku.barcodes)} - {None, ""}


def note_listing_match(doc, method: str | None = None) -> None:
	"""Tell waiting lines when a listing was saved with another SKU; a hook of Listing."""
	if doc.sku and doc.has_value_changed("sku"):
		tell_matched([doc.name])


def tell_matched(listings: Sequence[str]) -> None:
	"""Call what `hooks.py` names under `oms_listings_matched` with the names of listings that have got a SKU."""
	if listings:
		_tell(listings=sorted(set(listings)), codes=[])


def tell_codes(codes: Sequence[str]) -> None:
	"""The same for codes that lead to a SKU from now on, for lines that came without a listing."""
	if codes:
		_tell(listings=[], codes=list(codes))


def _tell(**names: list[str]) -> None:
	for hook in frappe.get_hooks("oms_listings_matched"):
		frappe.call(hook, **names)
