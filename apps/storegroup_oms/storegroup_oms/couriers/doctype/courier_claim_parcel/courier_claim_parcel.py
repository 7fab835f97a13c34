"""One parcel for which a courier is asked to pay."""

from frappe.model.document import Document


class CourierClaimParcel(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		claimed_amount: DF.Currency
		goods_amount: DF.Currency
		granted_amount: DF.Currency
		kind: DF.Data | None
		last_event_at: DF.Datetime | None
		last_event_text: DF.SmallText | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		region: DF.Data | None
		shipment: DF.Link
		shipped_at: DF.Datetime | None
		waybill_no: DF.Data | None

	# end: auto-generated types

	pass
