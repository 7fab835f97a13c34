"""Jobs of the connectors: what runs when, who owns the transaction, and what a failure does to the shop.

The only place where `except Exception` ends a shop's work without ending that of the others. Jobs are found and
started again by what is in the database (windows and messages that are due), so that a killed worker costs time
only.
"""

from collections.abc import Callable, Sequence

import frappe
from frappe.utils import add_to_date, cint, now_datetime

from storegroup_oms.connectors import (
	confirmations,
	feeds,
	health,
	inbox,
	listings,
	pull,
	recheck,
	stock_changes,
	stock_check,
	stock_hints,
	stock_loop,
	tokens,
)
from storegroup_oms.connectors.accounts import is_connectable
from storegroup_oms.connectors.errors import ConnectorError
from storegroup_oms.connectors.registry import get_connector
from storegroup_oms.connectors.sessions import Session, open_session
from storegroup_oms.connectors.wakes import sleep_again, wake

POLL_WITHOUT_PUSH_S = 20
POLL_WITH_PUSH_S = 120
WINDOWS_PER_JOB = 40
BATCHES_PER_JOB = 50


def tick() -> None:
	"""Start every job that is due; called each minute by the scheduler and every few seconds by the consumer."""
	moment = now_datetime()
	for shop in get_active_shops():
		if is_poll_due(shop, moment):
			wake(shop.name, "pull")
	for name in pull.find_waiting_shops(pull.LIVE):
		wake(name, "pull")
	for name in pull.find_waiting_shops(pull.SLOW):
		wake(name, "backfill")
	for name in inbox.find_waiting_shops():
		wake(name, "inbox")
	for name in tokens.find_expiring(moment):
		wake(name, "token")
	if confirmations.find_waiting_shops():
		wake("", "confirm")
	if stock_check.find_shops():
		stock_hints.start_loop()
		if stock_changes.is_time("check", stock_check.EVERY_S):
			wake("", "stock_check")
	frappe.db.commit()


def get_active_shops() -> list[frappe._dict]:
	"""Shops that are to be asked: active, with a connector and an app key."""
	rows = frappe.get_all(
		"Shop",
		filters={"status": "Active", "pull_enabled": 1, "platform": ["!=", "Manual"]},
		fields=["name", "platform", "app_key", "poll_seconds", "last_pull_at", "push_enabled"],
		order_by="name asc",
	)
	return [row for row in rows if is_connectable(row)]


def is_poll_due(shop: frappe._dict, moment) -> bool:
	if not shop.last_pull_at:
		return True
	return shop.last_pull_at <= add_to_date(moment, seconds=-get_poll_seconds(shop))


def get_poll_seconds(shop: frappe._dict) -> int:
	"""How often a shop is asked: its own figure, else what its platform's push makes enough."""
	if cint(shop.poll_seconds):
		return cint(shop.poll_seconds)
	has_push = shop.push_enabled and get_connector(shop.platform).limits.push
	return POLL_WITH_PUSH_S if has_push else POLL_WITHOUT_PUSH_S


def pull_shop(shop: str) -> None:
	"""Plan the shop's windows up to now and walk the new ones."""
	_run(shop, "pull", _pull)


def _pull(session: Session) -> None:
	shop = session.shop
	health.learn_account(session)
	days = cint(frappe.db.get_single_value("OMS Settings", "first_pull_days")) or 3
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		pull.plan(session, feed.name, days)
	frappe.db.set_value("Shop", shop, "last_pull_at", now_datetime(), update_modified=False)
	frappe.db.commit()
	_work_windows(session, pull.LIVE, "pull")


def fill_back(shop: str) -> None:
	"""Walk the shop's windows of the past that are due, the latest first."""
	_run(shop, "backfill", lambda session: _work_windows(session, pull.SLOW, "backfill"))


def _work_windows(session: Session, purposes: Sequence[str], kind: str) -> None:
	"""Walk the windows that are due; after so many, other shops have a turn first."""
	left = WINDOWS_PER_JOB
	for feed in (feeds.ORDERS, feeds.REFUNDS):
		while left and (window := pull.claim(session.shop, feed.name, purposes)) is not None:
			pull.work_window(session, feed, window)
			left -= 1
	health.note_pull(session.shop)
	if not left:
		wake(session.shop, kind)
	frappe.db.commit()


def work_inbox(shop: str) -> None:
	"""Work on the shop's pushed messages until none is due."""
	_run(shop, "inbox", _work_inbox)


def _work_inbox(session: Session) -> None:
	for _count in range(BATCHES_PER_JOB):
		if not inbox.work_batch(session):
			break
	else:
		wake(session.shop, "inbox")
	if pull.has_due(session.shop, feeds.REFUNDS.name, pull.LIVE):
		wake(session.shop, "pull")
	frappe.db.commit()


def refresh_token(shop: str) -> None:
	"""Refresh a token that ends soon."""
	_run(shop, "token", lambda session: tokens.refresh(session.client))


def recheck_shop(shop: str, hours: int) -> None:
	"""Count again what the platform has of the last hours and fill what is missing."""
	_run(shop, "recheck", lambda session: recheck.recheck(session, hours))


def bring_stock() -> None:
	"""Find the listings that must show another figure and send it, for all shops."""
	sleep_again("", "stock")
	stock_loop.run()


def confirm_shipments() -> None:
	"""Tell the platforms which orders have left, for all shops."""
	sleep_again("", "confirm")
	confirmations.run()


def check_stock() -> None:
	"""Read back what the platforms show, for all shops."""
	sleep_again("", "stock_check")
	stock_check.check_all()


def prove_access(shop: str) -> None:
	"""Ask the platform for something small: a refused token is renewed on the way, or the shop marked as expired."""
	_run(shop, "access", lambda session: session.call(lambda client: client.get_shop()))


def _run(shop: str, kind: str, work: Callable[[Session], object]) -> None:
	sleep_again(shop, kind)
	if frappe.db.get_value("Shop", shop, "status") != "Active":
		return
	try:
		with open_session(shop) as session:
			work(session)
		health.note_success(shop)
	except ConnectorError as error:
		frappe.db.rollback()
		health.note_failure(shop, error)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title=f"Connector job {kind} failed", reference_doctype="Shop", reference_name=shop)
		health.note_fault(shop, kind)
		frappe.db.commit()
		raise
	frappe.db.commit()


def recheck_hour() -> None:
	"""Every five minutes: the last hour."""
	_recheck_all(1)


def recheck_day() -> None:
	"""Each hour: the last day."""
	_recheck_all(24)


def recheck_month() -> None:
	"""Each night: the last 30 days."""
	_recheck_all(24 * 30)


def _recheck_all(hours: int) -> None:
	for shop in get_active_shops():
		wake(shop.name, "recheck", hours=hours)
	frappe.db.commit()


def refresh_listings(shop: str) -> None:
	"""Read all of a shop's listings."""
	_run(shop, "listings", listings.refresh)


def refresh_listings_of_all() -> None:
	"""Each night: the listings of every shop."""
	for shop in get_active_shops():
		wake(shop.name, "listings")
	frappe.db.commit()
