"""How many pieces a listing shall show: the sum, step by step, so that it can be told. Pure.

In this order: what lies in the warehouses that serve the shop, less what is promised, kept back, ordered and not
yet promised, less what other shops have for themselves, less what may be sold before the platform hears of it;
whole sets of that for a bundle; of what is shared the shop's percentage; its own pieces on top; less the buffer;
between minimum and maximum. Never below 0.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

# Why a listing shows 0 whatever there is, empty when it doesn't have to.
Stop = Literal["", "listing_stopped", "shop_stopped", "off_sale"]
# A few orders are no rush: below so many pieces a sale says nothing about speed.
RUSH_PIECES = 3


@dataclass(frozen=True)
class Rule:
	"""What a shop or a listing says about its share. `maximum` 0 is no limit; fewer than `minimum` are shown as 0."""

	percentage: Decimal = Decimal(100)
	buffer: int = 0
	minimum: int = 0
	maximum: int = 0


@dataclass(frozen=True)
class Pieces:
	"""One SKU as one shop sees it, in pieces.

	`blocked` must not be sold, having expired. `safety_stock` is what is really kept back, never more than there is. `demand` is ordered and not yet reserved.
	`kept` belongs to shops by dedication, `own` is this shop's part of it; `is_exclusive`: the shop sells nothing
	else. `rush` may be sold before the platform hears of it.
	"""

	on_hand: int = 0
	reserved: int = 0
	blocked: int = 0
	safety_stock: int = 0
	demand: int = 0
	kept: int = 0
	own: int = 0
	is_exclusive: bool = False
	rush: int = 0

	@property
	def free(self) -> int:
		"""What nobody has ordered or been promised; below 0 when more has been sold than there is."""
		return self.on_hand - self.reserved - self.blocked - self.safety_stock - self.demand

	@property
	def shared(self) -> int:
		"""What every shop may sell."""
		return 0 if self.is_exclusive else max(self.free - self.kept - self.rush, 0)

	@property
	def mine(self) -> int:
		"""What only this shop may sell, as far as it is there."""
		left = self.free - self.rush if self.is_exclusive else self.free
		return max(min(self.own, left), 0)


@dataclass(frozen=True)
class Offer:
	"""The figure for one listing and the steps to it. `scarcest` names the SKU whose `pieces` decide."""

	qty: int
	scarcest: str
	per_set: int
	pieces: Pieces
	shared_sets: int
	own_sets: int
	rule: Rule
	share: int
	stop: Stop = ""
	parts: Mapping[str, int] = field(default_factory=dict)


def make_offer(parts: Mapping[str, int], pieces: Mapping[str, Pieces], rule: Rule, stop: Stop = "") -> Offer:
	"""The offer of a listing whose unit takes `parts` ({SKU: pieces}, not empty) of what `pieces` has."""
	scarcest = min(parts, key=lambda sku: ((pieces[sku].shared + pieces[sku].mine) // parts[sku], sku))
	shared = min(pieces[sku].shared // count for sku, count in parts.items())
	total = min((pieces[sku].shared + pieces[sku].mine) // count for sku, count in parts.items())
	share = int((shared * rule.percentage / 100).to_integral_value(ROUND_FLOOR)) + total - shared
	qty = max(share - rule.buffer, 0)
	if qty < rule.minimum:
		qty = 0
	if rule.maximum:
		qty = min(qty, rule.maximum)
	return Offer(
		qty=0 if stop else qty,
		scarcest=scarcest,
		per_set=parts[scarcest],
		pieces=pieces[scarcest],
		shared_sets=shared,
		own_sets=total - shared,
		rule=rule,
		share=share,
		stop=stop,
		parts=dict(parts),
	)


def keep_back(
	on_hand: int, reserved: int, safety_stock: int, allow_negative: bool = False, blocked: int = 0
) -> Pieces:
	"""What one warehouse adds. Safety stock takes only what is there; one that may go below 0 takes from no other."""
	left = on_hand - reserved - blocked
	if allow_negative and left < 0:
		on_hand, left = reserved + blocked, 0
	return Pieces(
		on_hand=on_hand, reserved=reserved, blocked=blocked, safety_stock=min(safety_stock, max(left, 0))
	)


def get_rush_pieces(recent: int, unheard: float) -> int:
	"""Pieces to keep back in a rush: those that are on their way unheard, and one standard deviation more.

	`recent` pieces were sold in the last minutes; `unheard` is the sum over the shops of speed times delay.
	"""
	if recent < RUSH_PIECES:
		return 0
	return math.floor(unheard + math.sqrt(unheard) + 0.5)
