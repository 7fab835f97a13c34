"""Stopped parcels that people hold a label or the goods of: where each stands, and which have been found. Never commits."""

from collections.abc import Iterable, Sequence

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.fulfilment import parcels, stops
from storegroup_oms.fulfilment.parcel_rows import LIVE, TO_PRINT

ON_THE_FLOOR = tuple(status for status in LIVE if status != TO_PRINT)


def put_aside(names: Iterable[str]) -> list[str]:
	"""Note of stopped parcels that they were found, when and by whom; returns the names of those noted now.

	Those that nothing stops, and those that were noted before, are left as they are.
	"""
	wanted = list(dict.fromkeys(names))
	locked = parcels.lock_parcels(wanted)
	stopped = parcels.find_stops_of(locked)
	known = frappe.db.sql_list(
		"SELECT name FROM tabShipment WHERE name IN %s AND set_aside_at IS NOT NULL LOCK IN SHARE MODE",
		[wanted or [""]],
	)
	found = [
		name
		for name in wanted
		if name in stopped and name not in known and locked.parcels[name].row.status in ON_THE_FLOOR
	]
	# Lists of stopped parcels read what is stored.
	parcels.ensure_parcels(order for name in found for order in locked.parcels[name].orders)
	values = {"set_aside_at": now_datetime(), "set_aside_by": frappe.session.user}
	update_rows("Shipment", [{"name": name, **values} for name in found], tuple(values), stamps=False)
	return found


def forget(name: str) -> None:
	"""A parcel that goes on is not put aside any more: stopped again, it is to be found again."""
	frappe.db.sql(
		"UPDATE tabShipment SET set_aside_at = NULL, set_aside_by = NULL WHERE name = %s AND set_aside_at IS NOT NULL",
		[name],
	)


def describe_places(names: Sequence[str]) -> list[dict]:
	"""Where stopped parcels stand, those not found yet first, by wave and bin.

	{name, waybill_no, status, reason, wave_no, bins, last_user (a full name), set_aside_at}; `bins` joined by commas.
	"""
	if not names:
		return []
	rows = frappe.db.sql(
		"""SELECT parcel.name, parcel.waybill_no, parcel.status, parcel.stop_reasons, parcel.wave_no,
			parcel.set_aside_at, COALESCE(parcel.held_by, parcel.packed_by, parcel.modified_by) last_user,
			(SELECT GROUP_CONCAT(DISTINCT item.bin_location ORDER BY item.bin_location SEPARATOR ', ')
				FROM `tabShipment Item` item
				WHERE item.parent = parcel.name AND item.parenttype = 'Shipment' AND item.bin_location != '') bins
		FROM tabShipment parcel WHERE parcel.name IN %s AND parcel.status IN %s AND IFNULL(parcel.stop_reasons, '') != ''
		ORDER BY parcel.set_aside_at IS NOT NULL, parcel.wave_no, bins, parcel.name""",
		(names, ON_THE_FLOOR),
		as_dict=True,
	)
	users = {row.last_user: frappe.utils.get_fullname(row.last_user) for row in rows}
	for row in rows:
		row.update(reason=stops.explain(row.pop("stop_reasons")), last_user=users[row.last_user])
	return rows
