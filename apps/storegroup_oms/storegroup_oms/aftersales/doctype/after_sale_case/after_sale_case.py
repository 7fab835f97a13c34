"""One refund, return, exchange or reship of one order, with its deadline and what came back."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, now_datetime

from storegroup_oms.exceptions import InvalidValueError

ENDED = ("Refunded", "Done", "Rejected", "Cancelled")


class AftersaleCase(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.aftersales.doctype.after_sale_inspection.after_sale_inspection import (
			AftersaleInspection,
		)

		answer_attempts: DF.Int
		answer_claimed_until: DF.Datetime | None
		answer_error: DF.SmallText | None
		answer_status: DF.Literal["", "Sending", "Sent", "Failed"]
		answered_at: DF.Datetime | None
		answered_by: DF.Link | None
		amount: DF.Currency
		assigned_to: DF.Link | None
		closed_at: DF.Datetime | None
		customer: DF.Link | None
		due_at: DF.Datetime | None
		inspected_at: DF.Datetime | None
		inspected_by: DF.Link | None
		inspection: DF.Table[AftersaleInspection]
		intercepted_shipment: DF.Link | None
		is_shop_liable: DF.Check
		kind: DF.Literal["Refund Before Shipping", "Refund", "Return", "Exchange", "Reship"]
		opened_at: DF.Datetime | None
		order: DF.Link
		platform_case_no: DF.Data | None
		platform_line_nos: DF.SmallText | None
		platform_modified_at: DF.Datetime | None
		platform_status: DF.Data | None
		reason: DF.SmallText
		reason_code: DF.Literal[
			"",
			"Not Wanted",
			"Defective",
			"Wrong Item",
			"Missing Item",
			"Damaged in Transit",
			"Not as Described",
			"Late",
			"Never Arrived",
			"Price",
			"Other",
		]
		reship_order: DF.Link | None
		resolution: DF.SmallText | None
		return_courier: DF.Link | None
		return_warehouse: DF.Link | None
		return_waybill_no: DF.Data | None
		returned_at: DF.Datetime | None
		shop: DF.Link | None
		status: DF.Literal[
			"Open",
			"Waiting for Buyer",
			"Waiting for Parcel",
			"Inspecting",
			"Approved",
			"Refunded",
			"Done",
			"Rejected",
			"Cancelled",
		]

	# end: auto-generated types

	def before_validate(self) -> None:
		# NULL, not an empty string: cases without a platform number must not meet in the unique key.
		self.platform_case_no = (self.platform_case_no or "").strip() or None

	def validate(self) -> None:
		self.check_amount()
		self.check_inspection()
		self.note_end()

	def check_amount(self) -> None:
		"""No more is paid back than was paid."""
		if self.kind not in ("Refund Before Shipping", "Refund", "Return") or not self.amount:
			return
		paid = flt(frappe.db.get_value("Order", self.order, "paid_amount"), 2)
		if flt(self.amount, 2) > paid:
			frappe.throw(
				_("{0} is more than the {1} paid for order {2}.").format(
					frappe.format(self.amount, {"fieldtype": "Currency"}),
					frappe.format(paid, {"fieldtype": "Currency"}),
					self.order,
				),
				exc=InvalidValueError,
				title=_("Refund Too High"),
			)

	def check_inspection(self) -> None:
		"""Inspected pieces are whole and at least one."""
		for row in self.inspection:
			if (row.qty or 0) < 1:
				frappe.throw(
					_("Row {0}: the quantity of SKU {1} must be at least 1.").format(row.idx, row.sku),
					exc=InvalidValueError,
					title=_("Wrong Item"),
				)

	def note_end(self) -> None:
		"""An ended case has a closing time; one opened again has none."""
		if self.status not in ENDED:
			self.closed_at = None
		elif not self.closed_at:
			self.closed_at = now_datetime()


def on_doctype_update() -> None:
	frappe.db.add_index("After-sale Case", ["status", "due_at"])
	frappe.db.add_index("After-sale Case", ["shop", "status"])
	table = frappe.qb.DocType("After-sale Case")
	frappe.qb.update(table).set(table.platform_case_no, None).where(table.platform_case_no == "").run()
	frappe.db.add_unique(
		"After-sale Case", ["shop", "platform_case_no"], constraint_name="unique_shop_case_no"
	)
