"""Stock on the desk: goods received from pasted rows and reversed, a transfer received, a count approved."""

import frappe
from playwright.sync_api import Page, expect

from storegroup_oms.tests import factories
from tests.e2e.conftest import Watch, open_route, show_field, take_picture
from tests.e2e.test_scanning import Shelf, read_stored, shelf  # noqa: F401 (a fixture)


def open_form(page: Page, doctype: str, name: str) -> None:
	open_route(page, "Form", doctype, name)
	page.wait_for_function("name => window.cur_frm && cur_frm.doc && cur_frm.docname === name", arg=name)
	page.wait_for_load_state("networkidle")


def click_button(page: Page, label: str) -> None:
	"""One of the buttons over the open form."""
	page.locator(".page-container:visible .page-head").get_by_role("button", name=label, exact=True).click()


def confirm(page: Page) -> None:
	page.locator(".modal.show .btn-modal-primary").click()


def wait_for_status(page: Page, status: str) -> None:
	page.wait_for_function("status => window.cur_frm && cur_frm.doc.status === status", arg=status)


def test_rows_are_pasted_posted_and_reversed(desk: Page, watch: Watch, shelf: Shelf):  # noqa: F811
	entry = factories.create_stock_entry("Receipt", [(shelf.skus[0], 2)], shelf.warehouse)
	frappe.db.commit()
	open_form(desk, "Stock Entry", entry.name)
	click_button(desk, "粘贴明细")
	dialog = desk.locator(".modal.show")
	dialog.locator(".ace_text-input").focus()
	desk.keyboard.insert_text(f"{shelf.codes[1]}\t5\n{shelf.skus[0]}\t1\n")
	take_picture(desk, "stock-entry-paste")
	confirm(desk)
	rows = desk.locator('[data-fieldname="items"] .grid-body .grid-row')
	expect(rows).to_have_count(2)
	desk.keyboard.press("Control+s")
	desk.wait_for_function("!cur_frm.is_dirty()")
	assert desk.evaluate("cur_frm.doc.items.map(row => row.qty)") == [3, 5]
	take_picture(desk, "stock-entry")

	click_button(desk, "提交")
	desk.locator(".modal.show .btn-primary").click()
	wait_for_status(desk, "Posted")
	place = {"sku": shelf.skus[1], "warehouse": shelf.warehouse}
	assert read_stored("Stock Balance", place, "on_hand") == 15

	click_button(desk, "冲销")
	desk.locator('.modal.show [data-fieldname="reason"] input').fill("供应商送错")
	confirm(desk)
	desk.wait_for_function("name => window.cur_frm && cur_frm.doc.reversal_of === name", arg=entry.name)
	assert read_stored("Stock Balance", place, "on_hand") == 10
	assert read_stored("Stock Entry", {"name": entry.name}, "status") == "Reversed"
	assert watch.faults == []


def test_a_transfer_is_received_with_a_difference(desk: Page, watch: Watch, shelf: Shelf):  # noqa: F811
	there = factories.create_warehouse(warehouse_name=f"成都仓 {factories.make_suffix()}").name
	entry = factories.create_stock_entry(
		"Transfer", [(shelf.skus[0], 4)], shelf.warehouse, to_warehouse=there
	)
	entry.submit()
	frappe.db.commit()
	try:
		open_form(desk, "Stock Entry", entry.name)
		click_button(desk, "收货")
		dialog = desk.locator(".modal.show")
		expect(dialog.locator(".grid-body .grid-row")).to_have_count(1)
		cell = dialog.locator('.grid-body [data-fieldname="came"]').first
		cell.click()
		cell.locator("input").fill("3")
		dialog.locator('input[data-fieldname="is_last"]').check()
		take_picture(desk, "stock-entry-receive")
		confirm(desk)
		wait_for_status(desk, "Received")
		take_picture(desk, "stock-entry-received")
		place = {"sku": shelf.skus[0], "warehouse": there}
		assert read_stored("Stock Balance", place, "on_hand") == 3
		assert read_stored("Stock Balance", place, "in_transit") == 0
		assert read_stored("Task", {"reference_name": entry.name}, "status") == "Open"
		assert watch.faults == []
	finally:
		frappe.db.rollback()
		frappe.db.delete("Task", {"reference_name": entry.name})
		for doctype in ("Stock Balance", "Stock Ledger"):
			frappe.db.delete(doctype, {"warehouse": there})
		frappe.db.delete("Warehouse", {"name": there})
		frappe.db.commit()


