"""Which listings must show another figure: found by comparison, quickly by hints.

A balance remembers the ledger entry that its listings were last computed for; where the two differ something has
changed, whatever became of the hint. Orders are found by when they changed, rules by going over all listings in
turn. `write_wanted` is the only writer of a listing's wanted figure. ADR 0017.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

import frappe
import redis
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors import demand, offers
from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.connectors.stock_hints import get_key, take_hints
from storegroup_oms.transactions import run_in_transaction

# How often everything is compared, whether there were hints or not.
COMPARE_EVERY_S = 4
SWEEP_EVERY_S = 60
SWEEP_LISTINGS = 5_000
CHUNK = 500
# Orders are looked at again from so long before the last look: a transaction may end later than it wrote.
OVERLAP_S = 15
FIRST_LOOK_S = 600


def is_time(name: str, every_s: int) -> bool:
	"""True once in so many seconds for all processes together; always when Redis is away."""
	with suppress(redis.RedisError):
		return bool(get_redis().set(get_key(name), "1", nx=True, ex=every_s))
	return True


# Looking


def look() -> set[str]:
	"""One look at what has changed; returns the shops whose listings shall show another figure. Commits."""
	frappe.db.commit()  # what was read before may be old
	hints = take_hints()
	compares = is_time("compared", COMPARE_EVERY_S)
	skus = hints.get("sku", set()) | _read_ordered(hints.get("order", set()))
	if compares:
		skus |= set(_find_ordered()) | set(demand.find_rushing())
	changed = _find_changed(None if compares else skus)
	listings = set(hints.get("listing", ()))
	listings |= set(offers.find_listings(skus | {row.sku for row in changed}))
	listings |= _find_of_shops(hints.get("shop", set()))
	if "all" in hints:
		listings |= set(frappe.get_all("Listing", pluck="name", order_by="name asc", limit=0))
	elif compares and is_time("swept", SWEEP_EVERY_S):
		listings |= set(_take_turn())
	shops = write_wanted(sorted(listings))
	_mark_offered(changed)
	return shops


def _read_ordered(orders: set[str]) -> set[str]:
	if not orders:
		return set()
	rows = frappe.db.sql(
		"SELECT DISTINCT sku FROM `tabOrder Item` WHERE parent IN %s AND sku > ''", [sorted(orders)]
	)
	return {row[0] for row in rows}


def _find_ordered() -> list[str]:
	"""SKUs of orders that changed since the last comparison."""
	moment, since = now_datetime(), None
	with suppress(redis.RedisError, ValueError):
		stored = get_redis().set(get_key("orders_seen"), moment.isoformat(), get=True)
		since = datetime.fromisoformat(stored.decode()) if stored else None
	earliest = add_to_date(moment, seconds=-FIRST_LOOK_S)
	since = max(add_to_date(since, seconds=-OVERLAP_S), earliest) if since else earliest
	return frappe.db.sql(
		"""SELECT DISTINCT line.sku FROM tabOrder `order` JOIN `tabOrder Item` line ON line.parent = `order`.name
		WHERE `order`.modified >= %s AND line.sku > ''""",
		[since],
		pluck=True,
	)


def _find_changed(skus: Iterable[str] | None) -> list[frappe._dict]:
	"""Balances that have moved on since their listings were computed: of some SKUs, None for all."""
	where = "" if skus is None else " AND sku IN %(skus)s"
	return frappe.db.sql(
		f"""SELECT name, sku, entry_no FROM `tabStock Balance`
		WHERE entry_no != IFNULL(offered_entry_no, 0){where} ORDER BY name LIMIT 5000""",
		{"skus": sorted(skus or ()) or [""]},
		as_dict=True,
	)


def _mark_offered(changed: Sequence[frappe._dict]) -> None:
	"""Note that the listings know these entries. Balances that somebody is working on are left for the next look."""

	def work() -> None:
		rows = frappe.db.sql(
			"SELECT name FROM `tabStock Balance` WHERE name IN %s ORDER BY name FOR UPDATE SKIP LOCKED",
			[[row.name for row in changed]],
		)
		free = {row[0] for row in rows}
		values = [{"name": row.name, "offered_entry_no": row.entry_no} for row in changed if row.name in free]
		update_rows("Stock Balance", values, ("offered_entry_no",), stamps=False)

	if changed:
		run_in_transaction(work)


def _find_of_shops(shops: set[str]) -> set[str]:
	if not shops:
		return set()
	filters = {"shop": ["in", sorted(shops)]}
	return set(frappe.get_all("Listing", filters=filters, pluck="name", order_by="name asc", limit=0))


def _take_turn() -> list[str]:
	"""The next listings in the order of their names, from the beginning after the last."""
	start = ""
	with suppress(redis.RedisError):
		start = (get_redis().get(get_key("swept_to")) or b"").decode()
	names = frappe.get_all(
		"Listing", filters={"name": [">", start]}, pluck="name", order_by="name asc", limit=SWEEP_LISTINGS
	)
	with suppress(redis.RedisError):
		get_redis().set(get_key("swept_to"), names[-1] if len(names) == SWEEP_LISTINGS else "")
	return names


# Writing


def write_wanted(listings: Sequence[str]) -> set[str]:
	"""Compute listings anew and store the figures that differ; returns the shops that have some to push. Commits."""
	shops: set[str] = set()
	for start in range(0, len(listings), CHUNK):
		chunk = listings[start : start + CHUNK]
		shops |= run_in_transaction(lambda chunk=chunk: _write_chunk(chunk))
	return shops


def _write_chunk(names: Sequence[str]) -> set[str]:
	found = offers.compute_offers(names)
	stored = frappe.db.sql(
		"SELECT name, shop, wanted_qty, wanted_at, is_dirty FROM tabListing WHERE name IN %s ORDER BY name",
		[sorted(found) or [""]],
		as_dict=True,
	)
	moment = now_datetime()
	changed = [row for row in stored if row.wanted_at is None or row.wanted_qty != found[row.name].qty]
	rows = [
		{
			"name": row.name,
			"wanted_qty": found[row.name].qty,
			# Since when the platform is behind, not since the last of several changes.
			"wanted_at": row.wanted_at if row.is_dirty and row.wanted_at else moment,
		}
		for row in changed
	]
	update_rows("Listing", rows, ("wanted_qty", "wanted_at"), stamps=False)
	if rows:
		_mark_dirty([row["name"] for row in rows])
	return {row.shop for row in changed}


def _mark_dirty(names: Sequence[str]) -> None:
	"""What is known to be at the platform need not be sent; what is on its way, failed or differed must be."""
	frappe.db.sql(
		"""UPDATE tabListing SET is_dirty = NOT (pushed_at IS NOT NULL AND pushed_qty = wanted_qty
			AND push_claim IS NULL AND push_attempts = 0 AND differs_since IS NULL)
		WHERE name IN %s""",
		[list(names)],
	)
