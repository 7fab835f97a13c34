"""What administrators hook to Order without code, fired for orders that are written many at a time.

Set-based SQL runs no document hooks. So a batch leaves one `Order Change` row for each order it wrote, in its own
transaction; after commit a job loads each order and runs the hooks of a save: server scripts (After Insert, After
Save), notifications (New, Save, Value Change), assignment rules, milestones, webhooks and other apps' doc_events. See
docs/adr/0009.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

import frappe
from frappe.realtime import get_doctype_room
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.transactions import run_in_transaction

OWN_APPS = ("frappe", "storegroup_oms")
HOOKS = {"Insert": ("after_insert", "on_update", "on_change"), "Update": ("on_update", "on_change")}
FIELDS = ("order", "change", "status", "attempts", "due_at", "values_before")
ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=1)
LIMIT = 500
BATCH = 20
ERROR_LENGTH = 500
JOB = "order_changes:work_off"
WRITTEN_EVENT = "orders_written"

_LISTENERS = """
	SELECT EXISTS (SELECT 1 FROM `tabServer Script` WHERE disabled = 0 AND script_type = 'DocType Event'
			AND reference_doctype = 'Order' AND doctype_event IN ('After Insert', 'After Save'))
		OR EXISTS (SELECT 1 FROM tabNotification WHERE enabled = 1 AND document_type = 'Order'
			AND event IN ('New', 'Save', 'Value Change', 'Method'))
		OR EXISTS (SELECT 1 FROM `tabAssignment Rule` WHERE disabled = 0 AND document_type = 'Order')
		OR EXISTS (SELECT 1 FROM `tabMilestone Tracker` WHERE disabled = 0 AND document_type = 'Order')
		OR EXISTS (SELECT 1 FROM tabWebhook WHERE enabled = 1 AND webhook_doctype = 'Order')
"""


def has_listeners() -> bool:
	"""True when anything is hooked to Order that only documents would fire; one statement."""
	return bool(frappe.db.sql(_LISTENERS)[0][0]) or any(
		_app_listens(app) for app in frappe.get_installed_apps()
	)


def _app_listens(app: str) -> bool:
	if app in OWN_APPS:
		return False
	for doctypes, events in frappe.get_hooks("doc_events", default={}, app_name=app).items():
		named = doctypes if isinstance(doctypes, tuple) else (doctypes,)
		if ("Order" in named or "*" in named) and not set(HOOKS["Insert"]).isdisjoint(events):
			return True
	return False


def record_changes(inserted: Sequence[str] = (), updated: Iterable[tuple[str, dict]] = ()) -> int:
	"""Note orders that this transaction has inserted or updated; returns how many rows were written.

	`updated` are (order, {field: value before}) of the fields that changed. Without listeners no row is written.
	Open lists are told to refresh either way, once for each call, after commit.
	"""
	updated = list(updated)
	if not (inserted or updated):
		return 0
	_tell_lists(inserted[-1] if inserted else updated[-1][0])
	if not has_listeners():
		return 0
	now = now_datetime()
	common = {"status": "Waiting", "attempts": 0, "due_at": now}
	rows = [{**common, "order": name, "change": "Insert"} for name in inserted]
	rows += [
		{**common, "order": name, "change": "Update", "values_before": json.dumps(before, default=str)}
		for name, before in updated
	]
	for row in rows:
		row["name"] = frappe.generate_hash(length=16)
	enqueue_work()
	return insert_rows("Order Change", rows, FIELDS)


def find_changes(stored: dict, row: dict, fields: Iterable[str]) -> dict:
	"""The values before of those fields that differ; numbers are compared as numbers, None equals empty."""
	return {
		name: stored.get(name) for name in fields if _normalise(stored.get(name)) != _normalise(row.get(name))
	}


def _normalise(value: object) -> object:
	if value is None or value == "":
		return ""
	return round(float(value), 6) if hasattr(value, "as_integer_ratio") else value


def _tell_lists(name: str) -> None:
	user = frappe.session.user
	room = get_doctype_room("Order")
	frappe.publish_realtime(
		"list_update", {"doctype": "Order", "name": name, "user": user}, doctype="Order", after_commit=True
	)
	# Frappe's own event names one record; the list of orders listens to ours and reads itself anew.
	frappe.publish_realtime(WRITTEN_EVENT, {"user": user}, room=room, after_commit=True)


def enqueue_work(deduplicate: bool = True) -> None:
	"""Have the rows worked off in the background, after commit."""
	frappe.enqueue(
		"storegroup_oms.orders.outbox.run_work",
		queue="default",
		timeout=1500,
		job_id=JOB if deduplicate else None,
		deduplicate=deduplicate,
		enqueue_after_commit=True,
	)


def enqueue_waiting() -> None:
	"""The scheduler's safety net: a job for rows whose own job was lost or that wait for their next attempt."""
	if _find_due(1):
		# The job of a killed worker counts as running for minutes and must not keep this one away.
		enqueue_work(deduplicate=False)


