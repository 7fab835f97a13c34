"""Work in the background that the control interface starts: many orders at once, or a real report again."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import random
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path

from .buyers import move_on
from .clock import parse_time
from .generator import Generator
from .model import Order, Refusal, Shop
from .world import World

POOL = 200


class Job:
	"""At most one job at a time, with its progress."""

	def __init__(self) -> None:
		self.state = "idle"
		self.error = ""
		self.wanted = self.orders = self.changes = self.turned_away = 0
		self.started = self.ended = 0.0
		self.task: asyncio.Task | None = None

	def start(self, work: Coroutine) -> None:
		"""Raises Refusal while another one runs."""
		if self.task is not None and not self.task.done():
			work.close()
			raise Refusal("busy", "a job is running")
		self.state, self.error = "running", ""
		self.wanted = self.orders = self.changes = self.turned_away = 0
		self.started, self.ended = time.monotonic(), 0.0
		self.task = asyncio.create_task(self._run(work))

	async def _run(self, work: Coroutine) -> None:
		try:
			await work
			self.state = "done"
		except Exception as error:
			self.state, self.error = "failed", f"{type(error).__name__}: {error}"
		finally:
			self.ended = time.monotonic()

	async def stop(self) -> None:
		if self.task is not None and not self.task.done():
			self.task.cancel()
			with contextlib.suppress(asyncio.CancelledError):
				await self.task
			self.state = "stopped"

	def show(self) -> dict:
		seconds = (self.ended or time.monotonic()) - self.started if self.started else 0.0
		return {
			"state": self.state,
			"error": self.error,
			"wanted": self.wanted,
			"orders": self.orders,
			"changes": self.changes,
			"turned_away": self.turned_away,
			"seconds": round(seconds, 3),
		}


async def load_orders(
	world: World,
	generator: Generator,
	job: Job,
	orders: int,
	shops: list[str] | None = None,
	changes_per_order: int = 3,
	seed: int = 1,
	per_s: float = 0,
) -> None:
	"""Make `orders` orders and change each `changes_per_order` times, mixed, as fast as possible or at most
	`per_s` creations and changes a second. `shops` are shop ids; none means all open ones, by weight.
	"""
	rng = random.Random(seed)
	chosen = [world.get_shop(shop_id) for shop_id in shops or ()]
	job.wanted = orders
	started, steps = time.monotonic(), 0
	pool: list[list] = []  # [order, changes that are left]
	while job.orders < orders or pool:
		if job.orders < orders and len(pool) < POOL:
			shop = rng.choice(chosen) if chosen else generator.choose_shop()
			pool.append([generator.create_order(shop), changes_per_order])
			job.orders += 1
		place = rng.randrange(len(pool))
		order, left = pool[place]
		if left:
			move_on(world, generator, rng, order)
			job.changes += 1
		pool[place][1] = left - 1
		if left <= 1:
			pool[place] = pool[-1]
			pool.pop()
		steps += 2
		ahead = started + steps / per_s - time.monotonic() if per_s else 0
		await asyncio.sleep(max(0, ahead))


async def replay_file(
	world: World,
	generator: Generator,
	job: Job,
	file: str,
	shop_id: str,
	limit: int = 1000,
	per_s: float = 0,
) -> None:
	"""Orders with the totals, payments, refunds, provinces and times of a report, row by row, oldest row first;
	goods, buyers and streets are made up. The columns are those of the public Tmall order report.
	"""
	shop = world.get_shop(shop_id)
	rows = list(read_report(Path(file)))[:limit]
	job.wanted = len(rows)
	started = time.monotonic()
	for row in rows:
		replay_row(world, generator, shop, row)
		job.orders += 1
		ahead = started + job.orders / per_s - time.monotonic() if per_s else 0
		await asyncio.sleep(max(0, ahead))


def replay_row(world: World, generator: Generator, shop: Shop, row: dict) -> Order:
	"""A total below the list price is the seller's discount, one above it an adjustment."""
	lines = generator.draw_lines(shop, 1)
	goods = sum(listing.price * qty - discount for listing, qty, discount in lines)
	total = row["total"]
	order = world.create_order(
		shop.shop_id,
		lines,
		generator.draw_receiver(province=find_province(generator, row["province"])),
		created=row["created"],
		seller_discount=max(0, goods - total),
		adjust=max(0, total - goods),
	)
	if row["paid_at"]:
		world.move_order(order, "pay", at=row["paid_at"])
	if row["paid_at"] and row["refunded"]:
		amount = min(row["refunded"], order.total - order.freight)
		refund = world.open_refund(order, "before_ship", amount=amount)
		world.move_refund(refund, "succeed")
	return order


def read_report(path: Path) -> Iterator[dict]:
	"""total, paid and refunded in fen; created and paid_at in unix seconds, 0 for none. Oldest row first."""
	with path.open(encoding="utf-8-sig", newline="") as file:
		rows = [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]
	for row in sorted(rows, key=lambda row: row["订单创建时间"]):
		yield {
			"total": round(float(row["总金额"]) * 100),
			"paid": round(float(row["买家实际支付金额"]) * 100),
			"refunded": round(float(row["退款金额"]) * 100),
			"province": row["收货地址"],
			"created": parse_time(row["订单创建时间"]),
			"paid_at": parse_time(row["订单付款时间"]) if row["订单付款时间"] else 0.0,
		}


def find_province(generator: Generator, name: str) -> str:
	"""The full name of a province; the name itself where none fits."""
	for province in generator.provinces:
		if province.startswith(name):
			return province
	return name
