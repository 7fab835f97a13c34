"""The desk equals the platforms' truth, whatever goes wrong on the way. In full: ./oms benchmark reliability."""

from pathlib import Path

import pytest

from tests.reliability.run import Size, run_all, show

ROOT = Path(__file__).parents[2]
SMALL = Size(
	orders=600,
	kills=5,
	per_s=150,
	changes_per_order=3,
	poll_seconds=10,
	kill_every_s=3.0,
	waits_for_lists=False,
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_desk_ends_equal_to_the_platforms(site: str) -> None:
	outcome = run_all(ROOT, site, SMALL)

	assert show(outcome) == ""
	assert outcome.figures["orders"] == 600 + 20 + 20
	assert sum(count for name, count in outcome.figures.items() if name.startswith("kills_")) == 6
