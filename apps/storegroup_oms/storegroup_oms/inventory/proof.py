"""Stock proves itself: balances compared with their ledger and with open reservations, lines with what they hold.

Finds and records differences; `drifts` repairs them. Each comparison reads one snapshot of the database, in which
every movement is there whole or not at all, so that work going on meanwhile is never taken for a fault.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.inventory.locks import NUMBERS
from storegroup_oms.inventory.reservation import KEPT

SKUS_AT_ONCE, LINES_AT_ONCE = 500, 1_000
# What ends an order gives its stock back in a job soon after.
GRACE_MINUTES = 15
OVERLAP_MINUTES = 5
ENDED = ("Shipped", "Completed", "Closed")
PLACE_KINDS = (
	*("On Hand", "Reserved", "In Transit", "Not for Sale", "Batches"),
	*("Available", "Value", "Entries", "Promises"),
)


@dataclass(frozen=True)
class Drift:
	"""Two numbers that differ: what the ledger or the reservations say (`expected`), and what is stored (`found`).

	Kind Value has amounts, the others whole pieces; Entries counts rows of the ledger, Order Line units of a line.
	"""

	kind: str
	sku: str
	warehouse: str = ""
	expected: int = 0
	found: int = 0
	amount_expected: Decimal = Decimal(0)
	amount_found: Decimal = Decimal(0)
	order: str = ""
	order_item: str = ""

	@property
	def units(self) -> int:
		return abs(self.expected - self.found)


@dataclass
class Comparison:
	"""Differences of some places, and how much was compared."""

	drifts: list[Drift] = field(default_factory=list)
	balances: int = 0
	ledger_rows: int = 0


def compare_places(skus: Iterable[str]) -> Comparison:
	"""Compare the balances of SKUs in all warehouses with their ledger and with open reservations."""
	names = sorted(set(skus))
	comparison = Comparison()
	if not names:
		return comparison
	sums, promises, blocked = _read_sums(names), _read_promises(names), _read_blocked(names)
	balances = _read_balances(names)
	comparison.balances = len(balances)
	for key in sorted(sums.keys() | promises.keys() | blocked.keys() | balances.keys()):
		entries = sums.get(key, _NO_SUMS)
		comparison.ledger_rows += entries.count
		balance = balances.get(key, _NO_BALANCE)
		comparison.drifts.extend(
			_compare_place(key, balance, entries, promises.get(key, 0), blocked.get(key, 0))
		)
	return comparison


_NO_SUMS = frappe._dict(on_hand=0, reserved=0, in_transit=0, blocked=0, value=0, count=0, first=1, last=0)
_NO_BALANCE = frappe._dict(
	on_hand=0, reserved=0, in_transit=0, blocked=0, available=0, safety_stock=0, entry_no=0, stock_value=0
)


def _read_sums(skus: Sequence[str]) -> dict[tuple[str, str], frappe._dict]:
	rows = frappe.db.sql(
		"""SELECT sku, warehouse, SUM(qty_change) AS on_hand, SUM(reserved_change) AS reserved,
			SUM(in_transit_change) AS in_transit, SUM(blocked_change) AS blocked, SUM(value_change) AS value,
			COUNT(*) AS count, MIN(entry_no) AS first, MAX(entry_no) AS last
		FROM `tabStock Ledger` WHERE sku IN %s GROUP BY sku, warehouse""",
		[skus],
		as_dict=True,
	)
	return {(row.sku, row.warehouse): row for row in rows}


def _read_promises(skus: Sequence[str]) -> dict[tuple[str, str], int]:
	rows = frappe.db.sql(
		"""SELECT sku, warehouse, SUM(qty) FROM `tabStock Reservation`
		WHERE sku IN %s AND status = 'Open' GROUP BY sku, warehouse""",
		[skus],
	)
	return {(sku, warehouse): int(count) for sku, warehouse, count in rows}


def _read_blocked(skus: Sequence[str]) -> dict[tuple[str, str], int]:
	"""Pieces of batches that must not be sold."""
	rows = frappe.db.sql(
		"""SELECT held.sku, held.warehouse, SUM(held.on_hand) FROM `tabStock Batch Balance` held
		JOIN `tabStock Batch` batch ON batch.name = held.batch AND batch.is_blocked = 1
		WHERE held.sku IN %s GROUP BY held.sku, held.warehouse""",
		[skus],
	)
	return {(sku, warehouse): int(count) for sku, warehouse, count in rows}


def _read_balances(skus: Sequence[str]) -> dict[tuple[str, str], frappe._dict]:
	rows = frappe.db.sql(
		"""SELECT sku, warehouse, on_hand, reserved, in_transit, blocked, available, safety_stock, entry_no, stock_value
		FROM `tabStock Balance` WHERE sku IN %s""",
		[skus],
		as_dict=True,
	)
	return {(row.sku, row.warehouse): row for row in rows}


def _compare_place(
	key: tuple[str, str], balance: frappe._dict, sums: frappe._dict, promised: int, in_blocked: int
) -> Iterator[Drift]:
	on_hand, reserved, in_transit, blocked, safety, entry_no = (int(balance[name] or 0) for name in NUMBERS)
	pairs = (
		("On Hand", int(sums.on_hand), on_hand),
		("Reserved", int(sums.reserved), reserved),
		("In Transit", int(sums.in_transit or 0), in_transit),
		("Not for Sale", int(sums.blocked or 0), blocked),
		("Batches", in_blocked, blocked),
		("Available", on_hand - reserved - blocked - safety, int(balance.available or 0)),
		("Entries", max(sums.last, entry_no), min(sums.count if sums.first == 1 else 0, entry_no)),
		("Promises", promised, reserved),
	)
	for kind, expected, found in pairs:
		if expected != found:
			yield Drift(kind, *key, expected, found)
	value, stored = (Decimal(str(number or 0)) for number in (sums.value, balance.stock_value))
	if abs(value - stored) > Decimal("0.005"):
		yield Drift("Value", *key, amount_expected=value, amount_found=stored)


def compare_lines(lines: Iterable[str]) -> list[Drift]:
	"""Compare `reserved_qty` of order lines with their reservations; expected and found are units of the line."""
	names = sorted(set(lines))
	if not names:
		return []
	rows = frappe.db.sql(
		f"""SELECT line.name, line.sku, line.parent, line.reserved_qty, IFNULL(kept.sets, 0) AS sets,
			(SELECT MIN(warehouse) FROM `tabStock Reservation` place WHERE place.order_item = line.name) AS warehouse
		FROM `tabOrder Item` line LEFT JOIN ({KEPT}) kept ON kept.order_item = line.name
		WHERE line.name IN %(lines)s AND line.reserved_qty != IFNULL(kept.sets, 0) ORDER BY line.name""",
		{"lines": names},
		as_dict=True,
	)
	return [
		Drift(
			"Order Line",
			row.sku or "",
			row.warehouse or "",
			int(row.sets),
			row.reserved_qty,
			order=row.parent,
			order_item=row.name,
		)
		for row in rows
	]


def find_ended_promises() -> list[Drift]:
	"""Open reservations of orders that have ended or don't exist, once the time to give them back has passed."""
	rows = frappe.db.sql(
		"""SELECT kept.sku, kept.warehouse, kept.`order`, SUM(kept.qty) AS qty
		FROM `tabStock Reservation` kept LEFT JOIN `tabOrder` owner ON owner.name = kept.`order`
		WHERE kept.status = 'Open' AND kept.purpose = 'Order'
			AND (owner.name IS NULL OR (owner.status IN %s AND owner.modified < %s))
		GROUP BY kept.sku, kept.warehouse, kept.`order`""",
		(ENDED, add_to_date(now_datetime(), minutes=-GRACE_MINUTES)),
		as_dict=True,
	)
	return [
		Drift("Ended Order", row.sku, row.warehouse, 0, int(row.qty), order=row.order or "") for row in rows
	]


