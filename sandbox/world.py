"""The world of the simulated platforms: shops, listings, orders, refunds, and the indexes that answer lists.

Everything that changes goes through World (or the verbs of moves.py and cases.py behind it), so that times are
stamped, indexes stay right, changes reach the store and pushes hear of them. One thread only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import cases, moves, numbers
from .amounts import assert_amounts, share_discounts
from .clock import Clock
from .index import TimeIndex
from .model import (
	CLOSED,
	PINDUODUO,
	PLATFORMS,
	UNPAID,
	App,
	Event,
	Line,
	Listing,
	Order,
	Parcel,
	Receiver,
	Refund,
	Refusal,
	Shop,
)
from .services import Services
from .tokens import Tokens
from .waybills import Waybills


@dataclass
class Book:
	"""All of one shop. The indexes hold only what the platform shows; `all_orders` also what it hides."""

	listings: dict[str, Listing] = field(default_factory=dict)
	all_orders: dict[str, Order] = field(default_factory=dict)
	refunds: dict[str, Refund] = field(default_factory=dict)
	by_order: dict[str, list[Refund]] = field(default_factory=dict)
	modified: TimeIndex[Order] = field(default_factory=TimeIndex)
	created: TimeIndex[Order] = field(default_factory=TimeIndex)
	paid: TimeIndex[Order] = field(default_factory=TimeIndex)
	refunds_modified: TimeIndex[Refund] = field(default_factory=TimeIndex)
	refunds_created: TimeIndex[Refund] = field(default_factory=TimeIndex)


class World:
	"""`seed` makes ids, tokens' owners and choices repeatable; credentials themselves are always random."""

	def __init__(self, clock: Clock | None = None, seed: int = 1) -> None:
		self.clock = clock or Clock()
		self.seed = seed
		self.rng = random.Random(seed)
		self.apps: dict[tuple[str, str], App] = {}
		self.shops: dict[str, Shop] = {}
		self.books: dict[str, Book] = {}
		self.tokens = Tokens(self)
		self.messages: list[dict] = []
		self.quotas: dict[str, int] = {}
		self.quotas: dict[tuple[str, str], list[float]] = {}  # (what, app key): times of calls
		self.services = Services(self)
		self.waybills = Waybills(self)
		self.last_number = 0
		self.last_event = 0
		self.order_count = 0
		self.dirty: dict[tuple[str, str], Any] = {}
		self.listeners: list[Callable[[Event], None]] = []

	def clear(self, seed: int) -> None:
		"""Forget everything but the listeners."""
		self.seed = seed
		self.rng = random.Random(seed)
		self.apps.clear()
		self.shops.clear()
		self.books.clear()
		self.tokens.clear()
		self.messages.clear()
		self.quotas.clear()
		self.services.clear()
		self.waybills.clear()
		self.dirty.clear()
		self.last_number = self.last_event = self.order_count = 0

	# Shops and listings

	def create_shop(
		self,
		platform: str,
		name: str,
		shop_id: str = "",
		app_key: str = "",
		app_secret: str = "",
		token_life_s: float = 0,
		refresh_life_s: float = 0,
		webhook_url: str = "",
	) -> Shop:
		"""A new shop with an authorisation; without `app_key` it shares the platform's first app.

		Raises Refusal for an unknown platform or a shop_id that is taken.
		"""
		if platform not in PLATFORMS:
			raise Refusal("unknown_platform", platform)
		number = self.next_number()
		shop_id = shop_id or f"{platform.lower()}-{number}"
		if shop_id in self.shops:
			raise Refusal("shop_exists", shop_id)
		app = self.tokens.ensure_app(platform, app_key, app_secret)
		shop = self.tokens.make_shop(shop_id, platform, name, number, app, token_life_s, refresh_life_s)
		shop.webhook_url = webhook_url
		self.add_shop(shop)
		self.mark("shop", shop_id, shop)
		return shop

	def add_shop(self, shop: Shop) -> None:
		"""Take in a finished shop, as the store does."""
		self.shops[shop.shop_id] = shop
		self.books[shop.shop_id] = Book()
		self.tokens.add(shop)

	def get_shop(self, shop_id: str) -> Shop:
		if shop_id not in self.shops:
			raise Refusal("unknown_shop", shop_id)
		return self.shops[shop_id]

	def list_shops(self, platform: str = "") -> list[Shop]:
		return [shop for shop in self.shops.values() if platform in ("", shop.platform)]

	def create_listing(
		self,
		shop_id: str,
		title: str,
		price: int,
		outer_id: str = "",
		spec: str = "",
		stock: int = 100,
		item_id: str = "",
		sku_id: str = "",
		barcode: str = "",
	) -> Listing:
		"""One variant on sale. Give `item_id` to add a variant to an item that exists."""
		shop = self.get_shop(shop_id)
		item, variant = numbers.make_item_ids(shop.platform, self.next_number())
		listing = Listing(
			shop_id=shop_id,
			item_id=item_id or item,
			sku_id=sku_id or variant,
			outer_id=outer_id,
			title=title,
			spec=spec,
			price=price,
			stock=stock,
			modified=self.clock.now(),
			barcode=barcode,
		)
		if listing.key in self.books[shop_id].listings:
			raise Refusal("listing_exists", listing.key)
		self.add_listing(listing)
		self.mark("listing", f"{shop_id}/{listing.key}", listing)
		return listing

	def add_listing(self, listing: Listing) -> None:
		self.books[listing.shop_id].listings[listing.key] = listing

	def list_listings(self, shop_id: str) -> list[Listing]:
		"""Oldest first."""
		return list(self.books[self.get_shop(shop_id).shop_id].listings.values())

	def find_listings(
		self, shop_id: str, item_id: str = "", sku_id: str = "", outer_id: str = ""
	) -> list[Listing]:
		"""Every variant that fits all the given ids."""
		listings = self.books[shop_id].listings
		if item_id and sku_id:
			found = listings.get(f"{item_id}/{sku_id}")
			return [found] if found else []
		return [
			row
			for row in listings.values()
			if item_id in ("", row.item_id) and sku_id in ("", row.sku_id) and outer_id in ("", row.outer_id)
		]

	def set_stock(self, listing: Listing, quantity: int) -> None:
		"""Raises Refusal for a negative quantity."""
		if quantity < 0:
			raise Refusal("bad_quantity", str(quantity))
		listing.stock = quantity
		listing.modified = self.clock.now()
		self.mark("listing", f"{listing.shop_id}/{listing.key}", listing)

	# Orders

	def create_order(
		self,
		shop_id: str,
		lines: Iterable[tuple[Listing, int]] | Iterable[tuple[Listing, int, int]],
		receiver: Receiver,
		buyer_id: str = "",
		buyer_nick: str = "",
		created: float = 0,
		**details: Any,
	) -> Order:
		"""An unpaid order of (listing, quantity[, line discount]); emits order_created.

		`details`: freight, seller_discount, platform_discount, adjust, buyer_message, seller_memo, flag, extras,
		is_hidden, is_under_review, poison. Raises Refusal for discounts above the goods.
		"""
		shop = self.get_shop(shop_id)
		number = self.next_number()
		at = created or self.clock.now()
		order_no = numbers.make_order_no(shop.platform, number, at)
		rows = [tuple(row) for row in lines]
		order = Order(
			order_no=order_no,
			number=number,
			shop_id=shop_id,
			platform=shop.platform,
			state=UNPAID,
			buyer_id=buyer_id or f"b{number}",
			buyer_nick=buyer_nick or f"buyer{number}",
			receiver=receiver,
			lines=_make_lines(shop.platform, order_no, rows),
			created=at,
			modified=at,
			**details,
		)
		assert_amounts(order)
		share_discounts(order)
		self.add_order(order)
		self.mark("order", f"{shop_id}/{order_no}", order)
		self.emit("order_created", order)
		return order

	def add_order(self, order: Order) -> None:
		"""Take in a finished order, as the store does; no event."""
		self.books[order.shop_id].all_orders[order.order_no] = order
		self.order_count += 1
		self.show(order)

	def move_order(self, order: Order, action: str, **details: Any) -> Order:
		"""Do one thing to an order; the actions stand in moves.ACTIONS. Raises Refusal when it isn't allowed."""
		if action not in moves.ACTIONS:
			raise Refusal("unknown_action", action)
		moves.ACTIONS[action](self, order, **details)
		return order

	def confirm_parcel(
		self, order: Order, courier: str, waybill_no: str, line_nos: list[str] | None = None
	) -> Parcel:
		"""The seller's confirmation of a parcel, as platform calls make it; see moves.confirm_parcel."""
		return moves.confirm_parcel(self, order, courier, waybill_no, line_nos)

	def find_order(self, shop_id: str, order_no: str) -> Order | None:
		"""An order that the platform shows to its shop; None for a hidden, foreign or unknown one."""
		order = self.books[shop_id].all_orders.get(order_no)
		return order if order is not None and is_visible(order) else None

	def get_order(self, shop_id: str, order_no: str) -> Order:
		"""Any order, hidden ones too, for the control interface. Raises Refusal."""
		order = self.books[self.get_shop(shop_id).shop_id].all_orders.get(order_no)
		if order is None:
			raise Refusal("unknown_order", order_no)
		return order

	def list_orders(
		self,
		shop_id: str,
		start: float,
		end: float,
		by: str = "modified",
		states: Iterable[str] = (),
		keep: Callable[[Order], bool] | None = None,
	) -> list[Order]:
		"""Visible orders with start <= time <= end (whole seconds, both ends in), oldest first.

		`by`: modified, created or paid. `states`: none means all. `keep`: a further condition.
		"""
		index: TimeIndex[Order] = getattr(self.books[shop_id], by)
		low, high = index.find_span(start, end)
		wanted = frozenset(states)
		return [
			row[2]
			for row in index.rows[low:high]
			if (not wanted or row[2].state in wanted) and (keep is None or keep(row[2]))
		]

	def get_page(
		self,
		shop_id: str,
		start: float,
		end: float,
		page: int,
		size: int,
		by: str = "modified",
		newest_first: bool = True,
		states: Iterable[str] = (),
		keep: Callable[[Order], bool] | None = None,
	) -> tuple[list[Order], int]:
		"""One page (counted from 1) of list_orders and the number of all rows; O(page) without conditions."""
		states = tuple(states)
		if states or keep:
			return cut_page(self.list_orders(shop_id, start, end, by, states, keep), page, size, newest_first)
		index: TimeIndex[Order] = getattr(self.books[shop_id], by)
		low, high = index.find_span(start, end)
		first, last = find_page(low, high, page, size, newest_first)
		rows = [row[2] for row in index.rows[first:last]]
		return (rows[::-1] if newest_first else rows), high - low

	# Refunds

	def open_refund(
		self,
		order: Order,
		kind: str,
		line_nos: list[str] | None = None,
		amount: int | None = None,
		reason: str = "",
	) -> Refund:
		"""A buyer's request; see cases.open_refund. Emits refund_created."""
		return cases.open_refund(self, order, kind, line_nos, amount, reason)

	def move_refund(self, refund: Refund, action: str, **details: Any) -> Refund:
		"""Do one thing to a case; the actions stand in cases.ACTIONS. Raises Refusal when it isn't allowed."""
		if action not in cases.ACTIONS:
			raise Refusal("unknown_action", action)
		cases.ACTIONS[action](self, refund, **details)
		return refund

	def add_refund(self, refund: Refund) -> None:
		book = self.books[refund.shop_id]
		book.refunds[refund.case_no] = refund
		book.by_order.setdefault(refund.order_no, []).append(refund)
		book.refunds_modified.add(refund.modified, refund.number, refund)
		book.refunds_created.add(refund.created, refund.number, refund)

	def find_refund(self, shop_id: str, case_no: str) -> Refund | None:
		"""A case of an order that the platform shows."""
		refund = self.books[shop_id].refunds.get(case_no)
		return refund if refund and self.find_order(shop_id, refund.order_no) else None

	def get_refund(self, shop_id: str, case_no: str) -> Refund:
		refund = self.books[self.get_shop(shop_id).shop_id].refunds.get(case_no)
		if refund is None:
			raise Refusal("unknown_refund", case_no)
		return refund

	def list_order_refunds(self, order: Order) -> list[Refund]:
		"""The cases of one order, oldest first."""
		return self.books[order.shop_id].by_order.get(order.order_no, [])

	def list_refunds(
		self,
		shop_id: str,
		start: float,
		end: float,
		by: str = "modified",
		keep: Callable[[Refund], bool] | None = None,
	) -> list[Refund]:
		"""Cases of visible orders with start <= time <= end, oldest first. `by`: modified or created."""
		book = self.books[shop_id]
		index: TimeIndex[Refund] = getattr(book, f"refunds_{by}")
		low, high = index.find_span(start, end)
		return [
			row[2]
			for row in index.rows[low:high]
			if is_visible(book.all_orders[row[2].order_no]) and (keep is None or keep(row[2]))
		]

	# Times, indexes, events

	def next_number(self) -> int:
		self.last_number += 1
		return self.last_number

	def touch(self, order: Order, topic: str = "", refund: Refund | None = None, at: float = 0) -> None:
		"""Stamp a change of an order, move it in the indexes, remember it for the store, tell the pushes.

		`at` is for histories that are made up; it never goes back. An empty topic tells nobody.
		"""
		self.hide(order)
		order.modified = max(at or self.clock.now(), order.modified)
		self.show(order)
		self.mark("order", f"{order.shop_id}/{order.order_no}", order)
		if topic:
			self.emit(topic, order, refund)

	def touch_refund(self, refund: Refund, at: float = 0) -> None:
		index = self.books[refund.shop_id].refunds_modified
		index.remove(refund.modified, refund.number)
		refund.modified = max(at or self.clock.now(), refund.modified)
		index.add(refund.modified, refund.number, refund)
		self.mark("refund", f"{refund.shop_id}/{refund.case_no}", refund)

	def hide(self, order: Order) -> None:
		"""Take an order out of what lists answer."""
		book = self.books[order.shop_id]
		if book.modified.remove(order.modified, order.number):
			book.created.remove(order.created, order.number)
			book.paid.remove(order.paid_at, order.number)

	def show(self, order: Order) -> None:
		"""Put an order into what lists answer, if the platform shows it."""
		if not is_visible(order):
			return
		book = self.books[order.shop_id]
		book.modified.add(order.modified, order.number, order)
		book.created.add(order.created, order.number, order)
		book.paid.add(order.paid_at, order.number, order)

	def mark(self, kind: str, key: str, thing: Any) -> None:
		self.dirty[kind, key] = thing

	def emit(self, topic: str, order: Order, refund: Refund | None = None) -> None:
		"""Tell the listeners; a hidden order, or one that the platform doesn't show, tells nothing."""
		if not is_visible(order):
			return
		self.last_event += 1
		event = Event(self.last_event, topic, self.shops[order.shop_id], order, refund, self.clock.now())
		for listener in self.listeners:
			listener(event)

	def listen(self, listener: Callable[[Event], None]) -> None:
		"""Call `listener` with each Event at once, in order. It must return quickly and never raise."""
		self.listeners.append(listener)


