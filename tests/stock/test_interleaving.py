"""Two connections and one last piece: with the lock one waits and is told, without it the ledger's key refuses one."""

import threading
from collections.abc import Iterable, Iterator
from unittest.mock import patch

import frappe
import pytest

from storegroup_oms.exceptions import InsufficientStockError
from storegroup_oms.inventory import locks
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import Key
from storegroup_oms.tests.factories import create_sku, create_stock, create_warehouse
from storegroup_oms.tests.races import run_together

MOVED = ("Stock Ledger", "Stock Balance")


@pytest.fixture
def place(site: str) -> Iterator[Key]:
	"""A SKU with one piece in a warehouse, committed and removed again."""
	frappe.db.rollback()
	frappe.set_user("Administrator")
	sku, warehouse = create_sku().name, create_warehouse().name
	create_stock(sku, 1, warehouse)
	frappe.db.commit()
	yield sku, warehouse
	frappe.db.rollback()
	for doctype in MOVED:
		frappe.db.delete(doctype, {"sku": sku})
	frappe.db.delete("SKU", {"name": sku})
	frappe.db.delete("Warehouse", {"name": warehouse})
	frappe.db.commit()


def sell(place: Key) -> str:
	try:
		post([Movement(*place, "Issue", qty=-1)])
	except InsufficientStockError:
		outcome = "short"
	except Exception as error:
		if not frappe.db.is_duplicate_entry(error):
			raise
		outcome = "number taken"
	else:
		return "sold"
	frappe.db.rollback()
	return outcome


def get_state(place: Key) -> tuple:
	frappe.db.rollback()
	sku, warehouse = place
	rows = frappe.get_all("Stock Ledger", {"sku": sku}, pluck="entry_no", order_by="entry_no asc")
	values = {"sku": sku, "warehouse": warehouse}
	return (*frappe.db.get_value("Stock Balance", values, ["on_hand", "entry_no"]), rows)


def make_plain_read():
	"""`locks._lock` without the lock; both callers have read before either goes on."""
	both = threading.Barrier(2)

	def read(keys: dict[str, Key]) -> dict[Key, locks.Balance]:
		names: Iterable[str] = sorted(keys)
		rows = frappe.get_all(
			"Stock Balance",
			filters={"name": ["in", names]},
			fields=["name", *locks.NUMBERS, "average_cost"],
			order_by="name asc",
			as_list=True,
		)
		both.wait()
		return {keys[row[0]]: locks.Balance(*row[:-1], locks.Decimal(str(row[-1]))) for row in rows}

	return read


def test_the_second_waits_and_is_told_what_is_missing(place: Key) -> None:
	results = run_together([lambda: sell(place)] * 2)

	assert sorted(results) == ["short", "sold"]
	assert get_state(place) == (0, 2, [1, 2])


def test_without_the_lock_the_second_entry_of_one_number_is_refused(place: Key) -> None:
	with patch.object(locks, "_lock", make_plain_read()):
		results = run_together([lambda: sell(place)] * 2)

	assert sorted(results) == ["number taken", "sold"]
	assert get_state(place) == (0, 2, [1, 2])
