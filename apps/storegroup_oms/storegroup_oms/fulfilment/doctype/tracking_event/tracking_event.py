"""One scan or message of the courier about one parcel. Rows are only ever added."""

import frappe
from frappe.model.document import Document

from storegroup_oms.append_only import AppendOnlyMixin
from storegroup_oms.couriers.tracking.text_hash import make_text_hash


class TrackingEvent(AppendOnlyMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		code: DF.Literal[
			"Accepted",
			"Picked Up",
			"In Transit",
			"Arrived",
			"Departed",
			"Out for Delivery",
			"Delivered",
			"Delivery Failed",
			"Wrong Address",
			"Refused",
			"Returning",
			"Returned",
			"Lost",
			"Damaged",
			"Customs",
			"Other",
		]
		occurred_at: DF.Datetime
		place: DF.Data | None
		shipment: DF.Link
		source: DF.Data | None
		text: DF.SmallText | None
		text_hash: DF.Data | None

	# end: auto-generated types

	def before_validate(self) -> None:
		self.text_hash = self.text_hash or make_text_hash(self.place, self.text)


def on_doctype_update() -> None:
	# Not the code: words may be read better later, and the scan stays the same.
	frappe.db.add_unique(
		"Tracking Event",
		["shipment", "occurred_at", "text_hash"],
		constraint_name="unique_tracking_scan",
	)
