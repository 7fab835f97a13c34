"""A parcel at the packing table: taken by one person, its pieces checked, weighed, sent off.

Who scans a parcel's number holds it for a while, so that two people never pack the same one. What stops a parcel is
asked each time. Locks the parcel. Never commits.
"""

from collections.abc import Mapping
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_to_date, cint, get_datetime, now_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import parcels, steps, stops
from storegroup_oms.fulfilment.floor import putting_aside
from storegroup_oms.fulfilment.floor.weights import Span, Tolerance, make_span
from storegroup_oms.fulfilment.parcel_rows import GONE, LIVE, TO_PRINT, Parcel
from storegroup_oms.orders import events

HOLD_MINUTES = 10
MOST_GRAMS = 100_000
# What becomes of a scanned number: it lies open before the person, or why not.
OPEN, STOPPED, HELD, GONE_ALREADY, CANCELLED, NOT_PRINTED, UNKNOWN = (
	"open",
	"stopped",
	"held",
	"gone",
	"cancelled",
	"not_printed",
	"unknown",
)


def find_parcel(code: str) -> str | None:
	"""The parcel of a waybill number or of its own name, those in the house first; None for an unknown code.

	Asks for nobody's scope.
	"""
	text = code.strip()
	found = frappe.db.sql(
		"""SELECT name, status FROM tabShipment WHERE waybill_no = %(text)s
		UNION SELECT name, status FROM tabShipment WHERE name = %(text)s""",
		{"text": text},
	)
	ranked = sorted(found, key=lambda row: (row[1] not in LIVE, row[1] not in GONE, row[0]))
	return ranked[0][0] if ranked else None


def take(name: str, user: str) -> dict[str, Any]:
	"""Take a parcel for a person: {state, text, parcel}. `parcel` is told for `open` alone; see `describe`.

	Somebody who holds it already keeps it for another while. `text` says for people why it is not open.
	"""
	parcel, codes = _lock(name)
	if parcel is None:
		return _refuse(UNKNOWN, _("There is no such parcel, or it was changed at this moment."))
	status = parcel.row.status
	if status in GONE:
		return _refuse(GONE_ALREADY, _("It has left already."))
	if status not in LIVE:
		return _refuse(CANCELLED, _("It is cancelled. Put it aside."))
	if codes:
		return _refuse(STOPPED, stops.explain(codes))
	if status == TO_PRINT:
		return _refuse(NOT_PRINTED, _("Its label is not printed."))
	if holder := _find_holder(name, user):
		return _refuse(HELD, _("{0} is packing it.").format(frappe.utils.get_fullname(holder)))
	_hold(name, user)
	putting_aside.forget(name)
	return {"state": OPEN, "text": "", "parcel": describe(parcel)}


def release(name: str, user: str) -> None:
	"""Put a parcel back; somebody else's stays theirs."""
	frappe.db.sql(
		"UPDATE tabShipment SET held_by = NULL, held_until = NULL WHERE name = %s AND held_by = %s",
		(name, user),
	)


def verify(name: str, counts: Mapping[str, int], user: str) -> str:
	"""The person has found exactly these pieces of each SKU; returns why it can't go on, empty when it does.

	Raises InvalidValueError when the pieces are not those of the parcel: nothing is written then.
	"""
	parcel, _codes = _lock(name)
	if parcel is None:
		return _("There is no such parcel, or it was changed at this moment.")
	if holder := _find_holder(name, user):
		return _("{0} is packing it.").format(frappe.utils.get_fullname(holder))
	if difference := _compare(parcel, counts):
		frappe.throw(difference, exc=InvalidValueError, title=_("Not What Is in the Order"))
	done = steps.mark_verified([name])
	if name in done.names:
		release(name, user)
	return done.refused.get(name, "")


def weigh(name: str, grams: int, user: str, reason: str = "") -> dict[str, Any]:
	"""The scale says so many grams: {state, text, span: [expected, low, high] or None}.

	`state` is taken, differs (nothing is written; ask again with a reason) or refused. Where the weight of a SKU isn't
	known, every weight is taken.
	"""
	if not 0 < grams <= MOST_GRAMS:
		frappe.throw(_("Give the weight in whole grams."), exc=InvalidValueError, title=_("Weight"))
	parcel, _codes = _lock(name)
	if parcel is None:
		text = _("There is no such parcel, or it was changed at this moment.")
		return {"state": "refused", "text": text, "span": None}
	span = find_span(parcel)
	shown = [span.expected_g, span.low_g, span.high_g] if span else None
	differs = bool(span) and not span.holds(grams)
	if differs and not reason.strip():
		text = _("{0} g were expected, from {1} to {2}.").format(*shown)
		return {"state": "differs", "text": text, "span": shown}
	done = steps.mark_weighed({name: grams})
	if name in done.refused:
		return {"state": "refused", "text": done.refused[name], "span": shown}
	if differs:
		_record_difference(parcel, grams, span, reason.strip()[:140], user)
	return {"state": "taken", "text": "", "span": shown}


