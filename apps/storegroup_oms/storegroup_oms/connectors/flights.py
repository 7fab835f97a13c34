"""What is on its way to the platforms: claimed for all shops at once, sent on threads, written down together.

What is carried is a Cargo: stock figures, confirmations of shipments. Each shop has a few calls under way and the rest in a queue of its own, so that a long queue, a slow platform or a
full rate gate of one holds up no other.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Protocol

import frappe

from storegroup_oms.connectors.base import Limits, PlatformClient
from storegroup_oms.connectors.errors import ConnectorError, CredentialError, RetryableError
from storegroup_oms.connectors.fleet import Fleet
from storegroup_oms.connectors.gate import LONGEST_WAIT_S
from storegroup_oms.connectors.http import LONGEST_PAUSE_S, TIMEOUT_S
from storegroup_oms.connectors.leases import LEASE_S
from storegroup_oms.transactions import run_in_latest

CALLS_PER_SHOP = 6
# Fewer than for reading: what failed is claimed anew, with whatever is wanted by then.
ATTEMPTS = 2
LONGEST_CALL_S = ATTEMPTS * (LONGEST_WAIT_S + sum(TIMEOUT_S)) + LONGEST_PAUSE_S
# A call that was begun within this ends within the lease.
BEGIN_WITHIN_S = LEASE_S - LONGEST_CALL_S
EXTEND_EVERY_S = 5.0
WRITE_EVERY_S = 2.0


@dataclass(frozen=True)
class Outcome:
	"""What became of one claimed row; `error` is None when the platform took it."""

	row: frappe._dict
	error: ConnectorError | None = None


class Cargo(Protocol):
	"""Rows of one kind in the database. Rows have `name`, `shop` and `claim`, the token of who claimed them."""

	kind: str

	def claim(self, shops: Sequence[str]) -> list[frappe._dict]:
		"""Rows of shops that are due and nobody's, now ours until the lease ends, all with one token. Commits."""

	def extend(self, claims: dict[str, int]) -> set[str]:
		"""Keep claimed rows for another while; returns the claims that still hold as many as given. Commits."""

	def give_back(self, rows: Sequence[frappe._dict]) -> None:
		"""Rows that could not be sent are soon due again, as if nobody had tried. Doesn't commit."""

	def make_units(self, rows: Sequence[frappe._dict], limits: Limits) -> list[list[frappe._dict]]:
		"""One shop's rows by the calls in which they go."""

	def send(self, client: PlatformClient, rows: Sequence[frappe._dict]) -> list[ConnectorError | None]:
		"""Send a unit, on a thread, without the database; what the platform said of each row, or raises for all."""

	def write_outcomes(self, outcomes: Sequence[Outcome]) -> None:
		"""Write down what became of rows that are still ours. Doesn't commit."""

	def note(self, outcomes: Sequence[Outcome]) -> None:
		"""Called now and then with all outcomes since the last time. Doesn't commit."""


@dataclass
class Lease:
	"""How old a claim is, and how many of its rows are still to be written down."""

	token: str
	open: int
	began: float = field(default_factory=time.monotonic)

	@property
	def is_late(self) -> bool:
		"""A call that was begun now might not end within the lease."""
		return time.monotonic() - self.began > BEGIN_WITHIN_S


@dataclass(frozen=True)
class Unit:
	"""Claimed rows that go in one call."""

	cargo: Cargo
	shop: str
	rows: Sequence[frappe._dict]
	lease: Lease

	def send(self, client: PlatformClient) -> list[ConnectorError | None]:
		"""The call itself, on a thread. Raises the classes of `connectors.errors`."""
		if self.lease.is_late:
			raise RetryableError("lease", "The calls before took too long.")
		client.transport.attempts = ATTEMPTS
		return self.cargo.send(client, self.rows)


