"""What becomes of numbers afterwards: used when the parcel leaves, given back when it is cancelled, voided by hand."""

from collections.abc import Sequence

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors.errors import ConnectorError, RefusedError
from storegroup_oms.couriers.waybills import accounts, advice, claims, issuing
from storegroup_oms.couriers.waybills.claims import (
	ASSIGNED,
	OPEN_STATUSES,
	RECYCLED,
	REQUESTED,
	TO_RECYCLE,
	USED,
	VOIDED,
	Ask,
)
from storegroup_oms.couriers.waybills.lines import Lines
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.transactions import run_in_latest

LEFT = ("Shipped", "In Transit", "Out for Delivery", "Delivered", "Returned")
BATCH = 100
BATCHES_PER_JOB = 50
LEASE_MINUTES = 10
# A number that a service refuses so often stays with us for good.
GIVE_UP_AFTER = 5


def note_changes(changes: Sequence[dict]) -> None:
	"""The hook `shipment_change_sinks`: numbers of parcels that left are used, of cancelled ones to be given back."""
	left = [change["name"] for change in changes if change["to_status"] in LEFT]
	gone = [change["name"] for change in changes if change["to_status"] == "Cancelled"]
	if left:
		frappe.db.sql(
			"UPDATE tabWaybill SET state = %s, used_at = %s WHERE live_key IN %s AND state = %s",
			(USED, now_datetime(), sorted(left), ASSIGNED),
		)
	if gone:
		_retire_of(sorted(gone), _("The parcel was cancelled."))


def _retire_of(shipments: Sequence[str], reason: str) -> None:
	"""A request that nobody has heard goes; one under way is written down by whoever asks."""
	rows = frappe.db.sql(
		"""SELECT name, number, shipment, courier, state, is_outcome_open FROM tabWaybill
		WHERE live_key IN %s AND state IN %s AND (claimed_until IS NULL OR claimed_until < %s)
		ORDER BY name FOR UPDATE""",
		(list(shipments) or [""], (REQUESTED, ASSIGNED), now_datetime()),
		as_dict=True,
	)
	heard = [row for row in rows if row.number or row.is_outcome_open]
	unheard = [row for row in rows if not (row.number or row.is_outcome_open)]
	claims.retire(heard, reason, leaves_parcel=False)
	claims.retire(unheard, reason, VOIDED, leaves_parcel=False)


def settle() -> None:
	"""Find what the hook has missed: parcels changed by hand, or whose worker was killed while asking. Commits."""

	def work() -> None:
		rows = frappe.db.sql(
			"""SELECT waybill.live_key, parcel.status FROM tabWaybill waybill
			LEFT JOIN tabShipment parcel ON parcel.name = waybill.live_key
			WHERE waybill.state IN %s AND (parcel.name IS NULL OR parcel.status NOT IN %s)
			ORDER BY waybill.live_key LIMIT 5000""",
			((REQUESTED, ASSIGNED), OPEN_STATUSES),
			as_dict=True,
		)
		claims.lock_shipments(row.live_key for row in rows)
		note_changes([{"name": row.live_key, "to_status": row.status or "Cancelled"} for row in rows])

	run_in_latest(work)


def recycle() -> dict[str, int]:
	"""Give back every number that is to be: {recycled, failed}. Commits; once a day, or by hand."""
	settle()
	counts = {"recycled": 0, "failed": 0}
	with Lines() as lines:
		for _turn in range(BATCHES_PER_JOB):
			rows = run_in_latest(_claim)
			if not rows:
				break
			book = accounts.Book()
			_learn_numbers(lines, [row for row in rows if not row.number], book)
			_give_back(lines, [row for row in rows if row.number], book, counts)
	return counts


def _claim() -> list[frappe._dict]:
	now = now_datetime()
	rows = frappe.db.sql(
		"""SELECT name, number, courier, account, shipment, request_key, attempts FROM tabWaybill
		WHERE state = %s AND (claimed_until IS NULL OR claimed_until < %s) ORDER BY name LIMIT %s
		FOR UPDATE SKIP LOCKED""",
		(TO_RECYCLE, now, BATCH),
		as_dict=True,
	)
	token = frappe.generate_hash(length=12)
	until = add_to_date(now, minutes=LEASE_MINUTES)
	for row in rows:
		row.token = token
	update_rows(
		"Waybill",
		[{"name": row.name, "claim": token, "claimed_until": until} for row in rows],
		("claim", "claimed_until"),
	)
	return rows


def _learn_numbers(lines: Lines, rows: Sequence[frappe._dict], book: accounts.Book) -> None:
	"""Ask once more with the same key for numbers that may have been given and were never heard of."""
	shipments = frappe.db.sql(
		"""SELECT name, status, warehouse, courier, waybill_no, stop_reasons, weight_g, expected_weight_g
		FROM tabShipment WHERE name IN %s ORDER BY name""",
		[[row.shipment for row in rows] or [""]],
		as_dict=True,
	)
	parcels = claims.read_parcels(shipments)
	asks, lost = [], []
	for row in rows:
		parcel, account = parcels.get(row.shipment), book.accounts.get(row.account)
		sender = book.find_sender(account, parcel.row.warehouse) if account and parcel else None
		if parcel is None or not parcel.orders or account is None or sender is None:
			lost.append(
				{"name": row.name, "state": VOIDED, "error": _("Whether a number was given is not known.")}
			)
			continue
		asks.append(Ask(row.name, row.request_key, parcel, row.courier, account, sender, row.token, True))
	run_in_latest(lambda: update_rows("Waybill", lost, ("state", "error")))
	issuing.ask_services(lines, asks)
	run_in_latest(lambda: _put_off([ask.waybill for ask in asks]))


