"""Batches of SKUs that have them: which batch leaves, and how many pieces of each there are.

Part of `ledger.post`, under the lock of the balances: a movement that leaves without saying of which batch takes
the first to expire first. Pieces that came before batches were switched on, or without saying, belong to none and
leave last. Never commits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import add_days, getdate, nowdate

from storegroup_oms.bulk import insert_rows
from storegroup_oms.exceptions import Shortage
from storegroup_oms.hashing import make_row_name
from storegroup_oms.inventory.locks import Balance, Key

if TYPE_CHECKING:
	from storegroup_oms.inventory.ledger import Movement

# Nobody is sent what has expired.
SALES = ("Shipment",)


@dataclass
class _Pile:
	"""Pieces of one batch in one place; `batch` is None for those of no batch. Blocked ones must not be sold."""

	batch: str | None
	pieces: int
	expires_on: date | None = None
	is_blocked: bool = False


def assign(
	movements: Sequence["Movement"], batched: Collection[str], balances: Mapping[Key, Balance]
) -> tuple[list["Movement"], list[Shortage]]:
	"""Movements of SKUs that have batches, split by batch where they leave, and what is short of them.

	Pieces of batches that must not be sold are added to or taken from `blocked` of their place.

	The first part of a movement keeps its key and what it does to reserved and in transit; further parts have keys
	that follow from it.
	"""
	places = sorted({move.place for move in movements if move.sku in batched and move.qty})
	piles = _read_piles(places, balances)
	blocked = find_blocked({move.batch for move in movements if move.batch and move.qty > 0})
	made: list[Movement] = []
	shortages = []
	for move in movements:
		if move.sku not in batched or not move.qty:
			made.append(move)
			continue
		own = piles[move.place]
		if move.qty > 0:
			is_blocked = move.batch in blocked
			_put(own, move, is_blocked)
			made.append(replace(move, blocked=move.qty if is_blocked else 0))
		elif (free := _count_free(own, move)) < -move.qty:
			shortages.append(Shortage(move.sku, move.warehouse, -move.qty, max(free, 0)))
		else:
			made += _split(move, _take(own, move))
	return made, shortages


def _read_piles(places: Iterable[Key], balances: Mapping[Key, Balance]) -> dict[Key, list[_Pile]]:
	"""Piles of each place, the first to expire first, those of no batch last."""
	wanted = list(places)
	if not wanted:
		return {}
	# A plain read could miss what was committed since this transaction began.
	rows = frappe.db.sql(
		"""SELECT held.sku, held.warehouse, held.batch, held.on_hand, batch.expires_on,
			batch.is_blocked
		FROM `tabStock Batch Balance` held JOIN `tabStock Batch` batch ON batch.name = held.batch
		WHERE held.sku IN %s AND held.warehouse IN %s AND held.on_hand != 0
		ORDER BY batch.expires_on, batch.batch_no LOCK IN SHARE MODE""",
		(sorted({sku for sku, _place in wanted}), sorted({place for _sku, place in wanted})),
		as_dict=True,
	)
	piles: dict[Key, list[_Pile]] = {place: [] for place in wanted}
	for row in rows:
		if (row.sku, row.warehouse) in piles:
			piles[row.sku, row.warehouse].append(
				_Pile(row.batch, row.on_hand, row.expires_on, bool(row.is_blocked))
			)
	for place, own in piles.items():
		own.append(_Pile(None, balances[place].on_hand - sum(pile.pieces for pile in own)))
	return piles


def _put(piles: list[_Pile], move: "Movement", is_blocked: bool) -> None:
	pile = next((pile for pile in piles if pile.batch == move.batch), None)
	if pile:
		pile.pieces += move.qty
	else:
		piles.insert(0, _Pile(move.batch, move.qty, is_blocked=is_blocked))


def _list_open(piles: list[_Pile], move: "Movement") -> list[_Pile]:
	if move.batch:
		return [pile for pile in piles if pile.batch == move.batch]
	if move.kind not in SALES:
		return piles
	today = getdate(nowdate())
	return [
		pile for pile in piles if not pile.is_blocked and (not pile.expires_on or pile.expires_on >= today)
	]


def _count_free(piles: list[_Pile], move: "Movement") -> int:
	if not move.batch and move.kind not in SALES:
		# Whether there are enough at all is for the ledger to say.
		return -move.qty
	return sum(pile.pieces for pile in _list_open(piles, move))


def _take(piles: list[_Pile], move: "Movement") -> list[tuple[_Pile, int]]:
	"""(pile, pieces) that a movement takes; what no batch has is taken from the pieces of none."""
	left, taken = -move.qty, []
	for pile in _list_open(piles, move):
		count = min(max(pile.pieces, 0), left) if pile.batch else left
		if count:
			pile.pieces -= count
			left -= count
			taken.append((pile, count))
	return taken


def _split(move: "Movement", taken: list[tuple[_Pile, int]]) -> list["Movement"]:
	parts = []
	for number, (pile, count) in enumerate(taken, 1):
		part = replace(move, qty=-count, batch=pile.batch, blocked=-count if pile.is_blocked else 0)
		if parts:
			part = replace(part, key=move.key and f"{move.key}#{number}", reserved=0, in_transit=0)
		parts.append(part)
	return parts


def find_blocked(names: Collection[str]) -> set[str]:
	"""Those of the batches that must not be sold; stays so until the transaction ends."""
	if not names:
		return set()
	rows = frappe.db.sql(
		"SELECT name, is_blocked FROM `tabStock Batch` WHERE name IN %s ORDER BY name LOCK IN SHARE MODE",
		[sorted(names)],
	)
	return {name for name, is_blocked in rows if is_blocked}


def record(rows: Iterable[dict]) -> None:
	"""Add what rows of the ledger have changed to the balances of their batches."""
	changes: dict[tuple[str, str, str], int] = {}
	for row in rows:
		if row.get("batch") and row["qty_change"]:
			key = (row["batch"], row["sku"], row["warehouse"])
			changes[key] = changes.get(key, 0) + row["qty_change"]
	insert_rows(
		"Stock Batch Balance",
		[
			{
				"name": make_row_name("batch balance", batch, warehouse),
				"batch": batch,
				"sku": sku,
				"warehouse": warehouse,
				"on_hand": count,
			}
			for (batch, sku, warehouse), count in sorted(changes.items())
		],
		("batch", "sku", "warehouse", "on_hand"),
		on_duplicate=("on_hand",),
		add=("on_hand",),
	)


def make_name(sku: str, batch_no: str) -> str:
	"""Name of a SKU's batch."""
	return make_row_name("batch", sku, batch_no.strip())


