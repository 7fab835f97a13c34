"""Requests for waybill numbers in the database: one per parcel, owned while a service is asked, written down after.

A parcel has at most one live Waybill (unique `live_key`), whose request key stays the same until a number is there. A
service that may have given a number is only ever asked again with that key, at the same account and courier; so
neither a lost answer nor a killed worker makes a second number. The only writer of Waybill and of a Shipment's number.
Parcels are locked before waybills.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, get_datetime, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.connectors.errors import ConnectorError, RateLimitedError, RetryableError
from storegroup_oms.couriers.waybills.accounts import Account, Book
from storegroup_oms.couriers.waybills.base import Issued, Party
from storegroup_oms.couriers.waybills.facts import Parcel, read_parcels
from storegroup_oms.hashing import hash_text
from storegroup_oms.transactions import run_in_latest

LEASE_S = 60
# A parcel that has not left may get a number.
OPEN_STATUSES = ("To Print", "Printed", "Picked", "Verified")
REQUESTED, ASSIGNED, USED = "Requested", "Assigned", "Used"
TO_RECYCLE, RECYCLED, VOIDED = "To Recycle", "Recycled", "Voided"
ROUTING = (
	"routing_code",
	"big_pen",
	"centre_code",
	"centre_name",
	"origin_code",
	"origin_name",
	"destination_code",
	"destination_name",
)
REQUEST_FIELDS = (
	"shipment",
	"courier",
	"account",
	"provider",
	"shop",
	"warehouse",
	"state",
	"live_key",
	"request_key",
	"generation",
	"is_outcome_open",
	"claim",
	"claimed_until",
	"requested_at",
	"error",
	"attempts",
)


@dataclass
class Ask:
	"""One claimed request. `was_open`: an earlier try may have been heard by the service."""

	waybill: str
	key: str
	parcel: Parcel
	courier: str
	account: Account
	sender: Party
	token: str
	was_open: bool


@dataclass
class Outcome:
	"""What became of an Ask; `advice` says for people why there is no number."""

	ask: Ask
	issued: Issued | None = None
	error: ConnectorError | None = None
	advice: str = ""


@dataclass
class Claimed:
	"""`numbers` are there already; `busy` are asked for by somebody else at this moment."""

	asks: list[Ask] = field(default_factory=list)
	numbers: dict[str, str] = field(default_factory=dict)
	refused: dict[str, str] = field(default_factory=dict)
	busy: list[str] = field(default_factory=list)


def claim(names: Sequence[str]) -> Claimed:
	"""Make the requests of parcels without a number ours, in one transaction; commits."""
	return run_in_latest(lambda: _Claim(names).work())


class _Claim:
	def __init__(self, names: Sequence[str]) -> None:
		self.names = sorted(set(names))
		self.token = frappe.generate_hash(length=12)
		self.found = Claimed()
		self.new: list[dict] = []
		self.taken: list[dict] = []
		self.restored: list[dict] = []

	def work(self) -> Claimed:
		shipments = lock_shipments(self.names)
		self.book = Book()
		self.parcels = read_parcels(shipments)
		self.live = {row.live_key: row for row in _lock_live(self.names)}
		self.dead = set(
			frappe.db.sql(
				"SELECT shipment, number FROM tabWaybill WHERE shipment IN %s AND live_key IS NULL AND number > ''",
				[self.names or [""]],
			)
		)
		self.generations = dict(
			frappe.db.sql(
				"SELECT shipment, MAX(generation) FROM tabWaybill WHERE shipment IN %s GROUP BY shipment",
				[self.names or [""]],
			)
		)
		for name in self.names:
			parcel = self.parcels.get(name)
			if parcel is None:
				self.found.refused[name] = _("There is no such parcel.")
			else:
				self._look(parcel)
		insert_rows("Waybill", self.new, REQUEST_FIELDS)
		update_rows(
			"Waybill",
			self.taken,
			("courier", "account", "provider", "claim", "claimed_until", "is_outcome_open", "requested_at"),
		)
		update_rows("Shipment", self.restored, ("waybill_no",))
		_note_refused({name: text for name, text in self.found.refused.items() if name in self.parcels})
		return self.found

	def _look(self, parcel: Parcel) -> None:
		row, live = parcel.row, self.live.get(parcel.name)
		if live and live.state != REQUESTED and live.courier == row.courier:
			self.found.numbers[parcel.name] = live.number
			if row.waybill_no != live.number:
				self.restored.append({"name": parcel.name, "waybill_no": live.number})
			return
		if not live and row.waybill_no and (parcel.name, row.waybill_no) not in self.dead:
			self.found.numbers[parcel.name] = row.waybill_no
			return
		if refusal := self._find_refusal(parcel, live):
			self.found.refused[parcel.name] = refusal
			return
		if (
			live
			and live.state == REQUESTED
			and get_datetime(live.claimed_until or "2000-01-01") > now_datetime()
		):
			self.found.busy.append(parcel.name)
			return
		if live and (live.state != REQUESTED or (live.is_outcome_open and live.courier != row.courier)):
			retire([live], _("The parcel goes with another courier."))
			row.waybill_no, live = None, None
		self._take(parcel, live)

	def _find_refusal(self, parcel: Parcel, live: frappe._dict | None) -> str:
		row = parcel.row
		if row.status not in OPEN_STATUSES:
			return _("The parcel has left or is cancelled.")
		if row.stop_reasons:
			return _("The parcel is stopped. See its reasons to stop.")
		if not parcel.orders:
			return _("The parcel holds no order.")
		if not row.courier:
			return _("Choose a courier first.")
		if live and live.state == USED:
			return _("The number of this parcel has been handed over already.")
		if live and live.state == ASSIGNED and row.status != "To Print":
			return _("The label was printed for another courier. Void its number first.")
		return ""

	def _take(self, parcel: Parcel, live: frappe._dict | None) -> None:
		"""Claim the request; an account that may have heard it before stays the one to ask."""
		row, account, refusal = parcel.row, None, ""
		if live and live.is_outcome_open:
			account = self.book.accounts.get(live.account)
			if account is None:
				refusal = _("Waybill Account {0}, which was asked before, is gone.").format(live.account)
		else:
			account, refusal = self.book.choose(parcel, row.courier)
		sender = self.book.find_sender(account, row.warehouse) if account else None
		if account and sender is None:
			refusal = _(
				"Warehouse {0} has no complete sender: enter contact, phone and address on it or on {1}."
			).format(row.warehouse, account.name)
		if refusal or account is None or sender is None:
			self.found.refused[parcel.name] = refusal
			return
		values = {
			"courier": row.courier,
			"account": account.name,
			"provider": account.provider,
			"claim": self.token,
			"claimed_until": _get_lease_end(),
			# Whoever is killed while asking has asked.
			"is_outcome_open": 1,
			"requested_at": now_datetime(),
		}
		if live:
			name, key = live.name, live.request_key
			self.taken.append({"name": name, **values})
		else:
			generation = cint(self.generations.get(parcel.name)) + 1
			name, key = frappe.generate_hash(length=16), make_key(parcel.name, generation)
			self.new.append(
				{
					"name": name,
					"shipment": parcel.name,
					"shop": parcel.orders[0].shop,
					"warehouse": row.warehouse,
					"state": REQUESTED,
					"live_key": parcel.name,
					"request_key": key,
					"generation": generation,
					"attempts": 0,
					**values,
				}
			)
		was_open = bool(live and live.is_outcome_open)
		self.found.asks.append(Ask(name, key, parcel, row.courier, account, sender, self.token, was_open))


def make_key(shipment: str, generation: int) -> str:
	"""The request id: the parcel, how many numbers it has had, and a mark of this site.

	A site made anew counts its parcels from 1 again; its services remember the old ones.
	"""
	mark = hash_text("waybill", f"{shipment}/{generation}")[:6]
	return f"{shipment}_{generation}_{mark}"


def lock_shipments(names: Iterable[str]) -> list[frappe._dict]:
	"""Parcels' rows, locked in the order of their names."""
	return frappe.db.sql(
		"""SELECT name, status, warehouse, courier, waybill_no, stop_reasons, weight_g, expected_weight_g
		FROM tabShipment WHERE name IN %s ORDER BY name FOR UPDATE""",
		[sorted(set(names)) or [""]],
		as_dict=True,
	)


