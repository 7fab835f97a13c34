"""One SKU of a stock count: what was counted, and the book at that moment."""

import frappe
from frappe.model.document import Document

from storegroup_oms.field_levels import FieldLevelMixin


class StockCountLine(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bin_location: DF.Data | None
		book_qty: DF.Int
		counted_at: DF.Datetime | None
		counted_by: DF.Link | None
		counted_qty: DF.Int
		difference: DF.Int
		difference_value: DF.Currency
		entry_no: DF.Int
		first_qty: DF.Int
		has_moved: DF.Check
		is_added: DF.Check
		open_key: DF.Data | None
		sku: DF.Link
		start_entry_no: DF.Int
		status: DF.Literal["To Count", "Counted", "Recount", "Skipped", "Posted"]
		stock_count: DF.Link
		tallies: DF.JSON | None
		warehouse: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Count Line", ["stock_count", "status"])
