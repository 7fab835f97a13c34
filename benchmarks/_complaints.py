"""What alerts change for buyers: the same troubled parcels lived through with and without them. Pure.

A buyer who waits in vain complains with a chance each hour that grows from the hour at which the trouble began. Without
alerts the seller learns of it from the complaint. With alerts somebody deals with it some hours after the alert: the
buyer is told and offered help, the courier is chased. What follows from that are assumptions, and stand here:

- CHANCE: of a complaint in an hour of trouble that nobody has spoken about (about 16 % a day)
- CALMED: what is left of that chance once the seller has spoken to the buyer first
- CHASED: what is left of the trouble's remaining hours once the courier was chased
- REPLACED_H: a parcel that will never come is replaced or refunded within so many hours of its loss alert
- MISSED: share of alerts that nobody deals with
- REACTION_H: hours from the alert to the seller's word, nights included
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

HOUR = 3600.0
CHANCE = 0.0073
CALMED = 0.35
CHASED = 0.6
REPLACED_H = 24.0
MISSED = 0.10
REACTION_H = (1.0, 14.0)
LONGEST_H = 14 * 24.0


@dataclass(frozen=True)
class Trouble:
	"""Unix seconds: when it began, when it ends by itself (None: never), when the alert came (None: never)."""

	began_at: float
	ends_at: float | None
	alerted_at: float | None


def count_complaints(troubles: Sequence[Trouble], has_alerts: bool, seed: int) -> int:
	"""How many of the buyers complain. The same seed gives each buyer the same patience either way."""
	complaints = 0
	for index, trouble in enumerate(troubles):
		dice = random.Random(f"{seed} {index}")
		patience, is_missed, reaction = dice.random(), dice.random() < MISSED, dice.uniform(*REACTION_H)
		told_at = None
		if has_alerts and trouble.alerted_at is not None and not is_missed:
			told_at = trouble.alerted_at + reaction * HOUR
		complaints += _complains(trouble, patience, told_at)
	return complaints


def _complains(trouble: Trouble, patience: float, told_at: float | None) -> bool:
	end = trouble.ends_at if trouble.ends_at is not None else trouble.began_at + LONGEST_H * HOUR
	end = min(end, trouble.began_at + LONGEST_H * HOUR)
	if told_at is None or told_at >= end:
		return _get_risk((end - trouble.began_at) / HOUR) > patience
	rest_h = (end - told_at) / HOUR
	rest_h = min(rest_h, REPLACED_H) if trouble.ends_at is None else rest_h * CHASED
	before = (max(told_at - trouble.began_at, 0)) / HOUR
	quiet = (1 - CHANCE) ** before * (1 - CHANCE * CALMED) ** rest_h
	return 1 - quiet > patience


def _get_risk(hours: float) -> float:
	return 1 - (1 - CHANCE) ** max(hours, 0)
