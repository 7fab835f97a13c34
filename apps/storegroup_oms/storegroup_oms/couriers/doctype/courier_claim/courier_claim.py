"""What a courier is asked to pay for parcels that were lost, damaged or never delivered, and what it answered."""

from decimal import Decimal

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

from storegroup_oms.couriers.tracking import claims
from storegroup_oms.exceptions import InvalidValueError

ANSWER_DAYS = 7


class CourierClaim(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		from storegroup_oms.couriers.doctype.courier_claim_parcel.courier_claim_parcel import (
			CourierClaimParcel,
		)

		answer: DF.SmallText | None
		answer_due_at: DF.Datetime | None
		answered_at: DF.Datetime | None
		claimed_amount: DF.Currency
		courier: DF.Link
		granted_amount: DF.Currency
		paid_at: DF.Datetime | None
		parcel_count: DF.Int
		parcels: DF.Table[CourierClaimParcel]
		reason: DF.SmallText | None
		sent_at: DF.Datetime | None
		status: DF.Literal["Draft", "Sent", "Accepted", "Rejected", "Paid", "Withdrawn"]
		warehouse: DF.Link

	# end: auto-generated types

	def validate(self) -> None:
		self.fill_parcels()
		self.check_parcels()
		self.add_up()
		self.note_course()

	def fill_parcels(self) -> None:
		"""What is known of a parcel when it is claimed stays in the letter."""
		self.facts = claims.get_facts([row.shipment for row in self.parcels])
		for row in self.parcels:
			fact = self.facts.get(row.shipment)
			if not fact or row.waybill_no:
				continue
			for fieldname in (
				"waybill_no",
				"shipped_at",
				"last_event_at",
				"last_event_text",
				"region",
				"goods_amount",
			):
				row.set(fieldname, fact[fieldname])
			row.claimed_amount = row.claimed_amount or fact.goods_amount

	def check_parcels(self) -> None:
		"""Each parcel is the courier's own, from this warehouse, once, and in no other live claim."""
		seen: set[str] = set()
		taken = claims.find_claimed([row.shipment for row in self.parcels], self.name or "")
		for row in self.parcels:
			fact = self.facts.get(row.shipment)
			problem = None
			if row.shipment in seen:
				problem = _("Row {0}: parcel {1} is listed twice.")
			elif fact and (
				(fact.courier and fact.courier != self.courier) or fact.warehouse != self.warehouse
			):
				problem = _("Row {0}: parcel {1} is of another courier or warehouse.")
			elif row.shipment in taken and self.status not in claims.ENDED:
				problem = _("Row {0}: parcel {1} is in another claim.")
			if problem:
				frappe.throw(
					problem.format(row.idx, row.shipment), exc=InvalidValueError, title=_("Wrong Parcel")
				)
			seen.add(row.shipment)

	def add_up(self) -> None:
		self.parcel_count = len(self.parcels)
		for fieldname in ("claimed_amount", "granted_amount"):
			self.set(
				fieldname, sum((Decimal(str(row.get(fieldname) or 0)) for row in self.parcels), Decimal(0))
			)

	def note_course(self) -> None:
		"""The times at which the claim was sent, answered and paid."""
		now = now_datetime()
		if self.status != "Draft" and self.status != "Withdrawn" and not self.sent_at:
			self.sent_at = now
			self.answer_due_at = self.answer_due_at or add_days(now, ANSWER_DAYS)
		if self.status in ("Accepted", "Rejected", "Paid") and not self.answered_at:
			self.answered_at = now
		if self.status == "Paid" and not self.paid_at:
			self.paid_at = now

	def on_trash(self) -> None:
		frappe.db.set_value("Parcel Alert", {"claim": self.name}, "claim", None, update_modified=False)
