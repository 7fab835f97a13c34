"""What became of differences in stock: recorded once while they last, ended by themselves, or repaired on record.

A repair never edits history. The ledger is the truth where its numbers have no gap; a gap is filled with rows that
say what the rows beside it prove; balances are written anew from it; promises that no ledger row tells of get one.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory import ledger, notices, proof, rebuilding, releasing
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import Balance, Key, lock_balances
from storegroup_oms.inventory.proof import Drift
from storegroup_oms.inventory.reservation import count_lines

FIELDS = (
	"sku",
	"warehouse",
	"kind",
	"status",
	"expected",
	"found",
	"units",
	"amount_expected",
	"amount_found",
	"order",
	"order_item",
	"found_at",
	"seen_at",
	"drift_key",
)
NUMBERS = ("expected", "found", "units", "amount_expected", "amount_found")
TASK_KEY = "stock-drift"
READERS = ("OMS Administrator", "OMS Manager")
REASON_LENGTH = 2


def record(found: Iterable[Drift], scope: dict) -> None:
	"""Write differences down, and end the open ones within `scope` (filters) that are no more. Never commits."""
	drifts = {_make_key(drift): drift for drift in found}
	stored = frappe.get_all(
		"Stock Drift",
		filters={"status": "Open", **scope},
		fields=["name", "drift_key"],
		order_by="name asc",
	)
	known = {row.drift_key: row.name for row in stored}
	now = now_datetime()
	insert_rows(
		"Stock Drift",
		[_make_row(key, drift, now) for key, drift in sorted(drifts.items()) if key not in known],
		FIELDS,
		on_duplicate=("seen_at",),
	)
	still = [
		{"name": known[key], "seen_at": now, **{field: getattr(drift, field) for field in NUMBERS}}
		for key, drift in drifts.items()
		if key in known
	]
	update_rows("Stock Drift", still, (*NUMBERS, "seen_at"))
	gone = [
		{"name": name, "status": "Gone", "ended_at": now} for key, name in known.items() if key not in drifts
	]
	update_rows("Stock Drift", gone, ("status", "ended_at", "drift_key"))


def _make_key(drift: Drift) -> str:
	return make_row_name(drift.kind, drift.sku, drift.warehouse, drift.order, drift.order_item)


def _make_row(key: str, drift: Drift, now: datetime) -> dict:
	return {
		"name": frappe.generate_hash(length=12),
		"sku": drift.sku or None,
		"warehouse": drift.warehouse or None,
		"kind": drift.kind,
		"status": "Open",
		**{field: getattr(drift, field) for field in NUMBERS},
		"order": drift.order or None,
		"order_item": drift.order_item or None,
		"found_at": now,
		"seen_at": now,
		"drift_key": key,
	}


def prove(scope: str, skus: Sequence[str], lines: Sequence[str]) -> dict:
	"""Compare SKUs and order lines, record what differs, tell who has to know. Commits after each chunk.

	Returns the figures of the Stock Proof that it writes: balances, ledger_rows, lines, drifts, units.
	"""
	started_at, balances, ledger_rows = now_datetime(), 0, 0
	for chunk in proof.split(skus, proof.SKUS_AT_ONCE):
		# The snapshot begins with the first read after this.
		frappe.db.commit()
		comparison = proof.compare_places(chunk)
		record(comparison.drifts, {"kind": ["in", proof.PLACE_KINDS], "sku": ["in", chunk]})
		balances += comparison.balances
		ledger_rows += comparison.ledger_rows
	for chunk in proof.split(lines, proof.LINES_AT_ONCE):
		frappe.db.commit()
		record(proof.compare_lines(chunk), {"kind": "Order Line", "order_item": ["in", chunk]})
	frappe.db.commit()
	record(proof.find_ended_promises(), {"kind": "Ended Order"})
	open_rows = frappe.get_all("Stock Drift", filters={"status": "Open"}, pluck="units", order_by="name asc")
	figures = {
		"balances": balances,
		"ledger_rows": ledger_rows,
		"lines": len(lines),
		"drifts": len(open_rows),
		"units": sum(open_rows),
	}
	times = {"started_at": started_at, "ended_at": now_datetime()}
	document = frappe.get_doc({"doctype": "Stock Proof", "scope": scope, **times, **figures})
	document.insert(ignore_permissions=True)  # a job proves, whoever it runs as
	tell()
	frappe.db.commit()
	return figures


def tell() -> None:
	"""Open the task about differences while there are any, close it when there are none. Never commits."""
	rows = frappe.get_all(
		"Stock Drift", filters={"status": "Open"}, fields=["sku", "units"], order_by="name asc"
	)
	if not rows:
		notices.close_task(TASK_KEY)
		return
	subject = _("Stock doesn't add up: {0} pieces of {1} SKUs").format(
		sum(row.units for row in rows), len({row.sku for row in rows})
	)
	description = _(
		"The report Stock Proof says for each SKU what differs. Find out why, then repair it there with a reason."
	)
	task = notices.open_task(
		TASK_KEY, subject, description, priority="Urgent", reference=("Report", "Stock Proof")
	)
	if task:
		notices.tell(notices.find_users(READERS), subject, ("Task", task))


def run_whole() -> None:
	"""The nightly job: everything."""
	prove("Whole", proof.find_all_skus(), proof.find_all_lines())


def run_moved() -> None:
	"""The hourly job: what has been written since the last proof began, and what differed then."""
	since = frappe.get_all(
		"Stock Proof",
		filters={"scope": ["in", ["Whole", "Moved"]]},
		pluck="started_at",
		order_by="started_at desc",
		limit=1,
	)
	if not since:
		run_whole()
		return
	prove("Moved", *proof.find_moved(since[0]))


def enqueue_whole() -> None:
	"""The scheduler's entry, once a night; also the report's button."""
	frappe.enqueue(
		"storegroup_oms.inventory.drifts.run_whole",
		queue="long",
		timeout=3600,
		job_id="stock_proof_whole",
		deduplicate=True,
	)


def enqueue_moved() -> None:
	"""The scheduler's entry, once an hour."""
	frappe.enqueue(
		"storegroup_oms.inventory.drifts.run_moved",
		queue="long",
		timeout=3600,
		job_id="stock_proof_moved",
		deduplicate=True,
	)


