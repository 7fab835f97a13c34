"""The server: every platform's routes, its push channel, and the control interface, on one port.

A platform is a module of this package with `add_routes(app, world, faults, calls)` and, where it pushes,
`async run_push(app, world, faults, calls)` (runs until cancelled) and `async forge_push(app, world, shop, how)`
(sends a forged push and answers what came back, as a dict). `get_status(order)` is the platform's own word
for an order's state.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import logging
from collections.abc import AsyncIterator
from types import ModuleType

from aiohttp import web

from .calls import Calls
from .faults import Faults
from .model import Order
from .world import World

# Douyin answers any path, so it comes last.
NAMES = ("taobao", "jd", "pinduoduo", "kuaidi100", "kdniao", "douyin")
BODY_LIMIT = 16 * 1024 * 1024
MODULES: web.AppKey[dict[str, ModuleType]] = web.AppKey("modules", dict)
log = logging.getLogger("sandbox")


def load_modules() -> dict[str, ModuleType]:
	"""The platforms that are there, by lower-case name."""
	names = [name for name in NAMES if importlib.util.find_spec(f"{__package__}.{name}")]
	modules = {name: importlib.import_module(f"{__package__}.{name}") for name in names}
	return {name: module for name, module in modules.items() if hasattr(module, "add_routes")}


def make_app() -> web.Application:
	"""Without any route; the platforms are loaded."""
	app = web.Application(client_max_size=BODY_LIMIT)
	app[MODULES] = load_modules()
	return app


def get_status(app: web.Application, order: Order) -> str:
	"""The platform's own word for the order's state; ours where the platform's module is missing."""
	module = app[MODULES].get(order.platform.lower())
	return str(module.get_status(order)) if hasattr(module, "get_status") else order.state


def add_platforms(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Routes and push channels of every platform; what else is served has to be added before."""
	for module in app[MODULES].values():
		module.add_routes(app, world, faults, calls)

	async def push(app: web.Application) -> AsyncIterator[None]:
		runs = [
			asyncio.create_task(keep_running(module, app, world, faults, calls))
			for module in app[MODULES].values()
			if hasattr(module, "run_push")
		]
		yield
		for run in runs:
			run.cancel()
			with contextlib.suppress(asyncio.CancelledError):
				await run

	app.cleanup_ctx.append(push)


async def keep_running(
	module: ModuleType, app: web.Application, world: World, faults: Faults, calls: Calls
) -> None:
	"""A push channel that breaks is reported and started again."""
	while True:
		try:
			await module.run_push(app, world, faults, calls)
			return
		except Exception:
			log.exception("The push channel of %s broke", module.__name__)
			await asyncio.sleep(1)
