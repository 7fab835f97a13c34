"""Coded reasons that keep an order back, and set arithmetic on the fields that store them.

Two sets. `HOLD_REASONS` (field `hold_reasons`): why an order can't be approved. `STOP_REASONS`
(field `stop_reasons`): why a parcel that is already in the warehouse must not leave. A field holds
sorted codes joined by commas, so that equal sets are equal strings. Pure but for the refusal text.
"""

from collections.abc import Iterable
from types import MappingProxyType

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError

HOLD_REASONS: MappingProxyType[str, str] = MappingProxyType(
	{
		"address_incomplete": "The address lacks a part that a courier needs.",
		"address_unknown": "Province, city and district don't belong together.",
		"phone_invalid": "The phone number can't be a real one.",
		"price_mismatch": "A price differs from the listing by more than the rule allows.",
		"amount_mismatch": "The lines don't add up to the order.",
		"quantity_unusual": "The quantity is zero, negative or unusually high.",
		"listing_unmatched": "A line is not matched to a SKU.",
		"duplicate_suspected": "The same buyer ordered the same goods a short time ago.",
		"buyer_blocked": "The buyer is on the blocked list.",
		"region_remote": "The region is remote or not served.",
		"memo_present": "A buyer's message or a seller's memo wants to be read.",
		"invoice_requested": "The buyer asks for an invoice.",
		"balance_unpaid": "A deposit is paid, the balance is not.",
		"ship_later": "It is to be sent on a later day.",
		"platform_locked": "The platform forbids shipping for now.",
		"refund_requested": "The buyer has asked for a refund, or has got one, for a part of the order.",
		"stock_short": "No warehouse can serve the order in full.",
		"region_unserved": "No warehouse sends to the receiver's region.",
		"courier_unserved": "No courier takes the parcel to the receiver's region.",
		"warehouse_missing": "No warehouse may send the order.",
		"margin_low": "The estimated profit is under the floor of a rule.",
		"rule": "A rule holds the order; the timeline names it.",
		"manual": "A person holds the order.",
	}
)

STOP_REASONS: MappingProxyType[str, str] = MappingProxyType(
	{
		"refund_requested": "The buyer has asked for a refund.",
		"refunded": "The refund is done.",
		"address_changed": "The address changed after approval.",
		"items_changed": "The goods changed after approval.",
		"courier_changed": "The courier changed after the label was made.",
		"warehouse_changed": "The warehouse changed after approval.",
		"memo_changed": "The memo changed after approval.",
		"order_closed": "The platform closed the order.",
		"order_held": "The order was sent back or held after approval.",
		"order_shipped": "The platform says that the order has left, in no parcel of ours.",
		"stock_missing": "Goods that were promised to the order are missing.",
		"manual": "A person stopped the parcel.",
	}
)


def parse_codes(text: str | None) -> frozenset[str]:
	"""The codes in a stored field; blanks are ignored."""
	return frozenset(code.strip() for code in (text or "").split(",") if code.strip())


def join_codes(codes: Iterable[str]) -> str:
	"""The stored form of a set of codes: sorted, comma separated, empty for none."""
	return ",".join(sorted({code.strip() for code in codes if code.strip()}))


def normalise_codes(text: str | None, known: Iterable[str] | None = None) -> str:
	"""The stored form of typed codes; with `known`, an unknown code raises InvalidValueError."""
	codes = parse_codes(text)
	if known is not None and (unknown := codes - set(known)):
		frappe.throw(
			_("{0} is not a known reason. Known reasons: {1}").format(
				", ".join(sorted(unknown)), ", ".join(sorted(known))
			),
			exc=InvalidValueError,
			title=_("Unknown reason"),
		)
	return join_codes(codes)


def add_codes(text: str | None, *codes: str) -> str:
	return join_codes(parse_codes(text) | set(codes))


def remove_codes(text: str | None, *codes: str) -> str:
	return join_codes(parse_codes(text) - set(codes))
