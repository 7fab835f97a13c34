"""Ten shops' orders with all that shipping them takes: stock, couriers and waybill accounts, on the desk and the sandbox."""

from collections.abc import Sequence

import frappe

from storegroup_oms.fulfilment import allocation, parcel_rows
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests import factories
from storegroup_oms.transactions import run_in_latest
from tests.stock.shelf import Shelf, StockDesk

PROVIDERS = {"Taobao": "Cainiao", "JD": "JD", "Pinduoduo": "Pinduoduo", "Douyin": "Douyin"}
COURIER = {
	"cainiao_code": "YTO",
	"jd_label_code": "YTO",
	"jd_code": "463",
	"pdd_wp_code": "YTO",
	"pdd_logistics_id": "85",
	"douyin_code": "yuantong",
	"waybill_pattern": r"^YT\d{13}$",
}
SENDER = {"contact_name": "云杉仓", "contact_mobile": "13900001111", "address": "良睦路 1 号"}
OF_PARCEL = ("Tracking Event", "Parcel Alert", "Waybill")


class ShippingDesk(StockDesk):
	"""`fill` as a StockDesk, then `equip`; `remove` takes everything away again."""

	courier = ""

	def equip(self) -> None:
		"""One courier with its codes everywhere, the warehouse as its sender, an account for each shop. Commits."""
		frappe.db.set_value("Warehouse", self.warehouse, SENDER)
		self.courier = factories.create_courier(
			courier_name=f"圆通速递 {factories.make_suffix()}", **COURIER
		).name
		for shop in self.names.values():
			frappe.get_doc(
				{
					"doctype": "Waybill Account",
					"account_name": f"Account {shop}",
					"provider": PROVIDERS[frappe.db.get_value("Shop", shop, "platform")],
					"shop": shop,
					"couriers": [{"courier": self.courier}],
				}
			).insert()
		frappe.db.commit()

	def list_orders(self) -> list[str]:
		frappe.db.rollback()
		return frappe.get_all(
			"Order", filters={"shop": ["in", list(self.names.values())]}, pluck="name", order_by="name asc"
		)

	def pack(self, orders: Sequence[str]) -> list[str]:
		"""Approve orders; returns their parcels, each with the courier. Commits."""

		def work() -> None:
			lifecycle.move_orders(orders, "To Print", "Administrator")
			allocation.allocate(orders)

		run_in_latest(work)
		parcels = parcel_rows.find_names(orders)
		frappe.db.set_value("Shipment", {"name": ["in", parcels]}, "courier", self.courier)
		frappe.db.commit()
		return parcels

	def remove(self) -> None:
		frappe.db.rollback()
		shops = list(self.names.values())
		orders = frappe.get_all("Order", {"shop": ["in", shops]}, pluck="name", order_by="name") or [""]
		parcels = frappe.get_all(
			"Shipment Order", {"order": ["in", orders]}, pluck="parent", order_by="parent"
		) or [""]
		batches = frappe.get_all(
			"Print Batch Parcel", {"shipment": ["in", parcels]}, pluck="parent", order_by="parent"
		) or [""]
		for file in frappe.get_all(
			"File",
			{"attached_to_doctype": "Print Batch", "attached_to_name": ["in", batches]},
			pluck="name",
			order_by="name",
		):
			frappe.delete_doc("File", file, force=True)
		for doctype in OF_PARCEL:
			frappe.db.delete(doctype, {"shipment": ["in", parcels]})
		for doctype, column in (("Print Batch Parcel", "parent"), ("Print Batch", "name")):
			frappe.db.delete(doctype, {column: ["in", batches]})
		for doctype in ("Ship Confirmation", "Routing Decision"):
			frappe.db.delete(doctype, {"order": ["in", orders]})
		accounts = frappe.get_all("Waybill Account", {"shop": ["in", shops]}, pluck="name", order_by="name")
		frappe.db.delete("Waybill Account Courier", {"parent": ["in", accounts or [""]]})
		frappe.db.delete("Waybill Account", {"name": ["in", accounts or [""]]})
		frappe.db.delete("Courier", {"name": self.courier})
		frappe.db.commit()
		super().remove()


def buy(shelf: Shelf, codes: Sequence[str], orders: int) -> None:
	"""That many paid orders, spread over the shops, of one or two kinds of goods."""
	for number in range(orders):
		shop = shelf.shops[number % len(shelf.shops)]
		wanted = [codes[number % len(codes)], codes[(number + 1) % len(codes)]][: 1 + (number % 5 == 0)]
		lines = [{"outer_id": code, "qty": 1} for code in wanted]
		words = {"buyer_message": "", "seller_memo": "", "flag": 0}
		shelf.ask(
			"POST", "orders", shop_id=shop["shop_id"], count=1, pay=True, order={"lines": lines, **words}
		)
