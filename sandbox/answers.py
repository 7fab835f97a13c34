"""What every platform's HTTP door shares: reading parameters, faults of the network, sending JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from .faults import TRANSPORT, Faults
from .model import Shop
from .world import World


async def read_params(request: web.Request) -> dict[str, str]:
	"""Query and body together, decoded, the body winning; files of a multipart body are left out.

	A JSON body gives its top-level values: texts as they are, all others as the compact JSON text.
	Raises ValueError for a body that can't be read.
	"""
	params = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
	kind = request.content_type
	if kind == "multipart/form-data":
		params.update({key: value for key, value in (await request.post()).items() if isinstance(value, str)})
		return params
	body = await request.read()
	if body and kind == "application/json":
		params.update({key: _show(value) for key, value in json.loads(body).items() if value is not None})
	elif body:
		params.update(parse_qsl(body.decode(), keep_blank_values=True))
	return params


def _show(value: Any) -> str:
	if isinstance(value, str):
		return value
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def fail_transport(
	request: web.Request, faults: Faults, platform: str, shop_id: str, api: str
) -> web.Response | None:
	"""The answer of a broken network or front door; None when the call goes on (perhaps after a wait)."""
	rule = faults.draw(TRANSPORT, platform, shop_id, api)
	if rule is None:
		return None
	if rule.kind in ("timeout", "slow"):
		await asyncio.sleep(rule.seconds)
	if rule.kind == "slow":
		return None
	if rule.kind == "server_error":
		return web.Response(
			status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html"
		)
	if request.transport is not None:
		request.transport.close()
	return web.Response(status=502)  # never arrives


def send_json(faults: Faults, platform: str, shop_id: str, api: str, payload: Any) -> web.Response:
	"""200 with the payload as JSON, or with its first half where a truncate rule hits."""
	body = dump(payload)
	if faults.rules and faults.draw(("truncate",), platform, shop_id, api):
		body = body[: len(body) // 2]
	return web.Response(body=body, content_type="application/json", charset="utf-8")


def dump(payload: Any) -> bytes:
	"""Compact JSON; a text is taken as finished JSON."""
	if isinstance(payload, str):
		return payload.encode()
	return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def shift_page(world: World, faults: Faults, shop: Shop, api: str, page: int) -> None:
	"""Where a page_shift rule hits, touch a random order of the shop before a second or later page (counted
	from 1) is answered, so that it moves between pages.
	"""
	if page < 2 or not faults.rules:
		return
	rule = faults.draw(("page_shift",), shop.platform, shop.shop_id, api)
	rows = world.books[shop.shop_id].modified.rows
	if rule and rows:
		world.touch(rule.rng.choice(rows)[2], "order_touched")
