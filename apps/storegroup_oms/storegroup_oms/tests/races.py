"""Work done by several database connections at the same moment, for race tests."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import frappe

from storegroup_oms.transactions import run_in_transaction

Result = TypeVar("Result")


def run_together(works: Sequence[Callable[[], Result]]) -> list[Result]:
	"""Run each work in a thread with a connection of its own, all starting at once; returns their results.

	Each is committed, so the test has to commit what they need before and remove what they wrote after.
	"""
	site, barrier = frappe.local.site, threading.Barrier(len(works))

	def run(work: Callable[[], Result]) -> Result:
		frappe.init(site, sites_path=".")
		frappe.connect()
		frappe.flags.in_test = True
		try:
			barrier.wait()
			return run_in_transaction(work)
		finally:
			frappe.destroy()

	with ThreadPoolExecutor(len(works)) as threads:
		return list(threads.map(run, works))


def remove_parcels(orders: Sequence[str]) -> None:
	"""Delete the parcels that orders were in, with their rows; the caller commits."""
	names = frappe.get_all(
		"Shipment Order", {"order": ("in", list(orders) or [""])}, pluck="parent", order_by="name"
	)
	for doctype, column in (("Shipment Order", "parent"), ("Shipment Item", "parent"), ("Shipment", "name")):
		frappe.db.delete(doctype, {column: ("in", names or [""])})


def remove_shop(shop: str) -> None:
	"""Delete a shop and all that intake wrote for it, and commit. For tests that had to commit."""
	frappe.db.rollback()
	customers = frappe.get_all(
		"Order", {"shop": shop, "customer": ("is", "set")}, pluck="customer", order_by="name"
	)
	remove_parcels(frappe.get_all("Order", {"shop": shop}, pluck="name", order_by="name"))
	for doctype, column in (
		("Order Item", "parent"),
		("Order Event", "order"),
		("Order Receiver", "order"),
		("Order Change", "order"),
	):
		frappe.db.sql(
			f"DELETE child FROM `tab{doctype}` child JOIN tabOrder owner ON owner.name = child.`{column}`"
			" WHERE owner.shop = %s",
			shop,
		)
	for doctype, filters in (
		("Order", {"shop": shop}),
		("Listing", {"shop": shop}),
		("Customer", {"name": ("in", customers or [""])}),
		("Customer Identity", {"parent": ("in", customers or [""])}),
		("Shop", {"name": shop}),
	):
		frappe.db.delete(doctype, filters)
	frappe.db.commit()
