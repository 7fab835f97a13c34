"""One span of modified time asked of one shop, with the platform's total, what was saved and what is missing."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, get_datetime, now_datetime

from storegroup_oms.exceptions import InvalidValueError


class PullWindow(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		due_at: DF.Datetime | None
		error_code: DF.Data | None
		error_message: DF.SmallText | None
		feed: DF.Literal["Orders", "Refunds", "Listings"]
		finished_at: DF.Datetime | None
		from_time: DF.Datetime
		missing: DF.Int
		missing_ids: DF.LongText | None
		passes: DF.Int
		platform_total: DF.Int
		purpose: DF.Literal["Poll", "Back-fill", "Recheck", "By Hand", "Push"]
		quarantined: DF.Int
		saved: DF.Int
		shop: DF.Link
		started_at: DF.Datetime | None
		status: DF.Literal["Open", "Running", "Complete", "Incomplete", "Failed"]
		to_time: DF.Datetime
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Delete complete windows that ended more than `days` days ago; Log Settings calls this.

		The shop's mark "complete up to" and the nightly recheck stand for what they said.
		"""
		window = frappe.qb.DocType("Pull Window")
		(
			frappe.qb.from_(window)
			.delete()
			.where((window.status == "Complete") & (window.to_time < add_days(now_datetime(), -days)))
		).run()

	def validate(self) -> None:
		if get_datetime(self.from_time) >= get_datetime(self.to_time):
			frappe.throw(
				_("The window of shop {0} must end after it starts.").format(self.shop),
				exc=InvalidValueError,
				title=_("Empty Window"),
			)


def on_doctype_update() -> None:
	frappe.db.add_index("Pull Window", ["shop", "feed", "to_time"])
	frappe.db.add_index("Pull Window", ["status", "due_at"])
	frappe.db.add_index("Pull Window", ["shop", "feed", "status", "due_at"])
