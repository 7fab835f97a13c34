"""A rush on scarce goods in many shops, once with stock typed in by hand and once with our push: who was oversold."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime.bench import Bench
from tests.queues import use_queues
from tests.reliability.stack import Stack

from .shelf import LOOK_S, Shelf, StockDesk, wait_until

SETTLE_LIMIT_S = 300
TELL_EVERY_S = 5.0


@dataclass(frozen=True)
class Size:
	"""`stock` pieces of each of `goods` for all shops together; `buyers` come at `per_s` and want one or two pieces."""

	platforms: tuple[str, ...]
	goods: int
	stock: int
	buyers: int
	per_s: float
	most_pieces: int = 2
	poll_seconds: int = 0
	seed: int = 7


@dataclass(frozen=True)
class Outcome:
	"""What a rush ended with. Orders are served in the order in which they were paid, whole or not at all.

	`lost_units` are pieces that lay there at the end although buyers had been turned away.
	"""

	orders: int
	units: int
	turned_away: int
	oversold_orders: int
	oversold_units: int
	lost_units: int


def run_by_hand(root: Path, site: str, size: Size, shown: int) -> Outcome:
	"""Every shop shows `shown` pieces at the beginning, as somebody typed them in; nobody touches them in the rush."""
	with tempfile.TemporaryDirectory(prefix="oms-rush-") as folder:
		stack = Stack(Bench(root), site, Path(folder), size.seed)
		try:
			stack.start_sandbox()
			shelf = Shelf(stack.sandbox_url, stack.token, size.seed)
			codes = make_codes(stack, size)
			shelf.open_shops(size.platforms, codes, shown)
			turned_away = rush(shelf, codes, size)
			return judge(shelf, codes, size, turned_away)
		finally:
			stack.stop()


def run_with_push(
	root: Path, site: str, size: Size, say: Callable[[str], None] = lambda text: None
) -> Outcome:
	"""The same rush with the desk: orders come in and are reserved, every shop is told what is left."""
	with tempfile.TemporaryDirectory(prefix="oms-rush-") as folder:
		stack = Stack(Bench(root), site, Path(folder), size.seed)
		codes = make_codes(stack, size)
		desk = StockDesk(codes)
		try:
			with use_queues(stack):
				stack.start_sandbox()
				shelf = Shelf(stack.sandbox_url, stack.token, size.seed)
				shelf.open_shops(size.platforms, codes, 0, stack.webhook_url)
				desk.fill(shelf, size.stock, size.poll_seconds)
				stack.start_desk()
				wait_until(lambda: not desk.count_waiting(), "the first push of all listings", SETTLE_LIMIT_S)
				say("every shop shows our stock")
				turned_away = rush(
					shelf,
					codes,
					size,
					lambda load: say(
						f"{load['seconds']:6.1f} s: {load['orders']} orders, {load['turned_away']} turned away,"
						f" {desk.count_orders()} on the desk, {desk.count_waiting()} figures to send"
					),
				)
				orders = len(shelf.list_sales())
				wait_until(lambda: desk.count_orders() >= orders, "the intake of all orders", SETTLE_LIMIT_S)
				assert not stack.fallen, stack.read_logs()
				return judge(shelf, codes, size, turned_away)
		finally:
			stack.stop()
			desk.remove()


def make_codes(stack: Stack, size: Size) -> list[str]:
	return [f"R{stack.ports['sandbox']}-{number}" for number in range(size.goods)]


def rush(shelf: Shelf, codes: list[str], size: Size, tell: Callable[[dict], None] = lambda load: None) -> int:
	"""Let the buyers come; returns how many were turned away."""
	shelf.ask(
		"POST",
		"rush",
		buyers=size.buyers,
		per_s=size.per_s,
		shops=[shop["shop_id"] for shop in shelf.shops],
		outer_ids=codes,
		seed=size.seed,
		most_pieces=size.most_pieces,
	)
	next_word = 0.0
	while (load := shelf.get_load())["state"] == "running":
		if load["seconds"] >= next_word:
			tell(load)
			next_word = load["seconds"] + TELL_EVERY_S
		time.sleep(LOOK_S)
	return load["turned_away"]


def judge(shelf: Shelf, codes: list[str], size: Size, turned_away: int) -> Outcome:
	"""Serve the paid orders from the stock there is, first paid first."""
	left = dict.fromkeys(codes, size.stock)
	sales = shelf.list_sales()
	oversold_orders = oversold_units = 0
	for _paid_at, code, pieces in sales:
		if pieces <= left[code]:
			left[code] -= pieces
		else:
			oversold_orders += 1
			oversold_units += pieces
	return Outcome(
		orders=len(sales),
		units=sum(pieces for _paid_at, _code, pieces in sales),
		turned_away=turned_away,
		oversold_orders=oversold_orders,
		oversold_units=oversold_units,
		lost_units=sum(left.values()) if turned_away else 0,
	)


def get_reduction(before: Outcome, after: Outcome) -> float:
	"""How many percent fewer orders are oversold."""
	return round(100 * (1 - after.oversold_orders / before.oversold_orders), 2)
