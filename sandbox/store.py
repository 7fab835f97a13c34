"""The world in a SQLite file: what changed is written behind, at least each second and at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from .model import App, Line, Listing, Order, Parcel, Receiver, Refund, ServiceAccount, Shop, Waybill
from .world import World

PAUSE_S = 0.5
SCHEMA = "create table if not exists things (kind text, key text, body text, primary key (kind, key)) without rowid"


class Store:
	"""One file. `load` fills an empty world; `save` writes what the world has marked since the last time."""

	def __init__(self, path: Path) -> None:
		path.parent.mkdir(parents=True, exist_ok=True)
		self.state = ""
		self.connection = sqlite3.connect(path)
		self.connection.execute("pragma journal_mode=wal")
		self.connection.execute("pragma synchronous=normal")
		self.connection.execute(SCHEMA)
		path.chmod(0o600)

	def load(self, world: World) -> None:
		for row in self._read("app"):
			app = App(**row)
			world.apps[app.platform, app.app_key] = app
		for row in sorted(self._read("shop"), key=lambda row: row["number"]):
			world.add_shop(Shop(**row))
		for row in sorted(self._read("listing"), key=lambda row: int(row["sku_id"])):
			world.add_listing(Listing(**row))
		for row in sorted(self._read("order"), key=lambda row: row["number"]):
			row["receiver"] = Receiver(**row["receiver"])
			row["lines"] = [Line(**line) for line in row["lines"]]
			row["parcels"] = [Parcel(**parcel) for parcel in row["parcels"]]
			world.add_order(Order(**row))
		for row in sorted(self._read("refund"), key=lambda row: row["number"]):
			world.add_refund(Refund(**row))
		for row in self._read("service"):
			world.services.add(ServiceAccount(**row))
		for row in sorted(self._read("waybill"), key=lambda row: row["issued_at"]):
			world.waybills.add(Waybill(**row))
		for row in self._read("world"):
			world.last_number = row["last_number"]
			world.last_event = row["last_event"]
			world.messages = row["messages"]
			world.clock.offset_s = row["offset_s"]
		world.dirty.clear()

	def save(self, world: World) -> int:
		"""How many things were written."""
		things, world.dirty = world.dirty, {}
		rows = [(kind, key, dump_thing(thing)) for (kind, key), thing in things.items()]
		state = {
			"last_number": world.last_number,
			"last_event": world.last_event,
			"messages": world.messages,
			"offset_s": world.clock.offset_s,
		}
		if (text := dump_thing(state)) != self.state:
			self.state = text
			rows.append(("world", "", text))
		if rows:
			with self.connection:
				self.connection.executemany("replace into things values (?, ?, ?)", rows)
		return len(things)

	def clear(self) -> None:
		self.state = ""
		with self.connection:
			self.connection.execute("delete from things")

	def close(self) -> None:
		self.connection.close()

	def _read(self, kind: str) -> list[dict]:
		return [
			json.loads(body)
			for (body,) in self.connection.execute("select body from things where kind = ?", (kind,))
		]


def dump_thing(thing: Any) -> str:
	return json.dumps(thing, ensure_ascii=False, separators=(",", ":"), default=get_fields)


def get_fields(thing: Any) -> dict:
	return {name: getattr(thing, name) for name in type(thing).__slots__}


def keep_saved(app: web.Application, world: World, store: Store) -> None:
	"""Write behind while the server runs, and once more when it stops."""

	async def save(app: web.Application) -> AsyncIterator[None]:
		run = asyncio.create_task(save_forever())
		yield
		run.cancel()
		with contextlib.suppress(asyncio.CancelledError):
			await run
		store.save(world)
		store.close()

	async def save_forever() -> None:
		while True:
			await asyncio.sleep(PAUSE_S)
			store.save(world)

	app.cleanup_ctx.append(save)
