"""Each fault is seen by a client, in the platform's own words, and follows from its seed."""

import json
import time
from datetime import datetime, timedelta, timezone
from hashlib import md5

import pytest
import requests

from sandbox.calls import Calls
from sandbox.faults import Faults

BEIJING = timezone(timedelta(hours=8))


def show(stamp):
	return datetime.fromtimestamp(stamp, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def call(server, shop, **params):
	sent = {
		"method": "taobao.trades.sold.increment.get",
		"app_key": shop["app_key"],
		"session": shop["access_token"],
		"timestamp": show(time.time()),
		"v": "2.0",
		"format": "json",
		"sign_method": "md5",
		"fields": "tid",
		"start_modified": show(time.time() - 3600),
		"end_modified": show(time.time() + 60),
		**params,
	}
	base = "".join(name + sent[name] for name in sorted(sent))
	sign = md5(f"{shop['app_secret']}{base}{shop['app_secret']}".encode()).hexdigest().upper()
	return requests.post(f"{server.url}/router/rest", data=sent | {"sign": sign}, timeout=2)


@pytest.fixture
def shop(server):
	return server.create_shop("Taobao")


def set_fault(server, kind, **details):
	server.ask("faults", {"kind": kind, "platform": "Taobao", "times": 1, **details})


def test_a_rate_limit_says_how_long(server, shop):
	set_fault(server, "rate_limit", seconds=7)

	assert call(server, shop).json()["error_response"] | {"request_id": ""} == {
		"code": 7,
		"msg": "App Call Limited",
		"sub_code": "accesscontrol.limited-by-api-access-count",
		"sub_msg": "This ban will last for 7 more seconds",
		"request_id": "",
	}
	assert "error_response" not in call(server, shop).json()
	assert server.ask("calls")["Taobao"]["faulted"] == {"rate_limit": 1}


def test_a_platform_fault_is_the_platforms(server, shop):
	set_fault(server, "platform_fault")

	error = call(server, shop).json()["error_response"]
	assert (error["code"], error["sub_code"]) == (15, "isp.remote-service-timeout")


def test_a_token_expires_for_good(server, shop):
	set_fault(server, "expire_token")

	assert [call(server, shop).json()["error_response"]["code"] for _ in range(2)] == [27, 27]


def test_a_server_error_is_not_json(server, shop):
	set_fault(server, "server_error")

	answer = call(server, shop)
	assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")


@pytest.mark.parametrize("kind", ["hang_up", "timeout"])
def test_no_answer_at_all(server, shop, kind):
	set_fault(server, kind, seconds=0.05)

	with pytest.raises(requests.ConnectionError):
		call(server, shop)
	assert call(server, shop).ok


def test_slow_is_slow_but_right(server, shop):
	set_fault(server, "slow", seconds=0.05)
	started = time.monotonic()

	assert "error_response" not in call(server, shop).json()
	assert time.monotonic() - started >= 0.05


def test_a_truncated_answer_is_no_json(server, shop):
	server.create_orders(shop, 3)
	set_fault(server, "truncate")

	answer = call(server, shop)
	assert answer.status_code == 200
	with pytest.raises(json.JSONDecodeError):
		json.loads(answer.text)


def test_a_page_shifts_under_the_reader(server, shop):
	numbers = [row["order_no"] for row in server.create_orders(shop, 6)]
	server.ask("faults", {"kind": "page_shift", "seed": 1})

	def read(page):
		answer = call(server, shop, fields="tid_str", page_no=str(page), page_size="2").json()
		return [row["tid_str"] for row in answer["trades_sold_increment_get_response"]["trades"]["trade"]]

	assert read(1) == [numbers[5], numbers[4]]
	second = read(2)
	touched = read(1)[0]
	assert touched in numbers[:4]  # so that it wasn't on the first page
	assert second[0] == numbers[4]
	assert server.ask("calls")["Taobao"]["faulted"] == {"page_shift": 1}


def test_a_fault_hits_what_it_names_only(server, shop):
	other = server.create_shop("Taobao")
	server.ask("faults", {"kind": "platform_fault", "shop_id": shop["shop_id"]})
	server.ask("faults", {"kind": "rate_limit", "api": "taobao.refunds.receive.get"})
	server.ask("faults", {"kind": "server_error", "platform": "JD"})

	def get_code(shop, **params):
		return call(server, shop, **params).json().get("error_response", {}).get("code")

	assert [get_code(shop), get_code(other)] == [15, None]
	assert get_code(other, method="taobao.refunds.receive.get") == 7


def test_business_faults_come_after_the_signature_is_checked(server, shop):
	set_fault(server, "rate_limit")
	wrong = shop | {"app_secret": "wrong"}

	assert call(server, wrong).json()["error_response"]["code"] == 25
	assert call(server, shop).json()["error_response"]["code"] == 7


def draw_often(seed, probability=0.3, **details):
	faults = Faults(Calls())
	faults.add("truncate", seed=seed, probability=probability, **details)
	return [faults.draw(("truncate",), "JD") is not None for _ in range(400)]


def test_faults_follow_from_the_seed():
	assert draw_often(1) == draw_often(1)
	assert draw_often(1) != draw_often(2)
	assert 80 < sum(draw_often(1)) < 160
	assert sum(draw_often(1, probability=1.0, times=5)) == 5
	assert sum(draw_often(1, probability=0.0)) == 0
