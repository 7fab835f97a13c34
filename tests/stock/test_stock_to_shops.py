"""Our stock at the platforms, in real processes; small. In full: ./oms benchmark stock_push."""

from pathlib import Path

import pytest

from tests.stock import push_run

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
