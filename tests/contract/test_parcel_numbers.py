"""`ensure_waybills` from the orders that the platforms showed to the numbers that the sandbox gave."""

import frappe
import pytest

from storegroup_oms.connectors.registry import get_connector
from storegroup_oms.connectors.sessions import Session
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.orders.receivers import Receiver, store_receivers
from storegroup_oms.tests import factories
from storegroup_oms.tests.races import remove_shop

PLATFORMS = {"Taobao": "Cainiao", "JD": "JD", "Pinduoduo": "Pinduoduo", "Douyin": "Douyin"}


@pytest.fixture
def place(site):
	courier = factories.create_courier(
		cainiao_code="YTO",
		jd_label_code="YTO",
		jd_code="463",
		pdd_wp_code="YTO",
		douyin_code="yuantong",
		waybill_pattern=r"^YT\d{13}$",
	).name
	warehouse = factories.create_warehouse(
		contact_name="云杉仓", contact_mobile="13900001111", address="良睦路 1 号"
	).name
	yield courier, warehouse
	frappe.db.rollback()
	parcels = frappe.get_all("Shipment", {"warehouse": warehouse}, pluck="name", order_by="name") or [""]
	accounts = frappe.get_all(
		"Waybill Account Courier", {"courier": courier}, pluck="parent", order_by="parent"
	) or [""]
	shops = frappe.get_all("Shipment Order", {"parent": ("in", parcels)}, pluck="shop", order_by="shop")
	for doctype, filters in (
		("Waybill", {"warehouse": warehouse}),
		("Shipment Order", {"parent": ("in", parcels)}),
		("Shipment Item", {"parent": ("in", parcels)}),
		("Shipment", {"warehouse": warehouse}),
		("Waybill Account Courier", {"courier": courier}),
		("Waybill Account", {"name": ("in", accounts)}),
		("Connector Call", {"shop": ("in", shops or [""])}),
		("Courier", {"name": courier}),
		("Warehouse", {"name": warehouse}),
	):
		frappe.db.delete(doctype, filters)
	frappe.db.commit()
	for shop in set(shops):
		remove_shop(shop)


def test_parcels_of_four_platforms(sandbox, place):
	courier, warehouse = place
	parcels, truths = {}, {}
	for platform, provider in PLATFORMS.items():
		remote = sandbox.create_shop(platform)
		shop = factories.create_shop(
			platform,
			platform_shop_id=remote["shop_id"],
			app_key=remote["app_key"],
			app_secret=remote["app_secret"],
			session_token=remote["access_token"],
			refresh_token=remote["refresh_token"],
			gateway_url=sandbox.url,
		).name
		frappe.get_doc(
			{
				"doctype": "Waybill Account",
				"account_name": f"{provider} {shop}",
				"provider": provider,
				"shop": shop,
				"couriers": [{"courier": courier}],
			}
		).insert()
		frappe.db.commit()
		truth = sandbox.create_plain_order(remote)
		payload = Session(shop).client.get_order(truth["order_no"])
		shown = get_connector(platform).map_order(payload).receiver
		order = factories.create_order(
			[],
			shop=shop,
			platform_order_no=truth["order_no"],
			receiver_name=shown.name,
			receiver_mobile=shown.mobile,
			address=shown.address,
			province=shown.province,
			city=shown.city,
			district=shown.district,
		)
		given = Receiver(shown.name, shown.mobile, shown.address, shown.platform_token)
		store_receivers([(order.name, shop, "", given)])
		parcels[platform] = factories.create_shipment([order], warehouse, courier=courier).name
		truths[platform] = (remote, truth)
	frappe.db.commit()

	remote = truths["Pinduoduo"][0]
	sandbox.control("POST", f"shops/{remote['shop_id']}/expire_token")
	sandbox.break_calls(truths["Taobao"][0], "truncate", api="cainiao.waybill.ii.get")
	done = ensure_waybills(parcels.values())
	assert done.refused == {}
	for platform, parcel in parcels.items():
		remote, truth = truths[platform]
		(row,) = sandbox.control("GET", f"waybills?account={remote['shop_id']}")["waybills"]
		assert row["number"] == done.numbers[parcel], platform
		assert row["place"].startswith(truth["receiver"]["province"])
		assert row["asked"] == (2 if platform == "Taobao" else 1)
		stored = frappe.db.get_value("Shipment", parcel, ["waybill_no", "waybill_provider", "sorting_code"])
		assert stored[:2] == (row["number"], PLATFORMS[platform])
		assert stored[2].count("-") == 2
	assert ensure_waybills(parcels.values()).numbers == done.numbers
