"""Which orders without holds go on without a person; read by `orders.approving`."""

from frappe.model.document import Document

from storegroup_oms.orders import review


class ApprovalRule(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		is_active: DF.Check
		max_amount: DF.Currency
		min_age_minutes: DF.Int
		order_type: DF.Literal["", "Normal", "Presale", "Reship", "Exchange", "Sample", "Cash on Delivery"]
		rule_name: DF.Data
		shop: DF.Link | None

	# end: auto-generated types

	def on_update(self) -> None:
		"""Orders that wait already may go on by it."""
		review.wake()