def _lock_live(shipments: Sequence[str]) -> list[frappe._dict]:
	return frappe.db.sql(
		"""SELECT name, number, state, courier, account, live_key, request_key, generation, is_outcome_open,
		claimed_until, shipment FROM tabWaybill WHERE live_key IN %s ORDER BY name FOR UPDATE""",
		[list(shipments) or [""]],
		as_dict=True,
	)


def _get_lease_end():
	return add_to_date(now_datetime(), seconds=LEASE_S)


def extend(token: str) -> None:
	"""Keep what is claimed under a token for another while; commits."""
	run_in_latest(
		lambda: frappe.db.sql(
			"UPDATE tabWaybill SET claimed_until = %s WHERE claim = %s", (_get_lease_end(), token)
		)
	)


def write_outcomes(outcomes: Sequence[Outcome]) -> dict[str, str]:
	"""Write down what became of requests that are still ours; returns why parcels got no number. Commits."""
	return run_in_latest(lambda: _write(outcomes)) if outcomes else {}


def _write(outcomes: Sequence[Outcome]) -> dict[str, str]:
	shipments = {row.name: row for row in lock_shipments(one.ask.parcel.name for one in outcomes)}
	ours = dict(
		frappe.db.sql(
			"SELECT name, state FROM tabWaybill WHERE name IN %s AND claim IN %s ORDER BY name FOR UPDATE",
			([one.ask.waybill for one in outcomes], sorted({one.ask.token for one in outcomes})),
		)
	)
	outcomes = [one for one in outcomes if one.ask.waybill in ours]
	foreign = _find_foreign([one for one in outcomes if one.issued])
	refused: dict[str, str] = {}
	given, failed = [], []
	for one in outcomes:
		name = one.ask.parcel.name
		if one.issued and one.ask.waybill not in foreign:
			given.append(one)
			if reason := _find_late_reason(one, shipments.get(name), ours[one.ask.waybill]):
				refused[name] = reason
		else:
			refused[name] = foreign.get(one.ask.waybill) or one.advice
			failed.append(one)
	_store_failed(failed, refused)
	_store_given(given, refused)
	wanted = {one.ask.parcel.name for one in outcomes if ours[one.ask.waybill] == REQUESTED}
	_note_refused({name: text for name, text in refused.items() if name in wanted and name in shipments})
	return refused


