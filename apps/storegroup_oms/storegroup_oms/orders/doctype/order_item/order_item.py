"""One line of an order, as sold on the platform and as taken from stock."""

from frappe.model.document import Document


class OrderItem(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		discount_amount: DF.Currency
		is_gift: DF.Check
		listing: DF.Link | None
		outer_id: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		platform_line_no: DF.Data | None
		qty: DF.Int
		refund_amount: DF.Currency
		refund_status: DF.Literal["", "Requested", "Refunding", "Refunded", "Rejected", "Closed"]
		reserved_qty: DF.Int
		shipped_qty: DF.Int
		sku: DF.Link | None
		specification: DF.Data | None
		title: DF.Data | None
		unit_cost: DF.Currency
		unit_price: DF.Currency

	# end: auto-generated types

	pass
