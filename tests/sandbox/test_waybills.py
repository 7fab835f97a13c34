"""The pool of waybill numbers: kept over a restart, in the truth, emptied by a reset, bought and spent."""

import hashlib
import json
import time

import pytest

from sandbox.model import Receiver, Refusal
from sandbox.waybills import CODES, FORMATS, SERVICES

NANJING = Receiver("王小明", "13812345678", "江苏省", "南京市", "玄武区", "中山路 90 号")


def issue(server, request_id: str, service: str = "Kuaidi100", account: str = "A", code: str = "yuantong"):
	return server.run(lambda: server.world.waybills.issue(service, account, code, request_id, ["1"], NANJING))


def test_numbers_are_kept_over_a_restart(make_server, tmp_path):
	first = make_server(data=tmp_path / "world.sqlite")
	kept, gone = issue(first, "R1"), issue(first, "R2")
	first.run(lambda: first.world.waybills.cancel("Kuaidi100", "A", "yuantong", gone.number))
	account = first.ask("services")["services"][0]
	first.stop()

	second = make_server(data=tmp_path / "world.sqlite")
	assert second.ask("services")["services"][0]["secret"] == account["secret"]
	rows = second.ask("waybills?account=A")["waybills"]
	assert [(row["number"], row["cancelled_at"] > 0) for row in rows] == [
		(kept.number, False),
		(gone.number, True),
	]
	assert issue(second, "R1").number == kept.number
	assert issue(second, "R3").number not in (kept.number, gone.number)
	assert second.world.waybills.get_balance("Kuaidi100", "A", "YTO") == 10_000 - 2
	with pytest.raises(Refusal):
		issue(second, "R2")
	assert [row["number"] for row in second.ask("truth")["waybills"]][:2] == [kept.number, gone.number]
	second.ask("reset", {"seed": 2})
	assert second.ask("waybills")["waybills"] == []


def test_an_account_that_is_empty_gives_nothing_new(server):
	issue(server, "R1")
	body = {"service": "Kuaidi100", "account": "A", "courier": "YTO", "balance": 0}
	server.ask("waybills", body)
	assert issue(server, "R1").asked == 2
	with pytest.raises(Refusal) as caught:
		issue(server, "R2")
	assert caught.value.code == "no_balance"
	assert issue(server, "R2", account="B").number


def test_every_courier_has_a_format_and_a_word_of_each_service():
	assert set(CODES) == set(FORMATS)
	assert {len(codes) for codes in CODES.values()} == {len(SERVICES)}


def post_label(server, account: dict, param: dict, **changes: str) -> dict:
	text, stamp = json.dumps(param), str(int(time.time() * 1000))
	sign = hashlib.md5(f"{text}{stamp}{account['key']}{account['secret']}".encode()).hexdigest().upper()
	form = {"method": "order", "key": account["key"], "t": stamp, "param": text, "sign": sign, **changes}
	return server.session.post(f"{server.url}/label/order", data=form, timeout=10).json()


def test_kuaidi100_refuses_what_is_not_signed(server):
	account = server.ask("services")["services"][0]
	person = {"name": "王小明", "mobile": "13812345678", "printAddr": "江苏省南京市玄武区中山路 90 号"}
	param = {"kuaidicom": "yuantong", "orderId": "R1", "recMan": person, "sendMan": person}
	assert post_label(server, account, param, sign="0" * 32)["code"] == 503
	assert post_label(server, account, param, key="nobody")["code"] == 601
	assert post_label(server, account, param, t="1")["code"] == 400
	assert server.ask("waybills")["waybills"] == []
	answer = post_label(server, account, param)
	assert (answer["success"], answer["data"]["bulkpen"][:4]) == (True, "025-")
	assert post_label(server, account, param)["data"]["kuaidinum"] == answer["data"]["kuaidinum"]
	calls = server.ask("calls")["Kuaidi100"]
	assert (calls["accepted"], calls["refused"]) == (2, {"503": 1, "601": 1, "400": 1})
