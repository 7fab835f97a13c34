"""The packing table with a scanner on a phone: right, wrong, too many, weighed, stopped, somebody else's; then shipped."""

from collections.abc import Iterator

import frappe
import pytest
from playwright.sync_api import Page, expect

from storegroup_oms.fulfilment import allocation, parcel_rows, steps
from storegroup_oms.fulfilment.floor import verifying
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests import factories
from storegroup_oms.tests.races import remove_shop
from tests.e2e.conftest import Watch, open_route, take_picture
from tests.e2e.test_scanning import PHONE, scan


class Bench:
	"""Three printed parcels of two SKUs; committed, and removed again."""

	def __init__(self) -> None:
		suffix = factories.make_suffix()
		self.shop = factories.create_shop("Manual", shop_name=f"线下店 {suffix}").name
		self.warehouse = factories.create_warehouse(warehouse_name=f"杭州仓 {suffix}").name
		self.courier = factories.create_courier(courier_name=f"圆通速递 {suffix}").name
		names = ("棉质短袖 白 L", "帆布包 米色")
		self.codes = [f"69{number}{suffix}" for number in range(2)]
		self.skus = [
			factories.create_sku(sku_name=name, specification="标准", barcode=code, weight_g=200).name
			for name, code in zip(names, self.codes, strict=True)
		]
		for sku in self.skus:
			factories.create_stock(sku, 20, self.warehouse)
		lines = [(self.skus[0], 2), (self.skus[1], 1)]
		self.orders = [
			factories.create_order(lines, shop=self.shop, receiver_mobile=f"1390000100{number}").name
			for number in range(3)
		]
		lifecycle.move_orders(self.orders, "To Print", "Administrator")
		allocation.allocate(self.orders)
		self.parcels = [parcel_rows.find_names([order])[0] for order in self.orders]
		self.numbers = [f"YT{suffix}{number}" for number in range(3)]
		for parcel, number in zip(self.parcels, self.numbers, strict=True):
			frappe.db.set_value("Shipment", parcel, {"courier": self.courier, "waybill_no": number})
		assert steps.mark_printed(self.parcels).refused == {}
		frappe.db.commit()

	def remove(self) -> None:
		frappe.db.rollback()
		for doctype in ("Stock Ledger", "Stock Reservation", "Stock Balance"):
			frappe.db.delete(doctype, {"sku": ["in", self.skus]})
		frappe.db.delete("Routing Decision", {"order": ["in", self.orders]})
		frappe.db.commit()
		remove_shop(self.shop)
		for doctype, names in (
			("SKU", self.skus),
			("Warehouse", [self.warehouse]),
			("Courier", [self.courier]),
		):
			frappe.db.delete(doctype, {"name": ["in", names]})
		frappe.db.commit()


@pytest.fixture
def bench(site: str) -> Iterator[Bench]:
	made = Bench()
	try:
		yield made
	finally:
		made.remove()


def expect_word(page: Page, kind: str, text: str) -> None:
	word = page.locator(f".packing-word[data-kind='{kind}']:visible")
	expect(word).to_contain_text(text)


def read(parcel: str, *fields: str) -> tuple:
	frappe.db.rollback()
	row = frappe.db.get_value("Shipment", parcel, list(fields), as_dict=True)
	return tuple(row[field] for field in fields)


def test_a_morning_at_the_table(desk: Page, watch: Watch, bench: Bench):
	first, second, third = bench.numbers
	desk.set_viewport_size(PHONE)
	open_route(desk, "packing-table")
	expect(desk.locator(".packing-input:visible")).to_be_focused()
	expect_word(desk, "", "请扫描面单上的单号")
	desk.get_by_label("称重").check()
	desk.get_by_label("验完直接发货").check()
	expect(desk.locator(".packing-input:visible")).to_be_focused()

	# A number that nobody knows, then the label
	scan(desk, "YT-NO-SUCH")
	expect_word(desk, "bad", "YT-NO-SUCH")
	take_picture(desk, "packing-unknown")
	scan(desk, first)
	lines = desk.locator(".packing-line")
	shirts = desk.locator(f".packing-line[data-sku='{bench.skus[0]}'] .packing-count")
	expect(lines).to_have_count(2)
	take_picture(desk, "packing-open")

	# Pieces: right, foreign, too many
	scan(desk, bench.codes[0])
	expect(shirts).to_have_text("1 / 2")
	scan(desk, "no-such-code")
	expect_word(desk, "bad", "no-such-code")
	scan(desk, bench.codes[0])
	expect(shirts).to_have_text("2 / 2")
	scan(desk, bench.codes[0])
	expect_word(desk, "bad", "太多")
	take_picture(desk, "packing-too-many")
	assert read(bench.parcels[0], "status", "held_by") == ("Printed", "Administrator")
	scan(desk, bench.codes[1])
	expect_word(desk, "good", "商品全部正确")
	assert read(bench.parcels[0], "status") == ("Verified",)

	# The scale: 600 g of goods and 60 of box
	scan(desk, "990")
	expect_word(desk, "bad", "应重 660 克")
	take_picture(desk, "packing-weight")
	desk.keyboard.press("Escape")
	scan(desk, "655")
	expect_word(desk, "good", f"{first} 已发货")
	take_picture(desk, "packing-shipped")
	assert read(bench.parcels[0], "status", "weight_g") == ("Shipped", 655)

	# A refund has come: put aside
	frappe.db.set_value("Order", bench.orders[1], "stop_reasons", "refund_requested")
	frappe.db.commit()
	scan(desk, second)
	expect_word(desk, "bad", "请放到一旁")
	take_picture(desk, "packing-stopped")

	# Somebody else's
	verifying.take(bench.parcels[2], "Guest")
	frappe.db.commit()
	scan(desk, third)
	expect_word(desk, "bad", "正在打包此件")
	frappe.db.set_value("Shipment", bench.parcels[2], "held_by", None)
	frappe.db.commit()

	# Many of one piece by its count, then back onto the pile
	scan(desk, third)
	scan(desk, bench.codes[0])
	scan(desk, "*2")
	expect(shirts).to_have_text("2 / 2")
	desk.keyboard.press("Escape")
	expect_word(desk, "", "已放回")
	assert read(bench.parcels[2], "status", "held_by") == ("Printed", None)
	scan(desk, first)
	expect_word(desk, "bad", "已经发出")

	assert desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
	desk.set_viewport_size({"width": 1440, "height": 900})
	scan(desk, third)
	expect(lines).to_have_count(2)
	take_picture(desk, "packing-desk")
	assert watch.faults == []