# Repair


def repair(names: Iterable[str], reason: str) -> dict[str, str]:
	"""Repair open differences on record; {name: what was done}. What is no longer open is passed over.

	A place is put right as a whole, so that its other differences end with it. Locks orders, balances and
	reservations in this order; never commits. Raises InvalidValueError without a reason.
	"""
	reason = (reason or "").strip()
	if len(reason) < REASON_LENGTH:
		frappe.throw(
			_("Say why stock is repaired. The reason is kept with the record."),
			exc=InvalidValueError,
			title=_("Reason Missing"),
		)
	rows = _find_to_repair(names)
	_lock_orders(row.order for row in rows if row.order)
	keys = {(row.sku, row.warehouse) for row in rows if row.kind in proof.PLACE_KINDS}
	# Rows about one place are repaired, and noted, together.
	by_place = [row for row in _find_of_places(keys) if (row.sku, row.warehouse) in keys]
	balances = lock_balances(
		(row.sku, row.warehouse) for row in [*rows, *by_place] if row.sku and row.warehouse
	)
	notes = {key: _repair_place(key, balances[key], reason) for key in sorted(keys)}
	done = {row.name: notes[row.sku, row.warehouse] for row in by_place}
	for row in rows:
		if row.kind == "Ended Order":
			done[row.name] = _("{0} pieces given back.").format(releasing.release_orders([row.order], reason))
		elif row.kind == "Order Line":
			done[row.name] = _repair_line(row.order_item)
	_note(done, reason)
	return done


def _find_to_repair(names: Iterable[str]) -> list[frappe._dict]:
	return frappe.db.sql(
		"""SELECT name, kind, sku, warehouse, `order`, order_item FROM `tabStock Drift`
		WHERE name IN %s AND status = 'Open' ORDER BY name FOR UPDATE""",
		[sorted(set(names)) or [""]],
		as_dict=True,
	)


