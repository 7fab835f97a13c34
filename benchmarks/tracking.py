"""10,000 parcels on their way with faults: is each alarmed in time, how often in vain, and what do buyers notice?

The sandbox's couriers make the parcels' ways and tell them as Kuaidi100 and KDNiao do, signed; each simulated hour's
pushes are read by the product's own readers and written by its own writer, then the job of exceptions runs. HTTP, tasks
and notices are left out; everything else is what a site does. The truth is the sandbox's.

- missed, late: injected exceptions without an alert, or with one later than a step of the simulation
- false alarms: alerts whose parcel had no such trouble, in percent of all alerts, and of all parcels without a fault;
  a scan that is told too late makes one
- not closed: alerts that were still open a step after the parcel had moved on
- complaints: `_complaints`, with and without alerts

Everything is deleted again. Run by `./oms benchmark tracking [--json]`; OMS_BENCHMARK_PARCELS changes the size.
"""

import argparse
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

import frappe

from benchmarks import _complaints
from benchmarks._site import open_site, print_figures
from sandbox.clock import BEIJING, Clock
from sandbox.couriers.journeys import HOUR
from sandbox.couriers.parcels import Parcel, ParcelWorld
from sandbox.couriers.wire import make_kdniao_push, make_kuaidi100_push
from storegroup_oms.bulk import insert_rows
from storegroup_oms.couriers.tracking import events, kdniao, kuaidi100, lanes, problems
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.setup.tracking_rules import RULES
from storegroup_oms.tests.factories import create_courier, create_warehouse, make_suffix

STEP = 2 * HOUR
SHIPPING_DAYS = 6
QUIET_DAYS = 12
START = 1_780_243_200.0
SALT = "salt of the benchmark"
PROVINCES = ("浙江省", "广东省", "四川省", "北京市")
# Of a hundred parcels; 3 more have nothing but a scan that is told late.
RATES = {
	"no_pickup": 2.0,
	"stall": 3.0,
	"loss": 1.0,
	"refused": 1.0,
	"returned": 1.0,
	"wrong_address": 1.0,
	"damaged": 1.0,
	"silent_delivery": 1.0,
	"late_scans": 3.0,
}
FIELDS = ("courier", "warehouse", "province", "waybill_no", "status", "shipped_at")


@dataclass
class Run:
	"""`parcels` by the names of their shipments, and the scans that each has told so far."""

	world: ParcelWorld
	couriers: list[str]
	warehouses: list[str]
	parcels: dict[str, Parcel] = field(default_factory=dict)
	told: Counter = field(default_factory=Counter)
	scans: int = 0


def to_site(moment: float) -> datetime:
	return to_site_time(datetime.fromtimestamp(moment, BEIJING))


def make_run(count: int, seed: int) -> Run:
	"""Insert the couriers, warehouses and shipments; commits."""
	suffix = make_suffix()
	codes = [(f"k{suffix}{index}", f"N{suffix}{index}") for index in range(3)]
	couriers = [create_courier(kuaidi100_code=first, kdniao_code=second).name for first, second in codes]
	run = Run(ParcelWorld(Clock(), seed), couriers, [create_warehouse().name for _ in range(2)])
	run.world.rates = dict(RATES)
	dice = random.Random(seed)
	rows = []
	for number in range(count):
		index = number % 3
		shipped_at = START + dice.uniform(0, SHIPPING_DAYS * 24) * HOUR
		# Odd parcels are told of by one service, even ones by the other.
		company = codes[index][number % 2]
		waybill_no = f"B{suffix}{number:06d}"
		name = f"BENCH-{suffix}-{number:06d}"
		pace = dice.uniform(0.8, 1.2)
		run.parcels[name] = run.world.add(company, waybill_no, shipped_at=shipped_at, pace=pace)
		values = (
			couriers[index],
			dice.choice(run.warehouses),
			dice.choice(PROVINCES),
			waybill_no,
			"Shipped",
			to_site(shipped_at),
		)
		rows.append({"name": name, **dict(zip(FIELDS, values, strict=True))})
	insert_rows("Shipment", rows, FIELDS)
	frappe.db.commit()
	return run


