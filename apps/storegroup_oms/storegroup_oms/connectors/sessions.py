"""One shop's client for one job: calls are gated and recorded, and an expired token is renewed on the way."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import frappe

from storegroup_oms.connectors import calls, tokens
from storegroup_oms.connectors.accounts import get_account, now
from storegroup_oms.connectors.base import Account, PlatformClient
from storegroup_oms.connectors.errors import CredentialError
from storegroup_oms.connectors.gate import RedisGate
from storegroup_oms.connectors.http import Transport
from storegroup_oms.connectors.registry import Connector, get_connector
from storegroup_oms.transactions import run_in_transaction

THREADS = 6
KEEP_EVERY_S = 5.0
Item = TypeVar("Item")
Result = TypeVar("Result")


class Session:
	"""One shop's client for one job: calls are gated, recorded, and survive an expired token once."""

	def __init__(self, shop: str) -> None:
		self.shop = shop
		platform = frappe.db.get_value("Shop", shop, "platform")
		self.platform = platform
		self.connector: Connector = get_connector(platform)
		self.log = calls.CallLog(shop)
		self._extend: Callable[[], object] | None = None
		self._extended_at = 0.0
		self.client = self._make_client(get_account(shop))

	def _make_client(self, account: Account) -> PlatformClient:
		limits = self.connector.limits
		transport = Transport(
			gate=RedisGate(f"{self.platform}:{account.app_key}", limits.calls_per_s, limits.burst),
			record=self.log.add,
			secrets=account.secrets,
		)
		return self.connector.client(account, transport, now)

	@contextmanager
	def keep(self, extend: Callable[[], object]) -> Iterator[None]:
		"""Call `extend` between calls to the platform, every 5 s at most, as a transaction of its own.

		So that what is claimed for a short time stays ours while calls take long, and is soon free when this
		process is killed. Calls inside must be made outside of a transaction.
		"""
		self._extend, self._extended_at = extend, time.monotonic()
		try:
			yield
		finally:
			self._extend = None

	def _keep_on(self) -> None:
		if self._extend and time.monotonic() - self._extended_at > KEEP_EVERY_S:
			run_in_transaction(self._extend)
			self._extended_at = time.monotonic()

	def call(self, work: Callable[[PlatformClient], Result]) -> Result:
		"""Call `work` with the client; when the token has expired, refresh it and call once more.

		Commits what was open before a refresh. Raises the classes of `connectors.errors`.
		"""
		self._keep_on()
		try:
			return work(self.client)
		except CredentialError as error:
			self.renew(error)
			return work(self.client)

	def renew(self, error: CredentialError) -> None:
		"""Get a working token after a refused one, or raise CredentialError; once for all workers."""
		account = tokens.renew(self.client, error)
		self.client = self._make_client(account)

	def call_each(
		self, items: list[Item], work: Callable[[PlatformClient, Item], Result]
	) -> list[Result | Exception]:
		"""`work` for each item on a few threads, in the order given; an error stands in its item's place.

		Items that met an expired token are tried again after a refresh. `work` must not touch the database.
		"""
		results = self._try_each(items, work)
		refused = [index for index, result in enumerate(results) if isinstance(result, CredentialError)]
		if refused:
			self.renew(results[refused[0]])
			again = self._try_each([items[index] for index in refused], work)
			for index, result in zip(refused, again, strict=True):
				results[index] = result
		return results

	def _try_each(
		self, items: list[Item], work: Callable[[PlatformClient, Item], Result]
	) -> list[Result | Exception]:
		client = self.client

		def attempt(item: Item) -> Result | Exception:
			try:
				return work(client, item)
			except Exception as error:
				return error

		if len(items) < 2:
			return [attempt(item) for item in items]
		results = []
		with ThreadPoolExecutor(min(THREADS, len(items))) as pool:
			for result in pool.map(attempt, items):
				results.append(result)
				self._keep_on()
		return results


@contextmanager
def open_session(shop: str) -> Iterator[Session]:
	"""A Session whose calls are logged when it ends, whatever happened. Commits the log rows by themselves."""
	session = Session(shop)
	try:
		yield session
	finally:
		session.log.write()
