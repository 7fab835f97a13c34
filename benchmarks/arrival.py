"""Seconds from an order at a platform to the order on the desk, on the test site, in real processes without faults.

20 shops (10 Taobao, 4 JD, 4 Pinduoduo, 2 Douyin) at the sandbox, a consumer and workers; orders are made one after
the other, the shops in turn, and looked for in the database every tenth of a second. JD has no push and is polled
at the product's own pace. The exit code is 1 when an order didn't come. Everything is deleted again. Run by
`./oms benchmark arrival [--json]`; OMS_BENCHMARK_ORDERS is how many orders each platform gets (default 20).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import frappe

from benchmarks._site import ROOT, open_site, print_figures
from runtime.bench import Bench
from tests.reliability.chaos import PLATFORMS, PRICES, Platforms, wait_for
from tests.reliability.desk import Desk
from tests.reliability.stack import Stack

LOOK_S = 0.1
PAUSE_S = 2.0
LAST_WAIT_S = 120.0
FIRST_WAIT_S = 180.0
# 95 % of the orders, by how the platform tells of them.
TARGET_S = {"Taobao": 5.0, "JD": 60.0, "Pinduoduo": 5.0, "Douyin": 5.0}


class Watch:
	"""Orders that were made and when; `seconds` are those that have come, by platform."""

	def __init__(self) -> None:
		self.waiting: dict[str, tuple[str, float]] = {}
		self.seconds: dict[str, list[float]] = {platform: [] for platform in TARGET_S}

	def add(self, platform: str, order_no: str) -> None:
		self.waiting[order_no] = (platform, time.monotonic())

	def look(self, seconds: float) -> None:
		"""Look again and again for so long, or until all have come."""
		end = time.monotonic() + seconds
		while self.waiting and time.monotonic() < end:
			frappe.db.rollback()
			found = frappe.get_all(
				"Order",
				filters={"platform_order_no": ["in", list(self.waiting)]},
				pluck="platform_order_no",
				order_by="name asc",
			)
			for order_no in found:
				platform, began = self.waiting.pop(order_no)
				self.seconds[platform].append(time.monotonic() - began)
			time.sleep(LOOK_S)


def run(each: int) -> tuple[dict[str, list[float]], int]:
	"""Seconds by platform, and how many orders didn't come within two minutes after the last was made."""
	with tempfile.TemporaryDirectory(prefix="oms-arrival-") as folder:
		stack = Stack(Bench(ROOT), os.environ["OMS_SITE"], Path(folder), seed=1)
		desk = Desk([f"A{stack.ports['sandbox']}-{number}" for number in range(len(PRICES))])
		try:
			stack.start_sandbox()
			platforms = Platforms(stack.sandbox_url, stack.token, seed=1)
			platforms.create_shops(stack.webhook_url, desk.codes)
			desk.create_shops(platforms.shops, stack.sandbox_url, poll_seconds=0)
			stack.start_desk()
			wait_for_first_pull(desk)
			return watch_orders(platforms, each)
		finally:
			stack.stop()
			desk.remove()


def wait_for_first_pull(desk: Desk) -> None:
	"""A newly connected shop first reads its past; what arrives in daily work is measured after that."""
	shops = list(desk.names.values())
	waiting = {"shop": ["in", shops], "status": ["in", ["Open", "Running", "Incomplete"]]}

	def is_done() -> bool:
		frappe.db.rollback()
		pulled = frappe.db.count("Shop", {"name": ["in", shops], "last_pull_at": ["is", "set"]})
		return pulled == len(shops) and not frappe.db.count("Pull Window", waiting)

	wait_for(is_done, FIRST_WAIT_S)


def watch_orders(platforms: Platforms, each: int) -> tuple[dict[str, list[float]], int]:
	watch = Watch()
	shops = {
		platform: [shop for shop in platforms.shops if shop["platform"] == platform]
		for platform in dict.fromkeys(PLATFORMS)
	}
	for turn in range(each):
		for platform, own in shops.items():
			shop_id = own[turn % len(own)]["shop_id"]
			(order,) = platforms.ask("POST", "orders", shop_id=shop_id, count=1, pay=True)["orders"]
			watch.add(platform, order["order_no"])
		watch.look(PAUSE_S)
	watch.look(LAST_WAIT_S)
	return watch.seconds, len(watch.waiting)


def make_figures(seconds: dict[str, list[float]], missing: int) -> dict[str, float]:
	figures: dict[str, float] = {}
	for platform, values in seconds.items():
		values.sort()
		if values:
			name = platform.lower()
			figures[f"{name}_p50_s"] = round(values[len(values) // 2], 2)
			figures[f"{name}_p95_s"] = round(values[min(int(len(values) * 0.95), len(values) - 1)], 2)
			figures[f"{name}_target_s"] = TARGET_S[platform]
	return figures | {"orders": sum(map(len, seconds.values())), "missing": missing}


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__)
	parser.add_argument("--json", action="store_true")
	options = parser.parse_args()
	with open_site():
		figures = make_figures(*run(int(os.environ.get("OMS_BENCHMARK_ORDERS") or 20)))
	print_figures(figures, options.json)
	return 1 if figures["missing"] else 0


if __name__ == "__main__":
	sys.exit(main())
