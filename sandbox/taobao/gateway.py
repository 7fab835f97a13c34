"""Taobao's router and its OAuth host's token path. Checks in the platform's order. Source: platforms.md 2.1 to
2.4, 10.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from xml.sax.saxutils import escape

from aiohttp import web

from ..answers import dump, fail_transport, read_params, send_json, shift_page
from ..calls import Calls
from ..clock import parse_time
from ..faults import BUSINESS, Faults
from ..model import TAOBAO, App, Shop
from ..world import World
from . import refunds, seller, signing, tmc, trades, waybills
from .args import Args
from .errors import TopError, make_limit_error

TOLERANCE_S = 600
Method = Callable[[World, Shop, Args], dict]
METHODS: dict[str, Method] = {
	"taobao.trades.sold.increment.get": trades.list_by_modified,
	"taobao.trades.sold.get": trades.list_by_created,
	"taobao.trade.fullinfo.get": trades.get_trade,
	"taobao.trade.get": trades.get_trade,
	"taobao.trade.memo.update": seller.change_memo,
	"taobao.refunds.receive.get": refunds.list_refunds,
	"taobao.refund.get": refunds.get_refund,
	"taobao.rp.refunds.agree": refunds.agree_refunds,
	"taobao.logistics.offline.send": seller.ship_trade,
	"taobao.logistics.online.send": seller.ship_trade,
	"taobao.logistics.consign.resend": seller.change_waybill,
	"taobao.items.onsale.get": seller.list_on_sale,
	"taobao.items.seller.list.get": seller.get_items,
	"taobao.item.seller.get": seller.get_item,
	"taobao.item.quantity.update": seller.set_item_stock,
	"taobao.skus.quantity.update": seller.set_sku_stock,
	"taobao.user.seller.get": seller.get_seller,
	"taobao.shop.seller.get": seller.get_store,
	"taobao.top.oaid.decrypt": seller.decrypt_receivers,
	"taobao.top.oaid.merge": seller.merge_receivers,
	"taobao.tmc.user.permit": tmc.permit,
	"cainiao.waybill.ii.get": waybills.get_waybills,
	"cainiao.waybill.ii.cancel": waybills.cancel_waybill,
	"cainiao.waybill.ii.search": waybills.search_waybills,
}
# Calls of the app, without a shop's session.
LIST_COURIERS, GET_TIME = "taobao.logistics.companies.get", "taobao.time.get"
CREATE_TOKEN, REFRESH_TOKEN = "taobao.top.auth.token.create", "taobao.top.auth.token.refresh"
CONSUME, CONFIRM = "taobao.tmc.messages.consume", "taobao.tmc.messages.confirm"
APP_METHODS = frozenset((LIST_COURIERS, GET_TIME, CREATE_TOKEN, REFRESH_TOKEN, CONSUME, CONFIRM))


class Gateway:
	"""Answers Taobao's calls out of the world."""

	def __init__(self, world: World, faults: Faults, calls: Calls, outbox: tmc.Outbox) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls
		self.outbox = outbox

	async def answer(self, request: web.Request) -> web.Response:
		"""One call; always 200 but for injected faults. XML unless JSON is asked for."""
		if request.method == "HEAD":
			return web.Response()
		try:
			params = await read_params(request)
		except ValueError:
			params = {}
		api = params.get("method", "")
		shop = self.world.tokens.find_shop(TAOBAO, params.get("session", ""))
		shop_id = shop.shop_id if shop else ""
		if self.faults.rules:
			broken = await fail_transport(request, self.faults, TAOBAO, shop_id, api)
			if broken is not None:
				return broken
		request_id = make_request_id()
		try:
			body = self._call(params)
			self.calls.accept(TAOBAO, api)
			payload = {make_root(api): body | {"request_id": request_id}}
			if params.get("simplify") == "true":
				payload = simplify(payload)
		except TopError as error:
			self.calls.refuse(TAOBAO, api, error.label)
			payload = error.render(request_id)
		if params.get("format", "xml") != "json":
			return web.Response(body=to_xml(payload), content_type="text/xml", charset="utf-8")
		return send_json(self.faults, TAOBAO, shop_id, api, payload)

	def _call(self, params: dict[str, str]) -> dict:
		app = self._check(params)
		api, args = params["method"], Args(params)
		if api in APP_METHODS:
			self._draw_faults(None, api)
			return self._call_as_app(app, api, args)
		shop = self._check_session(app, params)
		self._draw_faults(shop, api)
		page = args.get("page_no", "1")
		shift_page(self.world, self.faults, shop, api, int(page) if page.isdecimal() else 1)
		return METHODS[api](self.world, shop, args)

	def _check(self, params: dict[str, str]) -> App:
		"""The app of a call that may go on. Raises TopError."""
		if not params.get("app_key"):
			raise TopError(28)
		app = self.world.tokens.find_app(TAOBAO, params["app_key"])
		if app is None:
			raise TopError(29)
		self._check_timestamp(params.get("timestamp", ""))
		if not params.get("v"):
			raise TopError(32)
		if params["v"] != "2.0":
			raise TopError(33)
		if params.get("format", "xml") not in ("json", "xml"):
			raise TopError(23)
		if not params.get("sign"):
			raise TopError(24)
		if params.get("sign_method") not in signing.METHODS or not signing.is_signed(app.app_secret, params):
			raise TopError(25)
		if not params.get("method"):
			raise TopError(21)
		if params["method"] not in METHODS and params["method"] not in APP_METHODS:
			raise TopError(22)
		return app

	def _check_timestamp(self, text: str) -> None:
		"""`yyyy-MM-dd HH:mm:ss`, or epoch milliseconds, which one vendor's client sends (UNCONFIRMED)."""
		if not text:
			raise TopError(30)
		try:
			stamp = int(text) / 1000 if text.isdecimal() else parse_time(text)
		except ValueError:
			raise TopError(31) from None
		if not self.world.clock.is_near(stamp, TOLERANCE_S):
			raise TopError(31)

	def _check_session(self, app: App, params: dict[str, str]) -> Shop:
		if not params.get("session"):
			raise TopError(26)
		shop, wrong = self.world.tokens.check(TAOBAO, app.app_key, params["session"])
		if shop is None or wrong:
			raise TopError(27, "invalid-sessionkey", "SessionKey非法")
		return shop

	def _draw_faults(self, shop: Shop | None, api: str) -> None:
		shop_id = shop.shop_id if shop else ""
		rule = self.faults.draw(BUSINESS, TAOBAO, shop_id, api) if self.faults.rules else None
		if rule is None:
			return
		if rule.kind == "rate_limit":
			raise make_limit_error(rule.seconds)
		if rule.kind == "platform_fault":
			raise TopError(15, "isp.remote-service-timeout", "调用后端服务超时")
		if shop is not None:
			self.world.tokens.expire(shop)
		raise TopError(27, "invalid-sessionkey", "SessionKey非法")

	def _call_as_app(self, app: App, api: str, args: Args) -> dict:
		if api == CREATE_TOKEN:
			shop = self.world.tokens.exchange_code(TAOBAO, app.app_key, args.need("code"))
			if shop is None:
				raise TopError(15, "isv.invalid-code", "授权码无效")
			return {"token_result": json.dumps(self._show_tokens(shop), ensure_ascii=False)}
		if api == REFRESH_TOKEN:
			shop, wrong = self.world.tokens.check_refresh(TAOBAO, app.app_key, args.need("refresh_token"))
			if shop is None or wrong:
				raise TopError(15, "isv.invalid-refresh-token", "refresh_token 无效或已过期")
			return {
				"token_result": json.dumps(
					self._show_tokens(self.world.tokens.rotate(shop)), ensure_ascii=False
				)
			}
		if api == CONSUME:
			return self.outbox.consume(app.app_key, args)
		if api == CONFIRM:
			return self.outbox.confirm_many(app.app_key, args)
		return (seller.list_couriers if api == LIST_COURIERS else seller.get_time)(self.world, None, args)

	async def give_token(self, request: web.Request) -> web.Response:
		"""`/token` of the OAuth host: authorization_code and refresh_token. Refuses with 400, as OAuth does."""
		params = Args(await read_params(request))
		api = "oauth/token"
		broken = await fail_transport(request, self.faults, TAOBAO, "", api) if self.faults.rules else None
		if broken is not None:
			return broken
		app = self.world.tokens.find_app(TAOBAO, params.get("client_id", ""))
		kind, shop, error = params.get("grant_type"), None, ""
		if app is None or not secrets.compare_digest(app.app_secret, params.get("client_secret", "")):
			error = "invalid_client"
		elif kind == "authorization_code":
			shop = self.world.tokens.exchange_code(TAOBAO, app.app_key, params.get("code", ""))
		elif kind == "refresh_token":
			shop, wrong = self.world.tokens.check_refresh(
				TAOBAO, app.app_key, params.get("refresh_token", "")
			)
			shop = None if wrong or shop is None else self.world.tokens.rotate(shop)
		else:
			error = "unsupported_grant_type"
		if shop is None:
			error = error or "invalid_grant"
			self.calls.refuse(TAOBAO, api, error)
			return web.Response(
				status=400,
				body=dump({"error": error, "error_description": error}),
				content_type="application/json",
			)
		self.calls.accept(TAOBAO, api)
		return send_json(self.faults, TAOBAO, shop.shop_id, api, self._show_tokens(shop))

	def _show_tokens(self, shop: Shop) -> dict:
		now = self.world.clock.now()
		life_s, refresh_s = round(shop.token_expires_at - now), round(shop.refresh_expires_at - now)
		return {
			"access_token": shop.access_token,
			"token_type": "Bearer",
			"expires_in": life_s,
			"refresh_token": shop.refresh_token,
			"re_expires_in": refresh_s,
			"r1_expires_in": life_s,
			"r2_expires_in": life_s,
			"w1_expires_in": life_s,
			"w2_expires_in": life_s,
			"taobao_user_id": str(2_200_000_000 + shop.number),
			"taobao_user_nick": shop.name,
		}


