"""Goods that come, go or move: received, issued, transferred, adjusted, returned. Posted once, undone by a reversal."""

from frappe.model.document import Document

from storegroup_oms.append_only import refuse
from storegroup_oms.field_levels import FieldLevelMixin
from storegroup_oms.inventory import entries
from storegroup_oms.permissions import require_permission


class StockEntry(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.inventory.doctype.stock_entry_item.stock_entry_item import StockEntryItem

		at_once: DF.Check
		direction: DF.Literal["", "Add", "Take Off"]
		has_differences: DF.Check
		items: DF.Table[StockEntryItem]
		kind: DF.Literal[
			"Receipt",
			"Issue",
			"Transfer",
			"Adjustment",
			"Return to Good",
			"Return to Defective",
			"Damage",
			"Reversal",
		]
		lost_orders: DF.SmallText | None
		posted_at: DF.Datetime | None
		posted_by: DF.Link | None
		reason: DF.Data | None
		reason_code: DF.Literal[
			"",
			"Purchase",
			"Production",
			"Buyer Return",
			"Supplier Return",
			"Replenishment",
			"Sample",
			"Internal Use",
			"Loss",
			"Found Again",
			"Expired",
			"Broken",
			"Correction",
			"Other",
		]
		receipt_count: DF.Int
		received_at: DF.Datetime | None
		reference: DF.Data | None
		request_id: DF.Data | None
		reversal_of: DF.Link | None
		reversed_by: DF.Link | None
		scan_code: DF.Data | None
		status: DF.Literal["Draft", "Posted", "On the Way", "Partly Received", "Received", "Reversed"]
		supplier_name: DF.Data | None
		to_warehouse: DF.Link | None
		total_qty: DF.Int
		warehouse: DF.Link

	# end: auto-generated types

	def before_validate(self) -> None:
		entries.fill_rows(self)

	def validate(self) -> None:
		self.forget_results()
		self.drop_unseen_costs()
		entries.check_entry(self)

	def before_submit(self) -> None:
		# In a transfer both warehouses see the entry; the goods are the first one's to give.
		if not self.flags.ignore_permissions:
			require_permission("Warehouse", "read", self.warehouse)

	def on_submit(self) -> None:
		entries.post_entry(self)

	def before_cancel(self) -> None:
		"""A posted entry is history. Raises AppendOnlyError."""
		refuse(self.doctype, self.name)

	def forget_results(self) -> None:
		"""What posting finds out is not typed in."""
		self.scan_code = None
		self.status, self.receipt_count, self.has_differences = "Draft", 0, 0
		self.posted_at = self.posted_by = self.received_at = self.reversed_by = self.lost_orders = None
		if not self.flags.is_reversal:
			self.reversal_of = None
		for row in self.items:
			row.received_qty = row.missing_qty = 0

	def drop_unseen_costs(self) -> None:
		"""Who doesn't read costs doesn't write them. Frappe forgets this for the rows of a new document."""
		if self.is_new() and not self.flags.ignore_permissions and 1 not in self.get_permlevel_access():
			for row in self.items:
				row.unit_cost = 0
