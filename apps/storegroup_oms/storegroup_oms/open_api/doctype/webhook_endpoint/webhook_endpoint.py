"""An address of another system that is told about orders and parcels as they change."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.open_api import outbox
from storegroup_oms.open_api.targets import TargetRefusedError, check_url
from storegroup_oms.permissions import get_allowed

SECRET_MIN_LENGTH = 16


class WebhookEndpoint(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.open_api.doctype.webhook_endpoint_event.webhook_endpoint_event import (
			WebhookEndpointEvent,
		)
		from storegroup_oms.open_api.doctype.webhook_endpoint_shop.webhook_endpoint_shop import (
			WebhookEndpointShop,
		)

		endpoint_name: DF.Data
		events: DF.Table[WebhookEndpointEvent]
		failing_since: DF.Datetime | None
		is_enabled: DF.Check
		last_error: DF.Data | None
		last_success_at: DF.Datetime | None
		secret: DF.Password
		shops: DF.Table[WebhookEndpointShop]
		url: DF.Data

	# end: auto-generated types

	def validate(self) -> None:
		self.check_address()
		self.check_secret()
		self.check_shops()
		self.forget_failures()

	def on_update(self) -> None:
		outbox.forget_endpoints()

	def on_trash(self) -> None:
		frappe.db.delete("Webhook Delivery", {"endpoint": self.name})
		outbox.forget_endpoints()

	def check_address(self) -> None:
		"""The address is one that may be called; what its name leads to is asked again at each call."""
		self.url = (self.url or "").strip()
		allow_private = bool(frappe.db.get_single_value("OMS Settings", "allow_private_webhooks"))
		try:
			check_url(self.url, allow_private)
		except TargetRefusedError:
			frappe.throw(
				_(
					"The address of endpoint {0} must be public, https and without a user name."
					" Private addresses are allowed in OMS Settings."
				).format(self.endpoint_name),
				exc=InvalidValueError,
				title=_("Address Refused"),
			)

	def check_secret(self) -> None:
		"""A new secret is long enough; a stored one comes as asterisks."""
		if self.secret and set(self.secret) != {"*"} and len(self.secret) < SECRET_MIN_LENGTH:
			frappe.throw(
				_("The secret of endpoint {0} needs at least {1} characters.").format(
					self.endpoint_name, SECRET_MIN_LENGTH
				),
				exc=InvalidValueError,
				title=_("Secret Too Short"),
			)

	def check_shops(self) -> None:
		"""Who is narrowed to some shops names them: an endpoint without shops tells about all."""
		allowed = get_allowed(frappe.session.user, "Shop", "Order")
		if allowed is not None and (not self.shops or {row.shop for row in self.shops} - set(allowed)):
			frappe.throw(
				_("Name the shops of endpoint {0}: only those that are open to you.").format(
					self.endpoint_name
				),
				exc=frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def forget_failures(self) -> None:
		"""An endpoint that is switched on again, or moved, starts with a clean record."""
		before = self.get_doc_before_save()
		if before and ((self.is_enabled and not before.is_enabled) or before.url != self.url):
			self.failing_since = self.last_error = None
