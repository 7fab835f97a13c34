"""One platform order that could not be read; see `connectors.quarantine`."""

import frappe
from frappe.model.document import Document

from storegroup_oms.field_levels import FieldLevelMixin


class QuarantinedOrder(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		advice: DF.SmallText | None
		dismiss_reason: DF.SmallText | None
		first_seen_at: DF.Datetime | None
		last_seen_at: DF.Datetime | None
		order: DF.Link | None
		path: DF.Data | None
		payload: DF.Code | None
		payload_encrypted: DF.LongText | None
		platform_modified_at: DF.Datetime | None
		platform_order_no: DF.Data
		reason_code: DF.Data | None
		replay_count: DF.Int
		resolved_at: DF.Datetime | None
		resolved_by: DF.Link | None
		seen_count: DF.Int
		shop: DF.Link
		status: DF.Literal["Waiting", "Resolved", "Dismissed"]
		value: DF.Data | None

	# end: auto-generated types


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Quarantined Order", ["shop", "platform_order_no"], constraint_name="unique_quarantined_order"
	)
	frappe.db.add_index("Quarantined Order", ["status", "shop"])
