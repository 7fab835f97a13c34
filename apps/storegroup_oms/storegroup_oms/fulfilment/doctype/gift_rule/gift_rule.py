"""Which orders get a gift; read by `fulfilment.gifts`."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, get_datetime

from storegroup_oms.exceptions import InvalidValueError


class GiftRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		bought_qty: DF.Int
		bought_sku: DF.Link | None
		ends_at: DF.Datetime | None
		gift_qty: DF.Int
		gift_sku: DF.Link
		given_qty: DF.Int
		is_active: DF.Check
		is_exclusive: DF.Check
		keep_free: DF.Int
		min_amount: DF.Currency
		orders_per_buyer: DF.Int
		platform: DF.Literal["", "Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
		priority: DF.Int
		rule_name: DF.Data
		shop: DF.Link | None
		starts_at: DF.Datetime | None
		times_per_order: DF.Int
		total_qty: DF.Int

	# end: auto-generated types

	def validate(self) -> None:
		self.check_pieces()
		self.check_period()
		self.keep_given()

	def check_pieces(self) -> None:
		if cint(self.gift_qty) < 1:
			frappe.throw(_("Give at least one piece."), exc=InvalidValueError, title=_("Wrong Quantity"))
		self.bought_qty = max(cint(self.bought_qty), 1)
		self.times_per_order = max(cint(self.times_per_order), 1)

	def check_period(self) -> None:
		if self.starts_at and self.ends_at and get_datetime(self.starts_at) >= get_datetime(self.ends_at):
			frappe.throw(_("The rule ends before it begins."), exc=InvalidValueError, title=_("Wrong Period"))

	def keep_given(self) -> None:
		"""Orders count while somebody has the form open."""
		given = None
		if not self.is_new():
			given = frappe.db.get_value("Gift Rule", self.name, "given_qty", for_update=True)
		self.given_qty = cint(given)
