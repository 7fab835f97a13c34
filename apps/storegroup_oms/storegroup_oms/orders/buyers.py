"""Buyers of orders: which customer an order counts for, new or coming back, and the customers' figures after."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.customers import attach
from storegroup_oms.orders.canonical import CanonicalOrder
from storegroup_oms.orders.receivers import hash_mobile
from storegroup_oms.transactions import run_in_transaction

NEW, REPEAT = "New Customer", "Repeat Customer"
REFRESH_CHUNK = 500
STALE_MINUTES = 130


def make_buyer(order: CanonicalOrder, masks: dict[str, str]) -> attach.Buyer:
	"""The buyer of an order; `masks` are the order's masked receiver_name, receiver_mobile and address."""
	receiver = order.receiver
	return attach.Buyer(
		platform=order.platform,
		platform_buyer_id=order.platform_buyer_id,
		nick=order.buyer_nick,
		receiver_name=masks["receiver_name"],
		mobile_masked=masks["receiver_mobile"],
		mobile_hash=hash_mobile(receiver.mobile),
		province=receiver.province,
		city=receiver.city,
		district=receiver.district,
		address_masked=masks["address"],
	)


def attach_customers(rows: Sequence[dict]) -> set[str]:
	"""Set `customer` and `customer_kind` on order rows, taking `buyer` out of each; returns the customers.

	A row needs ordered_at and paid_at besides. An order is of a repeat customer when an earlier one of the same
	customer is paid, stored or in `rows`.
	"""
	customers = attach.attach_buyers(row["buyer"] for row in rows)
	first_paid = attach.get_first_paid(customers.values())
	for row in rows:
		row["customer"] = customers.get(row.pop("buyer"))
		if row["customer"] and row["paid_at"]:
			first = first_paid.get(row["customer"])
			first_paid[row["customer"]] = min(first, row["ordered_at"]) if first else row["ordered_at"]
	for row in rows:
		row["customer_kind"] = _tell_kind(row["ordered_at"], first_paid.get(row["customer"]), row["customer"])
	return {row["customer"] for row in rows if row["customer"]}


def _tell_kind(ordered_at: datetime, first_paid: datetime | None, customer: str | None) -> str:
	if not customer:
		return ""
	return REPEAT if first_paid and first_paid < ordered_at else NEW


def enqueue_refresh(customers: Iterable[str]) -> None:
	"""Have the figures of customers recomputed in the background, after commit."""
	names = sorted(set(customers))
	if names:
		frappe.enqueue(
			"storegroup_oms.orders.buyers.run_refresh", queue="long", enqueue_after_commit=True, names=names
		)


def enqueue_stale() -> None:
	"""The scheduler's safety net, hourly: customers whose refresh was lost with its worker are refreshed."""
	enqueue_refresh(find_stale_customers())


def find_stale_customers(minutes: int = STALE_MINUTES) -> list[str]:
	"""Customers whose figures are older than an order of theirs that was written within the last minutes.

	The last two minutes are left out: their refresh may just be under way.
	"""
	order, customer = frappe.qb.DocType("Order"), frappe.qb.DocType("Customer")
	now = now_datetime()
	return (
		frappe.qb.from_(order)
		.join(customer)
		.on(customer.name == order.customer)
		.select(customer.name)
		.distinct()
		.where(order.modified[add_to_date(now, minutes=-minutes) : add_to_date(now, minutes=-2)])
		.where(customer.modified < order.modified)
		.orderby(customer.name)
	).run(pluck=True)


def run_refresh(names: Sequence[str]) -> None:
	"""The background job of `enqueue_refresh`: counters, and the kind of orders that came late. Commits."""
	for start in range(0, len(names), REFRESH_CHUNK):
		# Ends the job's own view of the database, so that the figures are read after the rows are locked.
		frappe.db.commit()
		run_in_transaction(partial(_refresh, names[start : start + REFRESH_CHUNK]))


def _refresh(names: Sequence[str]) -> None:
	attach.refresh_customers(names)
	correct_kinds(names)


def correct_kinds(customers: Sequence[str]) -> int:
	"""Set the customer kind of stored orders that the first paid order known now makes wrong; returns how many."""
	firsts = attach.get_first_paid(customers)
	if not firsts:
		return 0
	order = frappe.qb.DocType("Order")
	rows = (
		frappe.qb.from_(order)
		.select(order.name, order.customer, order.customer_kind, order.ordered_at)
		.where(order.customer.isin(sorted(firsts)))
		.orderby(order.name)
	).run(as_dict=True)
	wrong = [
		{"name": row.name, "customer_kind": kind}
		for row in rows
		if (kind := _tell_kind(row.ordered_at, firsts[row.customer], row.customer)) != row.customer_kind
	]
	return update_rows("Order", wrong, ("customer_kind",))
