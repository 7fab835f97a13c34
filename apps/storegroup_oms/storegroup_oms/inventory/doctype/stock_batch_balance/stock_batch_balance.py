"""Pieces of one batch in one warehouse: a cache of the ledger, written by the ledger only."""

import frappe
from frappe.model.document import Document


class StockBatchBalance(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		batch: DF.Link
		on_hand: DF.Int
		sku: DF.Link
		warehouse: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Stock Batch Balance", ["batch", "warehouse"], constraint_name="unique_batch_warehouse"
	)
	frappe.db.add_index("Stock Batch Balance", ["sku", "warehouse"])
