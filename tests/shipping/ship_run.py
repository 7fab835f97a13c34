"""Labels and shipments at the speed of the whole product: real workers, the sandbox's services, its own record."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import frappe

from runtime.bench import Bench
from storegroup_oms.api import parcels, printing
from storegroup_oms.fulfilment.printing import batches
from tests.queues import use_queues
from tests.reliability.stack import Stack, list_children
from tests.shipping.shops import ShippingDesk, buy
from tests.stock.shelf import Shelf, wait_until

PLATFORMS = ("Taobao",) * 4 + ("JD", "JD", "Pinduoduo", "Pinduoduo", "Douyin", "Douyin")
LIMIT_S = 300
LOOK_S = 0.02
REST_S = 2.0


@dataclass(frozen=True)
class Size:
	"""`orders` in ten shops; every call to a platform takes `latency_s` more."""

	orders: int
	goods: int = 8
	latency_s: float = 0.05
	seed: int = 7


@contextmanager
def open_run(root: Path, site: str, size: Size) -> Iterator["Run"]:
	"""A Run with its orders on the desk, all stopped and removed at the end."""
	with tempfile.TemporaryDirectory(prefix="oms-ship-") as folder:
		run = Run(Stack(Bench(root), site, Path(folder), size.seed), size)
		try:
			with use_queues(run.stack):
				run.prepare()
				yield run
		finally:
			run.stack.stop()
			run.desk.remove()


class Run:
	"""`prepare`, then `print_labels` and `ship`, each in seconds from the request to the end of the work."""

	def __init__(self, stack: Stack, size: Size) -> None:
		self.stack = stack
		self.size = size
		self.codes = [f"S{stack.ports['sandbox']}-{number}" for number in range(size.goods)]
		self.desk = ShippingDesk(self.codes)

	def prepare(self) -> None:
		self.stack.start_sandbox()
		self.shelf = Shelf(self.stack.sandbox_url, self.stack.token, self.size.seed)
		self.shelf.open_shops(PLATFORMS, self.codes, 0, self.stack.webhook_url)
		buy(self.shelf, self.codes, self.size.orders)
		self.desk.fill(self.shelf, 10 * self.size.orders)
		self.desk.equip()
		self.stack.start_desk()
		wait_until(lambda: self.desk.count_orders() >= self.size.orders, "the intake of all orders", LIMIT_S)
		self.parcels = self.desk.pack(self.desk.list_orders())
		wait_until(lambda: not self.desk.count_waiting(), "the push of what is left", LIMIT_S)
		self.shelf.ask("POST", "faults", kind="slow", seconds=self.size.latency_s)

	def rest(self) -> None:
		"""Wait until the desk leaves the platforms alone, so that no limit of calls is used up by earlier work."""
		calls = -1
		while calls != (calls := self._count_calls()):
			time.sleep(REST_S)

	def _count_calls(self) -> int:
		return sum(row["accepted"] for row in self.shelf.ask("GET", "calls").values())

	def print_labels(self, names: Sequence[str], key: str) -> tuple[float, dict]:
		"""Seconds from the click to the finished file, and the batch."""
		began = time.monotonic()
		batch = self.start(names, key)
		found = self.wait(batch)
		return time.monotonic() - began, found

	def start(self, names: Sequence[str], key: str) -> str:
		batch = printing.start("Labels", list(names), f"{self.stack.bench_id}/{key}")["batch"]
		frappe.db.commit()
		return batch

	def wait(self, batch: str) -> dict:
		deadline = time.monotonic() + LIMIT_S
		while True:
			frappe.db.rollback()
			found = printing.get_progress(batch)
			if found["status"] not in batches.OPEN:
				return found
			assert time.monotonic() < deadline, f"{batch} is still {found['status']}"
			time.sleep(LOOK_S)

	def kill_printing(self, batch: str) -> bool:
		"""kill -9 of whoever does a job, once the batch has printed some more; False when it was too late."""
		before = self._look(batch).printed
		while (found := self._look(batch)).printed == before:
			time.sleep(LOOK_S)
		if found.status == batches.FINISHED:
			return False
		with self.stack.lock:
			jobs = [
				pid
				for name, process in self.stack.processes.items()
				if name.startswith("worker")
				for pid in list_children(process.pid)
			]
			for pid in jobs:
				with suppress(ProcessLookupError):
					os.kill(pid, signal.SIGKILL)
		return bool(jobs)

	def _look(self, batch: str) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value("Print Batch", batch, ["status", "printed"], as_dict=True)

	def end_lease(self, batch: str) -> None:
		"""As if the minutes that a killed worker's lease lasts were over; then what the scheduler does each minute."""
		past = frappe.utils.add_to_date(frappe.utils.now_datetime(), seconds=-2)
		frappe.db.set_value("Print Batch", batch, "claimed_until", past)
		frappe.db.sql(
			"UPDATE tabWaybill SET claimed_until = %s WHERE claimed_until IS NOT NULL AND shipment IN %s",
			(past, self.parcels),
		)
		frappe.db.commit()
		batches.tick()
		frappe.db.commit()

	def ship(self, names: Sequence[str]) -> float:
		"""Seconds from the click until the platforms' own record says that all orders have left."""
		before = self.count_shipped()
		began = time.monotonic()
		for start in range(0, len(names), parcels.AT_ONCE):
			done = parcels.take_step("ship", list(names[start : start + parcels.AT_ONCE]))
			assert not done["refused"], done
		frappe.db.commit()
		wanted = before + len(names)
		deadline = time.monotonic() + LIMIT_S
		while self.count_shipped() < wanted:
			assert time.monotonic() < deadline, f"{self.count_shipped()} of {wanted} are confirmed"
			time.sleep(LOOK_S)
		return time.monotonic() - began

	def count_shipped(self) -> int:
		return sum(1 for order in self.list_truth() if order["parcels"])

	def list_truth(self) -> list[dict]:
		return self.shelf.ask("GET", "truth")["orders"]
