"""Whether a courier goes to a region, from one warehouse or all, and what a parcel there costs."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class CourierLane(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		city: DF.Data | None
		courier: DF.Link
		first_cost: DF.Currency
		first_weight_g: DF.Int
		is_served: DF.Check
		next_cost: DF.Currency
		province: DF.Data | None
		step_weight_g: DF.Int
		valid_from: DF.Date | None
		warehouse: DF.Link | None

	# end: auto-generated types

	def validate(self) -> None:
		self.province, self.city = (self.province or "").strip(), (self.city or "").strip()
		self.check_region()
		self.check_unique()

	def check_region(self) -> None:
		if self.city and not self.province:
			frappe.throw(
				_("Give the province of {0}.").format(self.city),
				exc=InvalidValueError,
				title=_("Province Missing"),
			)

	def check_unique(self) -> None:
		"""One lane of a courier for a warehouse and a region, from each day on."""
		key = {"courier": self.courier, "name": ("!=", self.name or "")}
		for fieldname in ("warehouse", "province", "city", "valid_from"):
			key[fieldname] = self.get(fieldname) or ("is", "not set")
		if others := frappe.get_all("Courier Lane", filters=key, pluck="name", order_by="name asc", limit=1):
			frappe.throw(
				_("{0} has a lane for this region already: {1}.").format(self.courier, others[0]),
				exc=InvalidValueError,
				title=_("Lane Exists"),
			)


def on_doctype_update() -> None:
	frappe.db.add_index("Courier Lane", ["courier", "province"])