def run_work() -> None:
	"""The background job of `enqueue_work`: as Administrator, and again while there is more. Commits."""
	user = frappe.session.user
	# What administrators set up must not fail for the rights of whoever loaded the orders.
	frappe.set_user("Administrator")
	try:
		while work_off():
			pass
	finally:
		frappe.set_user(user)


def work_off(limit: int = LIMIT) -> int:
	"""Run the hooks of at most `limit` waiting changes that are due, oldest first; returns how many were worked on.

	Each is one transaction: its hooks' writes and the deletion of its row are committed together, or neither
	is. A row that another worker holds is passed over. A change whose hook fails is tried again later, five
	times in all, then it stays as Failed; the others go on. Commits.
	"""
	done = 0
	while done < limit:
		frappe.db.commit()
		names = _find_due(min(BATCH, limit - done))
		worked = sum(_work_one(name) for name in names)
		if not worked:
			break
		done += worked
	return done


def _find_due(limit: int) -> list[str]:
	return frappe.get_all(
		"Order Change",
		filters={"status": "Waiting", "due_at": ("<=", now_datetime())},
		pluck="name",
		order_by="due_at asc, name asc",
		limit=limit,
	)


def _work_one(name: str) -> bool:
	"""Work on one change; False when another worker has it or had it."""
	try:
		return run_in_transaction(partial(_fire_claimed, name))
	except Exception as error:
		frappe.db.rollback()
		_put_off(name, error)
		frappe.db.commit()
		return True
	finally:
		frappe.clear_messages()


def _fire_claimed(name: str) -> bool:
	table = frappe.qb.DocType("Order Change")
	rows = (
		frappe.qb.from_(table)
		.select(table.order, table.change, table.values_before)
		.where((table.name == name) & (table.status == "Waiting"))
		.for_update(skip_locked=True)
	).run(as_dict=True)
	if not rows:
		return False
	fire_hooks(rows[0].order, rows[0].change, frappe.parse_json(rows[0].values_before) or {})
	frappe.db.delete("Order Change", {"name": name})
	return True


def _put_off(name: str, error: Exception) -> None:
	"""Keep a change whose hook failed, with its error, for a later attempt or for a person to see."""
	row = frappe.db.get_value("Order Change", name, ["order", "attempts"], as_dict=True, for_update=True)
	if not row:
		return
	attempts = row.attempts + 1
	frappe.log_error(
		title=f"A hook on order {row.order} failed", reference_doctype="Order Change", reference_name=name
	)
	table = frappe.qb.DocType("Order Change")
	(
		frappe.qb.update(table)
		.set(table.attempts, attempts)
		.set(table.status, "Failed" if attempts >= ATTEMPTS else "Waiting")
		.set(table.due_at, now_datetime() + FIRST_PAUSE * 2 ** (attempts - 1))
		.set(table.error_message, f"{type(error).__name__}: {error}"[:ERROR_LENGTH])
		.where(table.name == name)
	).run()


def fire_hooks(order: str, change: str, before: dict) -> None:
	"""Run everything that a save of this order would run after its row is written, but our own controller.

	`before` holds the former values of changed fields, for whatever compares. An order that is gone is passed over.
	"""
	if not frappe.db.exists("Order", order):
		return
	doc = frappe.get_doc("Order", order)
	doc.flags.in_insert = change == "Insert"
	if change == "Update":
		doc.flags.values_before = before
	# Frappe fires a webhook once for a document and request; here each change is a request of its own.
	frappe.flags.webhooks_executed = {}
	for hook in HOOKS[change]:
		doc.flags.is_replay = True
		doc.run_method(hook)
