"""The consumer's way to the site: one thread with one Frappe connection, renewed when it breaks.

What runs here commits by itself. Any error throws the connection away; the caller doesn't acknowledge then, so
that the platform sends again.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import frappe
from frappe.utils.password import get_decrypted_password

from storegroup_oms.connectors import inbox, runner
from storegroup_oms.connectors.base import PushMessage
from storegroup_oms.connectors.registry import PLATFORMS, get_connector
from storegroup_oms.transactions import run_in_transaction

RENEW_AFTER_S = 300
Result = TypeVar("Result")


@dataclass(frozen=True)
class App:
	"""An app key of ours at one platform's gateway, under which shops are pushed to us."""

	platform: str
	app_key: str
	gateway_url: str
	app_secret: str = field(repr=False)


class DeskLink:
	"""Runs functions on the site, one after the other, without blocking the event loop."""

	def __init__(self, site: str, sites_path: str) -> None:
		self.site = site
		self.sites_path = sites_path
		self.pool = ThreadPoolExecutor(1, thread_name_prefix="desk")
		self.connected_at = 0.0

	async def run(self, work: Callable[..., Result], *arguments) -> Result:
		"""Run `work` on the site's thread and return its result; raises what it raises."""
		return await asyncio.get_running_loop().run_in_executor(self.pool, self._run, work, arguments)

	def _run(self, work: Callable[..., Result], arguments: tuple) -> Result:
		try:
			if time.monotonic() - self.connected_at > RENEW_AFTER_S:
				self._connect()
			frappe.db.rollback()  # read what others have committed meanwhile
			return work(*arguments)
		except BaseException:
			self._disconnect()
			raise

	def _connect(self) -> None:
		self._disconnect()
		frappe.init(self.site, sites_path=self.sites_path)
		frappe.connect()
		self.connected_at = time.monotonic()

	def _disconnect(self) -> None:
		self.connected_at = 0.0
		if getattr(frappe.local, "initialised", False):
			frappe.destroy()

	def close(self) -> None:
		self.pool.submit(self._disconnect)
		self.pool.shutdown(wait=True)


def read_apps() -> list[App]:
	"""Apps of active shops whose platform pushes, each once, with its secret."""
	rows = frappe.get_all(
		"Shop",
		filters={
			"status": "Active",
			"push_enabled": 1,
			"platform": ["in", list(PLATFORMS)],
			"app_key": ("is", "set"),
		},
		fields=["name", "platform", "app_key", "gateway_url"],
		order_by="name asc",
	)
	apps: dict[tuple[str, str, str], App] = {}
	for row in rows:
		key = (row.platform, row.app_key, row.gateway_url or "")
		if key in apps or not get_connector(row.platform).limits.push:
			continue
		secret = get_decrypted_password("Shop", row.name, "app_secret", raise_exception=False)
		if secret:
			apps[key] = App(*key, secret)
	return list(apps.values())


def store_messages(batches: list[tuple[str, list[PushMessage]]]) -> None:
	"""Store messages of several platforms in one transaction and wake the jobs of their shops; commits."""

	def work() -> set[str]:
		shops: set[str] = set()
		for platform, messages in batches:
			shops |= set(inbox.store(messages, inbox.find_shops(platform)))
		return shops

	for shop in sorted(run_in_transaction(work)):
		runner.wake(shop, "inbox")
	frappe.db.commit()


def tick() -> None:
	"""Start what is due."""
	runner.tick()
