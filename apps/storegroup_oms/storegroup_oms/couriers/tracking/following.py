"""Shipped parcels are handed to a tracking service, and asked about when its pushes stay away.

Both work off rows that are due: a row is claimed for some minutes before anybody is called, so any number of workers
may run, and one that dies leaves its rows to the next. No transaction is open during a call.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors.calls import CallLog
from storegroup_oms.connectors.errors import ConnectorError, CredentialError, MappingError, RetryableError
from storegroup_oms.couriers.tracking import accounts, events
from storegroup_oms.couriers.tracking.accounts import TrackingKeys
from storegroup_oms.couriers.tracking.base import Trace
from storegroup_oms.couriers.tracking.schedule import SHORTEST, get_next_poll, get_next_try
from storegroup_oms.transactions import run_in_latest

BATCH = 200
THREADS = 8
LEASE = timedelta(minutes=10)
ON_ITS_WAY = ("Shipped", "In Transit", "Out for Delivery")
FIRST_POLL = timedelta(hours=1)


def note_shipped(shipments: Sequence[str]) -> None:
	"""Have parcels that just left followed: subscribed as soon as this transaction has ended. Never commits."""
	if not shipments:
		return
	now = now_datetime()
	frappe.db.sql(
		"""UPDATE tabShipment SET subscribe_due_at = %(now)s, subscribe_attempts = 0, next_poll_at = %(poll)s
		WHERE name IN %(names)s AND waybill_no IS NOT NULL AND is_subscribed = 0""",
		{"names": list(shipments), "now": now, "poll": now + FIRST_POLL},
	)
	enqueue_due()


def enqueue_due() -> None:
	"""The scheduler's entry, each minute; also after parcels were shipped."""
	frappe.enqueue(
		"storegroup_oms.couriers.tracking.following.run_due",
		queue="default",
		job_id="tracking_due",
		deduplicate=True,
		enqueue_after_commit=True,
	)


def run_due() -> None:
	"""Subscribe and ask about everything that is due. Commits."""
	known = accounts.get_accounts()
	while _subscribe_batch(known):
		pass
	while _poll_batch(known):
		pass


def _claim(column: str, now: datetime) -> list[str]:
	"""Names of parcels that are due by a column, which nobody else gets for some minutes. Commits."""

	def claim() -> list[str]:
		names = frappe.db.sql(
			f"""SELECT name FROM tabShipment WHERE {column} <= %(now)s AND status IN %(on_its_way)s
			ORDER BY {column} LIMIT {BATCH} FOR UPDATE SKIP LOCKED""",
			{"now": now, "on_its_way": ON_ITS_WAY},
			pluck=True,
		)
		if names:
			frappe.db.sql(
				f"UPDATE tabShipment SET {column} = %s WHERE name IN %s", (now + LEASE, sorted(names))
			)
		return names

	return run_in_latest(claim)


def _call_all(
	calls: Sequence[tuple[frappe._dict, TrackingKeys, str]], ask: Callable, log: CallLog
) -> list[tuple[frappe._dict, TrackingKeys, object]]:
	"""Make calls on threads; each answer is what `ask(client, account, parcel, code)` returned or raised."""
	clients = {account.name: account.make_client(log.add) for _parcel, account, _code in calls}

	def work(call: tuple[frappe._dict, TrackingKeys, str]) -> object:
		parcel, account, code = call
		try:
			return ask(clients[account.name], account, parcel, code)
		except (ConnectorError, MappingError) as error:
			return error

	with ThreadPoolExecutor(THREADS) as pool:
		answers = list(pool.map(work, calls))
	return [
		(parcel, account, answer) for (parcel, account, _code), answer in zip(calls, answers, strict=True)
	]


def _choose(
	parcels: Sequence[frappe._dict], known: Sequence[TrackingKeys], fits: Callable[[TrackingKeys], bool]
) -> tuple[list[tuple[frappe._dict, TrackingKeys, str]], list[frappe._dict]]:
	"""Calls to make, and the parcels that no account follows."""
	calls, alone = [], []
	for parcel in parcels:
		account, code = accounts.find_account(known, parcel, fits)
		if account:
			calls.append((parcel, account, code))
		else:
			alone.append(parcel)
	return calls, alone


