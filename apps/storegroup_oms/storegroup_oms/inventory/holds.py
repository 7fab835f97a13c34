"""Stock that is kept for a while without an order: for a live sale, a big buyer, an order that is not paid yet.

A hold ends by itself. It is taken from what may be offered (available), never from the safety stock.
"""

from collections.abc import Mapping
from datetime import datetime

import frappe
from frappe import _
from frappe.utils import format_datetime, now_datetime

from storegroup_oms.exceptions import InvalidValueError, Shortage
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory import ledger, releasing
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.inventory.reservation import lock_rows, renew_rows
from storegroup_oms.transactions import run_in_latest

BATCH = 500


def hold(
	holder: str, warehouse: str, pieces: Mapping[str, int], expires_at: datetime, shop: str = ""
) -> list[str]:
	"""Keep pieces of SKUs in a warehouse for `holder` until `expires_at` (site time), all or nothing.

	Held again under the same name, the pieces are added and the end is the new one. Returns the names of the
	reservations. Raises InvalidValueError, InsufficientStockError.
	"""
	_check(holder, pieces, expires_at)
	balances = lock_balances((sku, warehouse) for sku in pieces)
	names = {sku: make_row_name("hold", holder, sku, warehouse) for sku in pieces}
	stored = lock_rows(names.values())
	if short := [
		Shortage(sku, warehouse, count, max(balances[sku, warehouse].available, 0))
		for sku, count in pieces.items()
		if count > balances[sku, warehouse].available
	]:
		ledger.refuse_shortages(short)
	movements = [
		Movement(sku, warehouse, "Reserve", reserved=count, reason=holder) for sku, count in pieces.items()
	]
	ledger.post(movements, balances)
	renew_rows(
		{
			"name": names[sku],
			"sku": sku,
			"warehouse": warehouse,
			"status": "Open",
			"purpose": "Hold",
			"qty": count + (stored[names[sku]].qty if names[sku] in stored else 0),
			"per_set": 1,
			"shipped_qty": 0,
			"shop": shop or None,
			"holder": holder,
			"reserved_at": now_datetime(),
			"expires_at": expires_at,
		}
		for sku, count in pieces.items()
	)
	return sorted(names.values())


def _check(holder: str, pieces: Mapping[str, int], expires_at: datetime) -> None:
	problem = ""
	if not holder.strip():
		problem = _("Say who or what the stock is held for.")
	elif not pieces or not all(type(count) is int and count > 0 for count in pieces.values()):
		problem = _("Give the SKUs to hold, each with a whole number of pieces.")
	elif expires_at <= now_datetime():
		problem = _("The hold would end at {0}, which has passed. Give a later time.").format(
			format_datetime(expires_at)
		)
	if problem:
		frappe.throw(problem, exc=InvalidValueError, title=_("Can't Hold Stock"))


def release_expired() -> int:
	"""Give back the pieces of all holds whose time has come; returns how many. Commits in batches."""
	pieces = 0
	while True:
		names = frappe.get_all(
			"Stock Reservation",
			filters={"status": "Open", "purpose": "Hold", "expires_at": ["<=", now_datetime()]},
			pluck="name",
			order_by="name asc",
			limit=BATCH,
		)
		if not names:
			return pieces
		pieces += run_in_latest(lambda names=names: releasing.release_rows(names, "Expired"))
