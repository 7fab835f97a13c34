"""Which courier takes which parcels; read by `couriers.lane_records`, applied by `couriers.choice`."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, flt, getdate

from storegroup_oms.exceptions import InvalidValueError


class CourierRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		action: DF.Literal["Use", "Prefer", "Avoid"]
		city: DF.Data | None
		courier: DF.Link
		customer_tier: DF.Data | None
		enabled: DF.Check
		from_amount: DF.Currency
		from_day: DF.Date | None
		from_weight_g: DF.Int
		note: DF.SmallText | None
		order_tag: DF.Data | None
		platform: DF.Literal["", "Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
		priority: DF.Int
		province: DF.Data | None
		rule_name: DF.Data
		shop: DF.Link | None
		sku: DF.Link | None
		to_day: DF.Date | None
		to_weight_g: DF.Int
		warehouse: DF.Link | None

	# end: auto-generated types

	def validate(self) -> None:
		self.province, self.city = (self.province or "").strip(), (self.city or "").strip()
		if self.city and not self.province:
			self.refuse(_("Give the province of {0}.").format(self.city))
		if cint(self.to_weight_g) and cint(self.to_weight_g) < cint(self.from_weight_g):
			self.refuse(_("The weights end before they begin."))
		if self.from_day and self.to_day and getdate(self.to_day) < getdate(self.from_day):
			self.refuse(_("The days end before they begin."))
		if flt(self.from_amount) < 0:
			self.refuse(_("The amount can't be less than nothing."))

	def refuse(self, message: str) -> None:
		frappe.throw(message, exc=InvalidValueError, title=_("Courier Rule"))
