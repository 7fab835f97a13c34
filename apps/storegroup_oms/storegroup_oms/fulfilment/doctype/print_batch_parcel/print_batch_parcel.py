"""One parcel of a print batch and what became of it."""

from frappe.model.document import Document


class PrintBatchParcel(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		print_no: DF.Int
		remark: DF.SmallText | None
		shipment: DF.Link | None
		status: DF.Literal["Waiting", "Printed", "Refused"]
		waybill_no: DF.Data | None

	# end: auto-generated types

	pass
