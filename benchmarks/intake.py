"""Orders per second into the database, three ways in one run, on the test site.

- batch: canonical payload (JSON text) → checked → masked and encrypted receiver → committed, 500 orders a batch
- documents: the same orders as Frappe documents, one insert and commit each
- raw: bare multi-row inserts of finished rows into the same two tables, committed per batch

Two lines an order, 16 shops. Everything is deleted again. Platform protocols are not part of it yet.
Run by `./oms benchmark intake [--json]`; OMS_BENCHMARK_ORDERS changes the size (default 8,000).
"""

import argparse
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import frappe

from storegroup_oms.bulk import insert_rows, reserve_names
from storegroup_oms.catalog.matching import Match
from storegroup_oms.orders import intake, order_rows
from storegroup_oms.orders.canonical import CHINA_TIME, CanonicalOrder
from storegroup_oms.tests.factories import create_shop, create_sku
from storegroup_oms.transactions import run_in_transaction

SHOPS = 16
BATCH = 500
DOCUMENTS_SHARE = 20
SEED = 11


def make_payloads(count: int, prefix: str, skus: list[str]) -> list[str]:
	"""Canonical orders as JSON texts; the same for the same seed, numbers made unique by `prefix`."""
	chance = random.Random(SEED)
	start = datetime(2026, 11, 11, tzinfo=CHINA_TIME)
	payloads = []
	for number in range(count):
		cents = [chance.randrange(990, 29_900) for _line in range(2)]
		total = f"{sum(cents) / 100:.2f}"
		moment = (start + timedelta(seconds=number)).isoformat()
		lines = [
			{
				"platform_line_no": f"{prefix}{number}-{position}",
				"sku_code": chance.choice(skus),
				"title": "保湿乳液 50 ml",
				"qty": 1,
				"unit_price": f"{price / 100:.2f}",
				"amount": f"{price / 100:.2f}",
			}
			for position, price in enumerate(cents)
		]
		payloads.append(
			json.dumps(
				{
					"platform": "Taobao",
					"platform_order_no": f"{prefix}{number}",
					"platform_status": "WAIT_SELLER_SEND_GOODS",
					"status": "To Review",
					"buyer_nick": f"tb_{number % 5000}",
					"receiver": {
						"name": "王小明",
						"mobile": f"154{chance.randrange(10**8):08d}",
						"province": "浙江省",
						"city": "杭州市",
						"district": "西湖区",
						"address": f"文三路 {number % 400} 号",
					},
					"goods_amount": total,
					"total_amount": total,
					"paid_amount": total,
					"ordered_at": moment,
					"paid_at": moment,
					"modified_at": moment,
					"lines": lines,
				}
			)
		)
	return payloads


