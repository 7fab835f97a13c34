"""What the warehouse found of one SKU when the parcel came back."""

from frappe.model.document import Document


class AftersaleInspection(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		condition: DF.Literal["Good", "Defective", "Missing", "Wrong Item"]
		note: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		qty: DF.Int
		sku: DF.Link

	# end: auto-generated types

	pass
