"""Pushed messages: stored first, each once, then worked on; the order itself is fetched again.

A message only says that something changed. `store` is called by whoever receives (socket consumer, webhook), and
must have been committed before the platform gets its acknowledgement.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors import backoff, feeds, pull, receive
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import PushMessage, TimeWindow
from storegroup_oms.connectors.errors import CredentialError, RefusedError, RemoteNotFoundError
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.orders.receivers import hash_text
from storegroup_oms.transactions import run_in_transaction

BATCH = 100
LEASE_S = 30
MAX_ATTEMPTS = 12
# A refund message leads to a look at the refunds of the last minutes.
REFUND_SPAN = timedelta(minutes=10)
FIELDS = (
	"shop",
	"direction",
	"kind",
	"topic",
	"external_id",
	"object_no",
	"status",
	"attempts",
	"due_at",
	"payload",
)
RESULT_FIELDS = (
	"status",
	"due_at",
	"done_at",
	"error_code",
	"error_message",
	"reference_doctype",
	"reference_name",
)


def find_shops(platform: str) -> dict[str, str]:
	"""Names of the platform's shops by every id and nick under which its messages may name them."""
	rows = frappe.get_all(
		"Shop",
		filters={"platform": platform},
		fields=["name", "platform_nick", "platform_account_id", "platform_shop_id"],
		order_by="name asc",
	)
	# An id beats a nick where one shop's nick is another's id.
	keys = ("name", "platform_nick", "platform_account_id", "platform_shop_id")
	return {row[key]: row.name for key in keys for row in rows if row[key]}


def store(messages: Iterable[PushMessage], shops: dict[str, str]) -> dict[str, int]:
	"""Insert messages, each once; returns how many there were for each shop. Doesn't commit.

	`shops` is what `find_shops` gives. Messages for shops that aren't ours are passed over: the platform sends
	them for every shop that has authorised the app.
	"""
	moment = now_datetime()
	rows = []
	for message in messages:
		shop = next((shops[key] for key in message.shop_keys if key in shops), None)
		if shop:
			rows.append(_make_row(shop, message, moment))
	insert_rows("Connector Event", rows, FIELDS, on_duplicate=())
	counts: dict[str, int] = {}
	for row in rows:
		counts[row["shop"]] = counts.get(row["shop"], 0) + 1
	if counts:
		table = frappe.qb.DocType("Shop")
		(
			frappe.qb.update(table)
			.set(table.last_message_at, moment)
			.where(table.name.isin(sorted(counts)))
			.where(table.last_message_at.isnull() | (table.last_message_at < add_to_date(moment, seconds=-5)))
		).run()
	return counts


def _make_row(shop: str, message: PushMessage, moment) -> dict:
	return {
		"name": hash_text("message", f"{shop}\n{message.kind}\n{message.message_id}")[:20],
		"shop": shop,
		"direction": "Incoming",
		"kind": message.kind,
		"topic": message.topic[:140],
		"external_id": message.message_id[:140],
		"object_no": (message.order_no or message.refund_no)[:140],
		"status": "Received" if message.order_no or message.kind == "refund" else "Ignored",
		"attempts": 0,
		"due_at": moment,
		"payload": json.dumps(dict(message.payload), ensure_ascii=False, default=str),
	}


def claim(shop: str) -> list[frappe._dict]:
	"""Up to 100 messages of a shop that are due and nobody's, now ours for 30 s; oldest first. Commits."""

	def work() -> list[frappe._dict]:
		event = frappe.qb.DocType("Connector Event")
		rows = (
			frappe.qb.from_(event)
			.select(event.name, event.kind, event.object_no, event.attempts, event.creation)
			.where((event.shop == shop) & (event.direction == "Incoming"))
			.where(event.status.isin(["Received", "Retry"]) & (event.due_at <= now_datetime()))
			.orderby(event.due_at)
			.limit(BATCH)
			.for_update(skip_locked=True)
		).run(as_dict=True)
		if rows:
			names = [row.name for row in rows]
			frappe.qb.update(event).set(event.attempts, event.attempts + 1).where(
				event.name.isin(names)
			).run()
			_extend_lease(names)
		return rows

	return run_in_transaction(work)


def _extend_lease(names: Sequence[str]) -> None:
	event = frappe.qb.DocType("Connector Event")
	query = frappe.qb.update(event).set(event.due_at, add_to_date(now_datetime(), seconds=LEASE_S))
	query.where(event.name.isin(names) & event.status.isin(["Received", "Retry"])).run()


