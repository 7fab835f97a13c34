"""The one place that locks stock: balances are made where missing and locked in the order of their names.

Whoever changes stock takes all the balances that it will touch with one call, after the rows of orders and before
those of reservations. So no two transactions wait for each other in a circle by rule; where the database finds
one all the same, `transactions.run_in_transaction` begins again from outside. Never commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import frappe
from frappe.utils import cint

from storegroup_oms.bulk import insert_rows
from storegroup_oms.hashing import make_row_name

# SKU and warehouse
Key = tuple[str, str]
NUMBERS = ("on_hand", "reserved", "in_transit", "blocked", "safety_stock", "entry_no")
NEW_FIELDS = ("sku", "warehouse", *NUMBERS, "available", "average_cost", "stock_value")


@dataclass
class Balance:
	"""The numbers of one SKU in one warehouse as they are while its row is locked; `cost` is the moving average.

	`blocked` pieces are of batches that must not be sold.
	"""

	name: str
	on_hand: int
	reserved: int
	in_transit: int
	blocked: int
	safety_stock: int
	entry_no: int
	cost: Decimal

	@property
	def free(self) -> int:
		"""Pieces that may be sold and that nobody has been promised. Safety stock is among them: it is kept from being
		offered.
		"""
		return self.on_hand - self.reserved - self.blocked

	@property
	def available(self) -> int:
		return self.free - self.safety_stock


def lock_balances(keys: Iterable[Key]) -> dict[Key, Balance]:
	"""Lock the balances of all keys until the transaction ends, missing ones made with nothing in them."""
	wanted = sorted(set(keys))
	if not wanted:
		return {}
	names = _find_names(wanted)
	if missing := [key for key in wanted if key not in names]:
		_make(missing)
		names |= {key: _make_name(key) for key in missing}
	balances = _lock({name: key for key, name in names.items()})
	# Made by another transaction since ours began, and renamed with its SKU: all but impossible.
	if strange := [key for key in wanted if key not in balances]:
		balances |= _lock({_read_name(key): key for key in strange})
	return {key: balances[key] for key in wanted}


def _find_names(keys: list[Key]) -> dict[Key, str]:
	"""Names of the balances that exist; a row's name, SKU and warehouse never change while it is in use."""
	rows = frappe.db.sql(
		"SELECT sku, warehouse, name FROM `tabStock Balance` WHERE sku IN %s AND warehouse IN %s",
		(sorted({sku for sku, _warehouse in keys}), sorted({warehouse for _sku, warehouse in keys})),
	)
	found = {(sku, warehouse): name for sku, warehouse, name in rows}
	return {key: found[key] for key in keys if key in found}


def _make_name(key: Key) -> str:
	return make_row_name("balance", *key)


def _make(keys: list[Key]) -> None:
	rows = [
		{
			"name": _make_name(key),
			"sku": key[0],
			"warehouse": key[1],
			"available": 0,
			"average_cost": 0,
			"stock_value": 0,
			**dict.fromkeys(NUMBERS, 0),
		}
		for key in keys
	]
	insert_rows("Stock Balance", sorted(rows, key=lambda row: row["name"]), NEW_FIELDS, on_duplicate=())


def _read_name(key: Key) -> str:
	# A locking read sees what another transaction has committed since ours began.
	rows = frappe.db.sql(
		"SELECT name FROM `tabStock Balance` WHERE sku = %s AND warehouse = %s FOR UPDATE", key
	)
	return rows[0][0]


def _lock(keys: dict[str, Key]) -> dict[Key, Balance]:
	rows = frappe.db.sql(
		f"""SELECT name, {", ".join(NUMBERS)}, average_cost
		FROM `tabStock Balance` WHERE name IN %s ORDER BY name FOR UPDATE""",
		[sorted(keys)],
	)
	return {
		keys[name]: Balance(name, *(cint(number) for number in numbers), Decimal(str(cost or 0)))
		for name, *numbers, cost in rows
	}
