"""A gift that a rule gave to an order; written by `fulfilment.gifts` alone, named by both so that there is one."""

from frappe.model.document import Document


class GiftGrant(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bought_qty: DF.Int
		bought_sku: DF.Link | None
		buyer: DF.Data | None
		given_at: DF.Datetime | None
		min_amount: DF.Currency
		order: DF.Link
		order_item: DF.Data | None
		qty: DF.Int
		reason: DF.Data | None
		rule: DF.Link
		sku: DF.Link | None
		status: DF.Literal["Given", "Taken Off"]
		warehouse: DF.Link | None

	# end: auto-generated types
