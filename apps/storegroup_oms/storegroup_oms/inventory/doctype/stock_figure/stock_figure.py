"""How one SKU sells in one warehouse and how old its pieces are; reckoned from the ledger each hour, a cache.

Written by `inventory.figures` only.
"""

import frappe
from frappe.model.document import Document

from storegroup_oms.field_levels import FieldLevelMixin


class StockFigure(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		age_0_30: DF.Int
		age_31_60: DF.Int
		age_61_90: DF.Int
		age_91_180: DF.Int
		age_over_180: DF.Int
		category: DF.Data | None
		last_received_at: DF.Datetime | None
		last_sold_at: DF.Datetime | None
		oldest_at: DF.Datetime | None
		refreshed_at: DF.Datetime | None
		sku: DF.Link | None
		sold_28: DF.Int
		sold_7: DF.Int
		sold_90: DF.Int
		sold_cost_90: DF.Currency
		speed: DF.Float
		warehouse: DF.Link | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_unique("Stock Figure", ["sku", "warehouse"], constraint_name="unique_sku_warehouse")
	# Slow movers are found without a look at the row.
	frappe.db.add_index("Stock Figure", ["last_sold_at", "last_received_at", "oldest_at", "warehouse"])
	# Sales of a warehouse and category are added up the same way.
	frappe.db.add_index("Stock Figure", ["warehouse", "category", "sold_cost_90"])
