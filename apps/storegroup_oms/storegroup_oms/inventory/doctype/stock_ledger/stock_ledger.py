"""One movement or reservation of one SKU in one warehouse, with who and why. Rows are only ever added."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.append_only import AppendOnlyMixin
from storegroup_oms.exceptions import InvalidValueError


class StockLedger(AppendOnlyMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		blocked_after: DF.Int
		blocked_change: DF.Int
		movement_type: DF.Literal[
			"Opening",
			"Receipt",
			"Shipment",
			"Reserve",
			"Unreserve",
			"Transfer Out",
			"Transfer In",
			"Stocktake",
			"Return",
			"Damage",
			"Assembly",
			"Adjustment",
			"Reversal",
			"Block",
			"Unblock",
		]
		on_hand_after: DF.Int
		posted_at: DF.Datetime
		posted_by: DF.Link | None
		qty_change: DF.Int
		reason: DF.Data | None
		reserved_after: DF.Int
		reserved_change: DF.Int
		reversal_of: DF.Link | None
		sku: DF.Link
		source_doctype: DF.Link | None
		source_name: DF.DynamicLink | None
		unit_cost: DF.Currency
		warehouse: DF.Link

	# end: auto-generated types

	def validate(self) -> None:
		changes = (self.qty_change, self.reserved_change, self.in_transit_change, self.blocked_change)
		if not any(changes):
			frappe.throw(
				_("A stock movement of SKU {0} must change something.").format(self.sku),
				exc=InvalidValueError,
				title=_("Nothing Moved"),
			)


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Ledger", ["sku", "warehouse", "posted_at"])
	frappe.db.add_unique("Stock Ledger", ["sku", "warehouse", "entry_no"], constraint_name="unique_entry")
	frappe.db.add_index("Stock Ledger", ["warehouse", "posted_at"])
	frappe.db.add_index("Stock Ledger", ["movement_type", "posted_at"])
	frappe.db.add_index("Stock Ledger", ["source_doctype", "source_name"])
