"""Stock figures for the platforms in the database: claimed, given back, and what became of them.

A listing has one figure in flight: it belongs to who claimed it until its lease ends, and only the owner of the
claim writes down what became of it. So a later figure is never overtaken by an earlier one. The only writer of what
was pushed. `flights` carries them as `StockFigures`.
"""

from collections import defaultdict
from collections.abc import Sequence

import frappe
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors import advice, backoff
from storegroup_oms.connectors.base import Limits, PlatformClient, StockLevel
from storegroup_oms.connectors.errors import ConnectorError, RefusedError
from storegroup_oms.connectors.flights import Outcome
from storegroup_oms.connectors.leases import Leases
from storegroup_oms.connectors.offers import ASSUMED_DELAY_MS
from storegroup_oms.transactions import run_in_latest

# Listings of a shop that are claimed at once.
CLAIM = 60
# A platform that refuses is not asked again soon; a person looks first.
REFUSED_ATTEMPTS = 12
# Delays beyond these are an interruption, not the pace of pushes.
LONGEST_DELAY_MS = 120_000
SMOOTHING = 0.3
LOG_FIELDS = (
	"listing",
	"shop",
	"sku",
	"qty",
	"previous_qty",
	"outcome",
	"pushed_at",
	"delay_ms",
	"error_code",
	"error_message",
)
DUE = """listing.is_dirty = 1 AND listing.sku > '' AND listing.push_enabled = 1 AND listing.wanted_at IS NOT NULL
	AND listing.status != 'Deleted' AND (listing.push_due_at IS NULL OR listing.push_due_at <= %(now)s)"""
LEASES = Leases(
	"Listing",
	alias="listing",
	claim="push_claim",
	ends="push_due_at",
	due=DUE,
	# Lower figures come first, as they prevent oversell.
	urgency="wanted_qty < pushed_qty DESC, wanted_at, name",
	unsent="is_dirty = 1",
)


def find_waiting_shops() -> list[str]:
	"""Active shops that have figures to send now."""
	return frappe.db.sql(
		f"""SELECT DISTINCT listing.shop FROM tabListing listing JOIN tabShop shop ON shop.name = listing.shop
		WHERE {DUE} AND shop.status = 'Active' AND shop.stock_push_enabled = 1 AND shop.platform != 'Manual'
		AND shop.app_key > '' ORDER BY listing.shop""",
		{"now": now_datetime()},
		pluck=True,
	)


def claim(shops: Sequence[str], limit: int = CLAIM) -> list[frappe._dict]:
	"""Listings of shops that are due and nobody's, now ours; at most `limit` of each shop. Commits.

	Rows have name, shop, sku, platform_item_id, platform_sku_id,
	qty, wanted_at, push_attempts, previous_qty (None: never pushed) and claim, the same in all of them.
	"""

	def work() -> list[frappe._dict]:
		rows = frappe.db.sql(
			f"""SELECT name, shop, sku, platform_item_id, platform_sku_id, wanted_qty AS qty, wanted_at,
			push_attempts, IF(pushed_at IS NULL, NULL, pushed_qty) AS previous_qty
			FROM tabListing listing WHERE name IN %(names)s AND {DUE}
			ORDER BY {LEASES.urgency} FOR UPDATE SKIP LOCKED""",
			{"names": LEASES.find_due(shops, limit) or [""], "now": now_datetime()},
			as_dict=True,
		)
		LEASES.take(rows)
		return rows

	return run_in_latest(work) if shops else []


def write_outcomes(outcomes: Sequence[Outcome]) -> None:
	"""Write down what became of claimed listings that are still ours, and the log of it. Doesn't commit."""
	ours = _lock_ours(outcomes)
	outcomes = [outcome for outcome in outcomes if outcome.row.name in ours]
	moment = now_datetime()
	taken = [outcome.row for outcome in outcomes if outcome.error is None]
	update_rows(
		"Listing",
		[
			{
				"name": row.name,
				"pushed_qty": row.qty,
				"pushed_at": moment,
				"is_dirty": int(ours[row.name] != row.qty),
				"push_claim": None,
				"push_due_at": None,
				"push_attempts": 0,
				"push_error": None,
			}
			for row in taken
		],
		(
			"pushed_qty",
			"pushed_at",
			"is_dirty",
			"push_claim",
			"push_due_at",
			"push_attempts",
			"push_error",
		),
		stamps=False,
	)
	failed = [outcome for outcome in outcomes if outcome.error is not None]
	update_rows(
		"Listing",
		[_make_failure(outcome) for outcome in failed],
		("push_claim", "push_due_at", "push_attempts", "push_error"),
		stamps=False,
	)
	insert_rows("Stock Push", [_make_log_row(outcome, moment) for outcome in outcomes], LOG_FIELDS)