def _find_foreign(outcomes: Sequence[Outcome]) -> dict[str, str]:
	"""Numbers that another parcel has: a service's fault that must not become ours."""
	pairs = [(one.ask.courier, one.issued.number) for one in outcomes if one.issued]
	if not pairs:
		return {}
	holders = {
		(courier, number): shipment
		for courier, number, shipment in frappe.db.sql(
			"""SELECT courier, number, shipment FROM tabWaybill WHERE (courier, number) IN %(pairs)s
			AND name NOT IN %(own)s
			UNION ALL SELECT courier, waybill_no, name FROM tabShipment WHERE (courier, waybill_no) IN %(pairs)s
			AND name NOT IN %(parcels)s""",
			{
				"pairs": pairs,
				"own": [one.ask.waybill for one in outcomes],
				"parcels": [one.ask.parcel.name for one in outcomes],
			},
		)
	}
	seen: dict[tuple[str, str], str] = {}
	found = {}
	for one in outcomes:
		key = (one.ask.courier, one.issued.number)
		holder = holders.get(key) or seen.get(key)
		seen.setdefault(key, one.ask.parcel.name)
		if holder:
			found[one.ask.waybill] = _(
				"The service gave number {0}, which belongs to parcel {1}. Tell the service."
			).format(one.issued.number, holder)
	return found


