"""Receiving and counting with a scanner on a phone: focus stays, a wrong code is heard, no network loses nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import frappe
import pytest
from playwright.sync_api import Page, expect

from storegroup_oms.inventory import counts
from storegroup_oms.tests import factories
from tests.e2e.conftest import Watch, open_route, take_picture

PHONE = {"width": 390, "height": 844}


@dataclass
class Shelf:
	"""Two SKUs with barcodes in a warehouse, and an open count of it."""

	warehouse: str
	skus: list[str]
	codes: list[str]
	count: str


@pytest.fixture
def shelf(site: str) -> Iterator[Shelf]:
	suffix = factories.make_suffix()
	warehouse = factories.create_warehouse(warehouse_name=f"杭州仓 {suffix}", priority=1).name
	codes = [f"69{number}{suffix}" for number in range(2)]
	names = ("棉质短袖 白 L", "帆布包 米色")
	skus = [
		factories.create_sku(sku_name=name, specification="标准", barcode=code).name
		for name, code in zip(names, codes, strict=True)
	]
	for sku in skus:
		factories.create_stock(sku, 10, warehouse)
	count = factories.create_stock_count(warehouse).name
	counts.start(count)
	frappe.db.commit()
	try:
		yield Shelf(warehouse, skus, codes, count)
	finally:
		remove(warehouse, skus)


def remove(warehouse: str, skus: list[str]) -> None:
	frappe.db.rollback()
	entries = frappe.get_all("Stock Entry", {"warehouse": warehouse}, pluck="name", order_by="name asc")
	frappe.db.delete("Stock Entry Item", {"parent": ["in", entries or [""]]})
	for doctype in ("Stock Entry", "Stock Count Line", "Stock Count", "Stock Balance", "Stock Ledger"):
		frappe.db.delete(doctype, {"warehouse": warehouse})
	frappe.db.delete("SKU", {"name": ["in", skus]})
	frappe.db.delete("Warehouse", {"name": warehouse})
	frappe.db.commit()


def read_stored(doctype: str, filters: dict, field: str):
	frappe.db.rollback()
	return frappe.db.get_value(doctype, filters, field)


def scan(page: Page, code: str) -> None:
	"""As a scanner does: types wherever the focus is, then Enter."""
	page.keyboard.type(code)
	page.keyboard.press("Enter")


def expect_last(page: Page, text: str) -> None:
	expect(page.locator(".scan-last:visible")).to_contain_text(text)


def test_counting(desk: Page, watch: Watch, shelf: Shelf):
	desk.set_viewport_size(PHONE)
	open_route(desk, "scan-count")
	choice = desk.locator(".scan-choice", has_text=shelf.warehouse)
	take_picture(desk, "scan-count-choose")
	choice.click()
	expect(desk.locator(".scan-input:visible")).to_be_focused()

	scan(desk, shelf.codes[0])
	expect(desk.locator(".scan-count")).to_have_text("1")
	scan(desk, shelf.codes[0])
	expect(desk.locator(".scan-count")).to_have_text("2")
	scan(desk, shelf.codes[1])
	expect_last(desk, "帆布包")
	expect(desk.locator(".scan-progress:visible")).to_contain_text("2 / 2")
	take_picture(desk, "scan-count")

	# A code that nobody knows changes nothing
	scan(desk, "no-such-code")
	expect(desk.locator(".scan-problem")).to_contain_text("no-such-code")
	take_picture(desk, "scan-count-unknown")
	expect(desk.locator(".scan-row")).to_have_count(2)

	# The last scan is taken back, the one before as well
	desk.locator(".scan-undo").click()
	expect(desk.locator(".scan-count")).to_have_text("0")
	desk.locator(".scan-undo").click()
	expect(desk.locator(".scan-count")).to_have_text("1")
	expect(desk.locator(".scan-input:visible")).to_be_focused()

	# A dead spot between two shelves
	desk.context.set_offline(True)
	scan(desk, shelf.codes[0])
	expect(desk.locator(".scan-offline:visible")).to_be_visible()
	expect(desk.locator(".scan-count")).to_have_text("2")
	take_picture(desk, "scan-count-offline")
	desk.context.set_offline(False)
	expect(desk.locator(".scan-offline")).to_be_hidden()
	expect(desk.locator(".scan-row", has_text="短袖").locator(".scan-row-count")).to_have_text("2")

	assert desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
	line = {"stock_count": shelf.count, "sku": shelf.skus[0]}
	assert read_stored("Stock Count Line", line, "counted_qty") == 2
	assert read_stored("Stock Count Line", {**line, "sku": shelf.skus[1]}, "counted_qty") == 0
	assert [fault for fault in watch.faults if "ERR_INTERNET_DISCONNECTED" not in fault] == []


def test_receiving(desk: Page, watch: Watch, shelf: Shelf):
	desk.set_viewport_size(PHONE)
	open_route(desk, "scan-receive")
	take_picture(desk, "scan-receive-choose")
	desk.locator(".scan-choice", has_text=shelf.warehouse).click()
	expect(desk.locator(".scan-input:visible")).to_be_focused()
	for _number in range(3):
		scan(desk, shelf.codes[0])
	scan(desk, shelf.codes[1])
	expect_last(desk, "帆布包")

	# What was scanned outlives a reload
	desk.reload()
	expect(desk.locator(".scan-row")).to_have_count(2)

	# A box of 20 is typed in
	desk.locator(".scan-row", has_text="帆布包").click()
	dialog = desk.locator(".modal.show")
	dialog.locator('[data-fieldname="pieces"] input').fill("20")
	dialog.locator(".btn-modal-primary").click()
	expect(desk.locator(".scan-count")).to_have_text("20")
	take_picture(desk, "scan-receive")

	desk.locator(".scan-finish").click()
	dialog = desk.locator(".modal.show")
	expect(dialog).to_contain_text(f"{shelf.skus[0]} × 3")
	dialog.locator('[data-fieldname="reference"] input').fill("DN-7")
	take_picture(desk, "scan-receive-finish")
	dialog.locator(".btn-modal-primary").click()
	expect(desk.locator(".desk-alert", has_text="已入库").first).to_be_visible()
	expect(desk.locator(".scan-choice").first).to_be_visible()

	assert read_stored("Stock Balance", {"sku": shelf.skus[0], "warehouse": shelf.warehouse}, "on_hand") == 13
	assert read_stored("Stock Balance", {"sku": shelf.skus[1], "warehouse": shelf.warehouse}, "on_hand") == 30
	entry = {"warehouse": shelf.warehouse, "reference": "DN-7"}
	assert read_stored("Stock Entry", entry, "status") == "Posted"
	assert watch.faults == []
