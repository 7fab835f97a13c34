"""Control of the simulated parcels: JSON under /_control/, behind the control interface's own guard."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from ..calls import Calls
from .parcels import ParcelWorld
from .routes import run_push

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = logging.getLogger("sandbox")


def add_control(app: web.Application, guard: Callable[[Handler], Handler], parcels: ParcelWorld) -> None:
	"""Accounts, rates of faults, parcels and their truth."""

	async def get_tracking(request: web.Request) -> web.Response:
		accounts = {
			name: {"customer": row.customer, "key": row.key, "push_url": row.push_url}
			for name, row in parcels.accounts.items()
		}
		return web.json_response({"accounts": accounts, "rates": parcels.rates})

	async def change_tracking(request: web.Request) -> web.Response:
		body = await request.json()
		parcels.rates.update({str(key): float(rate) for key, rate in (body.get("rates") or {}).items()})
		if "push_url" in body:
			parcels.accounts["KDNiao"].push_url = str(body["push_url"])
		return await get_tracking(request)

	async def list_parcels(request: web.Request) -> web.Response:
		return web.json_response({"at": parcels.clock.now(), "parcels": parcels.make_truth()})

	async def create_parcels(request: web.Request) -> web.Response:
		rows = (await request.json())["parcels"]
		for row in rows:
			cities = tuple(row["cities"]) if row.get("cities") else None
			parcels.add(row["company"], row["number"], row.get("fault"), row.get("shipped_at"), cities)
		return web.json_response({"parcels": len(parcels.parcels)})

	for method, path, handler in (
		("GET", "tracking", get_tracking),
		("PATCH", "tracking", change_tracking),
		("GET", "parcels", list_parcels),
		("POST", "parcels", create_parcels),
	):
		app.router.add_route(method, f"/_control/{path}", guard(handler))


def keep_pushing(app: web.Application, parcels: ParcelWorld, calls: Calls) -> None:
	"""Run the services' pushes as long as the server runs."""

	async def push(app: web.Application) -> AsyncIterator[None]:
		run = asyncio.create_task(_keep_running(parcels, calls))
		yield
		run.cancel()
		with contextlib.suppress(asyncio.CancelledError):
			await run

	app.cleanup_ctx.append(push)


async def _keep_running(parcels: ParcelWorld, calls: Calls) -> None:
	while True:
		try:
			await run_push(parcels, calls)
		except Exception:
			log.exception("The pushes of the tracking services broke")
			await asyncio.sleep(1)
