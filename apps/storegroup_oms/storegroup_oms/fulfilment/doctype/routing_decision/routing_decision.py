"""From which warehouse an order is sent, with what became of every candidate; written by `fulfilment.decisions` alone."""

import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

from storegroup_oms.append_only import AppendOnlyMixin


class RoutingDecision(AppendOnlyMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		candidates: DF.Code | None
		decided_at: DF.Datetime | None
		order: DF.Link
		outcome: DF.Literal["Reserved", "Split", "Partly Reserved", "Short"]
		policy: DF.Data | None
		reason: DF.Data | None
		source: DF.Data | None
		warehouses: DF.Data | None

	# end: auto-generated types

	@staticmethod
	def clear_old_logs(days: int = 30) -> None:
		"""Delete decisions made more than `days` days ago; Log Settings calls this."""
		table = frappe.qb.DocType("Routing Decision")
		frappe.qb.from_(table).delete().where(table.decided_at < add_days(now_datetime(), -days)).run()


def on_doctype_update() -> None:
	# `order` is an SQL word and Frappe does not quote index columns.
	frappe.db.add_index("Routing Decision", ["`order`", "decided_at"], index_name="order_decided_at")
