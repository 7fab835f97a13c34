"""Pull windows: planned without gaps, walked page by page, counted until nothing is missing.

A window is Complete when the platform's count of it and the orders that were read agree: in one answer, or in a
pass over all pages during which the count stayed the same. Otherwise it says what is missing and is walked again.
Several workers may pull one shop: a window belongs to who claimed it until its lease ends.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import add_to_date, get_system_timezone, now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.connectors import backoff
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import CHINA_TIME, Page, PlatformClient, TimeWindow
from storegroup_oms.connectors.errors import ConnectorError, CredentialError
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.connectors.windows import list_pages, plan_windows
from storegroup_oms.orders.intake import to_site_time
from storegroup_oms.transactions import run_in_transaction

LEASE_S = 30
PASSES = 4
FIELDS = ("shop", "feed", "purpose", "status", "from_time", "to_time", "due_at", "attempts")
CLAIMABLE = ("Open", "Incomplete", "Running")
# What people wait for, and what may take its time.
LIVE = ("Poll", "By Hand", "Push")
SLOW = ("Back-fill", "Recheck")


@dataclass(frozen=True)
class Taken:
	"""What became of one page, as sets of numbers; `listed` are all that the page named."""

	listed: set[str]
	saved: set[str]
	quarantined: set[str]
	missing: set[str]


class Feed(Protocol):
	"""What is pulled by windows of modified time: see `connectors.feeds`."""

	name: str

	def list(self, client: PlatformClient, span: TimeWindow, page: int) -> Page:
		"""One page of the span."""

	def count(self, client: PlatformClient, span: TimeWindow) -> int:
		"""How many the platform has in the span."""

	def take(self, session: Session, rows: Sequence, also: Callable[[], None]) -> Taken:
		"""Save the rows of a page in one transaction, in which `also` is called; commits."""


def plan(session: Session, feed: str, first_days: int) -> int:
	"""Insert the windows from the latest planned one to now; returns how many. Commits.

	Two planners at once: the shop's row is locked, the second finds nothing new.
	"""
	shop, limits = session.shop, session.connector.limits

	def work() -> int:
		frappe.db.get_value("Shop", shop, "name", for_update=True)
		last = frappe.get_all(
			"Pull Window",
			filters={"shop": shop, "feed": feed, "purpose": ["in", ["Poll", "Back-fill"]]},
			fields=["to_time"],
			order_by="to_time desc",
			limit=1,
		)
		covered = from_site_time(last[0].to_time) if last else None
		windows = plan_windows(covered, now(), limits, timedelta(days=first_days))
		add_windows(shop, feed, windows, "Poll" if covered and len(windows) < 3 else "Back-fill")
		return len(windows)

	return run_in_transaction(work)


def add_windows(shop: str, feed: str, windows: Sequence[TimeWindow], purpose: str) -> list[str]:
	"""Insert open windows; returns their names. Doesn't commit."""
	rows = [
		{
			"name": frappe.generate_hash(length=12),
			"shop": shop,
			"feed": feed,
			"purpose": purpose,
			"status": "Open",
			"from_time": to_site_time(window.start),
			"to_time": to_site_time(window.end),
			"due_at": now_datetime(),
			"attempts": 0,
		}
		for window in windows
	]
	insert_rows("Pull Window", rows, FIELDS)
	return [row["name"] for row in rows]


def from_site_time(moment: datetime) -> datetime:
	"""A stored time as an aware one in China time."""
	return moment.replace(tzinfo=ZoneInfo(get_system_timezone())).astimezone(CHINA_TIME)


def claim(shop: str, feed: str, purposes: Sequence[str] = LIVE + SLOW) -> frappe._dict | None:
	"""The latest window of a shop that is due and nobody's, now ours for 30 s; None when there is none. Commits."""

	def work() -> frappe._dict | None:
		table = frappe.qb.DocType("Pull Window")
		rows = (
			frappe.qb.from_(table)
			.select(table.name, table.from_time, table.to_time, table.attempts, table.purpose)
			.where((table.shop == shop) & (table.feed == feed) & table.purpose.isin(purposes))
			.where(table.status.isin(CLAIMABLE) & (table.due_at <= now_datetime()))
			.orderby(table.to_time, order=frappe.qb.desc)
			.limit(1)
			.for_update(skip_locked=True)
		).run(as_dict=True)
		if not rows:
			return None
		extend_lease(rows[0].name, status="Running", started_at=now_datetime(), attempts=rows[0].attempts + 1)
		return rows[0]

	return run_in_transaction(work)


def extend_lease(name: str, **values) -> None:
	"""Keep a window for another 30 s. Doesn't commit."""
	values["due_at"] = add_to_date(now_datetime(), seconds=LEASE_S)
	frappe.db.set_value("Pull Window", name, values, update_modified=False)


