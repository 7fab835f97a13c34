"""One change of an order written many at a time, until the hooks of administrators have been told; see `orders.outbox`."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class OrderChange(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		change: DF.Literal["Insert", "Update"]
		due_at: DF.Datetime | None
		error_message: DF.SmallText | None
		order: DF.Link
		status: DF.Literal["Waiting", "Failed"]
		values_before: DF.JSON | None

	# end: auto-generated types
	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Delete changes that failed more than `days` days ago; Log Settings calls this."""
		table = frappe.qb.DocType("Order Change")
		(
			frappe.qb.from_(table)
			.delete()
			.where((table.status == "Failed") & (table.creation < add_days(now_datetime(), -days)))
		).run()


def on_doctype_update() -> None:
	frappe.db.add_index("Order Change", ["status", "due_at"])
