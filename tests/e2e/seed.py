"""Orders that a browser can see: committed, and removed again without a trace."""

from dataclasses import dataclass

import frappe

from storegroup_oms.tests import factories

STATUSES = ("To Review", "On Hold", "Backorder", "To Print", "Shipped", "Closed")


@dataclass
class Seed:
	"""Names of what was made."""

	shop: str
	skus: list[str]
	orders: dict[str, str]


def create_seed() -> Seed:
	"""One shop, two SKUs, one order of two lines in each status. Commits."""
	shop = factories.create_shop(shop_name=f"杭州旗舰店 {factories.make_suffix()}").name
	skus = [factories.create_sku(sku_name=name).name for name in ("棉质短袖 白 L", "帆布包 米色")]
	lines = [(skus[0], 2), (skus[1], 1)]
	orders = {
		status: factories.create_order(lines, shop=shop, status=status, price=59.9).name
		for status in STATUSES
	}
	# As on everybody's first day: Frappe makes these settings when the first chart is drawn.
	frappe.db.delete("Dashboard Settings", {"name": "Administrator"})
	frappe.db.commit()
	return Seed(shop, skus, orders)


def remove_seed(seed: Seed) -> None:
	"""Delete what `create_seed` made and what Frappe wrote about it. Commits."""
	frappe.db.rollback()
	names = list(seed.orders.values())
	for doctype, field in (
		("Order", "name"),
		("Order Item", "parent"),
		("Order Event", "order"),
		("Order Hold", "order"),
		("Order Receiver", "order"),
	):
		frappe.db.delete(doctype, {field: ["in", names]})
	frappe.db.delete("Shop", {"name": seed.shop})
	frappe.db.delete("SKU", {"name": ["in", seed.skus]})
	about = [*names, seed.shop, *seed.skus]
	frappe.db.delete("Version", {"docname": ["in", about]})
	frappe.db.delete("Comment", {"reference_name": ["in", about]})
	frappe.db.sql("DELETE FROM `__global_search` WHERE name IN %(names)s", {"names": about})
	frappe.db.commit()
