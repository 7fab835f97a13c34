"""One waybill number and what became of it; written by couriers.waybills only."""

import frappe
from frappe.model.document import Document


class Waybill(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		account: DF.Link | None
		assigned_at: DF.Datetime | None
		attempts: DF.Int
		big_pen: DF.Data | None
		centre_code: DF.Data | None
		centre_name: DF.Data | None
		claim: DF.Data | None
		claimed_until: DF.Datetime | None
		courier: DF.Link | None
		destination_code: DF.Data | None
		destination_name: DF.Data | None
		error: DF.SmallText | None
		generation: DF.Int
		is_outcome_open: DF.Check
		live_key: DF.Data | None
		number: DF.Data | None
		origin_code: DF.Data | None
		origin_name: DF.Data | None
		print_data: DF.Code | None
		provider: DF.Data | None
		reason: DF.SmallText | None
		recycled_at: DF.Datetime | None
		request_key: DF.Data | None
		requested_at: DF.Datetime | None
		routing_code: DF.Data | None
		shipment: DF.Link | None
		shop: DF.Link | None
		state: DF.Literal["Requested", "Assigned", "Used", "To Recycle", "Recycled", "Voided"]
		used_at: DF.Datetime | None
		warehouse: DF.Link | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_unique("Waybill", ["courier", "number"], constraint_name="unique_courier_number")
	frappe.db.add_index("Waybill", ["state", "requested_at"])
	frappe.db.add_index("Waybill", ["account", "state"])
