"""One province, or one city of it, that a warehouse serves first."""

from frappe.model.document import Document


class WarehouseRegion(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		city: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		priority: DF.Int
		province: DF.Data

	# end: auto-generated types

	pass
