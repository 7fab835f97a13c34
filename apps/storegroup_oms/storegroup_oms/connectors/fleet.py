"""Sessions of many shops for one job, whose calls run on threads: a platform that hangs holds up no other."""

import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import frappe

from storegroup_oms.connectors import calls, health
from storegroup_oms.connectors.accounts import get_account
from storegroup_oms.connectors.base import PlatformClient
from storegroup_oms.connectors.errors import ConnectorError, CredentialError
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.connectors.wakes import wake

THREADS_PER_PLATFORM = 16
Result = TypeVar("Result")


class Fleet:
	"""Opens each shop's session when it is first needed. Threads call the platforms, the database is the caller's.

	`close` it at the end, or use it in a `with`.
	"""

	def __init__(self) -> None:
		self.sessions: dict[str, Session] = {}
		self.pools: dict[str, ThreadPoolExecutor] = {}
		self.healthy: set[str] = set()
		self.closed: set[str] = set()
		self.left: list[calls.CallLog] = []

	def __enter__(self) -> "Fleet":
		return self

	def __exit__(self, *error: object) -> None:
		self.close()

	def find(self, shop: str) -> Session | None:
		"""The shop's session; None, and a mark on the shop, when it can't be opened: not tried again in this job."""
		if shop not in self.sessions and shop not in self.closed:
			try:
				self.sessions[shop] = Session(shop)
			except Exception as error:
				self.closed.add(shop)
				self.note_error(shop, error, "session")
		return self.sessions.get(shop)

	def submit(self, shop: str, work: Callable[[PlatformClient], Result]) -> "Future[Result]":
		"""Have `work` called with the shop's client on a thread; it must not touch the database."""
		session = self.sessions[shop]
		if session.platform not in self.pools:
			self.pools[session.platform] = ThreadPoolExecutor(THREADS_PER_PLATFORM)
		return self.pools[session.platform].submit(work, session.client)

	def note_success(self, shop: str) -> None:
		"""The shop's platform has answered; its marks of failure go. Doesn't commit."""
		if shop not in self.healthy:
			health.note_success(shop)
			self.healthy.add(shop)

	def note_failure(self, shop: str, error: ConnectorError) -> None:
		"""A job gives up on the shop for now. Doesn't commit.

		A token that was refused and is still the stored one is renewed, or the shop is marked as expired, by a job
		of its own: that may take long.
		"""
		self.healthy.discard(shop)
		if not isinstance(error, CredentialError):
			health.note_failure(shop, error)
			return
		session = self.sessions.pop(shop, None)
		if session is None:
			return  # several of its calls were refused
		self.left.append(session.log)
		with suppress(ConnectorError):
			if get_account(shop).session_token == session.client.account.session_token:
				wake(shop, "access")

	def note_error(self, shop: str, error: BaseException, kind: str) -> None:
		"""`note_failure` for what a platform answered; a fault of our own goes to the error log. Doesn't commit."""
		if isinstance(error, ConnectorError):
			self.note_failure(shop, error)
			return
		frappe.log_error(
			title=f"Connector job {kind} failed",
			message="".join(traceback.format_exception(error)),
			reference_doctype="Shop",
			reference_name=shop,
		)
		self.healthy.discard(shop)
		health.note_fault(shop, kind)

	def write_logs(self) -> None:
		"""Write down the calls made so far. Rolls back what is open, and commits."""
		calls.write_logs([*self.left, *(session.log for session in self.sessions.values())])
		self.left = []

	def close(self) -> None:
		"""Wait for the calls under way and write down all."""
		for pool in self.pools.values():
			pool.shutdown()
		frappe.db.rollback()
		self.write_logs()
