"""Waves: parcels that are picked on one walk. Suggested by kind, made under the parcels' locks, followed to the end.

A parcel is in one wave at most. Never commits.
"""

from collections.abc import Mapping
from types import MappingProxyType

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, now_datetime

from storegroup_oms.bulk import insert_rows, reserve_names, update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import parcels, steps
from storegroup_oms.fulfilment.parcel_rows import TO_PRINT
from storegroup_oms.fulfilment.printing.picking_order import sort_for_picking
from storegroup_oms.fulfilment.steps import Done

READY = (TO_PRINT, "Printed")
# What a kind asks of a parcel; `value` is the courier or the province.
CONDITIONS: Mapping[str, str] = MappingProxyType(
	{
		"Single Item": "total_qty = 1",
		"Multi-Item": "total_qty > 1",
		"Urgent": "ship_by <= %(soon)s",
		"Courier": "courier = %(value)s",
		"Region": "province = %(value)s",
	}
)
FREE = """warehouse = %(warehouse)s AND status IN %(ready)s AND IFNULL(wave_no, '') = ''
	AND IFNULL(stop_reasons, '') = ''"""
DEFAULT_SIZE = 30
MOST = 200
FIELDS = ("kind", "value", "warehouse", "status", "picker", "parcel_count", "piece_count")


def suggest(warehouse: str) -> list[dict]:
	"""Waves that could be made now: {kind, value, count, ship_by (the earliest)}, the urgent first, then the largest."""
	values = _make_values(warehouse, "")
	counts = ", ".join(
		f"SUM({CONDITIONS[kind]}), MIN(IF({CONDITIONS[kind]}, ship_by, NULL))"
		for kind in ("Urgent", "Single Item", "Multi-Item")
	)
	row = frappe.db.sql(f"SELECT {counts} FROM tabShipment WHERE {FREE}", values)[0]
	found = [
		{"kind": kind, "value": "", "count": cint(row[place]), "ship_by": row[place + 1]}
		for place, kind in ((0, "Urgent"), (2, "Single Item"), (4, "Multi-Item"))
	]
	for kind, column in (("Courier", "courier"), ("Region", "province")):
		groups = frappe.db.sql(
			f"""SELECT {column}, COUNT(*) count, MIN(ship_by) FROM tabShipment
			WHERE {FREE} AND IFNULL({column}, '') != '' GROUP BY {column} ORDER BY count DESC, {column}""",
			values,
		)
		found += [
			{"kind": kind, "value": value, "count": count, "ship_by": ship_by}
			for value, count, ship_by in groups
		]
	return [row for row in found if row["count"]]


def create(
	warehouse: str, kind: str, value: str = "", size: int = DEFAULT_SIZE, picker: str | None = None
) -> str:
	"""Put up to `size` free parcels, those to leave soonest first, into a new wave; returns its name.

	Slots on the wall are numbered from 1 in the order of picking. Raises InvalidValueError when there is none, for an
	unknown kind, and for a size outside 1 to `MOST`.
	"""
	if kind not in CONDITIONS:
		_refuse(_("{0} is no kind of wave.").format(kind))
	if not 1 <= size <= MOST:
		_refuse(_("A wave has between 1 and {0} parcels.").format(MOST))
	wanted = frappe.db.sql_list(
		f"""SELECT name FROM tabShipment WHERE {FREE} AND {CONDITIONS[kind]}
		ORDER BY ship_by IS NULL, ship_by, name LIMIT %(size)s""",
		_make_values(warehouse, value) | {"size": size},
	)
	locked = parcels.lock_parcels(wanted)
	stopped = parcels.find_stops_of(locked)
	# Others may have taken some before they were locked.
	names = [
		name
		for name, parcel in locked.parcels.items()
		if parcel.row.status in READY and not parcel.row.wave_no and name not in stopped
	]
	if not names:
		_refuse(_("No parcel is free for this wave."))
	(wave,) = reserve_names("WV-", 6, 1)
	pieces = sum(sum(locked.parcels[name].pieces.values()) for name in names)
	row = {"name": wave, "kind": kind, "value": value, "warehouse": warehouse, "status": "Picking"}
	row |= {"picker": picker, "parcel_count": len(names), "piece_count": pieces}
	insert_rows("Wave", [row], FIELDS)
	update_rows(
		"Shipment",
		[
			{"name": name, "wave_no": wave, "wave_slot": slot}
			for slot, name in enumerate(sort_for_picking(names), 1)
		],
		("wave_no", "wave_slot"),
	)
	_tell(wave)
	return wave


