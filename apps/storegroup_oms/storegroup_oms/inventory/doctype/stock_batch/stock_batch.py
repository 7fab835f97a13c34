"""One batch of a SKU, with the day on which it expires."""

import frappe
from frappe.model.document import Document


class StockBatch(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		batch_no: DF.Data
		expires_on: DF.Date
		made_on: DF.Date | None
		sku: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_unique("Stock Batch", ["sku", "batch_no"], constraint_name="unique_sku_batch_no")