class Flights:
	"""`send_due` claims and starts calls, `land` writes down those that have ended; both commit."""

	def __init__(self, fleet: Fleet, cargo: Cargo) -> None:
		self.fleet = fleet
		self.cargo = cargo
		self.waiting: dict[str, deque[Unit]] = {}
		self.flying: dict[Future, Unit] = {}
		self.leases: dict[str, Lease] = {}
		self.landed: list[Outcome] = []
		self.extended_at = self.written_at = time.monotonic()

	@property
	def is_empty(self) -> bool:
		return not (self.flying or self.waiting)

	def send_due(self, shops: Sequence[str]) -> None:
		"""Claim what is due in shops that have nothing queued, and start as many calls as they may have."""
		closed = self.fleet.closed.union(self.waiting)
		rows = self.cargo.claim([shop for shop in shops if shop not in closed])
		if rows:
			lease = Lease(rows[0].claim, len(rows))
			self.leases[lease.token] = lease
			by_shop = defaultdict(list)
			for row in rows:
				by_shop[row.shop].append(row)
			for shop, own in by_shop.items():
				self._queue(shop, own, lease)
			frappe.db.commit()
		self._start()

	def _queue(self, shop: str, rows: Sequence[frappe._dict], lease: Lease) -> None:
		session = self.fleet.find(shop)
		if session is None:
			self._give_back(Unit(self.cargo, shop, rows, lease))
			return
		units = self.cargo.make_units(rows, session.connector.limits)
		self.waiting[shop] = deque(Unit(self.cargo, shop, unit, lease) for unit in units)

	def _start(self) -> None:
		under_way = Counter(unit.shop for unit in self.flying.values())
		for shop, units in list(self.waiting.items()):
			while units and under_way[shop] < CALLS_PER_SHOP:
				unit = units.popleft()
				self.flying[self.fleet.submit(shop, unit.send)] = unit
				under_way[shop] += 1
			if not units:
				del self.waiting[shop]

	def land(self, wait_s: float) -> list[Outcome]:
		"""Wait so long for calls under way, and write down and return what came."""
		self._extend()
		done = wait(self.flying, timeout=wait_s, return_when=FIRST_COMPLETED).done if self.flying else set()
		outcomes: list[Outcome] = []
		for call in done:
			unit = self.flying.pop(call)
			outcomes += self._read(unit, call)
		if outcomes:
			run_in_latest(lambda: self.cargo.write_outcomes(outcomes))
		self.landed += outcomes
		self._note()
		self._start()
		return outcomes

	def _read(self, unit: Unit, call: Future) -> list[Outcome]:
		error = call.exception()
		if isinstance(error, CredentialError):
			self._refuse(unit, error)
			return []
		self._settle(unit)
		if error is not None:
			return [Outcome(row, self._tame(unit.shop, error)) for row in unit.rows]
		self.fleet.note_success(unit.shop)
		return [Outcome(row, error) for row, error in zip(unit.rows, call.result(), strict=True)]

	def _tame(self, shop: str, error: BaseException) -> ConnectorError:
		"""A fault of our own is logged and tried again like the platform's."""
		if isinstance(error, ConnectorError):
			return error
		self.fleet.note_error(shop, error, self.cargo.kind)
		return RetryableError("internal", type(error).__name__)

	def _refuse(self, unit: Unit, error: CredentialError) -> None:
		"""Give back all that the shop has queued too: none of it would be taken."""
		for one in (unit, *self.waiting.pop(unit.shop, ())):
			self._give_back(one)
		self.fleet.note_failure(unit.shop, error)
		frappe.db.commit()

	def _give_back(self, unit: Unit) -> None:
		run_in_latest(lambda: self.cargo.give_back(unit.rows))
		self._settle(unit)

	def _settle(self, unit: Unit) -> None:
		unit.lease.open -= len(unit.rows)
		if not unit.lease.open:
			del self.leases[unit.lease.token]

	def _extend(self) -> None:
		if time.monotonic() - self.extended_at < EXTEND_EVERY_S:
			return
		began = self.extended_at = time.monotonic()
		for token in self.cargo.extend({lease.token: lease.open for lease in self.leases.values()}):
			self.leases[token].began = began

	def _note(self) -> None:
		if time.monotonic() - self.written_at > WRITE_EVERY_S:
			self.finish_notes()

	def finish_notes(self) -> None:
		"""Write down the calls made and let the cargo note what has landed since the last time. Commits."""
		landed, self.landed = self.landed, []
		run_in_latest(lambda: self.cargo.note(landed))
		self.fleet.write_logs()
		self.written_at = time.monotonic()
