"""Stock figures sent to the platforms: claimed, sent behind the rate gate, and written down, one shop at a time.

A listing has one figure in flight: it belongs to who claimed it until its lease ends, and only the owner of the
claim writes down what became of it. So a later figure is never overtaken by an earlier one. The only writer of what
was pushed.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import frappe
from frappe.utils import add_to_date, cint, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors import advice, backoff
from storegroup_oms.connectors.base import PlatformClient, StockLevel, StockResult
from storegroup_oms.connectors.errors import ConnectorError, CredentialError, RefusedError, RetryableError
from storegroup_oms.connectors.gate import LONGEST_WAIT_S
from storegroup_oms.connectors.http import LONGEST_PAUSE_S, TIMEOUT_S
from storegroup_oms.connectors.offers import ASSUMED_DELAY_MS
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.transactions import run_in_latest

CLAIM = 60
ROUNDS = 40
# Fewer than for reading: what failed is claimed anew, with whatever is wanted by then.
ATTEMPTS = 2
LONGEST_CALL_S = ATTEMPTS * (LONGEST_WAIT_S + sum(TIMEOUT_S)) + LONGEST_PAUSE_S
LEASE_S = 120
# A call that was begun within this ends within the lease.
BEGIN_WITHIN_S = LEASE_S - LONGEST_CALL_S
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


@dataclass(frozen=True)
class Outcome:
	"""What became of one claimed listing; `error` is None when the platform took the figure."""

	row: frappe._dict
	error: ConnectorError | None = None


def find_waiting_shops() -> list[str]:
	"""Active shops that have figures to send now."""
	return frappe.db.sql(
		f"""SELECT DISTINCT listing.shop FROM tabListing listing JOIN tabShop shop ON shop.name = listing.shop
		WHERE {DUE} AND shop.status = 'Active' AND shop.stock_push_enabled = 1 AND shop.platform != 'Manual'
		AND shop.app_key > '' ORDER BY listing.shop""",
		{"now": now_datetime()},
		pluck=True,
	)


def push(session: Session) -> int:
	"""Send what the shop's listings shall show until nothing is due; returns how many figures were taken. Commits.

	Raises CredentialError when the shop must be authorised again; its figures wait.
	"""
	taken = 0
	for _round in range(ROUNDS):
		rows = claim(session.shop) if _is_on(session.shop) else []
		if not rows:
			return taken
		taken += _send_claimed(session, rows)
	return taken


def _is_on(shop: str) -> bool:
	return bool(cint(frappe.db.get_value("Shop", shop, "stock_push_enabled")))


def claim(shop: str, limit: int = CLAIM) -> list[frappe._dict]:
	"""Listings of a shop that are due and nobody's, now ours; lower figures first, as they prevent oversell. Commits."""

	def work() -> list[frappe._dict]:
		rows = frappe.db.sql(
			f"""SELECT name, sku, platform_item_id, platform_sku_id, wanted_qty AS qty, wanted_at, push_attempts,
			IF(pushed_at IS NULL, NULL, pushed_qty) AS previous_qty
			FROM tabListing listing WHERE shop = %(shop)s AND {DUE}
			ORDER BY wanted_qty < pushed_qty DESC, wanted_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
			{"shop": shop, "now": now_datetime(), "limit": limit},
			as_dict=True,
		)
		token = frappe.generate_hash(length=12)
		for row in rows:
			row.update(shop=shop, claim=token)
		if rows:
			frappe.db.sql(
				"UPDATE tabListing SET push_claim = %s, push_due_at = %s WHERE name IN %s",
				(token, _get_lease_end(), [row.name for row in rows]),
			)
		return rows

	return run_in_latest(work)


def _get_lease_end():
	return add_to_date(now_datetime(), seconds=LEASE_S)


def _extend(token: str, count: int) -> bool:
	"""Keep claimed listings for another while; False when some have gone to somebody else. Doesn't commit."""
	frappe.db.sql(
		"UPDATE tabListing SET push_due_at = %s WHERE push_claim = %s AND is_dirty = 1",
		(_get_lease_end(), token),
	)
	return frappe.db.count("Listing", {"push_claim": token}) == count


def _send_claimed(session: Session, rows: Sequence[frappe._dict]) -> int:
	clock = _Clock()

	def extend() -> None:
		if _extend(rows[0].claim, len(rows)):
			clock.reset()

	try:
		with session.keep(extend):
			outcomes = send(session, rows, clock)
	except CredentialError:
		frappe.db.rollback()
		run_in_latest(lambda: _give_back(rows))
		raise
	run_in_latest(lambda: write_outcomes(outcomes))
	_note_delay(session.shop, outcomes)
	frappe.db.commit()
	return sum(outcome.error is None for outcome in outcomes)


class _Clock:
	"""How old a lease is. A call that can't end within it is not begun."""

	def __init__(self) -> None:
		self.reset()

	def reset(self) -> None:
		self.began = time.monotonic()

	@property
	def is_late(self) -> bool:
		return time.monotonic() - self.began > BEGIN_WITHIN_S


def send(session: Session, rows: Sequence[frappe._dict], clock: _Clock) -> list[Outcome]:
	"""Send figures, as many per call as the platform takes; a failed call fails its own listings only."""
	units = _group(rows, session.connector.limits.stock_levels_per_call)

	def work(client: PlatformClient, unit: Sequence[frappe._dict]) -> list[StockResult]:
		if clock.is_late:
			raise RetryableError("lease", "The calls before took too long.")
		client.transport.attempts = ATTEMPTS
		return client.update_stock(
			[StockLevel(row.platform_item_id, row.platform_sku_id or "", max(row.qty, 0)) for row in unit]
		)

	outcomes = []
	for unit, result in zip(units, session.call_each(units, work), strict=True):
		if isinstance(result, Exception):
			outcomes += [Outcome(row, _tame(result)) for row in unit]
			continue
		errors = {
			(one.level.platform_item_id, one.level.platform_sku_id): RefusedError(
				one.error_code, one.error_message
			)
			for one in result
			if one.error_code
		}
		outcomes += [
			Outcome(row, errors.get((row.platform_item_id, row.platform_sku_id or ""))) for row in unit
		]
	return outcomes


def _tame(error: Exception) -> ConnectorError:
	"""A fault of our own is logged and tried again like the platform's."""
	if isinstance(error, ConnectorError):
		return error
	frappe.log_error(title="Stock push failed", message=repr(error))
	return RetryableError("internal", type(error).__name__)


def _group(rows: Sequence[frappe._dict], size: int) -> list[list[frappe._dict]]:
	"""Variants of one item together, at most `size` in a call."""
	by_item: dict[str, list[frappe._dict]] = {}
	for row in rows:
		by_item.setdefault(row.platform_item_id, []).append(row)
	return [some[start : start + size] for some in by_item.values() for start in range(0, len(some), size)]


def _give_back(rows: Sequence[frappe._dict]) -> None:
	frappe.db.sql(
		"UPDATE tabListing SET push_claim = NULL, push_due_at = NULL WHERE name IN %s AND push_claim = %s",
		([row.name for row in rows], rows[0].claim),
	)


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
	rows = frappe.db.sql(
		"SELECT name, wanted_qty FROM tabListing WHERE name IN %s AND push_claim = %s ORDER BY name FOR UPDATE",
		([outcome.row.name for outcome in outcomes], outcomes[0].row.claim),
	)
	return {name: cint(wanted) for name, wanted in rows}


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


def _note_delay(shop: str, outcomes: Sequence[Outcome]) -> None:
	"""Keep a running average of how long a change takes to the platform; the buffer in a rush stands on it."""
	moment = now_datetime()
	delays = [_get_delay_ms(outcome.row, moment) for outcome in outcomes if outcome.error is None]
	delays = [delay for delay in delays if delay <= LONGEST_DELAY_MS]
	if not delays:
		return
	before = cint(frappe.db.get_value("Shop", shop, "stock_delay_ms")) or ASSUMED_DELAY_MS
	after = round(before + SMOOTHING * (sum(delays) / len(delays) - before))
	run_in_latest(lambda: frappe.db.set_value("Shop", shop, "stock_delay_ms", after, update_modified=False))


def ask_again(names: Sequence[str]) -> int:
	"""Have listings pushed now, whatever is known of them; returns how many will be. Doesn't commit."""
	frappe.db.sql(
		"""UPDATE tabListing SET is_dirty = 1, push_due_at = NULL, push_attempts = 0
		WHERE name IN %s AND push_claim IS NULL AND sku > ''""",
		[list(names) or [""]],
	)
	return frappe.db.count("Listing", {"name": ["in", list(names) or [""]], "is_dirty": 1})
