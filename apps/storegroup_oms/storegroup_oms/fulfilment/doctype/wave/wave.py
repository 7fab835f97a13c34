"""Parcels that are picked on one walk; made by `fulfilment.floor.waves`."""

from frappe.model.document import Document

from storegroup_oms.fulfilment.floor import waves


class Wave(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		kind: DF.Literal["Single Item", "Multi-Item", "Urgent", "Courier", "Region"]
		note: DF.SmallText | None
		parcel_count: DF.Int
		picked_at: DF.Datetime | None
		picker: DF.Link | None
		piece_count: DF.Int
		status: DF.Literal["Picking", "Picked", "Dissolved"]
		value: DF.Data | None
		warehouse: DF.Link

	# end: auto-generated types

	def onload(self) -> None:
		self.set_onload("progress", waves.get_progress(self.name))
