"""Tokens of shops: refreshed before they end, refreshed once when a platform refuses one, given up with a task.

The only module that stores tokens. It commits: a token that the platform has rotated must not be lost
with somebody else's transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils.password import set_encrypted_password
from redis.exceptions import LockError

from storegroup_oms.connectors import alerts
from storegroup_oms.connectors.accounts import get_account
from storegroup_oms.connectors.base import Account, PlatformClient, TokenSet
from storegroup_oms.connectors.errors import ConnectorError, CredentialError, RetryableError
from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.orders.intake import to_site_time

EXPIRED = "Authorisation Expired"
LOCK_LIFE_S = 90  # longer than a refresh can take: two at once would spend the refresh token twice
LOCK_WAIT_S = 20
# JD refreshes only in the last 24 hours, Douyin only in the last one.
REFRESH_BEFORE = {"JD": timedelta(hours=20), "Douyin": timedelta(minutes=50)}
REFRESH_BEFORE_OTHERS = timedelta(hours=12)


def renew(client: PlatformClient, refused: CredentialError) -> Account:
	"""An account with a working token after the platform refused the client's; commits.

	One worker refreshes, the others wait and take what it got. Raises CredentialError, and marks the shop
	as expired with a task, when the platform doesn't take the refresh token either. A refresh that fails for
	another reason raises that reason and leaves the shop as it is.
	"""
	shop = client.account.shop
	frappe.db.commit()  # the next read must see what another worker has stored meanwhile
	with _lock(shop):
		account = get_account(shop)
		if account.session_token and account.session_token != client.account.session_token:
			return account
		if not (account.refresh_token and refused.can_refresh):
			_give_up(shop, refused)
			raise refused
		try:
			store(shop, client.refresh_token())
		except CredentialError as error:
			_give_up(shop, error)
			raise
		return get_account(shop)


@contextmanager
def _lock(shop: str) -> Iterator[None]:
	"""One at a time. Raises RetryableError when another worker takes long, or was killed at it."""
	lock = get_redis().lock(
		f"oms:token:{frappe.local.site}:{shop}", timeout=LOCK_LIFE_S, blocking_timeout=LOCK_WAIT_S
	)
	if not lock.acquire():
		raise RetryableError("token_lock", "Another worker renews the token.")
	try:
		yield
	finally:
		with suppress(LockError):  # it has run out by itself
			lock.release()


def store(shop: str, fresh: TokenSet) -> None:
	"""Keep new tokens and set the shop to work again; commits."""
	set_encrypted_password("Shop", shop, fresh.session_token, "session_token")
	if fresh.refresh_token:
		set_encrypted_password("Shop", shop, fresh.refresh_token, "refresh_token")
	# The fields of the record hold stars, by which the form knows that there is something.
	values: dict = {"session_token": "*" * 10, "error_code": None}
	if fresh.refresh_token:
		values["refresh_token"] = "*" * 10
	if fresh.expires_at:
		values["token_expires_at"] = to_site_time(fresh.expires_at)
	if frappe.db.get_value("Shop", shop, "status") == EXPIRED:
		values["status"] = "Active"
	frappe.db.set_value("Shop", shop, values, update_modified=False)
	alerts.close_shop_task(shop, "authorisation")
	frappe.db.commit()


def accept(shop: str) -> bool:
	"""The platform has taken the shop's access: an expired shop works again, its task is closed. Doesn't commit.

	True when the shop was expired.
	"""
	if frappe.db.get_value("Shop", shop, "status") != EXPIRED:
		return False
	values = {"status": "Active", "error_code": None, "last_error": None}
	frappe.db.set_value("Shop", shop, values, update_modified=False)
	alerts.close_shop_task(shop, "authorisation")
	return True


def _give_up(shop: str, error: ConnectorError) -> None:
	frappe.db.rollback()
	frappe.db.set_value(
		"Shop",
		shop,
		{"status": EXPIRED, "error_code": error.code[:140], "last_error": error.message[:500]},
		update_modified=False,
	)
	alerts.open_shop_task(
		shop,
		"authorisation",
		_("Authorise shop {0} again: the platform no longer accepts its access").format(shop),
		_("The platform answered {0}. Open the shop, authorise it again, then test the connection.").format(
			error.code
		),
		priority="Urgent",
	)
	frappe.db.commit()


def get_refresh_margin(platform: str) -> timedelta:
	"""How long before its end a token is refreshed."""
	return REFRESH_BEFORE.get(platform, REFRESH_BEFORE_OTHERS)


def find_expiring(moment: datetime) -> list[str]:
	"""Active shops whose token ends soon (site time) and that have a refresh token."""
	soonest = moment + max([*REFRESH_BEFORE.values(), REFRESH_BEFORE_OTHERS])
	rows = frappe.get_all(
		"Shop",
		filters=[
			["status", "=", "Active"],
			["token_expires_at", "is", "set"],  # Frappe takes an empty time for an early one
			["token_expires_at", "<", soonest],
			["refresh_token", "is", "set"],
		],
		fields=["name", "platform", "token_expires_at"],
		order_by="token_expires_at asc",
	)
	return [row.name for row in rows if row.token_expires_at < moment + get_refresh_margin(row.platform)]


def refresh(client: PlatformClient) -> bool:
	"""Refresh a token ahead of its end; True when new ones came, False when somebody else was first. Commits.

	Raises the classes of `connectors.errors`; a refused refresh token marks the shop as expired.
	"""
	shop = client.account.shop
	with _lock(shop):
		if get_account(shop).session_token != client.account.session_token:
			return False
		try:
			store(shop, client.refresh_token())
		except CredentialError as error:
			_give_up(shop, error)
			raise
		return True
