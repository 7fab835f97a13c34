"""An account at a tracking service: its keys, the couriers that it follows, and where it pushes to."""

import secrets

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class TrackingAccount(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.couriers.doctype.tracking_account_courier.tracking_account_courier import (
			TrackingAccountCourier,
		)

		account_name: DF.Data
		api_key: DF.Password | None
		callback_salt: DF.Password | None
		callback_url: DF.Data | None
		couriers: DF.Table[TrackingAccountCourier]
		customer: DF.Data
		gateway_url: DF.Data | None
		is_active: DF.Check
		last_error: DF.SmallText | None
		last_error_at: DF.Datetime | None
		last_push_at: DF.Datetime | None
		polls: DF.Check
		priority: DF.Int
		provider: DF.Literal["Kuaidi100", "KDNiao"]
		subscribes: DF.Check

	# end: auto-generated types

	def before_validate(self) -> None:
		self.customer = (self.customer or "").strip()
		if not self.callback_salt:
			# Without a salt nothing would tell a push from a forgery.
			self.callback_salt = secrets.token_urlsafe(16)

	def validate(self) -> None:
		self.check_number()

	def check_number(self) -> None:
		"""A push names the account by its number, so an active one has it for itself."""
		key = {"provider": self.provider, "customer": self.customer, "name": ("!=", self.name or "")}
		if self.is_active and frappe.db.exists("Tracking Account", {**key, "is_active": 1}):
			frappe.throw(
				_("Another active account of {0} has the number {1}.").format(self.provider, self.customer),
				exc=InvalidValueError,
				title=_("Number Taken"),
			)
