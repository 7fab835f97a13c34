"""Kuaidi100 as it is seen from outside: its label orders."""

from __future__ import annotations

from aiohttp import web

from ..calls import Calls
from ..faults import Faults
from ..world import World
from .labels import Labels

__all__ = ["add_routes"]


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	app.router.add_post("/label/order", Labels(world, faults, calls).answer)
