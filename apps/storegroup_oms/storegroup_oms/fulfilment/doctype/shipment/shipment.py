"""One parcel with one waybill number, for one order, several merged ones, or a part of one."""

import frappe
from frappe import _
from frappe.model.document import Document

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.field_levels import FieldLevelMixin


class Shipment(FieldLevelMixin, Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.fulfilment.doctype.shipment_item.shipment_item import ShipmentItem
		from storegroup_oms.fulfilment.doctype.shipment_order.shipment_order import ShipmentOrder

		billed_weight_g: DF.Int
		city: DF.Data | None
		courier: DF.Link | None
		courier_chosen_by: DF.Data | None
		courier_trace: DF.LongText | None
		delivered_at: DF.Datetime | None
		district: DF.Data | None
		exception: DF.Literal[
			"",
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
		expected_weight_g: DF.Int
		freight_cost: DF.Currency
		freight_is_billed: DF.Check
		held_by: DF.Link | None
		held_until: DF.Datetime | None
		is_subscribed: DF.Check
		items: DF.Table[ShipmentItem]
		keep_apart: DF.Check
		label_payload: DF.LongText | None
		last_event_at: DF.Datetime | None
		last_event_text: DF.SmallText | None
		last_place: DF.Data | None
		merge_key: DF.Data | None
		next_poll_at: DF.Datetime | None
		order_count: DF.Int
		orders: DF.Table[ShipmentOrder]
		package_material: DF.Data | None
		packed_by: DF.Link | None
		parcel_note: DF.SmallText | None
		picked_up_at: DF.Datetime | None
		platform: DF.Data | None
		printed_at: DF.Datetime | None
		printed_count: DF.Int
		province: DF.Data | None
		receiver_mobile: DF.Data | None
		receiver_name: DF.Data | None
		set_aside_at: DF.Datetime | None
		set_aside_by: DF.Link | None
		ship_by: DF.Datetime | None
		shipped_at: DF.Datetime | None
		sorting_code: DF.Data | None
		status: DF.Literal[
			"To Print",
			"Printed",
			"Picked",
			"Verified",
			"Shipped",
			"In Transit",
			"Out for Delivery",
			"Delivered",
			"Returned",
			"Cancelled",
		]
		stop_reasons: DF.Data | None
		subscribe_attempts: DF.Int
		subscribe_due_at: DF.Datetime | None
		total_qty: DF.Int
		tracked_problem: DF.Data | None
		tracked_problem_at: DF.Datetime | None
		tracking_error: DF.SmallText | None
		verified_at: DF.Datetime | None
		warehouse: DF.Link
		wave_no: DF.Data | None
		wave_slot: DF.Int
		waybill_error: DF.SmallText | None
		waybill_no: DF.Data | None
		waybill_provider: DF.Literal[
			"", "Cainiao", "JD", "Pinduoduo", "Douyin", "Kuaidi100", "KDNiao", "Courier"
		]
		waybill_requested_at: DF.Datetime | None
		weight_g: DF.Int

	# end: auto-generated types

	def before_validate(self) -> None:
		# NULL, not an empty string: parcels without a number yet must not meet in the unique key.
		self.waybill_no = (self.waybill_no or "").strip() or None

	def validate(self) -> None:
		self.check_orders()
		self.check_items()
		self.check_waybill()

	def check_orders(self) -> None:
		"""An order stands in the parcel once."""
		seen = set()
		for row in self.orders:
			if row.order in seen:
				frappe.throw(
					_("Row {0}: order {1} is in this parcel already.").format(row.idx, row.order),
					exc=InvalidValueError,
					title=_("Order Listed Twice"),
				)
			seen.add(row.order)

	def check_items(self) -> None:
		"""Items are whole pieces of orders in this parcel, and no more is verified than packed."""
		orders = {row.order for row in self.orders}
		for row in self.items:
			problem = None
			if (row.qty or 0) < 1:
				problem = _("Row {0}: the quantity of SKU {1} must be at least 1.")
			elif (row.verified_qty or 0) > row.qty:
				problem = _("Row {0}: more pieces of SKU {1} were verified than packed.")
			elif row.order and row.order not in orders:
				problem = _("Row {0}: SKU {1} belongs to an order that is not in this parcel.")
			if problem:
				frappe.throw(problem.format(row.idx, row.sku), exc=InvalidValueError, title=_("Wrong Item"))

	def check_waybill(self) -> None:
		"""One waybill number of a courier belongs to one parcel."""
		if not self.waybill_no:
			return
		if not self.courier:
			frappe.throw(
				_("Choose the courier of waybill {0}.").format(self.waybill_no),
				exc=InvalidValueError,
				title=_("Courier Missing"),
			)
		other = frappe.db.get_value(
			"Shipment",
			{"courier": self.courier, "waybill_no": self.waybill_no, "name": ("!=", self.name)},
		)
		if other:
			frappe.throw(
				_("Waybill {0} of {1} already belongs to parcel {2}.").format(
					self.waybill_no, self.courier, other
				),
				exc=InvalidValueError,
				title=_("Waybill Used Twice"),
			)


def on_doctype_update() -> None:
	frappe.db.add_unique("Shipment", ["courier", "waybill_no"], constraint_name="unique_courier_waybill")
	frappe.db.add_index("Shipment", ["status", "warehouse"])
	frappe.db.add_index("Shipment", ["status", "last_event_at"])
