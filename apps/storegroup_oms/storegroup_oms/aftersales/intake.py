"""Platforms' refund and return cases into the database: every way in (pull, push) ends here.

Set-based, idempotent by the unique key (shop, platform_case_no), the newest state wins. What a case does to its
order (refund status of lines, holds, stops, refunded amount) is worked out from all cases of the order, so that
the order in which they come makes no difference. Never commits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import frappe

from storegroup_oms.aftersales.case_effects import apply_cases
from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.orders import buyers, events
from storegroup_oms.orders.canonical import CanonicalRefund
from storegroup_oms.orders.order_rows import fold_number, to_site_time

SERIES = "AS-"
SERIES_DIGITS = 9
ENDED = ("Refunded", "Done", "Rejected", "Cancelled")
PLATFORM_FIELDS = (
	"kind",
	"status",
	"platform_status",
	"platform_line_nos",
	"platform_modified_at",
	"amount",
	"reason",
	"opened_at",
	"closed_at",
	"due_at",
	"return_waybill_no",
)
NEW_FIELDS = ("order", "shop", "customer", "platform_case_no", *PLATFORM_FIELDS)


@dataclass
class SaveRefundsResult:
	"""What became of a batch.

	`unknown_orders` are platform numbers of orders that we lack, sorted; their cases were not written: the
	caller fetches these orders and calls again. `names` maps platform_case_no to our name.
	"""

	new: int = 0
	changed: int = 0
	unchanged: int = 0
	unknown_orders: list[str] = field(default_factory=list)
	names: dict[str, str] = field(default_factory=dict)


def save_refunds(shop: str, refunds: Sequence[CanonicalRefund], source: str) -> SaveRefundsResult:
	"""Insert or update a batch of one shop's cases and bring their orders up to them.

	`source` is Push, Pull or API. A copy that is older by the platform's time, or brings nothing new, changes
	nothing. Takes row locks on the orders in the order of their names, then on the cases.
	"""
	newest = _keep_newest(refunds)
	orders = _lock_orders(shop, {refund.platform_order_no for refund in newest.values()})
	numbers = {refund.platform_order_no for refund in newest.values()}
	unknown = sorted(number for number in numbers if fold_number(number) not in orders)
	known = {number: refund for number, refund in newest.items() if refund.platform_order_no not in unknown}
	owners = {number: orders[fold_number(refund.platform_order_no)] for number, refund in known.items()}
	stored = _lock_cases(shop, list(known))
	fresh = [number for number in known if number not in stored]
	inserted = _insert_new(shop, [(known[number], owners[number]) for number in fresh])
	raced = [number for number in fresh if number not in inserted]
	stored |= _read_cases(shop, raced)
	changed = _update_changed([(known[number], row) for number, row in stored.items()])
	names = inserted | {number: row.name for number, row in stored.items()}
	touched = dict.fromkeys(inserted, "After-sale case opened")
	touched |= dict.fromkeys(changed, "After-sale case changed by platform")
	_record(
		[(event, known[number], owners[number].name, names[number]) for number, event in touched.items()],
		source,
	)
	affected = {owners[number].name: owners[number].customer for number in touched}
	apply_cases(sorted(affected), source)
	buyers.enqueue_refresh(filter(None, affected.values()))
	unchanged = len(known) - len(touched)
	return SaveRefundsResult(len(inserted), len(changed), unchanged, unknown, names)


def _keep_newest(refunds: Iterable[CanonicalRefund]) -> dict[str, CanonicalRefund]:
	newest: dict[str, CanonicalRefund] = {}
	for refund in refunds:
		other = newest.get(refund.platform_case_no)
		if other and other.modified_at and (not refund.modified_at or refund.modified_at < other.modified_at):
			continue
		newest[refund.platform_case_no] = refund
	return dict(sorted(newest.items()))


def _lock_orders(shop: str, numbers: Iterable[str]) -> dict[str, frappe._dict]:
	"""Folded platform number → order."""
	wanted = sorted(set(numbers))
	if not wanted:
		return {}
	table = frappe.qb.DocType("Order")
	names = (
		frappe.qb.from_(table)
		.select(table.name)
		.where((table.shop == shop) & table.platform_order_no.isin(wanted))
		.orderby(table.name)
	).run(pluck=True)
	if not names:
		return {}
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.platform_order_no, table.customer)
		.where(table.name.isin(names))
		.orderby(table.name)
		.for_update()
	).run(as_dict=True)
	return {fold_number(row.platform_order_no): row for row in rows}


def _lock_cases(shop: str, numbers: Sequence[str]) -> dict[str, frappe._dict]:
	"""Case number → stored case. Locks by primary key only: gaps stay free for other workers' inserts."""
	if not numbers:
		return {}
	names = frappe.get_all(
		"After-sale Case",
		filters={"shop": shop, "platform_case_no": ("in", list(numbers))},
		pluck="name",
		order_by="name asc",
	)
	table = frappe.qb.DocType("After-sale Case")
	return _select_cases(table.name.isin(names)) if names else {}