def test_a_count_is_finished_and_approved(desk: Page, watch: Watch, shelf: Shelf):  # noqa: F811
	open_form(desk, "Stock Count", shelf.count)
	show_field(desk, "lines_html")
	first = desk.locator(f'input[data-sku="{shelf.skus[0]}"]')
	first.fill("8")
	first.press("Tab")
	expect(desk.locator(".frappe-control[data-fieldname='lines_html']")).to_contain_text("1 / 2")
	take_picture(desk, "stock-count-counting")

	click_button(desk, "完成盘点")
	confirm(desk)
	wait_for_status(desk, "To Approve")
	expect(desk.locator('button[data-show="Differences"]')).to_be_visible()
	desk.locator('button[data-show="Differences"]').click()
	expect(desk.get_by_role("cell", name="-2", exact=True)).to_be_visible()
	take_picture(desk, "stock-count")

	click_button(desk, "审批并过账")
	confirm(desk)
	wait_for_status(desk, "Posted")
	take_picture(desk, "stock-count-posted")
	assert read_stored("Stock Balance", {"sku": shelf.skus[0], "warehouse": shelf.warehouse}, "on_hand") == 8
	assert read_stored("Stock Balance", {"sku": shelf.skus[1], "warehouse": shelf.warehouse}, "on_hand") == 10
	assert watch.faults == []


def test_what_to_buy_becomes_a_draft_receipt(desk: Page, watch: Watch, shelf: Shelf):  # noqa: F811
	category = factories.make_suffix()
	frappe.db.set_value("SKU", shelf.skus[0], "category", category)
	shop = factories.create_shop().name
	order = factories.create_order([(shelf.skus[0], 30)], shop=shop, status="Completed")
	frappe.db.commit()
	try:
		desk.evaluate(
			"""([warehouse, category]) => {
				frappe.route_options = { warehouse, category };
				frappe.set_route("query-report", "Purchase Suggestions");
			}""",
			[shelf.warehouse, category],
		)
		row = desk.locator(".dt-scrollable .dt-row", has_text=shelf.skus[0])
		# 30 in 30 days: 1 a day for 7 + 14 days, of which 10 are there.
		expect(row).to_contain_text("1.00 × (7 + 14) + 0 + 0 − (10 − 0) − 0 = 11")
		take_picture(desk, "purchase-suggestions")
		row.locator('input[type="checkbox"]').check()
		click_button(desk, "生成入库单")
		desk.wait_for_function("window.cur_frm && cur_frm.doctype === 'Stock Entry' && cur_frm.is_new()")
		assert desk.evaluate("cur_frm.doc.items.map(row => [row.sku, row.qty])") == [[shelf.skus[0], 11]]
		assert desk.evaluate("[cur_frm.doc.kind, cur_frm.doc.warehouse]") == ["Receipt", shelf.warehouse]
		assert watch.faults == []
	finally:
		frappe.db.rollback()
		for doctype, field in (
			("Order Item", "parent"),
			("Order Event", "order"),
			("Order Receiver", "order"),
		):
			frappe.db.delete(doctype, {field: order.name})
		frappe.db.delete("Order", {"name": order.name})
		frappe.db.delete("Shop", {"name": shop})
		frappe.db.commit()


def test_lists_name_the_goods(desk: Page, watch: Watch, shelf: Shelf):  # noqa: F811
	desk.goto(f"/app/stock-balance?warehouse={shelf.warehouse}")
	row = desk.locator(".list-row", has_text=shelf.skus[0])
	expect(row).to_contain_text("有货")
	expect(row.locator(".list-row-col", has_text="10")).not_to_have_count(0)
	name = frappe.db.get_value("Stock Balance", {"sku": shelf.skus[0], "warehouse": shelf.warehouse})
	expect(row).not_to_contain_text(name)

	desk.goto("/app/stock-alert-rule")
	rule = desk.locator(".list-row .list-subject a", has_text="卖不动")
	expect(rule).to_be_visible()
	take_picture(desk, "stock-alert-rules")
	rule.click()
	desk.wait_for_function('window.cur_frm && cur_frm.docname === "Doesn\'t Sell"')
	assert watch.faults == []
