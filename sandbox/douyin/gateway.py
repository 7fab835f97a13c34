"""Douyin's door: the path names the method; system parameters in the query, the arguments as a signed JSON body.

Source: platforms.md 5.1 to 5.4, 10. The clock's tolerance is UNCONFIRMED.
"""

from __future__ import annotations

import json
import secrets
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from ..answers import fail_transport, send_json, shift_page
from ..calls import Calls
from ..clock import parse_time
from ..faults import BUSINESS, Faults
from ..model import DOUYIN, Shop
from ..world import World
from .errors import DouyinError, make_invalid
from .methods import METHODS, TOKEN_METHODS
from .signing import make_sign

TOLERANCE_S = 600
PAGES_FROM_ONE = ("product.listV2",)


class Gateway:
	"""Answers Douyin's calls out of the world."""

	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls

	async def answer(self, request: web.Request) -> web.Response:
		"""One call; always 200 but for injected faults."""
		params = dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True))
		body = await request.read()
		api = request.path.strip("/").replace("/", ".")
		shop = self.world.tokens.find_shop(DOUYIN, params.get("access_token", ""))
		shop_id = shop.shop_id if shop else ""
		if self.faults.rules:
			broken = await fail_transport(request, self.faults, DOUYIN, shop_id, api)
			if broken is not None:
				return broken
		log_id = secrets.token_hex(12)
		try:
			text = body.decode() if body else params.get("param_json", "{}")
			payload = self._call(api, params, text, log_id)
			self.calls.accept(DOUYIN, api)
		except DouyinError as error:
			self.calls.refuse(DOUYIN, api, f"{error.code}:{error.sub_code}")
			payload = error.render(log_id)
		except UnicodeDecodeError:
			self.calls.refuse(DOUYIN, api, "40003:isv.parameter-invalid")
			payload = make_invalid("the body is not UTF-8").render(log_id)
		return send_json(self.faults, DOUYIN, shop_id, api, payload)

	def _call(self, api: str, params: dict[str, str], text: str, log_id: str) -> dict:
		app_key = self._check(api, params, text)
		if api in TOKEN_METHODS:
			return _wrap(TOKEN_METHODS[api](self.world, app_key, _read_args(text)), log_id)
		if api not in METHODS:
			raise DouyinError(70000, "isv.api-offline", f"no method {api}")
		shop = self._check_token(app_key, params.get("access_token", ""))
		self._draw_faults(shop, api)
		args = _read_args(text)
		self._shift_page(shop, api, args)
		return _wrap(METHODS[api](self.world, shop, args), log_id)

	def _check(self, api: str, params: dict[str, str], text: str) -> str:
		"""The app key of a call that is signed and fresh."""
		app_key = params.get("app_key", "")
		if not app_key:
			raise DouyinError(40001, "isv.app-key-missing")
		app = self.world.tokens.find_app(DOUYIN, app_key)
		if app is None:
			raise DouyinError(40003, "isv.app-key-invalid")
		self._check_timestamp(params.get("timestamp", ""))
		if params.get("v") != "2" or params.get("sign_method", "") not in ("", "md5", "hmac-sha256"):
			raise make_invalid("v is 2 and sign_method hmac-sha256 or md5")
		if not params.get("sign"):
			raise DouyinError(40001, "isv.signature-missing")
		method = params.get("method", "")
		expected = make_sign(
			app.app_secret, app_key, method, text, params["timestamp"], "2", params.get("sign_method", "")
		)
		if not compare_digest(expected.encode(), params["sign"].encode()):
			raise DouyinError(40003, "isv.signature-invalid")
		if method != api:
			raise make_invalid("method does not fit the path")
		return app_key

	def _check_timestamp(self, text: str) -> None:
		"""Unix seconds, or a Beijing time."""
		if not text:
			raise DouyinError(40001, "isv.timestamp-missing")
		try:
			stamp = float(text) if text.isdecimal() else parse_time(text)
		except ValueError:
			raise DouyinError(40003, "isv.timestamp-invalid") from None
		if not self.world.clock.is_near(stamp, TOLERANCE_S):
			raise DouyinError(40003, "isv.timestamp-invalid")

	def _check_token(self, app_key: str, token: str) -> Shop:
		if not token:
			raise DouyinError(40001, "isv.access-token-missing")
		shop, wrong = self.world.tokens.check(DOUYIN, app_key, token)
		if shop is None:
			raise DouyinError(40003, "isv.access-token-no-existed")
		if shop.is_revoked or shop.is_closed:
			raise DouyinError(30001, "dop.authorization-closed")
		if wrong:
			raise DouyinError(
				40003, "isv.access-token-expired" if wrong == "expired" else "isv.access-token-invalid"
			)
		return shop

	def _draw_faults(self, shop: Shop, api: str) -> None:
		rule = self.faults.draw(BUSINESS, DOUYIN, shop.shop_id, api) if self.faults.rules else None
		if rule is None:
			return
		if rule.kind == "expire_token":
			self.world.tokens.expire(shop)
			raise DouyinError(40003, "isv.access-token-expired")
		if rule.kind == "rate_limit":
			raise DouyinError(60000, "isv.rate-limit")
		raise DouyinError(20000, "isp.service-error:1")

	def _shift_page(self, shop: Shop, api: str, args: dict) -> None:
		page = args.get("page", 0)
		if isinstance(page, int):
			shift_page(self.world, self.faults, shop, api, page + (api not in PAGES_FROM_ONE))


def _read_args(text: str) -> dict:
	try:
		args = json.loads(text)
	except ValueError:
		raise make_invalid("param_json is not JSON") from None
	if not isinstance(args, dict):
		raise make_invalid("param_json is no object")
	return args


def _wrap(data: Any, log_id: str) -> dict:
	"""`err_no` and `message` are what older clients look at."""
	return {
		"code": 10000,
		"msg": "success",
		"sub_code": "",
		"sub_msg": "",
		"err_no": 0,
		"message": "success",
		"log_id": log_id,
		"data": data,
	}
