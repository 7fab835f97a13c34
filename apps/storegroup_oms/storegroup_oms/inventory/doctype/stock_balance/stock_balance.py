"""The stock numbers of one SKU in one warehouse: a cache of the ledger, written by the ledger only."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class StockBalance(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		alert_level: DF.Int
		available: DF.Int
		bin_location: DF.Data | None
		blocked: DF.Int
		counted_at: DF.Datetime | None
		in_transit: DF.Int
		last_movement_at: DF.Datetime | None
		offered_entry_no: DF.Int
		on_hand: DF.Int
		reserved: DF.Int
		safety_stock: DF.Int
		sku: DF.Link
		warehouse: DF.Link

	# end: auto-generated types

	def validate(self) -> None:
		self.check_unique()
		self.check_written_by_ledger()
		kept = sum(self.get(fieldname) or 0 for fieldname in ("reserved", "blocked", "safety_stock"))
		self.available = (self.on_hand or 0) - kept

	def check_unique(self) -> None:
		"""One SKU has one balance per warehouse."""
		key = {"sku": self.sku, "warehouse": self.warehouse, "name": ("!=", self.name)}
		if frappe.db.exists("Stock Balance", key):
			frappe.throw(
				_("SKU {0} already has a balance in warehouse {1}.").format(self.sku, self.warehouse),
				exc=InvalidValueError,
				title=_("Balance Exists"),
			)

	def check_written_by_ledger(self) -> None:
		"""Quantities change through the Stock Ledger; people change the bin and the safety stock."""
		if self.flags.from_ledger:
			return
		for fieldname in ("on_hand", "reserved", "in_transit", "blocked"):
			changed = self.get(fieldname) if self.is_new() else self.has_value_changed(fieldname)
			if changed:
				frappe.throw(
					_("{0} of SKU {1} cannot be typed in. Post a stock movement instead.").format(
						_(self.meta.get_label(fieldname)), self.sku
					),
					exc=InvalidValueError,
					title=_("Written by the Ledger"),
				)


def on_doctype_update() -> None:
	frappe.db.add_unique("Stock Balance", ["sku", "warehouse"], constraint_name="unique_sku_warehouse")
	# The stock page's sums over all goods are read from it alone.
	frappe.db.add_index("Stock Balance", ["sku", "warehouse", "available", "on_hand", "stock_value"])
