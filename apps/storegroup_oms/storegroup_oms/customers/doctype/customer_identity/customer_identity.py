"""One account of the person at one platform or shop, and how sure we are of it."""

import frappe
from frappe.model.document import Document

from storegroup_oms.customers.attach import make_identity_name


class CustomerIdentity(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		confidence: DF.Percent
		confirmed_by: DF.Link | None
		linked_at: DF.Datetime | None
		nick: DF.Data | None
		parent: DF.Data
		parentfield: DF.Data
		parenttype: DF.Data
		platform: DF.Literal["Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
		platform_user_id: DF.Data | None
		shop: DF.Link | None

	# end: auto-generated types

	def autoname(self) -> None:
		"""One account is one row: its name is made of platform and user id, as intake makes it."""
		if self.platform_user_id:
			self.name = make_identity_name(self.platform, self.platform_user_id)


def on_doctype_update() -> None:
	frappe.db.add_index("Customer Identity", ["platform", "platform_user_id"])
