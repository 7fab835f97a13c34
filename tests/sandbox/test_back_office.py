"""A shop's own back office: logged in or nothing, labels first, each order shipped once with its number."""

import requests


def log_in(server, shop: dict) -> tuple[requests.Session, str]:
	session, address = requests.Session(), f"{server.url}/back-office/{shop['shop_id']}"
	session.trust_env = False
	session.post(f"{address}/login", data={"user": shop["shop_id"], "password": "x"}, timeout=5)
	return session, address


def test_labels_then_shipped_once(server):
	shop = server.create_shop("Pinduoduo")
	orders = server.ask("orders", {"shop_id": shop["shop_id"], "count": 2, "pay": True})["orders"]
	chosen = {"order": [order["order_no"] for order in orders]}
	session, address = log_in(server, shop)
	assert session.get(address, timeout=5).text.count("name=order ") == 2

	without = session.post(f"{address}/ship", data=chosen, timeout=5).text
	assert "已发货 0 单" in without
	labels = session.post(f"{address}/labels", data=chosen, timeout=5).text
	assert "已发货 2 单" in session.post(f"{address}/ship", data=chosen, timeout=5).text

	truth = server.ask("truth")["orders"]
	numbers = [row["waybill_no"] for order in truth for row in order["parcels"]]
	assert len(set(numbers)) == 2
	assert all(number in labels for number in numbers)
	assert session.get(address, timeout=5).text.count("name=order ") == 0


def test_nobody_but_who_has_logged_in(server):
	shop, other = server.create_shop("Taobao"), server.create_shop("JD")
	session, _address = log_in(server, shop)
	foreign = f"{server.url}/back-office/{other['shop_id']}"

	assert "登录" in session.get(foreign, timeout=5).text
	for step in ("labels", "ship"):
		assert session.post(f"{foreign}/{step}", data={"order": "1"}, timeout=5).status_code == 403
	wrong = session.post(f"{foreign}/login", data={"user": "somebody", "password": "x"}, timeout=5)
	assert "账号或密码错误" in wrong.text
	assert requests.get(f"{server.url}/back-office/none", timeout=5).status_code == 404
