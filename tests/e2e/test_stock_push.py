"""Stock at the platform as people see it: why this number, stopped at once, a difference told and mended."""

from collections.abc import Iterator

import frappe
import pytest
from playwright.sync_api import Page, expect

from storegroup_oms.connectors import runner, stock_changes, stock_loop
from storegroup_oms.tests import factories
from tests.contract.conftest import Sandbox, sandbox  # noqa: F401 (a fixture)
from tests.e2e.conftest import TIMEOUT_MS, Watch, open_route, take_picture
from tests.e2e.connected import create_connected_shop, remove_connected_shop
from tests.e2e.test_connections import click_button, open_form


@pytest.fixture
def listed(site: str, sandbox: Sandbox) -> Iterator[tuple[str, dict, str]]:  # noqa: F811
	"""(shop, its record at the sandbox, a listing of 40 pieces of stock that the platform shows)."""
	shop, remote = create_connected_shop(sandbox)
	sku = factories.create_sku(sku_name="纯棉圆领短袖 T 恤").name
	warehouse = factories.create_warehouse(warehouse_name=f"杭州主仓 {factories.make_suffix()}").name
	try:
		factories.create_stock(sku, 52, warehouse, reserved=12)
		runner.refresh_listings(shop)
		listing = frappe.get_value("Listing", {"shop": shop, "outer_id": "TEE-M"}, "name")
		frappe.db.set_value("Listing", listing, "sku", sku)
		frappe.db.set_value("Shop", shop, {"stock_percentage": 60, "stock_buffer": 3})
		frappe.db.commit()
		stock_changes.write_wanted([listing])
		stock_loop.run(linger_s=0)
		yield shop, remote, listing
	finally:
		remove_connected_shop(shop)
		for doctype in ("Stock Balance", "Stock Ledger"):
			frappe.db.delete(doctype, {"sku": sku})
		frappe.db.delete("Warehouse", {"name": warehouse})
		frappe.db.delete("SKU", {"name": sku})
		frappe.db.commit()


def test_a_figure_is_explained_stopped_and_mended(
	desk: Page,
	watch: Watch,
	listed: tuple[str, dict, str],
	sandbox: Sandbox,  # noqa: F811
):
	shop, remote, listing = listed
	key = "/".join(frappe.db.get_value("Listing", listing, ["platform_item_id", "platform_sku_id"]))

	def get_shown() -> int:
		return sandbox.control("GET", f"truth?shop_id={remote['shop_id']}")["stock"][remote["shop_id"]][key]

	assert get_shown() == 21
	open_form(desk, "Listing", listing)
	table = desk.locator('[data-fieldname="why_html"] table')
	expect(table.locator("tr").last).to_contain_text("21")
	expect(table).to_contain_text("已锁定")
	table.scroll_into_view_if_needed()
	take_picture(desk, "listing-form")

	# Stopped: the platform shows nothing
	click_button(desk, "停售")
	expect(desk.locator(".page-head:visible").get_by_role("button", name="恢复销售")).to_be_visible()
	expect(table.locator("tr").last).to_contain_text("0")
	stock_loop.run(linger_s=0)
	assert get_shown() == 0
	open_route(desk, "List", "Listing", "List")
	expect(desk.locator(".list-row", has_text=shop).first).to_be_visible(timeout=TIMEOUT_MS)
	expect(desk.locator(".list-row .indicator-pill", has_text="已停售").first).to_be_visible()
	take_picture(desk, "listing-list")

	# Somebody changes it in the back office: told, and sent again
	sandbox.control("PATCH", f"shops/{remote['shop_id']}/listings", stock={"TEE-M": 88})
	runner.check_stock()
	open_form(desk, "Listing", listing)
	desk.reload()  # the desk shows a record that it has read before until it is told of a change
	expect(desk.locator(".form-message:visible")).to_contain_text("平台显示 88")
	open_route(desk, "shop-health")
	row = desk.locator(".shop-health-row", has_text=shop)
	expect(row.locator('[data-kind="stock"]')).to_have_text("1")
	take_picture(desk, "shop-health-stock")

	assert watch.faults == []
