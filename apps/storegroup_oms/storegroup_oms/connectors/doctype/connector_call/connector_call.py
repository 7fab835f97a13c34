"""One call to a platform and its outcome; written by `connectors.calls` alone."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime


class ConnectorCall(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		api: DF.Data | None
		attempts: DF.Int
		called_at: DF.Datetime | None
		duration_ms: DF.Int
		error_code: DF.Data | None
		error_message: DF.SmallText | None
		outcome: DF.Data | None
		request_id: DF.Data | None
		shop: DF.Link | None

	# end: auto-generated types
	@staticmethod
	def clear_old_logs(days: int = 7) -> None:
		"""Delete calls made more than `days` days ago; Log Settings calls this."""
		call = frappe.qb.DocType("Connector Call")
		frappe.qb.from_(call).delete().where(call.called_at < add_days(now_datetime(), -days)).run()


def on_doctype_update() -> None:
	frappe.db.add_index("Connector Call", ["shop", "called_at"])
	frappe.db.add_index("Connector Call", ["called_at"])
	frappe.db.add_index("Connector Call", ["outcome", "called_at"])
