"""Two numbers of stock that should be the same and are not, from when it was found until it was repaired or had gone.

Written by `inventory.drifts` only.
"""

import frappe
from frappe.model.document import Document

from storegroup_oms.field_levels import FieldLevelMixin


class StockDrift(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount_expected: DF.Currency
		amount_found: DF.Currency
		drift_key: DF.Data | None
		ended_at: DF.Datetime | None
		expected: DF.Int
		found: DF.Int
		found_at: DF.Datetime | None
		kind: DF.Literal[
			"On Hand",
			"Reserved",
			"In Transit",
			"Not for Sale",
			"Batches",
			"Available",
			"Value",
			"Entries",
			"Promises",
			"Order Line",
			"Ended Order",
		]
		order: DF.Link | None
		order_item: DF.Data | None
		repair_note: DF.SmallText | None
		repair_reason: DF.Data | None
		repaired_by: DF.Link | None
		seen_at: DF.Datetime | None
		sku: DF.Link | None
		status: DF.Literal["Open", "Repaired", "Gone"]
		units: DF.Int
		warehouse: DF.Link | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Drift", ["status", "sku"])
	frappe.db.add_index("Stock Drift", ["status", "found_at"])
