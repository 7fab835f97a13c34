"""A whole sandbox on a free loopback port, in a thread of its own, for one test."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from aiohttp import web

from sandbox import control

TOKEN = "control-token-of-the-tests"


class Server:
	"""`url` is the gateway's base address; `world` may be touched through `run` only."""

	def __init__(self, **options: Any) -> None:
		self.loop = asyncio.new_event_loop()
		self.session = requests.Session()
		self.session.trust_env = False
		self.options = options
		self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

	def start(self) -> None:
		self.thread.start()
		asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(10)

	async def _start(self) -> None:
		app = control.make_server(TOKEN, **self.options)
		self.control_state = app[control.CONTROL]
		self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
		await self.runner.setup()
		site = web.TCPSite(self.runner, "127.0.0.1", 0)
		await site.start()
		self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

	def stop(self) -> None:
		asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
		self.loop.call_soon_threadsafe(self.loop.stop)
		self.thread.join(10)
		self.loop.close()
		self.session.close()

	@property
	def world(self):
		return self.control_state.world

	def run(self, work: Callable[[], Any]) -> Any:
		"""Do something with the world on the server's own thread."""

		async def call() -> Any:
			return work()

		return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

	def ask(self, path: str, body: dict | None = None, method: str = "", status: int | None = None) -> dict:
		"""One call of the control interface: GET without a body, POST with one. `status` is the wanted one."""
		answer = self.session.request(
			method or ("GET" if body is None else "POST"),
			f"{self.url}/_control/{path}",
			json=body,
			headers={"X-Control-Token": TOKEN},
			timeout=10,
		)
		if status is None:
			assert answer.ok, answer.text
		else:
			assert answer.status_code == status, answer.text
		return answer.json()

	def create_shop(self, platform: str, listings: int = 3, **details: Any) -> dict:
		"""A shop with listings of 10.00, 20.00, … yuan and codes SKU-1, SKU-2, …"""
		shop = self.ask("shops", {"platform": platform, "name": f"{platform} shop", **details})
		rows = [
			{
				"title": f"Thing {n}",
				"price": 1000 * n,
				"outer_id": f"SKU-{n}",
				"spec": f"size {n}",
				"stock": 50,
			}
			for n in range(1, listings + 1)
		]
		if rows:
			self.ask(f"shops/{shop['shop_id']}/listings", {"listings": rows})
		return shop

	def create_orders(self, shop: dict, count: int = 1, pay: bool = True, **order: Any) -> list[dict]:
		"""Truth rows. Without `lines` one piece of SKU-1, nothing off, no freight."""
		fields = {
			"lines": [{"outer_id": "SKU-1"}],
			"freight": 0,
			"seller_discount": 0,
			"platform_discount": 0,
			"buyer_message": "",
			"seller_memo": "",
			"flag": 0,
		}
		body = {"shop_id": shop["shop_id"], "count": count, "pay": pay, "order": fields | order}
		return self.ask("orders", body)["orders"]

	def move(self, order: dict, action: str, **details: Any) -> dict:
		"""The order's truth row after the move."""
		path = f"orders/{order['shop_id']}/{order['order_no']}"
		return self.ask(path, {"action": action, **details})["order"]


@pytest.fixture
def make_server():
	"""Call it with options of control.make_server for a server that stops with the test."""
	servers = []

	def make(**options: Any) -> Server:
		server = Server(**options)
		server.start()
		servers.append(server)
		return server

	yield make
	for server in servers:
		if server.thread.is_alive():
			server.stop()


@pytest.fixture
def server(make_server):
	return make_server()
