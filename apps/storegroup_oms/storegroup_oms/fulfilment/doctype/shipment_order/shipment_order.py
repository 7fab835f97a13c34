"""One order that travels in the parcel."""

from frappe.model.document import Document


class ShipmentOrder(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		confirm_status: DF.Literal["", "Waiting", "Confirmed", "Failed"]
		order: DF.Link
		order_state: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		platform_order_no: DF.Data | None
		shop: DF.Link | None
		stop_reasons: DF.Data | None

	# end: auto-generated types

	pass
