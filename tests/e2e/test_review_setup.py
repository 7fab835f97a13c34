"""What an administrator sets up for the review: checks and approval rules, in words and not in codes."""

import frappe
from playwright.sync_api import Page, expect

from storegroup_oms.tests import factories
from tests.e2e.conftest import Watch, open_route, take_picture


def test_checks_and_rules_are_told_in_words(desk: Page, watch: Watch):
	open_route(desk, "List", "Review Check", "List")
	rows = desk.locator(".list-row-container .list-row:visible")
	expect(rows).to_have_count(frappe.db.count("Review Check"))
	listed = desk.locator(".frappe-list:visible")
	expect(listed).to_contain_text("疑似重复下单")
	expect(listed).to_contain_text("24 小时")
	expect(listed).not_to_contain_text("duplicate_suspected")
	take_picture(desk, "review-check-list")

	for code, field in (("region_remote", "regions"), ("price_mismatch", "threshold")):
		name = frappe.db.get_value("Review Check", {"code": code})
		open_route(desk, "Form", "Review Check", name)
		desk.wait_for_function("name => window.cur_frm && cur_frm.docname === name", arg=name)
		form = desk.locator(".page-container:visible")
		expect(form.locator(f"[data-fieldname='{field}']").first).to_be_visible()
		take_picture(desk, f"review-check-{code}")
	expect(form.locator("[data-fieldname='threshold'] .control-label")).to_contain_text("%")

	rule = frappe.get_doc(
		{"doctype": "Approval Rule", "rule_name": f"小额订单 {factories.make_suffix()}", "max_amount": 99}
	).insert()
	frappe.db.commit()
	try:
		open_route(desk, "List", "Approval Rule", "List")
		expect(desk.locator(".frappe-list:visible")).to_contain_text(rule.rule_name)
		expect(desk.locator(".frappe-list:visible")).to_contain_text("所有店铺")
		take_picture(desk, "approval-rule-list")
		open_route(desk, "Form", "Approval Rule", rule.name)
		expect(desk.locator(".page-container:visible .form-message:visible")).to_contain_text("自动审核通过")
		take_picture(desk, "approval-rule")
	finally:
		frappe.delete_doc("Approval Rule", rule.name, force=True)
		frappe.db.commit()
	assert watch.faults == []
