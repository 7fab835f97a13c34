"""One automatic check of orders, for all shops or one; read by `orders.review_facts`."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.orders import review
from storegroup_oms.orders.importing.addresses import find_province
from storegroup_oms.orders.review_facts import split_regions

LONGEST_HOURS = 24 * 31


class ReviewCheck(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		code: DF.Literal[
			"address_incomplete",
			"address_unknown",
			"phone_invalid",
			"quantity_unusual",
			"price_mismatch",
			"amount_mismatch",
			"duplicate_suspected",
			"buyer_blocked",
			"region_remote",
			"memo_present",
			"invoice_requested",
			"balance_unpaid",
			"ship_later",
		]
		effect: DF.Literal["Hold", "Tag"]
		is_active: DF.Check
		regions: DF.SmallText | None
		shop: DF.Link | None
		threshold: DF.Float

	# end: auto-generated types

	def validate(self) -> None:
		self.check_unique()
		self.check_threshold()
		self.check_regions()

	def on_update(self) -> None:
		"""Orders under review are looked at again by what is set up now."""
		review.reopen_all(self.shop)

	def check_unique(self) -> None:
		"""One check of a kind for a shop, and one for all others."""
		key = {"code": self.code, "shop": self.shop or ("is", "not set"), "name": ("!=", self.name or "")}
		if others := frappe.get_all("Review Check", filters=key, pluck="name", order_by="name asc", limit=1):
			frappe.throw(
				_("This check is set up already: {0}.").format(others[0]),
				exc=InvalidValueError,
				title=_("Check Exists"),
			)

	def check_threshold(self) -> None:
		if self.code == "duplicate_suspected" and not 0 < flt(self.threshold) <= LONGEST_HOURS:
			frappe.throw(
				_("Give 1 to {0} hours.").format(LONGEST_HOURS),
				exc=InvalidValueError,
				title=_("Wrong Threshold"),
			)

	def check_regions(self) -> None:
		"""Each line begins with a province, which is stored by its official name."""
		lines = []
		for province, city in split_regions(self.regions):
			official = find_province(province)
			if not official:
				frappe.throw(
					_("{0} is no province of China.").format(province),
					exc=InvalidValueError,
					title=_("Unknown Region"),
				)
			lines.append(f"{official} {city}".strip())
		self.regions = "\n".join(lines)
