"""Automatic checks of orders before they go on: findings become coded holds or tags, and go when the reason goes.

The database tells which orders are to be looked at (`is_checked` 0), so that nothing depends on a wake-up that may be
lost, any number of jobs may run at once, and one that is killed costs a minute. A batch costs a fixed number of
statements. What a person has cleared stays cleared until the facts that were judged change.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import frappe
import redis
from frappe.model.document import Document
from frappe.utils import now_datetime

from storegroup_oms.hashing import hash_text
from storegroup_oms.orders import approving, review_states, review_steps
from storegroup_oms.orders.holds import join_codes, parse_codes
from storegroup_oms.orders.review_facts import read_checks, read_facts
from storegroup_oms.orders.review_orders import (
	lock_orders,
	make_values,
	read_holds,
	store_changes,
	write_holds,
)
from storegroup_oms.orders.review_rules import CHECKS, HOLD, TAG, Finding, find_all
from storegroup_oms.transactions import run_in_latest

SOURCE = "Review"
CHUNK = 200
WAKE_LIFE_S = 15
JOB = "storegroup_oms.orders.review.run"
# An approved order that waits for stock is held too when it changes; it stops on its way to the warehouse then.
CHECKED = ("To Review", "On Hold", "Backorder")
# Timeline rows after which an order is to be looked at again.
WAKING = frozenset(
	(
		"Order received",
		"Order created",
		"Order changed by platform",
		"Lines matched to SKUs",
		"Receiver corrected",
	)
)
# What a change by hand must touch to have the order looked at again.
WATCHED = (
	"order_type",
	"customer",
	"receiver_name",
	"receiver_mobile",
	"province",
	"city",
	"district",
	"address",
	"buyer_message",
	"seller_memo",
	"invoice_kind",
	"goods_amount",
	"discount_amount",
	"freight_amount",
	"total_amount",
	"paid_amount",
	"sku_summary",
	"planned_ship_on",
)
# The platform's word puts these on an order; no check takes them off again.
_PLATFORM_CODES = frozenset(("invoice_requested", "balance_unpaid"))
_OWN_CODES = frozenset(CHECKS) - _PLATFORM_CODES


@dataclass
class Result:
	"""Names of orders that were looked at, that are held now, and that went on by a rule."""

	checked: list[str] = field(default_factory=list)
	held: list[str] = field(default_factory=list)
	approved: list[str] = field(default_factory=list)

	def add(self, other: "Result") -> None:
		self.checked += other.checked
		self.held += other.held
		self.approved += other.approved


# Jobs


def wake() -> bool:
	"""Start the job after commit, unless it was asked for a moment ago; True when this call did."""
	with suppress(redis.RedisError):
		if not frappe.cache.set(_get_wake_key(), "1", nx=True, ex=WAKE_LIFE_S):
			return False
	frappe.enqueue(JOB, queue="default", timeout=1500, enqueue_after_commit=True)
	return True


def _get_wake_key() -> bytes:
	return frappe.cache.make_key("oms:wake:review")


def tick() -> None:
	"""Each minute: a job where the database says that there is work."""
	if find_unchecked(1) or approving.find_ready(limit=1):
		frappe.enqueue(JOB, queue="default", timeout=1500)


def note_events(rows: Sequence[dict]) -> None:
	"""The hook `order_event_sinks`: orders that changed are looked at again. A new one is unchecked from the start."""
	touched = [row for row in rows if row["event"] in WAKING]
	changed = [row["order"] for row in touched if row["event"] not in ("Order received", "Order created")]
	reopen(changed)
	if touched:
		wake()


def note_saved(order: Document) -> None:
	"""The hook `order_saved_sinks`: what a person changed is looked at again; whom a person released, is cleared."""
	before = order.get_doc_before_save()
	if not before:
		return
	if before.status == "On Hold" and order.status in ("To Review", "To Print") and before.hold_reasons:
		_clear_released(order)
	if any((order.get(name) or "") != (before.get(name) or "") for name in WATCHED):
		reopen([order.name])
		wake()


def _clear_released(order: Document) -> None:
	"""A person let the order go on knowing its holds; those that only facts can lift stay."""
	review_steps.clear_released(order.name, parse_codes(order.hold_reasons))
	order.reload()


def reopen(names: Sequence[str]) -> None:
	"""Have orders looked at again by the next job."""
	if names:
		frappe.db.sql(
			"UPDATE tabOrder SET is_checked = 0 WHERE name IN %s AND is_checked = 1", [sorted(names)]
		)


def reopen_all(shop: str | None = None) -> None:
	"""Have all orders under review looked at again, of one shop or all, and start the job."""
	of_shop = "AND shop = %(shop)s" if shop else ""
	frappe.db.sql(
		f"UPDATE tabOrder SET is_checked = 0 WHERE is_checked = 1 AND status IN %(statuses)s {of_shop}",
		{"statuses": CHECKED, "shop": shop},
	)
	wake()


def run() -> Result:
	"""The background job: check what is unchecked, then let go on what a rule lets. Commits for each chunk."""
	with suppress(redis.RedisError):
		frappe.cache.delete(_get_wake_key())
	result = Result()
	failed: set[str] = set()
	while names := [name for name in find_unchecked(CHUNK + len(failed)) if name not in failed][:CHUNK]:
		failed |= _work_off(names, partial(_check_into, result))
	_work_off(approving.find_ready(), partial(_approve_into, result))
	return result


def _check_into(result: Result, names: Sequence[str]) -> None:
	result.add(run_in_latest(partial(check_orders, names)))


def _approve_into(result: Result, names: Sequence[str]) -> None:
	result.approved += run_in_latest(partial(approving.approve_ready, names))


def _work_off(names: Sequence[str], work: Callable[[Sequence[str]], None]) -> set[str]:
	"""Do the work for all; where that fails for halves of them, down to the one that is to blame: these are returned."""
	failed: set[str] = set()
	for start in range(0, len(names), CHUNK):
		failed |= _try(names[start : start + CHUNK], work)
	return failed


def _try(names: Sequence[str], work: Callable[[Sequence[str]], None]) -> set[str]:
	try:
		work(names)
		return set()
	except Exception:
		frappe.db.rollback()
		if len(names) > 1:
			half = len(names) // 2
			return _try(names[:half], work) | _try(names[half:], work)
		frappe.log_error(
			title="Order could not be checked", reference_doctype="Order", reference_name=names[0]
		)
		frappe.db.commit()
		return set(names)


# Approving


def approve(names: Iterable[str], clears_holds: bool = False) -> review_steps.Done:
	"""Approve orders for a person; those that no check has seen in their present state are checked first.

	With `clears_holds` what held an order before goes. All other holds refuse it with the reason: nobody has looked
	at them. Raises frappe.PermissionError for roles that may not.
	"""
	orders = lock_orders(names, review_steps.APPROVABLE)
	seen = {order.name: parse_codes(order.hold_reasons) if clears_holds else frozenset() for order in orders}
	if seen:
		check_orders(
			frappe.db.sql_list("SELECT name FROM tabOrder WHERE name IN %s AND is_checked = 0", [list(seen)])
		)
	return review_steps.approve(names, seen)


# Checking


def find_unchecked(limit: int) -> list[str]:
	"""Orders that are to be looked at, in name order; by index alone."""
	return frappe.db.sql_list(
		"SELECT name FROM tabOrder WHERE is_checked = 0 AND status IN %s ORDER BY name LIMIT %s",
		(CHECKED, limit),
	)


def check_orders(names: Iterable[str]) -> Result:
	"""Look at orders by the active checks; what is found becomes holds and tags. Locks the orders. Never commits."""
	orders = lock_orders(names, CHECKED)
	result = Result(checked=[order.name for order in orders])
	if not orders:
		return result
	checks = read_checks()
	known = read_holds([order.name for order in orders])
	states = review_states.get_state_by_status()
	changes, rows = [], []
	for order, facts in zip(orders, read_facts(orders, checks), strict=True):
		findings = find_all(facts, checks.get(order.shop, checks.get("", {})))
		new, open_codes = _compare_holds(order.name, findings, known.get(order.name, {}))
		rows += new
		changes.append((order, _settle(order, findings, open_codes, known.get(order.name, {}), states)))
	write_holds(rows)
	store_changes(changes, SOURCE, "Checked")
	frappe.db.sql("UPDATE tabOrder SET is_checked = 1 WHERE name IN %s", [result.checked])
	result.held = [order.name for order, values in changes if values["hold_reasons"]]
	return result


def _compare_holds(
	order: str, findings: Sequence[Finding], known: dict[str, frappe._dict]
) -> tuple[list[dict], set[str]]:
	"""Rows of Order Hold that change, and the codes that hold the order."""
	now = now_datetime()
	rows, open_codes, found = [], set(), set()
	for finding in findings:
		found.add(finding.code)
		if finding.effect != HOLD:
			continue
		seen = hash_text("hold", json.dumps(finding.facts, ensure_ascii=False, default=str))
		row = known.get(finding.code)
		if row and row.state == "Cleared" and row.facts_hash == seen:
			continue
		open_codes.add(finding.code)
		if not row or row.state != "Open" or row.facts_hash != seen:
			details = json.dumps(finding.details, ensure_ascii=False)
			values = {"state": "Open", "found_at": now, "details": details, "facts_hash": seen}
			rows.append({"order": order, "code": finding.code, **values})
	gone = [
		row
		for code, row in known.items()
		if row.state == "Open" and code in CHECKS and code not in open_codes
	]
	rows += [{**row, "state": "Gone"} for row in gone]
	return rows, open_codes


def _settle(
	order: frappe._dict,
	findings: Sequence[Finding],
	open_codes: set[str],
	known: dict[str, frappe._dict],
	states: dict[str, str],
) -> dict:
	"""Values of `ORDER_FIELDS` after the checks."""
	stored = parse_codes(order.hold_reasons)
	cleared = {code for code, row in known.items() if row.state == "Cleared" and code not in open_codes}
	holds = (stored - _OWN_CODES - (_PLATFORM_CODES & cleared)) | open_codes
	tags = (parse_codes(order.tags) - frozenset(CHECKS)) | {row.code for row in findings if row.effect == TAG}
	return make_values(order, holds, states) | {"tags": join_codes(tags)}
