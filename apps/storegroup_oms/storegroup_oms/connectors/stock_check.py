"""What the platforms really show, read back: after each push, and in turns over all listings.

A figure below the one pushed is explained by what the listing has sold since; anything else that is there in two
readings is a difference: a task says so, the figure is sent again, and the task closes itself when they agree.
The only writer of what was confirmed.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors import alerts
from storegroup_oms.connectors.fleet import Fleet
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.transactions import run_in_latest

EVERY_S = 12
# The part of an app key's calls that readings may take; pushes need the rest.
SHARE_OF_CALLS = 0.5
MOST_LISTINGS = 500
# The platform's clock and ours, and a push whose answer took its time.
CLOCK_MARGIN = timedelta(seconds=30)
# Orders are on their way for so long; a listing that sold something since then is not judged for showing less.
ON_THE_WAY = timedelta(seconds=45)
# Two readings closer than this are one.
LEAST_APART = timedelta(seconds=5)
CAUSE = "stock"
FIELDS = ("confirmed_qty", "confirmed_at", "difference_qty", "differs_since")
CHECKED = "pushed_at IS NOT NULL AND status != 'Deleted' AND push_enabled = 1"


def find_shops() -> list[str]:
	"""Active shops that our stock is sent to."""
	return frappe.get_all(
		"Shop",
		filters={
			"status": "Active",
			"stock_push_enabled": 1,
			"platform": ["!=", "Manual"],
			"app_key": [">", ""],
		},
		pluck="name",
		order_by="name asc",
	)


def check_all() -> int:
	"""Read the figures whose turn it is in every shop and compare; returns how many listings differ for sure. Commits."""
	differing = 0
	with Fleet() as fleet:
		readings = {reading.call: reading for shop in find_shops() if (reading := _begin(fleet, shop))}
		for call in as_completed(readings):
			differing += _end(fleet, readings[call])
	return differing


@dataclass(frozen=True)
class Reading:
	"""A call under way and the listings that it reads; `began` is before the platform was asked."""

	shop: str
	rows: Sequence[frappe._dict]
	began: datetime
	call: Future


def _begin(fleet: Fleet, shop: str) -> Reading | None:
	session = fleet.find(shop)
	rows = _choose(session) if session else []
	if not rows:
		return None
	keys = [(row.platform_item_id, row.platform_sku_id or "") for row in rows]
	return Reading(shop, rows, now_datetime(), fleet.submit(shop, lambda client: client.get_stock(keys)))


def _end(fleet: Fleet, reading: Reading) -> int:
	error = reading.call.exception()
	if error is not None:
		fleet.note_error(reading.shop, error, "stock_check")
		frappe.db.commit()
		return 0
	shown = reading.call.result()
	differing = run_in_latest(lambda: write_reading(reading.shop, reading.rows, shown, reading.began))
	_tell(reading.shop)
	fleet.note_success(reading.shop)
	frappe.db.commit()
	return differing


def _choose(session: Session) -> list[frappe._dict]:
	"""Those that differed, then those pushed since they were read, then those not read for longest."""
	return frappe.db.sql(
		f"""SELECT name, platform_item_id, platform_sku_id, pushed_qty, pushed_at FROM tabListing
		WHERE shop = %(shop)s AND {CHECKED} AND is_dirty = 0 AND push_claim IS NULL
		ORDER BY differs_since IS NULL, confirmed_at IS NOT NULL AND confirmed_at >= pushed_at, confirmed_at, name
		LIMIT %(limit)s""",
		{"shop": session.shop, "limit": _get_limit(session)},
		as_dict=True,
	)


def _get_limit(session: Session) -> int:
	limits = session.connector.limits
	app_key = session.client.account.app_key
	shops = frappe.db.count("Shop", {"platform": session.platform, "app_key": app_key, "status": "Active"})
	calls = limits.calls_per_s * EVERY_S * SHARE_OF_CALLS / max(shops, 1)
	return min(max(int(calls), 1) * limits.stock_keys_per_read, MOST_LISTINGS)


def write_reading(
	shop: str,
	rows: Sequence[frappe._dict],
	shown: Mapping[tuple[str, str], int],
	began,
) -> int:
	"""Keep what a platform showed for listings; returns how many differ in two readings. Doesn't commit.

	`began`: when the reading began. Listings that were pushed since are left alone: the answer may be older.
	"""
	current = _lock_unchanged(rows)
	moment = now_datetime()
	sold = _read_sold(
		shop, [row for row in current if shown.get(_get_key(row), row.pushed_qty) != row.pushed_qty]
	)
	values, again = [], []
	for row in current:
		found = shown.get(_get_key(row))
		difference = 0 if found is None else _judge(found, row, sold.get(row.name), moment)
		values.append(
			{
				"name": row.name,
				"confirmed_qty": row.confirmed_qty if found is None else found,
				"confirmed_at": moment,
				"difference_qty": difference,
				"differs_since": (row.differs_since or began) if difference else None,
			}
		)
		if difference and row.differs_since and moment - row.differs_since >= LEAST_APART:
			again.append(row.name)
	update_rows("Listing", values, FIELDS, stamps=False)
	if again:
		table = frappe.qb.DocType("Listing")
		frappe.qb.update(table).set(table.is_dirty, 1).where(table.name.isin(again)).run()
	return len(again)


def _get_key(row: frappe._dict) -> tuple[str, str]:
	return row.platform_item_id, row.platform_sku_id or ""


def _lock_unchanged(rows: Sequence[frappe._dict]) -> list[frappe._dict]:
	"""The listings that nobody has pushed or claimed since they were chosen."""
	pushed = {row.name: row.pushed_at for row in rows}
	found = frappe.db.sql(
		"""SELECT name, platform_item_id, platform_sku_id, pushed_qty, pushed_at, confirmed_qty, differs_since
		FROM tabListing WHERE name IN %s AND push_claim IS NULL AND is_dirty = 0 ORDER BY name FOR UPDATE""",
		[list(pushed)],
		as_dict=True,
	)
	return [row for row in found if row.pushed_at == pushed[row.name]]


def _read_sold(shop: str, rows: Sequence[frappe._dict]) -> dict[str, frappe._dict]:
	"""What listings sold since they were pushed: {listing: {units, last_paid_at}}."""
	if not rows:
		return {}
	found = frappe.db.sql(
		"""SELECT line.listing, SUM(line.qty) AS units, MAX(`order`.paid_at) AS last_paid_at
		FROM tabListing listing
		JOIN tabOrder `order` ON `order`.shop = %(shop)s AND `order`.paid_at >= listing.pushed_at - INTERVAL %(margin)s SECOND
		JOIN `tabOrder Item` line ON line.parent = `order`.name AND line.listing = listing.name
		WHERE listing.name IN %(names)s AND `order`.paid_at >= %(since)s GROUP BY line.listing""",
		{
			"shop": shop,
			"names": [row.name for row in rows],
			"margin": int(CLOCK_MARGIN.total_seconds()),
			"since": min(row.pushed_at for row in rows) - CLOCK_MARGIN,
		},
		as_dict=True,
	)
	return {row.listing: row for row in found}


def _judge(found: int, row: frappe._dict, sold: frappe._dict | None, moment) -> int:
	"""How many pieces the platform shows more (or, negative, less) than our push and the sales since explain."""
	if found > row.pushed_qty:
		return found - row.pushed_qty
	least = max(row.pushed_qty - cint(sold.units if sold else 0), 0)
	if found >= least or (sold and sold.last_paid_at >= moment - ON_THE_WAY):
		return 0
	return found - least


def _tell(shop: str) -> None:
	"""Open the shop's task while listings differ for longer than one reading, close it when none does."""
	rows = frappe.db.sql(
		"""SELECT title, platform_item_id, pushed_qty, confirmed_qty, difference_qty, differs_since, confirmed_at
		FROM tabListing WHERE shop = %s AND differs_since IS NOT NULL ORDER BY ABS(difference_qty) DESC, name LIMIT 20""",
		[shop],
		as_dict=True,
	)
	if not rows:
		alerts.close_shop_task(shop, CAUSE)
	elif any(row.confirmed_at - row.differs_since >= LEAST_APART for row in rows):
		lines = "\n".join(
			_("{0} (item {1}): sent {2}, the platform shows {3}").format(
				row.title or "", row.platform_item_id, row.pushed_qty, row.confirmed_qty
			)
			for row in rows[:5]
		)
		advised = _(
			"The figures are being sent again. If they differ again, look whether somebody changes stock in the"
			" platform's back office or another tool pushes to this shop too."
		)
		alerts.open_shop_task(
			shop, CAUSE, _("Shop {0} shows other stock than it should").format(shop), f"{lines}\n{advised}"
		)
