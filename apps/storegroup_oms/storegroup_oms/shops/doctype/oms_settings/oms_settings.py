"""Defaults of the whole site that an administrator sets once."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError


class OMSSettings(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		agree_unprinted: DF.Check
		agree_up_to: DF.Currency
		allow_private_webhooks: DF.Check
		auto_allocate: DF.Check
		count_limit_pieces: DF.Int
		count_limit_value: DF.Currency
		default_alert_level: DF.Int
		default_paid_order_status: DF.Literal["To Review", "Completed"]
		default_safety_stock: DF.Int
		first_pull_days: DF.Int
		history_days: DF.Int
		keep_events_days: DF.Int
		keep_receivers_days: DF.Int
		merge_by_itself: DF.Check
		merge_platforms: DF.Check
		no_movement_hours: DF.Int
		no_pickup_hours: DF.Int
		package_weight_g: DF.Int
		print_batch_size: DF.Int
		reprint_limit: DF.Int
		reveal_limit_per_day: DF.Int
		reveal_reason_min_length: DF.Int
		ship_soon_hours: DF.Int
		ship_within_hours: DF.Int
		unpaid_close_hours: DF.Int
		unpaid_keeps_minutes: DF.Int
		verify_before_ship: DF.Check
		webhook_off_days: DF.Int
		weigh_tolerance_g: DF.Int
		weigh_tolerance_percent: DF.Int
	# end: auto-generated types

	def validate(self) -> None:
		if (self.print_batch_size or 0) < 1:
			frappe.throw(
				_("A print batch holds at least one order."),
				exc=InvalidValueError,
				title=_("Print Batch Too Small"),
			)
