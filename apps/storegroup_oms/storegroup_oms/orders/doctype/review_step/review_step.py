"""One step of a person in the review; written by `orders.review_steps` alone."""

import frappe
from frappe.model.document import Document


class ReviewStep(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		action: DF.Literal["Clear", "Approve"]
		done_at: DF.Datetime | None
		order_count: DF.Int
		orders: DF.JSON | None
		undone_at: DF.Datetime | None
		user: DF.Link

	# end: auto-generated types

	pass


def on_doctype_update() -> None:
	frappe.db.add_index("Review Step", ["user", "done_at"])
