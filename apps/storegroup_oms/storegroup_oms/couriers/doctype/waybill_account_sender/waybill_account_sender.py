"""Who sends from a warehouse with an account; a row of Waybill Account."""

from frappe.model.document import Document


class WaybillAccountSender(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		address: DF.SmallText
		city: DF.Data
		district: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		province: DF.Data
		sender_mobile: DF.Data
		sender_name: DF.Data
		warehouse: DF.Link

	# end: auto-generated types

	pass
