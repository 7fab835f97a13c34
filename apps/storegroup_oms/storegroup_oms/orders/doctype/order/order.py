"""One order of one shop, whole and once, with the platform's own words beside our status."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from storegroup_oms.exceptions import AppendOnlyError, DuplicateOrderError, InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin
from storegroup_oms.orders import events, lifecycle, receivers
from storegroup_oms.orders.doctype.order import amounts, indexes
from storegroup_oms.orders.holds import HOLD_REASONS, STOP_REASONS, normalise_codes


class Order(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.orders.doctype.order_item.order_item import OrderItem

		address: DF.SmallText | None
		after_sale_case: DF.Link | None
		buyer_message: DF.SmallText | None
		buyer_nick: DF.Data | None
		city: DF.Data | None
		closed_at: DF.Datetime | None
		closed_reason: DF.Literal[
			"",
			"Buyer Cancelled",
			"Never Paid",
			"Refunded",
			"Duplicate Order",
			"Rejected",
			"Merged",
			"Out of Stock",
			"Other",
		]
		commission_amount: DF.Currency
		completed_at: DF.Datetime | None
		cost_amount: DF.Currency
		courier: DF.Link | None
		customer: DF.Link | None
		customer_kind: DF.Literal["", "New Customer", "Repeat Customer"]
		decision_trace: DF.JSON | None
		delivered_at: DF.Datetime | None
		discount_amount: DF.Currency
		district: DF.Data | None
		first_seen_at: DF.Datetime | None
		freight_amount: DF.Currency
		freight_cost: DF.Currency
		goods_amount: DF.Currency
		hold_reasons: DF.Data | None
		invoice_kind: DF.Literal["", "None", "Personal", "Company"]
		invoice_no: DF.Data | None
		invoice_tax_id: DF.Data | None
		invoice_title: DF.Data | None
		is_checked: DF.Check
		item_count: DF.Int
		items: DF.Table[OrderItem]
		keep_warehouse: DF.Check
		memo_flag: DF.Literal["", "Red", "Yellow", "Green", "Blue", "Purple", "Grey"]
		merge_key: DF.Data | None
		merged_into: DF.Link | None
		order_import: DF.Link | None
		order_type: DF.Literal["Normal", "Presale", "Reship", "Exchange", "Sample", "Cash on Delivery"]
		ordered_at: DF.Datetime | None
		paid_amount: DF.Currency
		paid_at: DF.Datetime | None
		payment_method: DF.Data | None
		planned_ship_on: DF.Date | None
		platform: DF.Literal["Taobao", "JD", "Pinduoduo", "Douyin", "Manual"]
		platform_buyer_id: DF.Data | None
		platform_discount_amount: DF.Currency
		platform_modified_at: DF.Datetime | None
		platform_order_no: DF.Data | None
		platform_receiver_key: DF.Data | None
		platform_status: DF.Data | None
		postal_code: DF.Data | None
		printed_at: DF.Datetime | None
		profit_amount: DF.Currency
		profit_is_actual: DF.Check
		promotion_cost: DF.Currency
		province: DF.Data | None
		receiver_mobile: DF.Data | None
		receiver_name: DF.Data | None
		refund_amount: DF.Currency
		review_state: DF.Link | None
		reviewed_at: DF.Datetime | None
		reviewed_by: DF.Link | None
		seller_memo: DF.SmallText | None
		ship_by: DF.Datetime | None
		ship_confirm_error: DF.SmallText | None
		ship_confirm_status: DF.Literal["", "Waiting", "Confirmed", "Failed"]
		ship_confirmed_at: DF.Datetime | None
		shipped_at: DF.Datetime | None
		shop: DF.Link
		sku_summary: DF.SmallText | None
		source: DF.Literal["Push", "Pull", "Import", "Manual", "API"]
		split_from: DF.Link | None
		status: DF.Literal[
			"Unpaid",
			"To Review",
			"On Hold",
			"Backorder",
			"To Print",
			"To Pick",
			"To Ship",
			"Partly Shipped",
			"Shipped",
			"Completed",
			"Closed",
		]
		stock_state: DF.Literal["", "Reserved", "Partly Reserved", "Short", "Not Needed"]
		stop_reasons: DF.Data | None
		tags: DF.Data | None
		total_amount: DF.Currency
		total_qty: DF.Int
		total_weight_g: DF.Int
		town: DF.Data | None
		warehouse: DF.Link | None
		waybill_no: DF.Data | None

	# end: auto-generated types

	def before_validate(self) -> None:
		# First of all, so that no check, script or notification ever sees a raw contact.
		receivers.protect_order(self)

	def validate(self) -> None:
		self.set_platform_order_no()
		self.check_unique()
		self.check_status()
		self.clean_codes()
		self.check_quantities()
		self.check_amounts()
		self.set_totals()

	def after_insert(self) -> None:
		if self.flags.pop("is_replay", False):
			return
		events.record_events(
			[
				{
					"order": self.name,
					"event": "Order created",
					"to_status": self.status,
					"source": frappe.session.user,
				}
			]
		)

	def on_update(self) -> None:
		if self.flags.pop("is_replay", False):
			return
		receivers.store_receiver(self)
		self.record_status_change()
		self.tell_sinks()

	def get_doc_before_save(self) -> Document | None:
		"""The order as it was before; for one written by `orders.intake`, made from what the outbox kept."""
		if self.flags.values_before is None:
			return super().get_doc_before_save()
		before = frappe.get_doc(self.as_dict())
		before.update(self.flags.values_before)
		return before

	def onload(self) -> None:
		"""Tell the form what each code on this order means and what has happened to it."""
		meanings = {"hold": HOLD_REASONS, "stop": STOP_REASONS}
		self.set_onload(
			"meanings",
			{kind: {code: _(meaning) for code, meaning in codes.items()} for kind, codes in meanings.items()},
		)
		if frappe.has_permission("Order Event"):
			self.set_onload("timeline", events.get_timeline(self.name))

	def on_trash(self) -> None:
		"""Orders are kept with their history. Raises AppendOnlyError."""
		if not frappe.flags.in_uninstall:
			frappe.throw(
				_("Order {0} cannot be deleted, because its history is kept. Close it instead.").format(
					self.name
				),
				exc=AppendOnlyError,
				title=_("Orders Are Kept"),
			)

	def set_platform_order_no(self) -> None:
		"""An order typed in by hand is known to the unique key by its own name."""
		self.platform_order_no = (self.platform_order_no or "").strip() or self.name

	def check_unique(self) -> None:
		"""One platform order of one shop is one Order."""
		if not self.is_new():
			return
		other = frappe.db.get_value("Order", {"shop": self.shop, "platform_order_no": self.platform_order_no})
		if other and other != self.name:
			frappe.throw(
				_("Shop {0} already has order {1}: open {2}.").format(
					self.shop, self.platform_order_no, other
				),
				exc=DuplicateOrderError,
				title=_("Order Exists"),
			)

	def check_status(self) -> None:
		"""The status moves along the life cycle only."""
		before = self.get_doc_before_save()
		if before and before.status != self.status:
			lifecycle.assert_transition(before.status, self.status, self.name)

	def record_status_change(self) -> None:
		"""Write a timeline row when this save moved the order."""
		before = self.get_doc_before_save()
		if before and before.status != self.status:
			events.record_moves([(self.name, before.status)], self.status, frappe.session.user)

	def tell_sinks(self) -> None:
		"""Let other modules follow a person's change, in the same transaction."""
		for sink in frappe.get_hooks("order_saved_sinks"):
			frappe.get_attr(sink)(self)

	def clean_codes(self) -> None:
		self.hold_reasons = normalise_codes(self.hold_reasons, HOLD_REASONS)
		self.stop_reasons = normalise_codes(self.stop_reasons, STOP_REASONS)
		self.tags = normalise_codes(self.tags)

	def check_quantities(self) -> None:
		"""Lines hold whole pieces, at least one."""
		for row in self.items:
			if cint(row.qty) < 1 or cint(row.qty) != float(row.qty):
				frappe.throw(
					_("Row {0}: the quantity must be a whole number of at least 1.").format(row.idx),
					exc=InvalidValueError,
					title=_("Wrong Quantity"),
				)

	def check_amounts(self) -> None:
		"""Empty amounts are filled from the lines; given ones must agree to the cent.

		Only looks when an amount or a line is new or changed, so that an order
		whose platform figures never agreed can still be worked on.
		"""
		before = self.get_doc_before_save()
		if before and amounts.read_amounts(before) == amounts.read_amounts(self):
			return
		amounts.fill_line_amounts(self)
		amounts.fill_order_amounts(self)
		amounts.check_sums(self)

	def set_totals(self) -> None:
		"""Line count, pieces and the summary of what was sold, for list and search; an order without lines keeps its own."""
		if not self.items:
			return
		self.item_count = len(self.items)
		self.total_qty = sum(cint(row.qty) for row in self.items)
		parts = [f"{row.sku or row.title or '?'}×{cint(row.qty)}" for row in self.items if not row.is_gift]
		self.sku_summary = ", ".join(parts)


def on_doctype_update() -> None:
	indexes.ensure_indexes()
