"""One courier that an account has numbers of; a row of Waybill Account."""

from frappe.model.document import Document


class WaybillAccountCourier(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		balance: DF.Int
		balance_at: DF.Datetime | None
		branch_code: DF.Data | None
		courier: DF.Link
		customer_code: DF.Data | None
		customer_password: DF.Password | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		template_url: DF.Data | None

	# end: auto-generated types

	pass
