"""Buyers in a rush: each wants one listing of one shop now, pays at once, and leaves when the platform shows too few."""

from __future__ import annotations

import asyncio
import random
import time

from .generator import Generator
from .jobs import Job
from .model import Listing, Refusal
from .world import World


async def rush(
	world: World,
	generator: Generator,
	job: Job,
	buyers: int,
	per_s: float,
	shops: list[str],
	outer_ids: list[str],
	seed: int = 1,
	most_pieces: int = 1,
) -> None:
	"""`buyers` arrive at `per_s` a second; shop, goods and pieces (up to `most_pieces`) follow from the seed.

	A buyer sees the stock that the platform shows at that moment, as a real one does. The job counts them as orders
	or as turned away. Raises Refusal for goods that a shop doesn't have.
	"""
	rng = random.Random(seed)
	shelf = {(shop_id, code): _find(world, shop_id, code) for shop_id in shops for code in outer_ids}
	job.wanted = buyers
	started = time.monotonic()
	for number in range(buyers):
		listing = shelf[rng.choice(shops), rng.choice(outer_ids)]
		buy(world, generator, job, listing, rng.randint(1, most_pieces))
		ahead = started + (number + 1) / per_s - time.monotonic()
		await asyncio.sleep(max(0, ahead))


def buy(world: World, generator: Generator, job: Job, listing: Listing, pieces: int) -> None:
	"""One buyer: an order that is paid at once, or nothing when fewer pieces are shown than wanted."""
	if listing.stock < pieces:
		job.turned_away += 1
		return
	line = {"item_id": listing.item_id, "sku_id": listing.sku_id, "qty": pieces}
	shop = world.get_shop(listing.shop_id)
	world.move_order(generator.create_order(shop, {"lines": [line]}), "pay")
	job.orders += 1


def _find(world: World, shop_id: str, outer_id: str) -> Listing:
	found = world.find_listings(world.get_shop(shop_id).shop_id, outer_id=outer_id)
	if not found:
		raise Refusal("unknown_listing", f"{shop_id} {outer_id}")
	return found[0]
