"""Scans become Tracking Events, and parcels and orders follow them: the only writer of `Tracking Event`.

A scan is one row by its parcel, moment and words, however often and in whatever order it is told. What a parcel's row
says is reckoned anew from all of its events each time, so late and early scans come to the same end. Locks are taken
in the house's order: parcels by name, and orders in a transaction of their own afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.couriers.tracking import problems
from storegroup_oms.couriers.tracking.base import Trace
from storegroup_oms.couriers.tracking.schedule import RESUBSCRIBE, get_next_poll
from storegroup_oms.couriers.tracking.summary import Event, Summary, summarise
from storegroup_oms.couriers.tracking.text_hash import make_text_hash
from storegroup_oms.couriers.tracking.wording import find_code
from storegroup_oms.orders.events import record_events
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.transactions import run_in_latest

CODE_FIELDS = {"Kuaidi100": "kuaidi100_code", "KDNiao": "kdniao_code"}
EVENT_FIELDS = ("shipment", "occurred_at", "code", "place", "text", "text_hash", "source")
SUMMARY_FIELDS = (
	"status",
	"last_event_at",
	"last_event_text",
	"last_place",
	"picked_up_at",
	"delivered_at",
	"tracked_problem",
	"tracked_problem_at",
	"next_poll_at",
	"is_subscribed",
	"subscribe_due_at",
	"subscribe_attempts",
)
# A parcel that hasn't left by our books keeps its status until it has.
LEFT = ("Shipped", "In Transit", "Out for Delivery", "Delivered", "Returned")
OVER = ("Delivered", "Returned")
CHUNK = 500


@dataclass
class Stored:
	"""`shipments` that the traces were about, new events, and waybills that no parcel of ours has."""

	shipments: list[str] = field(default_factory=list)
	events: int = 0
	unknown: list[str] = field(default_factory=list)


def store(traces: Sequence[Trace], provider: str) -> Stored:
	"""Write traces, look for exceptions among their parcels, and let the orders follow. Commits."""
	total = Stored()
	for start in range(0, len(traces), CHUNK):
		chunk = traces[start : start + CHUNK]
		stored = run_in_latest(lambda chunk=chunk: _write_and_check(chunk, provider))
		if stored.shipments:
			run_in_latest(lambda stored=stored: settle_orders(stored.shipments))
		total.shipments += stored.shipments
		total.events += stored.events
		total.unknown += stored.unknown
	return total


def _write_and_check(traces: Sequence[Trace], provider: str) -> Stored:
	stored = write(traces, provider)
	problems.check(shipments=stored.shipments)
	return stored


def write(traces: Sequence[Trace], provider: str, now: datetime | None = None) -> Stored:
	"""Insert events of traces and bring their parcels up to date; both again for the same traces. Never commits."""
	parcels, unknown = find_parcels(traces, provider)
	if not parcels:
		return Stored(unknown=unknown)
	names = sorted(parcels)
	frappe.db.sql("SELECT name FROM tabShipment WHERE name IN %s ORDER BY name FOR UPDATE", [names])
	before = _count_events(names)
	insert_rows(
		"Tracking Event",
		[row for name in names for trace in parcels[name] for row in _make_rows(name, trace, provider)],
		EVENT_FIELDS,
		on_duplicate=(),
	)
	refresh(names, now or now_datetime(), parcels)
	return Stored(names, _count_events(names) - before, unknown)


def find_parcels(traces: Sequence[Trace], provider: str) -> tuple[dict[str, list[Trace]], list[str]]:
	"""{parcel: its traces} and the waybill numbers that no parcel has.

	Of two couriers' equal numbers the trace's own courier counts; a number that one parcel alone has is that parcel's,
	whatever the service calls the courier (a parcel may be handed on).
	"""
	numbers = sorted({trace.waybill_no for trace in traces if trace.waybill_no})
	if not numbers:
		return {}, []
	rows = frappe.db.sql(
		f"""SELECT parcel.name, parcel.waybill_no, courier.`{CODE_FIELDS[provider]}` AS code
		FROM tabShipment parcel LEFT JOIN tabCourier courier ON courier.name = parcel.courier
		WHERE parcel.waybill_no IN %s ORDER BY parcel.name""",
		[numbers],
		as_dict=True,
	)
	by_number = defaultdict(list)
	for row in rows:
		by_number[row.waybill_no.upper()].append(row)
	found: dict[str, list[Trace]] = defaultdict(list)
	unknown = []
	for trace in traces:
		named = by_number.get(trace.waybill_no.upper(), [])
		exact = [row for row in named if row.code == trace.company]
		chosen = exact or (named if len(named) == 1 else [])
		if chosen:
			found[chosen[0].name].append(trace)
		else:
			unknown.append(trace.waybill_no)
	return found, unknown


def _make_rows(shipment: str, trace: Trace, provider: str) -> Iterable[dict]:
	for scan in trace.scans:
		yield {
			"name": frappe.generate_hash(length=16),
			"shipment": shipment,
			"occurred_at": to_site_time(scan.occurred_at),
			"code": find_code(scan.text, scan.hint),
			"place": scan.place,
			"text": scan.text,
			"text_hash": make_text_hash(scan.place, scan.text),
			"source": provider,
		}


def _count_events(names: Sequence[str]) -> int:
	return frappe.db.sql("SELECT COUNT(*) FROM `tabTracking Event` WHERE shipment IN %s", [names])[0][0]


def refresh(
	names: Sequence[str], now: datetime, traces: dict[str, list[Trace]] | None = None
) -> dict[str, Summary]:
	"""Reckon parcels anew from their events; returns their summaries. The caller holds the parcels' locks."""
	events = defaultdict(list)
	for row in frappe.db.sql(
		"SELECT shipment, occurred_at, code, place, `text` FROM `tabTracking Event` WHERE shipment IN %s",
		[names],
	):
		events[row[0]].append(Event(*row[1:3], row[3] or "", row[4] or ""))
	parcels = frappe.db.sql(
		f"""SELECT name, status, shipped_at, {", ".join(SUMMARY_FIELDS[1:])} FROM tabShipment
		WHERE name IN %s""",
		[names],
		as_dict=True,
	)
	summaries, rows = {}, []
	for parcel in parcels:
		summary = summaries[parcel.name] = summarise(events[parcel.name])
		row = _make_values(parcel, summary, now, (traces or {}).get(parcel.name, []))
		if any(row[fieldname] != parcel[fieldname] for fieldname in SUMMARY_FIELDS):
			rows.append(row)
	update_rows("Shipment", rows, SUMMARY_FIELDS)
	return summaries


