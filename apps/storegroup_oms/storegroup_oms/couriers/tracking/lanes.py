"""How long parcels take on each lane (courier, warehouse, province): figures of the last 90 days, reckoned each night.

Those that left in the last week don't count: of them only the fast ones have arrived yet.

Of n parcels in the order of their hours, half arrive within those of number ceil(n / 2), 90 % within those of number
ceil(0.9 n): hours that a parcel really took, never a value between two.
"""

from datetime import datetime, timedelta

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.hashing import make_row_name
from storegroup_oms.transactions import run_in_transaction

DAYS = 90
NEWEST_DAYS = 7
FIELDS = ("courier", "warehouse", "province", "parcels", "median_hours", "p90_hours", "pickup_hours")
# To tell a buyer something takes fewer parcels than to alarm.
LEAST_TO_TELL = 5
_QUERY = """
	SELECT courier, warehouse, province, COUNT(*) AS parcels,
		MAX(IF(place = CEIL(n * 0.5), hours, NULL)) AS median_hours,
		MAX(IF(place = CEIL(n * 0.9), hours, NULL)) AS p90_hours,
		IFNULL(MAX(IF(pickup_place = CEIL(n_pickup * 0.5), pickup, NULL)), 0) AS pickup_hours
	FROM (
		SELECT courier, warehouse, province, hours, pickup,
			ROW_NUMBER() OVER (PARTITION BY courier, warehouse, province ORDER BY hours) AS place,
			COUNT(*) OVER (PARTITION BY courier, warehouse, province) AS n,
			IF(pickup IS NULL, NULL, ROW_NUMBER() OVER (
				PARTITION BY courier, warehouse, province ORDER BY pickup IS NULL, pickup)) AS pickup_place,
			COUNT(pickup) OVER (PARTITION BY courier, warehouse, province) AS n_pickup
		FROM (
			SELECT courier, {warehouse} AS warehouse, province,
				TIMESTAMPDIFF(SECOND, shipped_at, delivered_at) / 3600 AS hours,
				GREATEST(TIMESTAMPDIFF(SECOND, shipped_at, picked_up_at), 0) / 3600 AS pickup
			FROM tabShipment
			WHERE shipped_at >= %(since)s AND shipped_at < %(until)s AND status = 'Delivered' AND delivered_at > shipped_at
				AND IFNULL(courier, '') != '' AND IFNULL(province, '') != ''
		) taken
	) placed GROUP BY courier, warehouse, province"""


def refresh(now: datetime | None = None) -> int:
	"""Reckon all lanes anew; returns how many there are. Never commits."""
	now = now or now_datetime()
	values = {"since": now - timedelta(days=DAYS), "until": now - timedelta(days=NEWEST_DAYS)}
	rows = []
	for warehouse in ("warehouse", "''"):
		rows += frappe.db.sql(_QUERY.format(warehouse=warehouse), values, as_dict=True)
	for row in rows:
		row.name = make_row_name(row.courier, row.warehouse, row.province)
	frappe.db.delete("Lane Figure")
	insert_rows("Lane Figure", rows, FIELDS)
	return len(rows)


def find_hours(courier: str, warehouse: str, province: str) -> tuple[float, float] | None:
	"""(hours within which half arrive, hours within which 90 % do) of a lane; of the courier to the province from
	anywhere where the lane itself is too new; None where that is too.
	"""
	rows = frappe.db.sql(
		"""SELECT median_hours, p90_hours FROM `tabLane Figure`
		WHERE courier = %s AND province = %s AND warehouse IN (%s, '') AND parcels >= %s
		ORDER BY warehouse = '' LIMIT 1""",
		(courier, province, warehouse, LEAST_TO_TELL),
	)
	return (float(rows[0][0]), float(rows[0][1])) if rows else None


def run() -> None:
	"""The nightly job. Commits."""
	run_in_transaction(refresh)


def enqueue() -> None:
	"""The scheduler's entry."""
	frappe.enqueue(
		"storegroup_oms.couriers.tracking.lanes.run",
		queue="long",
		job_id="tracking_lanes",
		deduplicate=True,
	)
