"""Which courier would do better on a lane, and what that saves and costs. Pure.

A parcel's burden in yuan: its freight, what its problems cost on average, and a value for each day that a buyer waits.
The freight is known; what a problem costs is an assumption that stands here and in the report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Weights:
	"""Yuan: handling of a problem, a complaint with its compensation, a lost parcel, a day of waiting."""

	problem: float = 3.0
	complaint: float = 15.0
	loss: float = 60.0
	day: float = 0.3


LEAST_PARCELS = 30
# A change is worth the trouble from so much a parcel on, and from this share of the burden.
LEAST_GAIN = 0.20
LEAST_SHARE = 0.05
# Nobody is advised to let buyers wait this much longer, whatever it saves.
MOST_SLOWER_DAYS = 1.0


@dataclass(frozen=True)
class Change:
	"""Give a lane's parcels of one courier to another. Gains and costs are for each parcel; more than 0 is better
	for `saves` and `freight_saves`, worse for `days` and the rates (percentage points).
	"""

	warehouse: str
	province: str
	courier: str
	better: str
	parcels: int
	saves: float
	freight_saves: float
	days: float
	p90_days: float
	problem_rate: float
	loss_rate: float
	complaint_rate: float

	@property
	def saves_total(self) -> float:
		"""Yuan over the parcels of the period."""
		return round(self.saves * self.parcels, 2)


def get_burden(row: Mapping[str, Any], weights: Weights) -> float:
	"""Yuan for one parcel of a scorecard row whose cost and days are known."""
	return (
		row["cost"]
		+ row["problem_rate"] / 100 * weights.problem
		+ row["complaint_rate"] / 100 * weights.complaint
		+ row["loss_rate"] / 100 * weights.loss
		+ row["median_days"] * weights.day
	)


def find_changes(rows: Iterable[Mapping[str, Any]], weights: Weights | None = None) -> list[Change]:
	"""For each lane and courier that another one would serve better, the best other one; most saved first.

	`rows` are the scorecard's by lane. Those with fewer than 30 parcels, or without a known cost or time, are neither
	advised nor advised against.
	"""
	weights = weights or Weights()
	lanes = defaultdict(list)
	for row in rows:
		if row["parcels"] >= LEAST_PARCELS and row["cost"] is not None and row["median_days"] is not None:
			lanes[row["warehouse"], row["province"]].append(row)
	changes = []
	for couriers in lanes.values():
		for row in couriers:
			fitting = [
				other
				for other in couriers
				if other["courier"] != row["courier"]
				and other["p90_days"] <= row["p90_days"] + MOST_SLOWER_DAYS
			]
			best = min(fitting, key=lambda other: get_burden(other, weights), default=None)
			if best and (change := _compare(row, best, weights)):
				changes.append(change)
	return sorted(changes, key=lambda change: -change.saves_total)


def _compare(row: Mapping[str, Any], best: Mapping[str, Any], weights: Weights) -> Change | None:
	burden = get_burden(row, weights)
	saves = burden - get_burden(best, weights)
	if saves < max(LEAST_GAIN, burden * LEAST_SHARE):
		return None
	return Change(
		warehouse=row["warehouse"],
		province=row["province"],
		courier=row["courier"],
		better=best["courier"],
		parcels=row["parcels"],
		saves=round(saves, 2),
		freight_saves=round(row["cost"] - best["cost"], 2),
		days=round(best["median_days"] - row["median_days"], 2),
		p90_days=round(best["p90_days"] - row["p90_days"], 2),
		problem_rate=round(best["problem_rate"] - row["problem_rate"], 2),
		loss_rate=round(best["loss_rate"] - row["loss_rate"], 2),
		complaint_rate=round(best["complaint_rate"] - row["complaint_rate"], 2),
	)
