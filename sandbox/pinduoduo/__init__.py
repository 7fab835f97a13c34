"""Pinduoduo as it is seen from outside: HTTP calls, and messages over a WebSocket."""

from __future__ import annotations

from aiohttp import web

from ..calls import Calls
from ..faults import Faults
from ..model import Shop
from ..world import World
from .gateway import Gateway
from .messages import Messenger
from .orders import get_status

__all__ = ["add_routes", "forge_push", "get_status", "run_push"]

MESSENGER: web.AppKey[Messenger] = web.AppKey("pinduoduo_messenger", Messenger)


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Pinduoduo's paths; events are gathered from now on."""
	gateway = Gateway(world, faults, calls)
	app[MESSENGER] = Messenger(world, faults, calls)
	app.router.add_route("*", "/api/router", gateway.answer)
	app.router.add_post("/oauth/token", gateway.exchange)
	app.router.add_get("/message/{client_id}/{ms}/{digest:.+}", app[MESSENGER].connect)


async def run_push(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Send messages until cancelled."""
	await app[MESSENGER].run()


async def forge_push(app: web.Application, world: World, shop: Shop, how: str) -> dict:
	"""Send a message again that was confirmed already; see Messenger.forge."""
	return await app[MESSENGER].forge(shop, how)
