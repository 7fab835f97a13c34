"""What the review costs on the test site: intake beside it, the checks themselves, and approval of many at once.

- intake: `benchmarks.intake`'s batch way with the hook that has new orders checked, and without it, in turns
- checks: all orders of the run looked at by every check, 200 a transaction, as the job does
- approval: 50 orders and 500 (in requests of 50, as the order list sends them), from the request to the commit: checked
  again, approved, their stock settled, parcels made, timeline. HTTP and the browser are left out.

Orders of 16 shops with two lines, from the platforms' JSON, with memos, so that each is held and its holds are cleared
on the way: what costs most. Everything is deleted again. Run by `./oms benchmark review [--json]`; OMS_BENCHMARK_ORDERS changes the size
(default 12,000, at least 4,000), OMS_BENCHMARK_ROUNDS (3) repeats the 50, the slowest counts.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from unittest.mock import patch

import frappe

from benchmarks import intake
from benchmarks._site import open_site, print_figures
from storegroup_oms.api import review as endpoints
from storegroup_oms.fulfilment import allocation_queue
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.orders import review
from storegroup_oms.tests.factories import create_stock, create_warehouse
from storegroup_oms.tests.races import remove_parcels
from storegroup_oms.transactions import run_in_latest

REQUEST = 50
MANY = 500
FIRST = 4 * 10**12
TARGETS = {"approve_50_s": 2.0, "approve_500_s": 15.0}


@contextmanager
def without_jobs() -> Iterator[None]:
	"""No worker listens on the test site: jobs would stay in its queue."""
	with intake.without_jobs(), patch.object(allocation_queue, "wake"):
		yield


def measure_intake(shops: intake.Shops, count: int) -> dict[str, float]:
	"""Orders per second with the hook and without it, in turns over pages of all platforms."""
	batches = intake.make_batches(shops, count, FIRST)
	kinds = ("with", "without")
	seconds, orders = dict.fromkeys(kinds, 0.0), dict.fromkeys(kinds, 0)
	for number, batch in enumerate(batches):
		# Each platform takes its turn with both.
		kind = kinds[(number + number // len(intake.FILES)) % 2]
		began = time.perf_counter()
		with patch.object(review, "note_events") if kind == "without" else nullcontext():
			intake.run_batches([batch], intake.Memory())
		seconds[kind] += time.perf_counter() - began
		orders[kind] += min(intake.BATCH, count - number * intake.BATCH)
	return {f"intake_{kind}_per_s": round(orders[kind] / seconds[kind], 1) for kind in seconds}


def split(names: Sequence[str], size: int) -> list[Sequence[str]]:
	return [names[start : start + size] for start in range(0, len(names), size)]


def measure_checks(names: Sequence[str]) -> dict[str, float]:
	began = time.perf_counter()
	held = sum(
		len(run_in_latest(partial(review.check_orders, some)).held) for some in split(names, review.CHUNK)
	)
	return {"checked_per_s": round(len(names) / (time.perf_counter() - began), 1), "held": held}


def approve(names: Sequence[str]) -> float:
	"""Seconds from the first request to the last commit."""
	began = time.perf_counter()
	for some in split(names, REQUEST):
		done = endpoints.approve(list(some), clears_holds=True)
		frappe.db.commit()
		assert len(done["names"]) == len(some), done["refused"]
	seconds = time.perf_counter() - began
	assert frappe.db.count("Order", {"name": ["in", names], "status": "To Print"}) == len(names)
	assert frappe.db.count("Shipment Order", {"order": ["in", names]}) == len(names)
	return seconds


def measure_approval(orders: Sequence[str], rounds: int) -> dict[str, float]:
	small = split(orders[: (rounds + 1) * REQUEST], REQUEST)
	many = orders[(rounds + 1) * REQUEST :][:MANY]
	for some in [*small, *split(many, 200)]:
		run_in_latest(partial(allocate, some))
	approve(small[0])  # whatever is imported and cached once, as in a web worker that runs already
	slowest = max(approve(some) for some in small[1:])
	return {"approve_50_s": round(slowest, 2), f"approve_{MANY}_s": round(approve(many), 2)}


def remove(shops: intake.Shops, warehouse: str) -> None:
	frappe.db.rollback()
	orders = list_orders(shops) or [""]
	remove_parcels(orders)
	for doctype, column, values in (
		("Order Hold", "order", orders),
		("Routing Decision", "order", orders),
		("Stock Ledger", "sku", shops.skus),
		("Stock Reservation", "sku", shops.skus),
		("Stock Balance", "sku", shops.skus),
		("Warehouse", "name", [warehouse]),
	):
		frappe.db.delete(doctype, {column: ("in", values)})
	frappe.db.delete("Review Step")
	intake.remove(shops)


def list_orders(shops: intake.Shops) -> list[str]:
	return frappe.get_all("Order", {"shop": ("in", shops.all)}, pluck="name", order_by="name asc")


def run(count: int, rounds: int) -> dict[str, float]:
	shops = intake.create_shops()
	warehouse = create_warehouse(daily_capacity=100_000).name
	try:
		for sku in shops.skus:
			create_stock(sku, 10 * count, warehouse)
		frappe.db.commit()
		with without_jobs():
			intake.warm_up(shops)
			figures = {"orders": count, **measure_intake(shops, count)}
			orders = list_orders(shops)
			figures |= measure_checks(orders)
			figures |= measure_approval(orders, rounds)
	finally:
		remove(shops, warehouse)
	return figures


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	count = max(int(os.environ.get("OMS_BENCHMARK_ORDERS") or 12_000), 4_000)
	rounds = int(os.environ.get("OMS_BENCHMARK_ROUNDS") or 3)
	with open_site():
		figures = run(count, rounds)
	print_figures(figures, options.json)
	return 0 if all(figures[name] <= limit for name, limit in TARGETS.items()) else 1


if __name__ == "__main__":
	sys.exit(main())
