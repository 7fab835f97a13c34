"""One platform item variant of one shop, the SKU that it sells, and the stock numbers wanted, pushed and confirmed."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class Listing(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		confirmed_at: DF.Datetime | None
		confirmed_qty: DF.Int
		image_url: DF.Data | None
		is_dirty: DF.Check
		item_url: DF.Data | None
		match_method: DF.Literal["", "Code", "Barcode", "Manual", "Import"]
		outer_id: DF.Data | None
		platform_item_id: DF.Data
		platform_sku_id: DF.Data | None
		price: DF.Currency
		push_enabled: DF.Check
		push_error: DF.SmallText | None
		pushed_at: DF.Datetime | None
		pushed_qty: DF.Int
		shop: DF.Link
		sku: DF.Link | None
		specification: DF.Data | None
		status: DF.Literal["On Sale", "Off Sale", "Deleted"]
		title: DF.Data | None
		wanted_qty: DF.Int

	# end: auto-generated types

	def before_validate(self) -> None:
		# An empty string, not NULL: the unique key must hold for items without variants.
		self.platform_sku_id = (self.platform_sku_id or "").strip()
		self.platform_item_id = (self.platform_item_id or "").strip()

	def validate(self) -> None:
		self.check_unique()
		self.note_match()

	def check_unique(self) -> None:
		"""One item variant of one shop is one Listing."""
		key = {
			"shop": self.shop,
			"platform_item_id": self.platform_item_id,
			"platform_sku_id": self.platform_sku_id,
		}
		other = frappe.db.get_value("Listing", {**key, "name": ("!=", self.name)})
		if other:
			frappe.throw(
				_("Shop {0} already has item {1}, variant {2}: open listing {3}.").format(
					self.shop, self.platform_item_id, self.platform_sku_id or _("none"), other
				),
				exc=InvalidValueError,
				title=_("Listing Exists"),
			)

	def note_match(self) -> None:
		"""A newly linked SKU is a match by hand or by an import unless said otherwise, and its stock must be pushed."""
		if not self.sku:
			self.match_method = ""
		elif self.has_value_changed("sku"):
			self.is_dirty = 1
			if not (self.match_method and self.has_value_changed("match_method")):
				self.match_method = "Import" if frappe.flags.in_import else "Manual"


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Listing",
		["shop", "platform_item_id", "platform_sku_id"],
		constraint_name="unique_shop_item_variant",
	)
	frappe.db.add_index("Listing", ["is_dirty", "shop"])