def list_parcels(wave: str) -> list[frappe._dict]:
	"""Parcels of a wave by slot: {name, wave_slot, waybill_no, status, stop_reasons, total_qty}."""
	return frappe.get_all(
		"Shipment",
		filters={"wave_no": wave},
		fields=["name", "wave_slot", "waybill_no", "status", "stop_reasons", "total_qty"],
		order_by="wave_slot asc, name asc",
	)


def read_wall(wave: str) -> list[dict]:
	"""Parcels of a wave that wait for their pieces, by slot: {name, wave_slot, waybill_no, lines: [{sku, sku_name, qty}]}.

	Stopped ones are left out, and those whose pieces are together already.
	"""
	slots = {
		row.name: {"name": row.name, "wave_slot": row.wave_slot, "waybill_no": row.waybill_no, "lines": []}
		for row in list_parcels(wave)
		if row.status in READY and not row.stop_reasons
	}
	for row in frappe.db.sql(
		"""SELECT item.parent, item.sku, MAX(item.sku_name) AS sku_name, SUM(item.qty) AS qty
		FROM `tabShipment Item` item WHERE item.parent IN %s AND item.parenttype = 'Shipment' AND item.qty > 0
		GROUP BY item.parent, item.sku ORDER BY item.parent, item.sku""",
		[list(slots) or [""]],
		as_dict=True,
	):
		slots[row.parent]["lines"].append({"sku": row.sku, "sku_name": row.sku_name, "qty": cint(row.qty)})
	return [slot for slot in slots.values() if slot["lines"]]


def get_progress(wave: str) -> dict[str, int]:
	"""{parcels, stopped, printed, picked, verified, shipped} of a wave; each step counts those beyond it as well."""
	rows = frappe.db.sql(
		"""SELECT COUNT(*), SUM(status IN %(live)s AND IFNULL(stop_reasons, '') != ''),
			SUM(status NOT IN ('To Print', 'Cancelled')), SUM(status NOT IN ('To Print', 'Printed', 'Cancelled')),
			SUM(status NOT IN ('To Print', 'Printed', 'Picked', 'Cancelled')), SUM(status NOT IN %(house)s)
		FROM tabShipment WHERE wave_no = %(wave)s""",
		{
			"wave": wave,
			"live": ("To Print", "Printed", "Picked", "Verified"),
			"house": ("To Print", "Printed", "Picked", "Verified", "Cancelled"),
		},
	)
	names = ("parcels", "stopped", "printed", "picked", "verified", "shipped")
	return {name: cint(count) for name, count in zip(names, rows[0], strict=True)}


def mark_picked(wave: str) -> Done:
	"""The goods of a wave are off the shelf: its parcels are Picked, and so is the wave when none is left to pick."""
	done = steps.mark_picked(row.name for row in list_parcels(wave) if row.status in READY)
	if not any(row.status in READY and not row.stop_reasons for row in list_parcels(wave)):
		frappe.db.set_value("Wave", wave, {"status": "Picked", "picked_at": now_datetime()})
		_tell(wave)
	return done


def dissolve(wave: str) -> None:
	"""Free the parcels of a wave of which none is picked yet. Raises InvalidValueError otherwise."""
	rows = list_parcels(wave)
	locked = parcels.lock_parcels(row.name for row in rows)
	if any(parcel.row.status not in (*READY, "Cancelled") for parcel in locked.parcels.values()):
		_refuse(_("Parcels of this wave have been picked."))
	update_rows(
		"Shipment",
		[{"name": row.name, "wave_no": None, "wave_slot": 0} for row in rows],
		("wave_no", "wave_slot"),
	)
	frappe.db.set_value("Wave", wave, "status", "Dissolved")
	_tell(wave)


def _tell(wave: str) -> None:
	"""Open lists read themselves anew: rows written in bulk are nothing that Frappe tells them of."""
	message = {"doctype": "Wave", "name": wave, "user": frappe.session.user}
	frappe.publish_realtime("list_update", message, doctype="Wave", after_commit=True)


def _make_values(warehouse: str, value: str) -> dict[str, object]:
	hours = cint(frappe.db.get_single_value("OMS Settings", "ship_soon_hours"))
	soon = add_to_date(now_datetime(), hours=hours)
	return {"warehouse": warehouse, "ready": READY, "value": value, "soon": soon}


def _refuse(message: str) -> None:
	frappe.throw(message, exc=InvalidValueError, title=_("Can't Make the Wave"))
