"""One more barcode by which a scanner finds the SKU."""

from frappe.model.document import Document


class SKUBarcode(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		barcode: DF.Data
		note: DF.Data | None
		pack_qty: DF.Int
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data

	# end: auto-generated types

	pass
