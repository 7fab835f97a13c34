"""Endpoints of the stock pages: proof and repair."""

import frappe
from frappe import _

from storegroup_oms.inventory import drifts, proof
from storegroup_oms.permissions import require_permission

REPAIRERS = {"OMS Administrator", "System Manager"}


@frappe.whitelist(methods=["POST"])
def prove_stock(sku: str = "") -> None:
	"""Compare one SKU with its ledger now, or all of stock in the background where none is named. Commits."""
	require_permission("Stock Drift", "report")
	if sku:
		require_permission("SKU", "read", sku)
		drifts.prove("Chosen", [sku], proof.find_lines_of(sku))
	else:
		drifts.enqueue_whole()


@frappe.whitelist(methods=["POST"])
def repair_stock(names: list | str, reason: str) -> dict[str, str]:
	"""Repair differences on record: {name: what was done}. For administrators; see `drifts.repair`."""
	if not REPAIRERS & set(frappe.get_roles()):
		frappe.throw(
			_("Only administrators repair stock."), exc=frappe.PermissionError, title=_("Not Permitted")
		)
	wanted = frappe.parse_json(names)
	for name in wanted:
		require_permission("Stock Drift", "read", name)
	return drifts.repair(wanted, reason)
