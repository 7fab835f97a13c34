"""From payloads to saved orders: map each, put the bad ones aside, save the rest in one go.

Never commits; the caller owns the transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import frappe

from storegroup_oms.connectors import quarantine
from storegroup_oms.connectors.base import Payload
from storegroup_oms.connectors.errors import MappingError
from storegroup_oms.connectors.quarantine import BadOrder
from storegroup_oms.connectors.registry import Connector
from storegroup_oms.orders import intake
from storegroup_oms.orders.canonical import CanonicalOrder, CanonicalRefund


@dataclass
class Mapped:
	"""Payloads sorted into orders that can be saved and bad ones."""

	orders: list[CanonicalOrder] = field(default_factory=list)
	bad: list[BadOrder] = field(default_factory=list)


@dataclass(frozen=True)
class Received:
	"""What became of a batch: `saved` counts its orders, `quarantined` the bad ones, `names` are ours by number."""

	saved: int
	quarantined: int
	names: dict[str, str]


def map_orders(connector: Connector, payloads: Iterable[tuple[str, Payload]]) -> Mapped:
	"""Read (order number, payload) pairs; what can't be read is put aside with its reason, whatever the fault."""
	mapped = Mapped()
	for order_no, payload in payloads:
		try:
			order = connector.map_order(payload)
			if order.platform_order_no != order_no:
				raise MappingError("field_invalid", "order number", order.platform_order_no)
			mapped.orders.append(order)
		except MappingError as error:
			mapped.bad.append(BadOrder(order_no, payload, error))
		except Exception as error:
			# A fault of the mapper itself must not hold up the other orders either; the log has the trace.
			frappe.log_error(title=f"Mapper failed on an order of {connector.platform}")
			mapped.bad.append(
				BadOrder(order_no, payload, MappingError("field_invalid", "?", type(error).__name__))
			)
	return mapped


def save(shop: str, mapped: Mapped, source: str, user: str = "") -> Received:
	"""Write a batch: good orders through intake, bad ones to quarantine; what came through is resolved there.

	`user` is who replayed them, empty where they came by themselves.
	"""
	result = intake.save_orders(shop, mapped.orders, source) if mapped.orders else intake.SaveResult()
	if mapped.bad:
		quarantine.put_aside(shop, mapped.bad)
	quarantine.resolve(shop, [order.platform_order_no for order in mapped.orders], user)
	return Received(len(mapped.orders), len({bad.order_no for bad in mapped.bad}), result.names)


def map_refunds(connector: Connector, payloads: Iterable[Payload]) -> tuple[list[CanonicalRefund], set[str]]:
	"""Read refund cases; returns them and the reasons and places of those that can't be read."""
	refunds: list[CanonicalRefund] = []
	bad: set[str] = set()
	for position, payload in enumerate(payloads):
		try:
			refunds.append(connector.map_refund(payload))
		except MappingError as error:
			bad.add(f"{position}:{error.reason}:{error.path}")
	return refunds, bad