def work_batch(session: Session) -> int:
	"""Fetch and save the orders that a batch of messages is about; returns how many messages there were.

	One order named by many messages is fetched once. Each message ends as Done, Retry with a due time, Ignored
	(the platform no longer knows the order) or Failed. Commits. Raises CredentialError after having set the
	messages to be tried again.
	"""
	events = claim(session.shop)
	if not events:
		return 0
	numbers = sorted({event.object_no for event in events if event.object_no})
	try:
		with session.keep(partial(_extend_lease, sorted(event.name for event in events))):
			results = dict(zip(numbers, feeds.fetch_details(session, numbers), strict=True))
	except CredentialError as error:
		_end(events, dict.fromkeys(numbers, error), {})
		raise
	good = [(number, payload) for number, payload in results.items() if not isinstance(payload, Exception)]
	mapped = receive.map_orders(session.connector, good)
	names: dict[str, str] = {}

	def work() -> None:
		names.clear()
		names.update(receive.save(session.shop, mapped, "Push").names)
		_write_ends(events, results, names)
		if told := [event.creation for event in events if event.kind == "refund"]:
			_look_at_refunds(session.shop, max(told))

	run_in_transaction(work)
	_note_delay(session.shop, events)
	return len(events)


def _look_at_refunds(shop: str, told_at: datetime) -> None:
	"""Ask for the refunds of the last minutes, unless a look that reaches `told_at` (site time) waits to be done.

	It has a purpose of its own: a window of 10 minutes must not count as covering all that was before it.
	"""
	waiting = {
		"shop": shop,
		"feed": "Refunds",
		"purpose": "Push",
		"status": "Open",
		"to_time": (">=", told_at.replace(microsecond=0)),
	}
	if not frappe.db.exists("Pull Window", waiting):
		moment = now()
		pull.add_windows(shop, "Refunds", [TimeWindow(moment - REFUND_SPAN, moment)], "Push")


def _end(events: Sequence[frappe._dict], results: dict, names: dict[str, str]) -> None:
	frappe.db.rollback()
	run_in_transaction(lambda: _write_ends(events, results, names))


def _write_ends(events: Sequence[frappe._dict], results: dict, names: dict[str, str]) -> None:
	update_rows(
		"Connector Event",
		sorted(
			(_make_end(event, results.get(event.object_no), names) for event in events),
			key=lambda row: row["name"],
		),
		RESULT_FIELDS,
	)


def _make_end(event: frappe._dict, result: object, names: dict[str, str]) -> dict:
	attempts = event.attempts + 1
	row = {"name": event.name, "due_at": None, "done_at": now_datetime()}
	if not isinstance(result, Exception):
		order = names.get(event.object_no)
		reference = {"reference_doctype": "Order", "reference_name": order} if order else {}
		return {**row, "status": "Done", **reference}
	error = {"error_code": result.code[:140], "error_message": result.message[:500]}
	if isinstance(result, RemoteNotFoundError) and attempts >= 3:
		return {**row, **error, "status": "Ignored"}
	if attempts >= MAX_ATTEMPTS or (
		isinstance(result, RefusedError) and not isinstance(result, RemoteNotFoundError)
	):
		return {**row, **error, "status": "Failed"}
	return {
		**row,
		**error,
		"status": "Retry",
		"done_at": None,
		"due_at": backoff.get_due_at(attempts, result),
	}


def _note_delay(shop: str, events: Sequence[frappe._dict]) -> None:
	"""Keep how long the oldest fresh message waited for its order to be on the desk."""
	fresh = [event.creation for event in events if not event.attempts]
	if not fresh:
		return
	delay_ms = int((now_datetime() - min(fresh)).total_seconds() * 1000)
	values = {"push_delay_ms": max(delay_ms, 0), "last_push_at": now_datetime()}
	run_in_transaction(lambda: frappe.db.set_value("Shop", shop, values, update_modified=False))


def find_waiting_shops() -> list[str]:
	"""Shops that have messages due."""
	event = frappe.qb.DocType("Connector Event")
	return (
		frappe.qb.from_(event)
		.select(event.shop)
		.distinct()
		.where(event.status.isin(["Received", "Retry"]) & (event.due_at <= now_datetime()))
		.orderby(event.shop)
	).run(pluck=True)
