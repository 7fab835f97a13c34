"""The columns of one unknown report layout, as somebody mapped them once for one shop."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class OrderImportLayout(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		heading_fingerprint: DF.Data
		headings: DF.JSON | None
		layout_name: DF.Data | None
		mapping: DF.JSON
		shop: DF.Link

	# end: auto-generated types

	def validate(self) -> None:
		self.check_mapping()
		self.check_unique()

	def check_mapping(self) -> None:
		"""The mapping is an object that names at least the column of the order number."""
		mapping = frappe.parse_json(self.mapping)
		if not isinstance(mapping, dict) or not mapping:
			frappe.throw(
				_("Say for each of our fields which column of the file holds it."),
				exc=InvalidValueError,
				title=_("No Columns Mapped"),
			)

	def check_unique(self) -> None:
		"""One shop remembers one mapping per layout."""
		other = frappe.db.get_value(
			"Order Import Layout",
			{
				"shop": self.shop,
				"heading_fingerprint": self.heading_fingerprint,
				"name": ("!=", self.name),
			},
		)
		if other:
			frappe.throw(
				_("Shop {0} already remembers this layout: change {1} instead.").format(self.shop, other),
				exc=InvalidValueError,
				title=_("Layout Exists"),
			)


def on_doctype_update() -> None:
	frappe.db.add_unique(
		"Order Import Layout",
		["shop", "heading_fingerprint"],
		constraint_name="unique_shop_layout",
	)
