"""Fifty paid orders of ten shops from the order list to the buyers: approved, labelled, shipped; clicks and seconds counted."""

from collections import Counter
from collections.abc import Iterator

import frappe
import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect

from storegroup_oms.connectors import by_hand
from storegroup_oms.fulfilment import courier_choice, parcel_rows
from storegroup_oms.orders import review
from tests.contract.conftest import Sandbox, sandbox  # noqa: F401 (a fixture)
from tests.e2e.conftest import Watch, open_route, show_field, take_picture
from tests.e2e.stack import Stack
from tests.e2e.test_connections import open_form
from tests.queues import use_queues
from tests.shipping.hand import Hand
from tests.shipping.ship_run import PLATFORMS
from tests.shipping.shops import ShippingDesk, buy
from tests.stock.shelf import Shelf, wait_until

ORDERS = 50
PRINTER_DPI = 203.2
LIMIT_S = 120


@pytest.fixture
def shops(site: str, stack: Stack, sandbox: Sandbox) -> Iterator[tuple[ShippingDesk, Shelf]]:  # noqa: F811
	"""Ten shops of four platforms with fifty paid orders on the desk, all in stock."""
	token = sandbox.session.headers["X-Control-Token"]
	shelf, codes = Shelf(sandbox.url, token, 7), [f"E{stack.ports['http']}-{number}" for number in range(6)]
	desk = ShippingDesk(codes)
	try:
		with use_queues(stack):
			shelf.open_shops(PLATFORMS, codes, 0)
			buy(shelf, codes, ORDERS)
			desk.fill(shelf, 200)
			desk.equip()
			for order in list_truth(desk, shelf):
				by_hand.fetch_orders(desk.names[order["shop_id"]], [order["order_no"]])
			review.run()
			assert desk.count_orders() == ORDERS
			yield desk, shelf
	finally:
		desk.remove()


def open_orders(page: Page, shop_names: list[str]) -> None:
	"""The list of what the ten shops wait to have approved, as a saved filter shows it."""
	page.evaluate(
		"""shops => { frappe.route_options = {shop: ["in", shops], status: ["in", ["To Review", "On Hold"]]};
		return frappe.set_route("List", "Order", "List"); }""",
		shop_names,
	)
	expect(page.locator(".list-row-container .list-row").first).to_be_visible()


def read_barcodes(content: bytes) -> list[set[str]]:
	"""What a scanner reads on each page."""
	return [
		{code.text for code in zxingcpp.read_barcodes(page.render(scale=PRINTER_DPI / 72).to_pil())}
		for page in pypdfium2.PdfDocument(content)
	]


def test_fifty_orders_from_the_list_to_the_courier(
	desk: Page,
	watch: Watch,
	shops: tuple[ShippingDesk, Shelf],
	record_property,
):
	shipping, shelf = shops
	desk.wait_for_function("frappe.realtime.socket && frappe.realtime.socket.connected")
	open_orders(desk, list(shipping.names.values()))
	hand = Hand()

	# All of them, approved at once
	hand.click(desk.locator(".btn-paging[data-value='100']:visible"), "show 100")
	with hand.wait():
		expect(desk.locator(".list-row-container .list-row:visible")).to_have_count(ORDERS)
	hand.click(desk.locator(".list-check-all:visible"), "all")
	hand.click(desk.locator(".actions-btn-group:visible > .btn"), "actions")
	take_picture(desk, "ship-actions")
	hand.click(desk.locator(".dropdown-menu.show .dropdown-item", has_text="审核通过").first, "approve")
	dialog = desk.locator(".modal.show")
	with hand.wait():
		expect(dialog).to_contain_text(f"已审核通过 {ORDERS} 单")
	take_picture(desk, "ship-approved")

	# Their labels in one file
	hand.click(dialog.locator(".btn-modal-primary:visible"), "their labels")
	with hand.wait():
		expect(dialog.locator("select[data-fieldname='layout']")).to_be_visible()
	expect(dialog).to_contain_text(f"面单 {ORDERS} 张")
	take_picture(desk, "ship-labels")
	hand.click(dialog.locator(".btn-modal-primary:visible"), "print labels")
	finished = desk.locator(".modal.show.print-batch-dialog[data-status='Completed']")
	with hand.wait():
		expect(finished).to_be_visible()
	take_picture(desk, "ship-printed")
	expect(finished).to_contain_text(f"已打印 {ORDERS} 个")
	numbers = check_labels(desk, shipping, finished.get_attribute("data-batch"))
	expect(finished.locator(".btn-modal-primary:visible")).to_have_text("打印")
	hand.clicks["print"] += 1  # a browser without a screen has no printer

	# On their way
	hand.click(finished.locator(".ship-these"), "ship these")
	with hand.wait():
		expect(desk.locator(".desk-alert", has_text=f"完成：{ORDERS}").first).to_be_visible()
	wait_until(
		lambda: all(order["parcels"] for order in list_truth(shipping, shelf)),
		"the platforms' word for all",
		LIMIT_S,
	)
	truth = list_truth(shipping, shelf)
	shown = Counter(row["waybill_no"] for order in truth for row in order["parcels"])
	assert shown == Counter(list(numbers))
	for order in truth:
		(parcel,) = order["parcels"]
		stored = frappe.db.sql(
			"""SELECT own.shop, parcel.waybill_no FROM tabOrder own
			JOIN `tabShipment Order` link ON link.`order` = own.name JOIN tabShipment parcel ON parcel.name = link.parent
			WHERE own.platform_order_no = %s""",
			order["order_no"],
		)
		assert stored == ((shipping.names[order["shop_id"]], parcel["waybill_no"]),), "at the right platform"
	take_picture(desk, "ship-done")
	other = ship_in_back_offices(desk, shelf)
	for name, one in (("here", hand), ("in the shops' own back offices", other)):
		record_property(name, one.tell(ORDERS))
		print(f"50 orders of 10 shops {name}: {one.tell(ORDERS)}")
	assert hand.total_s < other.total_s / 2
	assert watch.faults == []


