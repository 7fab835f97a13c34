"""Promising stock to order lines, all of a parcel or nothing; `releasing` lets go again, `holds` keeps for a while.

The sum of open reservations of a SKU in a warehouse is its balance's `reserved`, always: both are written in one
transaction, under the balance's lock. Locks are taken in this order: rows of orders (by the caller), balances,
reservations. Never commits; owners of the transaction call through `transactions.run_in_transaction`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.exceptions import InvalidValueError, Shortage
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory import ledger
from storegroup_oms.inventory.ledger import Movement
from storegroup_oms.inventory.locks import Balance, Key, lock_balances

FIELDS = (
	"sku",
	"warehouse",
	"status",
	"purpose",
	"qty",
	"per_set",
	"shipped_qty",
	"order",
	"order_item",
	"shop",
	"holder",
	"reserved_at",
	"expires_at",
	"released_at",
	"release_reason",
)
RENEWED = ("qty", "per_set", "status", "reserved_at", "expires_at", "released_at", "release_reason")
# Whole units that lines have reserved. Of a line that was given back whole, `per_set` is 0: what it was made of
# then counts no more.
KEPT = """SELECT order_item, IFNULL(MIN(sets), 0) AS sets FROM (
	SELECT order_item, sku, SUM(qty) DIV NULLIF(MAX(per_set), 0) AS sets
	FROM `tabStock Reservation` WHERE order_item IN %(lines)s GROUP BY order_item, sku
) by_sku GROUP BY order_item"""
COUNTED = f"""UPDATE `tabOrder Item` line JOIN ({KEPT}) kept ON kept.order_item = line.name
SET line.reserved_qty = kept.sets WHERE line.reserved_qty != kept.sets"""


@dataclass(frozen=True)
class Claim:
	"""Pieces of one SKU for one order line; `per_set` of them make one unit of the line."""

	order: str
	line: str
	sku: str
	qty: int
	per_set: int = 1
	shop: str = ""


@dataclass(frozen=True)
class Parcel:
	"""What is to be kept in one warehouse, all of it or nothing. `takes_part`: as many whole sets as there are."""

	key: str
	warehouse: str
	claims: Sequence[Claim]
	takes_part: bool = False


@dataclass(frozen=True)
class Take:
	"""Pieces that a claim gets from a warehouse."""

	claim: Claim
	warehouse: str
	count: int


@dataclass
class Outcome:
	"""Keys of the parcels that were kept (in full, in part), and what each of the others was short of."""

	full: list[str] = field(default_factory=list)
	part: list[str] = field(default_factory=list)
	short: dict[str, list[Shortage]] = field(default_factory=dict)


def reserve(parcels: Sequence[Parcel]) -> Outcome:
	"""Keep stock for parcels, those first that come first; what a line has already is counted in.

	The balances of all parcels are locked at once, then each parcel is decided by what is free after those before
	it. Writes the ledger, the reservations and `reserved_qty` of the lines in a handful of statements.
	"""
	_check_claims(parcels)
	balances = lock_balances((c.sku, parcel.warehouse) for parcel in parcels for c in parcel.claims)
	stored = lock_rows(
		make_name(c.line, c.sku, parcel.warehouse) for parcel in parcels for c in parcel.claims
	)
	desk = _Desk(
		{key: max(balance.free, 0) for key, balance in balances.items()},
		{name: row.qty for name, row in stored.items()},
	)
	outcome = Outcome()
	taken = [take for parcel in parcels for take in desk.decide(parcel, outcome)]
	_write(taken, balances, stored)
	return outcome


def _check_claims(parcels: Iterable[Parcel]) -> None:
	for parcel in parcels:
		for claim in parcel.claims:
			if type(claim.qty) is not int or claim.qty < 1 or claim.per_set < 1 or claim.qty % claim.per_set:
				frappe.throw(
					_(
						"Order {0}, SKU {1}: {2} pieces can't be reserved. Give whole sets, at least one."
					).format(claim.order, claim.sku, claim.qty),
					exc=InvalidValueError,
					title=_("Not a Quantity"),
				)


@dataclass
class _Desk:
	"""What is free by place and held by reservation while parcels are decided one after the other."""

	free: dict[Key, int]
	held: dict[str, int]

	def decide(self, parcel: Parcel, outcome: Outcome) -> list[Take]:
		"""Take a parcel's pieces; nothing unless all of it, or a part, may go."""
		wanted: dict[str, int] = {}
		for claim in parcel.claims:
			more = claim.qty - self._get_held(claim, parcel.warehouse)
			wanted[claim.sku] = wanted.get(claim.sku, 0) + max(more, 0)
		short = [
			Shortage(sku, parcel.warehouse, count, self.free[sku, parcel.warehouse])
			for sku, count in wanted.items()
			if count > self.free[sku, parcel.warehouse]
		]
		if short:
			outcome.short[parcel.key] = short
			if not parcel.takes_part:
				return []
		taken = self._take(parcel)
		if not short:
			outcome.full.append(parcel.key)
		elif taken:
			outcome.part.append(parcel.key)
		return taken

	def _get_held(self, claim: Claim, warehouse: str) -> int:
		return self.held.get(make_name(claim.line, claim.sku, warehouse), 0)

	def _take(self, parcel: Parcel) -> list[Take]:
		"""As many whole sets of each line as can be had, lines in their order."""
		lines: dict[str, list[Claim]] = {}
		for claim in parcel.claims:
			lines.setdefault(claim.line, []).append(claim)
		taken = []
		for claims in lines.values():
			sets = min(self._count_sets(claim, parcel.warehouse) for claim in claims)
			for claim in claims:
				count = sets * claim.per_set - self._get_held(claim, parcel.warehouse)
				if count > 0:
					self.free[claim.sku, parcel.warehouse] -= count
					name = make_name(claim.line, claim.sku, parcel.warehouse)
					self.held[name] = self.held.get(name, 0) + count
					taken.append(Take(claim, parcel.warehouse, count))
		return taken

	def _count_sets(self, claim: Claim, warehouse: str) -> int:
		there = self._get_held(claim, warehouse) + self.free[claim.sku, warehouse]
		return min(claim.qty, there) // claim.per_set


