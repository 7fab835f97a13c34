"""Shops, listings, buyers and orders that look like life, from the company's records and measured figures."""

from __future__ import annotations

import json
import random
from bisect import bisect_left
from pathlib import Path
from typing import Any

from .model import Listing, Order, Receiver, Refusal, Shop
from .world import World

COMPANY = Path(__file__).resolve().parents[1] / "fixtures" / "company"
PIECES = (1, 1, 1, 1, 1, 2, 2, 3)
OVERRIDES = frozenset(
	[
		"lines",
		"receiver",
		"buyer_id",
		"buyer_nick",
		"created",
		"freight",
		"seller_discount",
		"platform_discount",
		"adjust",
		"buyer_message",
		"seller_memo",
		"flag",
		"is_hidden",
		"is_under_review",
		"poison",
		"extras",
		"line_count",
	]
)


class Generator:
	"""Everything it makes follows from the seed and the sequence of its calls."""

	def __init__(self, world: World, company: Path | None = None, seed: int = 1) -> None:
		company = company or COMPANY
		self.world = world
		self.rng = random.Random(seed)
		self.figures = read_json(company / "figures.json")
		self.texts = read_json(company / "texts.json")
		self.skus = read_json(company / "skus.json")
		self.shops = read_json(company / "shops.json")
		self.provinces = list(self.figures["province_share"])
		self.province_weights = list(self.figures["province_share"].values())
		self.weights = {row["platform_shop_id"]: row["weight"] for row in self.shops}

	def reseed(self, seed: int) -> None:
		self.rng = random.Random(seed)

	# The company

	def make_company(self) -> None:
		"""The company's shops with what each sells on sale; shops of one platform share an app."""
		for row in self.shops:
			shop = self.world.create_shop(row["platform"], row["shop_name"], row["platform_shop_id"])
			self.make_listings(shop, row["sells"])

	def make_listings(self, shop: Shop, sells: str = "mixed") -> list[Listing]:
		"""A listing for each SKU of that kind; one in 30 has no code, one in 40 a wrong one, as in life."""
		made = []
		for sku in self.skus:
			if sells != "mixed" and sku["sold_by"] not in (sells, "gift"):
				continue
			draw = self.rng.random()
			outer_id = sku["sku_code"]
			if draw < 1 / 30:
				outer_id = ""
			elif draw < 1 / 30 + 1 / 40:
				outer_id = outer_id.lower().replace("-", "") + "X"
			made.append(
				self.world.create_listing(
					shop.shop_id,
					title=f"{sku['brand']} {sku['sku_name']}",
					spec=sku["specification"],
					price=round(sku["list_price"] * 100),
					outer_id=outer_id,
					stock=self.rng.randrange(50, 500),
					barcode=sku["barcode"],
				)
			)
		return made

	def ensure_listings(self, shop: Shop) -> list[Listing]:
		"""What is on sale; a shop with nothing gets the mixed range."""
		listings = [row for row in self.world.list_listings(shop.shop_id) if row.is_on_sale]
		return listings or self.make_listings(shop)

	# Orders

	def choose_shop(self) -> Shop:
		"""An open shop, the company's by their weight."""
		shops = [shop for shop in self.world.list_shops() if not shop.is_closed]
		if not shops:
			raise Refusal("no_shop", "no shop is open")
		return self.rng.choices(shops, [self.weights.get(shop.shop_id, 5) for shop in shops])[0]

	def create_order(self, shop: Shop, order: dict[str, Any] | None = None) -> Order:
		"""A new unpaid order. `order` overrides what is drawn: `lines` as [{item_id, sku_id, outer_id (any of
		them), qty, discount}], or `line_count`; `receiver` as some of its fields; the rest as World.create_order.

		Raises Refusal for an unknown override, a listing that isn't there, amounts below 0.
		"""
		given = dict(order or {})
		if set(given) - OVERRIDES:
			raise Refusal("bad_override", ", ".join(sorted(set(given) - OVERRIDES)))
		wanted = given.pop("lines", None)
		count = given.pop("line_count", 0)
		lines = self.find_lines(shop, wanted) if wanted else self.draw_lines(shop, count)
		receiver = self.draw_receiver(given.pop("receiver", {}))
		goods = sum(listing.price * qty - discount for listing, qty, discount in lines)
		details = self.draw_details(goods) | given
		return self.world.create_order(shop.shop_id, lines, receiver, **details)

	def draw_details(self, goods: int) -> dict[str, Any]:
		"""Discounts of whole yuan and jiao, freight, buyer and words; most orders have few of them."""
		rng = self.rng
		buyer = rng.randrange(40_000)
		details: dict[str, Any] = {
			"buyer_id": f"buyer-{buyer}",
			"buyer_nick": f"{self.texts['nicks'][buyer % len(self.texts['nicks'])]}{buyer % 997}",
		}
		if rng.random() < 0.45:
			details["seller_discount"] = rng.randrange(goods // 5 + 1)
		if rng.random() < 0.2:
			details["platform_discount"] = rng.randrange(goods // 10 + 1)
		if rng.random() < 0.12:
			details["freight"] = rng.choice((500, 600, 800, 1000))
		if rng.random() < 0.15:
			details["buyer_message"] = rng.choice(self.texts["buyer_messages"])
		if rng.random() < 0.04:
			details["seller_memo"] = rng.choice(self.texts["seller_memos"])
			details["flag"] = rng.randrange(1, 6)
		return details

	def find_lines(self, shop: Shop, wanted: list[dict]) -> list[tuple[Listing, int, int]]:
		lines = []
		for row in wanted:
			ids = {key: str(row[key]) for key in ("item_id", "sku_id", "outer_id") if row.get(key)}
			found = self.world.find_listings(shop.shop_id, **ids) if ids else []
			if not found:
				raise Refusal("unknown_listing", json.dumps(row, ensure_ascii=False))
			lines.append((found[0], int(row.get("qty", 1)), int(row.get("discount", 0))))
		return lines

	def draw_lines(self, shop: Shop, count: int = 0) -> list[tuple[Listing, int, int]]:
		"""One to three variants that come near a measured amount; no variant twice."""
		listings = self.ensure_listings(shop)
		in_stock = [row for row in listings if row.stock > 0] or listings
		target = self.draw_amount()
		near = min(self.rng.sample(in_stock, min(6, len(in_stock))), key=lambda row: abs(row.price - target))
		count = min(count or self.rng.choices((1, 2, 3), (70, 24, 6))[0], len(listings))
		chosen = {near.key: near}
		while len(chosen) < count:
			more = self.rng.choice(listings)
			chosen[more.key] = more
		lines = []
		for row in chosen.values():
			qty = self.rng.choice(PIECES)
			has_own = self.rng.random() < 0.15
			lines.append((row, qty, self.rng.randrange(row.price * qty // 6 + 1) if has_own else 0))
		return lines

	def draw_amount(self) -> int:
		"""Fen, by the measured quantiles."""
		return round(100 * draw_quantile(self.rng, self.figures["amount_quantiles"]))

	def draw_receiver(self, given: dict[str, str] | None = None, province: str = "") -> Receiver:
		"""Somebody who doesn't exist; numbers begin with 154 or 163, which no operator has."""
		rng = self.rng
		province = (given or {}).get("province") or province
		if province not in self.texts["places"]:
			drawn = rng.choices(self.provinces, self.province_weights)[0]
			province, place = province or drawn, drawn
		else:
			place = province
		city, districts = rng.choice(self.texts["places"][place])
		fields = {
			"name": rng.choice(self.texts["surnames"]) + rng.choice(self.texts["given_names"]),
			"mobile": f"{rng.choice(('154', '163'))}{rng.randrange(10**8):08d}",
			"province": province,
			"city": city,
			"district": rng.choice(districts),
			"address": f"{rng.choice(self.texts['streets'])} {rng.randrange(1, 300)} 号"
			f"{rng.choice(self.texts['estates'])} {rng.randrange(1, 30)} 幢 {rng.randrange(101, 2800)} 室",
		}
		unknown = set(given or {}) - set(Receiver.__slots__)
		if unknown:
			raise Refusal("bad_receiver", ", ".join(sorted(unknown)))
		return Receiver(**(fields | (given or {})))

	def draw_reason(self) -> str:
		return self.rng.choice(self.texts["refund_reasons"])[1]


def draw_quantile(rng: random.Random, quantiles: list[list[float]]) -> float:
	"""A value between the measured quantiles, in proportion; the ends stand for what lies beyond them."""
	draw = rng.random()
	place = bisect_left(quantiles, [draw])
	if place == 0:
		return quantiles[0][1]
	if place == len(quantiles):
		return quantiles[-1][1]
	(low, a), (high, b) = quantiles[place - 1], quantiles[place]
	return a + (b - a) * (draw - low) / (high - low)


def read_json(path: Path) -> Any:
	return json.loads(path.read_text(encoding="utf-8"))
