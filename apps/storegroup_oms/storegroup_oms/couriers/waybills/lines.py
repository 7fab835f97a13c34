"""Calls to the services of many accounts on threads: gated, recorded without anybody's address, access renewed once."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import frappe

from storegroup_oms.connectors import calls, health
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.errors import ConnectorError, CredentialError
from storegroup_oms.connectors.gate import RedisGate
from storegroup_oms.connectors.http import CallRecord, Transport, scrub
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.couriers.waybills.accounts import Account
from storegroup_oms.couriers.waybills.base import Party, WaybillService
from storegroup_oms.couriers.waybills.cainiao import CainiaoService
from storegroup_oms.couriers.waybills.douyin import DouyinService
from storegroup_oms.couriers.waybills.jd import JDService
from storegroup_oms.couriers.waybills.kdniao import KDNiaoService
from storegroup_oms.couriers.waybills.kuaidi100 import Kuaidi100Service
from storegroup_oms.couriers.waybills.pinduoduo import PinduoduoService

THREADS = 16
CALLS_PER_S, BURST = 30, 60
OF_PLATFORM = {
	"Cainiao": CainiaoService,
	"JD": JDService,
	"Pinduoduo": PinduoduoService,
	"Douyin": DouyinService,
}
Result = TypeVar("Result")
_private = threading.local()


class Lines:
	"""Opens each account's service when it is first needed. Threads make the calls, the database is the caller's.

	Each provider has threads of its own, so that a slow one holds up no other.

	Every call is made once: who asks must know whether an earlier try may have been heard. Use it in a `with`.
	"""

	def __init__(self) -> None:
		self.services: dict[str, WaybillService] = {}
		self.sessions: dict[str, Session] = {}
		self.logs: dict[str, calls.CallLog] = {}
		self.renewed: dict[str, bool] = {}
		self.pools: dict[str, ThreadPoolExecutor] = {}

	def __enter__(self) -> "Lines":
		return self

	def __exit__(self, *error: object) -> None:
		"""Wait for the calls under way and write them down. Rolls back what is open, and commits."""
		for pool in self.pools.values():
			pool.shutdown()
		calls.write_logs(self.logs.values())

	def open(self, account: Account) -> WaybillService:
		"""The account's service. Raises ConnectorError when its shop can't be opened."""
		if account.name not in self.services:
			self.services[account.name] = self._open(account)
		return self.services[account.name]

	def _open(self, account: Account) -> WaybillService:
		log = self.logs.setdefault(account.name, calls.CallLog(account.shop))
		if account.provider in OF_PLATFORM:
			session = self.sessions.get(account.name)
			if session is None:
				if not frappe.db.exists("Shop", account.shop or ""):
					raise CredentialError("no_shop", "The account names no shop.", can_refresh=False)
				session = self.sessions[account.name] = Session(account.shop)
			self._tame(session.client.transport, log)
			return OF_PLATFORM[account.provider](session.client)
		access = account.get_access()
		gate = RedisGate(f"{account.provider}:{access.app_key}", CALLS_PER_S, BURST)
		transport = Transport(gate=gate, secrets=access.secrets)
		self._tame(transport, log)
		if account.provider == "Kuaidi100":
			return Kuaidi100Service(access, transport, now)
		return KDNiaoService(access, transport)

	def _tame(self, transport: Transport, log: calls.CallLog) -> None:
		transport.attempts = 1

		def record(record: CallRecord) -> None:
			texts = getattr(_private, "texts", ())
			log.add(replace(record, error_message=scrub(record.error_message, texts)))

		transport.record = record

	def submit(
		self, account: Account, work: Callable[[], Result], parties: Iterable[Party]
	) -> "Future[Result]":
		"""Have `work` done on a thread; what it raises names none of the parties."""
		texts = list_private(parties)

		def run() -> Result:
			with keep_private(texts):
				return work()

		if account.provider not in self.pools:
			self.pools[account.provider] = ThreadPoolExecutor(THREADS)
		return self.pools[account.provider].submit(run)

	def renew(self, account: Account, error: CredentialError) -> bool:
		"""Whether the account has another access now; tried once for all its refused calls. Commits.

		A shop that is given up is marked by `tokens`.
		"""
		if account.name not in self.renewed:
			self.renewed[account.name] = self._renew(account, error)
		return self.renewed[account.name]

	def _renew(self, account: Account, error: CredentialError) -> bool:
		session = self.sessions.get(account.name)
		if session is None:
			return False
		self.services.pop(account.name, None)
		try:
			session.renew(error)
		except ConnectorError as failure:
			health.note_failure(account.shop, failure)
			frappe.db.commit()
			return False
		return True


def list_private(parties: Iterable[Party]) -> tuple[str, ...]:
	"""Texts of receivers that may not be told on, the longest first."""
	texts = {
		text
		for party in parties
		for text in (party.name, party.mobile, party.address, party.oaid, *party.ciphers)
		if len(text) > 1
	}
	return tuple(sorted(texts, key=lambda text: (-len(text), text)))


@contextmanager
def keep_private(texts: tuple[str, ...]) -> Iterator[None]:
	_private.texts = texts
	try:
		yield
	except ConnectorError as error:
		error.message = scrub(error.message, texts)
		error.args = (f"{error.code}: {error.message}",)
		raise
	finally:
		_private.texts = ()
