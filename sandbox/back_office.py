"""Each shop's own back office as a seller without an order system uses it: log in, select, print labels, ship.

As quick as the platforms' own tools are at their best: all waiting orders on one page, labels and shipping for many at
once. What it can't do is know about the other shops. For comparing handling by hand; nothing of the wire is here.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from .model import Order, Refusal, Shop
from .moves import TO_SHIP, confirm_parcel
from .waybills import CODES, SERVICES
from .world import World

PREFIX = "/back-office"
COURIER = "YTO"


def add_routes(app: web.Application, world: World) -> None:
	office = BackOffice(world)
	app.router.add_get(PREFIX + "/{shop_id}", office.show_orders)
	app.router.add_post(PREFIX + "/{shop_id}/login", office.log_in)
	app.router.add_post(PREFIX + "/{shop_id}/labels", office.print_labels)
	app.router.add_post(PREFIX + "/{shop_id}/ship", office.ship)


class BackOffice:
	def __init__(self, world: World) -> None:
		self.world = world

	async def show_orders(self, request: web.Request) -> web.Response:
		"""The orders that wait, or the log-in form."""
		shop = self._get_shop(request)
		if not is_logged_in(request, shop):
			return show_page(shop, make_login(shop))
		orders = self.world.list_orders(shop.shop_id, 0, self.world.clock.now() + 1, "created", TO_SHIP)
		return show_page(shop, make_list(shop, orders))

	async def log_in(self, request: web.Request) -> web.Response:
		shop = self._get_shop(request)
		form = await request.post()
		if form.get("user") != shop.shop_id or not form.get("password"):
			return show_page(shop, "<p>账号或密码错误</p>" + make_login(shop))
		answer = web.HTTPSeeOther(get_address(shop))
		answer.set_cookie("seller", shop.shop_id, path=get_address(shop), httponly=True, samesite="Strict")
		raise answer

	async def print_labels(self, request: web.Request) -> web.Response:
		"""Numbers for the chosen orders, and their labels to print."""
		shop, orders = await self._read(request)
		code = CODES[COURIER][SERVICES.index(shop.platform)]
		rows = []
		for order in orders:
			row = self.world.waybills.issue(
				shop.platform, shop.shop_id, code, order.order_no, [order.order_no], order.receiver
			)
			rows.append(f"<li>{escape(order.order_no)} <b class=number>{escape(row.number)}</b></li>")
		return show_page(
			shop,
			f"<ul>{''.join(rows)}</ul><button onclick='window.printed = true'>打印</button>"
			f"<a href='{get_address(shop)}'>返回待发货</a>",
		)

	async def ship(self, request: web.Request) -> web.Response:
		"""Ship the chosen orders that have a number."""
		shop, orders = await self._read(request)
		shipped = 0
		for order in orders:
			number = next(
				(row.number for row in self.world.waybills.rows if row.order_nos == [order.order_no]), ""
			)
			if number:
				confirm_parcel(self.world, order, COURIER, number)
				shipped += 1
		return show_page(
			shop, f"<p class=done>已发货 {shipped} 单</p><a href='{get_address(shop)}'>返回待发货</a>"
		)

	def _get_shop(self, request: web.Request) -> Shop:
		try:
			return self.world.get_shop(request.match_info["shop_id"])
		except Refusal:
			raise web.HTTPNotFound from None

	async def _read(self, request: web.Request) -> tuple[Shop, list[Order]]:
		shop = self._get_shop(request)
		if not is_logged_in(request, shop):
			raise web.HTTPForbidden
		chosen = (await request.post()).getall("order", [])
		return shop, [self.world.get_order(shop.shop_id, str(order_no)) for order_no in chosen]


def get_address(shop: Shop) -> str:
	return f"{PREFIX}/{shop.shop_id}"


def is_logged_in(request: web.Request, shop: Shop) -> bool:
	return request.cookies.get("seller") == shop.shop_id


def make_login(shop: Shop) -> str:
	return (
		f"<form method=post action='{get_address(shop)}/login'><input name=user placeholder=账号>"
		"<input name=password type=password placeholder=密码><button>登录</button></form>"
	)


def make_list(shop: Shop, orders: list[Order]) -> str:
	rows = [
		f"<tr><td><input type=checkbox name=order value='{escape(order.order_no)}'></td><td>{escape(order.order_no)}</td>"
		f"<td>{escape('、'.join(f'{line.outer_id}×{line.qty}' for line in order.lines))}</td>"
		f"<td>{escape(order.receiver.province + order.receiver.city)}</td></tr>"
		for order in orders
	]
	every = "document.querySelectorAll('[name=order]').forEach(box => box.checked = this.checked)"
	return (
		f'<form method=post><label><input type=checkbox id=all onchange="{every}">全选</label>'
		f"<button formaction='{get_address(shop)}/labels'>批量打印面单</button>"
		f"<button formaction='{get_address(shop)}/ship' onclick=\"return confirm('确认发货？')\">批量发货</button>"
		f"<table>{''.join(rows)}</table></form>"
	)


def show_page(shop: Shop, body: str) -> web.Response:
	text = f"<!doctype html><meta charset=utf-8><title>{escape(shop.name)}</title><h1>{escape(shop.name)}</h1>{body}"
	return web.Response(text=text, content_type="text/html", charset="utf-8")