def ship_in_back_offices(page: Page, shelf: Shelf) -> Hand:
	"""As many orders of as many shops at the platforms alone, each shop by its own log-in, all at once within it."""
	hand, codes = Hand(), [f"B{len(shelf.shops)}-{number}" for number in range(6)]
	alone = Shelf(shelf.url, shelf.session.headers["X-Control-Token"], 7)
	alone.open_shops(PLATFORMS, codes, 500)
	buy(alone, codes, ORDERS)
	page.on("dialog", lambda dialog: dialog.accept())
	for shop in alone.shops:
		address = f"{shelf.url}/back-office/{shop['shop_id']}"
		hand.open(page, address)
		hand.type(page.locator("[name=user]"), shop["shop_id"])
		hand.type(page.locator("[name=password]"), "p4ssw0rd")
		hand.click(page.get_by_role("button", name="登录"), "log in")
		hand.click(page.locator("#all"), "all")
		hand.click(page.get_by_role("button", name="批量打印面单"), "labels")
		hand.click(page.get_by_role("button", name="打印"), "print")
		hand.click(page.get_by_role("link", name="返回待发货"), "back")
		hand.click(page.locator("#all"), "all")
		hand.click(page.get_by_role("button", name="批量发货"), "ship")
		hand.clicks["confirm"] += 1  # the dialog that `page.on` answers
		expect(page.locator(".done")).to_have_text(f"已发货 {ORDERS // len(PLATFORMS)} 单")
	return hand


def check_labels(page: Page, shipping: ShippingDesk, batch: str) -> set[str]:
	"""The file as a person opens it: a page for each parcel, whose number a scanner reads; returns the numbers."""
	frappe.db.rollback()
	answer = page.request.get(frappe.db.get_value("Print Batch", batch, "file"))
	assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
	codes = read_barcodes(answer.body())
	parcels = parcel_rows.find_names(shipping.list_orders())
	numbers = frappe.get_all("Shipment", {"name": ["in", parcels]}, pluck="waybill_no", order_by="name")
	frappe.db.rollback()  # what is read for people at work is locked
	assert (len(codes), len(set(numbers))) == (ORDERS, ORDERS)
	assert set().union(*codes) == set(numbers)
	assert all(len(page) == 1 for page in codes), "one number on each page"
	return set(numbers)


def list_truth(desk: ShippingDesk, shelf: Shelf) -> list[dict]:
	"""The platforms' own record of the ten shops' orders."""
	return [order for order in shelf.ask("GET", "truth")["orders"] if order["shop_id"] in desk.names]


def test_a_courier_is_explained_and_a_label_printed_again_says_why(
	desk: Page, watch: Watch, shops: tuple[ShippingDesk, Shelf]
):
	shipping, _shelf = shops
	(name,) = shipping.pack(shipping.list_orders()[:1])
	frappe.db.set_value("Shipment", name, "courier", None)
	frappe.db.commit()
	courier_choice.ensure_couriers([name])
	frappe.db.commit()

	open_form(desk, "Shipment", name)
	show_field(desk, "courier_html")
	why = desk.locator('[data-fieldname="courier_html"] table')
	expect(why).to_contain_text("选用")
	why.scroll_into_view_if_needed()
	take_picture(desk, "shipment-courier")

	for expected in ("打印面单", "重打面单"):
		desk.locator(".page-container:visible .page-head").get_by_role(
			"button", name=expected, exact=True
		).click()
		dialog = desk.locator(".modal.show")
		expect(dialog.locator("select[data-fieldname='layout']")).to_be_visible()
		if expected == "重打面单":
			dialog.locator("[data-fieldname='reason'] textarea").fill("卡纸")
			take_picture(desk, "print-again")
		dialog.locator(".btn-modal-primary:visible").click()
		expect(desk.locator(".modal.show.print-batch-dialog[data-status='Completed']")).to_contain_text(
			"已打印 1 个"
		)
		desk.keyboard.press("Escape")
		expect(desk.locator(".modal.show")).to_have_count(0)
		desk.wait_for_function("name => cur_frm.docname === name && !cur_frm.is_dirty()", arg=name)
	frappe.db.rollback()
	assert frappe.db.get_value("Shipment", name, "printed_count") == 2

	open_route(desk, "List", "Print Batch", "List")
	expect(desk.locator(".list-row").first).to_be_visible()
	take_picture(desk, "print-batch-list")
	desk.evaluate("frappe.new_doc('Courier Rule')")
	desk.wait_for_function("window.cur_frm && cur_frm.doctype === 'Courier Rule'")
	desk.locator(".page-container:visible .page-head").get_by_role("button", name="试算", exact=True).click()
	expect(desk.locator('[data-fieldname="trial_html"]')).to_contain_text("最近")
	take_picture(desk, "courier-rule")
	assert watch.faults == []
