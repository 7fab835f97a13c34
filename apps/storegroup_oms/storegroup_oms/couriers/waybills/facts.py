"""What is known of parcels that ask for a waybill: contents, sender's warehouse, receiver. Reads only, set-based."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import frappe
from frappe.utils import cint

from storegroup_oms.couriers.waybills.base import Party
from storegroup_oms.customers.masking import is_masked
from storegroup_oms.orders.receivers import Receiver, get_receivers


@dataclass
class Parcel:
	"""A Shipment with its orders, the first one's receiver before the others. Its repr tells no receiver.

	`row` has name, status, warehouse, courier, waybill_no, stop_reasons and weights; `orders` have name, shop, platform,
	platform_order_no and the region.
	"""

	row: frappe._dict
	orders: list[frappe._dict] = field(default_factory=list)
	items: list[tuple[str, int]] = field(default_factory=list)
	receiver: Receiver = field(default_factory=Receiver, repr=False)

	@property
	def name(self) -> str:
		return self.row.name

	@property
	def shops(self) -> set[str]:
		return {order.shop for order in self.orders}

	@property
	def platform(self) -> str:
		"""Of the first order."""
		return self.orders[0].platform if self.orders else ""

	@property
	def is_hidden(self) -> bool:
		"""The platform shows no more than masks of the receiver."""
		return any(
			is_masked(part) for part in (self.receiver.name, self.receiver.mobile, self.receiver.address)
		)

	@property
	def order_nos(self) -> tuple[str, ...]:
		return tuple(order.platform_order_no or order.name for order in self.orders)

	@property
	def weight_g(self) -> int:
		return cint(self.row.weight_g) or cint(self.row.expected_weight_g)

	def make_receiver(self) -> Party:
		"""The receiver as the platform's own service takes it: with ciphertexts or id where there are any."""
		order, receiver = self.orders[0], self.receiver
		tokens = tuple(receiver.platform_token.split(" ")) if self.is_hidden else ()
		return Party(
			name=receiver.name,
			mobile=receiver.mobile,
			province=order.province or "",
			city=order.city or "",
			district=order.district or "",
			town=order.town or "",
			address=receiver.address,
			oaid=tokens[0] if len(tokens) == 1 and order.platform == "Taobao" else "",
			ciphers=tokens if len(tokens) == 3 else (),
		)


def read_parcels(rows: Sequence[frappe._dict]) -> dict[str, Parcel]:
	"""Parcels of Shipment rows by name."""
	parcels = {row.name: Parcel(row) for row in rows}
	names = list(parcels) or [""]
	for order in frappe.db.sql(
		"""SELECT line.parent, own.name, own.shop, own.platform, own.platform_order_no, own.province, own.city,
		own.district, own.town
		FROM `tabShipment Order` line JOIN tabOrder own ON own.name = line.`order`
		WHERE line.parent IN %s AND line.parenttype = 'Shipment' ORDER BY line.parent, line.idx""",
		[names],
		as_dict=True,
	):
		parcels[order.parent].orders.append(order)
	goods: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
	for parent, name, qty in frappe.db.sql(
		"""SELECT item.parent, COALESCE(NULLIF(item.sku_name, ''), sku.sku_name, item.sku), item.qty
		FROM `tabShipment Item` item LEFT JOIN tabSKU sku ON sku.name = item.sku
		WHERE item.parent IN %s AND item.parenttype = 'Shipment' ORDER BY item.parent, item.idx""",
		[names],
	):
		goods[parent][name or ""] += cint(qty)
	receivers = get_receivers([parcel.orders[0].name for parcel in parcels.values() if parcel.orders])
	for parcel in parcels.values():
		parcel.items = list(goods[parcel.name].items())
		if parcel.orders:
			parcel.receiver = receivers.get(parcel.orders[0].name, Receiver())
	return parcels
