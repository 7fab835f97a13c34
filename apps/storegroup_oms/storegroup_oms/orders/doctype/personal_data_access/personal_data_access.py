"""One look at a raw name, phone or address: who, at what, and why. Rows are only ever added."""

import frappe
from frappe.model.document import Document

from storegroup_oms.append_only import AppendOnlyMixin


class PersonalDataAccess(AppendOnlyMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		accessed_at: DF.Datetime
		ip_address: DF.Data | None
		reason: DF.SmallText
		reference_doctype: DF.Link
		reference_name: DF.DynamicLink
		revealed_fields: DF.Data | None
		shop: DF.Link | None
		user: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Personal Data Access", ["user", "accessed_at"])
	frappe.db.add_index("Personal Data Access", ["reference_doctype", "reference_name"])
