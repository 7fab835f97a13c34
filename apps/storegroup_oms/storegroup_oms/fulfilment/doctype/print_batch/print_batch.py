"""One file of many parcels' labels or lists; written by `fulfilment.printing.batches` alone."""

from frappe.model.document import Document


class PrintBatch(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.fulfilment.doctype.print_batch_parcel.print_batch_parcel import (
			PrintBatchParcel,
		)

		attempts: DF.Int
		claim: DF.Data | None
		claimed_until: DF.Datetime | None
		error: DF.SmallText | None
		file: DF.Attach | None
		finished_at: DF.Datetime | None
		kind: DF.Literal["Labels", "Packing Slips", "Pick List", "Manifest"]
		layout: DF.Link | None
		pages: DF.Int
		parcels: DF.Table[PrintBatchParcel]
		printed: DF.Int
		refused: DF.Int
		reprint_reason: DF.SmallText | None
		request_key: DF.Data | None
		status: DF.Literal["Waiting", "Working", "Completed", "Failed"]
		total: DF.Int

	# end: auto-generated types

	pass
