"""The control interface: JSON under /_control/, for loopback peers that know the token."""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from . import back_office
from .app import MODULES, add_platforms, get_status, make_app
from .calls import Calls
from .clock import Clock
from .couriers import ParcelWorld, add_couriers
from .faults import Faults
from .generator import Generator
from .jobs import Job, load_orders, replay_file
from .live import Live
from .model import PLATFORMS, SERVICES, Order, Refusal
from .rush import rush
from .store import Store, get_fields, keep_saved
from .truth import make_truth, show_order, show_refund, show_shop
from .world import World

CONTROL: web.AppKey[Control] = web.AppKey("control", object)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_server(
	token: str,
	data: Path | None = None,
	company: Path | None = None,
	seed: int = 1,
	live_per_minute: float = 0,
	max_orders: int = 20_000,
) -> web.Application:
	"""The whole server. `company` fills an empty world with that company's shops."""
	world = World(Clock(), seed)
	store = Store(data) if data else None
	if store:
		store.load(world)
	calls = Calls()
	control = Control(world, Faults(calls), calls, token, store, company)
	if company and not world.shops:
		control.generator.make_company()
	control.live.set_pace(live_per_minute, max_orders)
	app = make_app()
	app[CONTROL] = control
	control.add_routes(app)
	back_office.add_routes(app, world)
	add_platforms(app, world, control.faults, calls)
	app.cleanup_ctx.append(control.live.run)
	if store:
		keep_saved(app, world, store)
	return app


