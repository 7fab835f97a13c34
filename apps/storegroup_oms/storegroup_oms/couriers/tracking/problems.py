"""What is wrong with parcels on their way: found by rules in time, one alert for each parcel and kind, closed by itself.

Rules are records; of those that fit a parcel the most exact one of a kind decides. The job reads which parcels may have
changed, then decides each under its lock, so that a scan that arrives meanwhile is never overlooked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import frappe
from frappe.utils import cint, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.couriers.tracking import problem_messages
from storegroup_oms.hashing import make_row_name
from storegroup_oms.transactions import run_in_latest

# The gravest first: what a parcel shows when several are open.
KINDS = (
	"Suspected Lost",
	"Damaged",
	"Refused",
	"Returned",
	"Wrong Address",
	"No Delivery Scan",
	"No Movement",
	"No Pickup",
	"Delayed",
)
TOLD = ("Refused", "Returned", "Wrong Address", "Damaged", "No Delivery Scan")
# What the graver kind says already.
IMPLIED = {
	"Suspected Lost": ("No Movement", "No Pickup", "Delayed"),
	"No Movement": ("Delayed",),
	"No Pickup": ("Delayed",),
}
RULE_FIELDS = (
	"name",
	"enabled",
	"kind",
	"hours",
	"courier",
	"warehouse",
	"province",
	"shop",
	"user",
	"role",
	"makes_task",
	"comments",
	"priority",
)
WEIGHTS = {"shop": 8, "courier": 4, "warehouse": 2, "province": 1}
ALERT_FIELDS = (
	"shipment",
	"kind",
	"status",
	"rule",
	"waybill_no",
	"courier",
	"warehouse",
	"province",
	"since",
	"opened_at",
	"alert_key",
)
CHUNK = 500
# A lane's figures say something from so many parcels on.
LEAST_PARCELS = 20
# A clock over the parcel: when it starts, and for which parcels it runs.
_MOVING = "parcel.status IN ('Shipped', 'In Transit', 'Out for Delivery')"
_LAST = "GREATEST(IFNULL(parcel.last_event_at, parcel.shipped_at), parcel.shipped_at)"
_LANE = """LEFT JOIN `tabLane Figure` lane ON lane.courier = parcel.courier AND lane.province = parcel.province
	AND lane.warehouse = parcel.warehouse AND lane.parcels >= %(least)s"""
_CLOCKS = {
	"No Pickup": ("parcel.shipped_at", "parcel.status = 'Shipped' AND parcel.picked_up_at IS NULL", ""),
	"No Movement": (
		"parcel.last_event_at",
		f"{_MOVING} AND parcel.picked_up_at IS NOT NULL AND parcel.tracked_problem IS NULL",
		"",
	),
	"Suspected Lost": (_LAST, _MOVING, ""),
	"Delayed": (
		"DATE_ADD(parcel.shipped_at, INTERVAL ROUND(lane.p90_hours * 60) MINUTE)",
		f"{_MOVING} AND lane.p90_hours > 0 AND parcel.tracked_problem IS NULL",
		_LANE,
	),
}


@dataclass
class Checked:
	"""Alerts that this call has opened and closed; names of parcels whose state was looked at."""

	opened: list[frappe._dict] = field(default_factory=list)
	closed: list[frappe._dict] = field(default_factory=list)


def get_rules() -> list[frappe._dict]:
	"""All rules, the most exact first; switched off ones too, as they silence."""
	rules = frappe.get_all("Tracking Rule", fields=list(RULE_FIELDS), order_by="name asc")
	return sorted(rules, key=lambda rule: -sum(WEIGHTS[key] for key in WEIGHTS if rule[key]))


def find_cases(
	rules: Sequence[frappe._dict], now: datetime, shipments: Sequence[str] | None = None
) -> dict[tuple[str, str], frappe._dict]:
	"""What is wrong now among `shipments` or all: {(parcel, kind): row}.

	A row has name, since, courier, warehouse, province, waybill_no, shops (list) and its rule.
	"""
	cases = {}
	for kind in KINDS:
		own = [rule for rule in rules if rule.kind == kind]
		wanted = [cint(rule.hours) for rule in own if rule.enabled]
		if not wanted:
			continue
		latest = now - timedelta(hours=min(wanted))
		for row in _find_rows(kind, latest, now, shipments):
			rule = next((rule for rule in own if _fits(rule, row)), None)
			is_due = rule and (row.is_told or row.since <= now - timedelta(hours=cint(rule.hours)))
			if is_due and rule.enabled:
				row.rule = rule
				cases[row.name, kind] = row
	for name, kind in list(cases):
		for implied in IMPLIED.get(kind, ()):
			cases.pop((name, implied), None)
	return cases


def _fits(rule: frappe._dict, row: frappe._dict) -> bool:
	return all(
		not rule[key] or (rule[key] in row.shops if key == "shop" else rule[key] == row[key])
		for key in WEIGHTS
	)


def _find_rows(
	kind: str, latest: datetime, now: datetime, shipments: Sequence[str] | None
) -> Iterable[frappe._dict]:
	values = {
		"kind": kind,
		"latest": latest,
		"now": now,
		"least": LEAST_PARCELS,
		"shipments": list(shipments or ()),
	}
	among = " AND parcel.name IN %(shipments)s" if shipments is not None else ""
	queries = []
	if kind in _CLOCKS:
		since, condition, join = _CLOCKS[kind]
		queries.append((since, f"{condition} AND {since} <= %(latest)s", join, 0))
	if kind in TOLD or kind == "Suspected Lost":
		condition = "parcel.tracked_problem = %(kind)s AND parcel.status != 'Cancelled'"
		# A courier's own word that a parcel is lost needs no waiting.
		is_told = int(kind == "Suspected Lost")
		condition += "" if is_told else " AND parcel.tracked_problem_at <= %(latest)s"
		queries.append(("parcel.tracked_problem_at", condition, "", is_told))
	for since, condition, join, is_told in queries:
		for row in frappe.db.sql(
			f"""SELECT parcel.name, {since} AS since, parcel.courier, parcel.warehouse, parcel.province,
				parcel.waybill_no, {is_told} AS is_told,
				(SELECT GROUP_CONCAT(DISTINCT link.shop SEPARATOR '\n') FROM `tabShipment Order` link
					WHERE link.parent = parcel.name) AS shops
			FROM tabShipment parcel {join} WHERE {condition}{among} ORDER BY parcel.name""",
			values,
			as_dict=True,
		):
			row.shops = (row.shops or "").split("\n")
			yield row


def find_changed(now: datetime | None = None) -> list[str]:
	"""Names of parcels that have an alert too many or too few, in order."""
	cases = find_cases(get_rules(), now or now_datetime())
	known = {(row.shipment, row.kind) for row in _get_alerts()}
	return sorted({name for name, _kind in known ^ set(cases)})


def _get_alerts(shipments: Sequence[str] | None = None) -> list[frappe._dict]:
	filters: dict[str, object] = {"status": ["in", ("Open", "Handled")]}
	if shipments is not None:
		filters["shipment"] = ["in", list(shipments)]
	return frappe.get_all(
		"Parcel Alert",
		filters=filters,
		fields=["name", "shipment", "kind", "task", "rule", "waybill_no"],
		order_by="name asc",
	)


def check(shipments: Sequence[str], now: datetime | None = None, tells: bool = True) -> Checked:
	"""Open and close the alerts of parcels, under their locks; tasks, comments and notices follow. Never commits.

	`now` is site time. Without `tells` nobody is told and no task is made.
	"""
	names, now = sorted(set(shipments)), now or now_datetime()
	if not names:
		return Checked()
	frappe.db.sql("SELECT name FROM tabShipment WHERE name IN %s ORDER BY name FOR UPDATE", [names])
	cases = find_cases(get_rules(), now, names)
	known = {(row.shipment, row.kind): row for row in _get_alerts(names)}
	closed = [row for key, row in known.items() if key not in cases]
	new = [(kind, row) for (name, kind), row in cases.items() if (name, kind) not in known]
	done = Checked(_open(new, now), closed)
	_close(closed, now)
	changed = sorted({row.shipment for row in (*done.opened, *closed)})
	_show_gravest(changed)
	if tells:
		problem_messages.tell_opened(done.opened)
		problem_messages.tell_closed(closed)
	return done


def _open(new: Sequence[tuple[str, frappe._dict]], now: datetime) -> list[frappe._dict]:
	rows = [
		frappe._dict(
			name=frappe.generate_hash(length=12),
			shipment=case.name,
			kind=kind,
			status="Open",
			rule=case.rule.name,
			waybill_no=case.waybill_no,
			courier=case.courier,
			warehouse=case.warehouse,
			province=case.province,
			since=case.since,
			opened_at=now,
			alert_key=make_row_name(case.name, kind),
			shops=case.shops,
			settings=case.rule,
		)
		for kind, case in new
	]
	insert_rows("Parcel Alert", rows, ALERT_FIELDS, on_duplicate=())
	return rows


def _close(alerts: Sequence[frappe._dict], now: datetime) -> None:
	rows = [{"name": row.name, "status": "Closed", "closed_at": now, "alert_key": None} for row in alerts]
	update_rows("Parcel Alert", rows, ("status", "closed_at", "alert_key"))


def _show_gravest(names: Sequence[str]) -> None:
	if not names:
		return
	frappe.db.sql(
		"""UPDATE tabShipment parcel SET parcel.exception = IFNULL((SELECT alert.kind FROM `tabParcel Alert` alert
			WHERE alert.shipment = parcel.name AND alert.status IN ('Open', 'Handled')
			ORDER BY FIELD(alert.kind, %(kinds)s) LIMIT 1), ''), parcel.modified = %(now)s
		WHERE parcel.name IN %(names)s""".replace("%(kinds)s", ", ".join(f"'{kind}'" for kind in KINDS)),
		{"names": list(names), "now": frappe.utils.now()},
	)


def handle(alerts: Sequence[str], note: str = "") -> int:
	"""People have done what there was to do: the alerts leave the worklist and don't come back while their cause lasts.

	Ends tasks that have no other open alert. Returns how many were open. Never commits.
	"""
	rows = frappe.get_all(
		"Parcel Alert",
		filters={"name": ["in", list(alerts)], "status": "Open"},
		fields=["name", "task"],
		order_by="name asc",
	)
	update_rows(
		"Parcel Alert",
		[
			{"name": row.name, "status": "Handled", "handled_by": frappe.session.user, "note": note[:1000]}
			for row in rows
		],
		("status", "handled_by", "note"),
	)
	problem_messages.end_tasks(row.task for row in rows)
	return len(rows)


def run(now: datetime | None = None) -> None:
	"""The job: decide every parcel that an hour may have changed. Commits."""
	names = find_changed(now)
	for start in range(0, len(names), CHUNK):
		chunk = names[start : start + CHUNK]
		run_in_latest(lambda chunk=chunk: check(chunk, now))


def enqueue() -> None:
	"""The scheduler's entry, every five minutes; also after a rule was written."""
	frappe.enqueue(
		"storegroup_oms.couriers.tracking.problems.run",
		queue="default",
		job_id="tracking_problems",
		deduplicate=True,
		enqueue_after_commit=True,
	)
