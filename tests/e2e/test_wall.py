"""Put to wall with a scanner: each piece lights up its slot, what is on the wall outlives a reload, full is picked."""

from collections.abc import Iterator

import frappe
import pytest
from playwright.sync_api import Page, expect

from storegroup_oms.fulfilment.floor import waves
from tests.e2e.conftest import Watch, open_route, take_picture
from tests.e2e.test_packing import Bench, expect_word
from tests.e2e.test_scanning import PHONE, scan


@pytest.fixture
def wave(site: str) -> Iterator[tuple[str, Bench]]:
	"""Three parcels of two shirts and a bag each, in one wave."""
	bench = Bench()
	try:
		name = waves.create(bench.warehouse, "Multi-Item")
		frappe.db.commit()
		yield name, bench
	finally:
		frappe.db.rollback()
		frappe.db.delete("Wave", {"warehouse": bench.warehouse})
		frappe.db.commit()
		bench.remove()


def test_a_wave_is_parted(desk: Page, watch: Watch, wave: tuple[str, Bench]):
	name, bench = wave
	shirt, bag = bench.codes
	desk.set_viewport_size(PHONE)
	open_route(desk, "put-to-wall")
	expect_word(desk, "", "请扫描波次号")
	scan(desk, name)
	slots = desk.locator(".wall-slot")
	expect(slots).to_have_count(3)

	scan(desk, bag)
	expect_word(desk, "", "第 1 格")
	scan(desk, shirt)
	scan(desk, shirt)
	expect_word(desk, "good", "已齐")
	expect(slots.first).to_have_class("wall-slot full lit")
	take_picture(desk, "wall")
	scan(desk, shirt)
	expect_word(desk, "", "第 2 格")
	desk.keyboard.press("Escape")
	expect_word(desk, "", "已从第 2 格取出")
	scan(desk, "no-such-code")
	expect_word(desk, "bad", "no-such-code")

	# What lies on the wall is known after a reload
	desk.reload()
	expect(desk.locator(".packing-input:visible")).to_be_focused()
	scan(desk, name)
	expect(slots.first.locator("span")).to_have_text("3 / 3")
	for code in (shirt, shirt, bag, shirt, shirt):
		scan(desk, code)
	scan(desk, shirt)
	expect_word(desk, "bad", "放回货架")
	assert desk.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
	scan(desk, bag)
	expect_word(desk, "good", "全部分拣完成")
	take_picture(desk, "wall-done")

	frappe.db.rollback()
	rows = frappe.get_all("Shipment", {"name": ["in", bench.parcels]}, pluck="status", order_by="name")
	assert rows == ["Picked"] * 3
	assert frappe.db.get_value("Wave", name, "status") == "Picked"
	assert watch.faults == []
