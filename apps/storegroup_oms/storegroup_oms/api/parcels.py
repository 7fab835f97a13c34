"""Endpoints of parcels: steps of many at once, merge, split and their undo, stops let go by a person."""

from collections.abc import Sequence

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import layout, parcel_jobs, parcel_rows, stop_release
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request

AT_ONCE = 100
MOST = 2000


@frappe.whitelist(methods=["POST"])
def take_step(step: str, shipments: list | str) -> dict:
	"""Take a step (pick, verify, ship, undo_print, undo_verify) with parcels.

	{names, refused: {parcel: why}, queued}: of more than a hundred a job takes care, and `queued` says how many.
	"""
	if step not in parcel_jobs.STEPS:
		_refuse(_("{0} is not a step of a parcel.").format(step))
	names = require_parcels(shipments)
	if len(names) > AT_ONCE:
		parcel_jobs.enqueue(step, names)
		return {"names": [], "refused": {}, "queued": len(names)}
	done = repeat_request(lambda: parcel_jobs.STEPS[step](names))
	return {"names": done.names, "refused": done.refused, "queued": 0}


@frappe.whitelist(methods=["POST"])
def merge(shipments: list | str) -> str:
	"""Put parcels together; returns the name of the one that is left."""
	names = require_parcels(shipments)
	return repeat_request(lambda: layout.merge(names))


@frappe.whitelist(methods=["POST"])
def unmerge(shipments: list | str) -> list[str]:
	"""Give each order of the parcels one of its own again; returns the names of all."""
	names = require_parcels(shipments)
	return repeat_request(lambda: layout.unmerge(names))


@frappe.whitelist(methods=["POST"])
def split(shipment: str, units: dict | str) -> str:
	"""Put {order line: units} of a parcel into one of their own; returns its name."""
	(name,) = require_parcels([shipment])
	chosen = frappe.parse_json(units)
	return repeat_request(lambda: layout.split(name, chosen))


@frappe.whitelist(methods=["GET"])
def get_suggestions() -> list[list[str]]:
	"""Groups of parcels that may be put together, those alone that the user sees whole."""
	require_permission("Shipment")
	groups = layout.find_mergeable()
	visible = _keep_visible({name for group in groups for name in group})
	return [group for group in groups if visible.issuperset(group)]


@frappe.whitelist(methods=["GET"])
def find_for_orders(orders: list | str) -> list[str]:
	"""Live parcels of orders that the user sees, by name."""
	require_permission("Shipment")
	wanted = _read_names(orders)
	seen = frappe.get_list(
		"Order", filters={"name": ["in", wanted]}, pluck="name", order_by="name asc", limit=MOST
	)
	return sorted(_keep_visible(parcel_rows.find_names(seen)))


@frappe.whitelist(methods=["POST"])
def stop(shipments: list | str) -> list[str]:
	"""Stop parcels by hand; returns the names of those stopped now."""
	names = require_parcels(shipments)
	return repeat_request(lambda: stop_release.stop(names))


@frappe.whitelist(methods=["POST"])
def release(shipments: list | str, reason: str) -> dict:
	"""Let go what a person may let go of what stops parcels: {names, refused}. `reason` is kept."""
	names = require_parcels(shipments)
	done = repeat_request(lambda: stop_release.release(names, reason))
	return {"names": done.names, "refused": done.refused}


def require_parcels(shipments: list | str) -> list[str]:
	"""Names of parcels that the user may change; raises frappe.PermissionError when one of them is not."""
	require_permission("Shipment", "write")
	names = _read_names(shipments)
	hidden = set(names) - _keep_visible(names)
	if hidden:
		frappe.throw(
			_("{0} is not open to you.").format(", ".join(sorted(hidden))),
			exc=frappe.PermissionError,
			title=_("Not Permitted"),
		)
	return names


def _read_names(value: list | str) -> list[str]:
	names = frappe.parse_json(value)
	if not isinstance(names, list) or not names or len(names) > MOST:
		_refuse(_("Choose between 1 and {0} records.").format(MOST))
	return list(dict.fromkeys(str(name) for name in names))


def _keep_visible(names: Sequence[str] | set[str]) -> set[str]:
	if not names:
		return set()
	return set(
		frappe.get_list(
			"Shipment", filters={"name": ["in", sorted(names)]}, pluck="name", order_by="name asc", limit=0
		)
	)


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Can't Change the Parcels"))
