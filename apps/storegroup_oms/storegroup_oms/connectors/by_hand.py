"""What a person starts: sync now, fetch again by number or span, replay from quarantine. With progress on the desk.

Each function runs in the background, owns its transactions, and ends with one event that says how it went.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import cint

from storegroup_oms.connectors import advice, feeds, health, pull, quarantine, receive
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.errors import ConnectorError, RemoteNotFoundError
from storegroup_oms.connectors.sessions import Session, open_session
from storegroup_oms.connectors.windows import split_span
from storegroup_oms.transactions import run_in_transaction

EVENT = "connector_progress"
BATCH = 50


def show(shop: str, percent: float, message: str, **more) -> None:
	"""Tell the user's desk how far a job for a shop has come."""
	frappe.publish_realtime(
		EVENT,
		{"shop": shop, "progress": round(percent), "message": message, **more},
		user=frappe.session.user,
	)


def _end(shop: str, message: str, colour: str) -> None:
	show(shop, 100, message, done=1, indicator=colour)


def _run(shop: str, work: Callable[[Session], str]) -> None:
	frappe.set_user_lang(frappe.session.user)  # a job starts in the site's language
	try:
		with open_session(shop) as session:
			message = work(session)
		health.note_success(shop)
		frappe.db.commit()
		_end(shop, message, "green")
	except ConnectorError as error:
		frappe.db.rollback()
		health.note_failure(shop, error)
		frappe.db.commit()
		_end(shop, advice.describe(error), "red")
	except Exception:
		frappe.db.rollback()
		_end(shop, _("The job stopped by a fault of its own. The error log says why."), "red")
		raise


def sync(shop: str) -> None:
	"""Fetch what is new in a shop now: orders, then refunds."""

	def work(session: Session) -> str:
		days = cint(frappe.db.get_single_value("OMS Settings", "first_pull_days")) or 3
		for feed in (feeds.ORDERS, feeds.REFUNDS):
			pull.plan(session, feed.name, days)
		return _walk_all(session)

	_run(shop, work)


def fetch_span(shop: str, start: datetime, end: datetime) -> None:
	"""Fetch again every order of a shop that was changed within a span of aware times."""

	def work(session: Session) -> str:
		limits = session.connector.limits
		earliest = now() - limits.lookback
		spans = split_span(max(start, earliest), min(end, now() - limits.end_lag), limits.max_window)
		pull.add_windows(shop, feeds.ORDERS.name, spans, "By Hand")
		frappe.db.commit()
		return _walk_all(session)

	_run(shop, work)


def walk(shop: str) -> None:
	"""Walk the windows of a shop that are due, without planning new ones."""
	_run(shop, _walk_all)


def _walk_all(session: Session) -> str:
	"""Walk every window of the shop that is due, newest first; returns the closing sentence."""
	shop = session.shop
	total = max(_count_due(shop), 1)
	done = saved = quarantined = missing = 0
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		while (window := pull.claim(shop, feed.name)) is not None:
			tally = pull.work_window(session, feed, window)
			done += 1
			if feed is feeds.ORDERS:
				saved += len(tally.saved)
				quarantined += len(tally.quarantined)
				missing += tally.missing_count
			show(
				shop, min(99, 99 * done / total), _("{0} of {1} spans, {2} orders").format(done, total, saved)
			)
	health.note_pull(shop)
	frappe.db.commit()
	if missing:
		return _("{0} orders read, {1} still missing: they are fetched by themselves.").format(saved, missing)
	if quarantined:
		return _("{0} orders read, {1} in quarantine.").format(saved, quarantined)
	return _("Complete: {0} orders read, none is missing.").format(saved)


def _count_due(shop: str) -> int:
	return frappe.db.count(
		"Pull Window",
		{"shop": shop, "status": ["in", pull.CLAIMABLE], "due_at": ["<=", frappe.utils.now_datetime()]},
	)


