"""A shop of the test site that is connected to the sandbox: committed, and removed again with all that it brought."""

import frappe

from storegroup_oms.tests import factories
from tests.contract.conftest import Sandbox

OF_SHOP = (
	"Connector Call",
	"Connector Event",
	"Listing",
	"Stock Push",
	"Pull Window",
	"Quarantined Order",
	"Task",
)
OF_ORDER = (("Order Event", "order"), ("Order Item", "parent"), ("Order Receiver", "order"))


def create_connected_shop(sandbox: Sandbox, platform: str = "Taobao") -> tuple[str, dict]:
	"""(name on the site, the sandbox's own record). Pulled only when somebody says so. Commits."""
	remote = sandbox.create_shop(platform)
	shop = factories.create_shop(
		platform,
		shop_name=f"云上服饰旗舰店 {factories.make_suffix()}",
		platform_shop_id=remote["shop_id"],
		gateway_url=sandbox.url,
		app_key=remote["app_key"],
		app_secret=remote["app_secret"],
		session_token=remote["access_token"],
		refresh_token=remote["refresh_token"],
		pull_enabled=0,
		push_enabled=0,
	)
	frappe.db.commit()
	return shop.name, remote


def remove_connected_shop(shop: str) -> None:
	"""Delete the shop, its orders and what Frappe wrote about them. Commits."""
	frappe.db.rollback()
	rows = frappe.get_all("Order", filters={"shop": shop}, fields=["name", "customer"], order_by="name asc")
	orders = [row.name for row in rows]
	customers = sorted({row.customer for row in rows if row.customer})
	for doctype, field in OF_ORDER:
		frappe.db.delete(doctype, {field: ["in", orders]})
	frappe.db.delete("Order", {"name": ["in", orders]})
	frappe.db.delete("Customer Identity", {"parent": ["in", customers]})
	frappe.db.delete("Customer", {"name": ["in", customers]})
	for doctype in OF_SHOP:
		frappe.db.delete(doctype, {"shop": shop})
	frappe.db.delete("Shop", {"name": shop})
	frappe.db.delete("__Auth", {"doctype": "Shop", "name": shop})
	about = [*orders, *customers, shop]
	frappe.db.delete("Version", {"docname": ["in", about]})
	frappe.db.delete("Comment", {"reference_name": ["in", about]})
	frappe.db.sql("DELETE FROM `__global_search` WHERE name IN %(names)s", {"names": about})
	frappe.db.commit()
