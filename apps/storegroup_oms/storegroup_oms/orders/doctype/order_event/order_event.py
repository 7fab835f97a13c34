"""One thing that happened to an order. Rows are only ever added."""

import frappe
from frappe.model.document import Document

from storegroup_oms.append_only import AppendOnlyMixin


class OrderEvent(AppendOnlyMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		details: DF.JSON | None
		event: DF.Data
		from_status: DF.Data | None
		occurred_at: DF.Datetime
		order: DF.Link
		source: DF.Data | None
		to_status: DF.Data | None

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	# `order` is an SQL word and Frappe does not quote index columns.
	frappe.db.add_index("Order Event", ["`order`", "occurred_at"], index_name="order_occurred_at")
