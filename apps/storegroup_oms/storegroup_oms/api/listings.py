"""Endpoints of the listing's form and list: find the SKU that a listing sells."""

import frappe
from frappe import _

from storegroup_oms.catalog import matching, suggestions
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission

MAX_LISTINGS = 1_000


@frappe.whitelist(methods=["GET", "POST"])
def get_suggestions(listing: str, limit: int = 5) -> list[dict]:
	"""SKUs that a listing probably sells, best first: {sku, sku_name, specification, score, reason}.

	For those who may match the listing.
	"""
	require_permission("Listing", "write", listing)
	require_permission("SKU", "read")
	return suggestions.suggest_skus(listing, frappe.utils.cint(limit) or 5)


@frappe.whitelist(methods=["POST"])
def match_by_code(names: str) -> dict[str, int]:
	"""Match listings (a JSON list of names) to SKUs by merchant code: {matched, asked}.

	Listings that the user may not see are passed over; those that have a SKU stay as they are.
	"""
	require_permission("Listing", "write")
	wanted = frappe.parse_json(names)
	if not isinstance(wanted, list) or len(wanted) > MAX_LISTINGS:
		frappe.throw(
			_("Choose up to {0} listings.").format(MAX_LISTINGS),
			exc=InvalidValueError,
			title=_("Too Many Listings"),
		)
	visible = frappe.get_list(
		"Listing", filters={"name": ("in", wanted or [""])}, pluck="name", order_by="name asc", limit=0
	)
	return {"matched": len(matching.match_by_code(visible)), "asked": len(wanted)}