def make_name(line: str, sku: str, warehouse: str) -> str:
	"""Name of the one reservation of a line's SKU in a warehouse."""
	return make_row_name("reservation", line, sku, warehouse)


def lock_rows(names: Iterable[str]) -> dict[str, frappe._dict]:
	"""Stored reservations by name, locked until the transaction ends; their balances must be locked already."""
	wanted = sorted(set(names))
	if not wanted:
		return {}
	rows = frappe.db.sql(
		"""SELECT name, sku, warehouse, status, purpose, qty, per_set, shipped_qty, `order`, order_item, holder
		FROM `tabStock Reservation` WHERE name IN %s ORDER BY name FOR UPDATE""",
		[wanted],
		as_dict=True,
	)
	return {row.name: row for row in rows}


def _write(taken: Sequence[Take], balances: dict[Key, Balance], stored: dict[str, frappe._dict]) -> None:
	if not taken:
		return
	movements = [
		Movement(
			take.claim.sku,
			take.warehouse,
			"Reserve",
			reserved=take.count,
			source=("Order", take.claim.order),
		)
		for take in taken
	]
	ledger.post(movements, balances)
	rows: dict[str, dict] = {}
	for take in taken:
		name = make_name(take.claim.line, take.claim.sku, take.warehouse)
		row = rows.setdefault(name, _make_row(name, take, stored.get(name)))
		row["qty"] += take.count
	renew_rows(rows.values())
	count_lines({take.claim.line for take in taken})


def _make_row(name: str, take: Take, stored: frappe._dict | None) -> dict:
	claim = take.claim
	return {
		"name": name,
		"sku": claim.sku,
		"warehouse": take.warehouse,
		"status": "Open",
		"purpose": "Order",
		"qty": stored.qty if stored else 0,
		"per_set": claim.per_set,
		"shipped_qty": 0,
		"order": claim.order,
		"order_item": claim.line,
		"shop": claim.shop or None,
		"reserved_at": now_datetime(),
	}


def renew_rows(rows: Iterable[dict]) -> None:
	"""Insert reservations, or open those again that have been there before; `qty` is what they hold then."""
	ordered = sorted(rows, key=lambda row: row["name"])
	insert_rows("Stock Reservation", ordered, FIELDS, on_duplicate=RENEWED)


def count_lines(lines: Collection[str]) -> None:
	"""Write down how many whole units of each order line are reserved."""
	if lines:
		frappe.db.sql(COUNTED, {"lines": sorted(lines)})
