"""How goods sell and how old they are, reckoned from the ledger into one row per SKU and warehouse.

A cache for pages and alert rules, which can't read millions of ledger rows while somebody waits. Reckoned each hour
for what moved, each night for everything, since ages change without a movement.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import frappe
from frappe.utils import add_to_date, cint, get_datetime, now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory.proof import split
from storegroup_oms.transactions import run_in_transaction

SKUS_AT_ONCE = 500
MARK = "oms_stock_figures_at"
OVERLAP_MINUTES = 5
# Upper ends of the age groups in days; what is older is in the last one.
AGES = (("age_0_30", 30), ("age_31_60", 60), ("age_61_90", 90), ("age_91_180", 180))
OLDEST = "age_over_180"
AGE_FIELDS = (*(name for name, _days in AGES), OLDEST)
SALES = ("sold_7", "sold_28", "sold_90", "sold_cost_90", "last_sold_at", "last_received_at")
FIELDS = ("sku", "warehouse", "category", *SALES, "speed", "oldest_at", *AGE_FIELDS, "refreshed_at")


def refresh(skus: Iterable[str]) -> int:
	"""Reckon the figures of SKUs anew; returns how many rows were written. Never commits."""
	names = sorted(set(skus))
	if not names:
		return 0
	now = now_datetime()
	ages, categories = _read_ages(names, now), _read_categories(names)
	rows = []
	for row in _read_sales(names, now):
		row.name = make_row_name("figure", row.sku, row.warehouse)
		row.category = categories.get(row.sku, "")
		row.speed = get_speed(row.sold_7, row.sold_28)
		row.refreshed_at = now
		rows.append(row | dict.fromkeys(AGE_FIELDS, 0) | ages.get((row.sku, row.warehouse), {}))
	return insert_rows("Stock Figure", rows, FIELDS, on_duplicate=FIELDS[2:])


def get_speed(sold_7: int, sold_28: int) -> float:
	"""Pieces sold per day as of late: over 7 days, kept between half and double of what 28 days say; never below 0."""
	week, month = sold_7 / 7, sold_28 / 28
	return round(max(min(max(week, month / 2), month * 2), 0), 4)


def _read_sales(skus: Sequence[str], now: datetime) -> list[frappe._dict]:
	days = {f"d{count}": add_to_date(now, days=-count) for count in (7, 28, 90)}
	is_sale = "movement_type IN ('Shipment', 'Return')"
	return frappe.db.sql(
		f"""SELECT sku, warehouse,
			SUM(IF({is_sale} AND posted_at >= %(d7)s, -qty_change, 0)) AS sold_7,
			SUM(IF({is_sale} AND posted_at >= %(d28)s, -qty_change, 0)) AS sold_28,
			SUM(IF({is_sale} AND posted_at >= %(d90)s, -qty_change, 0)) AS sold_90,
			SUM(IF({is_sale} AND posted_at >= %(d90)s, -IFNULL(value_change, 0), 0)) AS sold_cost_90,
			MAX(IF(movement_type = 'Shipment', posted_at, NULL)) AS last_sold_at,
			MAX(IF(qty_change > 0, posted_at, NULL)) AS last_received_at
		FROM `tabStock Ledger` WHERE sku IN %(skus)s GROUP BY sku, warehouse""",
		{"skus": skus, **days},
		as_dict=True,
	)


def _read_ages(skus: Sequence[str], now: datetime) -> dict[tuple[str, str], dict]:
	"""Pieces on hand by age: first in is taken to be first out, so that what is there came in last."""
	groups, newer = [], 0
	for name, days in AGES:
		groups.append(f"SUM(IF(age >= {newer} AND age <= {days}, left_over, 0)) AS {name}")
		newer = days + 1
	groups.append(f"SUM(IF(age >= {newer}, left_over, 0)) AS {OLDEST}")
	rows = frappe.db.sql(
		f"""SELECT sku, warehouse, MIN(posted_at) AS oldest_at, {", ".join(groups)} FROM (
			SELECT layer.sku, layer.warehouse, layer.posted_at, DATEDIFF(%(now)s, layer.posted_at) AS age,
				LEAST(layer.qty_change, balance.on_hand - (layer.up_to_here - layer.qty_change)) AS left_over
			FROM (
				SELECT sku, warehouse, posted_at, qty_change,
					SUM(qty_change) OVER (PARTITION BY sku, warehouse ORDER BY entry_no DESC) AS up_to_here
				FROM `tabStock Ledger` WHERE sku IN %(skus)s AND qty_change > 0
			) layer
			JOIN `tabStock Balance` balance
				ON balance.sku = layer.sku AND balance.warehouse = layer.warehouse
			WHERE balance.on_hand > layer.up_to_here - layer.qty_change
		) layers GROUP BY sku, warehouse""",
		{"skus": skus, "now": now},
		as_dict=True,
	)
	return {
		(row.sku, row.warehouse): {
			"oldest_at": row.oldest_at,
			**{name: cint(row[name]) for name in AGE_FIELDS},
		}
		for row in rows
	}


def _read_categories(skus: Sequence[str]) -> dict[str, str]:
	rows = frappe.get_all(
		"SKU", filters={"name": ["in", skus]}, fields=["name", "category"], order_by="name asc"
	)
	return {row.name: row.category or "" for row in rows}


def refresh_moved() -> None:
	"""The hourly job: SKUs whose balances were written since the last time, categories of those edited. Commits."""
	started_at, mark = now_datetime(), frappe.db.get_global(MARK)
	if not mark:
		refresh_all()
		return
	moment = add_to_date(get_datetime(mark), minutes=-OVERLAP_MINUTES)
	run_in_transaction(lambda: follow_categories(moment))
	rows = frappe.db.sql("SELECT DISTINCT sku FROM `tabStock Balance` WHERE modified >= %s", moment)
	_refresh_in_chunks(sorted(row[0] for row in rows), started_at)


def follow_categories(since: datetime) -> None:
	"""Give the figures of SKUs edited since a moment the category of now. Never commits."""
	frappe.db.sql(
		"""UPDATE `tabStock Figure` figure JOIN `tabSKU` goods ON goods.name = figure.sku
		SET figure.category = IFNULL(goods.category, '')
		WHERE goods.modified >= %s AND NOT figure.category <=> IFNULL(goods.category, '')""",
		since,
	)


def refresh_all() -> None:
	"""The nightly job: everything. Commits."""
	started_at = now_datetime()
	rows = frappe.db.sql("SELECT DISTINCT sku FROM `tabStock Balance`")
	_refresh_in_chunks(sorted(row[0] for row in rows), started_at)


def _refresh_in_chunks(skus: Sequence[str], started_at: datetime) -> None:
	for chunk in split(skus, SKUS_AT_ONCE):
		run_in_transaction(lambda chunk=chunk: refresh(chunk))
	frappe.db.set_global(MARK, str(started_at))
	frappe.db.commit()


def enqueue_moved() -> None:
	"""The scheduler's entry, once an hour; the rules about time follow on the new figures."""
	frappe.enqueue(
		"storegroup_oms.inventory.alerts.run_hourly",
		queue="long",
		timeout=3600,
		job_id="stock_figures_moved",
		deduplicate=True,
	)


def enqueue_all() -> None:
	"""The scheduler's entry, once a night."""
	frappe.enqueue(
		"storegroup_oms.inventory.figures.refresh_all",
		queue="long",
		timeout=3600,
		job_id="stock_figures_all",
		deduplicate=True,
	)
