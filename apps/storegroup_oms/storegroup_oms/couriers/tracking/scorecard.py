"""The courier scorecard: how each courier does on each lane, over the parcels shipped in a period. Reads only.

Percentiles are those of `lanes`. A complaint is an after-sale case that blames the way; a problem is a parcel that had
an alert; a lost one is one whose loss alert has not been taken back by a later scan.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import frappe

COMPLAINTS = ("Damaged in Transit", "Late", "Never Arrived")
LANE = ("courier", "warehouse", "province")
# What a row is about → its columns.
GROUPS = {
	"Courier": ("courier",),
	"Courier and Warehouse": ("courier", "warehouse"),
	"Lane": LANE,
}
MOST_ROWS = 5_000


@dataclass(frozen=True)
class Period:
	"""Parcels shipped from one day to another, both included, of the given courier, warehouse or province."""

	from_date: date
	to_date: date
	only: dict[str, str] = field(default_factory=dict)
	condition: str = ""  # the reader's row scope


def compute(period: Period, group: str = "Lane") -> list[frappe._dict]:
	"""One row per courier, courier and warehouse, or lane, the most parcels first.

	parcels, delivered, pickup_hours (median), median_days and p90_days (None without a delivered parcel),
	problems, lost, complaints (parcels), problem_rate, loss_rate, complaint_rate (percent), cost (yuan per parcel whose
	cost is known, else None). Columns that aren't grouped by are absent.
	"""
	keys = GROUPS[group]
	by = ", ".join(keys)
	conditions = "".join(f" AND `tabShipment`.`{key}` = %({key})s" for key in LANE if period.only.get(key))
	if period.condition:
		conditions += f" AND {period.condition.replace('%', '%%')}"
	values: dict[str, Any] = {
		"since": period.from_date,
		"until": period.to_date + timedelta(days=1),
		"complaints": COMPLAINTS,
		**{key: value for key, value in period.only.items() if key in LANE},
	}
	rows = frappe.db.sql(
		f"""SELECT {by}, COUNT(*) AS parcels, COUNT(hours) AS delivered, SUM(has_problem) AS problems,
			SUM(is_lost) AS lost, SUM(has_complaint) AS complaints, AVG(cost) AS cost,
			MAX(IF(pickup_place = CEIL(n_pickup * 0.5), pickup, NULL)) AS pickup_hours,
			MAX(IF(place = CEIL(n * 0.5), hours, NULL)) / 24 AS median_days,
			MAX(IF(place = CEIL(n * 0.9), hours, NULL)) / 24 AS p90_days
		FROM (
			SELECT facts.*,
				ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY hours IS NULL, hours) AS place,
				COUNT(hours) OVER (PARTITION BY {by}) AS n,
				ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY pickup IS NULL, pickup) AS pickup_place,
				COUNT(pickup) OVER (PARTITION BY {by}) AS n_pickup
			FROM ({_FACTS} {conditions}) facts
		) placed GROUP BY {by} ORDER BY parcels DESC, {by} LIMIT {MOST_ROWS}""",
		values,
		as_dict=True,
	)
	for row in rows:
		_finish(row)
	return rows


_FACTS = """
	SELECT `tabShipment`.courier, `tabShipment`.warehouse, `tabShipment`.province,
		IF(`tabShipment`.status = 'Delivered' AND `tabShipment`.delivered_at > `tabShipment`.shipped_at,
			TIMESTAMPDIFF(SECOND, `tabShipment`.shipped_at, `tabShipment`.delivered_at) / 3600, NULL) AS hours,
		GREATEST(TIMESTAMPDIFF(SECOND, `tabShipment`.shipped_at, `tabShipment`.picked_up_at), 0) / 3600 AS pickup,
		NULLIF(`tabShipment`.freight_cost, 0) AS cost,
		EXISTS (SELECT 1 FROM `tabParcel Alert` alert WHERE alert.shipment = `tabShipment`.name) AS has_problem,
		EXISTS (SELECT 1 FROM `tabParcel Alert` alert WHERE alert.shipment = `tabShipment`.name
			AND alert.kind = 'Suspected Lost' AND alert.status != 'Closed') AS is_lost,
		EXISTS (SELECT 1 FROM `tabShipment Order` link JOIN `tabAfter-sale Case` matter
				ON matter.`order` = link.`order` AND matter.reason_code IN %(complaints)s
			WHERE link.parent = `tabShipment`.name) AS has_complaint
	FROM tabShipment
	WHERE `tabShipment`.shipped_at >= %(since)s AND `tabShipment`.shipped_at < %(until)s
		AND `tabShipment`.status != 'Cancelled' AND IFNULL(`tabShipment`.courier, '') != ''"""


def _finish(row: frappe._dict) -> None:
	for count, rate in (
		("problems", "problem_rate"),
		("lost", "loss_rate"),
		("complaints", "complaint_rate"),
	):
		row[count] = int(row[count] or 0)
		row[rate] = round(100 * row[count] / row.parcels, 2)
	for number, digits in (("pickup_hours", 1), ("median_days", 2), ("p90_days", 2), ("cost", 2)):
		row[number] = None if row[number] is None else round(float(row[number]), digits)
