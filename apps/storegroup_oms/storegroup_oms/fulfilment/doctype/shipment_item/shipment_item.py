"""Pieces of one SKU in the parcel, and how many of them were scanned."""

from frappe.model.document import Document


class ShipmentItem(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bin_location: DF.Data | None
		order: DF.Link | None
		order_item: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		qty: DF.Int
		sku: DF.Link
		sku_name: DF.Data | None
		verified_qty: DF.Int

	# end: auto-generated types

	pass