def split(payloads: list[str], size: int) -> Iterator[tuple[int, list[str]]]:
	for start in range(0, len(payloads), size):
		yield (start // size) % SHOPS, payloads[start : start + size]


def run_batches(payloads: list[str], shops: list[str]) -> None:
	for shop, chunk in split(payloads, BATCH):
		orders = [CanonicalOrder.model_validate_json(text) for text in chunk]
		run_in_transaction(lambda shop=shops[shop], orders=orders: intake.save_orders(shop, orders, "Pull"))


def run_documents(payloads: list[str], shops: list[str]) -> None:
	for position, text in enumerate(payloads):
		order = CanonicalOrder.model_validate_json(text)
		values = order.model_dump(
			mode="json", exclude={"receiver", "lines", "ordered_at", "paid_at", "modified_at"}
		)
		receiver = order.receiver
		frappe.get_doc(
			{
				"doctype": "Order",
				**values,
				"shop": shops[position % SHOPS],
				"receiver_name": receiver.name,
				"receiver_mobile": receiver.mobile,
				"province": receiver.province,
				"city": receiver.city,
				"district": receiver.district,
				"address": receiver.address,
				"ordered_at": intake.to_site_time(order.ordered_at),
				"paid_at": intake.to_site_time(order.paid_at),
				"items": [
					{
						"platform_line_no": line.platform_line_no,
						"sku": line.sku_code,
						"title": line.title,
						"qty": line.qty,
						"unit_price": float(line.unit_price),
						"amount": float(line.amount),
					}
					for line in order.lines
				],
			}
		).insert()
		frappe.db.commit()


def prepare_raw(payloads: list[str], shops: list[str]) -> Callable[[], None]:
	"""Build all rows first, outside the measured time; returns the insert itself."""
	chunks = []
	for shop, chunk in split(payloads, BATCH):
		orders = [CanonicalOrder.model_validate_json(text) for text in chunk]
		matches = {
			offer: Match(None, offer.outer_id)
			for order in orders
			for offer in map(order_rows.make_offer, order.lines)
		}
		names = reserve_names(intake.SERIES, intake.SERIES_DIGITS, len(orders))
		rows, lines = [], []
		for name, order in zip(names, orders, strict=True):
			own = order_rows.make_line_rows(name, order, matches)
			rows.append(
				{
					"name": name,
					"shop": shops[shop],
					"platform": order.platform,
					"platform_order_no": order.platform_order_no,
					"status": order.status,
					**order_rows.get_platform_values(order, "", own),
				}
			)
			lines += own
		chunks.append((rows, lines))
	frappe.db.commit()

	def insert() -> None:
		for rows, lines in chunks:
			insert_rows("Order", rows, intake.NEW_FIELDS)
			insert_rows("Order Item", lines, order_rows.LINE_FIELDS)
			frappe.db.commit()

	return insert


def measure(count: int, run: Callable[[], None]) -> float:
	start = time.perf_counter()
	run()
	return round(count / (time.perf_counter() - start), 1)


def remove(shops: list[str], skus: list[str]) -> None:
	frappe.db.rollback()
	for doctype, column in (("Order Item", "parent"), ("Order Event", "order"), ("Order Receiver", "order")):
		frappe.db.sql(
			f"DELETE child FROM `tab{doctype}` child JOIN tabOrder owner ON owner.name = child.`{column}`"
			" WHERE owner.shop IN %s",
			[shops],
		)
	for doctype, field, names in (("Order", "shop", shops), ("Shop", "name", shops), ("SKU", "name", skus)):
		frappe.db.delete(doctype, {field: ["in", names]})
	frappe.db.commit()


def run(count: int) -> dict[str, float | int]:
	"""All three ways on one site; returns orders per second of each and their ratios."""
	shops = [create_shop().name for _number in range(SHOPS)]
	skus = [create_sku().name for _number in range(20)]
	frappe.db.commit()
	few = max(count // DOCUMENTS_SHARE, 20)
	try:
		documents = make_payloads(few, "D", skus)
		raw = prepare_raw(make_payloads(count, "R", skus), shops)
		batch = make_payloads(count, "B", skus)
		document_rate = measure(few, lambda: run_documents(documents, shops))
		raw_rate = measure(count, raw)
		batch_rate = measure(count, lambda: run_batches(batch, shops))
	finally:
		remove(shops, skus)
	return {
		"orders": count,
		"orders_per_s": batch_rate,
		"raw_orders_per_s": raw_rate,
		"document_orders_per_s": document_rate,
		"times_documents": round(batch_rate / document_rate, 1),
		"share_of_raw": round(batch_rate / raw_rate, 3),
	}


def main() -> None:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	os.chdir(os.path.join(os.environ["OMS_ROOT"], "sites"))
	frappe.init(os.environ["OMS_SITE"], sites_path=".")
	frappe.connect()
	try:
		figures = run(int(os.environ.get("OMS_BENCHMARK_ORDERS") or 8_000))
	finally:
		frappe.destroy()
	for name, value in figures.items():
		print(f"{name:24} {value:>12,}")
	if options.json:
		print(json.dumps(figures))


if __name__ == "__main__":
	main()
