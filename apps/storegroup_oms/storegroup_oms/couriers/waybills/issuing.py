"""Waybill numbers for parcels: `ensure_waybills` gives each of them its number once, whoever asks and however often."""

import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from dataclasses import dataclass, field

import frappe
from frappe import _

from storegroup_oms.connectors.errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RetryableError,
	SignatureError,
)
from storegroup_oms.connectors.http import scrub
from storegroup_oms.couriers.waybills import accounts, advice, claims
from storegroup_oms.couriers.waybills.base import Answer, Request, WaybillService, cut
from storegroup_oms.couriers.waybills.claims import Ask, Outcome
from storegroup_oms.couriers.waybills.lines import Lines, list_private
from storegroup_oms.transactions import run_in_latest

PARCELS_AT_ONCE = 200
ROUNDS = 3
PAUSE_S = 0.3
LONGEST_PAUSE_S = 3.0
# No further round is begun after this: whoever waits is told, and may ask again.
ROUNDS_WITHIN_S = 15.0
EXTEND_EVERY_S = 5.0
# So long another worker that asks for the same parcels is waited for.
WAIT_FOR_OTHERS_S = 10.0
LOOK_AGAIN_S = 0.2


@dataclass
class Done:
	"""Numbers by parcel, also those that were there before; and why each of the others has none."""

	numbers: dict[str, str] = field(default_factory=dict)
	refused: dict[str, str] = field(default_factory=dict)


def ensure_waybills(shipments: Iterable[str], lines: Lines | None = None) -> Done:
	"""Give parcels (Shipment names) their waybill numbers; those that have one keep it. Commits; call it from a job.

	The reason of a refusal also stands in the parcel's `waybill_error`. One parcel or service that fails stops no other.
	Who asks again and again keeps `lines` open meanwhile.
	"""
	names = list(dict.fromkeys(shipments))
	done = Done()
	with nullcontext(lines) if lines else Lines() as lines:
		for part in cut(names, PARCELS_AT_ONCE):
			_ensure(lines, part, done)
	return done


def _ensure(lines: Lines, names: Sequence[str], done: Done) -> None:
	waiting, give_up_at = list(names), time.monotonic() + WAIT_FOR_OTHERS_S
	while waiting:
		found = claims.claim(waiting)
		done.numbers |= found.numbers
		done.refused |= found.refused
		refused = ask_services(lines, found.asks)
		done.refused |= refused
		asked = [ask.parcel.name for ask in found.asks if ask.parcel.name not in refused]
		numbers = claims.read_numbers(asked)
		done.numbers |= numbers
		# A claim that ran out while we asked belongs to somebody else now, who is waited for.
		waiting = [*found.busy, *(name for name in asked if name not in numbers)]
		if waiting and time.monotonic() > give_up_at:
			text = _("Somebody else is asking for this number. Look again in a minute.")
			done.refused |= dict.fromkeys(waiting, text)
			return
		if waiting:
			time.sleep(LOOK_AGAIN_S)


def ask_services(lines: Lines, asks: Sequence[Ask]) -> dict[str, str]:
	"""Ask for claimed parcels, again for those whose answer is lost, and write down what came. Returns refusals. Commits."""
	refused: dict[str, str] = {}
	began, asks = time.monotonic(), list(asks)
	for number in range(1, ROUNDS + 1):
		is_last = number == ROUNDS
		again: list[Outcome] = []
		for outcomes in _fly(lines, asks):
			late = is_last or time.monotonic() - began > ROUNDS_WITHIN_S
			final = []
			for one in outcomes:
				if not late and _is_worth_asking_again(lines, one):
					one.ask.was_open |= claims.is_open(one.error)
					again.append(one)
				else:
					final.append(one)
			refused |= claims.write_outcomes(final)
			_note_accounts(final)
		if not again:
			break
		time.sleep(max(_get_pause(one.error) for one in again))
		claims.extend(again[0].ask.token)
		asks = [one.ask for one in again]
	return refused


