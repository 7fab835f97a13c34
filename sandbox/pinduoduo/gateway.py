"""Pinduoduo's door: one route for all methods, checked in the platform's order, and the OAuth host's path.

Source: platforms.md 4.1 to 4.4, 10.
"""

from __future__ import annotations

import secrets
from hmac import compare_digest

from aiohttp import web

from ..answers import fail_transport, read_params, send_json, shift_page
from ..calls import Calls
from ..faults import BUSINESS, Faults
from ..model import PINDUODUO, Shop
from ..world import World
from .errors import PinduoduoError
from .methods import METHODS, Method, create_tokens, refresh_tokens
from .signing import make_sign

TOLERANCE_S = 600


class Gateway:
	"""Answers Pinduoduo's calls out of the world."""

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
		api = params.get("type", "")
		shop = self.world.tokens.find_shop(PINDUODUO, params.get("access_token", ""))
		shop_id = shop.shop_id if shop else ""
		if self.faults.rules:
			broken = await fail_transport(request, self.faults, PINDUODUO, shop_id, api)
			if broken is not None:
				return broken
		request_id = secrets.token_hex(8)
		try:
			payload = self._call(params, request_id)
			self.calls.accept(PINDUODUO, api)
		except PinduoduoError as error:
			self.calls.refuse(PINDUODUO, api, str(error.code))
			payload = error.render(request_id)
		return send_json(self.faults, PINDUODUO, shop_id, api, payload)

	def _call(self, params: dict[str, str], request_id: str) -> dict:
		method = self._check(params)
		api, app_key = params["type"], params["client_id"]
		owner: Shop | str = app_key
		if method.needs_token:
			owner = self._check_token(params)
		self._draw_faults(owner, api)
		if isinstance(owner, Shop):
			page = params.get("page", "1")
			shift_page(self.world, self.faults, owner, api, int(page) if page.isdecimal() else 1)
		result = method.call(self.world, owner, params)  # type: ignore[arg-type]
		return {method.root: {**result, "request_id": request_id}}

	def _check(self, params: dict[str, str]) -> Method:
		app = self.world.tokens.find_app(PINDUODUO, params.get("client_id", ""))
		if app is None:
			raise PinduoduoError(10016)
		stamp = params.get("timestamp", "")
		if not stamp.isdecimal() or not self.world.clock.is_near(int(stamp), TOLERANCE_S):
			raise PinduoduoError(10001, "timestamp is missing or more than 10 minutes off")
		if params.get("data_type", "JSON").upper() != "JSON" or params.get("version", "V1") != "V1":
			raise PinduoduoError(10001, "only data_type JSON and version V1 are served here")
		given = params.get("sign", "")
		if not compare_digest(make_sign(app.app_secret, params).encode(), given.encode()):
			raise PinduoduoError(20004)
		method = METHODS.get(params.get("type", ""))
		if method is None:
			raise PinduoduoError(10017)
		return method

	def _check_token(self, params: dict[str, str]) -> Shop:
		shop, wrong = self.world.tokens.check(PINDUODUO, params["client_id"], params.get("access_token", ""))
		if wrong == "expired":
			raise PinduoduoError(10019)
		if shop is None or wrong:
			raise PinduoduoError(20032)
		return shop

	def _draw_faults(self, owner: Shop | str, api: str) -> None:
		if not self.faults.rules:
			return
		shop_id = owner.shop_id if isinstance(owner, Shop) else ""
		rule = self.faults.draw(BUSINESS, PINDUODUO, shop_id, api)
		if rule is None:
			return
		if rule.kind == "expire_token" and isinstance(owner, Shop):
			self.world.tokens.expire(owner)
			raise PinduoduoError(10019)
		if rule.kind == "rate_limit":
			raise PinduoduoError(70031 if rule.hits % 2 == 0 else 52101)
		raise PinduoduoError(52102)

	async def exchange(self, request: web.Request) -> web.Response:
		"""`/oauth/token`: JSON {client_id, client_secret, grant_type, code | refresh_token}, unsigned."""
		api = "oauth.token"
		try:
			params = await read_params(request)
		except (ValueError, AttributeError):
			params = {}
		if self.faults.rules:
			broken = await fail_transport(request, self.faults, PINDUODUO, "", api)
			if broken is not None:
				return broken
		try:
			payload = self._exchange(params)
			self.calls.accept(PINDUODUO, api)
		except PinduoduoError as error:
			self.calls.refuse(PINDUODUO, api, str(error.code))
			payload = error.render(secrets.token_hex(8))
		return send_json(self.faults, PINDUODUO, "", api, payload)

	def _exchange(self, params: dict[str, str]) -> dict:
		app = self.world.tokens.find_app(PINDUODUO, params.get("client_id", ""))
		given = params.get("client_secret", "")
		if app is None or not compare_digest(app.app_secret.encode(), given.encode()):
			raise PinduoduoError(10016)
		if params.get("grant_type") == "authorization_code":
			return create_tokens(self.world, app.app_key, params)
		if params.get("grant_type") == "refresh_token":
			return refresh_tokens(self.world, app.app_key, params)
		raise PinduoduoError(10000, "grant_type is wrong")
