"""One order of one parcel whose shipping the platform is told, and what came of it."""

import frappe
from frappe.model.document import Document


class ShipConfirmation(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		claim: DF.Data | None
		confirmed_at: DF.Datetime | None
		courier: DF.Link | None
		due_at: DF.Datetime | None
		error_code: DF.Data | None
		error_message: DF.SmallText | None
		is_first: DF.Check
		line_nos: DF.SmallText | None
		order: DF.Link
		platform_order_no: DF.Data | None
		requested_at: DF.Datetime | None
		shipment: DF.Link
		shop: DF.Link
		status: DF.Literal["Waiting", "Confirmed", "Failed", "Cancelled"]
		waybill_no: DF.Data | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Ship Confirmation", ["`order`", "shipment"], constraint_name="unique_order_shipment"
	)
	frappe.db.add_index("Ship Confirmation", ["status", "due_at", "shop"])