def _put_off(waybills: Sequence[str]) -> None:
	"""Those that still have no number wait for another day; after several they are voided."""
	rows = frappe.get_all(
		"Waybill",
		filters={"name": ["in", list(waybills) or [""]], "number": ["is", "not set"]},
		fields=["name", "attempts"],
		order_by="name asc",
	)
	for row in rows:
		row.attempts = cint(row.attempts) + 1
		row.state = VOIDED if row.attempts >= GIVE_UP_AFTER else TO_RECYCLE
		row.claimed_until = add_to_date(now_datetime(), minutes=LEASE_MINUTES)
	update_rows("Waybill", rows, ("state", "attempts", "claimed_until"))


def _give_back(
	lines: Lines, rows: Sequence[frappe._dict], book: accounts.Book, counts: dict[str, int]
) -> None:
	calls = []
	for row in rows:
		account = book.accounts.get(row.account)
		try:
			if account is None:
				raise RefusedError("no_account", _("The Waybill Account is gone."))
			service, contract = lines.open(account), book.make_contract(account, row.courier)
		except ConnectorError as error:
			calls.append((row, error))
			continue
		calls.append((row, lines.submit(account, _make_cancel(service, contract, row), ())))
	written = []
	for row, call in calls:
		error = call if isinstance(call, ConnectorError) else call.exception()
		counts["failed" if error else "recycled"] += 1
		written.append(_make_result(row, error))
	run_in_latest(
		lambda: update_rows(
			"Waybill",
			written,
			("state", "recycled_at", "attempts", "error", "claim", "claimed_until"),
		)
	)


def _make_cancel(service, contract, row: frappe._dict):
	return lambda: service.cancel(contract, row.number, row.request_key)


def _make_result(row: frappe._dict, error: BaseException | None) -> dict:
	attempts = cint(row.attempts) + 1
	result = {"name": row.name, "attempts": attempts, "claim": None}
	if error is None:
		return {
			**result,
			"state": RECYCLED,
			"recycled_at": now_datetime(),
			"claimed_until": None,
			"error": None,
		}
	text = advice.describe(error, row.account) if isinstance(error, ConnectorError) else type(error).__name__
	state = VOIDED if isinstance(error, RefusedError) and attempts >= GIVE_UP_AFTER else TO_RECYCLE
	return {
		**result,
		"state": state,
		"recycled_at": None,
		"error": text[:500],
		# Not again in this run.
		"claimed_until": add_to_date(now_datetime(), minutes=LEASE_MINUTES),
	}


def enqueue_settle() -> None:
	"""Each hour."""
	_enqueue("settle")


def enqueue_recycle() -> None:
	"""Each night."""
	_enqueue("recycle")


def _enqueue(name: str) -> None:
	frappe.enqueue(
		f"{__name__}.{name}",
		queue="long",
		job_id=f"waybills_{name}::{frappe.local.site}",
		deduplicate=True,
	)


def void(waybill: str, reason: str, give_back: bool = True) -> str:
	"""Take a number from its parcel by hand, for a reason; returns its new state. Doesn't commit.

	It goes back to the service unless `give_back` is False; one that waits for that is voided. The parcel may ask for
	another. Raises InvalidValueError for a number that is used, gone already, or of a verified parcel.
	"""
	if not (reason or "").strip():
		_refuse(_("Say why the number is voided."))
	shipment = frappe.db.get_value("Waybill", waybill, "shipment")
	parcels = claims.lock_shipments([shipment or ""])
	row = frappe.db.sql(
		"""SELECT name, number, shipment, courier, state, is_outcome_open, claimed_until FROM tabWaybill
		WHERE name = %s FOR UPDATE""",
		waybill,
		as_dict=True,
	)[0]
	if row.state not in (REQUESTED, ASSIGNED, TO_RECYCLE):
		_refuse(_("The number is {0} already.").format(_(row.state)))
	if row.claimed_until and row.claimed_until > now_datetime():
		_refuse(_("The service is being asked at this moment. Try again in a minute."))
	if row.state == ASSIGNED and parcels and parcels[0].status == "Verified":
		_refuse(_("The parcel has been verified. Take that back first."))
	wanted = (
		TO_RECYCLE
		if give_back and row.state != TO_RECYCLE and (row.number or row.is_outcome_open)
		else VOIDED
	)
	claims.retire([row], reason.strip(), wanted)
	return wanted


def _refuse(text: str) -> None:
	frappe.throw(text, exc=InvalidValueError, title=_("Number Stays"))
