"""Pieces of one SKU that only one shop may sell; what it sells from the start on uses them up."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class DedicatedStock(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		ends_at: DF.Datetime | None
		is_exclusive: DF.Check
		qty: DF.Int
		reason: DF.Data | None
		shop: DF.Link
		sku: DF.Link
		starts_at: DF.Datetime
	# end: auto-generated types

	def validate(self) -> None:
		self.check_sku()
		self.check_unique()
		self.check_span()

	def check_sku(self) -> None:
		"""A bundle has no stock of its own."""
		if frappe.db.get_value("SKU", self.sku, "is_bundle"):
			frappe.throw(
				_("SKU {0} is a bundle and has no stock of its own. Dedicate its components.").format(
					self.sku
				),
				exc=InvalidValueError,
				title=_("Not for a Bundle"),
			)

	def check_unique(self) -> None:
		"""A shop has one figure for a SKU."""
		key = {"shop": self.shop, "sku": self.sku, "name": ("!=", self.name)}
		if frappe.db.exists("Dedicated Stock", key):
			frappe.throw(
				_("Shop {0} already has pieces of SKU {1} for itself. Change that record.").format(
					self.shop, self.sku
				),
				exc=InvalidValueError,
				title=_("Dedicated Already"),
			)

	def check_span(self) -> None:
		"""It ends after it begins."""
		# A new document holds the time as text, "Now" by default.
		starts_at, ends_at = (frappe.utils.get_datetime(value) for value in (self.starts_at, self.ends_at))
		if self.ends_at and ends_at <= starts_at:
			frappe.throw(
				_("The end must be later than the beginning."), exc=InvalidValueError, title=_("Not a Span")
			)


def on_doctype_update() -> None:
	frappe.db.add_unique("Dedicated Stock", ["shop", "sku"], constraint_name="unique_shop_sku")
