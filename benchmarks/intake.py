"""Orders per second from the wire into the database, three ways in one run, on the test site.

- batch: a platform's JSON text → parsed with exact numbers → mapped → `save_orders` (listings and SKUs matched,
  customers attached, receivers kept, timeline) → committed, 500 orders of one shop a batch
- documents: the same texts, parsed and mapped alike, then Customer, Listing and Order as Frappe documents, each
  order committed
- raw: bare multi-row inserts of the rows that the batch way writes, into the same tables, made beforehand,
  committed per batch

Two lines an order, 16 shops, four of each platform. Background jobs that a batch starts are not part of it. With
OMS_BENCHMARK_STORED (or --stored) the batch way is measured again with 10,000, 100,000 … up to so many orders
stored. Everything is deleted again. Run by `./oms benchmark intake [--json]`; OMS_BENCHMARK_ORDERS changes the
size (default 8,000).
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from unittest.mock import patch

import frappe

from benchmarks._site import open_site, print_figures
from benchmarks.wire_payloads import FILES, make_payloads
from storegroup_oms import bulk
from storegroup_oms.catalog import matching
from storegroup_oms.connectors.registry import get_connector
from storegroup_oms.customers import attach
from storegroup_oms.orders import buyers, events, intake, line_changes, outbox, receivers, review
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.tests.factories import create_shop, create_sku
from storegroup_oms.transactions import run_in_transaction

SHOPS_EACH = 4
BATCH = 500
DOCUMENTS_SHARE = 20
FIRST_NUMBERS = {
	"warm_up": 9 * 10**12,
	"documents": 10**12,
	"raw": 2 * 10**12,
	"batch": 3 * 10**12,
	"stored": 5 * 10**12,
}
LEVELS = (10_000, 100_000, 1_000_000)
SEED_CHUNK = 20_000
WRITERS = (intake, receivers, events, attach, matching, line_changes, outbox)


@dataclass(frozen=True)
class Shops:
	"""Names of the shops of the run by platform, and the SKUs that they sell."""

	names: dict[str, list[str]]
	skus: list[str]

	@property
	def all(self) -> list[str]:
		return [name for names in self.names.values() for name in names]


@dataclass(frozen=True)
class Batch:
	"""One shop's page of orders as JSON text."""

	platform: str
	shop: str
	text: str


def create_shops() -> Shops:
	names = {platform: [create_shop(platform).name for _number in range(SHOPS_EACH)] for platform in FILES}
	skus = [create_sku().name for _number in range(20)]
	frappe.db.commit()
	return Shops(names, skus)


