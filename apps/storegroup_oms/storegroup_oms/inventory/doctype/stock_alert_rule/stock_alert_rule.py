"""When stock is too low, too much or doesn't sell: for which goods, from which limit on, and who is told."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.inventory.alerts import enqueue_rule, remove_rule

EXPIRING_DAYS = 30


class StockAlertRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		category: DF.Data | None
		days: DF.Int
		each_warehouse: DF.Check
		enabled: DF.Check
		kind: DF.Literal["Below Threshold", "Days of Cover", "Over-stock", "Slow Mover", "Expiring"]
		makes_task: DF.Check
		priority: DF.Literal["Low", "Normal", "High", "Urgent"]
		role: DF.Link | None
		rule_name: DF.Data
		shop: DF.Link | None
		sku: DF.Link | None
		threshold: DF.Int
		user: DF.Link | None
		warehouse: DF.Link | None

	# end: auto-generated types

	def validate(self) -> None:
		if self.kind == "Expiring" and not self.days:
			self.days = EXPIRING_DAYS
		self.check_limits()

	def check_limits(self) -> None:
		"""Rules about time say how many days."""
		if self.kind != "Below Threshold" and not self.days:
			frappe.throw(
				_("Rule {0} needs a number of days.").format(self.rule_name),
				exc=InvalidValueError,
				title=_("Limit Missing"),
			)

	def on_update(self) -> None:
		enqueue_rule(self.name)

	def on_trash(self) -> None:
		remove_rule(self.name)
