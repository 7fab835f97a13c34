"""How a warehouse is chosen for orders; read by `fulfilment.facts`."""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint

from storegroup_oms.exceptions import InvalidValueError

WEIGHTS = ("region_weight", "distance_weight", "cost_weight", "load_weight", "priority_weight")


class RoutingPolicy(Document):
	# begin: auto-generated types
	# This code is auto-generated. Do not modify anything in this block.

	from typing import TYPE_CHECKING

	if TYPE_CHECKING:
		from frappe.types import DF

		allow_partial: DF.Check
		allow_split: DF.Check
		cost_weight: DF.Int
		distance_weight: DF.Int
		is_active: DF.Check
		load_weight: DF.Int
		max_parcels: DF.Int
		patience_hours: DF.Int
		policy_name: DF.Data
		priority_weight: DF.Int
		refill_order: DF.Literal["Paid Time", "Ship-by Time", "Customer Tier"]
		region_weight: DF.Int
		shop: DF.Link | None

	# end: auto-generated types

	def validate(self) -> None:
		self.check_weights()
		self.check_parcels()
		self.check_only_active()

	def check_weights(self) -> None:
		"""At least one thing counts, none counts against itself."""
		weights = [cint(self.get(name)) for name in WEIGHTS]
		if min(weights) < 0 or not any(weights):
			frappe.throw(
				_("Give at least one weight above 0, and none below."),
				exc=InvalidValueError,
				title=_("Nothing Counts"),
			)

	def check_parcels(self) -> None:
		if self.allow_split and cint(self.max_parcels) < 2:
			frappe.throw(
				_("An order that may be split needs at least 2 parcels."),
				exc=InvalidValueError,
				title=_("Too Few Parcels"),
			)

	def check_only_active(self) -> None:
		"""One active policy for a shop, and one for all others."""
		if not self.is_active:
			return
		scope = ("is", "not set") if not self.shop else self.shop
		key = {"is_active": 1, "shop": scope, "name": ("!=", self.name or "")}
		if others := frappe.get_all(
			"Routing Policy", filters=key, pluck="name", order_by="name asc", limit=1
		):
			frappe.throw(
				_("Policy {0} is active for the same orders. Switch it off first.").format(others[0]),
				exc=InvalidValueError,
				title=_("Policy Exists"),
			)
