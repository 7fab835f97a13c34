"""What a courier asks on top; read by `couriers.lane_records`."""

from frappe.model.document import Document


class CourierSurcharge(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		amount: DF.Currency
		from_day: DF.Date | None
		label: DF.Data
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		province: DF.Data | None
		to_day: DF.Date | None

	# end: auto-generated types

	pass
