"""Douyin's signed webhook: what is read, and that nothing forged is."""

import json

import pytest

from storegroup_oms.connectors.base import PushMessage
from storegroup_oms.connectors.douyin.signing import make_event_sign
from storegroup_oms.connectors.douyin.webhook import TAGS, read_webhook
from storegroup_oms.connectors.errors import SignatureError

SECRETS = {"123456": "app-secret-of-tests", "654321": "another-secret"}
DATA = {
	"p_id": 6920012345678901234,
	"s_ids": [6920012345678901235],
	"shop_id": 90001,
	"order_status": 2,
	"pay_amount": 11570,
	"receiver_msg": {"tel": "13900005678"},
	"buyer_words": "急",
}


def write_body(tag: str = "101", data: object = DATA, msg_id: object = "6920:101:1") -> bytes:
	text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
	return json.dumps([{"tag": tag, "msg_id": msg_id, "data": text}], ensure_ascii=False).encode()


def read(body: bytes, app_key: str = "123456", **changes: str) -> list[PushMessage]:
	headers = {
		"app-id": app_key,
		"event-sign": make_event_sign(app_key, body, SECRETS.get(app_key, "")),
		"content-type": "application/json",
	}
	return read_webhook(headers | changes, body, SECRETS)


def test_order_message():
	assert read(write_body()) == [
		PushMessage(
			message_id="6920:101:1",
			topic="101",
			kind="order",
			shop_keys=("90001",),
			order_no="6920012345678901234",
			payload={
				"p_id": 6920012345678901234,
				"s_ids": [6920012345678901235],
				"shop_id": 90001,
				"order_status": 2,
				"pay_amount": 11570,
			},
		)
	]


def test_refund_message_names_the_case():
	data = DATA | {"aftersale_id": 7100012345678901234}
	(message,) = read(write_body("200", data))
	assert (message.kind, message.order_no, message.refund_no) == (
		"refund",
		"6920012345678901234",
		"7100012345678901234",
	)


@pytest.mark.parametrize(
	("tag", "kind"),
	[(tag, "order") for tag in ("100", "101", "102", "103", "104", "105", "106", "108", "109", "110")]
	+ [(tag, "refund") for tag in ("200", "201", "206", "207")]
	+ [("0", "other"), ("999", "other"), ("", "other")],
)
def test_tags(tag, kind):
	assert [message.kind for message in read(write_body(tag))] == [kind]


def test_every_tag_is_tested():
	assert len(TAGS) == 14


def test_several_messages_of_another_app():
	body = json.dumps(
		[{"tag": str(tag), "msg_id": str(tag), "data": json.dumps(DATA)} for tag in (101, 102)] + ["x"]
	).encode()
	assert [message.message_id for message in read(body, "654321")] == ["101", "102"]


def test_test_message_is_harmless():
	body = b'[{"tag":"0","msg_id":"0","data":"2024-01-01"}]'
	(message,) = read(body)
	assert (message.message_id, message.kind, message.shop_keys, message.payload) == ("0", "other", (), {})


def test_message_without_a_number_gets_a_stable_one():
	first, second, other = (
		read(write_body(data=data, msg_id=None))[0].message_id for data in (DATA, DATA, DATA | {"biz": 1})
	)
	assert first == second != other
	assert len(first) == 40


@pytest.mark.parametrize("data", ["{", "[1]", "null", "5", ""])
def test_unreadable_data_is_kept_as_other(data):
	(message,) = read(write_body(data=data))
	assert (message.kind, message.order_no, message.payload) == ("other", "", {})


GOOD = make_event_sign("123456", write_body(), SECRETS["123456"])


@pytest.mark.parametrize(
	"changes",
	[
		{"event-sign": "0" * 32},
		{"event-sign": ""},
		{"event-sign": GOOD.upper()},
		{"event-sign": GOOD[:-1]},
		{"event-sign": GOOD + "0"},
		{"event-sign": "签" * 32},
		{"event-sign": make_event_sign("123456", write_body(), "")},
		{"event-sign": make_event_sign("123456", write_body("102"), SECRETS["123456"])},
		{"app-id": "654321"},
		{"app-id": "999999"},
		{"app-id": "999999", "event-sign": make_event_sign("999999", write_body(), "")},
		{"app-id": ""},
		{"app-id": "", "event-sign": make_event_sign("", write_body(), "")},
	],
)
def test_forged_messages_are_refused(changes):
	with pytest.raises(SignatureError) as error:
		read(write_body(), **changes)
	assert error.value.code == "event_sign"
	assert SECRETS["123456"] not in str(error.value) and GOOD not in str(error.value)


def test_message_without_headers_is_refused():
	with pytest.raises(SignatureError):
		read_webhook({}, write_body(), SECRETS)


def test_one_changed_byte_is_noticed():
	body = write_body()
	for position in range(len(body)):
		changed = body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
		with pytest.raises(SignatureError):
			read_webhook({"app-id": "123456", "event-sign": GOOD}, changed, SECRETS)


@pytest.mark.parametrize("body", [b"", b"[{", b"{}", b"null", b"\xff\xfe"])
def test_signed_rubbish_is_refused(body):
	with pytest.raises(SignatureError) as error:
		read(body)
	assert error.value.code == "event_body"
