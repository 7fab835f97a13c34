"""After how many hours a parcel is an exception, for which parcels, and who is told."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.couriers.tracking import problems
from storegroup_oms.exceptions import InvalidValueError

WITHOUT_SCAN = ("No Pickup", "No Movement", "Suspected Lost")


class TrackingRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		comments: DF.Check
		courier: DF.Link | None
		enabled: DF.Check
		hours: DF.Int
		kind: DF.Literal[
			"No Pickup",
			"No Movement",
			"Suspected Lost",
			"Refused",
			"Returned",
			"Wrong Address",
			"Damaged",
			"Delayed",
			"No Delivery Scan",
		]
		makes_task: DF.Check
		priority: DF.Literal["Low", "Normal", "High", "Urgent"]
		province: DF.Data | None
		role: DF.Link | None
		rule_name: DF.Data
		shop: DF.Link | None
		user: DF.Link | None
		warehouse: DF.Link | None

	# end: auto-generated types

	def validate(self) -> None:
		self.province = (self.province or "").strip()
		self.check_hours()

	def check_hours(self) -> None:
		"""A clock that runs out at once would alarm every parcel."""
		if self.kind in WITHOUT_SCAN and not self.hours:
			frappe.throw(
				_("Rule {0} needs a number of hours.").format(self.rule_name),
				exc=InvalidValueError,
				title=_("Limit Missing"),
			)

	def on_update(self) -> None:
		problems.enqueue()

	def on_trash(self) -> None:
		"""Alerts outlive their rule: the next check decides which of them still stand."""
		frappe.db.set_value("Parcel Alert", {"rule": self.name}, "rule", None, update_modified=False)
		problems.enqueue()
