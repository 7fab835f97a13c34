"""One sellable unit of goods, or a bundle of others; what stock, listings and order lines point to."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import BundleCycleError, InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin


class SKU(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.catalog.doctype.sku_barcode.sku_barcode import SKUBarcode
		from storegroup_oms.catalog.doctype.sku_component.sku_component import SKUComponent

		alert_level: DF.Int
		barcode: DF.Data | None
		barcodes: DF.Table[SKUBarcode]
		brand: DF.Data | None
		category: DF.Data | None
		components: DF.Table[SKUComponent]
		cost_price: DF.Currency
		has_batches: DF.Check
		height_mm: DF.Int
		image: DF.AttachImage | None
		is_active: DF.Check
		is_bundle: DF.Check
		is_fragile: DF.Check
		is_gift: DF.Check
		length_mm: DF.Int
		list_price: DF.Currency
		min_price: DF.Currency
		min_sale_days: DF.Int
		safety_stock: DF.Int
		shelf_life_days: DF.Int
		sku_code: DF.Data
		sku_name: DF.Data
		specification: DF.Data | None
		style_no: DF.Data | None
		supplier_lead_days: DF.Int
		supplier_name: DF.Data | None
		unit: DF.Data | None
		weight_g: DF.Int
		width_mm: DF.Int

	# end: auto-generated types

	def validate(self) -> None:
		self.clean_codes()
		self.check_prices()
		self.check_components()
		self.check_bundle_cycle()
		self.check_barcodes()

	def clean_codes(self) -> None:
		self.sku_code = (self.sku_code or "").strip()
		self.barcode = (self.barcode or "").strip() or None
		for row in self.barcodes:
			row.barcode = (row.barcode or "").strip()

	def check_prices(self) -> None:
		"""The lowest price stays below the list price."""
		if self.min_price and self.list_price and self.min_price > self.list_price:
			frappe.throw(
				_("The lowest price of SKU {0} is above its list price.").format(self.sku_code),
				exc=InvalidValueError,
				title=_("Price Out of Range"),
			)

	def check_components(self) -> None:
		"""A bundle has components, each once, in whole pieces, and never itself."""
		if not self.is_bundle:
			self.set("components", [])
			return
		if not self.components:
			frappe.throw(
				_("SKU {0} is a bundle: add at least one component.").format(self.sku_code),
				exc=InvalidValueError,
				title=_("Bundle Without Components"),
			)
		seen = set()
		for row in self.components:
			problem = None
			if row.sku == self.sku_code:
				problem = _("Row {0}: SKU {1} cannot be a component of itself.")
			elif row.sku in seen:
				problem = _("Row {0}: component {1} is listed twice; add up its quantity in one row.")
			elif (row.qty or 0) < 1:
				problem = _("Row {0}: the quantity of component {1} must be at least 1.")
			if problem:
				frappe.throw(
					problem.format(row.idx, row.sku), exc=InvalidValueError, title=_("Wrong Component")
				)
			seen.add(row.sku)

	def check_bundle_cycle(self) -> None:
		"""No component may contain this SKU again, at any depth."""
		if not self.is_bundle:
			return
		path = find_path_to(self.sku_code, [row.sku for row in self.components])
		if path:
			frappe.throw(
				_("SKU {0} would contain itself: {1}. Take one of these components out.").format(
					self.sku_code, " → ".join([self.sku_code, *path])
				),
				exc=BundleCycleError,
				title=_("Bundle in a Circle"),
			)

	def check_barcodes(self) -> None:
		"""A barcode leads a scanner to one SKU only."""
		codes = [code for code in [self.barcode, *(row.barcode for row in self.barcodes)] if code]
		twice = next((code for code in codes if codes.count(code) > 1), None)
		owner = self.name if twice else None
		if codes and not twice:
			twice, owner = find_barcode_owner(codes, self.name) or (None, None)
		if twice:
			frappe.throw(
				_("Barcode {0} already belongs to SKU {1}.").format(twice, owner or self.sku_code),
				exc=InvalidValueError,
				title=_("Barcode Used Twice"),
			)


def find_path_to(target: str, starts: list[str]) -> list[str] | None:
	"""Find how `target` is reached from `starts` through stored bundles, or None.

	Returns SKU codes from the first component to `target`. Asks once per level
	of nesting, each SKU at most once.
	"""
	came_from: dict[str, str | None] = dict.fromkeys(starts)
	level = list(came_from)
	while level:
		rows = frappe.get_all(
			"SKU Component",
			filters={"parent": ("in", level), "parenttype": "SKU"},
			fields=["parent", "sku"],
			order_by="parent asc, idx asc",
		)
		level = []
		for row in rows:
			if row.sku == target:
				path, step = [target], row.parent
				while step:
					path.append(step)
					step = came_from[step]
				return path[::-1]
			if row.sku not in came_from:
				came_from[row.sku] = row.parent
				level.append(row.sku)
	return None


def find_barcode_owner(codes: list[str], name: str) -> tuple[str, str] | None:
	"""Find the first of `codes` that another SKU than `name` carries, as (barcode, SKU), or None."""
	main = frappe.get_all(
		"SKU",
		filters={"barcode": ("in", codes), "name": ("!=", name)},
		fields=["barcode", "name"],
		order_by="name asc",
		limit=1,
	)
	if main:
		return main[0].barcode, main[0].name
	further = frappe.get_all(
		"SKU Barcode",
		filters={"barcode": ("in", codes), "parent": ("!=", name), "parenttype": "SKU"},
		fields=["barcode", "parent"],
		order_by="parent asc",
		limit=1,
	)
	return (further[0].barcode, further[0].parent) if further else None
