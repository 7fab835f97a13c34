"""What people do in the review: clear holds, approve, close, and take the last step back.

Set-based, for one order or hundreds. Each order is done or refused by itself, with the reason. Asks for no permission
but the workflow's roles; callers ask for the documents. Never commits.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import approving, lifecycle, review_states
from storegroup_oms.orders.holds import HOLD_REASONS, join_codes, parse_codes
from storegroup_oms.orders.review_facts import load_details
from storegroup_oms.orders.review_orders import (
	lock_orders,
	make_values,
	read_holds,
	store_changes,
	write_holds,
)
from storegroup_oms.orders.review_texts import explain

UNDER_REVIEW = ("To Review", "On Hold", "Backorder")
APPROVABLE = ("To Review", "On Hold")
# Only other facts lift these: the SKU, the platform's word, stock.
FIXED_BY_STOCK = frozenset(("stock_short", "region_unserved", "courier_unserved", "warehouse_missing"))
FIXED = FIXED_BY_STOCK | {"listing_unmatched", "platform_locked"}
UNDO_HOURS = 12


@dataclass
class Done:
	"""Names of orders that were dealt with, and why others were not; `step` is what `undo` takes back."""

	names: list[str] = field(default_factory=list)
	refused: dict[str, str] = field(default_factory=dict)
	step: str = ""


def clear_holds(names: Iterable[str], codes: Iterable[str] | None = None) -> Done:
	"""Clear these hold reasons of orders, or all that a person may clear; each order goes on when none is left."""
	wanted = None if codes is None else frozenset(codes)
	if wanted is not None and (unknown := wanted - set(HOLD_REASONS)):
		frappe.throw(_("{0} is not a hold reason.").format(", ".join(sorted(unknown))), exc=InvalidValueError)
	if wanted is not None and (fixed := wanted & FIXED):
		frappe.throw(
			_("Nobody can clear this by hand: {0}").format(" ".join(explain(code) for code in sorted(fixed))),
			exc=InvalidValueError,
			title=_("Hold Stays"),
		)
	done = Done()
	orders = _lock(names, UNDER_REVIEW, done)
	clearing = {}
	for order in orders:
		held = parse_codes(order.hold_reasons)
		chosen = (held - FIXED) if wanted is None else held & wanted
		if chosen:
			clearing[order.name] = chosen
		else:
			done.refused[order.name] = _("Holds nothing that can be cleared.")
	chosen_orders = [order for order in orders if order.name in clearing]
	before = {order.name: _remember(order, clearing) for order in chosen_orders}
	_clear(chosen_orders, clearing)
	done.names = sorted(clearing)
	done.step = _record_step("Clear", before)
	return done


def clear_released(order: str, codes: frozenset[str]) -> None:
	"""A person has released one order knowing its holds."""
	(row,) = lock_orders([order], (*UNDER_REVIEW, "To Print"))
	_clear([row], {order: codes - FIXED})


def approve(names: Iterable[str], clearable: Mapping[str, frozenset[str]] | None = None) -> Done:
	"""Approve orders, clearing what a person may clear, or of that only what `clearable` has for the order.

	Raises frappe.PermissionError for roles that may not.
	"""
	_check_role(approving.APPROVED)
	done = Done()
	orders = _lock(names, APPROVABLE, done)
	clearing, staying = {}, {}
	for order in orders:
		held = parse_codes(order.hold_reasons)
		goes = held - FIXED if clearable is None else (held & clearable.get(order.name, frozenset())) - FIXED
		if held - goes:
			staying[order.name] = held - goes
		else:
			clearing[order.name] = held
	done.refused |= _explain(staying)
	chosen = [order for order in orders if order.name in clearing]
	steps = {order.name: _remember(order, clearing) for order in chosen}
	_clear([order for order in chosen if clearing[order.name]], clearing)
	user = frappe.session.user
	done.names = approving.approve_locked(clearing, user, user)
	done.step = _record_step("Approve", steps)
	return done


def close(names: Iterable[str], reason: str) -> Done:
	"""Close orders for good, with the reason on the timeline. Raises frappe.PermissionError for roles that may not."""
	_check_role("Closed")
	reason = (reason or "").strip()[:500]
	if not reason:
		frappe.throw(_("Say why."), exc=InvalidValueError, title=_("Reason Missing"))
	done = Done()
	orders = _lock(names, UNDER_REVIEW, done)
	done.names = lifecycle.move_orders(
		[order.name for order in orders], "Closed", frappe.session.user, {"reason": reason}
	)
	state = review_states.get_state_by_status().get("Closed")
	values = {"closed_at": now_datetime(), "closed_reason": "Other", "hold_reasons": ""}
	rows = [{"name": name, **values, "review_state": state} for name in done.names]
	update_rows("Order", rows, [*values, *(["review_state"] if state else [])])
	_tell_sinks(done.names)
	return done


def _tell_sinks(names: Sequence[str]) -> None:
	for sink in frappe.get_hooks("order_approved_sinks"):
		frappe.get_attr(sink)(names, frappe.session.user)


def undo() -> Done:
	"""Take back the user's last step that is not taken back yet, of the last hours; orders that went on since stay.

	Raises InvalidValueError when there is none.
	"""
	user = frappe.session.user
	rows = frappe.db.sql(
		"""SELECT name, action, orders FROM `tabReview Step` WHERE user = %s AND undone_at IS NULL AND done_at >= %s
		ORDER BY done_at DESC, name LIMIT 1 FOR UPDATE""",
		(user, add_to_date(now_datetime(), hours=-UNDO_HOURS)),
		as_dict=True,
	)
	if not rows:
		frappe.throw(_("There is no step to take back."), exc=InvalidValueError, title=_("Nothing to Undo"))
	step = rows[0]
	before = json.loads(step.orders)
	done = Done(step=step.name)
	# A label that is printed is a parcel; from there on only the warehouse takes an order back.
	possible = UNDER_REVIEW if step.action == "Clear" else ("To Print", "Backorder")
	orders = _lock(before, possible, done)
	_put_back(orders, before, user)
	done.names = [order.name for order in orders]
	if step.action == "Approve":
		_tell_sinks(done.names)
	frappe.db.set_value("Review Step", step.name, "undone_at", now_datetime())
	return done


def _put_back(orders: Sequence[frappe._dict], before: Mapping[str, dict], user: str) -> None:
	known = read_holds([order.name for order in orders])
	states = review_states.get_state_by_status()
	changes, rows = [], []
	for order in orders:
		old = before[order.name]
		codes = parse_codes(old["codes"])
		holds = parse_codes(order.hold_reasons) | codes
		if order.status != "Backorder" or old["status"] != "Backorder":
			status = "On Hold" if holds - FIXED_BY_STOCK else "To Review"
			holds -= FIXED_BY_STOCK
			values = {"status": status, "review_state": states.get(status, order.review_state)}
		else:
			values = {"status": order.status, "review_state": order.review_state}
		changes.append((order, values | {"hold_reasons": join_codes(holds), "tags": order.tags}))
		found = known.get(order.name, {})
		cleared = [found[code] for code in codes if code in found and found[code].state == "Cleared"]
		rows += [{**row, "state": "Open", "cleared_at": None, "cleared_by": None} for row in cleared]
	write_holds(rows)
	store_changes(changes, user, "Step taken back")


def _lock(names: Iterable[str], statuses: Sequence[str], done: Done) -> list[frappe._dict]:
	"""Lock orders; those of another status, or gone, are refused by name."""
	wanted = sorted(set(names))
	orders = lock_orders(wanted, statuses)
	found = {order.name for order in orders}
	others = [name for name in wanted if name not in found]
	if others:
		rows = dict(frappe.db.sql("SELECT name, status FROM tabOrder WHERE name IN %s", [others]))
		for name in others:
			status = rows.get(name) or "Closed"
			done.refused[name] = _("The order is {0} now.").format(_(status))
	return orders


def _clear(orders: Sequence[frappe._dict], clearing: Mapping[str, frozenset[str]]) -> None:
	"""Take holds off locked orders, remember by whom, and tell the timeline."""
	known = read_holds([order.name for order in orders])
	states = review_states.get_state_by_status()
	now, user = now_datetime(), frappe.session.user
	changes, rows = [], []
	for order in orders:
		codes = clearing[order.name]
		values = make_values(order, parse_codes(order.hold_reasons) - codes, states)
		changes.append((order, values))
		for code in sorted(codes):
			row = known.get(order.name, {}).get(code) or {"order": order.name, "code": code, "found_at": now}
			rows.append({**row, "state": "Cleared", "cleared_at": now, "cleared_by": user})
	write_holds(rows)
	store_changes(changes, user, "Hold cleared")
	# Who goes on to lock or move them sees what is stored now.
	for order, values in changes:
		order.update(values)


def _explain(staying: Mapping[str, frozenset[str]]) -> dict[str, str]:
	"""Order → what holds it, in the order in which people read it."""
	known = read_holds(list(staying)) if staying else {}
	return {
		name: " ".join(
			explain(code, load_details(known[name][code].details) if code in known.get(name, {}) else None)
			for code in HOLD_REASONS
			if code in codes
		)
		for name, codes in staying.items()
	}


def _remember(order: frappe._dict, clearing: Mapping[str, frozenset[str]]) -> dict:
	return {"status": order.status, "codes": join_codes(clearing[order.name])}


def _record_step(action: str, orders: Mapping[str, dict]) -> str:
	if not orders:
		return ""
	step = frappe.get_doc(
		{
			"doctype": "Review Step",
			"action": action,
			"user": frappe.session.user,
			"order_count": len(orders),
			"done_at": now_datetime(),
			"orders": json.dumps(orders),
		}
	)
	# Nobody has the right to write steps by hand.
	return step.insert(ignore_permissions=True).name


def _check_role(status: str) -> None:
	"""The workflow says who may bring an order there; without one, whoever may write orders."""
	allowed = review_states.get_roles(status)
	if allowed and not allowed & set(frappe.get_roles()):
		frappe.throw(
			_("Your roles do not include this step: {0}").format(_(status)),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
