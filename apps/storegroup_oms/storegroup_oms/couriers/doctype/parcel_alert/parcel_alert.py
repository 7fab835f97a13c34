"""Something that is wrong with a parcel on its way, from when a rule found it until the parcel moves on."""

import frappe
from frappe.model.document import Document


class ParcelAlert(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		alert_key: DF.Data | None
		claim: DF.Link | None
		closed_at: DF.Datetime | None
		courier: DF.Link | None
		handled_by: DF.Link | None
		kind: DF.Literal[
			"No Pickup",
			"No Movement",
			"Suspected Lost",
			"Refused",
			"Returned",
			"Wrong Address",
			"Damaged",
			"Delayed",
			"No Delivery Scan",
		]
		note: DF.SmallText | None
		opened_at: DF.Datetime | None
		province: DF.Data | None
		rule: DF.Link | None
		shipment: DF.Link
		since: DF.Datetime | None
		status: DF.Literal["Open", "Handled", "Closed"]
		task: DF.Link | None
		warehouse: DF.Link | None
		waybill_no: DF.Data | None

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Parcel Alert", ["status", "kind", "opened_at"])
