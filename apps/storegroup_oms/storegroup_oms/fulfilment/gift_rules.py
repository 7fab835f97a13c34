"""Which gifts an order has earned, and by what each other rule doesn't give. Reads and writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

# Orders of other types are no sale.
EARNING_TYPES = ("Normal", "Presale", "Cash on Delivery")


@dataclass(frozen=True)
class Rule:
	"""A Gift Rule. Empty texts, times that are None and limits of 0 limit nothing; `ends_at` is no part of its period."""

	name: str
	gift_sku: str
	gift_qty: int = 1
	priority: int = 10
	is_exclusive: bool = False
	shop: str = ""
	platform: str = ""
	starts_at: datetime | None = None
	ends_at: datetime | None = None
	min_amount: Decimal = Decimal(0)
	bought_sku: str = ""
	bought_qty: int = 1
	keep_free: int = 0
	times_per_order: int = 1
	orders_per_buyer: int = 0
	total_qty: int = 0

	@property
	def rank(self) -> tuple[int, str]:
		return self.priority, self.name


@dataclass(frozen=True)
class Bought:
	"""What of an order earns gifts: paid less refunded yuan, pieces of SKUs that are neither gifts nor refunded."""

	name: str
	shop: str
	platform: str
	order_type: str
	buyer: str
	paid_at: datetime | None
	amount: Decimal
	pieces: Mapping[str, int]


@dataclass(frozen=True)
class Refusal:
	"""Why a rule gives nothing: a code and its facts. `is_told` is False where the rule is none of the order's business."""

	code: str
	facts: Mapping[str, object] = field(default_factory=dict)
	is_told: bool = True


def count_times(rule: Rule, order: Bought) -> int | Refusal:
	"""How often an order has earned the gift of a rule, at most as often as one order may get it."""
	if (
		order.order_type not in EARNING_TYPES
		or not order.paid_at
		or (rule.shop and rule.shop != order.shop)
		or (rule.platform and rule.platform != order.platform)
	):
		return Refusal("other_order", is_told=False)
	if (rule.starts_at and order.paid_at < rule.starts_at) or (
		rule.ends_at and order.paid_at >= rule.ends_at
	):
		return Refusal("other_period", is_told=False)
	return count_earned(order, rule.min_amount, rule.bought_sku, rule.bought_qty, rule.times_per_order)


def count_earned(
	order: Bought, min_amount: Decimal, bought_sku: str, bought_qty: int, times: int = 1
) -> int | Refusal:
	"""How often amount and pieces together reach what is asked, at most `times`."""
	count = order.pieces.get(bought_sku, 0) if bought_sku else sum(order.pieces.values())
	wanted = max(bought_qty, 1)
	if count < wanted:
		return Refusal("bought_too_few", {"bought": count, "wanted": wanted, "sku": bought_sku})
	if order.amount < min_amount:
		return Refusal("amount_below", {"amount": f"{order.amount:.2f}", "wanted": f"{min_amount:.2f}"})
	reached = []
	if bought_sku or wanted > 1 or not min_amount:
		reached.append(count // wanted)
	if min_amount:
		reached.append(int(order.amount // min_amount))
	return min(*reached, max(times, 1))


def match(rules: Iterable[Rule], order: Bought) -> tuple[list[tuple[Rule, int]], list[tuple[Rule, Refusal]]]:
	"""Rules that an order has earned, each with how often, in their order; and those that it hasn't."""
	earned, refused = [], []
	for rule in sorted(rules, key=lambda rule: rule.rank):
		times = count_times(rule, order)
		if isinstance(times, Refusal):
			refused.append((rule, times))
		else:
			earned.append((rule, times))
	return earned, refused


@dataclass
class Ledger:
	"""How much each rule has given: pieces in all, and orders of each buyer, by rule."""

	given: dict[str, int] = field(default_factory=dict)
	by_buyer: dict[tuple[str, str], int] = field(default_factory=dict)

	def find_refusal(self, rule: Rule, buyer: str) -> Refusal | None:
		"""Why the rule gives no more to the buyer, or to anybody."""
		had = self.by_buyer.get((rule.name, buyer), 0) if buyer else 0
		if rule.orders_per_buyer and had >= rule.orders_per_buyer:
			return Refusal("buyer_limit", {"orders": had})
		if rule.total_qty and self.given.get(rule.name, 0) + rule.gift_qty > rule.total_qty:
			return Refusal("total_limit", {"pieces": rule.total_qty})
		return None

	def limit(self, rule: Rule, times: int) -> int:
		"""As often as what is left in total allows."""
		if not rule.total_qty:
			return times
		return min(times, (rule.total_qty - self.given.get(rule.name, 0)) // rule.gift_qty)

	def add(self, rule: Rule, buyer: str, pieces: int) -> None:
		self.given[rule.name] = self.given.get(rule.name, 0) + pieces
		if buyer:
			self.by_buyer[rule.name, buyer] = self.by_buyer.get((rule.name, buyer), 0) + 1


def find_conflict(rule: Rule, given: Iterable[Rule]) -> Refusal | None:
	"""Why a rule doesn't go together with those that have given to the order."""
	for other in given:
		if rule.is_exclusive or other.is_exclusive:
			return Refusal("exclusive", {"rule": other.name})
	return None
