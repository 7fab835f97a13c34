"""One answered request with an idempotency key. Written and read by `open_api.idempotency` alone."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class APIRequest(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		answer: DF.LongText | None
		attempt_token: DF.Data | None
		idempotency_key: DF.Data
		operation: DF.Data
		request_hash: DF.Data
		user: DF.Link

	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 7) -> None:
		"""Delete answers older than `days` days; their keys are free again."""
		request = frappe.qb.DocType("API Request")
		frappe.qb.from_(request).delete().where(request.creation < add_days(now_datetime(), -days)).run()


def on_doctype_update() -> None:
	frappe.db.add_index("API Request", ["creation"])
