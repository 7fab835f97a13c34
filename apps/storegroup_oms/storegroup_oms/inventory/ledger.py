"""Every change of stock: one row of the ledger for each, and the balance that follows from it.

The only writer of quantities. Rows of one SKU in one warehouse are numbered without a gap, by a unique key: two
writers that both believed in the same balance can't both be stored. Never commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import frappe
from frappe import _
from frappe.utils import escape_html, now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.exceptions import InsufficientStockError, InvalidValueError, Shortage
from storegroup_oms.inventory import batches
from storegroup_oms.inventory.locks import Balance, Key, lock_balances

LEDGER_FIELDS = (
	"sku",
	"warehouse",
	"movement_type",
	"posted_at",
	"qty_change",
	"reserved_change",
	"in_transit_change",
	"blocked_change",
	"on_hand_after",
	"reserved_after",
	"in_transit_after",
	"blocked_after",
	"entry_no",
	"source_doctype",
	"source_name",
	"reversal_of",
	"reason",
	"posted_by",
	"unit_cost",
	"value_change",
	"movement_key",
	"batch",
)
BALANCE_FIELDS = (
	"on_hand",
	"reserved",
	"in_transit",
	"blocked",
	"available",
	"entry_no",
	"average_cost",
	"stock_value",
	"last_movement_at",
)
COST, MONEY = Decimal("0.000001"), Decimal("0.01")
# What was counted, found broken or has expired is so, whatever had been promised; promises are looked at afterwards.
FACTS = ("Stocktake", "Damage", "Adjustment", "Reversal", "Block", "Unblock")


@dataclass(frozen=True)
class Movement:
	"""One change of one SKU in one warehouse, in whole pieces.

	`unit_cost` is asked of what comes in; None takes the average so far. `key`: a movement of a key that has been
	been posted before is passed over. `batch`, of SKUs that have them: None takes the first to expire. `blocked` is
	of kinds Block and Unblock alone; of pieces that move it follows from their batch.
	"""

	sku: str
	warehouse: str
	kind: str
	qty: int = 0
	reserved: int = 0
	in_transit: int = 0
	blocked: int = 0
	unit_cost: Decimal | None = None
	source: tuple[str, str] | None = None
	reason: str = ""
	key: str | None = None
	reversal_of: str | None = None
	batch: str | None = None

	@property
	def place(self) -> Key:
		return self.sku, self.warehouse


def post(movements: Iterable[Movement], balances: Mapping[Key, Balance] | None = None) -> list[str]:
	"""Write movements in their order and the balances after them; returns the names of the ledger's new rows.

	All or nothing. `balances` are those that the caller has locked with `lock_balances`; else they are locked here.
	Raises InvalidValueError for unknown or unfit SKUs and warehouses and for quantities that are no whole numbers,
	InsufficientStockError with all the shortages where more would leave or be promised than is there.
	"""
	wanted = list(movements)
	if not wanted:
		return []
	negative, batched = _check(wanted)
	balances = balances or lock_balances(movement.place for movement in wanted)
	fresh, shortages = _leave_out_posted(wanted), []
	if batched:
		fresh, shortages = batches.assign(fresh, batched, balances)
	rows, touched = [], {}
	for movement in fresh:
		balance = balances[movement.place]
		if short := _find_shortage(movement, balance, movement.warehouse in negative):
			shortages.append(short)
			continue
		rows.append(_apply(movement, balance))
		touched[movement.place] = balance
	if shortages:
		refuse_shortages(shortages)
	_store(rows, touched.values())
	if batched:
		batches.record(rows)
	_tell(rows)
	return [row["name"] for row in rows]


def _leave_out_posted(movements: Sequence[Movement]) -> list[Movement]:
	"""Movements without those of keys that have been posted, each key once."""
	known = find_posted(movement.key for movement in movements if movement.key)
	fresh = []
	for movement in movements:
		if movement.key and movement.key in known:
			continue
		if movement.key:
			known.add(movement.key)
		fresh.append(movement)
	return fresh


def check_movements(movements: Sequence[Movement]) -> set[str]:
	"""Refuse what can't be a movement at all; returns the warehouses that may go below zero."""
	return _check(movements)[0]


def _check(movements: Sequence[Movement]) -> tuple[set[str], set[str]]:
	"""As `check_movements`; also returns the SKUs that have batches."""
	for movement in movements:
		numbers = (movement.qty, movement.reserved, movement.in_transit, movement.blocked)
		if not all(type(number) is int for number in numbers) or not any(numbers):
			_refuse(_("SKU {0}: a movement is a whole number of pieces other than 0.").format(movement.sku))
		if movement.unit_cost is not None and movement.unit_cost < 0:
			_refuse(_("SKU {0}: the unit cost can't be negative.").format(movement.sku))
	batched = _check_skus({movement.sku for movement in movements})
	return _check_warehouses({movement.warehouse for movement in movements}), batched


def _check_skus(skus: set[str]) -> set[str]:
	"""Refuse SKUs that can't move; returns those that have batches."""
	rows = frappe.get_all(
		"SKU",
		filters={"name": ["in", sorted(skus)]},
		fields=["name", "is_bundle", "has_batches"],
		order_by="name asc",
	)
	found = {row.name: row.is_bundle for row in rows}
	for sku in sorted(skus):
		if sku not in found:
			_refuse(_("SKU {0} doesn't exist. Create it first, or correct the code.").format(sku))
		if found[sku]:
			_refuse(_("SKU {0} is a bundle and has no stock of its own. Move its components.").format(sku))
	return {row.name for row in rows if row.has_batches}


