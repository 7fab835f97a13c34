"""One batch of a SKU, with the day on which it expires."""

import frappe
from frappe.model.document import Document

from storegroup_oms.inventory.expiry import enqueue


class StockBatch(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		batch_no: DF.Data
		expires_on: DF.Date
		is_blocked: DF.Check
		made_on: DF.Date | None
		sku: DF.Link

	# end: auto-generated types

	def on_update(self) -> None:
		"""Another day of expiry may block its pieces, or let them be sold again."""
		enqueue()


def on_doctype_update() -> None:
	frappe.db.add_unique("Stock Batch", ["sku", "batch_no"], constraint_name="unique_sku_batch_no")
