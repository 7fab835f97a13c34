"""Putting one place right under its lock: lost rows of the ledger filled in, the balance written anew from it.

For repairs only; whatever moves stock goes through `ledger.post`. Never commits.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.inventory.ledger import BALANCE_FIELDS, COST, LEDGER_FIELDS, MONEY
from storegroup_oms.inventory.locks import Balance, Key

CHANGES = ("qty_change", "reserved_change", "in_transit_change", "blocked_change")
AFTER = ("on_hand_after", "reserved_after", "in_transit_after", "blocked_after")
NO_CHANGE = (0, 0, 0, 0)
Numbers = tuple[int, int, int, int]


def fill_gaps(key: Key, balance: Balance, reason: str) -> int:
	"""Add a row for each missing entry number, kind Adjustment; returns how many.

	The first row of a gap carries what the running numbers beside it say was moved, the others nothing; the
	balance's own numbers stand in after the last row. Changes no balance.
	"""
	rows = _read_entries(key)
	by_number = {row.entry_no: row for row in rows}
	last = max([balance.entry_no, *by_number])
	value = _read_stored(balance, "stock_value") - sum(
		(Decimal(str(row.value_change or 0)) for row in rows), Decimal(0)
	)
	stands: Numbers = NO_CHANGE
	filled = []
	for number in range(1, last + 1):
		row = by_number.get(number)
		if row:
			stands = _read_after(row)
			continue
		goal = _get_goal(number, last, by_number, balance)
		changes = tuple(goal[position] - stands[position] for position in range(len(CHANGES)))
		stands = goal
		filled.append(_make_entry(key, number, changes, goal, value, reason))
		value = Decimal(0)
	insert_rows("Stock Ledger", filled, LEDGER_FIELDS)
	return len(filled)


def _read_entries(key: Key) -> list[frappe._dict]:
	# A plain read would miss what was committed since this transaction began.
	return frappe.db.sql(
		f"""SELECT entry_no, value_change, {", ".join((*CHANGES, *AFTER))} FROM `tabStock Ledger`
		WHERE sku = %s AND warehouse = %s ORDER BY entry_no LOCK IN SHARE MODE""",
		key,
		as_dict=True,
	)


def _read_stored(balance: Balance, field: str) -> Decimal:
	stored = frappe.db.sql(
		f"SELECT `{field}` FROM `tabStock Balance` WHERE name = %s LOCK IN SHARE MODE", balance.name
	)
	return Decimal(str(stored[0][0] or 0))


def _read_after(row: frappe._dict) -> Numbers:
	return tuple(int(row[field] or 0) for field in AFTER)


def _get_goal(number: int, last: int, rows: dict[int, frappe._dict], balance: Balance) -> Numbers:
	"""The running numbers after a missing entry, as the next one that is there proves them."""
	following = next((rows[later] for later in range(number, last + 1) if later in rows), None)
	if following is None:
		return _get_numbers(balance)
	after = _read_after(following)
	return tuple(after[position] - int(following[field] or 0) for position, field in enumerate(CHANGES))


def _get_numbers(balance: Balance) -> Numbers:
	return balance.on_hand, balance.reserved, balance.in_transit, balance.blocked


def _make_entry(key: Key, number: int, changes: Numbers, after: Numbers, value: Decimal, reason: str) -> dict:
	return {
		"name": frappe.generate_hash(length=12),
		"sku": key[0],
		"warehouse": key[1],
		"movement_type": "Adjustment",
		"posted_at": now_datetime(),
		**dict(zip(CHANGES, changes, strict=True)),
		**dict(zip(AFTER, after, strict=True)),
		"entry_no": number,
		"source_doctype": "Report",
		"source_name": "Stock Proof",
		"reason": reason,
		"posted_by": frappe.session.user,
		"unit_cost": 0,
		"value_change": value,
	}


def rebuild_balance(key: Key, balance: Balance, reason: str) -> bool:
	"""Write the numbers of a locked balance anew from its ledger, in `balance` too; False when they stood already.

	The average cost follows from the value where there are pieces. Where no average makes the ledger's value to the
	cent, an entry of value alone brings the ledger there.
	"""
	sums = _read_sums(key)
	before = (*_get_numbers(balance), balance.entry_no, balance.cost)
	stored = _read_stored(balance, "stock_value"), _read_stored(balance, "available")
	balance.on_hand, balance.reserved, balance.in_transit, balance.blocked, balance.entry_no = (
		int(number) for number in sums[:5]
	)
	value = Decimal(str(sums[5]))
	if balance.on_hand > 0 and _get_value(balance) != value:
		balance.cost = max((value / balance.on_hand).quantize(COST, ROUND_HALF_UP), Decimal(0))
	after = (*_get_numbers(balance), balance.entry_no, balance.cost)
	if before == after and stored == (value, balance.available) and _get_value(balance) == value:
		return False
	if rest := _get_value(balance) - value:
		balance.entry_no += 1
		entry = _make_entry(key, balance.entry_no, NO_CHANGE, _get_numbers(balance), rest, reason)
		insert_rows("Stock Ledger", [entry], LEDGER_FIELDS)
	row = {
		"name": balance.name,
		"on_hand": balance.on_hand,
		"reserved": balance.reserved,
		"in_transit": balance.in_transit,
		"blocked": balance.blocked,
		"available": balance.available,
		"entry_no": balance.entry_no,
		"average_cost": balance.cost,
		"stock_value": _get_value(balance),
		"last_movement_at": now_datetime(),
	}
	update_rows("Stock Balance", [row], BALANCE_FIELDS)
	return True


def _get_value(balance: Balance) -> Decimal:
	return (balance.on_hand * balance.cost).quantize(MONEY, ROUND_HALF_UP)


def _read_sums(key: Key) -> Sequence[object]:
	"""On hand, reserved, in transit, not for sale, last entry number and value."""
	return frappe.db.sql(
		"""SELECT IFNULL(SUM(qty_change), 0), IFNULL(SUM(reserved_change), 0), IFNULL(SUM(in_transit_change), 0),
			IFNULL(SUM(blocked_change), 0), IFNULL(MAX(entry_no), 0), IFNULL(SUM(value_change), 0)
		FROM `tabStock Ledger` WHERE sku = %s AND warehouse = %s LOCK IN SHARE MODE""",
		key,
	)[0]


def count_promised(key: Key) -> int:
	"""Pieces that open reservations hold in a place, as of now."""
	return int(
		frappe.db.sql(
			"""SELECT IFNULL(SUM(qty), 0) FROM `tabStock Reservation`
			WHERE sku = %s AND warehouse = %s AND status = 'Open' LOCK IN SHARE MODE""",
			key,
		)[0][0]
	)


def count_blocked(key: Key) -> int:
	"""Pieces of batches that must not be sold in a place, as of now."""
	return int(
		frappe.db.sql(
			"""SELECT IFNULL(SUM(held.on_hand), 0) FROM `tabStock Batch Balance` held
			JOIN `tabStock Batch` batch ON batch.name = held.batch AND batch.is_blocked = 1
			WHERE held.sku = %s AND held.warehouse = %s LOCK IN SHARE MODE""",
			key,
		)[0][0]
	)
