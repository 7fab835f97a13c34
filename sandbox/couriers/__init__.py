"""Couriers that move parcels on the clock, lose, stall and return some, and tell two tracking services of it."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from ..calls import Calls
from ..faults import Faults
from .desk import add_control, keep_pushing
from .parcels import ParcelWorld
from .routes import add_routes


def add_couriers(
	app: web.Application, parcels: ParcelWorld, faults: Faults, calls: Calls, guard: Callable
) -> None:
	"""Both services' doors, their pushes, and the control of parcels; before any platform that answers every path."""
	add_routes(app, parcels, faults, calls)
	add_control(app, guard, parcels)
	keep_pushing(app, parcels, calls)
