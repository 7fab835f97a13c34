"""KDNiao as it is seen from outside: its electronic waybills."""

from __future__ import annotations

from aiohttp import web

from ..calls import Calls
from ..faults import Faults
from ..world import World
from .orders import WaybillOrders

__all__ = ["add_routes"]


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	app.router.add_post("/api/EOrderService", WaybillOrders(world, faults, calls).answer)
