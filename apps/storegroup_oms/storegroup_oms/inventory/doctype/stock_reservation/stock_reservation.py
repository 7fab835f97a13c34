"""Pieces of one SKU in one warehouse that are kept for one order line, or for a while for somebody.

Written by `inventory.reservation` only.
"""

import frappe
from frappe.model.document import Document


class StockReservation(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		expires_at: DF.Datetime | None
		holder: DF.Data | None
		order: DF.Link | None
		order_item: DF.Data | None
		per_set: DF.Int
		purpose: DF.Literal["Order", "Hold"]
		qty: DF.Int
		release_reason: DF.Data | None
		released_at: DF.Datetime | None
		reserved_at: DF.Datetime | None
		shipped_qty: DF.Int
		shop: DF.Link | None
		sku: DF.Link
		status: DF.Literal["Open", "Shipped", "Released"]
		warehouse: DF.Link

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Reservation", ["sku", "warehouse", "status"])
	frappe.db.add_index("Stock Reservation", ["status", "expires_at"])
