"""The seller agrees to refunds of orders that have not left: the order stays stopped, the platform is told.

An agreement is written down first, with the order locked, so that no parcel of it can leave any more; a job tells the
platform then, and again where the answer was lost. What the platform refuses is open again, with its words. The case
ends when the platform says so, as every other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, flt, now_datetime

from storegroup_oms.aftersales.case_effects import apply_cases
from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors.base import PlatformClient, RefundAgreement
from storegroup_oms.connectors.errors import ConnectorError, RetryableError
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.orders import events
from storegroup_oms.transactions import run_in_latest

KIND = "Refund Before Shipping"
SENDING, SENT, FAILED = "Sending", "Sent", "Failed"
LEASE_S = 120
ATTEMPTS = 5
PAUSE_S = 30
CHUNK = 50
RULE_USER = "Administrator"
JOB = "storegroup_oms.aftersales.answering.send"
FIELDS = ("status", "answer_status", "answered_by", "answered_at", "answer_error", "answer_attempts")
GONE = ("Shipped", "In Transit", "Out for Delivery", "Delivered", "Returned")


@dataclass
class Done:
	"""Names of cases that are agreed to, and why others are not."""

	names: list[str] = field(default_factory=list)
	refused: dict[str, str] = field(default_factory=dict)


def agree(names: Iterable[str], user: str) -> Done:
	"""Agree to cases; the platforms are told after commit. Locks their orders, then the cases. Never commits."""
	wanted = sorted(set(names))
	orders = frappe.db.sql_list(
		"SELECT DISTINCT `order` FROM `tabAfter-sale Case` WHERE name IN %s", [wanted or [""]]
	)
	frappe.db.sql(
		"SELECT name FROM tabOrder WHERE name IN %s ORDER BY name FOR UPDATE", [sorted(orders) or [""]]
	)
	cases = {
		row.name: row
		for row in frappe.db.sql(
			"""SELECT name, `order`, kind, status, platform_case_no, answer_status FROM `tabAfter-sale Case`
			WHERE name IN %s ORDER BY name FOR UPDATE""",
			[wanted or [""]],
			as_dict=True,
		)
	}
	left = _find_left(orders)
	done = Done()
	for name in wanted:
		if refusal := _find_refusal(cases.get(name), left):
			done.refused[name] = refusal
		else:
			done.names.append(name)
	_write_agreed([cases[name] for name in done.names], user)
	return done


def _find_left(orders: Sequence[str]) -> set[str]:
	"""Those of the orders of which a parcel has left."""
	return set(
		frappe.db.sql_list(
			"""SELECT DISTINCT link.`order` FROM `tabShipment Order` link
			JOIN tabShipment parcel ON parcel.name = link.parent
			WHERE link.`order` IN %s AND link.parenttype = 'Shipment' AND parcel.status IN %s""",
			(list(orders) or [""], GONE),
		)
	)


def _find_refusal(case: frappe._dict | None, left: set[str]) -> str:
	if case is None:
		return _("There is no such case.")
	if case.kind != KIND:
		return _("Only a refund of what has not been sent is agreed to here.")
	if case.status != "Open":
		status = case.status
		return _("The case is {0} already.").format(_(status))
	if not case.platform_case_no:
		return _("It is not a platform's case: pay it back by hand.")
	if case.order in left:
		return _("A parcel of order {0} has left. Stop it at the courier first.").format(case.order)
	return ""


def _write_agreed(cases: Sequence[frappe._dict], user: str) -> None:
	if not cases:
		return
	values = {
		"status": "Approved",
		"answer_status": SENDING,
		"answered_by": user,
		"answered_at": None,
		"answer_error": None,
		"answer_attempts": 0,
	}
	update_rows("After-sale Case", [{"name": case.name, **values} for case in cases], FIELDS)
	apply_cases(sorted({case.order for case in cases}), user)
	events.record_events(
		{"order": case.order, "event": "Refund agreed", "source": user, "details": {"case": case.name}}
		for case in cases
	)
	frappe.enqueue(JOB, queue="short", timeout=600, enqueue_after_commit=True)


# Telling the platforms


def tick() -> None:
	"""Each minute: what the setting agrees to by itself, then answers that wait."""
	if frappe.db.get_single_value("OMS Settings", "agree_unprinted"):
		names = find_unprinted()
		if names:
			run_in_latest(partial(agree, names, RULE_USER))
	if frappe.db.exists("After-sale Case", {"answer_status": SENDING}):
		frappe.enqueue(JOB, queue="short", timeout=600)


def find_unprinted(limit: int = 200) -> list[str]:
	"""Open cases whose orders have no parcel past print, up to the amount that the setting allows."""
	most = flt(frappe.db.get_single_value("OMS Settings", "agree_up_to"))
	return frappe.db.sql_list(
		"""SELECT matter.name FROM `tabAfter-sale Case` matter JOIN tabShop shop ON shop.name = matter.shop
		WHERE matter.status = 'Open' AND matter.kind = %(kind)s AND matter.platform_case_no > ''
		AND shop.status = 'Active' AND shop.app_key > '' AND (%(most)s = 0 OR matter.amount <= %(most)s)
		AND NOT EXISTS (SELECT 1 FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
			WHERE link.`order` = matter.`order` AND link.parenttype = 'Shipment'
			AND parcel.status NOT IN ('To Print', 'Cancelled'))
		ORDER BY matter.opened_at, matter.name LIMIT %(limit)s""",
		{"kind": KIND, "most": most, "limit": limit},
	)


def send() -> int:
	"""Tell the platforms what has been agreed to; returns how many answers were made. Commits."""
	count = 0
	while cases := run_in_latest(_claim):
		for shop, own in _group(cases).items():
			count += _send_of_shop(shop, own)
	return count


def _claim() -> list[frappe._dict]:
	now = now_datetime()
	cases = frappe.db.sql(
		"""SELECT matter.name, matter.`order`, matter.shop, matter.platform_case_no, matter.amount, matter.answered_by,
		matter.answer_attempts, own.platform_order_no
		FROM `tabAfter-sale Case` matter JOIN tabOrder own ON own.name = matter.`order`
		WHERE matter.answer_status = 'Sending'
		AND (matter.answer_claimed_until IS NULL OR matter.answer_claimed_until < %s)
		ORDER BY matter.name LIMIT %s FOR UPDATE""",
		(now, CHUNK),
		as_dict=True,
	)
	until = add_to_date(now, seconds=LEASE_S)
	update_rows(
		"After-sale Case",
		[{"name": case.name, "answer_claimed_until": until} for case in cases],
		("answer_claimed_until",),
		stamps=False,
	)
	return cases


def _group(cases: Sequence[frappe._dict]) -> dict[str, list[frappe._dict]]:
	shops: dict[str, list[frappe._dict]] = defaultdict(list)
	for case in cases:
		shops[case.shop].append(case)
	return shops


def _send_of_shop(shop: str, cases: list[frappe._dict]) -> int:
	try:
		with open_session(shop) as session:
			results = session.call_each(cases, _tell)
	except ConnectorError as error:
		results = [error] * len(cases)
	run_in_latest(partial(_write_results, cases, results))
	return len(cases)


def _tell(client: PlatformClient, case: frappe._dict) -> None:
	amount = Decimal(str(case.amount or 0)).quantize(Decimal("0.01"))
	client.agree_refund(
		RefundAgreement(case.platform_case_no, case.platform_order_no, amount, case.answered_by or "")
	)


def _write_results(cases: Sequence[frappe._dict], results: Sequence[Exception | None]) -> None:
	"""Taken, to be tried again, or refused and open again."""
	now, rows, reopened = now_datetime(), [], []
	orders = sorted({case.order for case in cases})
	frappe.db.sql("SELECT name FROM tabOrder WHERE name IN %s ORDER BY name FOR UPDATE", [orders])
	for case, error in zip(cases, results, strict=True):
		row = {"name": case.name, "answer_attempts": cint(case.answer_attempts) + 1, "answer_error": None}
		if error is None:
			row |= {"answer_status": SENT, "answered_at": now, "answer_claimed_until": None}
		elif isinstance(error, RetryableError) and row["answer_attempts"] < ATTEMPTS:
			pause = PAUSE_S * row["answer_attempts"]
			row |= {"answer_status": SENDING, "answer_claimed_until": add_to_date(now, seconds=pause)}
		else:
			row |= {"answer_status": FAILED, "answer_claimed_until": None}
			reopened.append(case)
		if error is not None:
			row["answer_error"] = _describe(error)
		rows.append(row)
	update_rows(
		"After-sale Case",
		[{"answered_at": None, **row} for row in rows],
		("answer_status", "answered_at", "answer_error", "answer_attempts", "answer_claimed_until"),
	)
	_reopen(reopened)


def _reopen(cases: Sequence[frappe._dict]) -> None:
	"""What the platform itself has said of a case meanwhile stays."""
	if not cases:
		return
	frappe.db.sql(
		"UPDATE `tabAfter-sale Case` SET status = 'Open' WHERE name IN %s AND status = 'Approved'",
		[[case.name for case in cases]],
	)
	apply_cases(sorted({case.order for case in cases}), "Platform")
	events.record_events(
		{
			"order": case.order,
			"event": "Refund not agreed",
			"source": "Platform",
			"details": {"case": case.name},
		}
		for case in cases
	)


def _describe(error: Exception) -> str:
	if isinstance(error, ConnectorError):
		return f"{error.code}: {error.message}"[:500]
	return str(error)[:500]
