"""Which orders are to be allocated, in which order, and the job that does it.

The database tells: orders that hold less than they want, reservations that fit no order any more. So nothing depends on
a wake-up that may be lost, any number of jobs may run at once, and one that is killed costs a minute. An order is
looked at once in a run, whatever comes of it; one that stays short is left as it is, without a word.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import frappe
import redis
from frappe.utils import cint, now_datetime

from storegroup_oms.connectors.gate import get_redis
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import allocation, gifts, layout, parcels, wants
from storegroup_oms.fulfilment.parcel_rows import GONE
from storegroup_oms.fulfilment.parcel_rows import LIVE as PACKED
from storegroup_oms.fulfilment.wants import LEFT, LIVE
from storegroup_oms.inventory import releasing
from storegroup_oms.transactions import run_in_latest

CHUNK = 200
WAKE_LIFE_S = 15
JOB = "storegroup_oms.fulfilment.allocation_queue.run"
# Timeline rows after which an order's stock may have to change.
WAKING = frozenset(
	(
		"Order received",
		"Order created",
		"Order changed by platform",
		"After-sale case opened",
		"After-sale case changed by platform",
		"Lines matched to SKUs",
		"Status changed",
	)
)
ORDERINGS = {
	"Paid Time": "IFNULL(o.paid_at, o.ordered_at), o.name",
	"Ship-by Time": "o.ship_by IS NULL, o.ship_by, IFNULL(o.paid_at, o.ordered_at), o.name",
	"Customer Tier": "IFNULL(c.tier, '') = '', c.total_paid DESC, IFNULL(o.paid_at, o.ordered_at), o.name",
}

UNMATCHED = """EXISTS (SELECT 1 FROM `tabOrder Item` line WHERE line.parent = o.name AND IFNULL(line.sku, '') = ''
	AND line.is_gift = 0 AND IFNULL(line.refund_status, '') != 'Refunded')"""
LACKING = """EXISTS (SELECT 1 FROM `tabOrder Item` line WHERE line.parent = o.name AND IFNULL(line.sku, '') != ''
	AND IFNULL(line.refund_status, '') != 'Refunded' AND line.reserved_qty + line.shipped_qty < line.qty)"""
UNFITTING = """SELECT r.name, o.name AS owner FROM `tabStock Reservation` r
	LEFT JOIN tabOrder o ON o.name = r.`order`
	LEFT JOIN `tabOrder Item` line ON line.name = r.order_item AND line.parent = r.`order`
	LEFT JOIN tabSKU sku ON sku.name = line.sku
	WHERE r.status = 'Open' AND r.purpose = 'Order' AND (
		o.name IS NULL OR o.status NOT IN %(live)s OR line.name IS NULL OR line.refund_status = 'Refunded'
		OR r.qty > (line.qty - line.shipped_qty) * r.per_set OR (sku.is_bundle = 0 AND r.sku != line.sku)
	) AND NOT (o.status IN %(left)s AND EXISTS (
		SELECT 1 FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
		WHERE link.`order` = o.name AND parcel.status IN %(packed)s
	) AND EXISTS (
		SELECT 1 FROM `tabShipment Order` link JOIN tabShipment parcel ON parcel.name = link.parent
		WHERE link.`order` = o.name AND parcel.status IN %(gone)s
	)) ORDER BY r.name"""


# Jobs


def wake() -> None:
	"""Start the job once this transaction is committed, unless one that has not begun yet was asked for by then.

	A flag that was set any earlier would keep others from waking: for nothing if this transaction is undone, or
	for a job that has looked before theirs was committed.
	"""
	frappe.db.after_commit.add(_start)


def _start() -> None:
	with suppress(redis.RedisError):
		if not get_redis().set(_get_wake_key(), "1", nx=True, ex=WAKE_LIFE_S):
			return
	frappe.enqueue(JOB, queue="default", timeout=1500)


def _get_wake_key() -> str:
	return f"oms:wake:{frappe.local.site}:allocation"


def note_events(rows: Sequence[dict]) -> None:
	"""The hook `order_event_sinks`: something happened to orders that may change what they want."""
	if any(row["event"] in WAKING and row.get("source") != allocation.SOURCE for row in rows):
		wake()


def note_movements(rows: Sequence[dict]) -> None:
	"""The hook `stock_movement_sinks`: pieces came or were given back, so that somebody may stop waiting."""
	if any(row["qty_change"] > row["reserved_change"] + row["blocked_change"] for row in rows):
		wake()


def tick() -> None:
	"""Each minute: a job where the database says that there is work."""
	if (
		find_unfitting()
		or gifts.find_unearned()
		or parcels.find_unsettled(limit=1)
		or (is_automatic() and (find_lost() or find_waiting(limit=1)))
	):
		frappe.enqueue(JOB, queue="default", timeout=1500)


def is_automatic() -> bool:
	return bool(cint(frappe.db.get_single_value("OMS Settings", "auto_allocate")))


def run() -> allocation.Result:
	"""The background job: give back what fits nothing, then serve the queue once from its head to its end. Commits."""
	with suppress(redis.RedisError):
		# From now on a wake-up starts another job; what comes after this one's look is none of its business.
		get_redis().delete(_get_wake_key())
	result = allocation.Result()
	reserves = is_automatic()
	give_back(result, reserves)
	if reserves:
		work_off(find_lost(), result)
		serve(result)
	_work_off("Order", parcels.find_unsettled(), _settle)
	if cint(frappe.db.get_single_value("OMS Settings", "merge_by_itself")):
		for group in layout.find_mergeable(only_sure=True):
			_work_off("Shipment", [",".join(group)], _merge)
	return result


def _settle(orders: Sequence[str]) -> None:
	run_in_latest(partial(parcels.ensure_parcels, orders))


def _merge(groups: Sequence[str]) -> None:
	for group in groups:
		with suppress(InvalidValueError):
			# Different couriers, or somebody was quicker: people see the suggestion.
			run_in_latest(partial(layout.merge, group.split(",")))


def give_back(result: allocation.Result, reserves: bool) -> None:
	"""Settle every order that holds what it no longer wants, and reservations without an order. Commits."""
	rows = find_unfitting()
	orphans = [row.name for row in rows if not row.owner]
	_work_off("Stock Reservation", orphans, partial(_release_orphans, result=result))
	owners = {row.owner for row in rows if row.owner} | set(gifts.find_unearned())
	work_off(sorted(owners), result, reserves=reserves)


def _release_orphans(names: Sequence[str], result: allocation.Result) -> None:
	result.released += run_in_latest(partial(releasing.release_rows, names, "The order is gone"))


def serve(result: allocation.Result) -> None:
	"""Allocate to all who wait, in the order of the queue. Commits for each chunk."""
	chosen, spared = choose(find_waiting())
	work_off(chosen, result, spared)


def work_off(
	orders: Sequence[str],
	result: allocation.Result,
	spared: dict[str, int] | None = None,
	reserves: bool = True,
) -> None:
	"""Allocate chunk by chunk, each its own transaction. An order that fails is logged and holds up no other. Commits."""

	def allocate(names: Sequence[str]) -> None:
		result.add(run_in_latest(partial(allocation.allocate, names, allocation.SOURCE, spared, reserves)))

	_work_off("Order", orders, allocate)


def _work_off(doctype: str, names: Sequence[str], work: Callable[[Sequence[str]], None]) -> None:
	for start in range(0, len(names), CHUNK):
		_try(doctype, names[start : start + CHUNK], work)


def _try(doctype: str, names: Sequence[str], work: Callable[[Sequence[str]], None]) -> None:
	"""Do the work for all of them; where that fails for halves of them, down to the one that is to blame."""
	try:
		work(names)
	except Exception:
		frappe.db.rollback()
		if len(names) > 1:
			half = len(names) // 2
			_try(doctype, names[:half], work)
			_try(doctype, names[half:], work)
			return
		frappe.log_error(
			title="Stock could not be allocated", reference_doctype=doctype, reference_name=names[0]
		)
		frappe.db.commit()


# What there is to do


def find_unfitting() -> list[frappe._dict]:
	"""Open reservations whose order or line no longer wants them: {name, owner}; `owner` is None where the order is gone."""
	return frappe.db.sql(
		UNFITTING, {"live": LIVE, "left": LEFT, "packed": PACKED, "gone": GONE}, as_dict=True
	)


def find_lost() -> list[str]:
	"""Orders that had everything and lack something now, because promises were taken back or lines have grown."""
	return frappe.db.sql_list(
		f"""SELECT o.name FROM tabOrder o WHERE o.status IN %(live)s AND o.stock_state IN ('Reserved', 'Not Needed')
		AND {LACKING} AND NOT {UNMATCHED} ORDER BY IFNULL(o.paid_at, o.ordered_at), o.name""",
		{"live": LIVE},
	)


def find_waiting(limit: int | None = None) -> list[frappe._dict]:
	"""Orders that lack stock or have not been looked at, as the queue stands: {name, status, stock_state, since}.

	The active policy for all shops says who stands first.
	"""
	return frappe.db.sql(
		f"""SELECT o.name, o.status, o.stock_state, IFNULL(o.paid_at, o.ordered_at) AS since
		FROM tabOrder o LEFT JOIN tabCustomer c ON c.name = o.customer
		WHERE o.status IN %(live)s AND IFNULL(o.stock_state, '') NOT IN ('Reserved', 'Not Needed')
		AND NOT {UNMATCHED} ORDER BY {ORDERINGS[_read_queue_policy().refill_order]}"""
		+ (f" LIMIT {cint(limit)}" if limit else ""),
		{"live": LIVE},
		as_dict=True,
	)


def choose(waiting: Sequence[frappe._dict]) -> tuple[list[str], dict[str, int]]:
	"""Orders worth allocating, in their order, and the pieces of SKUs that are left for those who wait too long.

	An order that was short before is chosen when all warehouses together have enough for it after those before it;
	a new one always. Of what an approved order has waited for beyond the policy's patience, later ones get nothing.
	"""
	needs = _read_needs([row.name for row in waiting])
	free: dict[str, int] = {}
	for (sku, _warehouse), count in wants.read_free({sku for row in needs.values() for sku in row}).items():
		free[sku] = free.get(sku, 0) + count
	policy = _read_queue_policy()
	impatient = now_datetime() - timedelta(hours=cint(policy.patience_hours))
	chosen: list[str] = []
	spared: dict[str, int] = {}
	for row in waiting:
		pieces = needs.get(row.name, {})
		can_serve = all(free.get(sku, 0) >= count for sku, count in pieces.items())
		can_part = bool(policy.allow_partial) and any(free.get(sku, 0) > 0 for sku in pieces)
		if can_serve or can_part or not row.stock_state:
			chosen.append(row.name)
		takes = can_serve or can_part
		waits_too_long = row.status == "Backorder" and row.since and row.since <= impatient
		if not (takes or waits_too_long):
			continue
		for sku, count in pieces.items():
			taken = min(free.get(sku, 0), count)
			free[sku] = free.get(sku, 0) - taken
			if not takes:
				spared[sku] = spared.get(sku, 0) + taken
	return chosen, {sku: count for sku, count in spared.items() if count}


def _read_queue_policy() -> frappe._dict:
	"""What the active policy for all shops says about the queue."""
	rows = frappe.get_all(
		"Routing Policy",
		filters={"is_active": 1, "shop": ("is", "not set")},
		fields=["refill_order", "patience_hours", "allow_partial"],
		order_by="name asc",
		limit=1,
	)
	policy = rows[0] if rows else frappe._dict(patience_hours=24, allow_partial=0)
	return policy.update(refill_order=policy.refill_order or "Paid Time")


def _read_needs(orders: Sequence[str]) -> dict[str, dict[str, int]]:
	"""Order → pieces of each plain SKU that it still lacks."""
	if not orders:
		return {}
	rows = frappe.db.sql(
		"""SELECT parent, sku, SUM(qty - shipped_qty - reserved_qty) FROM `tabOrder Item`
		WHERE parent IN %s AND parenttype = 'Order' AND IFNULL(sku, '') != ''
		AND IFNULL(refund_status, '') != 'Refunded' AND qty > shipped_qty + reserved_qty
		GROUP BY parent, sku""",
		[orders],
	)
	parts = wants.explode_safely(sku for _order, sku, _count in rows)
	needs: dict[str, dict[str, int]] = {}
	for order, sku, count in rows:
		pieces = needs.setdefault(order, {})
		for part, per_set in parts[sku].items():
			pieces[part] = pieces.get(part, 0) + per_set * int(count)
	return needs