def _find_of_places(keys: set[Key]) -> list[frappe._dict]:
	return frappe.get_all(
		"Stock Drift",
		filters={
			"status": "Open",
			"kind": ["in", proof.PLACE_KINDS],
			"sku": ["in", sorted({sku for sku, _warehouse in keys}) or [""]],
		},
		fields=["name", "sku", "warehouse"],
		order_by="name asc",
	)


def _lock_orders(orders: Iterable[str]) -> None:
	frappe.db.sql(
		"SELECT name FROM `tabOrder` WHERE name IN %s ORDER BY name FOR UPDATE", [sorted(set(orders)) or [""]]
	)


def _repair_place(key: Key, balance: Balance, reason: str) -> str:
	"""Fill the ledger's gaps, write the balance anew, and enter what is promised without an entry."""
	notes = []
	if filled := rebuilding.fill_gaps(key, balance, reason):
		notes.append(_("{0} lost entries of the ledger filled in.").format(filled))
	if rebuilding.rebuild_balance(key, balance, reason):
		notes.append(_("Balance written anew from the ledger."))
	origin = {"source": ("Report", "Stock Proof"), "reason": reason}
	if difference := rebuilding.count_promised(key) - balance.reserved:
		ledger.post([Movement(*key, "Adjustment", reserved=difference, **origin)], {key: balance})
		notes.append(_("Reserved adjusted by {0}.").format(difference))
	if difference := rebuilding.count_blocked(key) - balance.blocked:
		ledger.post([Movement(*key, "Adjustment", blocked=difference, **origin)], {key: balance})
		notes.append(_("Not for sale adjusted by {0}.").format(difference))
	if lost := releasing.shed([key], reason):
		notes.append(_("Orders that lost stock: {0}").format(", ".join(lost)))
	return " ".join(notes) or _("Nothing was left to repair.")


def _repair_line(line: str) -> str:
	before = cint(frappe.db.get_value("Order Item", line, "reserved_qty"))
	count_lines([line])
	if not frappe.db.exists("Stock Reservation", {"order_item": line}):
		frappe.db.set_value("Order Item", line, "reserved_qty", 0, update_modified=False)
	after = cint(frappe.db.get_value("Order Item", line, "reserved_qty"))
	return _("Reserved of the order line written anew: {0} instead of {1}.").format(after, before)


def _note(done: dict[str, str], reason: str) -> None:
	ended = [
		{
			"name": name,
			"status": "Repaired",
			"ended_at": now_datetime(),
			"repaired_by": frappe.session.user,
			"repair_reason": reason,
			"repair_note": note,
		}
		for name, note in done.items()
	]
	fields = ("status", "ended_at", "repaired_by", "repair_reason", "repair_note", "drift_key")
	update_rows("Stock Drift", ended, fields)
	tell()


def describe(row: frappe._dict) -> str:
	"""What is wrong, in words, of a row with kind, expected, found and order. Amounts aren't named."""
	sentences: dict[str, str] = {
		"On Hand": _("The balance says {1} on hand, its ledger adds up to {0}."),
		"Reserved": _("The balance says {1} reserved, its ledger adds up to {0}."),
		"In Transit": _("The balance says {1} in transit, its ledger adds up to {0}."),
		"Not for Sale": _("The balance says {1} not for sale, its ledger adds up to {0}."),
		"Batches": _("The balance says {1} not for sale, its expired batches have {0} pieces."),
		"Available": _("The balance says {1} available; what may be sold less safety stock is {0}."),
		"Value": _("The value of the balance is not the sum of its ledger."),
		"Entries": _("Entries 1 to {0} of the ledger belong to this balance; {1} are accounted for."),
		"Promises": _("The balance says {1} reserved, open reservations add up to {0}."),
		"Order Line": _("The line of order {2} says {1} reserved, its reservations make {0}."),
		"Ended Order": _("Order {2} has ended or is gone and still holds {1} pieces."),
	}
	return sentences[row.kind].format(row.expected, row.found, row.order or "")
