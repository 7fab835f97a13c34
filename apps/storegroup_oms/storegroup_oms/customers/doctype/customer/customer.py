"""One person who buys from one or more of our shops, known by platform identities and without raw data."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin


class Customer(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.customers.doctype.customer_identity.customer_identity import CustomerIdentity

		blocked_reason: DF.SmallText | None
		city: DF.Data | None
		customer_name: DF.Data
		favourite_shop: DF.Link | None
		first_order_at: DF.Datetime | None
		frequency_score: DF.Int
		identities: DF.Table[CustomerIdentity]
		is_blocked: DF.Check
		last_order_at: DF.Datetime | None
		merged_into: DF.Link | None
		mobile_hash: DF.Data | None
		mobile_masked: DF.Data | None
		monetary_score: DF.Int
		notes: DF.SmallText | None
		order_count: DF.Int
		preferences: DF.SmallText | None
		province: DF.Data | None
		recency_score: DF.Int
		tags: DF.Data | None
		tier: DF.Data | None
		total_paid: DF.Currency
		total_refunded: DF.Currency

	# end: auto-generated types

	def validate(self) -> None:
		self.check_identities()
		self.check_merged_into()

	def check_identities(self) -> None:
		"""One platform account is listed once."""
		seen = set()
		for row in self.identities:
			if not (row.platform_user_id or row.nick):
				frappe.throw(
					_("Row {0}: give the platform user ID or the nick.").format(row.idx),
					exc=InvalidValueError,
					title=_("Identity Is Empty"),
				)
			key = (row.platform, row.shop or "", row.platform_user_id or "", row.nick or "")
			if key in seen:
				frappe.throw(
					_("Row {0}: this identity is listed twice.").format(row.idx),
					exc=InvalidValueError,
					title=_("Identity Listed Twice"),
				)
			seen.add(key)

	def check_merged_into(self) -> None:
		"""A customer is not merged into itself."""
		if self.merged_into and self.merged_into == self.name:
			frappe.throw(
				_("Customer {0} cannot be merged into itself.").format(self.name),
				exc=InvalidValueError,
				title=_("Same Customer"),
			)