def _check_warehouses(warehouses: set[str]) -> set[str]:
	rows = frappe.get_all(
		"Warehouse",
		filters={"name": ["in", sorted(warehouses)]},
		fields=["name", "allow_negative"],
		order_by="name asc",
	)
	found = {row.name: row.allow_negative for row in rows}
	for warehouse in sorted(warehouses - found.keys()):
		_refuse(_("Warehouse {0} doesn't exist. Create it first, or correct the name.").format(warehouse))
	return {name for name, allow_negative in found.items() if allow_negative}


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Not a Stock Movement"))


def find_posted(keys: Iterable[str]) -> set[str]:
	"""Those of the keys that movements have been posted under; certain only while their balances are locked."""
	wanted = sorted(set(keys))
	if not wanted:
		return set()
	# A plain read would miss what was committed since this transaction began.
	rows = frappe.db.sql(
		"SELECT movement_key FROM `tabStock Ledger` WHERE movement_key IN %s LOCK IN SHARE MODE", [wanted]
	)
	return {row[0] for row in rows}


def _find_shortage(movement: Movement, balance: Balance, may_be_negative: bool) -> Shortage | None:
	"""What is missing for a movement; None when it may be made."""
	if balance.reserved + movement.reserved < 0:
		return Shortage(movement.sku, movement.warehouse, -movement.reserved, balance.reserved)
	if may_be_negative:
		return None
	if balance.in_transit + movement.in_transit < 0:
		return Shortage(movement.sku, movement.warehouse, -movement.in_transit, balance.in_transit)
	if balance.blocked + movement.blocked < 0:
		return Shortage(movement.sku, movement.warehouse, -movement.blocked, balance.blocked)
	if movement.kind in FACTS:
		if movement.qty and balance.on_hand + movement.qty < 0:
			return Shortage(movement.sku, movement.warehouse, -movement.qty, balance.on_hand)
		return None
	takes = movement.reserved + movement.blocked - movement.qty
	if takes > 0 and takes > balance.free:
		return Shortage(movement.sku, movement.warehouse, takes, max(balance.free, 0))
	return None


def refuse_shortages(shortages: Sequence[Shortage]) -> None:
	"""Raise InsufficientStockError that names every short SKU."""
	lines = "<br>".join(
		_("{0} in {1}: {2} wanted, {3} free").format(
			escape_html(short.sku), escape_html(short.warehouse), short.wanted, short.free
		)
		for short in shortages
	)
	message = _("There is not enough stock; nothing has been changed.") + "<br>" + lines
	try:
		frappe.throw(message, exc=InsufficientStockError, title=_("Not Enough Stock"))
	except InsufficientStockError as error:
		error.shortages = list(shortages)
		raise


def _apply(movement: Movement, balance: Balance) -> dict:
	"""Change the balance in memory; returns the row that says so."""
	unit_cost, value_change = _value(movement, balance)
	balance.on_hand += movement.qty
	balance.reserved += movement.reserved
	balance.in_transit += movement.in_transit
	balance.blocked += movement.blocked
	balance.entry_no += 1
	doctype, name = movement.source or (None, None)
	return {
		"name": frappe.generate_hash(length=12),
		"sku": movement.sku,
		"warehouse": movement.warehouse,
		"movement_type": movement.kind,
		"posted_at": now_datetime(),
		"qty_change": movement.qty,
		"reserved_change": movement.reserved,
		"in_transit_change": movement.in_transit,
		"blocked_change": movement.blocked,
		"on_hand_after": balance.on_hand,
		"reserved_after": balance.reserved,
		"in_transit_after": balance.in_transit,
		"blocked_after": balance.blocked,
		"entry_no": balance.entry_no,
		"source_doctype": doctype,
		"source_name": name,
		"reversal_of": movement.reversal_of,
		"reason": movement.reason or None,
		"posted_by": frappe.session.user,
		"unit_cost": unit_cost,
		"value_change": value_change,
		"movement_key": movement.key,
		"batch": movement.batch,
	}


def _value(movement: Movement, balance: Balance) -> tuple[Decimal, Decimal]:
	"""Unit cost and change of value, 6 and 2 places; moves the average when pieces come in."""
	cost = balance.cost if movement.unit_cost is None else movement.unit_cost
	before = _get_value(balance.on_hand, balance.cost)
	if movement.qty > 0:
		held = max(balance.on_hand, 0)
		total = held * balance.cost + movement.qty * cost
		balance.cost = (total / (held + movement.qty)).quantize(COST, ROUND_HALF_UP)
	elif movement.qty < 0:
		cost = balance.cost
	return cost, _get_value(balance.on_hand + movement.qty, balance.cost) - before


def _get_value(on_hand: int, cost: Decimal) -> Decimal:
	return (on_hand * cost).quantize(MONEY, ROUND_HALF_UP)


def _store(rows: Sequence[dict], balances: Iterable[Balance]) -> None:
	insert_rows("Stock Ledger", rows, LEDGER_FIELDS)
	moment = now_datetime()
	values = [
		{
			"name": balance.name,
			"on_hand": balance.on_hand,
			"reserved": balance.reserved,
			"in_transit": balance.in_transit,
			"blocked": balance.blocked,
			"available": balance.available,
			"entry_no": balance.entry_no,
			"average_cost": balance.cost,
			"stock_value": _get_value(balance.on_hand, balance.cost),
			"last_movement_at": moment,
		}
		for balance in balances
	]
	update_rows("Stock Balance", values, BALANCE_FIELDS)


def _tell(rows: Sequence[dict]) -> None:
	"""Call what `hooks.py` names under `stock_movement_sinks` with the new rows, in their transaction."""
	if rows:
		for sink in frappe.get_hooks("stock_movement_sinks"):
			frappe.get_attr(sink)(rows)
