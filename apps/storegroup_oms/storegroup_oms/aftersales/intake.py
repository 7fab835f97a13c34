"""Refund cases of platforms into After-sale Cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from storegroup_oms.orders.canonical import CanonicalRefund


@dataclass
class SaveRefundsResult:
	"""`unknown_orders` are platform numbers of orders that we lack; their cases were not written."""

	unknown_orders: list[str] = field(default_factory=list)


def save_refunds(shop: str, refunds: Sequence[CanonicalRefund], source: str) -> SaveRefundsResult:
	"""Write cases; see the result. Doesn't commit."""
	return SaveRefundsResult()
