"""Goods on sale in many shops of the sandbox and on the desk: made, moved, looked at, removed again."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

import frappe

from storegroup_oms.connectors import runner
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.tests.factories import create_warehouse
from storegroup_oms.transactions import run_in_transaction
from tests.reliability.chaos import Platforms
from tests.reliability.desk import Desk

LOOK_S = 0.25
SHOPS_PER_APP = 2
OF_GOODS = ("Stock Balance", "Stock Ledger", "Stock Reservation")


class Shelf(Platforms):
	"""Shops at the sandbox that all sell the same goods."""

	def open_shops(
		self, platforms: Sequence[str], codes: Sequence[str], stock: int, webhook_url: str = ""
	) -> None:
		"""A shop for each of `platforms`, two to an app key; each shows `stock` pieces of every code."""
		for number, platform in enumerate(platforms):
			place = platforms[:number].count(platform)
			shop = self.ask(
				"POST",
				"shops",
				platform=platform,
				name=f"{platform} {place + 1}",
				app_key=f"{platform.lower()}app{place // SHOPS_PER_APP}",
				webhook_url=webhook_url if platform == "Douyin" else "",
			)
			rows = [
				{"title": f"Goods {code}", "price": 990, "outer_id": code, "stock": stock} for code in codes
			]
			self.ask("POST", f"shops/{shop['shop_id']}/listings", listings=rows)
			self.shops.append(shop)

	def get_stock(self) -> dict[str, dict[str, tuple[int, float]]]:
		"""{shop id: {code: (pieces shown, since when in unix seconds)}}."""
		found = self.ask("GET", "stock")
		return {
			shop: {code: (qty, since) for code, (qty, since) in rows.items()} for shop, rows in found.items()
		}

	def set_stock(self, shop_id: str, code: str, pieces: int) -> None:
		"""As somebody in the platform's back office would."""
		self.ask("PATCH", f"shops/{shop_id}/listings", stock={code: pieces})

	def list_sales(self) -> list[tuple[float, str, int]]:
		"""(paid at, code, pieces) of every paid order, as they came."""
		orders = self.ask("GET", "truth")["orders"]
		rows = [
			(order["paid_at"], order["order_no"], line["outer_id"], line["qty"])
			for order in orders
			if order["paid_at"]
			for line in order["lines"]
		]
		return [(paid_at, code, qty) for paid_at, _number, code, qty in sorted(rows)]


class StockDesk(Desk):
	"""The desk's side: shops, listings, and one warehouse with the goods in it."""

	def __init__(self, codes: Sequence[str]) -> None:
		super().__init__(codes)
		self.warehouse = ""

	def fill(self, shelf: Shelf, stock: int, poll_seconds: int = 0) -> None:
		"""Create shops and goods, read the listings, put `stock` pieces of each on hand. Commits."""
		self.create_shops(shelf.shops, shelf.url, poll_seconds)
		self.warehouse = create_warehouse().name
		for shop in self.names.values():
			runner.refresh_listings(shop)
		self.move(dict.fromkeys(self.codes, stock), "Receipt")

	def move(self, pieces: dict[str, int], kind: str = "Adjustment") -> float:
		"""Post a movement for each code; returns when it was committed (unix seconds)."""
		movements = [
			Movement(code, self.warehouse, kind, qty=qty, unit_cost=Decimal(4) if qty > 0 else None)
			for code, qty in pieces.items()
		]
		run_in_transaction(lambda: post(movements))
		return time.time()

	def count_waiting(self) -> int:
		"""Listings whose figure isn't at the platform yet, or isn't known."""
		frappe.db.rollback()
		return frappe.db.sql(
			"SELECT COUNT(*) FROM tabListing WHERE shop IN %s AND (is_dirty = 1 OR wanted_at IS NULL)",
			[list(self.names.values())],
		)[0][0]

	def count_orders_with_lines(self) -> int:
		frappe.db.rollback()
		return frappe.db.count("Order", {"shop": ["in", list(self.names.values())]})

	def remove(self) -> None:
		super().remove()
		for doctype in OF_GOODS:
			frappe.db.delete(doctype, {"warehouse": self.warehouse})
		frappe.db.delete("Warehouse", {"name": self.warehouse})
		frappe.db.commit()


def wait_until(is_so: Callable[[], bool], what: str, limit_s: float) -> None:
	"""Ask again and again; AssertionError when it takes longer."""
	deadline = time.monotonic() + limit_s
	while not is_so():
		assert time.monotonic() < deadline, f"{what} took longer than {limit_s} s"
		time.sleep(LOOK_S)
