"""The control interface, the command, the store over a restart, load, replay and simulated life."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from sandbox import __main__ as command
from sandbox.generator import Generator, draw_quantile
from sandbox.live import Live
from sandbox.model import Refusal
from sandbox.world import World

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "fixtures" / "company"


# Who may


@pytest.mark.parametrize("token", [None, "", "wrong"])
@pytest.mark.parametrize(
	("method", "path"),
	[("GET", "shops"), ("POST", "orders"), ("GET", "truth"), ("POST", "reset"), ("GET", "x")],
)
def test_nothing_without_the_token(server, method, path, token):
	server.create_shop("Taobao", listings=0)
	headers = {} if token is None else {"X-Control-Token": token}

	answer = requests.request(method, f"{server.url}/_control/{path}", headers=headers, json={}, timeout=5)

	assert (answer.status_code, answer.json()) == (403, {"error": "forbidden"})
	assert len(server.ask("shops")["shops"]) == 1


@pytest.mark.parametrize(
	("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 403), (None, 403)]
)
def test_nothing_for_peers_from_elsewhere(server, peer, status):
	async def call():
		request = SimpleNamespace(headers={"X-Control-Token": server.control_state.token}, remote=peer)
		return await server.control_state.guard(server.control_state.get_health)(request)

	assert asyncio.run(call()).status == status


def test_health_needs_no_token(server):
	answer = requests.get(f"{server.url}/_control/health", timeout=5)

	assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_a_path_that_is_not_there(server):
	assert server.ask("nowhere", status=404)["error"] == "unknown_path"


# Shops


def test_a_shop_has_all_that_a_client_needs(server):
	shop = server.ask(
		"shops",
		{
			"platform": "JD",
			"name": "J",
			"shop_id": "jd-1",
			"app_key": "k",
			"app_secret": "s",
			"token_life_s": 60,
		},
		status=201,
	)

	assert {name: shop[name] for name in ("shop_id", "platform", "name", "app_key", "app_secret")} == {
		"shop_id": "jd-1",
		"platform": "JD",
		"name": "J",
		"app_key": "k",
		"app_secret": "s",
	}
	assert shop["gateway_url"] == server.url
	assert 55 < shop["token_expires_at"] - time.time() <= 60
	assert server.ask("shops")["shops"] == [shop]


@pytest.mark.parametrize(
	("body", "error"),
	[
		({"platform": "Amazon", "name": "x"}, "unknown_platform"),
		({"platform": "JD"}, "bad_request"),
		({"platform": "JD", "name": "x", "colour": 1}, "bad_request"),
		(["JD"], "bad_request"),
	],
)
def test_a_shop_that_can_not_be(server, body, error):
	assert server.ask("shops", body, status=400)["error"] == error
	assert server.ask("shops")["shops"] == []


def test_a_shop_is_changed_expired_revoked(server):
	shop = server.create_shop("Douyin", listings=0)
	path = f"shops/{shop['shop_id']}"

	changed = server.ask(path, {"webhook_url": "http://127.0.0.1:9/hook", "token_life_s": 5}, "PATCH")
	assert changed["webhook_url"] == "http://127.0.0.1:9/hook"
	assert changed["token_expires_at"] < time.time() + 6
	assert server.ask(path, {"app_key": "x"}, "PATCH", status=400)["error"] == "bad_change"
	assert server.ask(f"{path}/expire_token", {})["token_expires_at"] <= time.time()
	assert server.ask(f"{path}/revoke", {})["is_revoked"] is True
	assert len(server.ask(f"{path}/authorize", {})["code"]) == 24
	assert server.ask("shops/nobody/revoke", {}, status=404)["error"] == "unknown_shop"


def test_listings_one_many_or_the_company_range(server):
	shop = server.create_shop("Taobao", listings=2)
	path = f"shops/{shop['shop_id']}/listings"

	server.ask(path, {"title": "One more", "price": 500, "outer_id": "X"}, status=201)
	before = server.ask(path)["listings"]
	assert [(row["outer_id"], row["price"], row["stock"]) for row in before] == [
		("SKU-1", 1000, 50),
		("SKU-2", 2000, 50),
		("X", 500, 100),
	]
	made = server.ask(path, {"sells": "beauty"})["listings"]
	assert len(made) > 10
	assert server.ask(path)["listings"] == before + made


# Orders and truth


def test_orders_are_made_to_measure(server):
	shop = server.create_shop("Taobao")
	(order,) = server.create_orders(
		shop,
		lines=[{"outer_id": "SKU-2", "qty": 2, "discount": 100}, {"outer_id": "SKU-1"}],
		freight=600,
		seller_discount=300,
		platform_discount=90,
		adjust=10,
		receiver={"name": "李静", "province": "四川省"},
		buyer_id="me",
		buyer_message="快",
		flag=3,
	)

	assert order["state"] == "paid"
	figures = ("goods", "discount", "platform_discount", "adjust", "freight", "total", "paid", "refunded")
	assert [order[name] for name in figures] == [5000, 400, 90, 10, 600, 5120, 5120, 0]
	assert [(row["outer_id"], row["qty"], row["price"]) for row in order["lines"]] == [
		("SKU-2", 2, 2000),
		("SKU-1", 1, 1000),
	]
	assert sum(row["amount"] for row in order["lines"]) == 4520
	assert (order["receiver"]["name"], order["receiver"]["province"]) == ("李静", "四川省")
	assert order["receiver"]["city"] in ("成都市", "绵阳市")
	assert (order["buyer_id"], order["buyer_message"], order["flag"]) == ("me", "快", 3)


@pytest.mark.parametrize(
	("order", "error"),
	[
		({"colour": 1}, "bad_override"),
		({"lines": [{"outer_id": "nothing"}]}, "unknown_listing"),
		({"lines": [{"outer_id": "SKU-1"}], "seller_discount": 5000}, "bad_amounts"),
		({"receiver": {"planet": "Mars"}}, "bad_receiver"),
	],
)
def test_orders_that_can_not_be(server, order, error):
	shop = server.create_shop("Taobao")

	assert server.ask("orders", {"shop_id": shop["shop_id"], "order": order}, status=400)["error"] == error
	assert server.ask("truth")["orders"] == []


def test_orders_paid_and_unpaid(server):
	shop = server.create_shop("JD")

	orders = server.ask("orders", {"shop_id": shop["shop_id"], "count": 60, "pay": "mixed"})["orders"]
	states = [row["state"] for row in orders]
	assert set(states) == {"paid", "unpaid"} and states.count("paid") > 40
	assert [row["state"] for row in server.create_orders(shop, 2, pay=False)] == ["unpaid", "unpaid"]


def test_truth_follows_every_move(server):
	shop = server.create_shop("Taobao")
	first, second = server.create_orders(shop, 2)
	server.move(first, "ship", courier="ZTO", waybill_no="ZT1")
	answer = server.ask(
		f"orders/{shop['shop_id']}/{second['order_no']}", {"action": "refund", "reason": "拍错了"}
	)
	(refund,) = answer["refunds"]
	assert (refund["state"], refund["kind"], refund["amount"]) == ("requested", "before_ship", 1000)
	done = server.ask(f"refunds/{shop['shop_id']}/{refund['case_no']}", {"action": "agree"})
	assert (done["refund"]["state"], done["order"]["state"]) == ("refunded", "closed")

	truth = server.ask("truth")
	assert [row["order_no"] for row in truth["orders"]] == [first["order_no"], second["order_no"]]
	assert [row["platform_status"] for row in truth["orders"]] == ["WAIT_BUYER_CONFIRM_GOODS", "TRADE_CLOSED"]
	assert [row["refunded"] for row in truth["orders"]] == [0, 1000]
	assert [(row["waybill_no"], row["courier"], row["confirmations"]) for row in truth["shipments"]] == [
		("ZT1", "ZTO", 1)
	]
	assert [row["case_no"] for row in truth["refunds"]] == [refund["case_no"]]
	assert sorted(truth["stock"][shop["shop_id"]].values()) == [48, 50, 50]
	since = truth["orders"][1]["modified"]
	assert [row["order_no"] for row in server.ask(f"truth?since={since}")["orders"]] == [second["order_no"]]
	assert server.ask("truth?shop_id=nobody", status=404)["error"] == "unknown_shop"


def test_moves_that_are_refused(server):
	shop = server.create_shop("Taobao")
	(order,) = server.create_orders(shop)
	path = f"orders/{shop['shop_id']}/{order['order_no']}"

	assert server.ask(path, {"action": "fly"}, status=400)["error"] == "unknown_action"
	assert server.ask(path, {"action": "cancel"}, status=400)["error"] == "wrong_state"
	assert server.ask(path, {"action": "ship", "colour": 1}, status=400)["error"] == "bad_request"
	assert server.ask(path, {}, status=400)["error"] == "bad_request"
	assert (
		server.ask(f"orders/{shop['shop_id']}/1", {"action": "pay"}, status=404)["error"] == "unknown_order"
	)
	assert server.ask(path)["order"] == order


# Clock, faults, counters


def test_the_clock_is_moved(server):
	server.ask("clock", {"offset_s": 3600})
	clock = server.ask("clock", {"advance_s": 60, "speed": 10})

	assert (clock["offset_s"], clock["speed"]) == (3660, 10)
	assert abs(clock["now"] - time.time() - 3660) < 5
	shop = server.create_shop("JD")
	assert server.create_orders(shop)[0]["created"] > time.time() + 3600
	assert server.ask("clock", {"speed": 0}, status=400)["error"] == "bad_clock"


def test_faults_are_listed_and_removed(server):
	server.ask("faults", {"kind": "hang_up", "platform": "JD", "times": 2}, status=201)
	server.ask("faults", {"faults": [{"kind": "slow"}, {"kind": "truncate", "probability": 0.5}]})

	rules = server.ask("faults")["faults"]
	assert [(row["id"], row["kind"], row["platform"], row["times"]) for row in rules] == [
		(1, "hang_up", "JD", 2),
		(2, "slow", "", None),
		(3, "truncate", "", None),
	]
	assert server.ask("faults?id=2", method="DELETE") == {"removed": 1}
	assert server.ask("faults", method="DELETE") == {"removed": 2}
	for wrong in ({"kind": "earthquake"}, {"kind": "slow", "colour": 1}, {"kind": "slow", "probability": 2}):
		assert server.ask("faults", wrong, status=400)["error"] == "bad_fault"
	assert server.ask("faults")["faults"] == []


def test_reset_empties_the_world(server):
	shop = server.create_shop("Taobao")
	server.create_orders(shop)
	server.ask("faults", {"kind": "slow"})

	assert server.ask("reset", {"seed": 3}) == {"shops": 0}

	truth = server.ask("truth")
	assert (truth["shops"], truth["orders"], server.ask("faults")["faults"]) == ([], [], [])
	assert server.ask("calls")["Taobao"]["accepted"] == 0


# The company, the store, the command


def test_the_company_has_its_shops(make_server):
	server = make_server(company=COMPANY)
	wanted = json.loads((COMPANY / "shops.json").read_text())

	shops = server.ask("shops")["shops"]
	assert [(row["shop_id"], row["name"], row["platform"]) for row in shops] == [
		(row["platform_shop_id"], row["shop_name"], row["platform"]) for row in wanted
	]
	assert len({(row["platform"], row["app_key"], row["app_secret"]) for row in shops}) == 4
	assert len({row["access_token"] for row in shops}) == 20
	codes = {row["sku_code"] for row in json.loads((COMPANY / "skus.json").read_text())}
	listed = [
		row["outer_id"]
		for shop in shops
		for row in server.ask(f"shops/{shop['shop_id']}/listings")["listings"]
	]
	right = sum(code in codes for code in listed)
	assert 0.85 < right / len(listed) < 1
	assert "" in listed


def test_a_restart_keeps_the_world(make_server, tmp_path):
	server = make_server(data=tmp_path / "world.sqlite")
	for platform in ("Taobao", "Pinduoduo"):
		shop = server.create_shop(platform)
		orders = server.create_orders(shop, 5, lines=[{"outer_id": "SKU-1"}, {"outer_id": "SKU-2", "qty": 2}])
		server.move(orders[0], "ship", waybill_no="YT1")
		server.move(orders[1], "hide")
		server.move(orders[2], "refund")
	server.ask("clock", {"offset_s": 1000})
	truth, shops = server.ask("truth"), server.ask("shops")["shops"]
	last_number = server.run(lambda: server.world.last_number)
	server.stop()

	again = make_server(data=tmp_path / "world.sqlite")

	found = again.ask("truth")
	assert {**found, "at": 0} == {**truth, "at": 0}
	assert [{**row, "gateway_url": ""} for row in again.ask("shops")["shops"]] == [
		{**row, "gateway_url": ""} for row in shops
	]
	assert again.run(lambda: again.world.last_number) == last_number
	visible = again.run(lambda: len(again.world.list_orders(shop["shop_id"], 0, 9e9)))
	assert visible == 4
	assert again.ask("clock")["offset_s"] == 1000
	assert stat.S_IMODE((tmp_path / "world.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com", "::"])  # noqa: S104
def test_only_loopback_is_listened_on(host, tmp_path, capsys):
	assert command.main(["--port", "1", "--host", host, "--token-file", str(tmp_path / "token")]) == 2
	assert host in capsys.readouterr().err
	assert not (tmp_path / "token").exists()


def test_the_token_file_is_made_once(tmp_path):
	path = tmp_path / "new" / "token"

	token = command.ensure_token(path)

	assert len(token) > 30
	assert stat.S_IMODE(path.stat().st_mode) == 0o600
	assert command.ensure_token(path) == token
	path.write_text("mine\n")
	assert command.ensure_token(path) == "mine"


def test_the_command_runs_and_saves_when_it_is_told_to_end(tmp_path):
	with socket.socket() as probe:
		probe.bind(("127.0.0.1", 0))
		port = probe.getsockname()[1]
	line = [sys.executable, "-m", "sandbox", "--port", str(port), "--token-file", str(tmp_path / "token")]
	line += ["--data", str(tmp_path / "world.sqlite"), "--live", "0"]
	process = subprocess.Popen(
		line, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "LANG": "C"}
	)
	try:
		assert process.stdout.readline() == f"Sandbox ready at http://127.0.0.1:{port}\n"
		headers = {"X-Control-Token": (tmp_path / "token").read_text().strip()}
		url = f"http://127.0.0.1:{port}/_control"
		body = {"platform": "JD", "name": "J", "shop_id": "jd-1"}
		assert requests.post(f"{url}/shops", json=body, headers=headers, timeout=5).status_code == 201
		process.send_signal(signal.SIGTERM)
		assert process.wait(10) in (0, -signal.SIGTERM)
	finally:
		process.kill()
		process.stdout.close()
		process.wait(10)
	from sandbox.store import Store

	world = World()
	store = Store(tmp_path / "world.sqlite")
	store.load(world)
	store.close()
	assert list(world.shops) == ["jd-1"]


# Load, replay, life


def wait_for_job(server):
	while (job := server.ask("load"))["state"] == "running":
		pass
	return job


def test_load_makes_and_moves_orders(server):
	shops = [server.create_shop(platform) for platform in ("Taobao", "JD", "Pinduoduo", "Douyin")]

	server.ask("load", {"orders": 200, "changes_per_order": 3, "seed": 5}, status=202)

	job = wait_for_job(server)
	assert (job["state"], job["orders"], job["changes"], job["error"]) == ("done", 200, 600, "")
	truth = server.ask("truth")
	assert len(truth["orders"]) == 200
	assert {row["shop_id"] for row in truth["orders"]} == {shop["shop_id"] for shop in shops}
	assert {row["state"] for row in truth["orders"]} >= {"paid", "shipped", "closed"}


def test_a_second_job_waits_its_turn(server):
	shop = server.create_shop("JD")
	server.ask("load", {"orders": 10, "shops": [shop["shop_id"]], "per_s": 1})

	assert server.ask("load", {"orders": 10}, status=400)["error"] == "busy"
	server.ask("reset", {})
	assert server.ask("load")["state"] == "stopped"


def test_a_report_is_replayed_row_by_row(server, tmp_path):
	report = tmp_path / "report.csv"
	report.write_text(
		"订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n"
		"2,178.8,0.0,上海,2020-02-21 00:00:00,,0.0\n"
		"1,21.0,21.0,内蒙古自治区,2020-02-20 23:59:54,2020-02-21 00:00:02,0.0\n"
		"3,50.5,40.0,广东,2020-02-22 10:00:00,2020-02-22 10:00:09,10.5\n",
		encoding="utf-8-sig",
	)
	shop = server.create_shop("Taobao")

	server.ask("replay_file", {"file": str(report), "shop_id": shop["shop_id"]}, status=202)

	job = wait_for_job(server)
	assert (job["state"], job["orders"], job["error"]) == ("done", 3, "")
	rows = [
		(
			row["total"],
			row["paid"],
			row["refunded"],
			row["receiver"]["province"],
			row["created"],
			row["paid_at"],
		)
		for row in server.ask("truth")["orders"]
	]
	assert rows == [
		(2100, 2100, 0, "内蒙古自治区", 1582214394.0, 1582214402.0),
		(17880, 0, 0, "上海市", 1582214400.0, 0.0),
		(5050, 5050, 1050, "广东省", 1582336800.0, 1582336809.0),
	]


def test_a_job_that_breaks_says_why(server):
	shop = server.create_shop("Taobao")
	server.ask("replay_file", {"file": "/nowhere/report.csv", "shop_id": shop["shop_id"]})

	job = wait_for_job(server)
	assert job["state"] == "failed"
	assert job["error"].startswith("FileNotFoundError")


def live_through(seed, minutes):
	world = World(seed=seed)
	generator = Generator(world, seed=seed)
	live = Live(world, generator)
	generator.make_company()
	live.set_pace(30, 10_000)
	live.get_hour_factor = lambda: 1.0
	for second in range(minutes * 30):
		live.tick(2.0 * second, 2.0)  # one order each
	return world, live


def test_life_follows_the_seed_and_the_figures():
	world, live = live_through(11, 60)

	orders = [order for book in world.books.values() for order in book.all_orders.values()]
	assert live.made == len(orders) == 1800
	states = [order.state for order in orders]
	assert 0.08 < (states.count("unpaid") + states.count("closed")) / len(orders) < 0.25
	assert states.count("paid") / len(orders) > 0.7
	assert any(world.list_order_refunds(order) for order in orders)
	totals = sorted(order.total for order in orders)
	assert 4000 < totals[len(totals) // 2] < 13_000

	def show(world):
		return [
			(order.order_no, order.state, order.total, order.buyer_nick)
			for book in world.books.values()
			for order in book.all_orders.values()
		]

	def strip(rows):
		# Pinduoduo's number begins with the day
		return [(number.split("-")[-1], *rest) for number, *rest in rows]

	assert strip(show(live_through(11, 60)[0])) == strip(show(world))
	assert strip(show(live_through(12, 60)[0])) != strip(show(world))


def test_a_case_that_somebody_moved_is_left_alone():
	world = World(seed=2)
	generator = Generator(world, seed=2)
	live = Live(world, generator)
	world.create_shop("JD", "x")
	live.set_pace(60, 1)
	order = live.order_once(0.0)
	world.move_order(order, "pay")
	live.agenda.clear()
	refund = world.open_refund(order, "before_ship")
	(planned,) = live.agenda
	world.move_refund(refund, "agree")
	live.agenda[:] = [planned]

	live.tick(1e9, 0.0)

	assert (live.agenda, refund.state) == ([], "refunding")


def test_life_stops_at_the_limit(server):
	server.create_shop("Taobao")
	assert server.ask("live", {"orders_per_minute": 6000, "max_orders": 7})["max_orders"] == 7
	while server.ask("live")["made"] < 7:
		pass

	state = server.run(lambda: (server.world.order_count, server.control_state.live.tick(1e9, 60.0)))
	assert state[0] == 7
	assert server.ask("live")["made"] == 7
	assert server.ask("live", {"orders_per_minute": -1}, status=400)["error"] == "bad_pace"


def test_a_shop_that_is_closed_gets_no_orders():
	world = World()
	generator = Generator(world)
	with pytest.raises(Refusal, match="no_shop"):
		generator.choose_shop()
	shop = world.create_shop("JD", "x")
	assert generator.choose_shop() is shop
	shop.is_closed = True
	with pytest.raises(Refusal, match="no_shop"):
		generator.choose_shop()


def test_quantiles_are_met():
	class Draw:
		def __init__(self, value):
			self.value = value

		def random(self):
			return self.value

	steps = [[0.1, 10.0], [0.5, 20.0], [0.9, 60.0]]
	assert [round(draw_quantile(Draw(value), steps), 6) for value in (0, 0.1, 0.3, 0.5, 0.7, 0.95)] == [
		10.0,
		10.0,
		15.0,
		20.0,
		40.0,
		60.0,
	]