def _subscribe_batch(known: Sequence[TrackingKeys]) -> int:
	"""Hand one batch of parcels to their services; returns how many were due. Commits."""
	now = now_datetime()
	names = _claim("subscribe_due_at", now)
	if not names:
		return 0
	calls, alone = _choose(accounts.find_parcels_to_ask(names), known, lambda account: account.subscribes)
	urls = {account.name: account.get_callback_url() for _parcel, account, _code in calls}
	log = CallLog("")

	def ask(client, account, parcel, code) -> None:
		client.subscribe(code, parcel.waybill_no, urls[account.name], account.salt, parcel.phone_tail or "")

	answers = _call_all(calls, ask, log)
	rows = [_note_subscription(parcel, answer, now) for parcel, _account, answer in answers]
	rows += [
		_make_row(parcel, subscribe_due_at=None, subscribe_attempts=0, next_poll_at=now) for parcel in alone
	]
	run_in_latest(partial(_save, rows, answers))
	log.write()
	return len(names)


def _make_row(parcel: frappe._dict, **values: object) -> dict:
	return {"name": parcel.name, "is_subscribed": 0, "tracking_error": None, **values}


def _note_subscription(parcel: frappe._dict, answer: object, now: datetime) -> dict:
	if not isinstance(answer, Exception):
		poll = get_next_poll(now, now, is_subscribed=True)
		return _make_row(
			parcel, is_subscribed=1, subscribe_due_at=None, subscribe_attempts=0, next_poll_at=poll
		)
	attempts = (parcel.subscribe_attempts or 0) + 1
	# A key that is wrong today may be right when an administrator has been there.
	may_work = isinstance(answer, RetryableError | CredentialError)
	due = get_next_try(now, attempts) if may_work else None
	return _make_row(
		parcel,
		subscribe_due_at=due,
		subscribe_attempts=attempts,
		next_poll_at=now + SHORTEST,
		tracking_error=str(answer)[:500],
	)


def _save(rows: Sequence[dict], answers: Sequence[tuple]) -> None:
	fields = ("is_subscribed", "subscribe_due_at", "subscribe_attempts", "next_poll_at", "tracking_error")
	update_rows("Shipment", rows, fields, stamps=False)
	_note_account_errors(answers)


def _note_account_errors(answers: Sequence[tuple]) -> None:
	accounts.note_errors(
		{
			account.name: str(answer)
			for _parcel, account, answer in answers
			if isinstance(answer, CredentialError)
		}
	)


def _poll_batch(known: Sequence[TrackingKeys]) -> int:
	"""Ask about one batch of parcels; returns how many were due. Commits."""
	now = now_datetime()
	names = _claim("next_poll_at", now)
	if not names:
		return 0
	calls, _alone = _choose(accounts.find_parcels_to_ask(names), known, lambda account: account.polls)
	log = CallLog("")

	def ask(client, _account, parcel, code) -> Trace:
		return client.query(code, parcel.waybill_no, parcel.phone_tail or "")

	answers = _call_all(calls, ask, log)
	log.write()
	_postpone(names, answers, now)
	traces: dict[str, deque[Trace]] = {}
	for _parcel, account, answer in answers:
		if isinstance(answer, Trace):
			traces.setdefault(account.provider, deque()).append(answer)
	for provider, found in traces.items():
		events.store(list(found), provider)
	return len(names)


def _postpone(names: Sequence[str], answers: Sequence[tuple], now: datetime) -> None:
	"""When parcels are asked about next, whether or not an answer brings news. Commits."""
	failed = {parcel.name: answer for parcel, _account, answer in answers if isinstance(answer, Exception)}

	def save() -> None:
		rows = frappe.db.sql(
			"SELECT name, last_event_at, shipped_at, is_subscribed FROM tabShipment WHERE name IN %s ORDER BY name",
			[list(names)],
			as_dict=True,
		)
		for row in rows:
			silent_since = row.last_event_at or row.shipped_at
			row.next_poll_at = get_next_poll(now, silent_since, bool(row.is_subscribed))
			row.tracking_error = str(failed[row.name])[:500] if row.name in failed else None
		update_rows("Shipment", rows, ("next_poll_at", "tracking_error"), stamps=False)
		_note_account_errors(answers)

	run_in_latest(save)