def _is_worth_asking_again(lines: Lines, one: Outcome) -> bool:
	if isinstance(one.error, CredentialError):
		return lines.renew(one.ask.account, one.error)
	return isinstance(one.error, RetryableError) and _get_pause(one.error) <= LONGEST_PAUSE_S


def _get_pause(error: BaseException | None) -> float:
	if isinstance(error, CredentialError):
		return 0.0
	return getattr(error, "retry_after_s", None) or PAUSE_S


def _fly(lines: Lines, asks: Sequence[Ask]) -> Iterator[list[Outcome]]:
	"""Outcomes as they come; every ask is in one of them. Claims are kept meanwhile."""
	flying: dict[Future, list[Ask]] = {}
	groups: dict[tuple, list[Ask]] = defaultdict(list)
	for ask in asks:
		groups[ask.account.name, ask.courier, ask.parcel.row.warehouse].append(ask)
	book = accounts.Book() if groups else None
	for group in groups.values():
		first = group[0]
		try:
			service = lines.open(first.account)
			contract = book.make_contract(first.account, first.courier)
		except Exception as error:
			yield [_fail(ask, error) for ask in group]
			continue
		for batch in cut(group, service.batch_size):
			requests = [make_request(ask) for ask in batch]
			work = _make_work(service, contract, batch[0], requests)
			parties = [request.receiver for request in requests]
			flying[lines.submit(batch[0].account, work, parties)] = list(batch)
	frappe.db.rollback()
	extended_at = time.monotonic()
	while flying:
		finished = wait(flying, timeout=EXTEND_EVERY_S, return_when=FIRST_COMPLETED).done
		if time.monotonic() - extended_at > EXTEND_EVERY_S / 2:
			claims.extend(asks[0].token)
			extended_at = time.monotonic()
		landed = [one for call in finished for one in _read(call, flying.pop(call))]
		if landed:
			yield landed


def _make_work(service: WaybillService, contract, first: Ask, requests: list[Request]):
	return lambda: service.request(contract, first.sender, requests)


def make_request(ask: Ask) -> Request:
	parcel = ask.parcel
	return Request(
		request_id=ask.key,
		platform=parcel.platform,
		order_nos=parcel.order_nos,
		receiver=parcel.make_receiver(),
		items=tuple(parcel.items),
		weight_g=parcel.weight_g,
	)


def _read(call: "Future[list[Answer]]", asks: Sequence[Ask]) -> list[Outcome]:
	if (error := call.exception()) is not None:
		return [_fail(ask, error) for ask in asks]
	return [
		_fail(ask, answer.error) if answer.error else Outcome(ask, answer.issued)
		for ask, answer in zip(asks, call.result(), strict=True)
	]


def _fail(ask: Ask, error: BaseException) -> Outcome:
	"""A fault of our own is logged, without the receiver, and looks like one of the service."""
	if not isinstance(error, ConnectorError):
		frappe.log_error(
			title="Asking for a waybill failed",
			# Where it happened without what it said, which may name the receiver.
			message="".join([*traceback.format_tb(error.__traceback__), type(error).__name__]),
			reference_doctype="Shipment",
			reference_name=ask.parcel.name,
		)
		error = RetryableError("internal", type(error).__name__)
	error.message = scrub(error.message, list_private([ask.parcel.make_receiver()]))
	return Outcome(ask, error=error, advice=advice.describe(error, ask.account.name))


def _note_accounts(outcomes: Sequence[Outcome]) -> None:
	"""Mark accounts as answering or failing; a refused parcel is an answer. Commits."""
	by_account: dict[str, Outcome] = {}
	for one in outcomes:
		before = by_account.get(one.ask.account.name)
		if before is None or not _is_failure(one):
			by_account[one.ask.account.name] = one
	if by_account:
		run_in_latest(
			lambda: [
				accounts.note_answer(name, one.error if _is_failure(one) else None, one.advice)
				for name, one in sorted(by_account.items())
			]
		)


def _is_failure(one: Outcome) -> bool:
	return isinstance(one.error, RetryableError | CredentialError | SignatureError) and not isinstance(
		one.error, RateLimitedError
	)
