"""One message from or to a platform, kept until it is worked off; the same message twice is one row."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

from storegroup_oms.field_levels import FieldLevelMixin


class ConnectorEvent(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		attempts: DF.Int
		direction: DF.Literal["Incoming", "Outgoing"]
		done_at: DF.Datetime | None
		due_at: DF.Datetime | None
		error_code: DF.Data | None
		error_message: DF.SmallText | None
		external_id: DF.Data
		kind: DF.Data
		object_no: DF.Data | None
		payload: DF.LongText | None
		payload_encrypted: DF.LongText | None
		reference_doctype: DF.Link | None
		reference_name: DF.DynamicLink | None
		shop: DF.Link
		status: DF.Literal["Received", "Done", "Retry", "Failed", "Ignored"]
		topic: DF.Data | None
	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Delete events that ended well more than `days` days ago; Log Settings calls this."""
		event = frappe.qb.DocType("Connector Event")
		(
			frappe.qb.from_(event)
			.delete()
			.where(event.status.isin(["Done", "Ignored"]))
			.where(event.creation < add_days(now_datetime(), -days))
		).run()


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Connector Event",
		["shop", "direction", "kind", "external_id"],
		constraint_name="unique_connector_event",
	)
	frappe.db.add_index("Connector Event", ["status", "due_at"])
	frappe.db.add_index("Connector Event", ["shop", "direction", "status", "due_at"])
