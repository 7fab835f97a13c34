"""What a newer copy from the platform does to an order that is stored: status, holds, stops, end of life.

Rules only: no database. An order that waits for its review is held (`hold_reasons`), one that has passed it
is stopped (`stop_reasons`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from storegroup_oms.orders.canonical import PlatformHold
from storegroup_oms.orders.holds import join_codes, parse_codes

PLATFORM_HOLDS = frozenset(get_args(PlatformHold))
BEFORE_REVIEW = ("Unpaid", "To Review", "On Hold", "Backorder")
PAST_REVIEW = ("To Print", "To Pick", "To Ship", "Partly Shipped")
ENDED = ("Shipped", "Completed", "Closed")
END_FIELDS = ("shipped_at", "completed_at", "closed_at", "closed_reason")
REFUND_OPEN = ("Requested", "Refunding")

# How far an order has come in the platform's eyes; a platform never takes an order back.
_PROGRESS = {"Unpaid": 0, "Partly Shipped": 2, "Shipped": 3, "Completed": 4, "Closed": 5}
_PAID = 1


@dataclass(frozen=True)
class RefundChange:
	"""What became of the refunds of an order's lines: newly asked for, newly done, asked for or done now."""

	is_asked: bool = False
	is_done: bool = False
	is_open: bool = False
	has_refunded: bool = False


def merge_status(stored: str, incoming: str | None) -> str:
	"""The status after the platform's word: it moves an order on, never back, and never among our own steps.

	"To Review" from a platform only means paid and not shipped: an order that is being picked stays so. Steps
	may be left out: what happened between two looks at the platform isn't seen.
	"""
	if incoming is None or _PROGRESS.get(incoming, _PAID) <= _PROGRESS.get(stored, _PAID):
		return stored
	return incoming


def compare_refunds(before: Iterable[str], after: Iterable[str]) -> RefundChange:
	"""Compare the refund statuses of an order's lines, line by line in the same order."""
	pairs = [(old or "", new or "") for old, new in zip(before, after, strict=True)]
	return RefundChange(
		is_asked=any(new in REFUND_OPEN and old not in REFUND_OPEN for old, new in pairs),
		is_done=any(new == "Refunded" and old != "Refunded" for old, new in pairs),
		is_open=any(new in REFUND_OPEN for _old, new in pairs),
		has_refunded=any(new == "Refunded" for _old, new in pairs),
	)


def merge_holds(
	stored: str | None,
	status: str,
	refund: RefundChange,
	platform_codes: Iterable[str] | None = None,
	is_unmatched: bool | None = None,
) -> str:
	"""The hold reasons of an order of this status.

	The platform's codes follow its newest word (None: it said nothing), `listing_unmatched` follows the lines
	(None: not looked at) once the order is paid, `refund_requested` the refunds; everybody else's codes stay. An
	order that has left or ended is not held any more.
	"""
	if status in ENDED:
		return ""
	codes = set(parse_codes(stored))
	if platform_codes is not None:
		codes = (codes - PLATFORM_HOLDS) | set(platform_codes)
	if status not in BEFORE_REVIEW:
		return join_codes(codes)
	if refund.is_asked or refund.is_done:
		codes.add("refund_requested")
	elif not (refund.is_open or refund.has_refunded):
		codes.discard("refund_requested")
	if is_unmatched is not None:
		codes.discard("listing_unmatched")
		if is_unmatched and status != "Unpaid":
			codes.add("listing_unmatched")
	return join_codes(codes)


def merge_stops(stored: str | None, status: str, refund: RefundChange, codes: Iterable[str] = ()) -> str:
	"""The stop reasons of an order that had this status when the change came; `codes` are added.

	Only an order past its review gets reasons. `refund_requested` goes when no refund is open any more.
	"""
	stops = set(parse_codes(stored)) | set(codes)
	if status in PAST_REVIEW:
		if refund.is_asked:
			stops.add("refund_requested")
		if refund.is_done:
			stops.add("refunded")
	if not refund.is_open:
		stops.discard("refund_requested")
	return join_codes(stops)


def settle_status(status: str, holds_before: str | None, holds: str) -> str:
	"""Holds move an order between To Review and On Hold, and no other.

	An order that a person holds without a reason stays: only the last reason going away releases it.
	"""
	if status == "To Review" and holds:
		return "On Hold"
	if status == "On Hold" and holds_before and not holds:
		return "To Review"
	return status


def get_end_values(
	stored: dict, before: str | None, after: str, moment: datetime | None, was_paid: bool, is_refunded: bool
) -> dict:
	"""shipped_at, completed_at, closed_at and closed_reason after a move; what is stored already stays.

	`before` is None for an order that is new to us; `moment` is when the platform says that it changed.
	"""
	values = {field: stored.get(field) for field in END_FIELDS}
	if before == after:
		return values
	if after == "Shipped" or (after == "Completed" and before not in (None, *ENDED)):
		values["shipped_at"] = values["shipped_at"] or moment
	if after == "Completed":
		values["completed_at"] = values["completed_at"] or moment
	if after == "Closed":
		never_paid = not was_paid and before in (None, "Unpaid")
		reason = "Never Paid" if never_paid else "Refunded" if is_refunded else "Buyer Cancelled"
		values["closed_at"] = values["closed_at"] or moment
		values["closed_reason"] = values["closed_reason"] or reason
	return values
