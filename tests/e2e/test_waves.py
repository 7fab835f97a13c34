"""A wave from its suggestion to its last pick, and a stopped parcel that is found again."""

from collections.abc import Iterator
from dataclasses import dataclass

import frappe
import pytest
from frappe.model.workflow import apply_workflow
from playwright.sync_api import Page, expect

from storegroup_oms.fulfilment import parcel_rows, steps
from storegroup_oms.tests import factories
from storegroup_oms.tests.races import remove_shop
from tests.e2e.conftest import Watch, open_route, take_picture


@dataclass
class Floor:
	"""Three printed parcels in a warehouse."""

	warehouse: str
	orders: list[str]
	parcels: list[str]
	labels: list[str]


@pytest.fixture
def floor(site: str) -> Iterator[Floor]:
	suffix = factories.make_suffix()
	warehouse = factories.create_warehouse(warehouse_name=f"杭州仓 {suffix}").name
	shop, courier = factories.create_shop().name, factories.create_courier(courier_name=f"圆通 {suffix}").name
	sku = factories.create_sku(sku_name="棉质短袖 白").name
	factories.create_stock(sku, 20, warehouse)
	frappe.db.set_value("Stock Balance", {"sku": sku, "warehouse": warehouse}, "bin_location", "A-03-2-05")
	orders = []
	for _number in range(3):
		order = factories.create_order([(sku, 1)], shop=shop)
		apply_workflow(frappe.get_doc("Order", order.name), "Approve")
		orders.append(order.name)
	parcels = [parcel_rows.find_names([order])[0] for order in orders]
	labels = [f"YT{suffix}{number}" for number in range(3)]
	for parcel, label in zip(parcels, labels, strict=True):
		frappe.db.set_value("Shipment", parcel, {"courier": courier, "waybill_no": label})
	assert steps.mark_printed(parcels).refused == {}
	frappe.db.commit()
	try:
		yield Floor(warehouse, orders, parcels, labels)
	finally:
		frappe.db.rollback()
		for doctype in ("Stock Reservation", "Stock Balance", "Stock Ledger", "Wave"):
			frappe.db.delete(doctype, {"warehouse": warehouse})
		frappe.db.delete("Routing Decision", {"order": ["in", orders]})
		# What comes next begins with a rollback.
		frappe.db.commit()
		remove_shop(shop)
		for doctype, name in (("SKU", sku), ("Warehouse", warehouse), ("Courier", courier)):
			frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()


def read(parcel: str, *fields: str) -> tuple:
	frappe.db.rollback()
	row = frappe.db.get_value("Shipment", parcel, fields, as_dict=True)
	return tuple(row[field] for field in fields)


def confirm(page: Page) -> None:
	page.locator(".modal.show .btn-modal-primary:visible, .modal.show .btn-primary:visible").last.click()


def test_a_wave(desk: Page, watch: Watch, floor: Floor):
	desk.evaluate("name => localStorage.setItem('wave-warehouse', name)", floor.warehouse)
	open_route(desk, "List", "Wave", "List")
	desk.get_by_role("button", name="新建波次").click()
	expect(desk.locator('.modal.show [data-fieldname="warehouse"] input')).to_have_value(floor.warehouse)
	confirm(desk)
	choice = desk.locator('.modal.show [data-fieldname="choice"] select')
	expect(choice).to_contain_text("单件 · 3")
	take_picture(desk, "wave-new")
	choice.select_option(label=choice.locator("option", has_text="单件").inner_text())
	desk.locator('.modal.show [data-fieldname="size"] input').fill("2")
	confirm(desk)
	desk.wait_for_function("cur_frm && cur_frm.doctype === 'Wave' && frappe.get_route()[0] === 'Form'")
	expect(desk.locator(".form-message:visible, .form-dashboard:visible").first).to_contain_text("2/2")
	take_picture(desk, "wave-form")
	wave = desk.evaluate("cur_frm.doc.name")
	numbers = sorted(read(parcel, "wave_slot")[0] for parcel in floor.parcels)
	assert numbers == [0, 1, 2]

	desk.get_by_role("button", name="全部拣完").click()
	expect(desk.locator(".indicator-pill:visible", has_text="已拣货").first).to_be_visible()
	take_picture(desk, "wave-picked")
	picked = [parcel for parcel in floor.parcels if read(parcel, "wave_no") == (wave,)]
	assert [read(parcel, "status") for parcel in picked] == [("Picked",)] * 2

	desk.goto("/app/wave")
	expect(desk.locator(".list-row:visible", has_text=wave)).to_be_visible()
	take_picture(desk, "wave-list")
	assert watch.faults == []


def test_a_stopped_parcel_is_found(desk: Page, watch: Watch, floor: Floor):
	frappe.db.set_value("Shipment", floor.parcels[0], "stop_reasons", "manual")
	frappe.db.commit()
	open_route(desk, "List", "Shipment", "List")
	desk.evaluate("storegroup_oms.parcels.show_stopped(cur_list)")
	row = desk.locator(".modal.show tr", has_text=floor.labels[0])
	expect(row).to_contain_text("A-03-2-05")
	row.locator("input").check()
	take_picture(desk, "stopped-parcels")
	confirm(desk)
	expect(desk.locator(".desk-alert", has_text="已找到").first).to_be_visible()
	assert read(floor.parcels[0], "set_aside_by") == ("Administrator",)
	assert watch.faults == []
