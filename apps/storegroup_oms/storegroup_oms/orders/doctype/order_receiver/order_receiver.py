"""The encrypted contact of one order. Nobody reads it through the desk; see Personal Data Access."""

import frappe
from frappe.model.document import Document


class OrderReceiver(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		address_hash: DF.Data | None
		mobile_hash: DF.Data | None
		mobile_tail: DF.Data | None
		order: DF.Link
		payload: DF.LongText | None
		platform_token: DF.SmallText | None
		shop: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Order Receiver", ["mobile_hash", "address_hash"])
