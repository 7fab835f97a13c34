"""Accounts at the services that are no platform's: made when they are first asked for."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from .model import ServiceAccount

if TYPE_CHECKING:
	from .world import World


class Services:
	def __init__(self, world: World) -> None:
		self.world = world
		self.accounts: dict[tuple[str, str], ServiceAccount] = {}

	def clear(self) -> None:
		self.accounts.clear()

	def add(self, account: ServiceAccount) -> None:
		self.accounts[account.service, account.key] = account

	def get_account(self, service: str) -> ServiceAccount:
		"""The service's first account, made when there is none."""
		for account in self.accounts.values():
			if account.service == service:
				return account
		account = ServiceAccount(
			service, secrets.token_hex(4), secrets.token_hex(16), secrets.token_hex(16).upper()
		)
		self.add(account)
		self.world.mark("service", f"{service}/{account.key}", account)
		return account

	def find_account(self, service: str, key: str) -> ServiceAccount | None:
		return self.accounts.get((service, key))