def make_batches(shops: Shops, count: int, first: int) -> list[Batch]:
	"""`count` orders in pages of one shop each, platforms in turn."""
	batches, number, turn = [], first, 0
	while number < first + count:
		size = min(BATCH, first + count - number)
		platform = list(FILES)[turn % len(FILES)]
		shop = shops.names[platform][turn // len(FILES) % SHOPS_EACH]
		payloads = list(make_payloads(platform, size, number, shops.skus))
		batches.append(Batch(platform, shop, json.dumps(payloads, ensure_ascii=False)))
		number, turn = number + size, turn + 1
	return batches


def read_orders(batch: Batch) -> list[CanonicalOrder]:
	map_order = get_connector(batch.platform).map_order
	return [map_order(payload) for payload in json.loads(batch.text, parse_float=Decimal)]


class Memory:
	"""Growth of this process in MiB since the start, at its highest."""

	def __init__(self) -> None:
		self.start = self.highest = self._read()

	def _read(self) -> float:
		pages = int(Path("/proc/self/statm").read_text().split()[1])
		return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

	def note(self) -> None:
		self.highest = max(self.highest, self._read())

	@property
	def growth(self) -> float:
		return round(self.highest - self.start, 1)


def run_batches(batches: Sequence[Batch], memory: Memory) -> None:
	for batch in batches:
		orders = read_orders(batch)
		run_in_transaction(partial(intake.save_orders, batch.shop, orders, "Pull"))
		memory.note()


def warm_up(shops: Shops) -> None:
	"""Let everything be imported and every definition be cached once, as in a worker that runs already."""
	for batch in make_batches(shops, len(FILES) * BATCH, FIRST_NUMBERS["warm_up"]):
		intake.save_orders(batch.shop, read_orders(batch)[:5], "Pull")
	frappe.db.rollback()


def run_documents(batches: Sequence[Batch]) -> None:
	for batch in batches:
		for order in read_orders(batch):
			insert_documents(batch.shop, order)
			frappe.db.commit()


def insert_documents(shop: str, order: CanonicalOrder) -> None:
	"""One order the way a form would save it, with its listings and its customer."""
	receiver = order.receiver
	values = order.model_dump(
		mode="json",
		exclude={"receiver", "lines", "hold_reasons", "ordered_at", "paid_at", "ship_by", "modified_at"},
	)
	frappe.get_doc(
		{
			"doctype": "Order",
			**values,
			"shop": shop,
			"customer": ensure_customer(order),
			"receiver_name": receiver.name,
			"receiver_mobile": receiver.mobile,
			"province": receiver.province,
			"city": receiver.city,
			"district": receiver.district,
			"address": receiver.address,
			"ordered_at": to_site_time(order.ordered_at),
			"paid_at": to_site_time(order.paid_at),
			"items": [
				{
					"platform_line_no": line.platform_line_no,
					"listing": ensure_listing(shop, line),
					"sku": line.sku_code,
					"title": line.title,
					"qty": line.qty,
					"unit_price": float(line.unit_price),
					"discount_amount": float(line.discount_amount),
					"amount": float(line.amount),
				}
				for line in order.lines
			],
		}
	).insert()


def ensure_customer(order: CanonicalOrder) -> str:
	user_id = order.platform_buyer_id or order.receiver.name
	known = frappe.db.get_value(
		"Customer Identity", {"platform": order.platform, "platform_user_id": user_id}, "parent"
	)
	if known:
		return known
	identity = {"platform": order.platform, "platform_user_id": user_id}
	values = {"customer_name": order.receiver.name, "identities": [identity]}
	return frappe.get_doc({"doctype": "Customer", **values}).insert().name


def ensure_listing(shop: str, line) -> str:
	key = {
		"shop": shop,
		"platform_item_id": line.platform_item_id,
		"platform_sku_id": line.platform_sku_id,
	}
	known = frappe.db.get_value("Listing", key)
	values = {"title": line.title, "sku": line.sku_code, "outer_id": line.sku_code}
	return known or frappe.get_doc({"doctype": "Listing", **key, **values}).insert().name


def prepare_raw(batches: Sequence[Batch]) -> Callable[[], None]:
	"""Let the batch way write once, roll it back, and return bare inserts of the very same rows."""
	prepared: list[list[tuple[str, list]]] = []

	def record(doctype, rows, fields, on_duplicate=None, keep_if_empty=()) -> int:
		rows = list(rows)
		if rows:
			prepared[-1] += bulk.make_inserts(doctype, rows, fields)
		return bulk.insert_rows(doctype, rows, fields, on_duplicate, keep_if_empty)

	with ExitStack() as stack:
		for module in WRITERS:
			if hasattr(module, "insert_rows"):
				stack.enter_context(patch.object(module, "insert_rows", record))
		for batch in batches:
			prepared.append([])
			intake.save_orders(batch.shop, read_orders(batch), "Pull")
	frappe.db.rollback()

	def insert() -> None:
		for statements in prepared:
			for query, values in statements:
				frappe.db.sql(query, values)
			frappe.db.commit()

	return insert


def measure(count: int, run: Callable[[], None]) -> float:
	start = time.perf_counter()
	run()
	return round(count / (time.perf_counter() - start), 1)


def measure_stored(shops: Shops, limit: int, count: int) -> dict[str, float]:
	"""Rates of the batch way with more and more orders stored, by "stored_N"."""
	rates, stored = {}, frappe.db.count("Order")
	for turn, level in enumerate(level for level in LEVELS if level <= limit):
		if level > stored:
			seed_orders(shops, level - stored)
		batches = make_batches(shops, count, FIRST_NUMBERS["stored"] + turn * count)
		rates[f"stored_{level}"] = measure(count, partial(run_batches, batches, Memory()))
		stored = max(stored, level) + count
	return rates


def seed_orders(shops: Shops, count: int) -> None:
	"""Multiply stored orders of the run, with lines, receivers and timeline, by INSERT … SELECT."""
	base = frappe.get_all(
		"Order", {"shop": ("in", shops.all)}, pluck="name", order_by="name asc", limit=SEED_CHUNK // 20
	)
	columns = {
		doctype: [
			name
			for name, *_facts, extra in frappe.db.sql(f"SHOW COLUMNS FROM `tab{doctype}`")
			if "GENERATED" not in extra
		]
		for doctype in ("Order", "Order Item", "Order Receiver", "Order Event")
	}
	frappe.db.sql("CREATE TEMPORARY TABLE seed (old VARCHAR(140) PRIMARY KEY, new VARCHAR(140) UNIQUE)")
	for start in range(0, count, len(base)):
		size = min(len(base), count - start)
		names = bulk.reserve_names(intake.SERIES, intake.SERIES_DIGITS, size)
		frappe.db.sql("DELETE FROM seed")
		pairs = [value for pair in zip(base, names, strict=False) for value in pair]
		frappe.db.sql("INSERT INTO seed VALUES " + ", ".join(["(%s, %s)"] * size), pairs)
		for doctype, key in (
			("Order", "name"),
			("Order Item", "parent"),
			("Order Receiver", "order"),
			("Order Event", "order"),
		):
			frappe.db.sql(make_copy(doctype, key, columns[doctype]))
		frappe.db.commit()
	frappe.db.sql("DROP TEMPORARY TABLE seed")


def make_copy(doctype: str, key: str, columns: Sequence[str]) -> str:
	"""The statement that copies rows of the seed's old orders to its new ones."""
	values = {column: f"t.`{column}`" for column in columns}
	values[key] = "seed.new"
	if doctype == "Order":
		values["platform_order_no"] = "CONCAT('S', SUBSTR(seed.new, 4))"
	elif doctype == "Order Receiver":
		values["name"] = "seed.new"
	else:
		values["name"] = "LEFT(MD5(CONCAT(t.name, seed.new)), 20)"
	return (
		f"INSERT INTO `tab{doctype}` ({', '.join(f'`{column}`' for column in columns)})"
		f" SELECT {', '.join(values[column] for column in columns)}"
		f" FROM seed JOIN `tab{doctype}` t ON t.`{key}` = seed.old"
	)


def clear(shops: Shops) -> None:
	"""Delete all that was written for the run's shops, a shop at a time."""
	frappe.db.rollback()
	for shop in shops.all:
		remove_orders(shop)
		frappe.db.delete("Listing", {"shop": shop})
		frappe.db.commit()


def remove(shops: Shops) -> None:
	"""Delete all that the run wrote, and the shops themselves."""
	clear(shops)
	frappe.db.delete("Shop", {"name": ("in", shops.all)})
	frappe.db.delete("SKU", {"name": ("in", shops.skus)})
	frappe.db.commit()


def remove_orders(shop: str) -> None:
	customers = frappe.get_all(
		"Order",
		{"shop": shop, "customer": ("is", "set")},
		pluck="customer",
		distinct=True,
		order_by="customer",
	)
	for doctype, column in (
		("Order Item", "parent"),
		("Order Event", "order"),
		("Order Receiver", "order"),
		("Order Change", "order"),
	):
		frappe.db.sql(
			f"DELETE child FROM `tab{doctype}` child JOIN tabOrder owner ON owner.name = child.`{column}`"
			" WHERE owner.shop = %s",
			shop,
		)
	frappe.db.delete("Order", {"shop": shop})
	if customers:
		frappe.db.delete("Customer Identity", {"parent": ("in", customers)})
		frappe.db.delete("Customer", {"name": ("in", customers)})


@contextmanager
def without_jobs() -> Iterator[None]:
	"""No worker listens on the test site: jobs would stay in its queue."""
	with (
		patch.object(buyers, "enqueue_refresh"),
		patch.object(outbox, "enqueue_work"),
		patch.object(review, "wake"),
	):
		yield


def run(count: int, stored: int) -> dict[str, float | int]:
	"""All three ways on one site; returns orders per second of each and their ratios."""
	few = max(count // DOCUMENTS_SHARE, 20)
	shops = create_shops()
	try:
		with without_jobs():
			warm_up(shops)
			batches = make_batches(shops, count, FIRST_NUMBERS["batch"])
			memory = Memory()
			batch_rate = measure(count, partial(run_batches, batches, memory))
			levels = measure_stored(shops, stored, count) if stored else {}
			clear(shops)
			raw_rate = measure(count, prepare_raw(make_batches(shops, count, FIRST_NUMBERS["raw"])))
			clear(shops)
			documents = make_batches(shops, few, FIRST_NUMBERS["documents"])
			document_rate = measure(few, partial(run_documents, documents))
	finally:
		remove(shops)
	return {
		"orders": count,
		"orders_per_s": batch_rate,
		"raw_orders_per_s": raw_rate,
		"document_orders_per_s": document_rate,
		"times_documents": round(batch_rate / document_rate, 1),
		"share_of_raw": round(batch_rate / raw_rate, 3),
		"memory_growth_mb": memory.growth,
		**levels,
	}


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("--json", action="store_true")
	parser.add_argument("--stored", type=int, default=int(os.environ.get("OMS_BENCHMARK_STORED") or 0))
	options = parser.parse_args()
	with open_site():
		figures = run(int(os.environ.get("OMS_BENCHMARK_ORDERS") or 8_000), options.stored)
	print_figures(figures, options.json)


if __name__ == "__main__":
	main()
