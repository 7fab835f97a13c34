"""Goods on the way between two warehouses: received in parts, differences written down and told. Never commits."""

from collections.abc import Mapping
from decimal import Decimal

import frappe
from frappe import _
from frappe.utils import escape_html, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory import ledger, notices
from storegroup_oms.inventory.entries import DOCTYPE, get_batch, get_task_key, set_bins
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.inventory.sheets import read_whole, refuse

OPEN = ("On the Way", "Partly Received")
NOT_ARRIVED, TOO_MANY = "Not arrived", "More arrived than was sent"


def receive(name: str, receipt_count: int, pieces: Mapping[str, object], is_last: bool = False) -> str:
	"""Take in what has arrived of a transfer: {SKU: pieces}; returns the entry's new status.

	`receipt_count` is the number of receipts that the caller has seen: when another one has come since, nothing
	is taken in. More than was sent is booked as found. With `is_last` what is still on the way is written off.
	Differences open a task. Raises InvalidValueError.
	"""
	entry = frappe.get_doc(DOCTYPE, name, for_update=True)
	arrived = _check(entry, receipt_count, pieces, is_last)
	balances = lock_balances((row.sku, entry.to_warehouse) for row in entry.items)
	movements, rows = [], []
	for row in entry.items:
		came = arrived.get(row.sku, 0)
		expected = row.qty - row.received_qty - row.missing_qty
		missing = max(expected - came, 0) if is_last else 0
		movements += _make_movements(entry, row, came, expected, missing)
		if came or missing:
			row.received_qty += came
			row.missing_qty += missing
			rows.append({"name": row.name, "received_qty": row.received_qty, "missing_qty": row.missing_qty})
	ledger.post(movements, balances)
	update_rows("Stock Entry Item", rows, ["received_qty", "missing_qty"])
	set_bins([row for row in entry.items if arrived.get(row.sku)], entry.to_warehouse, balances)
	return _finish(entry)


def _check(entry, receipt_count: int, pieces: Mapping[str, object], is_last: bool) -> dict[str, int]:
	"""What has arrived, {SKU: pieces}, once it is known to belong to an open transfer."""
	problem = ""
	if entry.docstatus != 1 or entry.kind != "Transfer" or entry.status not in OPEN:
		problem = _("Nothing of stock entry {0} is on the way.").format(entry.name)
	elif entry.receipt_count != receipt_count:
		problem = _("Goods of {0} have been received in the meantime. Load it again.").format(entry.name)
	if problem:
		frappe.throw(problem, exc=InvalidValueError, title=_("Can't Be Received"))
	known = {row.sku for row in entry.items}
	counts = {sku: read_whole(count) for sku, count in pieces.items()}
	refuse(
		[
			_("{0} is not part of transfer {1}.").format(sku, entry.name)
			if sku not in known
			else _("{0}: {1} is not a whole number of pieces.").format(sku, pieces[sku])
			for sku, count in counts.items()
			if sku not in known or count is None or count < 0
		]
	)
	if not any(counts.values()) and not is_last:
		refuse([_("Nothing has been received: give the pieces of at least one SKU.")])
	return {sku: count for sku, count in counts.items() if count}


def _make_movements(entry, row, came: int, expected: int, missing: int) -> list[Movement]:
	common = {
		"source": (DOCTYPE, entry.name),
		"unit_cost": Decimal(str(row.unit_cost or 0)),
		"batch": get_batch(row),
	}
	key = f"entry:{entry.name}:{row.idx}:in:{entry.receipt_count + 1}"
	usual, extra = min(came, expected), max(came - expected, 0)
	made = []
	if usual:
		made.append(("Transfer In", usual, -usual, ""))
	if extra:
		made.append(("Adjustment", extra, 0, TOO_MANY))
	if missing:
		made.append(("Adjustment", 0, -missing, NOT_ARRIVED))
	return [
		Movement(
			row.sku,
			entry.to_warehouse,
			kind,
			qty=qty,
			in_transit=transit,
			reason=reason,
			key=f"{key}:{number}",
			**common,
		)
		for number, (kind, qty, transit, reason) in enumerate(made)
	]


def _finish(entry) -> str:
	is_done = all(row.received_qty + row.missing_qty >= row.qty for row in entry.items)
	differing = [row for row in entry.items if row.missing_qty or row.received_qty > row.qty]
	status = "Received" if is_done else "Partly Received"
	entry.db_set(
		{
			"status": status,
			"receipt_count": entry.receipt_count + 1,
			"received_at": now_datetime(),
			"has_differences": 1 if differing else 0,
		}
	)
	if is_done and differing:
		_open_task(entry, differing)
	return status


def _open_task(entry, differing: list) -> None:
	lines = [
		_("{0}: {1} sent, {2} received").format(escape_html(row.sku), row.qty, row.received_qty)
		for row in differing
	]
	notices.open_task(
		get_task_key(entry.name),
		_("Differences in transfer {0} to {1}").format(entry.name, entry.to_warehouse),
		"<br>".join(lines),
		reference=(DOCTYPE, entry.name),
	)