def find_span(parcel: Parcel) -> Span | None:
	"""What the parcel should weigh; None where that of one of its SKUs isn't known."""
	skus = sorted(parcel.skus)
	known = frappe.db.sql("SELECT COUNT(*) FROM tabSKU WHERE name IN %s AND weight_g > 0", [skus or [""]])[0][
		0
	]
	goods = cint(parcel.row.expected_weight_g)
	if known < len(skus) or not goods:
		return None
	settings = frappe.get_cached_doc("OMS Settings")
	tolerance = Tolerance(
		cint(settings.package_weight_g),
		cint(settings.weigh_tolerance_g),
		cint(settings.weigh_tolerance_percent),
	)
	return make_span(goods, tolerance)


def describe(parcel: Parcel) -> dict[str, Any]:
	"""What lies before the packer: name, waybill_no, courier, status, orders, note, messages and `lines`.

	A line: sku, sku_name, specification, image, bin, qty. Receivers are not told.
	"""
	lines = frappe.db.sql(
		"""SELECT item.sku, COALESCE(NULLIF(item.sku_name, ''), sku.sku_name) AS sku_name, sku.specification, sku.image,
		MAX(item.bin_location) AS bin, SUM(item.qty) AS qty, MAX(sku.is_fragile) AS is_fragile
		FROM `tabShipment Item` item LEFT JOIN tabSKU sku ON sku.name = item.sku
		WHERE item.parent = %s AND item.parenttype = 'Shipment' AND item.qty > 0
		GROUP BY item.sku ORDER BY MIN(item.idx)""",
		parcel.name,
		as_dict=True,
	)
	words = frappe.db.sql(
		"""SELECT buyer_message, seller_memo FROM tabOrder WHERE name IN %s
		AND (IFNULL(buyer_message, '') != '' OR IFNULL(seller_memo, '') != '') ORDER BY name""",
		[sorted(parcel.orders) or [""]],
	)
	note = frappe.db.get_value("Shipment", parcel.name, "parcel_note")
	return {
		"name": parcel.name,
		"waybill_no": parcel.row.waybill_no,
		"courier": parcel.row.courier,
		"status": parcel.row.status,
		"orders": [row.platform_order_no or row.order for row in parcel.orders.values()],
		"note": note or "",
		"messages": [text for pair in words for text in pair if text],
		"lines": [{**row, "qty": cint(row.qty)} for row in lines],
	}


def _lock(name: str) -> tuple[Parcel | None, str]:
	"""The locked parcel, and the codes of what stops it."""
	locked = parcels.lock_parcels([name])
	parcel = locked.parcels.get(name)
	if parcel is None or parcel.row.status not in LIVE:
		return parcel, ""
	return parcel, parcels.find_stops_of(locked).get(name, "")


def _find_holder(name: str, user: str) -> str | None:
	"""Who else holds the parcel at this moment."""
	held_by, until = frappe.db.sql("SELECT held_by, held_until FROM tabShipment WHERE name = %s", name)[0]
	if held_by and held_by != user and until and get_datetime(until) > now_datetime():
		return held_by
	return None


def _hold(name: str, user: str) -> None:
	row = {"name": name, "held_by": user, "held_until": add_to_date(now_datetime(), minutes=HOLD_MINUTES)}
	update_rows("Shipment", [row], ("held_by", "held_until"), stamps=False)


def _compare(parcel: Parcel, counts: Mapping[str, int]) -> str:
	"""What is missing or too much, in words; empty when the pieces are right."""
	wanted: dict[str, int] = {}
	for (_order, _line, sku), count in parcel.pieces.items():
		wanted[sku] = wanted.get(sku, 0) + count
	texts = [
		_("{0}: {1} scanned, {2} in the order.").format(sku, cint(counts.get(sku)), wanted.get(sku, 0))
		for sku in sorted({*wanted, *counts})
		if cint(counts.get(sku)) != wanted.get(sku, 0)
	]
	return " ".join(texts)


def _record_difference(parcel: Parcel, grams: int, span: Span, reason: str, user: str) -> None:
	details = {"shipment": parcel.name, "weight_g": grams, "expected_g": span.expected_g, "reason": reason}
	events.record_events(
		{"order": order, "event": "Weight differs", "source": user, "details": details}
		for order in sorted(parcel.orders)
	)


def _refuse(state: str, text: str) -> dict[str, Any]:
	return {"state": state, "text": text, "parcel": None}