def step(run: Run, now: float) -> None:
	"""What a site does in one step: take the pushes, then look for exceptions. Commits."""
	one, other, account = [], [], run.world.accounts["KDNiao"]
	for name, parcel in run.parcels.items():
		if parcel.shipped_at > now:
			continue
		count = len(parcel.get_told(now))
		if count > run.told[name]:
			run.scans += count - run.told[name]
			run.told[name] = count
			if parcel.company.startswith("k"):
				one.extend(kuaidi100.read_push(make_kuaidi100_push(parcel, now, SALT), SALT))
			else:
				other.append(parcel)
	form = make_kdniao_push(other, now, account)
	moment = to_site(now)
	touched = []
	for provider, traces in (("Kuaidi100", one), ("KDNiao", kdniao.read_push(form, account.key))):
		for start in range(0, len(traces), events.CHUNK):
			touched += events.write(traces[start : start + events.CHUNK], provider, moment).shipments
	changed = sorted({*touched, *problems.find_changed(moment)} & set(run.parcels))
	for start in range(0, len(changed), problems.CHUNK):
		problems.check(changed[start : start + problems.CHUNK], moment, tells=False)
	frappe.db.commit()


def find_expected(parcel: Parcel) -> dict[str, tuple[float, float | None]]:
	"""{kind: (when the alert is due, when the parcel moves on, None: never)} by the fault that was injected."""
	scans = {scan.kind: scan for scan in parcel.scans}
	if parcel.fault == "no_pickup":
		return {"No Pickup": (parcel.shipped_at + 24 * HOUR, scans["picked_up"].told_at)}
	if parcel.fault == "stall":
		for before, after in zip(parcel.scans[1:], parcel.scans[2:], strict=False):
			if after.occurred_at - before.occurred_at > 48 * HOUR:
				return {"No Movement": (before.occurred_at + 48 * HOUR, after.told_at)}
	if parcel.fault == "loss":
		last = parcel.scans[-1].occurred_at
		return {"No Movement": (last + 48 * HOUR, None), "Suspected Lost": (last + 168 * HOUR, None)}
	if parcel.fault == "silent_delivery":
		return {"No Delivery Scan": (scans["signed"].occurred_at + 24 * HOUR, None)}
	if parcel.fault == "refused":
		due = scans["refused"].told_at, scans["returning"].told_at
		return {"Refused": due, "Returned": (scans["returning"].told_at, None)}
	if parcel.fault == "returned":
		return {"Returned": (scans["returning"].told_at, None)}
	if parcel.fault in ("wrong_address", "damaged"):
		kind = parcel.fault.replace("_", " ").title()
		return {kind: (scans[parcel.fault].told_at, scans["out"].told_at)}
	return {}


def judge(run: Run, end: float) -> tuple[dict[str, float], list[_complaints.Trouble]]:
	"""The figures, and the troubles that buyers lived through."""
	alerts = {}
	for row in frappe.db.sql(
		"SELECT shipment, kind, opened_at, closed_at FROM `tabParcel Alert` WHERE courier IN %s",
		[run.couriers],
		as_dict=True,
	):
		alerts.setdefault((row.shipment, row.kind), []).append(row)
	missed, late, open_too_long, delays, troubles, expected_keys = 0, 0, 0, [], [], set()
	for name, parcel in run.parcels.items():
		expected = find_expected(parcel)
		for kind, (due, moves_on) in expected.items():
			if due > end - STEP:
				continue
			expected_keys.add((name, kind))
			found = alerts.get((name, kind))
			if not found:
				missed += 1
				continue
			delay = (found[0].opened_at - to_site(due)).total_seconds()
			delays.append(delay)
			late += delay > STEP
			if moves_on is not None and moves_on < end - STEP:
				closed = found[0].closed_at
				open_too_long += closed is None or (closed - to_site(moves_on)).total_seconds() > STEP
		if expected:
			troubles.append(_make_trouble(parcel, expected, alerts, name))
	delayed = sum(len(rows) for (_name, kind), rows in alerts.items() if kind == "Delayed")
	# A parcel with a fault may well be late besides; one without has no reason to be.
	wrong = {
		key
		for key in set(alerts) - expected_keys
		if key[1] != "Delayed" or run.parcels[key[0]].fault in ("", "late_scans")
	}
	total = sum(len(rows) for rows in alerts.values())
	false = sum(len(alerts[key]) for key in wrong)
	sound = sum(1 for parcel in run.parcels.values() if parcel.fault in ("", "late_scans"))
	for kind, count in Counter(kind for _name, kind in wrong).most_common():
		print(f"false: {kind:17} {count:>12,}")
	return {
		"injected": len(expected_keys),
		"missed": missed,
		"late": late,
		"longest_delay_min": round(max(delays, default=0) / 60),
		"alerts": total,
		"false_alarms": false,
		"false_percent_of_alerts": round(100 * false / max(total, 1), 2),
		"false_percent_of_parcels": round(100 * false / max(sound, 1), 2),
		"not_closed": open_too_long,
		"delayed_alerts": delayed,
	}, troubles