def make_root(api: str) -> str:
	return api.removeprefix("taobao.").replace(".", "_") + "_response"


def make_request_id() -> str:
	return secrets.token_hex(6)


def simplify(value: object) -> object:
	"""Arrays without their wrappers: {"trade": [...]} becomes [...]."""
	if isinstance(value, dict):
		only = next(iter(value.values())) if len(value) == 1 else None
		return (
			simplify(only) if isinstance(only, list) else {name: simplify(of) for name, of in value.items()}
		)
	return [simplify(row) for row in value] if isinstance(value, list) else value


def to_xml(payload: dict) -> bytes:
	return ('<?xml version="1.0" encoding="utf-8" ?>' + _show_xml(payload)).encode()


def _show_xml(value: object) -> str:
	if isinstance(value, bool):
		return str(value).lower()
	if not isinstance(value, dict):
		return escape(str(value))
	parts = []
	for name, of in value.items():
		for row in of if isinstance(of, list) else [of]:
			parts.append(f"<{name}>{_show_xml(row)}</{name}>")
	return "".join(parts)


def add_routes(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	outbox = tmc.make_outbox(app, world, faults, calls)
	gateway = Gateway(world, faults, calls, outbox)
	app.router.add_route("*", "/router/rest", gateway.answer)
	app.router.add_post("/token", gateway.give_token)
	app.router.add_get("/", outbox.talk)
