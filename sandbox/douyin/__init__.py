"""Douyin shop as it is seen from outside: HTTP calls by path, and signed pushes to the shops' webhooks."""

from __future__ import annotations

from aiohttp import web

from ..calls import Calls
from ..faults import Faults
from ..model import Shop
from ..world import World
from .gateway import Gateway
from .orders import get_status
from .webhook import Pusher

__all__ = ["add_routes", "forge_push", "get_status", "run_push"]

PUSHER: web.AppKey[Pusher] = web.AppKey("douyin_pusher", Pusher)


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Every path that no other platform has; events are gathered from now on."""
	app[PUSHER] = Pusher(world, faults, calls)
	app.router.add_route("*", "/{path:.+}", Gateway(world, faults, calls).answer)


async def run_push(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Post messages until cancelled."""
	await app[PUSHER].run()


async def forge_push(app: web.Application, world: World, shop: Shop, how: str) -> dict:
	"""Post a message that must be refused; see Pusher.forge."""
	return await app[PUSHER].forge(shop, how)
