"""One stock figure that was sent to a platform, and what came of it; written by the push only."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class StockPush(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		delay_ms: DF.Int
		error_code: DF.Data | None
		error_message: DF.SmallText | None
		listing: DF.Link | None
		outcome: DF.Literal["Taken", "Refused", "Failed"]
		previous_qty: DF.Int
		pushed_at: DF.Datetime | None
		qty: DF.Int
		shop: DF.Link | None
		sku: DF.Link | None

	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 14) -> None:
		"""Delete what was sent more than `days` days ago; Log Settings calls this."""
		push = frappe.qb.DocType("Stock Push")
		frappe.qb.from_(push).delete().where(push.pushed_at < add_days(now_datetime(), -days)).run()


def on_doctype_update() -> None:
	frappe.db.add_index("Stock Push", ["listing", "pushed_at"])
	frappe.db.add_index("Stock Push", ["shop", "pushed_at"])
	frappe.db.add_index("Stock Push", ["pushed_at"])
	frappe.db.add_index("Stock Push", ["outcome", "pushed_at"])
