"""One store on one platform: its credentials, its stock and warehouse rules, and how healthy its connection is."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils.password import get_decrypted_password

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin


class Shop(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.shops.doctype.shop_warehouse.shop_warehouse import ShopWarehouse

		app_key: DF.Data | None
		app_secret: DF.Password | None
		auto_buffer: DF.Check
		commission_rate: DF.Percent
		complete_up_to: DF.Datetime | None
		default_courier: DF.Link | None
		default_warehouse: DF.Link | None
		error_code: DF.Data | None
		failing_since: DF.Datetime | None
		gateway_url: DF.Data | None
		last_error: DF.SmallText | None
		last_message_at: DF.Datetime | None
		last_order_at: DF.Datetime | None
		last_pull_at: DF.Datetime | None
		last_push_at: DF.Datetime | None
		notes: DF.TextEditor | None
		operator: DF.Link | None
		platform: DF.Literal["Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
		platform_account_id: DF.Data | None
		platform_nick: DF.Data | None
		platform_shop_id: DF.Data | None
		poll_seconds: DF.Int
		pull_enabled: DF.Check
		push_delay_ms: DF.Int
		push_enabled: DF.Check
		refresh_expires_at: DF.Datetime | None
		refresh_token: DF.Password | None
		return_address: DF.SmallText | None
		sender_mobile: DF.Data | None
		sender_name: DF.Data | None
		session_token: DF.Password | None
		ship_confirm_enabled: DF.Check
		ship_within_hours: DF.Int
		shop_group: DF.Data | None
		shop_name: DF.Data
		shop_url: DF.Data | None
		status: DF.Literal["Active", "Paused", "Authorisation Expired"]
		stock_buffer: DF.Int
		stock_delay_ms: DF.Int
		stock_maximum: DF.Int
		stock_minimum: DF.Int
		stock_percentage: DF.Percent
		stock_push_enabled: DF.Check
		stock_stopped: DF.Check
		stock_warehouses: DF.TableMultiSelect[ShopWarehouse]
		token_expires_at: DF.Datetime | None
		transaction_fee_rate: DF.Percent
		webhook_secret: DF.Password | None
	# end: auto-generated types

	def validate(self) -> None:
		self.check_rates()
		self.check_stock_limits()
		self.check_gateway_url()
		self.check_platform_shop_id()
		self.check_platform_unchanged()
		self.forget_old_token_end()

	def check_rates(self) -> None:
		"""Percentages lie between 0 and 100."""
		for fieldname in ("stock_percentage", "commission_rate", "transaction_fee_rate"):
			if not 0 <= (self.get(fieldname) or 0) <= 100:
				frappe.throw(
					_("{0} of shop {1} must be between 0 and 100.").format(
						_(self.meta.get_label(fieldname)), self.shop_name
					),
					exc=InvalidValueError,
					title=_("Not a Percentage"),
				)

	def check_stock_limits(self) -> None:
		"""A maximum isn't below the minimum."""
		if self.stock_maximum and self.stock_maximum < (self.stock_minimum or 0):
			frappe.throw(
				_("The maximum stock can't be below the minimum."),
				exc=InvalidValueError,
				title=_("Minimum and Maximum"),
			)

	def check_gateway_url(self) -> None:
		"""The gateway is reached over HTTP or HTTPS; a slash at the end is cut off."""
		self.gateway_url = (self.gateway_url or "").strip().rstrip("/") or None
		if self.gateway_url and not self.gateway_url.startswith(("http://", "https://")):
			frappe.throw(
				_("The gateway URL of shop {0} must start with http:// or https://.").format(self.shop_name),
				exc=InvalidValueError,
				title=_("Not a Web Address"),
			)

	def check_platform_shop_id(self) -> None:
		"""One store of a platform is one Shop."""
		self.platform_shop_id = (self.platform_shop_id or "").strip() or None
		if not self.platform_shop_id:
			return
		other = frappe.db.get_value(
			"Shop",
			{
				"platform": self.platform,
				"platform_shop_id": self.platform_shop_id,
				"name": ("!=", self.name),
			},
		)
		if other:
			frappe.throw(
				_("{0} shop {1} is already connected as {2}.").format(
					_(self.platform), self.platform_shop_id, other
				),
				exc=InvalidValueError,
				title=_("Shop Connected Twice"),
			)

	def check_platform_unchanged(self) -> None:
		"""The platform is fixed once the shop has orders."""
		if self.is_new() or not self.has_value_changed("platform"):
			return
		if frappe.db.exists("Order", {"shop": self.name}):
			frappe.throw(
				_("Shop {0} has orders already; its platform can no longer be changed.").format(self.name),
				exc=InvalidValueError,
				title=_("Platform Is Fixed"),
			)

	def forget_old_token_end(self) -> None:
		"""A token typed in anew ends at a time that nobody has told; the old one's would have it renewed at once."""
		typed = self.session_token
		if self.is_new() or not typed or self.is_dummy_password(typed):
			return
		if self.has_value_changed("token_expires_at"):
			return
		if typed != get_decrypted_password("Shop", self.name, "session_token", raise_exception=False):
			self.token_expires_at = None
