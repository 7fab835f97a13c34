"""One platform item variant of one shop, the SKU that it sells, and the stock numbers wanted, pushed and confirmed."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError

# Written by jobs at any moment.
MEASURED = (
	"wanted_qty",
	"wanted_at",
	"pushed_qty",
	"pushed_at",
	"confirmed_qty",
	"confirmed_at",
	"difference_qty",
	"differs_since",
	"is_dirty",
	"push_attempts",
	"push_due_at",
	"push_claim",
	"push_error",
)


class Listing(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		confirmed_at: DF.Datetime | None
		confirmed_qty: DF.Int
		difference_qty: DF.Int
		differs_since: DF.Datetime | None
		image_url: DF.Data | None
		is_dirty: DF.Check
		item_url: DF.Data | None
		match_method: DF.Literal["", "Code", "Barcode", "Manual", "Import"]
		outer_id: DF.Data | None
		own_stock_rule: DF.Check
		platform_item_id: DF.Data
		platform_sku_id: DF.Data | None
		price: DF.Currency
		push_attempts: DF.Int
		push_claim: DF.Data | None
		push_due_at: DF.Datetime | None
		push_enabled: DF.Check
		push_error: DF.SmallText | None
		pushed_at: DF.Datetime | None
		pushed_qty: DF.Int
		shop: DF.Link
		sku: DF.Link | None
		specification: DF.Data | None
		status: DF.Literal["On Sale", "Off Sale", "Deleted"]
		stock_buffer: DF.Int
		stock_maximum: DF.Int
		stock_minimum: DF.Int
		stock_percentage: DF.Percent
		stock_stopped: DF.Check
		title: DF.Data | None
		wanted_at: DF.Datetime | None
		wanted_qty: DF.Int

	# end: auto-generated types

	def before_validate(self) -> None:
		# An empty string, not NULL: the unique key must hold for items without variants.
		self.platform_sku_id = (self.platform_sku_id or "").strip()
		self.platform_item_id = (self.platform_item_id or "").strip()

	def validate(self) -> None:
		self.check_unique()
		self.check_stock_rule()
		self.keep_measured()
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

	def check_stock_rule(self) -> None:
		"""A share lies between 0 and 100; a maximum isn't below the minimum."""
		if not 0 <= (self.stock_percentage or 0) <= 100:
			frappe.throw(
				_("The percentage of listing {0} must be between 0 and 100.").format(
					self.title or self.platform_item_id
				),
				exc=InvalidValueError,
				title=_("Not a Percentage"),
			)
		if self.stock_maximum and self.stock_maximum < (self.stock_minimum or 0):
			frappe.throw(
				_("The maximum stock can't be below the minimum."),
				exc=InvalidValueError,
				title=_("Minimum and Maximum"),
			)

	def keep_measured(self) -> None:
		"""What jobs write is theirs: a form that was opened earlier must not bring old figures back."""
		if not self.is_new():
			# Locked until the row is written, so that nothing is stored in between.
			self.update(frappe.db.get_value("Listing", self.name, MEASURED, as_dict=True, for_update=True))

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
	frappe.db.add_index("Listing", ["shop", "confirmed_at"])
	frappe.db.add_index("Listing", ["differs_since", "shop"])
	frappe.db.add_index("Listing", ["push_claim(20)"])
