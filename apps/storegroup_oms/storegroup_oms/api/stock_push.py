"""Endpoints of stock at the platforms: why a listing shows its figure, push now, stop selling."""

import frappe
from frappe import _

from storegroup_oms.bulk import update_rows
from storegroup_oms.connectors import offers, stock_hints, stock_push
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.permissions import require_permission

MAX_LISTINGS = 1_000


@frappe.whitelist(methods=["GET", "POST"])
def explain(listing: str) -> dict:
	"""The steps to the figure that a listing shall show now; see `offers.explain`."""
	require_permission("Listing", "read", listing)
	require_permission("Stock Balance")
	return offers.explain(listing)


@frappe.whitelist(methods=["POST"])
def push_now(names: str) -> dict[str, int]:
	"""Compute listings (a JSON list of names) anew and send them, whatever was sent before: {pushed, asked}."""
	wanted = _read_names(names)
	visible = _find_visible(wanted)
	pushed = stock_push.ask_again(visible)
	stock_hints.note_listings(visible)
	stock_hints.start_loop()
	return {"pushed": pushed, "asked": len(wanted)}


@frappe.whitelist(methods=["POST"])
def stop_listings(names: str, stopped: bool = True) -> dict[str, int]:
	"""Have listings (a JSON list of names) show 0 from now on, or sell again: {changed, asked}."""
	wanted = _read_names(names)
	return {"changed": _set_stopped(_find_visible(wanted), frappe.utils.sbool(stopped)), "asked": len(wanted)}


@frappe.whitelist(methods=["POST"])
def stop_sku(sku: str, stopped: bool = True) -> dict[str, int]:
	"""The same for every listing, of the shops that the user serves, that sells a SKU or a bundle with it.

	Answers {changed, asked}; `asked` are all listings found.
	"""
	require_permission("SKU", "read", sku)
	found = offers.find_listings([sku])
	return {"changed": _set_stopped(_find_visible(found), frappe.utils.sbool(stopped)), "asked": len(found)}


def _read_names(names: str) -> list[str]:
	wanted = frappe.parse_json(names)
	if not isinstance(wanted, list) or len(wanted) > MAX_LISTINGS:
		frappe.throw(
			_("Choose up to {0} listings.").format(MAX_LISTINGS),
			exc=InvalidValueError,
			title=_("Too Many Listings"),
		)
	return wanted


def _find_visible(names: list[str]) -> list[str]:
	"""Those that the user sees and may change."""
	require_permission("Listing", "write")
	return frappe.get_list(
		"Listing", filters={"name": ("in", names or [""])}, pluck="name", order_by="name asc", limit=0
	)


def _set_stopped(names: list[str], stopped: bool) -> int:
	rows = frappe.get_all(
		"Listing",
		filters={"name": ["in", names or [""]], "stock_stopped": int(not stopped)},
		pluck="name",
		order_by="name asc",
	)
	update_rows(
		"Listing", [{"name": name, "stock_stopped": int(stopped)} for name in rows], ("stock_stopped",)
	)
	stock_hints.note_listings(rows)
	return len(rows)
