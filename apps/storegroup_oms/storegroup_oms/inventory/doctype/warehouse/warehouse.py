"""A place that holds stock and sends parcels, and the regions that it serves first."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class Warehouse(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.inventory.doctype.warehouse_region.warehouse_region import WarehouseRegion

		address: DF.SmallText | None
		allow_negative: DF.Check
		belongs_to: DF.Link | None
		city: DF.Data | None
		contact_mobile: DF.Data | None
		contact_name: DF.Data | None
		cut_off_time: DF.Time | None
		daily_capacity: DF.Int
		district: DF.Data | None
		is_active: DF.Check
		priority: DF.Int
		province: DF.Data | None
		serves: DF.Table[WarehouseRegion]
		serves_only: DF.Check
		warehouse_kind: DF.Literal["Own", "Third Party", "Platform", "Returns", "Transit", "Defective"]
		warehouse_name: DF.Data

	# end: auto-generated types

	def validate(self) -> None:
		self.check_owner()
		self.check_regions()
		self.check_nothing_reserved()

	def check_owner(self) -> None:
		"""A place of defective goods belongs to a warehouse, which has one such place."""
		problem = ""
		if self.warehouse_kind != "Defective":
			self.belongs_to = None
		elif not self.belongs_to:
			problem = _("Say which warehouse the defective goods of {0} belong to.").format(
				self.warehouse_name
			)
		elif frappe.db.exists("Warehouse", {"belongs_to": self.belongs_to, "name": ("!=", self.name)}):
			problem = _("Warehouse {0} has a place for defective goods already.").format(self.belongs_to)
		if problem:
			frappe.throw(problem, exc=InvalidValueError, title=_("Wrong Kind of Warehouse"))

	def check_regions(self) -> None:
		"""A region is listed once."""
		seen = set()
		for row in self.serves:
			row.province, row.city = (row.province or "").strip(), (row.city or "").strip()
			if (row.province, row.city) in seen:
				frappe.throw(
					_("Row {0}: {1} {2} is listed twice.").format(row.idx, row.province, row.city),
					exc=InvalidValueError,
					title=_("Region Listed Twice"),
				)
			seen.add((row.province, row.city))

	def check_nothing_reserved(self) -> None:
		"""A warehouse is switched off only when no order waits for its stock."""
		if self.is_active or self.is_new() or not self.has_value_changed("is_active"):
			return
		if frappe.db.exists("Stock Balance", {"warehouse": self.name, "reserved": (">", 0)}):
			frappe.throw(
				_("Orders still wait for stock of warehouse {0}. Route them elsewhere first.").format(
					self.name
				),
				exc=InvalidValueError,
				title=_("Warehouse in Use"),
			)