def _make_values(
	parcel: frappe._dict, summary: Summary, now: datetime, traces: Sequence[Trace]
) -> dict[str, object]:
	has_left = parcel.status in LEFT
	is_over = has_left and summary.status in OVER
	silent_since = summary.last_event_at or parcel.shipped_at
	# A service that follows the parcel no longer is asked again when we think that it is on its way.
	stopped = any(trace.is_over or trace.gave_up for trace in traces)
	is_subscribed = 0 if stopped else parcel.is_subscribed
	again = any(trace.gave_up for trace in traces) and not is_over
	return {
		"name": parcel.name,
		"status": summary.status if has_left else parcel.status,
		"last_event_at": summary.last_event_at,
		"last_event_text": summary.last_event_text or None,
		"last_place": summary.last_place or None,
		"picked_up_at": summary.picked_up_at,
		"delivered_at": summary.delivered_at,
		"tracked_problem": summary.problem or None,
		"tracked_problem_at": summary.problem_at,
		"next_poll_at": None
		if is_over or not has_left
		else get_next_poll(now, silent_since, bool(is_subscribed)),
		"is_subscribed": is_subscribed,
		"subscribe_due_at": now + RESUBSCRIBE if again else None if is_over else parcel.subscribe_due_at,
		"subscribe_attempts": 0 if again else parcel.subscribe_attempts,
	}


def settle_orders(shipments: Sequence[str]) -> list[str]:
	"""Give orders the time at which the last of their parcels arrived; returns those that got or lost one.

	Locks the orders by name. Never commits.
	"""
	orders = frappe.db.sql(
		"""SELECT DISTINCT link.`order` FROM `tabShipment Order` link
		JOIN tabShipment parcel ON parcel.name = link.parent
		JOIN tabOrder sold ON sold.name = link.`order`
		WHERE link.parent IN %s AND (parcel.delivered_at IS NOT NULL OR sold.delivered_at IS NOT NULL)
		ORDER BY link.`order`""",
		[shipments],
		pluck=True,
	)
	if not orders:
		return []
	frappe.db.sql("SELECT name FROM tabOrder WHERE name IN %s ORDER BY name FOR UPDATE", [orders])
	rows = frappe.db.sql(
		"""SELECT sold.name, sold.delivered_at AS known,
			IF(SUM(parcel.delivered_at IS NULL) = 0, MAX(parcel.delivered_at), NULL) AS delivered_at
		FROM tabOrder sold
		JOIN `tabShipment Order` link ON link.`order` = sold.name
		JOIN tabShipment parcel ON parcel.name = link.parent AND parcel.status != 'Cancelled'
		WHERE sold.name IN %s GROUP BY sold.name, sold.delivered_at""",
		[orders],
		as_dict=True,
	)
	changed = [row for row in rows if row.known != row.delivered_at]
	update_rows("Order", changed, ("delivered_at",))
	record_events(
		{"order": row.name, "event": "Delivered", "source": "Courier", "occurred_at": row.delivered_at}
		for row in changed
		if row.delivered_at and not row.known
	)
	return [row.name for row in changed]
