"""Events on their way to a push channel, with the faults that pushes may suffer."""

from __future__ import annotations

import asyncio

from .faults import PUSH, Faults
from .model import Event
from .world import World


class PushFeed:
	"""A platform's events in the order in which they are to be sent; one reader calls `get`.

	drop_push loses an event, duplicate_push gives it twice, delay_push gives it later, reorder_push gives it
	after the next one (or alone after the rule's seconds). `api` of a rule is the event's topic.
	"""

	def __init__(self, world: World, faults: Faults, platform: str) -> None:
		self.faults = faults
		self.platform = platform
		self.queue: asyncio.Queue[Event] = asyncio.Queue()
		self.held: Event | None = None
		world.listen(self._take)

	async def get(self) -> Event:
		return await self.queue.get()

	def _take(self, event: Event) -> None:
		if event.shop.platform != self.platform:
			return
		rule = (
			self.faults.draw(PUSH, self.platform, event.shop.shop_id, event.topic)
			if self.faults.rules
			else None
		)
		kind = rule.kind if rule else ""
		if kind == "drop_push":
			return
		if rule and kind == "delay_push":
			asyncio.get_running_loop().call_later(rule.seconds, self.queue.put_nowait, event)
			return
		if rule and kind == "reorder_push" and self.held is None:
			self.held = event
			asyncio.get_running_loop().call_later(rule.seconds, self._release, event)
			return
		self.queue.put_nowait(event)
		if kind == "duplicate_push":
			self.queue.put_nowait(event)
		if self.held is not None:
			self._release(self.held)

	def _release(self, event: Event) -> None:
		if self.held is event:
			self.held = None
			self.queue.put_nowait(event)
