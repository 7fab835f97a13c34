"""Simulated life: buyers who order by the measured hours, pay late or never, change their minds; couriers who
deliver what the seller ships.

Waits are in sandbox seconds divided by the clock's speed. What happens follows from the seed; when it happens
also from the machine's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime

from aiohttp import web

from .buyers import NEXT_IN_CASE, move_case
from .clock import BEIJING
from .generator import Generator, draw_quantile
from .model import (
	BEFORE_SHIP,
	PAID,
	REQUESTED,
	RETURN,
	SHIPPED,
	UNPAID,
	WAIT_RETURN,
	Event,
	Order,
	Refund,
	Refusal,
)
from .world import World

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0
TICK_S = 0.2
CLOSE_UNPAID_S = 1800.0
SHARES = {"address": 0.03, "regret": 0.04, "return": 0.12}
log = logging.getLogger("sandbox.live")


class Live:
	"""Stops making orders when the world holds `max_orders`; what has begun goes on."""

	def __init__(self, world: World, generator: Generator) -> None:
		self.world = world
		self.generator = generator
		self.rng = random.Random(world.seed)
		self.per_minute = 0.0
		self.max_orders = 0
		self.made = 0
		self.owed = 0.0
		self.agenda: list[tuple[float, int, Callable[[], object]]] = []
		self.now = 0.0
		self.last = 0
		self.own: set[tuple[str, str]] = set()
		world.listen(self._hear)

	def set_pace(self, per_minute: float, max_orders: int) -> None:
		if per_minute < 0 or max_orders < 0:
			raise Refusal("bad_pace", f"{per_minute} {max_orders}")
		self.per_minute, self.max_orders = per_minute, max_orders

	def forget(self) -> None:
		"""The world was emptied."""
		self.agenda.clear()
		self.own.clear()
		self.made, self.owed = 0, 0.0
		self.rng = random.Random(self.world.seed)

	def show(self) -> dict:
		return {
			"orders_per_minute": self.per_minute,
			"max_orders": self.max_orders,
			"made": self.made,
			"planned": len(self.agenda),
		}

	async def run(self, app: web.Application) -> AsyncIterator[None]:
		task = asyncio.create_task(self._run())
		yield
		task.cancel()
		with contextlib.suppress(asyncio.CancelledError):
			await task

	async def _run(self) -> None:
		loop = asyncio.get_running_loop()
		before = loop.time()
		while True:
			await asyncio.sleep(TICK_S)
			now = loop.time()
			self.tick(now, now - before)
			before = now

	def tick(self, now: float, passed_s: float) -> None:
		"""Make the orders that `passed_s` seconds owe and do what is due at `now` (any steady clock)."""
		self.now = now
		if self.world.shops and self.world.order_count < self.max_orders:
			self.owed += passed_s / MINUTE_S * self.per_minute * self.get_hour_factor()
			while self.owed >= 1 and self.world.order_count < self.max_orders:
				self.owed -= 1
				self._do(lambda: self.order_once(now))
		while self.agenda and self.agenda[0][0] <= now:
			self._do(heapq.heappop(self.agenda)[2])

	def get_hour_factor(self) -> float:
		"""How busy the present hour is; 1 is the day's mean."""
		hour = datetime.fromtimestamp(self.world.clock.now(), BEIJING).hour
		return 24 * self.generator.figures["hour_share"][hour]

	def order_once(self, now: float) -> Order:
		"""A buyer orders and has plans."""
		rng, figures = self.rng, self.generator.figures
		order = self.generator.create_order(self.generator.choose_shop())
		self.own.add((order.shop_id, order.order_no))
		self.made += 1
		if rng.random() < figures["unpaid_share"]:
			self.plan(now, CLOSE_UNPAID_S, order, "cancel", (UNPAID,))
			return order
		delay_s = draw_quantile(rng, figures["payment_delay_s_quantiles"])
		self.plan(now, delay_s, order, "pay", (UNPAID,))
		if rng.random() < SHARES["address"]:
			place = self.generator.draw_receiver(province=order.receiver.province)
			changes = {"city": place.city, "district": place.district, "address": place.address}
			self.plan(
				now, delay_s + rng.uniform(MINUTE_S, HOUR_S), order, "change_address", (PAID,), **changes
			)
		if rng.random() < SHARES["regret"]:
			wait_s = delay_s + rng.uniform(2 * MINUTE_S, 2 * HOUR_S)
			self.plan(
				now, wait_s, order, "refund", (PAID,), kind=BEFORE_SHIP, reason=self.generator.draw_reason()
			)
		return order

	def plan(
		self, now: float, wait_s: float, order: Order, action: str, states: tuple[str, ...], **details: object
	) -> None:
		"""Do it later if the order then is in one of these states."""

		def act() -> None:
			if order.state in states and not order.is_hidden:
				self.world.move_order(order, action, **details)

		self._push(now + self.world.clock.get_wait(wait_s), act)

	def _push(self, due: float, act: Callable[[], object]) -> None:
		self.last += 1
		heapq.heappush(self.agenda, (due, self.last, act))

	def _do(self, act: Callable[[], object]) -> None:
		"""What the rules don't allow any more just doesn't happen."""
		try:
			act()
		except Refusal as refusal:
			log.debug("not done: %s", refusal)
		except Exception:
			log.exception("a simulated buyer stumbled")

	def _hear(self, event: Event) -> None:
		"""Couriers and buyers react to what the seller does with orders of simulated buyers."""
		order, refund = event.order, event.refund
		if (order.shop_id, order.order_no) not in self.own:
			return
		now = self.now
		if event.topic == "order_shipped":
			road_s = self.rng.uniform(DAY_S, 4 * DAY_S)
			self.plan(now, road_s, order, "sign", (SHIPPED,))
			if self.rng.random() < SHARES["return"]:
				details = {"kind": RETURN, "reason": self.generator.draw_reason()}
				self.plan(
					now, road_s + self.rng.uniform(HOUR_S, 3 * DAY_S), order, "refund", (SHIPPED,), **details
				)
			self.plan(now, road_s + self.rng.uniform(3 * DAY_S, 10 * DAY_S), order, "complete", (SHIPPED,))
		elif refund is not None and refund.state in NEXT_IN_CASE:
			longest_s = 2 * DAY_S if refund.state in (REQUESTED, WAIT_RETURN) else DAY_S
			self._plan_case(now, self.rng.uniform(HOUR_S, longest_s), refund)

	def _plan_case(self, now: float, wait_s: float, refund: Refund) -> None:
		"""The case goes on later unless somebody else moved it."""
		state = refund.state

		def act() -> None:
			if refund.state == state:
				move_case(self.world, self.rng, refund)

		self._push(now + self.world.clock.get_wait(wait_s), act)
