"""The canonical order life cycle: one table that everything asks.

Writes only through `move_orders`; other modules never set `Order.status` by themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidTransitionError
from storegroup_oms.orders import events, outbox


@dataclass(frozen=True)
class Status:
	"""One canonical status.

	`next` are the statuses that may follow by work in the house; `is_open` says that the order
	still needs work; `colour` is the indicator's colour on the desk.
	"""

	meaning: str
	next: frozenset[str]
	is_open: bool
	colour: str


def _status(meaning: str, following: tuple[str, ...], is_open: bool, colour: str) -> Status:
	return Status(meaning, frozenset(following), is_open, colour)


_TO_WAREHOUSE = ("To Print", "To Pick", "To Ship")

STATUSES: MappingProxyType[str, Status] = MappingProxyType(
	{
		"Unpaid": _status(
			"The buyer has ordered and not paid yet.", ("To Review", "On Hold", "Closed"), True, "gray"
		),
		"To Review": _status(
			"Paid; waits for the checks, the rules or a person.",
			("On Hold", "Backorder", "To Print", "Shipped", "Completed", "Closed"),
			True,
			"blue",
		),
		"On Hold": _status(
			"At least one coded reason keeps the order back.",
			("To Review", "Backorder", "To Print", "Shipped", "Completed", "Closed"),
			True,
			"red",
		),
		"Backorder": _status(
			"Approved, but no warehouse can serve it in full now.",
			("To Review", "On Hold", "To Print", "Shipped", "Completed", "Closed"),
			True,
			"orange",
		),
		"To Print": _status(
			"Reserved and routed; the label has not been printed.",
			(
				"To Review",
				"On Hold",
				"Backorder",
				"To Pick",
				"To Ship",
				"Partly Shipped",
				"Shipped",
				"Completed",
				"Closed",
			),
			True,
			"cyan",
		),
		"To Pick": _status(
			"The label is printed; the goods are still on the shelf.",
			("On Hold", "To Print", "To Ship", "Partly Shipped", "Shipped", "Completed", "Closed"),
			True,
			"purple",
		),
		"To Ship": _status(
			"Picked and verified; the courier has not taken it.",
			("On Hold", "To Print", "To Pick", "Partly Shipped", "Shipped", "Completed", "Closed"),
			True,
			"yellow",
		),
		"Partly Shipped": _status(
			"At least one parcel has left, at least one has not.",
			("On Hold", *_TO_WAREHOUSE, "Shipped", "Completed", "Closed"),
			True,
			"light-blue",
		),
		"Shipped": _status("Every parcel has left.", ("Completed", "Closed"), False, "green"),
		"Completed": _status(
			"The buyer has confirmed, or the platform did after its time.", ("Closed",), False, "darkgrey"
		),
		"Closed": _status("Cancelled, or refunded in full. Nothing is to be sent.", (), False, "darkgrey"),
	}
)

DEFAULT_STATUS = "Unpaid"


def can_move(from_status: str | None, to_status: str) -> bool:
	"""True when the life cycle leads from one status to the other; staying is allowed, so is a first status."""
	if to_status not in STATUSES:
		return False
	if not from_status or from_status == to_status:
		return True
	return to_status in STATUSES[from_status].next if from_status in STATUSES else True


def assert_transition(from_status: str | None, to_status: str, order: str | None = None) -> None:
	"""Raise InvalidTransitionError unless `can_move`. `order` only makes the sentence clearer."""
	if can_move(from_status, to_status):
		return
	if to_status not in STATUSES:
		frappe.throw(
			_("Order {0}: {1} is not an order status. Use one of: {2}").format(
				order or "", to_status, ", ".join(_(word) for word in STATUSES)
			),
			exc=InvalidTransitionError,
			title=_("Unknown status"),
		)
	allowed = ", ".join(_(word) for word in STATUSES if word in STATUSES[from_status].next) or _("none")
	frappe.throw(
		_("Order {0} is {1} and can't become {2}. Possible next: {3}").format(
			order or "", _(from_status), _(to_status), allowed
		),
		exc=InvalidTransitionError,
		title=_("Order can't be moved"),
	)


def get_open_statuses() -> tuple[str, ...]:
	"""Statuses of orders that still need work, in the order of the life cycle."""
	return tuple(word for word, status in STATUSES.items() if status.is_open)


def move_orders(names: Iterable[str], to_status: str, source: str, details: dict | None = None) -> list[str]:
	"""Move orders to a status in one statement, with one timeline row each.

	Rows are locked in name order. Orders already there are left alone. All or nothing: one order
	that may not move raises InvalidTransitionError and none is moved. Returns the moved names.
	"""
	wanted = sorted(set(names))
	if not wanted:
		return []
	order = frappe.qb.DocType("Order")
	rows = (
		frappe.qb.from_(order)
		.select(order.name, order.status)
		.where(order.name.isin(wanted))
		.orderby(order.name)
		.for_update()
	).run()
	moving = [(name, status) for name, status in rows if status != to_status]
	for name, status in moving:
		assert_transition(status, to_status, name)
	if not moving:
		return []
	moved = [name for name, _status_before in moving]
	(
		frappe.qb.update(order)
		.set(order.status, to_status)
		.set(order.modified, frappe.utils.now())
		.set(order.modified_by, frappe.session.user)
		.where(order.name.isin(moved))
	).run()
	events.record_moves(moving, to_status, source, details)
	outbox.record_changes(updated=[(name, {"status": before}) for name, before in moving])
	return moved