@dataclass
class Tally:
	"""What one walk over a window has seen."""

	total: int = 0
	saved: set[str] = field(default_factory=set)
	quarantined: set[str] = field(default_factory=set)
	missing: set[str] = field(default_factory=set)
	passes: int = 0
	is_stable: bool = False

	def add(self, taken: Taken) -> None:
		"""Count a page in; what was saved at last is no longer missing or bad."""
		self.saved |= taken.saved
		self.quarantined = (self.quarantined | taken.quarantined) - self.saved
		self.missing = (self.missing | taken.missing) - self.saved - self.quarantined

	@property
	def seen(self) -> set[str]:
		return self.saved | self.quarantined | self.missing

	@property
	def missing_count(self) -> int:
		"""Orders that the platform counts and we don't have: named ones, and those that it counted only."""
		return len(self.missing) + max(0, self.total - len(self.seen))

	@property
	def is_complete(self) -> bool:
		return self.is_stable and not self.missing_count


def work_window(session: Session, feed: Feed, window: frappe._dict) -> Tally:
	"""Walk a claimed window and write down how it ended; commits.

	A failed call leaves the window Incomplete with a due time, so that it goes on by itself. Raises
	CredentialError after having written it down.
	"""
	span = TimeWindow(from_site_time(window.from_time), from_site_time(window.to_time))
	tally = Tally()
	try:
		with session.keep(partial(extend_lease, window.name)):
			_walk(session, feed, window.name, span, tally)
	except ConnectorError as error:
		frappe.db.rollback()
		_finish(window, tally, error)
		if isinstance(error, CredentialError):
			raise
		return tally
	_finish(window, tally, None)
	return tally


def _walk(session: Session, feed: Feed, name: str, span: TimeWindow, tally: Tally) -> None:
	size = session.connector.limits.page_size

	def take(rows: Sequence) -> set[str]:
		if not rows:
			return set()
		taken = feed.take(session, rows, partial(extend_lease, name))
		tally.add(taken)
		return taken.listed

	for _pass in range(PASSES):
		tally.passes += 1
		first = session.call(lambda client: feed.list(client, span, 1))
		tally.total = first.total
		if first.total <= size and not first.has_more:
			# one answer is one moment: what it counts and what it lists must agree
			tally.is_stable = len(take(first.rows)) >= first.total
		else:
			tally.is_stable = _walk_pages(session, feed, span, tally, first.total, take)
		if tally.is_stable:
			return


def _walk_pages(
	session: Session, feed: Feed, span: TimeWindow, tally: Tally, total: int, take: Callable
) -> bool:
	"""Read all pages once; True when that proves that nothing was passed over."""
	listed: set[str] = set()
	is_steady = True
	for number in list_pages(total, session.connector.limits.page_size):
		page = session.call(lambda client, number=number: feed.list(client, span, number))
		is_steady = is_steady and page.total == total
		listed |= take(page.rows)
	tally.total = session.call(lambda client: feed.count(client, span))
	# Orders that leave all the time don't let the count rest; reading backwards misses none of those that stay.
	is_steady = (is_steady and tally.total == total) or tally.passes == PASSES
	return is_steady and len(listed) >= tally.total


def _finish(window: frappe._dict, tally: Tally, error: ConnectorError | None) -> None:
	attempts = window.attempts + 1
	values = {
		"platform_total": tally.total,
		"saved": len(tally.saved),
		"quarantined": len(tally.quarantined),
		"missing": tally.missing_count,
		"missing_ids": json.dumps(sorted(tally.missing)) if tally.missing else None,
		"passes": tally.passes,
		"finished_at": now_datetime(),
		"error_code": error.code[:140] if error else None,
		"error_message": error.message[:500] if error else None,
	}
	if tally.is_complete and not error:
		values |= {"status": "Complete", "due_at": None}
	else:
		values |= {"status": "Incomplete", "due_at": backoff.get_due_at(attempts, error)}
	write = partial(frappe.db.set_value, "Pull Window", window.name, values, update_modified=False)
	run_in_transaction(write)


def reopen(name: str) -> bool:
	"""Have a window walked again, however it ended; False while somebody walks it. Doesn't commit."""
	window = frappe.db.get_value("Pull Window", name, ["status", "due_at"], as_dict=True, for_update=True)
	if window.status == "Running" and window.due_at and window.due_at > now_datetime():
		return False
	values = {"status": "Open", "due_at": now_datetime(), "error_code": None, "error_message": None}
	frappe.db.set_value("Pull Window", name, values, update_modified=False)
	return True


def find_waiting_shops(purposes: Sequence[str]) -> list[str]:
	"""Shops that have windows of these purposes due."""
	table = frappe.qb.DocType("Pull Window")
	return (
		frappe.qb.from_(table)
		.select(table.shop)
		.distinct()
		.where(table.status.isin(CLAIMABLE) & (table.due_at <= now_datetime()))
		.where(table.purpose.isin(purposes))
		.orderby(table.shop)
	).run(pluck=True)


def has_due(shop: str, feed: str, purposes: Sequence[str]) -> bool:
	"""True when a window of a shop waits to be walked."""
	filters = {"shop": shop, "feed": feed, "purpose": ["in", purposes], "status": ["in", CLAIMABLE]}
	return bool(frappe.db.exists("Pull Window", {**filters, "due_at": ["<=", now_datetime()]}))
