"""The seller agrees to refunds of what has not been sent, at each platform; a second time is no error."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import frappe
import pytest

from storegroup_oms.aftersales import answering
from storegroup_oms.aftersales.intake import save_refunds
from storegroup_oms.connectors import by_hand
from storegroup_oms.connectors.base import RefundAgreement, TimeWindow
from storegroup_oms.connectors.errors import ConnectorError, RefusedError, RemoteNotFoundError
from storegroup_oms.connectors.registry import get_connector
from storegroup_oms.connectors.sessions import open_session
from storegroup_oms.transactions import run_in_latest
from tests.e2e.connected import create_connected_shop, remove_connected_shop

PLATFORMS = ("Taobao", "JD", "Pinduoduo", "Douyin")


@pytest.fixture(params=PLATFORMS)
def asked(request, sandbox, make_client):
	"""(client, agreement, order) of a refund that a buyer has asked for before anything was sent."""
	shop = sandbox.create_shop(request.param)
	order = sandbox.create_plain_order(shop)
	lines = [line["line_no"] for line in order["lines"]]
	case = sandbox.move_order(order, "refund", kind="before_ship", line_nos=lines)["refunds"][0]
	client = make_client(get_connector(request.param).client, shop)
	amount = Decimal(case["amount"]) / 100
	return client, RefundAgreement(case["case_no"], order["order_no"], amount, "王小明"), order


def get_state(sandbox, order: dict, case_no: str) -> str:
	truth = sandbox.control("GET", f"truth?shop_id={order['shop_id']}")
	(case,) = [row for row in truth["refunds"] if row["case_no"] == case_no]
	return case["state"]


def test_agreed_once_however_often(sandbox, asked):
	client, agreement, order = asked
	client.agree_refund(agreement)
	assert get_state(sandbox, order, agreement.case_no) in ("refunding", "refunded")

	client.agree_refund(agreement)
	assert get_state(sandbox, order, agreement.case_no) in ("refunding", "refunded")


def test_what_the_buyer_has_withdrawn_is_refused(sandbox, asked):
	client, agreement, order = asked
	path = f"refunds/{order['shop_id']}/{agreement.case_no}"
	sandbox.control("POST", path, action="withdraw")

	with pytest.raises(RefusedError):
		client.agree_refund(agreement)
	assert get_state(sandbox, order, agreement.case_no) == "withdrawn"


def test_a_case_that_is_not_there(asked):
	client, agreement, _order = asked
	with pytest.raises((RefusedError, RemoteNotFoundError, ConnectorError)):
		client.agree_refund(replace(agreement, case_no="999999999"))


def test_from_the_buyers_wish_to_the_platforms_end(site, sandbox):
	"""Pulled, agreed to, told, pulled again: the order is closed. Taobao has a case for each line."""
	shop, remote = create_connected_shop(sandbox)
	try:
		order = sandbox.create_plain_order(remote)
		by_hand.fetch_orders(shop, [order["order_no"]])
		lines = [line["line_no"] for line in order["lines"]]
		sandbox.move_order(order, "refund", kind="before_ship", line_nos=lines)
		pull_refunds(sandbox, shop)
		cases = frappe.get_all("After-sale Case", filters={"shop": shop}, pluck="name", order_by="name")
		assert run_in_latest(lambda: answering.agree(cases, "Administrator")).refused == {}

		assert answering.send() == len(cases)
		assert read_all(cases, "answer_status") == {"Sent"}
		pull_refunds(sandbox, shop)
		by_hand.fetch_orders(shop, [order["order_no"]])

		assert read_all(cases, "status") == {"Refunded"}
		stored = {"platform_order_no": order["order_no"]}
		assert frappe.db.get_value("Order", stored, "status") == "Closed"
	finally:
		frappe.db.rollback()
		frappe.db.delete("After-sale Case", {"shop": shop})
		remove_connected_shop(shop)


def read_all(cases: list[str], field: str) -> set[str]:
	return set(
		frappe.get_all("After-sale Case", filters={"name": ["in", cases]}, pluck=field, order_by="name")
	)


def pull_refunds(sandbox, shop: str) -> None:
	now = sandbox.tell_time().replace(microsecond=0)
	window = TimeWindow(now - timedelta(hours=1), now + timedelta(minutes=1))
	with open_session(shop) as session:
		rows = session.client.list_refunds(window, 1).rows
		refunds = [session.connector.map_refund(row) for row in rows]
	run_in_latest(lambda: save_refunds(shop, refunds, "Pull"))
