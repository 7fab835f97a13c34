"""A shop's connection as people see it: tested, synced with progress, watched on the board, healed from quarantine."""

import re
from collections.abc import Iterator

import frappe
import pytest
from playwright.sync_api import Page, expect

from tests.contract.conftest import Sandbox, sandbox  # noqa: F401 (a fixture)
from tests.e2e.conftest import TIMEOUT_MS, Watch, open_route, take_picture
from tests.e2e.connected import create_connected_shop, remove_connected_shop

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def connected(site: str, sandbox: Sandbox) -> Iterator[tuple[str, dict]]:  # noqa: F811
	shop, remote = create_connected_shop(sandbox)
	try:
		yield shop, remote
	finally:
		remove_connected_shop(shop)


def open_form(page: Page, doctype: str, name: str) -> None:
	open_route(page, "Form", doctype, name)
	page.wait_for_function("name => window.cur_frm && cur_frm.doc && cur_frm.docname === name", arg=name)


def click_button(page: Page, label: str) -> None:
	"""One of the buttons over the open form or list."""
	page.locator(".page-container:visible .page-head").get_by_role("button", name=label, exact=True).click()


def count_stored(doctype: str, **filters) -> int:
	frappe.db.rollback()
	return frappe.db.count(doctype, filters)


def test_from_a_tested_connection_to_an_order_out_of_quarantine(
	desk: Page,
	watch: Watch,
	connected: tuple[str, dict],
	sandbox: Sandbox,  # noqa: F811
):
	shop, remote = connected
	desk.wait_for_function("frappe.realtime.socket && frappe.realtime.socket.connected")

	# The platform answers by its own name for the shop
	open_form(desk, "Shop", shop)
	click_button(desk, "测试连接")
	message = desk.locator(".modal.show .msgprint")
	expect(message).to_contain_text(remote["name"])
	take_picture(desk, "shop-tested")
	desk.locator(".modal.show .btn-modal-close").click()
	expect(desk.locator(".modal.show")).to_have_count(0)

	# Three orders come, the fourth can't be read and holds up none
	sandbox.create_orders(remote, count=3)
	bad = sandbox.create_orders(remote, poison="unreadable_amount")[0]
	click_button(desk, "立即同步")
	expect(desk.locator(".form-dashboard .progress-bar")).to_be_visible()
	ended = desk.locator(".desk-alert", has_text="1 单被隔离")
	expect(ended.first).to_be_visible(timeout=TIMEOUT_MS)
	take_picture(desk, "shop-synced")
	assert count_stored("Order", shop=shop) == 3
	assert count_stored("Quarantined Order", shop=shop, status="Waiting") == 1

	# The board says so, and leads there
	open_route(desk, "shop-health")
	row = desk.locator(".shop-health-row", has_text=shop)
	expect(row.locator(".indicator-pill")).to_have_text("隔离订单")
	take_picture(desk, "shop-health")
	desk.set_viewport_size(PHONE)
	expect(row).to_be_visible()
	assert desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
	take_picture(desk, "shop-health-phone")
	desk.set_viewport_size({"width": 1440, "height": 900})
	row.locator('[data-kind="quarantine"]').click()
	desk.wait_for_function("frappe.get_route_str() === 'List/Quarantined Order/List'")
	entry = desk.locator(".list-row", has_text=bad["order_no"])
	expect(entry).to_be_visible()
	take_picture(desk, "quarantine-list")

	# Cured at the platform, replayed here
	sandbox.move_order(bad, "cure")
	name = frappe.get_value("Quarantined Order", {"shop": shop}, "name")
	open_form(desk, "Quarantined Order", name)
	expect(desk.locator(".form-message:visible")).to_contain_text(re.compile("金额"))
	take_picture(desk, "quarantine-form")
	desk.keyboard.press("r")
	desk.wait_for_function("frappe.get_route_str() === 'List/Quarantined Order/List'")
	assert count_stored("Quarantined Order", name=name, status="Resolved") == 1
	assert count_stored("Order", shop=shop, platform_order_no=bad["order_no"]) == 1
	expect(desk.get_by_text("隔离区没有待处理的订单。")).to_be_visible()
	take_picture(desk, "quarantine-empty")

	assert watch.faults == []


def test_orders_are_fetched_again_by_number(
	desk: Page,
	watch: Watch,
	connected: tuple[str, dict],
	sandbox: Sandbox,  # noqa: F811
):
	shop, remote = connected
	order = sandbox.create_orders(remote)[0]
	desk.wait_for_function("frappe.realtime.socket && frappe.realtime.socket.connected")
	open_form(desk, "Shop", shop)

	click_button(desk, "重新拉取")
	desk.locator(".dropdown-menu.show").get_by_text("按单号…").click()
	dialog = desk.locator(".modal.show")
	dialog.locator("textarea").fill(f"{order['order_no']}，999")
	take_picture(desk, "fetch-by-number")
	dialog.locator(".btn-modal-primary").click()
	expect(desk.locator(".desk-alert", has_text="999").first).to_be_visible(timeout=TIMEOUT_MS)

	assert count_stored("Order", shop=shop, platform_order_no=order["order_no"]) == 1
	assert watch.faults == []