def _lock_ours(outcomes: Sequence[Outcome]) -> dict[str, int]:
	"""The listings that still carry our claim, with the figure wanted by now."""
	claims = {outcome.row.name: outcome.row.claim for outcome in outcomes}
	rows = frappe.db.sql(
		"""SELECT name, wanted_qty, push_claim FROM tabListing WHERE name IN %s AND push_claim IN %s
		ORDER BY name FOR UPDATE""",
		(list(claims), sorted(set(claims.values()))),
	)
	return {name: cint(wanted) for name, wanted, token in rows if claims[name] == token}


def _make_failure(outcome: Outcome) -> dict:
	attempts = cint(outcome.row.push_attempts) + 1
	waits_for = max(attempts, REFUSED_ATTEMPTS) if isinstance(outcome.error, RefusedError) else attempts
	return {
		"name": outcome.row.name,
		"push_claim": None,
		"push_due_at": backoff.get_due_at(waits_for, outcome.error),
		"push_attempts": attempts,
		"push_error": advice.describe_stock(outcome.error)[:500],
	}


def _make_log_row(outcome: Outcome, moment) -> dict:
	row, error = outcome.row, outcome.error
	return {
		"name": frappe.generate_hash(length=16),
		"listing": row.name,
		"shop": row.shop,
		"sku": row.sku,
		"qty": row.qty,
		"previous_qty": cint(row.previous_qty),
		"outcome": "Taken" if error is None else "Refused" if isinstance(error, RefusedError) else "Failed",
		"pushed_at": moment,
		"delay_ms": _get_delay_ms(row, moment),
		"error_code": error.code[:140] if error else None,
		"error_message": error.message[:500] if error else None,
	}


def _get_delay_ms(row: frappe._dict, moment) -> int:
	return max(int((moment - row.wanted_at).total_seconds() * 1000), 0)


def note_delays(outcomes: Sequence[Outcome]) -> None:
	"""Keep each shop's running average of how long a change takes to the platform. Doesn't commit.

	The buffer in a rush stands on it.
	"""
	moment = now_datetime()
	delays: dict[str, list[int]] = defaultdict(list)
	for outcome in outcomes:
		delay = _get_delay_ms(outcome.row, moment)
		if outcome.error is None and delay <= LONGEST_DELAY_MS:
			delays[outcome.row.shop].append(delay)
	if not delays:
		return
	rows = frappe.get_all(
		"Shop", filters={"name": ["in", list(delays)]}, fields=["name", "stock_delay_ms"], order_by="name asc"
	)
	for row in rows:
		before, new = cint(row.stock_delay_ms) or ASSUMED_DELAY_MS, delays[row.name]
		row.stock_delay_ms = round(before + SMOOTHING * (sum(new) / len(new) - before))
	update_rows("Shop", rows, ("stock_delay_ms",), stamps=False)


class StockFigures:
	"""The Cargo of `flights`."""

	kind = "stock"
	claim = staticmethod(claim)
	extend = LEASES.extend
	give_back = LEASES.give_back
	write_outcomes = staticmethod(write_outcomes)
	note = staticmethod(note_delays)

	@staticmethod
	def make_units(rows: Sequence[frappe._dict], limits: Limits) -> list[list[frappe._dict]]:
		"""Variants of one item together, at most as many as a call takes."""
		size = limits.stock_levels_per_call
		by_item: dict[str, list[frappe._dict]] = {}
		for row in rows:
			by_item.setdefault(row.platform_item_id, []).append(row)
		return [
			some[start : start + size] for some in by_item.values() for start in range(0, len(some), size)
		]

	@staticmethod
	def send(client: PlatformClient, rows: Sequence[frappe._dict]) -> list[ConnectorError | None]:
		"""Set the figures; what the platform said of each."""
		results = client.update_stock(
			[StockLevel(row.platform_item_id, row.platform_sku_id or "", max(row.qty, 0)) for row in rows]
		)
		refused = {
			(one.level.platform_item_id, one.level.platform_sku_id): RefusedError(
				one.error_code, one.error_message
			)
			for one in results
			if one.error_code
		}
		return [refused.get((row.platform_item_id, row.platform_sku_id or "")) for row in rows]


def ask_again(names: Sequence[str]) -> int:
	"""Have listings pushed now, whatever is known of them; returns how many will be. Doesn't commit."""
	frappe.db.sql(
		"""UPDATE tabListing SET is_dirty = 1, push_due_at = NULL, push_attempts = 0
		WHERE name IN %s AND push_claim IS NULL AND sku > ''""",
		[list(names) or [""]],
	)
	return frappe.db.count("Listing", {"name": ["in", list(names) or [""]], "is_dirty": 1})