def ensure_batches(wanted: Mapping[tuple[str, str], object]) -> None:
	"""Make the batches that don't exist yet: {(SKU, batch number): day of expiry}."""
	first_days = find_first_days({sku for sku, _batch_no in wanted})
	rows = [
		{
			"name": make_name(sku, batch_no),
			"sku": sku,
			"batch_no": batch_no.strip(),
			"expires_on": getdate(expires_on),
			"is_blocked": int(getdate(expires_on) < first_days[sku]),
		}
		for (sku, batch_no), expires_on in sorted(wanted.items())
		if expires_on
	]
	insert_rows("Stock Batch", rows, ("sku", "batch_no", "expires_on", "is_blocked"), on_duplicate=())


def find_first_days(skus: Collection[str]) -> dict[str, date]:
	"""By SKU, the first day of expiry with which a batch may be sold today."""
	days = frappe.get_all(
		"SKU",
		filters={"name": ["in", sorted(skus)]},
		fields=["name", "min_sale_days"],
		order_by="name asc",
	)
	today = getdate(nowdate())
	return {row.name: add_days(today, row.min_sale_days or 0) for row in days}


def find_row_problems(entry, batched: Mapping[str, object]) -> dict[int, str]:
	"""What is wrong with the batches that a stock entry's rows name, by row number."""
	rows = [row for row in entry.items if row.sku and (row.batch_no or batched.get(row.sku))]
	names = [make_name(row.sku, row.batch_no) for row in rows if row.batch_no]
	known = dict(
		frappe.get_all(
			"Stock Batch",
			filters={"name": ["in", names]},
			fields=["name", "expires_on"],
			order_by="name asc",
			as_list=True,
		)
		if names
		else []
	)
	problems = {}
	for row in rows:
		name = make_name(row.sku, row.batch_no) if row.batch_no else ""
		if problem := _find_problem(
			entry.kind, row, bool(batched.get(row.sku)), name in known, known.get(name)
		):
			problems[row.idx] = problem
	return problems


def _find_problem(kind: str, row, has_batches: bool, is_known: bool, expires_on: object) -> str:
	if not has_batches:
		return _("{0} has no batches. Switch them on at the SKU first.").format(row.sku)
	if not row.batch_no:
		if kind in ("Receipt", "Return to Good", "Return to Defective", "Transfer", "Damage"):
			return _("{0} has batches: give the batch number.").format(row.sku)
		return ""
	if not is_known and kind != "Receipt":
		return _("{0} has no batch {1}.").format(row.sku, row.batch_no)
	day = expires_on or row.expires_on
	if not day:
		return _("{0}: batch {1} is new, give the day on which it expires.").format(row.sku, row.batch_no)
	if kind == "Receipt" and getdate(day) < getdate(nowdate()):
		return _("{0}: batch {1} expired on {2}.").format(row.sku, row.batch_no, frappe.format(day, "Date"))
	return ""