def _read_cases(shop: str, numbers: Sequence[str]) -> dict[str, frappe._dict]:
	"""Like `_lock_cases`, but sees what was committed since this transaction began to read."""
	if not numbers:
		return {}
	table = frappe.qb.DocType("After-sale Case")
	return _select_cases((table.shop == shop) & table.platform_case_no.isin(list(numbers)))


def _select_cases(condition) -> dict[str, frappe._dict]:
	table = frappe.qb.DocType("After-sale Case")
	rows = (
		frappe.qb.from_(table)
		.select(table.name, table.platform_case_no, *(table[name] for name in PLATFORM_FIELDS))
		.where(condition)
		.orderby(table.name)
		.for_update()
	).run(as_dict=True)
	return {row.platform_case_no: row for row in rows}


def _insert_new(shop: str, fresh: Sequence[tuple[CanonicalRefund, frappe._dict]]) -> dict[str, str]:
	"""Insert cases that were not there; returns number → name of those that this call really inserted."""
	if not fresh:
		return {}
	rows = [
		{
			"name": name,
			"order": order.name,
			"shop": shop,
			"customer": order.customer,
			"platform_case_no": refund.platform_case_no,
			**_get_values(refund, frappe._dict()),
		}
		for name, (refund, order) in zip(reserve_names(SERIES, SERIES_DIGITS, len(fresh)), fresh, strict=True)
	]
	insert_rows("After-sale Case", rows, NEW_FIELDS, on_duplicate=())
	table = frappe.qb.DocType("After-sale Case")
	mine = (
		frappe.qb.from_(table)
		.select(table.platform_case_no, table.name)
		.where(table.name.isin([row["name"] for row in rows]))
	).run()
	return dict(mine)


def _get_values(refund: CanonicalRefund, stored: frappe._dict) -> dict:
	"""Values of `PLATFORM_FIELDS` after this copy."""
	status = _merge_status(stored.status, refund.status)
	modified_at = to_site_time(refund.modified_at) or stored.platform_modified_at
	closed_at = None
	if status in ENDED:
		closed_at = stored.closed_at or modified_at or frappe.utils.now_datetime().replace(microsecond=0)
	return {
		"kind": refund.kind,
		"status": status,
		"platform_status": refund.platform_status,
		"platform_line_nos": ",".join(refund.line_nos),
		"platform_modified_at": modified_at,
		"amount": refund.amount,
		# Mandatory on the form.
		"reason": refund.reason or stored.reason or refund.kind,
		"opened_at": to_site_time(refund.opened_at),
		"closed_at": closed_at,
		"due_at": to_site_time(refund.due_at),
		"return_waybill_no": refund.return_waybill_no or stored.return_waybill_no or "",
	}


def _merge_status(stored: str | None, incoming: str) -> str:
	"""The platform's word, but for the steps that only we know: goods under inspection, a case that we have done with."""
	if stored == "Inspecting" and incoming not in ENDED:
		return stored
	if stored == "Done" and incoming == "Refunded":
		return stored
	return incoming


def _update_changed(pairs: Sequence[tuple[CanonicalRefund, frappe._dict]]) -> list[str]:
	"""Write newer copies over stored cases; returns the numbers of those that changed."""
	rows, changed = [], []
	for refund, stored in pairs:
		if stored.platform_modified_at and (
			not refund.modified_at or to_site_time(refund.modified_at) < stored.platform_modified_at
		):
			continue
		values = _get_values(refund, stored)
		if any(_normalise(stored[name]) != _normalise(values[name]) for name in PLATFORM_FIELDS):
			rows.append({"name": stored.name, **values})
			changed.append(refund.platform_case_no)
	update_rows("After-sale Case", rows, PLATFORM_FIELDS)
	return changed


def _normalise(value: object) -> object:
	return Decimal(str(value)).normalize() if isinstance(value, float | Decimal) else value or ""


def _record(cases: Iterable[tuple[str, CanonicalRefund, str, str]], source: str) -> None:
	events.record_events(
		{
			"order": order,
			"event": event,
			"source": source,
			"details": {"case": name, "kind": refund.kind, "status": refund.status, "amount": refund.amount},
		}
		for event, refund, order, name in cases
	)
