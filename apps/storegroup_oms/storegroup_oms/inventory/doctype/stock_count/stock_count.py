"""Goods of one warehouse, or a part of them, counted by hand and compared with the book."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.append_only import refuse
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin
from storegroup_oms.inventory import counts

PART_FIELDS = ("category", "bin_prefix", "moved_since", "sku_list")


class StockCount(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bin_prefix: DF.Data | None
		category: DF.Data | None
		counted_count: DF.Int
		difference_count: DF.Int
		difference_pieces: DF.Int
		difference_value: DF.Currency
		error_message: DF.SmallText | None
		finished_at: DF.Datetime | None
		is_blind: DF.Check
		line_count: DF.Int
		lost_orders: DF.SmallText | None
		moved_since: DF.Date | None
		note: DF.SmallText | None
		posted_at: DF.Datetime | None
		posted_by: DF.Link | None
		scope: DF.Literal["Whole Warehouse", "Part"]
		sku_list: DF.SmallText | None
		started_at: DF.Datetime | None
		status: DF.Literal["Draft", "Counting", "To Approve", "Posting", "Posted", "Given Up"]
		warehouse: DF.Link

	# end: auto-generated types

	def validate(self) -> None:
		if self.is_new():
			self.forget_results()
		self.check_part()
		self.check_not_started()

	def before_submit(self) -> None:
		counts.assert_may_post(self)

	def on_submit(self) -> None:
		counts.post_rest(self)

	def before_cancel(self) -> None:
		"""A posted count is history. Raises AppendOnlyError."""
		refuse(self.doctype, self.name)

	def on_trash(self) -> None:
		"""A count that has begun is given up, not deleted."""
		if self.status != "Draft" and not frappe.flags.in_uninstall:
			refuse(self.doctype, self.name)

	def forget_results(self) -> None:
		"""A new count is a draft, whatever was sent."""
		self.status = "Draft"
		self.line_count = self.counted_count = 0
		self.difference_count = self.difference_pieces = self.difference_value = 0

	def check_part(self) -> None:
		"""A part says which one."""
		if self.scope == "Whole Warehouse":
			self.update(dict.fromkeys(PART_FIELDS))
		elif not any(self.get(field) for field in PART_FIELDS):
			frappe.throw(
				_("Say which part is counted: category, bins, movement or SKUs."),
				exc=InvalidValueError,
				title=_("Which Part?"),
			)

	def check_not_started(self) -> None:
		"""What is counted, and how, is settled once counting has begun."""
		before = self.get_doc_before_save()
		if not before or before.status == "Draft":
			return
		if any(self.has_value_changed(field) for field in ("scope", "is_blind", *PART_FIELDS)):
			frappe.throw(
				_("Count {0} has begun; what it counts can't be changed.").format(self.name),
				exc=InvalidValueError,
				title=_("Count Has Begun"),
			)
