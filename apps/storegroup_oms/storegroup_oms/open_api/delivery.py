"""Sending what the outbox holds: claimed, sent, noted; again later when it failed.

Owns its transactions. A worker claims rows by moving their due time past the longest call, commits, and sends
without holding any lock; when it dies, the rows fall due again. So a message comes at least once, and a
receiver tells doubles by X-OMS-Delivery. Of one record and endpoint the older message goes first; the next one
waits until it is done or given up.
"""

import time
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import now_datetime
from frappe.utils.password import get_decrypted_password

from storegroup_oms.open_api import outbox, targets
from storegroup_oms.open_api.doctype.api_request.api_request import APIRequest
from storegroup_oms.open_api.doctype.webhook_delivery.webhook_delivery import WebhookDelivery
from storegroup_oms.open_api.targets import Outcome
from storegroup_oms.transactions import run_in_transaction

BATCH_SIZE = 20
SPREAD = 4  # workers who look at the same time find work for all of them
LEASE_S = 300  # longer than a whole batch of time-outs
BACK_OFF_S = (60, 300, 900, 1_800, 3_600, 7_200, 21_600)
MAX_ATTEMPTS = len(BACK_OFF_S) + 1
RUN_S = 240
GONE = 410


def send_due() -> int:
	"""Send everything that is due, in batches, for at most four minutes; returns how many calls were made. Commits."""
	made = 0
	end = time.monotonic() + RUN_S
	while time.monotonic() < end:
		batch = run_in_transaction(claim)
		if not batch:
			break
		made += _send_batch(batch)
	return made


def _send_batch(batch: list[frappe._dict]) -> int:
	allow_private = bool(frappe.db.get_single_value("OMS Settings", "allow_private_webhooks"))
	silent: set[str] = set()
	made = 0
	for row in batch:
		if row.endpoint in silent:
			# One dead receiver must not hold up the others for ten seconds a message.
			run_in_transaction(lambda row=row: _put_back(row.name))
			continue
		outcome = _send(row, allow_private)
		run_in_transaction(lambda row=row, outcome=outcome: note_outcome(row, outcome))
		made += 1
		if outcome.status is None:
			silent.add(row.endpoint)
	return made


def _put_back(name: str) -> None:
	delivery = frappe.qb.DocType("Webhook Delivery")
	(
		frappe.qb.update(delivery)
		.set(delivery.attempts, delivery.attempts - 1)
		.set(delivery.due_at, now_datetime() + timedelta(seconds=BACK_OFF_S[0]))
		.where(delivery.name == name)
	).run()


