"""JD's door: one route for all methods, checked in the platform's order, and the OAuth host's two paths.

Source: platforms.md 3.1 to 3.4, 10.
"""

from __future__ import annotations

import json
import re
from hmac import compare_digest
from typing import Any

from aiohttp import web

from ..answers import fail_transport, read_params, send_json, shift_page
from ..calls import Calls
from ..clock import parse_time
from ..faults import BUSINESS, Faults
from ..model import JD, Shop
from ..world import World
from .errors import BusinessError, GatewayError
from .methods import METHODS, PAGE_NAMES
from .signing import make_sign

TOLERANCE_S = 360
REFRESH_WINDOW_S = 86400  # a refresh is taken in the last day before the token's end only
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,3})?(\+0800|\+08:00)?")
PARAM_JSON = "360buy_param_json"


class Gateway:
	"""Answers JD's calls out of the world."""

	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls

	async def answer(self, request: web.Request) -> web.Response:
		"""One call; always 200 but for injected faults."""
		try:
			params = await read_params(request)
		except (ValueError, AttributeError):
			params = {}
		api = params.get("method", "")
		shop = self.world.tokens.find_shop(JD, params.get("access_token", ""))
		shop_id = shop.shop_id if shop else ""
		if self.faults.rules:
			broken = await fail_transport(request, self.faults, JD, shop_id, api)
			if broken is not None:
				return broken
		try:
			payload = self._call(params)
		except GatewayError as error:
			self.calls.refuse(JD, api, error.code)
			payload = error.render()
		return send_json(self.faults, JD, shop_id, api, payload)

	def _call(self, params: dict[str, str]) -> dict:
		shop = self._check(params)
		api = params["method"]
		self._draw_faults(shop, api)
		args = _read_args(params.get(PARAM_JSON) or "{}")
		self._shift_page(shop, api, args)
		method = METHODS[api]
		try:
			result = method.call(self.world, shop, args)
			self.calls.accept(JD, api)
		except BusinessError as error:
			self.calls.refuse(JD, api, f"0:{error.number}")
			result = method.fail(error)
		return {api.replace(".", "_") + "_responce": {"code": "0", method.result: result}}

	def _check(self, params: dict[str, str]) -> Shop:
		"""The shop of a call that may go on. Raises GatewayError."""
		app = self.world.tokens.find_app(JD, params.get("app_key", ""))
		if app is None:
			raise GatewayError("103")
		self._check_timestamp(params.get("timestamp", ""))
		if not params.get("v"):
			raise GatewayError("4")
		if params["v"] != "2.0":
			raise GatewayError("5")
		if not params.get("sign"):
			raise GatewayError("11")
		if not compare_digest(make_sign(app.app_secret, params).encode(), params["sign"].encode()):
			raise GatewayError("12")
		if not params.get("method"):
			raise GatewayError("14")
		if params["method"] not in METHODS:
			raise GatewayError("15")
		shop, wrong = self.world.tokens.check(JD, app.app_key, params.get("access_token", ""))
		if shop is None or wrong:
			raise GatewayError("19")
		return shop

	def _check_timestamp(self, text: str) -> None:
		if not text:
			raise GatewayError("7")
		match = TIMESTAMP.fullmatch(text)
		try:
			stamp = parse_time(match[1]) if match else None
		except ValueError:
			stamp = None
		if stamp is None or not self.world.clock.is_near(stamp, TOLERANCE_S):
			raise GatewayError("8")

	def _draw_faults(self, shop: Shop, api: str) -> None:
		rule = self.faults.draw(BUSINESS, JD, shop.shop_id, api) if self.faults.rules else None
		if rule is None:
			return
		if rule.kind == "expire_token":
			self.world.tokens.expire(shop)
		raise GatewayError({"rate_limit": "2", "platform_fault": "67", "expire_token": "19"}[rule.kind])

	def _shift_page(self, shop: Shop, api: str, args: dict) -> None:
		page = next((str(args[name]) for name in PAGE_NAMES if name in args), "1")
		shift_page(self.world, self.faults, shop, api, int(page) if page.isdecimal() else 1)

	async def exchange(self, request: web.Request) -> web.Response:
		"""`/oauth2/access_token`: tokens for a code."""
		params = await read_params(request)
		api = "oauth2.access_token"
		error = self._check_app(params, "authorization_code")
		shop = (
			None if error else self.world.tokens.exchange_code(JD, params["app_key"], params.get("code", ""))
		)
		return self._send_tokens(api, shop, error or "invalid code")

	async def refresh(self, request: web.Request) -> web.Response:
		"""`/oauth2/refresh_token`: both tokens anew, in the last 24 hours of the old ones only."""
		params = await read_params(request)
		api = "oauth2.refresh_token"
		broken = await fail_transport(request, self.faults, JD, "", api) if self.faults.rules else None
		if broken is not None:
			return broken
		error = self._check_app(params, "refresh_token")
		shop = None
		if not error:
			shop, error = self.world.tokens.check_refresh(
				JD, params["app_key"], params.get("refresh_token", "")
			)
		if shop and not error:
			if self.world.clock.now() < shop.token_expires_at - REFRESH_WINDOW_S:
				error = "refresh_token can be used in the last 24 hours only"
			else:
				self.world.tokens.rotate(shop)
		return self._send_tokens(api, None if error else shop, error)

	def _check_app(self, params: dict[str, str], grant_type: str) -> str:
		app = self.world.tokens.find_app(JD, params.get("app_key", ""))
		if app is None or not compare_digest(app.app_secret.encode(), params.get("app_secret", "").encode()):
			return "invalid app_key or app_secret"
		return "" if params.get("grant_type") == grant_type else "invalid grant_type"

	def _send_tokens(self, api: str, shop: Shop | None, error: str) -> web.Response:
		"""The shape of a refusal is UNCONFIRMED; the number stands for any reason."""
		if shop is None:
			self.calls.refuse(JD, api, "401")
			return send_json(self.faults, JD, "", api, {"code": 401, "msg": error})
		self.calls.accept(JD, api)
		return send_json(self.faults, JD, shop.shop_id, api, _render_tokens(self.world, shop))


def _render_tokens(world: World, shop: Shop) -> dict[str, Any]:
	now = world.clock.now()
	return {
		"access_token": shop.access_token,
		"refresh_token": shop.refresh_token,
		"expires_in": max(0, round(shop.token_expires_at - now)),
		"time": int(now * 1000),
		"token_type": "bearer",
		"scope": "snsapi_base",
		"uid": str(shop.number),
		"open_id": f"open-{shop.number}",
		"xid": f"o*{shop.number}",
	}


def _read_args(text: str) -> dict:
	try:
		args = json.loads(text)
	except ValueError:
		raise GatewayError("21") from None
	if not isinstance(args, dict):
		raise GatewayError("21")
	return {name: value for name, value in args.items() if value is not None}


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""JD's paths."""
	gateway = Gateway(world, faults, calls)
	app.router.add_route("*", "/routerjson", gateway.answer)
	app.router.add_route("*", "/oauth2/access_token", gateway.exchange)
	app.router.add_route("*", "/oauth2/refresh_token", gateway.refresh)
