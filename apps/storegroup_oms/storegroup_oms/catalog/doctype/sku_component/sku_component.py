"""One component of a bundle and how many of it the bundle holds."""

from frappe.model.document import Document


class SKUComponent(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		qty: DF.Int
		sku: DF.Link
		sku_name: DF.Data | None

	# end: auto-generated types

	pass
