"""The demo company as its fixtures tell it, with one seeded source of chance.

Reads files only; writes nothing to the site.
"""

import json
from bisect import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

FILES = ("story", "figures", "shops", "warehouses", "staff", "skus", "texts")


@dataclass
class Company:
	"""Fixtures by file name, look-ups by code, the moment that counts as now, and the dice."""

	story: dict
	figures: dict
	shops: list[dict]
	warehouses: list[dict]
	staff: list[dict]
	skus: list[dict]
	texts: dict
	now: datetime
	dice: Random = field(init=False)
	sku_by_code: dict[str, dict] = field(init=False)
	shop_by_name: dict[str, dict] = field(init=False)

	def __post_init__(self) -> None:
		self.dice = Random(self.story["seed"])
		self.sku_by_code = {row["sku_code"]: row for row in self.skus}
		self.shop_by_name = {row["shop_name"]: row for row in self.shops}

	def roll_again(self) -> None:
		"""Start chance anew, so that the orders don't depend on which records were there already."""
		self.dice.seed(self.story["seed"])

	def pick_weighted(self, shares: dict[str, float]) -> str:
		return self.dice.choices(list(shares), weights=list(shares.values()))[0]

	def draw(self, quantiles: list[list[float]]) -> float:
		"""A value from measured quantiles, straight lines between them."""
		share = self.dice.uniform(quantiles[0][0], quantiles[-1][0])
		index = min(bisect([row[0] for row in quantiles], share), len(quantiles) - 1)
		(low, low_value), (high, high_value) = quantiles[index - 1], quantiles[index]
		return low_value + (high_value - low_value) * (share - low) / (high - low)

	def draw_moment(self, youngest_hours: float, oldest_hours: float) -> datetime:
		"""A moment between two ages, hours of day and weekdays as measured."""
		hours = [
			self.now - timedelta(hours=age)
			for age in range(int(youngest_hours), max(int(oldest_hours), int(youngest_hours) + 1))
		]
		weights = [
			self.figures["hour_share"][moment.hour] * self.figures["weekday_share"][moment.weekday()]
			for moment in hours
		]
		moment = self.dice.choices(hours, weights=weights)[0] - timedelta(seconds=self.dice.randrange(3_500))
		oldest = self.now - timedelta(hours=oldest_hours)
		return max(min(moment, self.now - timedelta(hours=youngest_hours)), oldest)

	def get_parts(self, sku_code: str) -> list[tuple[str, int]]:
		"""What one piece takes from stock: itself, or a bundle's components."""
		return [(code, qty) for code, qty in self.sku_by_code[sku_code].get("components", [])] or [
			(sku_code, 1)
		]

	def get_staff(self, role: str) -> list[str]:
		return [row["email"] for row in self.staff if role in row["roles"]]


def read_company(folder: str, now: datetime) -> Company:
	"""Read the fixtures of one folder. Raises FileNotFoundError when one is missing."""
	files = {name: json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8")) for name in FILES}
	return Company(**files, now=now.replace(microsecond=0))