class Control:
	def __init__(
		self,
		world: World,
		faults: Faults,
		calls: Calls,
		token: str,
		store: Store | None,
		company: Path | None,
	) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls
		self.token = token
		self.store = store
		self.company = company
		self.generator = Generator(world, company, world.seed)
		self.live = Live(world, self.generator)
		self.job = Job()
		self.parcels = ParcelWorld(world.clock, world.seed)

	def add_routes(self, app: web.Application) -> None:
		for method, path, handler in (
			("GET", "shops", self.list_shops),
			("POST", "shops", self.create_shop),
			("PATCH", "shops/{shop_id}", self.change_shop),
			("POST", "shops/{shop_id}/expire_token", self.expire_token),
			("POST", "shops/{shop_id}/revoke", self.revoke),
			("POST", "shops/{shop_id}/authorize", self.authorize),
			("GET", "shops/{shop_id}/listings", self.list_listings),
			("POST", "shops/{shop_id}/listings", self.create_listings),
			("PATCH", "shops/{shop_id}/listings", self.change_stock),
			("POST", "orders", self.create_orders),
			("GET", "orders/{shop_id}/{order_no}", self.get_order),
			("POST", "orders/{shop_id}/{order_no}", self.move_order),
			("POST", "refunds/{shop_id}/{case_no}", self.move_refund),
			("GET", "services", self.list_services),
			("GET", "waybills", self.list_waybills),
			("POST", "waybills", self.set_balance),
			("GET", "faults", self.list_faults),
			("POST", "faults", self.add_fault),
			("DELETE", "faults", self.remove_faults),
			("GET", "clock", self.get_clock),
			("POST", "clock", self.set_clock),
			("GET", "truth", self.get_truth),
			("GET", "calls", self.get_calls),
			("DELETE", "calls", self.clear_calls),
			("GET", "live", self.get_live),
			("POST", "live", self.set_live),
			("GET", "load", self.get_job),
			("POST", "load", self.start_load),
			("POST", "rush", self.start_rush),
			("GET", "stock", self.get_stock),
			("POST", "replay_file", self.start_replay),
			("POST", "forge", self.forge),
			("POST", "reset", self.reset),
		):
			app.router.add_route(method, f"/_control/{path}", self.guard(handler))
		app.router.add_get("/_control/health", self.get_health)
		add_couriers(app, self.parcels, self.faults, self.calls, self.guard)
		app.router.add_route("*", "/_control/{rest:.*}", self.guard(self.refuse_path))
		app.on_cleanup.append(self.stop)

	def guard(self, handler: Handler) -> Handler:
		"""Only loopback peers with the token get through; a Refusal becomes 404 or 400 with its code."""

		async def guarded(request: web.Request) -> web.StreamResponse:
			given = request.headers.get("X-Control-Token", "")
			peer = request.remote or ""
			if not hmac.compare_digest(given.encode(), self.token.encode()) or not is_loopback(peer):
				return answer({"error": "forbidden"}, 403)
			try:
				return await handler(request)
			except Refusal as refusal:
				status = 404 if refusal.code in ("unknown_shop", "unknown_order", "unknown_refund") else 400
				return answer({"error": refusal.code, "message": refusal.message}, status)
			except (TypeError, ValueError, KeyError, AttributeError) as error:
				return answer({"error": "bad_request", "message": f"{type(error).__name__}: {error}"}, 400)

		return guarded

	async def get_health(self, request: web.Request) -> web.Response:
		return answer({"ok": True})

	async def refuse_path(self, request: web.Request) -> web.Response:
		return answer({"error": "unknown_path", "message": f"{request.method} {request.path}"}, 404)

	# Shops

	async def list_shops(self, request: web.Request) -> web.Response:
		url = str(request.url.origin())
		return answer({"shops": [show_shop(shop, url) for shop in self.world.list_shops()]})

	async def create_shop(self, request: web.Request) -> web.Response:
		shop = self.world.create_shop(**await read(request))
		return answer(show_shop(shop, str(request.url.origin())), 201)

	async def change_shop(self, request: web.Request) -> web.Response:
		"""webhook_url, name, is_closed; token_life_s and refresh_life_s count from now."""
		shop = self.world.get_shop(request.match_info["shop_id"])
		changes = await read(request)
		allowed = {"webhook_url", "name", "is_closed", "token_life_s", "refresh_life_s"}
		if set(changes) - allowed:
			raise Refusal("bad_change", ", ".join(sorted(set(changes) - allowed)))
		now = self.world.clock.now()
		for field, value in changes.items():
			setattr(shop, field, value)
		if "token_life_s" in changes:
			shop.token_expires_at = now + float(shop.token_life_s)
		if "refresh_life_s" in changes:
			shop.refresh_expires_at = now + float(shop.refresh_life_s)
		self.world.mark("shop", shop.shop_id, shop)
		return answer(show_shop(shop, str(request.url.origin())))

	async def expire_token(self, request: web.Request) -> web.Response:
		shop = self.world.get_shop(request.match_info["shop_id"])
		self.world.tokens.expire(shop)
		return answer(show_shop(shop, str(request.url.origin())))

	async def revoke(self, request: web.Request) -> web.Response:
		shop = self.world.get_shop(request.match_info["shop_id"])
		self.world.tokens.revoke(shop)
		return answer(show_shop(shop, str(request.url.origin())))

	async def authorize(self, request: web.Request) -> web.Response:
		"""What the seller's click on the platform's consent page gives: a code, good once."""
		return answer(
			{"code": self.world.tokens.make_code(self.world.get_shop(request.match_info["shop_id"]))}
		)

	async def list_listings(self, request: web.Request) -> web.Response:
		rows = self.world.list_listings(request.match_info["shop_id"])
		return answer({"listings": [get_fields(row) for row in rows]})

	async def create_listings(self, request: web.Request) -> web.Response:
		"""One listing, several as {"listings": [...]}, or the company's range as {"sells": "beauty"}."""
		shop = self.world.get_shop(request.match_info["shop_id"])
		body = await read(request)
		if set(body) == {"sells"}:
			made = self.generator.make_listings(shop, body["sells"])
		else:
			made = [self.world.create_listing(shop.shop_id, **row) for row in body.get("listings", [body])]
		return answer({"listings": [get_fields(row) for row in made]}, 201)

	async def change_stock(self, request: web.Request) -> web.Response:
		"""What somebody in the platform's back office does: {"stock": {outer id: pieces}}."""
		shop = self.world.get_shop(request.match_info["shop_id"])
		changed = []
		for outer_id, pieces in (await read(request))["stock"].items():
			for listing in self.world.find_listings(shop.shop_id, outer_id=outer_id):
				self.world.set_stock(listing, int(pieces))
				changed.append(get_fields(listing))
		return answer({"listings": changed})

	async def get_stock(self, request: web.Request) -> web.Response:
		"""What every shop shows, and since when (unix seconds): {shop id: {outer id: [pieces, since]}}."""
		return answer(
			{
				shop.shop_id: {
					row.outer_id: [row.stock, row.modified] for row in self.world.list_listings(shop.shop_id)
				}
				for shop in self.world.list_shops()
			}
		)

	# Couriers' services

	async def list_services(self, request: web.Request) -> web.Response:
		"""An account at each service that is no platform's, with its credentials."""
		url = str(request.url.origin())
		accounts = [self.world.services.get_account(service) for service in SERVICES]
		return answer({"services": [get_fields(row) | {"gateway_url": url} for row in accounts]})

	async def list_waybills(self, request: web.Request) -> web.Response:
		"""Every number given out, by ?account= where one is named."""
		account = request.query.get("account", "")
		rows = [row for row in self.world.waybills.rows if account in ("", row.account)]
		return answer({"waybills": [get_fields(row) for row in rows]})

	async def set_balance(self, request: web.Request) -> web.Response:
		"""How many numbers an account has left with a courier: service, account, courier, balance."""
		self.world.waybills.set_balance(**await read(request))
		return answer({"changed": True})

	# Orders

	async def create_orders(self, request: web.Request) -> web.Response:
		body = await read(request)
		shop = self.world.get_shop(body["shop_id"])
		pay, made = body.get("pay", True), []
		for _ in range(int(body.get("count", 1))):
			order = self.generator.create_order(shop, body.get("order"))
			if pay is True or (pay == "mixed" and self.generator.rng.random() > 0.14):
				self.world.move_order(order, "pay")
			made.append(order)
		return answer({"orders": [self.show(request, order) for order in made]}, 201)

	async def get_order(self, request: web.Request) -> web.Response:
		order = self.world.get_order(request.match_info["shop_id"], request.match_info["order_no"])
		refunds = [show_refund(refund) for refund in self.world.list_order_refunds(order)]
		return answer({"order": self.show(request, order), "refunds": refunds})

	async def move_order(self, request: web.Request) -> web.Response:
		order = self.world.get_order(request.match_info["shop_id"], request.match_info["order_no"])
		details = await read(request)
		self.world.move_order(order, details.pop("action"), **details)
		refunds = [show_refund(refund) for refund in self.world.list_order_refunds(order)]
		return answer({"order": self.show(request, order), "refunds": refunds})

	async def move_refund(self, request: web.Request) -> web.Response:
		refund = self.world.get_refund(request.match_info["shop_id"], request.match_info["case_no"])
		details = await read(request)
		self.world.move_refund(refund, details.pop("action"), **details)
		order = self.world.get_order(refund.shop_id, refund.order_no)
		return answer({"order": self.show(request, order), "refund": show_refund(refund)})

	def show(self, request: web.Request, order: Order) -> dict:
		return show_order(order, get_status(request.app, order))

	# Faults, clock, what is known

	async def list_faults(self, request: web.Request) -> web.Response:
		return answer({"faults": [rule.show() for rule in self.faults.rules]})

	async def add_fault(self, request: web.Request) -> web.Response:
		"""One rule, or several as {"faults": [...]}."""
		body = await read(request)
		made = [self.faults.add(**row) for row in body.get("faults", [body])]
		return answer({"faults": [rule.show() for rule in made]}, 201)

	async def remove_faults(self, request: web.Request) -> web.Response:
		"""All, or the one of ?id=."""
		rule_id = request.query.get("id")
		return answer({"removed": self.faults.remove(int(rule_id) if rule_id else None)})

	async def get_clock(self, request: web.Request) -> web.Response:
		clock = self.world.clock
		return answer({"now": clock.now(), "offset_s": clock.offset_s, "speed": clock.speed})

	async def set_clock(self, request: web.Request) -> web.Response:
		body, clock = await read(request), self.world.clock
		speed = float(body.get("speed", clock.speed))
		if speed <= 0 or set(body) - {"offset_s", "advance_s", "speed"}:
			raise Refusal("bad_clock", json.dumps(body))
		clock.offset_s = float(body.get("offset_s", clock.offset_s)) + float(body.get("advance_s", 0))
		clock.speed = speed
		return await self.get_clock(request)

	async def get_truth(self, request: web.Request) -> web.Response:
		query = request.query
		since = float(query.get("since") or 0)
		truth = make_truth(
			self.world, lambda order: get_status(request.app, order), query.get("shop_id", ""), since
		)
		return answer(truth)

	async def get_calls(self, request: web.Request) -> web.Response:
		return answer(self.calls.show((*PLATFORMS, *SERVICES)))

	async def clear_calls(self, request: web.Request) -> web.Response:
		self.calls.clear()
		return answer({"cleared": True})

	# Life and load

	async def get_live(self, request: web.Request) -> web.Response:
		return answer(self.live.show())

	async def set_live(self, request: web.Request) -> web.Response:
		body = await read(request)
		self.live.set_pace(
			float(body.get("orders_per_minute", self.live.per_minute)),
			int(body.get("max_orders", self.live.max_orders)),
		)
		return answer(self.live.show())

	async def get_job(self, request: web.Request) -> web.Response:
		return answer(self.job.show())

	async def start_load(self, request: web.Request) -> web.Response:
		body = await read(request)
		self.job.start(load_orders(self.world, self.generator, self.job, **body))
		return answer(self.job.show(), 202)

	async def start_rush(self, request: web.Request) -> web.Response:
		body = await read(request)
		self.job.start(rush(self.world, self.generator, self.job, **body))
		return answer(self.job.show(), 202)

	async def start_replay(self, request: web.Request) -> web.Response:
		body = await read(request)
		self.job.start(replay_file(self.world, self.generator, self.job, **body))
		return answer(self.job.show(), 202)

	async def forge(self, request: web.Request) -> web.Response:
		"""A push that must be refused, sent to the shop's webhook or socket; answers what came back."""
		body = await read(request)
		shop = self.world.get_shop(body["shop_id"])
		module = request.app[MODULES].get(shop.platform.lower())
		if not hasattr(module, "forge_push"):
			raise Refusal("no_push", f"{shop.platform} has no push channel")
		how = body.get("how", "wrong_signature")
		return answer(await module.forge_push(request.app, self.world, shop, how))

	async def reset(self, request: web.Request) -> web.Response:
		"""As freshly started with that seed: nothing, or the company's shops with new credentials."""
		body = await read(request)
		await self.job.stop()
		self.world.clear(int(body.get("seed", self.world.seed)))
		self.faults.remove()
		self.calls.clear()
		if self.store:
			self.store.clear()
		self.generator.reseed(self.world.seed)
		self.live.forget()
		self.parcels.clear()
		if self.company:
			self.generator.make_company()
		return answer({"shops": len(self.world.shops)})

	async def stop(self, app: web.Application) -> None:
		await self.job.stop()


def is_loopback(address: str) -> bool:
	try:
		return ipaddress.ip_address(address).is_loopback
	except ValueError:
		return False


async def read(request: web.Request) -> dict[str, Any]:
	"""The body's JSON object; {} for an empty body."""
	body = await request.read()
	found = json.loads(body) if body else {}
	if not isinstance(found, dict):
		raise ValueError("the body must be a JSON object")
	return found


def answer(payload: Any, status: int = 200) -> web.Response:
	body = json.dumps(payload, ensure_ascii=False).encode()
	return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")
