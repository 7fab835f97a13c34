"""What orders take from the stock that listings show: not yet reserved, sold in the last minutes, sold from dedicated pieces.

All in pieces of plain SKUs: bundles on order lines are taken apart. Reads only; a fixed number of statements for any
number of SKUs, but for the levels of bundles.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import frappe
from frappe.utils import add_to_date, cint, now_datetime

from storegroup_oms.catalog import bundles
from storegroup_oms.orders.lifecycle import get_open_statuses

# The speed of sale is the higher of the two: one rises at once in a rush, the other falls slowly after it.
FAST_S = 15
SLOW_S = 90


@dataclass
class Demand:
	"""By plain SKU. `waiting`: ordered and not reserved. `recent`: sold in the last SLOW_S seconds.

	`speed` is pieces a second over all shops, `unheard` the pieces that are sold while orders are on their way to us.
	"""

	waiting: dict[str, int] = field(default_factory=lambda: defaultdict(int))
	recent: dict[str, int] = field(default_factory=lambda: defaultdict(int))
	speed: dict[str, float] = field(default_factory=lambda: defaultdict(float))
	unheard: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True)
class Dedication:
	"""Pieces of a SKU that a shop still has for itself."""

	shop: str
	left: int
	is_exclusive: bool


def read_demand(skus: Collection[str]) -> Demand:
	"""What orders take of plain SKUs."""
	demand = Demand()
	sold = _explode_users(skus)
	moment = now_datetime()
	for row in _read_waiting(list(sold), moment):
		for sku, count in sold[row.sku].items():
			demand.waiting[sku] += cint(row.units) * count
	sales = _read_sales(list(sold), moment)
	delays = _read_order_delays(moment) if sales else {}
	for row in sales:
		speed = max(row.fast / FAST_S, row.slow / SLOW_S)
		for sku, count in sold[row.sku].items():
			demand.recent[sku] += cint(row.slow) * count
			demand.speed[sku] += float(speed) * count
			demand.unheard[sku] += float(speed) * count * delays.get(row.shop, 0.0)
	return demand


def _explode_users(skus: Collection[str]) -> dict[str, dict[str, int]]:
	"""SKUs that order lines may name and that take something of `skus`, each with its parts among them."""
	wanted = set(skus)
	# A bundle in a circle takes nothing: nobody can say how much it would be.
	exploded, _endless = bundles.explode_sound(bundles.find_users(wanted))
	return {
		seller: {sku: count for sku, count in parts.items() if sku in wanted}
		for seller, parts in exploded.items()
	}


def _read_waiting(sellers: list[str], moment: datetime) -> list[frappe._dict]:
	minutes = cint(frappe.db.get_single_value("OMS Settings", "unpaid_keeps_minutes"))
	return frappe.db.sql(
		"""SELECT line.sku, SUM(line.qty - line.reserved_qty - line.shipped_qty) AS units
		FROM `tabOrder Item` line JOIN tabOrder `order` ON `order`.name = line.parent
		WHERE line.sku IN %(skus)s AND `order`.status IN %(open)s
		AND line.qty > line.reserved_qty + line.shipped_qty AND IFNULL(line.refund_status, '') != 'Refunded'
		AND (`order`.status != 'Unpaid' OR `order`.ordered_at >= %(since)s)
		GROUP BY line.sku""",
		{
			"skus": sellers or [""],
			"open": get_open_statuses(),
			"since": add_to_date(moment, minutes=-minutes),
		},
		as_dict=True,
	)


def _read_sales(sellers: list[str], moment: datetime) -> list[frappe._dict]:
	return frappe.db.sql(
		"""SELECT line.sku, `order`.shop, SUM(line.qty) AS slow,
		SUM(IF(`order`.paid_at >= %(fast)s, line.qty, 0)) AS fast
		FROM tabOrder `order` JOIN `tabOrder Item` line ON line.parent = `order`.name
		WHERE `order`.paid_at >= %(slow)s AND line.sku IN %(skus)s
		GROUP BY line.sku, `order`.shop""",
		{
			"skus": sellers or [""],
			"fast": add_to_date(moment, seconds=-FAST_S),
			"slow": add_to_date(moment, seconds=-SLOW_S),
		},
		as_dict=True,
	)


def _read_order_delays(moment: datetime) -> dict[str, float]:
	"""Seconds from a payment to its order on the desk by shop, mean of the last minutes."""
	rows = frappe.db.sql(
		"""SELECT shop, AVG(GREATEST(TIMESTAMPDIFF(MICROSECOND, paid_at, creation), 0)) / 1000000 AS delay_s
		FROM tabOrder WHERE paid_at >= %s GROUP BY shop""",
		[add_to_date(moment, seconds=-SLOW_S)],
	)
	return {shop: float(delay_s or 0) for shop, delay_s in rows}


def find_rushing() -> list[str]:
	"""SKUs of order lines sold in the last minutes: their listings' buffers rise and fall with time alone."""
	return frappe.db.sql(
		"""SELECT DISTINCT line.sku FROM tabOrder `order` JOIN `tabOrder Item` line ON line.parent = `order`.name
		WHERE `order`.paid_at >= %s AND line.sku IS NOT NULL""",
		[add_to_date(now_datetime(), seconds=-2 * SLOW_S)],
		pluck=True,
	)


def read_dedications(skus: Collection[str]) -> Mapping[str, list[Dedication]]:
	"""What shops still have for themselves of plain SKUs: the pieces dedicated less what they sold since the start."""
	moment = now_datetime()
	rows = frappe.db.sql(
		"""SELECT shop, sku, qty, is_exclusive, starts_at FROM `tabDedicated Stock`
		WHERE sku IN %(skus)s AND starts_at <= %(now)s AND (ends_at IS NULL OR ends_at > %(now)s)""",
		{"skus": list(skus) or [""], "now": moment},
		as_dict=True,
	)
	used = _read_used({row.sku for row in rows}) if rows else {}
	found: dict[str, list[Dedication]] = defaultdict(list)
	for row in rows:
		left = max(cint(row.qty) - used.get((row.shop, row.sku), 0), 0)
		found[row.sku].append(Dedication(row.shop, left, bool(row.is_exclusive)))
	return found


def _read_used(skus: Collection[str]) -> dict[tuple[str, str], int]:
	"""Pieces of (shop, SKU) sold since the start of their dedication; closed orders gave theirs back."""
	used: dict[tuple[str, str], int] = defaultdict(int)
	sold = _explode_users(skus)
	rows = frappe.db.sql(
		"""SELECT kept.shop, kept.sku, line.sku AS seller, SUM(line.qty) AS units
		FROM `tabDedicated Stock` kept
		JOIN tabOrder `order` ON `order`.shop = kept.shop AND `order`.ordered_at >= kept.starts_at
		JOIN `tabOrder Item` line ON line.parent = `order`.name
		WHERE kept.sku IN %(skus)s AND line.sku IN %(sellers)s AND `order`.status != 'Closed'
		AND IFNULL(line.refund_status, '') != 'Refunded'
		GROUP BY kept.shop, kept.sku, line.sku""",
		{"skus": list(skus), "sellers": list(sold)},
		as_dict=True,
	)
	for row in rows:
		used[row.shop, row.sku] += cint(row.units) * sold[row.seller].get(row.sku, 0)
	return used
