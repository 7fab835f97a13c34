"""Every parcel that the simulated couriers have, who follows it, and what is true about it."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field

from ..clock import Clock
from ..model import Refusal
from .journeys import FAULTS, Scan, draw_fault, make_journey

CITIES = ("杭州", "广州", "上海", "成都", "武汉", "北京", "长沙", "西安")
PROVIDERS = ("Kuaidi100", "KDNiao")
DONE = ("signed", "returned")


@dataclass
class Follower:
	"""Who wants to be told: where to, and with what the service signs."""

	provider: str
	url: str
	secret: str
	customer: str = ""
	told: int = -1  # scans in the last push that was taken
	attempts: int = 0
	next_at: float = 0.0


@dataclass
class Parcel:
	company: str
	number: str
	shipped_at: float
	fault: str
	scans: list[Scan]
	followers: list[Follower] = field(default_factory=list)

	def get_told(self, now: float) -> list[Scan]:
		"""Scans that the courier has told by now, in the order in which they occurred."""
		return [scan for scan in self.scans if scan.told_at <= now]

	def is_done(self, now: float) -> bool:
		return any(scan.kind in DONE for scan in self.get_told(now))


@dataclass
class Account:
	"""A customer of a tracking service. `push_url` is where KDNiao sends to; Kuaidi100 is told with each number."""

	provider: str
	customer: str
	key: str
	push_url: str = ""


class ParcelWorld:
	"""`seed` decides the way of each parcel, whatever the order in which they come."""

	def __init__(self, clock: Clock, seed: int = 1) -> None:
		self.clock = clock
		self.seed = seed
		self.parcels: dict[tuple[str, str], Parcel] = {}
		self.rates = dict(FAULTS)
		self.accounts = {
			name: Account(name, secrets.token_hex(5), secrets.token_hex(12)) for name in PROVIDERS
		}

	def add(
		self,
		company: str,
		number: str,
		fault: str | None = None,
		shipped_at: float | None = None,
		cities: tuple[str, str] | None = None,
		pace: float = 1.0,
	) -> Parcel:
		"""A parcel on its way; the one that is there already stays. Raises Refusal for an unknown fault."""
		key = (company, number.upper())
		if key in self.parcels:
			return self.parcels[key]
		dice = random.Random(f"{self.seed} {company} {number}")
		drawn = draw_fault(dice, self.rates)
		if fault not in (None, "", *FAULTS):
			raise Refusal("unknown_fault", str(fault))
		fault = drawn if fault is None else fault
		start = self.clock.now() if shipped_at is None else shipped_at
		way = cities or (dice.choice(CITIES), dice.choice(CITIES))
		parcel = Parcel(company, number, start, fault, make_journey(dice, start, fault, way, pace))
		self.parcels[key] = parcel
		return parcel

	def clear(self) -> None:
		"""No parcel, and faults as often as at first; the accounts stay."""
		self.parcels.clear()
		self.rates = dict(FAULTS)

	def follow(self, parcel: Parcel, follower: Follower) -> bool:
		"""False where the service follows the parcel for this address already."""
		for known in parcel.followers:
			if (known.provider, known.url) == (follower.provider, follower.url):
				return False
		parcel.followers.append(follower)
		return True

	def make_truth(self) -> list[dict]:
		"""What happened and will happen to each parcel, for a check from outside."""
		now = self.clock.now()
		return [
			{
				"company": parcel.company,
				"number": parcel.number,
				"shipped_at": parcel.shipped_at,
				"fault": parcel.fault,
				"is_done": parcel.is_done(now),
				"followers": [row.provider for row in parcel.followers],
				"scans": [
					{
						"occurred_at": scan.occurred_at,
						"told_at": scan.told_at,
						"kind": scan.kind,
						"text": scan.text,
					}
					for scan in parcel.scans
				],
			}
			for parcel in self.parcels.values()
		]
