"""An account at a service that gives waybill numbers."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.couriers.waybills.accounts import SERVICES
from storegroup_oms.exceptions import InvalidValueError


class WaybillAccount(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.couriers.doctype.waybill_account_courier.waybill_account_courier import (
			WaybillAccountCourier,
		)
		from storegroup_oms.couriers.doctype.waybill_account_sender.waybill_account_sender import (
			WaybillAccountSender,
		)
		from storegroup_oms.couriers.doctype.waybill_account_shop.waybill_account_shop import (
			WaybillAccountShop,
		)

		account_name: DF.Data
		app_key: DF.Data | None
		app_secret: DF.Password | None
		couriers: DF.Table[WaybillAccountCourier]
		failing_since: DF.Datetime | None
		gateway_url: DF.Data | None
		is_active: DF.Check
		last_error: DF.SmallText | None
		last_success_at: DF.Datetime | None
		priority: DF.Int
		provider: DF.Literal["Cainiao", "JD", "Pinduoduo", "Douyin", "Kuaidi100", "KDNiao"]
		senders: DF.Table[WaybillAccountSender]
		serves_others: DF.Check
		shop: DF.Link | None
		shops: DF.TableMultiSelect[WaybillAccountShop]

	# end: auto-generated types

	def validate(self) -> None:
		self.gateway_url = (self.gateway_url or "").strip().rstrip("/") or None
		self.check_gateway_url()
		self.check_shop()
		self.check_rows()

	def check_gateway_url(self) -> None:
		"""The service is reached over HTTP or HTTPS."""
		if self.gateway_url and not self.gateway_url.startswith(("http://", "https://")):
			frappe.throw(
				_("The gateway URL must start with http:// or https://."),
				exc=InvalidValueError,
				title=_("Not a Web Address"),
			)

	def check_shop(self) -> None:
		"""A platform's service is used with the access of a shop of that platform; the others have a key."""
		platform = SERVICES[self.provider][0]
		if not platform:
			self.shop, self.serves_others = None, 0
			return
		if not self.shop or frappe.db.get_value("Shop", self.shop, "platform") != platform:
			frappe.throw(
				_("{0} needs a shop of {1}, whose access it is used with.").format(
					_(self.provider), _(platform)
				),
				exc=InvalidValueError,
				title=_("Shop Missing"),
			)

	def check_rows(self) -> None:
		"""Each courier, shop and warehouse stands once."""
		for table, fieldname in (("couriers", "courier"), ("shops", "shop"), ("senders", "warehouse")):
			seen = set()
			for row in self.get(table):
				value = row.get(fieldname)
				if value in seen:
					frappe.throw(
						_("Row {0}: {1} stands here already.").format(row.idx, value),
						exc=InvalidValueError,
						title=_("Listed Twice"),
					)
				seen.add(value)


def on_doctype_update() -> None:
	frappe.db.add_index("Waybill Account", ["provider", "is_active"])
