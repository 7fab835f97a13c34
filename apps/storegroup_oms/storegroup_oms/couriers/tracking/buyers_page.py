"""What a buyer may see of a parcel without logging in: its way and when it will come. Nothing of the order else.

Who asks proves with the last four digits of the receiver's phone. A wrong number and wrong digits are one answer, found
by one statement that does the same work either way.
"""

import re
import unicodedata
from datetime import timedelta

import frappe
from frappe import _

from storegroup_oms.couriers.tracking import lanes

MOST_PARCELS = 10
MOST_EVENTS = 100
_NUMBER = re.compile(r"[A-Za-z0-9-]{6,40}\Z")
_DIGITS = re.compile(r"[0-9]{4}\Z")
# A mobile number, and whoever a courier names as the signer.
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_SIGNER = re.compile(r"((?:签收人|收件人|代签人|收货人)\s*[::]?\s*)[^\s,。,;;【】\[\]()()]{1,20}")
_PLAIN_SIGNERS = ("本人", "家人", "门卫", "前台", "物业", "驿站", "快递柜", "丰巢")
_QUERY = """
	SELECT parcel.name, parcel.waybill_no, parcel.courier, parcel.status, parcel.warehouse, parcel.province,
		parcel.shipped_at, parcel.delivered_at, courier.hotline
	FROM tabShipment parcel LEFT JOIN tabCourier courier ON courier.name = parcel.courier
	WHERE parcel.name IN (
		SELECT named.name FROM tabShipment named WHERE named.waybill_no = %(number)s
		UNION SELECT link.parent FROM `tabShipment Order` link WHERE link.platform_order_no = %(number)s
		UNION SELECT link.parent FROM `tabShipment Order` link WHERE link.`order` = %(number)s
	) AND parcel.status IN ('Shipped', 'In Transit', 'Out for Delivery', 'Delivered', 'Returned')
	AND EXISTS (
		SELECT 1 FROM `tabShipment Order` own JOIN tabOrder sold ON sold.name = own.`order`
		LEFT JOIN `tabOrder Receiver` receiver ON receiver.name = sold.name
		WHERE own.parent = parcel.name
			AND (receiver.mobile_tail = %(digits)s OR (IFNULL(receiver.mobile_tail, '') = ''
				AND RIGHT(sold.receiver_mobile, 4) = %(digits)s))
	)
	ORDER BY parcel.shipped_at DESC, parcel.name LIMIT """


def fold_number(number: str) -> str:
	"""A number as it is compared and counted: one form for all ways to write it, never empty."""
	return unicodedata.normalize("NFKC", number).strip().upper()[:40] or "-"


def get_language() -> str:
	"""The site's language: a buyer's browser may say any, the courier's words are Chinese."""
	return frappe.db.get_single_value("System Settings", "language") or "zh"


def find_parcels(number: str, digits: str) -> list[dict]:
	"""Parcels of an order or waybill number whose receiver's phone ends in the digits, newest first; else empty.

	Each: courier, hotline, waybill_no, status (translated), is_delivered, shipped_at, delivered_at, expected_from and
	expected_by (site times or None), events (newest first: occurred_at, place, text). Names and phones in the
	courier's texts are starred out.
	"""
	number, digits = fold_number(number), digits.strip()
	if not (_NUMBER.match(number) and _DIGITS.match(digits)):
		return []
	rows = frappe.db.sql(_QUERY + str(MOST_PARCELS), {"number": number, "digits": digits}, as_dict=True)
	return [_show(row) for row in rows]


def _show(row: frappe._dict) -> dict:
	half, most = _expect(row)
	events = frappe.db.sql(
		"""SELECT occurred_at, place, `text` FROM `tabTracking Event` WHERE shipment = %s
		ORDER BY occurred_at DESC, creation DESC LIMIT """
		+ str(MOST_EVENTS),
		row.name,
		as_dict=True,
	)
	return {
		"courier": row.courier or "",
		"hotline": row.hotline or "",
		"waybill_no": row.waybill_no or "",
		"status": _(row.status, get_language()),
		"is_delivered": row.status == "Delivered",
		"shipped_at": _format(row.shipped_at),
		"delivered_at": _format(row.delivered_at),
		"expected_from": _format(half),
		"expected_by": _format(most),
		"events": [
			{
				"occurred_at": _format(event.occurred_at),
				"place": event.place or "",
				"text": hide_names(event.text or ""),
			}
			for event in events
		],
	}


def _expect(row: frappe._dict):
	"""Between when and when half to 90 % of the lane's parcels that left at that time have arrived."""
	if not row.shipped_at or row.status not in ("Shipped", "In Transit", "Out for Delivery"):
		return None, None
	hours = lanes.find_hours(row.courier or "", row.warehouse or "", row.province or "")
	if not hours:
		return None, None
	return row.shipped_at + timedelta(hours=hours[0]), row.shipped_at + timedelta(hours=hours[1])


def _format(moment) -> str | None:
	return moment.strftime("%Y-%m-%d %H:%M") if moment else None


def hide_names(text: str) -> str:
	"""A courier's text without phone numbers and without the name of who signed."""
	text = _MOBILE.sub(r"\1****\2", text)

	def star(match: re.Match) -> str:
		name = match.group(0)[len(match.group(1)) :]
		return match.group(0) if name.startswith(_PLAIN_SIGNERS) else f"{match.group(1)}*"

	return _SIGNER.sub(star, text)
