"""One SKU of a stock entry, in whole pieces."""

from frappe.model.document import Document


class StockEntryItem(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		barcode: DF.Data | None
		batch_no: DF.Data | None
		bin_location: DF.Data | None
		expires_on: DF.Date | None
		missing_qty: DF.Int
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		qty: DF.Int
		received_qty: DF.Int
		sku: DF.Link
		sku_name: DF.Data | None
		unit_cost: DF.Currency

	# end: auto-generated types

	pass