def is_visible(order: Order) -> bool:
	"""Pinduoduo never shows an order that wasn't paid."""
	if order.is_hidden:
		return False
	return order.platform != PINDUODUO or bool(order.paid_at) or order.state not in (UNPAID, CLOSED)


def cut_page(rows: list, page: int, size: int, newest_first: bool = True) -> tuple[list, int]:
	"""One page (counted from 1) of rows that are oldest first, and how many there are."""
	first, last = find_page(0, len(rows), page, size, newest_first)
	cut = rows[first:last]
	return (cut[::-1] if newest_first else cut), len(rows)


def find_page(low: int, high: int, page: int, size: int, newest_first: bool) -> tuple[int, int]:
	"""The places of one page within rows[low:high]."""
	if newest_first:
		last = max(low, high - (page - 1) * size)
		return max(low, last - size), last
	first = min(high, low + (page - 1) * size)
	return first, min(high, first + size)


def _make_lines(platform: str, order_no: str, rows: list[tuple]) -> list[Line]:
	lines: list[Line] = []
	for place, (listing, qty, *own) in enumerate(rows):
		line_no = numbers.make_line_no(platform, order_no, place, len(rows), listing.sku_id)
		if any(line.line_no == line_no for line in lines):
			line_no = f"{line_no}-{place}"
		lines.append(
			Line(
				line_no=line_no,
				item_id=listing.item_id,
				sku_id=listing.sku_id,
				outer_id=listing.outer_id,
				title=listing.title,
				spec=listing.spec,
				qty=qty,
				price=listing.price,
				discount=own[0] if own else 0,
			)
		)
	return lines
