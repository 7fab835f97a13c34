"""Bundles that contain themselves, got past the form by an import or by SQL: told once, until they are mended.

Everything that takes bundles apart for many SKUs passes them over; their listings keep the figure they have.
"""

import frappe
from frappe import _

from storegroup_oms.catalog.bundles import find_endless
from storegroup_oms.inventory import notices
from storegroup_oms.transactions import run_in_transaction

KEY = "endless-bundle:"
READERS = ("OMS Administrator", "OMS Manager")


def check() -> list[str]:
	"""Open a task for each bundle in a circle that has none, close those of mended ones; returns the new ones' SKUs.

	Never commits.
	"""
	endless = set(find_endless())
	known = {key.removeprefix(KEY): key for key in _find_open_keys()}
	for sku in sorted(known.keys() - endless):
		notices.close_task(known[sku])
	new = sorted(endless - known.keys())
	for sku in new:
		subject = _("Bundle {0} contains itself").format(sku)
		description = _(
			"Nobody can say what it takes from stock, so its listings keep the figure that they have and its orders"
			" wait. Correct its components."
		)
		notices.open_task(KEY + sku, subject, description, reference=("SKU", sku))
		notices.tell(notices.find_users(READERS), subject, ("SKU", sku))
	return new


def _find_open_keys() -> list[str]:
	return frappe.get_all(
		"Task", filters={"dedupe_key": ["like", f"{KEY}%"]}, pluck="dedupe_key", order_by="name asc"
	)


def run() -> None:
	"""The job. Commits."""
	run_in_transaction(check)


def enqueue() -> None:
	"""The scheduler's entry, every ten minutes."""
	frappe.enqueue(
		"storegroup_oms.inventory.endless_bundles.run",
		queue="short",
		job_id="endless_bundles",
		deduplicate=True,
	)
