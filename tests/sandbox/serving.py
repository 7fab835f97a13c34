"""The sandbox's platforms on a free loopback port, in a thread of the test's own, with a small world."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests
from aiohttp import web

from sandbox.app import add_platforms, make_app
from sandbox.calls import Calls
from sandbox.faults import Faults
from sandbox.model import Order, Receiver, Shop
from sandbox.world import World

Result = TypeVar("Result")
RECEIVER = Receiver("王小明", "13812341234", "浙江省", "杭州市", "西湖区", "文三路 100 号 2 幢", "翠苑街道")


class Server:
	"""A running sandbox. The world belongs to its thread: everything that touches it goes through `do`."""

	def __init__(self) -> None:
		self.world = World()
		self.calls = Calls()
		self.faults = Faults(self.calls)
		self.loop = asyncio.new_event_loop()
		self.url = ""
		self.http = requests.Session()
		self.http.trust_env = False

	async def start(self) -> None:
		self.app = make_app()
		add_platforms(self.app, self.world, self.faults, self.calls)
		self.runner = web.AppRunner(self.app, shutdown_timeout=0.1)
		await self.runner.setup()
		site = web.TCPSite(self.runner, "127.0.0.1", 0)
		await site.start()
		self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

	def do(self, work: Callable[[World], Result]) -> Result:
		"""Run `work` in the server's thread and answer its result."""

		async def run() -> Result:
			return work(self.world)

		return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

	def run(self, coroutine: Any) -> Any:
		"""Await something in the server's thread."""
		return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

	def move(self, order: Order, action: str, **details: Any) -> None:
		self.do(lambda world: world.move_order(order, action, **details))

	def add_fault(self, kind: str, **details: Any) -> None:
		self.do(lambda world: self.faults.add(kind, **details))

	def pass_time(self, seconds: float) -> None:
		self.do(lambda world: setattr(world.clock, "offset_s", world.clock.offset_s + seconds))


@contextlib.contextmanager
def serve() -> Iterator[Server]:
	"""Started, and stopped in the end."""
	server = Server()
	thread = threading.Thread(target=server.loop.run_forever, daemon=True)
	thread.start()
	server.run(server.start())
	try:
		yield server
	finally:
		server.http.close()
		server.run(server.runner.cleanup())
		server.loop.call_soon_threadsafe(server.loop.stop)
		thread.join(10)
		server.loop.close()


def make_shop(server: Server, platform: str, **details: Any) -> Shop:
	"""A shop with two listings of one item, of 59.90 and 12.35 yuan."""

	def make(world: World) -> Shop:
		shop = world.create_shop(platform, "云杉旗舰店", **details)
		first = world.create_listing(shop.shop_id, "洁面乳", 5990, "YS-120", "120g", stock=50)
		world.create_listing(shop.shop_id, "洁面乳", 1235, "YS-60", "60g", stock=40, item_id=first.item_id)
		return shop

	return server.do(make)


def make_order(
	server: Server, shop: Shop, is_paid: bool = True, qtys: tuple[int, ...] = (2, 1), **details: Any
) -> Order:
	"""An order of the shop's listings in their order, with freight and discounts of every kind."""
	figures = {"freight": 600, "seller_discount": 500, "platform_discount": 301} | details

	def make(world: World) -> Order:
		listings = world.list_listings(shop.shop_id)
		lines = [(listing, qty, 100) for listing, qty in zip(listings, qtys, strict=False)]
		order = world.create_order(
			shop.shop_id, lines, RECEIVER, buyer_id="b-1", buyer_nick="小明", **figures
		)
		return world.move_order(order, "pay") if is_paid else order

	return server.do(make)


def wrap_md5(secret: str, params: dict[str, str]) -> str:
	"""The signature that JD and Pinduoduo share, written here once more so that the tests judge by themselves."""
	base = "".join(f"{name}{value}" for name, value in sorted(params.items()))
	return hashlib.md5((secret + base + secret).encode()).hexdigest().upper()
