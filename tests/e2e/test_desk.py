"""A working day in small: log in, find an order, look at it, note something; the desk stays live and without faults."""

import re
from collections.abc import Iterator

import frappe
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Watch, open_route, show_field, take_picture
from tests.e2e.seed import STATUSES, Seed, create_seed, remove_seed
from tests.e2e.stack import Stack
from tests.queues import use_queues

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def seed(site: str) -> Iterator[Seed]:
	made = create_seed()
	try:
		yield made
	finally:
		remove_seed(made)


def read_stored(doctype: str, name: str, field: str):
	"""A value as the database holds it now; another connection has written it."""
	frappe.db.rollback()
	return frappe.db.get_value(doctype, name, field)


def test_from_log_in_to_a_saved_order(desk: Page, watch: Watch, seed: Seed):
	# The workspace, in Chinese
	expect(desk.locator(".desk-sidebar .standard-sidebar-item").first).to_be_visible()
	assert desk.evaluate("frappe.boot.lang") == "zh"
	open_route(desk, "Workspaces", "Order Desk")
	expect(desk.locator(".page-title .title-text").first).to_have_text(CHINESE)
	expect(desk.locator(".widget.number-widget-box").first).to_be_visible()
	expect(desk.locator(".widget.number-widget-box .widget-title").first).to_have_text(CHINESE)
	expect(desk.locator(".widget.dashboard-widget-box .widget-body svg").first).to_be_visible()
	take_picture(desk, "workspace")

	# The list, an indicator for each status
	open_route(desk, "List", "Order", "List")
	for status in STATUSES:
		pill = desk.locator(f'.indicator-pill[data-filter="status,=,{status}"]').first
		expect(pill).to_be_visible()
		expect(pill).to_have_text(CHINESE)
	take_picture(desk, "order-list")

	# An order found by its number
	order = seed.orders["To Review"]
	number = read_stored("Order", order, "platform_order_no")
	desk.keyboard.press("Control+Shift+F")
	finder = desk.locator(".modal.show")
	finder.locator("input").first.fill(number)
	expect(finder.locator("tbody a").first).to_have_text(order)
	take_picture(desk, "find-order")
	desk.keyboard.press("Escape")
	expect(finder).to_have_count(0)

	# The form, with its lines; what hangs on the order is counted when its tab is opened
	asked: list[str] = []
	desk.on("request", lambda request: asked.append(request.url))
	open_route(desk, "Form", "Order", order)
	desk.wait_for_function("name => window.cur_frm && cur_frm.doc && cur_frm.docname === name", arg=order)
	desk.wait_for_load_state("networkidle")
	show_field(desk, "items")
	rows = desk.locator('[data-fieldname="items"] .grid-body .grid-row')
	expect(rows).to_have_count(2)
	for sku in seed.skus:
		expect(rows.filter(has_text=sku)).to_have_count(1)
	assert desk.evaluate("cur_frm.doc.receiver_mobile") == "138****5678"
	take_picture(desk, "order-form")
	assert not [url for url in asked if "get_open_count" in url]
	with desk.expect_request("**/*get_open_count*"):
		desk.locator('[data-fieldname="connections_tab"]').first.click()
	take_picture(desk, "order-connections")

	# A note, saved
	show_field(desk, "seller_memo")
	memo = desk.locator('[data-fieldname="seller_memo"] textarea')
	memo.fill("买家要求周五送达")
	memo.blur()
	desk.keyboard.press("Control+s")
	desk.wait_for_function("!cur_frm.is_dirty()")
	assert read_stored("Order", order, "seller_memo") == "买家要求周五送达"
	assert read_stored("Order", order, "receiver_mobile") == "138****5678"
	take_picture(desk, "order-saved")

	assert watch.faults == []
	assert not desk.evaluate("frappe.boot.onboarding_tours"), "no tour of Frappe's own pages covers the desk"


def test_a_job_moves_a_progress_bar(desk: Page, watch: Watch, stack: Stack):
	desk.wait_for_function("frappe.realtime.socket && frappe.realtime.socket.connected")
	bar = desk.locator(".modal.show .progress-bar")

	for percent in (20, 60):
		publish_from_worker(stack, percent)
		desk.wait_for_function(
			"""percent => {
				const bar = document.querySelector(".modal.show .progress-bar");
				return bar && Math.round(parseFloat(bar.style.width)) === percent;
			}""",
			arg=percent,
		)
		take_picture(desk, f"progress-{percent}")
	publish_from_worker(stack, 100)
	expect(bar).to_have_count(0)

	assert watch.faults == []


def publish_from_worker(stack: Stack, percent: int) -> None:
	"""Have the stack's worker, not this process, publish the progress to its user."""
	with use_queues(stack):
		frappe.enqueue(
			"frappe.realtime.publish_progress",
			queue="short",
			percent=percent,
			title="导入订单",
			description="2 / 10",
		)


def test_a_wrong_password_is_refused(page: Page, stack: Stack):
	page.goto("/login")
	page.fill("#login_email", "Administrator")
	page.fill("#login_password", "not the password")
	with page.expect_response("**/*") as answer:
		page.click(".form-login .btn-login")

	assert answer.value.status == 401
	assert "/login" in page.url
	assert page.context.request.get("/api/resource/Order").status == 403
