"""The worklist of held orders by keyboard alone: next, clear, correct, approve, undo, and when nothing is left."""

import frappe
from playwright.sync_api import Page, expect

from storegroup_oms.orders import review, review_pool
from storegroup_oms.tests import factories
from tests.e2e.conftest import Watch, take_picture
from tests.e2e.seed import Seed, remove_seed


def create_held() -> Seed:
	"""One shop with an order without a city and one with a phone of ten digits, both held. Commits."""
	shop = factories.create_shop(shop_name=f"异常测试店 {factories.make_suffix()}").name
	skus = [factories.create_sku(sku_name=name).name for name in ("棉质短袖 白 L", "帆布包 米色")]
	orders = {
		"city": factories.create_order([(skus[0], 1)], shop=shop, city="").name,
		"phone": factories.create_order([(skus[1], 1)], shop=shop, receiver_mobile="1381234567").name,
	}
	frappe.db.commit()
	review.check_orders(orders.values())
	frappe.db.commit()
	return Seed(shop, skus, orders)


def read_status(order: str) -> tuple:
	frappe.db.rollback()
	return frappe.db.get_value("Order", order, ["status", "hold_reasons"])


def test_the_worklist_by_keyboard(desk: Page, watch: Watch):
	seed = create_held()
	try:
		assert len(review_pool.get_page({"shop": seed.shop})) == 2
		desk.evaluate(
			"shop => { frappe.route_options = {shop}; return frappe.set_route('review-pool'); }", seed.shop
		)
		rows = desk.locator(".review-pool-row")
		expect(rows).to_have_count(2)
		chosen = desk.locator(".review-pool-order")
		expect(chosen).to_contain_text("地址缺少城市")
		take_picture(desk, "review-pool")

		desk.keyboard.press("j")
		expect(chosen).to_contain_text("10 位")
		desk.keyboard.press("c")
		expect(rows).to_have_count(1)
		assert read_status(seed.orders["phone"]) == ("To Review", "")
		desk.keyboard.press("u")
		expect(rows).to_have_count(2)
		assert read_status(seed.orders["phone"]) == ("On Hold", "phone_invalid")

		desk.keyboard.press("m")
		dialog = desk.locator(".modal.show")
		dialog.locator("[data-fieldname='memo'] textarea").fill("请电话联系")
		dialog.locator("[data-fieldname='reason'] input").fill("号码少一位")
		dialog.locator(".btn-modal-primary").click()
		expect(chosen).to_contain_text("请电话联系")
		take_picture(desk, "review-pool-memo")

		desk.set_viewport_size({"width": 390, "height": 844})
		expect(chosen).to_be_visible()
		take_picture(desk, "review-pool-phone")
		width = desk.evaluate("document.documentElement.scrollWidth")
		assert width <= 390, width

		desk.keyboard.press("*")
		desk.keyboard.press("a")
		expect(desk.locator(".review-pool-empty")).to_be_visible()
		take_picture(desk, "review-pool-empty")
		for order in seed.orders.values():
			assert read_status(order)[0] in ("To Print", "Backorder")
		assert watch.faults == []
	finally:
		frappe.db.rollback()
		frappe.db.delete("Review Step")
		remove_seed(seed)


def test_sixty_from_the_list_and_why_one_stays(desk: Page, watch: Watch):
	seed = create_held()
	try:
		plain = [
			factories.create_order(
				[(seed.skus[0], 1)], shop=seed.shop, receiver_mobile=f"139{number:08d}", is_checked=1
			).name
			for number in range(60)
		]
		seed.orders.update({name: name for name in plain})
		frappe.db.commit()
		desk.evaluate(
			"shop => { frappe.route_options = {shop}; return frappe.set_route('List', 'Order', 'List'); }",
			seed.shop,
		)
		desk.locator(".btn-paging[data-value='100']:visible").click()
		expect(desk.locator(".list-row-container .list-row:visible")).to_have_count(62)
		desk.evaluate(
			"""() => { const show = frappe.show_progress; window.shown = [];
			frappe.show_progress = (...args) => { window.shown.push(args.slice(1, 3)); return show(...args); }; }"""
		)
		desk.locator(".list-check-all:visible").click()
		desk.locator(".actions-btn-group:visible > .btn").click()
		desk.locator(".dropdown-menu.show .dropdown-item", has_text="审核通过").first.click()
		dialog = desk.locator(".modal.show", has_text="未通过")
		expect(dialog).to_contain_text("已审核通过 60 单，未通过 2 单")
		expect(dialog).to_contain_text("地址缺少城市")
		expect(dialog).to_contain_text("10 位")
		assert desk.evaluate("window.shown") == [[50, 62], [62, 62]]
		expect(desk.locator(".modal.show")).to_have_count(1)
		take_picture(desk, "approved-from-the-list")
		dialog.get_by_role("button", name="异常订单").click()
		expect(desk.locator(".review-pool-row").first).to_be_visible()
		assert read_status(seed.orders["city"]) == ("On Hold", "address_incomplete")
		assert {read_status(name)[0] for name in plain} == {"Backorder"}
		assert watch.faults == []
	finally:
		frappe.db.rollback()
		frappe.db.delete("Review Step")
		remove_seed(seed)