def _make_trouble(parcel: Parcel, expected: dict, alerts: dict, name: str) -> _complaints.Trouble:
	"""A buyer's trouble begins when the parcel stops as it shouldn't, some time before the alert is due."""
	kind, (due, moves_on) = next(iter(expected.items()))
	grace = {"No Pickup": 24, "No Movement": 24, "No Delivery Scan": 24}.get(kind, 0) * HOUR
	opened = alerts.get((name, kind))
	began = due - grace
	alerted = began + (opened[0].opened_at - to_site(began)).total_seconds() if opened else None
	end = parcel.scans[-1].told_at
	return _complaints.Trouble(began, None if moves_on is None else end, alerted)


def remove(run: Run) -> None:
	"""Delete everything that the run made; commits."""
	names = list(run.parcels)
	for start in range(0, len(names), 1_000):
		chunk = names[start : start + 1_000]
		for doctype, column in (
			("Tracking Event", "shipment"),
			("Parcel Alert", "shipment"),
			("Shipment", "name"),
		):
			frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE `{column}` IN %s", [chunk])
	for doctype, rows in (
		("Lane Figure", run.couriers),
		("Courier", run.couriers),
		("Warehouse", run.warehouses),
	):
		column = "courier" if doctype == "Lane Figure" else "name"
		frappe.db.sql(f"DELETE FROM `tab{doctype}` WHERE `{column}` IN %s", [rows])
	frappe.db.commit()


def measure(count: int, seed: int = 7) -> dict[str, float]:
	run = make_run(count, seed)
	with patch.object(problems, "get_rules", make_rules):
		return follow(run, count, seed)


def make_rules() -> list[frappe._dict]:
	"""The rules that the product ships, whatever the site has made of them."""
	empty = dict.fromkeys(problems.RULE_FIELDS)
	return [
		frappe._dict(empty, name=name, kind=kind, hours=hours, enabled=1)
		for name, kind, hours, _priority in RULES
	]


def follow(run: Run, count: int, seed: int) -> dict[str, float]:
	"""Live through the days, judge, and remove everything."""
	try:
		started, slowest = time.monotonic(), 0.0
		end = START + (SHIPPING_DAYS + QUIET_DAYS) * 24 * HOUR
		now = START
		while now <= end:
			before = time.monotonic()
			step(run, now)
			slowest = max(slowest, time.monotonic() - before)
			if (now - START) % (24 * HOUR) == 0:
				lanes.refresh(to_site(now))
				frappe.db.commit()
			now += STEP
		seconds = time.monotonic() - started
		figures, troubles = judge(run, end)
		without = sum(_complaints.count_complaints(troubles, False, seed) for seed in range(20))
		with_alerts = sum(_complaints.count_complaints(troubles, True, seed) for seed in range(20))
		return {
			"parcels": count,
			"scans": run.scans,
			**figures,
			"complaints_without": round(without / 20),
			"complaints_with": round(with_alerts / 20),
			"fewer_complaints_percent": round(100 * (1 - with_alerts / max(without, 1)), 1),
			"scans_per_s": round(run.scans / seconds),
			"slowest_step_s": round(slowest, 2),
		}
	finally:
		frappe.db.rollback()
		remove(run)


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	with open_site():
		print_figures(measure(int(os.environ.get("OMS_BENCHMARK_PARCELS", "10000"))), options.json)


if __name__ == "__main__":
	main()