def _find_late_reason(one: Outcome, shipment: frappe._dict | None, state: str) -> str:
	"""Why a number that has come is not wanted any more."""
	if state != REQUESTED:
		return _("The number was given up before it came.")
	if shipment is None or shipment.status not in OPEN_STATUSES:
		return _("The parcel was cancelled meanwhile. Its number is given back.")
	if shipment.courier != one.ask.courier:
		return _("The courier was changed meanwhile. Ask again.")
	return ""


def _store_given(outcomes: Sequence[Outcome], refused: dict[str, str]) -> None:
	now = now_datetime()
	rows, parcels = [], []
	for one in outcomes:
		late = refused.get(one.ask.parcel.name)
		routing = one.issued.routing
		rows.append(
			{
				"name": one.ask.waybill,
				"number": one.issued.number,
				"state": TO_RECYCLE if late else ASSIGNED,
				"live_key": None if late else one.ask.parcel.name,
				"assigned_at": now,
				"is_outcome_open": 0,
				"claim": None,
				"claimed_until": None,
				"error": None,
				"reason": late or None,
				"print_data": routing.payload or None,
				**{field: getattr(routing, field)[:140] or None for field in ROUTING},
			}
		)
		if not late:
			parcels.append(
				{
					"name": one.ask.parcel.name,
					"waybill_no": one.issued.number,
					"waybill_provider": one.ask.account.provider,
					"waybill_requested_at": now,
					"sorting_code": (routing.routing_code or routing.big_pen)[:140] or None,
					"waybill_error": None,
				}
			)
	update_rows("Waybill", rows, tuple(rows[0])[1:] if rows else ("number",))
	update_rows("Shipment", parcels, tuple(parcels[0])[1:] if parcels else ("waybill_no",))


def _store_failed(outcomes: Sequence[Outcome], refused: dict[str, str]) -> None:
	rows = [
		{
			"name": one.ask.waybill,
			"is_outcome_open": int(one.ask.was_open or one.issued is not None or is_open(one.error)),
			"claim": None,
			"claimed_until": None,
			"error": refused[one.ask.parcel.name][:500],
		}
		for one in outcomes
	]
	update_rows("Waybill", rows, ("is_outcome_open", "claim", "claimed_until", "error"))


def is_open(error: BaseException | None) -> bool:
	"""Whether the service may have given a number all the same."""
	if isinstance(error, RateLimitedError):
		return False
	return isinstance(error, RetryableError) or not isinstance(error, ConnectorError)


def _note_refused(refused: dict[str, str]) -> None:
	rows = [{"name": name, "waybill_error": text[:500]} for name, text in refused.items()]
	update_rows("Shipment", rows, ("waybill_error",), stamps=False)


def retire(
	waybills: Sequence[frappe._dict], reason: str, state: str = TO_RECYCLE, leaves_parcel: bool = True
) -> None:
	"""Live waybills (rows with name, shipment and number) are nobody's any more. Parcels are locked. Doesn't commit.

	A parcel keeps the number on its record where `leaves_parcel` is False: a cancelled one is found by its label.
	"""
	rows = [
		{
			"name": row.name,
			"state": state,
			"live_key": None,
			"claim": None,
			"claimed_until": None,
			"reason": reason,
		}
		for row in waybills
	]
	update_rows("Waybill", rows, ("state", "live_key", "claim", "claimed_until", "reason"))
	pairs = [(row.shipment, row.number) for row in waybills if row.number]
	if pairs and leaves_parcel:
		frappe.db.sql(
			"""UPDATE tabShipment SET waybill_no = NULL, sorting_code = NULL, modified = %s
			WHERE (name, waybill_no) IN %s""",
			(now_datetime(), pairs),
		)


def read_numbers(shipments: Sequence[str]) -> dict[str, str]:
	"""Numbers that parcels have by now, read anew."""
	frappe.db.rollback()
	rows = frappe.get_all(
		"Shipment",
		filters={"name": ["in", list(shipments) or [""]], "waybill_no": ["is", "set"]},
		fields=["name", "waybill_no"],
		order_by="name asc",
	)
	return {row.name: row.waybill_no for row in rows}