def fetch_orders(shop: str, order_nos: Sequence[str]) -> None:
	"""Fetch single orders by their platform numbers, whether we have them or not."""

	def work(session: Session) -> str:
		numbers = sorted(set(order_nos))
		saved = quarantined = 0
		unknown: list[str] = []
		for start in range(0, len(numbers), BATCH):
			chunk = numbers[start : start + BATCH]
			mapped = _fetch(session, chunk, unknown)
			received = run_in_transaction(lambda mapped=mapped: receive.save(shop, mapped, "Pull"))
			saved += received.saved
			quarantined += received.quarantined
			show(shop, 99 * (start + len(chunk)) / len(numbers), _("{0} orders").format(saved))
		if unknown:
			return _("{0} orders read, {1} in quarantine. The platform doesn't know: {2}").format(
				saved, quarantined, ", ".join(unknown[:20])
			)
		return _("{0} orders read, {1} in quarantine.").format(saved, quarantined)

	_run(shop, work)


def _fetch(session: Session, order_nos: Sequence[str], unknown: list[str]) -> receive.Mapped:
	payloads = []
	for order_no, result in zip(order_nos, feeds.fetch_details(session, order_nos), strict=True):
		if isinstance(result, RemoteNotFoundError):
			unknown.append(order_no)
		elif isinstance(result, ConnectorError):
			raise result
		else:
			payloads.append((order_no, result))
	return receive.map_orders(session.connector, payloads)


def replay(names: Iterable[str], report: Callable[[int, int], None] | None = None) -> dict[str, int]:
	"""Try orders in quarantine again: with a fresh payload, else with the kept one. Returns counts; commits.

	Keys: resolved, waiting (still can't be read), failed (could not be fetched). `report` is called after each
	batch with how many were tried, and of how many.
	"""
	rows = frappe.get_all(
		"Quarantined Order",
		filters={"name": ["in", list(names)], "status": ["!=", "Resolved"]},
		fields=["name", "shop", "platform_order_no"],
		order_by="shop asc, platform_order_no asc",
	)
	counts = {"resolved": 0, "waiting": 0, "failed": 0}
	by_shop: dict[str, list[frappe._dict]] = {}
	for row in rows:
		by_shop.setdefault(row.shop, []).append(row)
	for shop, waiting in by_shop.items():
		for start in range(0, len(waiting), BATCH):
			_replay_batch(shop, waiting[start : start + BATCH], counts)
			if report:
				report(sum(counts.values()), len(rows))
	return counts


def _replay_batch(shop: str, rows: Sequence[frappe._dict], counts: dict[str, int]) -> None:
	with open_session(shop) as session:
		numbers = [row.platform_order_no for row in rows]
		payloads = []
		for row, result in zip(rows, feeds.fetch_details(session, numbers), strict=True):
			payload = quarantine.load_payload(row.name) if isinstance(result, ConnectorError) else result
			if payload is None:
				counts["failed"] += 1
			else:
				payloads.append((row.platform_order_no, payload))
		mapped = receive.map_orders(session.connector, payloads)

		def work() -> None:
			quarantine.count_replay([row.name for row in rows])
			receive.save(shop, mapped, "Pull", frappe.session.user)

		run_in_transaction(work)
		counts["resolved"] += len(mapped.orders)
		counts["waiting"] += len(mapped.bad)


def replay_in_background(names: Sequence[str]) -> None:
	"""Replay many; the user's desk is told how it went."""
	frappe.set_user_lang(frappe.session.user)

	def report(tried: int, total: int) -> None:
		show("", min(99, 99 * tried / total), _("{0} of {1} orders").format(tried, total))

	try:
		counts = replay(names, report)
	except ConnectorError as error:
		frappe.db.rollback()
		_end("", advice.describe(error), "red")
		return
	message = _("{0} orders went through, {1} still wait, {2} could not be fetched.").format(*counts.values())
	_end("", message, "green" if not counts["waiting"] and not counts["failed"] else "orange")
