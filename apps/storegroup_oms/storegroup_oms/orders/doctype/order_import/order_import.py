"""One platform order-report file: checked first, then loaded, with every refused row and its reason."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError

RUNNING = ("Checking", "Loading")
INPUT_FIELDS = ("shop", "file", "paid_without_status")
RESULT_FIELDS = (
	"layout",
	"heading_fingerprint",
	"mapping",
	"progress",
	"rows",
	"orders",
	"new_orders",
	"changed_orders",
	"unchanged_orders",
	"rejected_rows",
	"unpaid_orders",
	"total_amount",
	"paid_amount",
	"refund_amount",
	"rows_per_second",
	"started_at",
	"finished_at",
	"rejected_file",
	"error_message",
	"sample_errors",
)


class OrderImport(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		changed_orders: DF.Int
		error_message: DF.SmallText | None
		file: DF.Attach
		finished_at: DF.Datetime | None
		heading_fingerprint: DF.Data | None
		layout: DF.Data | None
		mapping: DF.JSON | None
		new_orders: DF.Int
		orders: DF.Int
		paid_amount: DF.Currency
		paid_without_status: DF.Literal["Completed", "To Review"]
		progress: DF.Percent
		refund_amount: DF.Currency
		rejected_file: DF.Attach | None
		rejected_rows: DF.Int
		rows: DF.Int
		rows_per_second: DF.Float
		sample_errors: DF.JSON | None
		shop: DF.Link
		started_at: DF.Datetime | None
		status: DF.Literal["Draft", "Checking", "Checked", "Loading", "Loaded", "Failed"]
		total_amount: DF.Currency
		unchanged_orders: DF.Int
		unpaid_orders: DF.Int

	# end: auto-generated types

	def validate(self) -> None:
		self.check_file_kind()
		self.check_not_running()
		self.forget_result_of_other_file()

	def on_trash(self) -> None:
		self.check_not_running()

	def check_file_kind(self) -> None:
		"""The file is CSV, text or xlsx, by its name."""
		if not (self.file or "").split("?")[0].lower().endswith((".csv", ".txt", ".tsv", ".xlsx")):
			frappe.throw(
				_("{0} cannot be read. Save the report as CSV or xlsx and attach it again.").format(
					self.file
				),
				exc=InvalidValueError,
				title=_("Wrong Kind of File"),
			)

	def check_not_running(self) -> None:
		"""Input stays as it is while a job reads it."""
		before = self.get_doc_before_save() if not self.is_new() else None
		status = before.status if before else self.status
		changed = before and any(before.get(key) != self.get(key) for key in INPUT_FIELDS)
		if status in RUNNING and (changed or (not before and not self.is_new())):
			frappe.throw(
				_("Import {0} is running. Wait until it has ended.").format(self.name),
				exc=InvalidValueError,
				title=_("Import Is Running"),
			)

	def forget_result_of_other_file(self) -> None:
		"""Figures belong to one file of one shop: another file or shop starts again as a draft."""
		if self.is_new() or not (self.has_value_changed("file") or self.has_value_changed("shop")):
			return
		self.status = "Draft"
		for fieldname in RESULT_FIELDS:
			self.set(fieldname, None)
