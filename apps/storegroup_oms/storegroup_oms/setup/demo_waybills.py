"""The demo company's accounts for waybill numbers: one at each platform, used with the access of its first shop."""

import frappe

from storegroup_oms.couriers.waybills.accounts import SERVICES

NAMES = {
	"Cainiao": "菜鸟电子面单",
	"JD": "京东无界电子面单",
	"Pinduoduo": "拼多多电子面单",
	"Douyin": "抖音电子面单",
	"Kuaidi100": "快递100 电子面单",
	"KDNiao": "快递鸟 电子面单",
}
# Where a courier has no account with a platform, a later one steps in.
PRIORITIES = {"Kuaidi100": 20, "KDNiao": 30}


def ensure_accounts() -> None:
	"""Accounts of the platforms that have a shop here; an account that is there is left as it is."""
	shops = frappe.get_all("Shop", fields=["name", "platform"], order_by="creation desc, name desc")
	first = {shop.platform: shop.name for shop in shops}
	for provider, (platform, *_codes) in SERVICES.items():
		if platform in first:
			ensure_account(provider, shop=first[platform])


def ensure_account(provider: str, **values) -> str:
	"""An account with every active courier that the service knows; `values` are set anew on one that is there."""
	name = NAMES[provider]
	if frappe.db.exists("Waybill Account", name):
		account = frappe.get_doc("Waybill Account", name)
		account.update(values)
		return account.save().name
	code = SERVICES[provider][1]
	couriers = frappe.get_all(
		"Courier", filters={"is_active": 1, code: ["is", "set"]}, pluck="name", order_by="name asc"
	)
	return (
		frappe.get_doc(
			{
				"doctype": "Waybill Account",
				"account_name": name,
				"provider": provider,
				"priority": PRIORITIES.get(provider, 10),
				"couriers": [{"courier": courier} for courier in couriers],
				**values,
			}
		)
		.insert()
		.name
	)
