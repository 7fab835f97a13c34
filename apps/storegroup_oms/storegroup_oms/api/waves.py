"""Endpoints of waves: suggested, made, picked, dissolved."""

import frappe
from frappe import _

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment.floor import waves
from storegroup_oms.permissions import require_permission
from storegroup_oms.transactions import repeat_request


@frappe.whitelist(methods=["GET"])
def suggest(warehouse: str) -> list[dict]:
	"""Waves that could be made now in a warehouse, as `waves.suggest`."""
	require_permission("Wave", "read")
	require_permission("Warehouse", "read", warehouse)
	return waves.suggest(warehouse)


@frappe.whitelist(methods=["POST"])
def create(
	warehouse: str, kind: str, value: str = "", size: int = waves.DEFAULT_SIZE, picker: str = ""
) -> str:
	"""Make a wave, as `waves.create`; returns its name."""
	require_permission("Wave", "write")
	require_permission("Warehouse", "read", warehouse)
	if picker and not frappe.db.get_value("User", picker, "enabled"):
		frappe.throw(_("There is no user {0}.").format(picker), exc=InvalidValueError)
	return repeat_request(lambda: waves.create(warehouse, kind, value, size, picker or None))


@frappe.whitelist(methods=["GET"])
def list_parcels(wave: str) -> list[str]:
	"""Names of a wave's parcels that the user sees and that are not cancelled, by slot."""
	require_permission("Wave", "read", wave)
	return frappe.get_list(
		"Shipment",
		filters={"wave_no": wave, "status": ["!=", "Cancelled"]},
		pluck="name",
		order_by="wave_slot asc, name asc",
		limit=waves.MOST,
	)


@frappe.whitelist(methods=["GET"])
def read_wall(wave: str) -> list[dict]:
	"""Slots of a wave and the pieces that belong into them, as `waves.read_wall`."""
	require_permission("Wave", "read", wave)
	return waves.read_wall(wave)


@frappe.whitelist(methods=["POST"])
def mark_picked(wave: str) -> dict:
	"""The goods of a wave are off the shelf: {names, refused}."""
	require_permission("Wave", "write", wave)
	done = repeat_request(lambda: waves.mark_picked(wave))
	return {"names": done.names, "refused": done.refused}


@frappe.whitelist(methods=["POST"])
def dissolve(wave: str) -> None:
	"""Free the parcels of a wave that nobody has picked."""
	require_permission("Wave", "write", wave)
	repeat_request(lambda: waves.dissolve(wave))
