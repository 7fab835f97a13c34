"""Our stock at the platforms, in real processes; small. In full: ./oms benchmark stock_push and rush."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.stock import push_run, rush_run

ROOT = Path(__file__).parents[2]
PLATFORMS = ("Taobao", "Taobao", "JD", "Pinduoduo", "Douyin", "Douyin")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_changes_arrive_and_what_others_change_is_mended(site: str) -> None:
	size = push_run.Size(platforms=PLATFORMS, goods=4, changes=5, differences=3, every_s=0.5)
	with push_run.open_stack(ROOT, site, size) as run:
		run.change_stock()
		run.meddle()
		result = run.finish()

	assert (result.open, result.faults) == (0, [])
	assert len(result.push_s) == 5 * len(PLATFORMS)
	assert (len(result.found_s), len(result.mended_s)) == (3, 3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_rush_oversells_by_hand_and_hardly_with_the_push(site: str) -> None:
	size = rush_run.Size(platforms=PLATFORMS, goods=2, stock=60, buyers=150, per_s=4, poll_seconds=3)

	by_hand = rush_run.run_by_hand(ROOT, site, replace(size, per_s=200), shown=60)
	with_push = rush_run.run_with_push(ROOT, site, size)

	assert by_hand.oversold_orders > 50
	assert by_hand.orders == 150
	assert with_push.orders + with_push.turned_away == 150
	# A slow machine tells the shops later; the benchmark holds the product to nine in ten.
	assert with_push.oversold_orders * 3 <= by_hand.oversold_orders
