"""What a check found about an order; written by `orders.review` alone."""

from frappe.model.document import Document


class OrderHold(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		cleared_at: DF.Datetime | None
		cleared_by: DF.Link | None
		code: DF.Data
		details: DF.JSON | None
		facts_hash: DF.Data | None
		found_at: DF.Datetime | None
		order: DF.Link
		state: DF.Literal["Open", "Cleared", "Gone"]

	# end: auto-generated types

	pass