def find_all_skus() -> list[str]:
	"""Every SKU that has stock, a movement or a reservation."""
	rows = frappe.db.sql(
		"""SELECT DISTINCT sku FROM `tabStock Balance` UNION SELECT DISTINCT sku FROM `tabStock Ledger`
		UNION SELECT DISTINCT sku FROM `tabStock Reservation`"""
	)
	return sorted(row[0] for row in rows if row[0])


def find_all_lines() -> list[str]:
	"""Every order line that has something reserved, by its own number or by a reservation."""
	rows = frappe.db.sql(
		"""SELECT order_item FROM `tabStock Reservation` WHERE status = 'Open' AND order_item IS NOT NULL
		UNION SELECT name FROM `tabOrder Item` WHERE reserved_qty != 0"""
	)
	return sorted(row[0] for row in rows)


def find_lines_of(sku: str) -> list[str]:
	"""Order lines that have something of a SKU reserved."""
	rows = frappe.db.sql(
		"SELECT DISTINCT order_item FROM `tabStock Reservation` WHERE sku = %s AND order_item IS NOT NULL",
		sku,
	)
	return sorted(row[0] for row in rows)


def find_moved(since: datetime) -> tuple[list[str], list[str]]:
	"""SKUs and order lines whose balances or reservations were written since a moment, or differ by now."""
	moment = add_to_date(since, minutes=-OVERLAP_MINUTES)
	skus = frappe.db.sql(
		"""SELECT sku FROM `tabStock Balance` WHERE modified >= %(moment)s
		UNION SELECT sku FROM `tabStock Reservation` WHERE modified >= %(moment)s
		UNION SELECT sku FROM `tabStock Drift` WHERE status = 'Open'""",
		{"moment": moment},
	)
	lines = frappe.db.sql(
		"""SELECT order_item FROM `tabStock Reservation` WHERE modified >= %(moment)s AND order_item IS NOT NULL
		UNION SELECT order_item FROM `tabStock Drift` WHERE status = 'Open' AND order_item IS NOT NULL""",
		{"moment": moment},
	)
	return sorted(row[0] for row in skus if row[0]), sorted(row[0] for row in lines if row[0])


def split(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
	"""The names in chunks of `size`."""
	for start in range(0, len(names), size):
		yield names[start : start + size]