def claim(limit: int = BATCH_SIZE) -> list[frappe._dict]:
	"""Take due deliveries that nobody else has: the first open one per endpoint and record. Counts the attempt.

	Rows: name, endpoint, event, event_id, payload, attempts (this one included), url. Locks end with the
	transaction; other workers pass locked rows over.
	"""
	now = now_datetime()
	# Read apart from the claim, which would lock these rows as well.
	endpoints = frappe.get_all(
		"Webhook Endpoint", filters={"is_enabled": 1}, fields=["name", "url"], order_by="name asc"
	)
	if not endpoints:
		return []
	names = _find_due(now, [endpoint.name for endpoint in endpoints], limit * SPREAD)
	if not names:
		return []
	# By primary key, so that no more rows are locked than are taken, and others find the next ones.
	rows = frappe.db.sql(
		"""SELECT name, endpoint, event, event_id, payload, attempts + 1 AS attempts
		FROM `tabWebhook Delivery` FORCE INDEX (PRIMARY)
		WHERE name IN %(names)s AND status IN ('Waiting', 'Retry') AND due_at <= %(now)s
		ORDER BY name LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
		{"names": names, "now": now, "limit": limit},
		as_dict=True,
	)
	if not rows:
		return []
	delivery = frappe.qb.DocType("Webhook Delivery")
	(
		frappe.qb.update(delivery)
		.set(delivery.attempts, delivery.attempts + 1)
		.set(delivery.due_at, now + timedelta(seconds=LEASE_S))
		.where(delivery.name.isin([row.name for row in rows]))
	).run()
	urls = {endpoint.name: endpoint.url for endpoint in endpoints}
	for row in rows:
		row.url = urls[row.endpoint]
	return rows


def _find_due(now: datetime, endpoints: list[str], limit: int) -> list[str]:
	"""Names of due deliveries that wait for no older one of the same endpoint and record. No locks."""
	return frappe.db.sql(
		"""SELECT delivery.name FROM `tabWebhook Delivery` delivery
		WHERE delivery.status IN ('Waiting', 'Retry') AND delivery.due_at <= %(now)s
			AND delivery.endpoint IN %(endpoints)s
			AND NOT EXISTS (SELECT 1 FROM `tabWebhook Delivery` older
				WHERE older.endpoint = delivery.endpoint AND older.reference_name = delivery.reference_name
				AND older.status IN ('Waiting', 'Retry') AND older.name < delivery.name)
		ORDER BY delivery.due_at, delivery.name LIMIT %(limit)s""",
		{"now": now, "endpoints": endpoints, "limit": limit},
		pluck=True,
	)


def _send(row: frappe._dict, allow_private: bool) -> Outcome:
	secret = get_decrypted_password("Webhook Endpoint", row.endpoint, "secret", raise_exception=False)
	if not secret:
		return Outcome(None, "the endpoint has no secret", 0, is_refused=True)
	body = (row.payload or "").encode()
	return targets.send(row.url, body, make_headers(row, secret, int(time.time()), body), allow_private)


def make_headers(row: frappe._dict, secret: str, timestamp: int, body: bytes) -> dict[str, str]:
	"""The headers of one message; the signature covers time and body."""
	return {
		"Content-Type": "application/json; charset=utf-8",
		"User-Agent": "Storegroup-OMS",
		"X-OMS-Event": row.event,
		"X-OMS-Event-Id": row.event_id,
		"X-OMS-Delivery": row.name,
		"X-OMS-Timestamp": str(timestamp),
		"X-OMS-Signature": targets.make_signature(secret, timestamp, body),
	}


def note_outcome(row: frappe._dict, outcome: Outcome) -> None:
	"""Store what became of a call, when it is tried again, and how the endpoint fares. Never commits."""
	now = now_datetime()
	values = {
		"response_code": outcome.status or 0,
		"error": outcome.error[:140],
		"duration_ms": outcome.duration_ms,
	}
	if outcome.is_delivered:
		values |= {"status": "Done", "done_at": now, "due_at": None}
	elif outcome.is_refused or outcome.status == GONE or row.attempts >= MAX_ATTEMPTS:
		values |= {"status": "Failed", "due_at": None}
	else:
		values |= {"status": "Retry", "due_at": now + timedelta(seconds=get_pause_s(row.attempts, outcome))}
	frappe.db.set_value("Webhook Delivery", row.name, values)
	if outcome.is_delivered:
		# Written once a minute at most: all workers would wait for this one row.
		_note_success(row.endpoint, now)
	else:
		_note_failure(row.endpoint, outcome, now)


def get_pause_s(attempts: int, outcome: Outcome) -> int:
	"""Seconds until the next attempt: growing, longer when the receiver asks for it, at most six hours."""
	pause_s = BACK_OFF_S[min(attempts, len(BACK_OFF_S)) - 1]
	if outcome.status in (429, 503) and outcome.retry_after_s:
		pause_s = max(pause_s, outcome.retry_after_s)
	return min(pause_s, BACK_OFF_S[-1])


def _note_success(endpoint: str, now: datetime) -> None:
	table = frappe.qb.DocType("Webhook Endpoint")
	(
		frappe.qb.update(table)
		.set(table.last_success_at, now)
		.set(table.failing_since, None)
		.set(table.last_error, None)
		.where(table.name == endpoint)
		.where(
			table.failing_since.isnotnull()
			| table.last_success_at.isnull()
			| (table.last_success_at < now - timedelta(minutes=1))
		)
	).run()


def _note_failure(endpoint: str, outcome: Outcome, now: datetime) -> None:
	state = frappe.db.get_value(
		"Webhook Endpoint", endpoint, ["is_enabled", "failing_since"], as_dict=True, for_update=True
	)
	if not state:
		return
	values = {"last_error": outcome.error[:140], "failing_since": state.failing_since or now}
	days = frappe.db.get_single_value("OMS Settings", "webhook_off_days")
	if state.is_enabled and days and values["failing_since"] < now - timedelta(days=days):
		values["is_enabled"] = 0
		_create_task(endpoint, days)
	frappe.db.set_value("Webhook Endpoint", endpoint, values, update_modified=False)
	if "is_enabled" in values:
		outbox.forget_endpoints()


def _create_task(endpoint: str, days: int) -> None:
	key = f"webhook_off:{endpoint}"
	if frappe.db.exists("Task", {"dedupe_key": key}):
		return
	task = frappe.get_doc(
		{
			"doctype": "Task",
			"subject": _("Webhook endpoint {0} was switched off after {1} days of failures").format(
				endpoint, days
			),
			"kind": "Shop",
			"priority": "High",
			"is_automatic": 1,
			"dedupe_key": key,
			"reference_doctype": "Webhook Endpoint",
			"reference_name": endpoint,
		}
	)
	task.insert(ignore_permissions=True)  # the job works for the site, not for a person


def send_again(names: list[str]) -> int:
	"""Make deliveries due now with all attempts before them, and start sending; returns how many. Checks no permission."""
	delivery = frappe.qb.DocType("Webhook Delivery")
	rows = frappe.qb.from_(delivery).select(delivery.name).where(delivery.name.isin(names)).run()
	(
		frappe.qb.update(delivery)
		.set(delivery.status, "Waiting")
		.set(delivery.attempts, 0)
		.set(delivery.due_at, now_datetime())
		.set(delivery.error, None)
		.where(delivery.name.isin(names))
	).run()
	outbox.start_sending()
	return len(rows)


def start_if_due() -> None:
	"""Every minute: have a worker send what fell due; what a lost job left behind is found here."""
	if frappe.db.exists(
		"Webhook Delivery", {"status": ["in", ["Waiting", "Retry"]], "due_at": ["<=", now_datetime()]}
	):
		frappe.enqueue(
			"storegroup_oms.open_api.delivery.send_due",
			queue="short",
			job_id="oms_webhooks",
			deduplicate=True,
		)


def clear_old_rows() -> None:
	"""Every day: let go of deliveries that have ended and of answers kept for repeated requests."""
	WebhookDelivery.clear_old_logs()
	APIRequest.clear_old_logs()
