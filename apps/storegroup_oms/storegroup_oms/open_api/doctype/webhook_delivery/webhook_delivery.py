"""One event on its way to one endpoint; the same event to the same endpoint is one row.

Written by `open_api.outbox`, worked on by `open_api.delivery`. Names sort by the time of writing.
"""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class WebhookDelivery(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		done_at: DF.Datetime | None
		due_at: DF.Datetime | None
		duration_ms: DF.Int
		endpoint: DF.Link
		error: DF.Data | None
		event: DF.Data
		event_id: DF.Data
		payload: DF.LongText | None
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		response_code: DF.Int
		shop: DF.Link | None
		status: DF.Literal["Waiting", "Retry", "Done", "Failed"]

	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Delete deliveries that have ended and are older than `days` days."""
		delivery = frappe.qb.DocType("Webhook Delivery")
		(
			frappe.qb.from_(delivery)
			.delete()
			.where(delivery.status.isin(["Done", "Failed"]))
			.where(delivery.creation < add_days(now_datetime(), -days))
		).run()


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Webhook Delivery", ["endpoint", "event_id"], constraint_name="unique_webhook_delivery"
	)
	frappe.db.add_index("Webhook Delivery", ["status", "due_at"])
	frappe.db.add_index("Webhook Delivery", ["endpoint", "reference_name", "status"])
	frappe.db.add_index("Webhook Delivery", ["creation"])
