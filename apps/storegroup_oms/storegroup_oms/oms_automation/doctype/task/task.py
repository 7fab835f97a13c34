"""Something that one person has to do, often about one order, parcel or shop, by a time."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import now_datetime

from storegroup_oms.exceptions import InvalidValueError


class Task(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		assigned_to: DF.Link | None
		completed_at: DF.Datetime | None
		completed_by: DF.Link | None
		dedupe_key: DF.Data | None
		description: DF.TextEditor | None
		due_at: DF.Datetime | None
		is_automatic: DF.Check
		kind: DF.Literal[
			"Manual",
			"Order Exception",
			"Logistics",
			"After-sales",
			"Stock",
			"Customer",
			"Shop",
			"Finance",
		]
		priority: DF.Literal["Low", "Normal", "High", "Urgent"]
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		shop: DF.Link | None
		status: DF.Literal["Open", "In Progress", "Done", "Cancelled"]
		subject: DF.Data

	# end: auto-generated types

	def validate(self) -> None:
		self.check_reference()
		self.note_end()

	def check_reference(self) -> None:
		"""A task is about one named record, or about none."""
		if bool(self.reference_doctype) != bool(self.reference_name):
			frappe.throw(
				_("Give both the kind of record and the record that task {0} is about, or neither.").format(
					self.subject
				),
				exc=InvalidValueError,
				title=_("Record Incomplete"),
			)

	def note_end(self) -> None:
		"""An ended task has a time and a person and gives its cause free; one opened again has neither."""
		if self.status in ("Done", "Cancelled"):
			self.completed_at = self.completed_at or now_datetime()
			self.completed_by = self.completed_by or frappe.session.user
			self.dedupe_key = None
		else:
			self.completed_at = self.completed_by = None


def on_doctype_update() -> None:
	frappe.db.add_index("Task", ["assigned_to", "status", "due_at"])
	frappe.db.add_index("Task", ["status", "due_at"])
	frappe.db.add_index("Task", ["reference_doctype", "reference_name"])
