"""Claims to couriers: alerts of lost, damaged and unproven parcels become one letter for each courier and warehouse."""

from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO

import frappe
from frappe import _
from frappe.utils import format_datetime

from storegroup_oms.bulk import update_rows
from storegroup_oms.exceptions import InvalidValueError

# A claim that came to nothing lets its parcels be claimed again.
ENDED = ("Rejected", "Withdrawn")
MOST_PARCELS = 500


def create_claims(alerts: Sequence[str]) -> list[str]:
	"""Draft claims for the parcels of alerts, one for each courier and warehouse; returns their names.

	Parcels that a live claim has already are left out. Claims the value of the goods. Inserts documents as the session's
	user. Raises InvalidValueError when nothing is left to claim.
	"""
	rows = frappe.db.sql(
		"""SELECT alert.name, alert.shipment, alert.kind, parcel.courier, parcel.warehouse
		FROM `tabParcel Alert` alert JOIN tabShipment parcel ON parcel.name = alert.shipment
		WHERE alert.name IN %s AND IFNULL(parcel.courier, '') != '' AND NOT EXISTS (
			SELECT 1 FROM `tabCourier Claim Parcel` line JOIN `tabCourier Claim` claim ON claim.name = line.parent
			WHERE line.shipment = alert.shipment AND claim.status NOT IN %s)
		ORDER BY parcel.courier, parcel.warehouse, parcel.name""",
		(list(alerts), ENDED),
		as_dict=True,
	)
	if not rows:
		frappe.throw(
			_("All of these parcels are claimed already."), exc=InvalidValueError, title=_("Nothing to Claim")
		)
	groups: dict[tuple[str, str], dict[str, frappe._dict]] = defaultdict(dict)
	for row in rows:
		groups[row.courier, row.warehouse].setdefault(row.shipment, row)
	names = []
	for (courier, warehouse), parcels in groups.items():
		lines = [{"shipment": row.shipment, "kind": _(row.kind)} for row in parcels.values()]
		for start in range(0, len(lines), MOST_PARCELS):
			claim = frappe.get_doc(
				{
					"doctype": "Courier Claim",
					"courier": courier,
					"warehouse": warehouse,
					"parcels": lines[start : start + MOST_PARCELS],
				}
			).insert()
			claimed = {line.shipment for line in claim.parcels}
			links = [{"name": row.name, "claim": claim.name} for row in rows if row.shipment in claimed]
			update_rows("Parcel Alert", links, ("claim",))
			names.append(claim.name)
	return names


def get_facts(shipments: Sequence[str]) -> dict[str, frappe._dict]:
	"""What a letter says of parcels: waybill_no, courier, times, last words, region and goods_amount (what buyers
	paid for the pieces inside).
	"""
	rows = frappe.db.sql(
		"""SELECT parcel.name, parcel.courier, parcel.warehouse, parcel.waybill_no, parcel.shipped_at,
			parcel.last_event_at, parcel.last_event_text, CONCAT_WS(' ', parcel.province, parcel.city) AS region,
			ROUND(IFNULL((SELECT SUM(line.amount * piece.qty / line.qty) FROM `tabShipment Item` piece
				JOIN `tabOrder Item` line ON line.name = piece.order_item AND line.qty > 0
				WHERE piece.parent = parcel.name), 0), 2) AS goods_amount
		FROM tabShipment parcel WHERE parcel.name IN %s ORDER BY parcel.name""",
		[list(shipments)],
		as_dict=True,
	)
	return {row.name: row for row in rows}


def find_claimed(shipments: Sequence[str], besides: str) -> dict[str, str]:
	"""{parcel: another live claim that has it}."""
	return dict(
		frappe.db.sql(
			"""SELECT line.shipment, claim.name FROM `tabCourier Claim Parcel` line
			JOIN `tabCourier Claim` claim ON claim.name = line.parent
			WHERE line.shipment IN %s AND claim.name != %s AND claim.status NOT IN %s ORDER BY line.shipment""",
			(list(shipments), besides, ENDED),
		)
	)


def make_sheet(claim) -> bytes:
	"""The claim's list of parcels as an Excel file, for couriers that want one beside the letter."""
	from openpyxl import Workbook

	book = Workbook()
	sheet = book.active
	sheet.title = claim.name
	sheet.append(
		[
			_("Waybill No."),
			_("What Happened"),
			_("Shipped At"),
			_("Last Event"),
			_("Region"),
			_("Value of the Goods"),
			_("Claimed"),
		]
	)
	for line in claim.parcels:
		last = " ".join(
			filter(None, (format_datetime(line.last_event_at or "") or "", line.last_event_text or ""))
		)
		cells = [line.waybill_no, line.kind, format_datetime(line.shipped_at or "") or "", last, line.region]
		# A text of a courier must not become a formula.
		sheet.append(
			[
				*(f"'{cell}" if str(cell or "").startswith(("=", "+", "-", "@")) else cell for cell in cells),
				float(line.goods_amount or 0),
				float(line.claimed_amount or 0),
			]
		)
	content = BytesIO()
	book.save(content)
	return content.getvalue()
