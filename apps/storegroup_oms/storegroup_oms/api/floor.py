"""Endpoints of the packing table: take a parcel by its number, what a code means, verify, weigh, send off, put back.

Each may be called again with the same arguments, as a phone does that had no network for a while.
"""

import frappe
from frappe import _

from storegroup_oms.api.parcels import require_parcels
from storegroup_oms.catalog.barcodes import find_codes
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import steps
from storegroup_oms.fulfilment.floor import verifying
from storegroup_oms.permissions import is_in_scope, require_permission
from storegroup_oms.transactions import repeat_request

LONGEST_CODE = 140


@frappe.whitelist(methods=["POST"])
def take(code: str) -> dict:
	"""Take the parcel of a scanned number: {state, text, parcel}; see `verifying.take`. Those of others are unknown."""
	require_permission("Shipment", "write")
	name = verifying.find_parcel(code[:LONGEST_CODE])
	if not name or not is_in_scope("Shipment", name):
		text = _("No parcel has the number {0}.").format(code[:LONGEST_CODE])
		return {"state": verifying.UNKNOWN, "text": text, "parcel": None}
	user = frappe.session.user
	return repeat_request(lambda: verifying.take(name, user))


@frappe.whitelist(methods=["GET"])
def find_piece(code: str) -> dict | None:
	"""The SKU of a scanned code: {sku, sku_name, pieces}; None for an unknown one."""
	require_permission("Shipment", "write")
	found = find_codes([code[:LONGEST_CODE]]).get(code[:LONGEST_CODE])
	return found and {"sku": found.sku, "sku_name": found.sku_name, "pieces": found.pieces}


@frappe.whitelist(methods=["POST"])
def verify(shipment: str, counts: dict | str) -> dict:
	"""{SKU: pieces} were found in a parcel: {refused}, why it can't go on, empty when it is verified."""
	(name,) = require_parcels([shipment])
	given = frappe.parse_json(counts)
	if not isinstance(given, dict):
		frappe.throw(_("Nothing has been scanned."), exc=InvalidValueError, title=_("Counts"))
	user = frappe.session.user
	return {"refused": repeat_request(lambda: verifying.verify(name, given, user))}


@frappe.whitelist(methods=["POST"])
def weigh(shipment: str, grams: int, reason: str = "") -> dict:
	"""The scale says so many grams: {state, text, span}; see `verifying.weigh`."""
	(name,) = require_parcels([shipment])
	user = frappe.session.user
	return repeat_request(lambda: verifying.weigh(name, frappe.utils.cint(grams), user, reason))


@frappe.whitelist(methods=["POST"])
def ship(shipment: str) -> dict:
	"""A parcel goes to the courier: {refused}, why not, empty when it has left."""
	(name,) = require_parcels([shipment])
	done = repeat_request(lambda: steps.mark_shipped([name]))
	return {"refused": done.refused.get(name, "")}


@frappe.whitelist(methods=["POST"])
def release(shipment: str) -> None:
	"""Put back a parcel that the user holds."""
	(name,) = require_parcels([shipment])
	verifying.release(name, frappe.session.user)
