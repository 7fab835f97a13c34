"""Pinduoduo's message socket: address, frames in, frames out."""

import json
from urllib.parse import unquote, urlsplit

import pytest

from storegroup_oms.connectors.base import PushMessage
from storegroup_oms.connectors.errors import RetryableError
from storegroup_oms.connectors.pinduoduo.messages import PinduoduoMessages
from storegroup_oms.connectors.pinduoduo.signing import make_socket_digest

SECRET = "app-secret-of-tests"


@pytest.fixture
def socket(now):
	return PinduoduoMessages("123456", SECRET, "", lambda: now)


@pytest.fixture
def milliseconds(now):
	return int(now.timestamp() * 1000)


def write_common(content: object = None, **changes) -> str:
	frame = {
		"id": 9007199254740993,
		"commandType": "Common",
		"time": 1795500000000,
		"sendTime": 1795500000123,
		"message": {
			"type": "pdd_trade_TradeConfirmed",
			"mallID": 90001,
			"content": json.dumps(
				content or {"mall_id": 90001, "tid": "261124-1", "receiver_name": "陈一", "buyer_memo": "急"},
				ensure_ascii=False,
			),
		},
	}
	return json.dumps(frame | changes, ensure_ascii=False)


@pytest.mark.parametrize(
	("gateway", "start"),
	[
		("", "wss://message-api.pinduoduo.com/message/"),
		("http://127.0.0.1:8123", "ws://127.0.0.1:8123/message/"),
		("https://gateway.example.com/", "wss://gateway.example.com/message/"),
	],
)
def test_address_carries_the_digest(now, milliseconds, gateway, start):
	url = PinduoduoMessages("123456", SECRET, gateway, lambda: now).get_url()
	assert url.startswith(start)
	client_id, sent_ms, digest = urlsplit(url).path.removeprefix("/message/").split("/")
	assert (client_id, sent_ms) == ("123456", str(milliseconds))
	assert unquote(digest) == make_socket_digest("123456", milliseconds, SECRET)
	assert not set(digest) & set("=+/"), "percent-encoded"
	assert SECRET not in url


def test_order_message(socket):
	messages, answers = socket.receive(write_common())
	assert answers == []
	assert len(messages) == 1
	assert messages[0].sent_at.isoformat() == "2026-11-24T14:00:00.123000+08:00"
	assert messages[0] == PushMessage(
		message_id="9007199254740993",
		topic="pdd_trade_TradeConfirmed",
		kind="order",
		shop_keys=("90001",),
		order_no="261124-1",
		sent_at=messages[0].sent_at,
		payload={"id": 9007199254740993, "mallID": 90001, "mall_id": 90001, "tid": "261124-1"},
	)


def test_refund_message_names_the_case(socket):
	content = {"mall_id": 90001, "tid": "261124-1", "refund_id": 7381745730, "refund_fee": 1990}
	frame = write_common(message={"type": "pdd_refund_RefundCreated", "content": json.dumps(content)})
	(message,), _answers = socket.receive(frame.encode())
	assert (message.kind, message.order_no, message.refund_no) == ("refund", "261124-1", "7381745730")
	assert message.shop_keys == ("90001",)


@pytest.mark.parametrize("content", ["{", '"text"', "null", "[1]", None, 5])
def test_unreadable_content_can_still_be_confirmed(socket, content):
	frame = write_common(message={"type": "pdd_goods_Changed", "mallID": 90001, "content": content})
	(message,), _answers = socket.receive(frame)
	assert (message.kind, message.order_no, message.shop_keys) == ("other", "", ("90001",))


def test_confirmation_repeats_number_type_and_shop(socket, milliseconds):
	(message,), _answers = socket.receive(write_common())
	assert json.loads(socket.confirm(message)) == {
		"id": 9007199254740993,
		"commandType": "Ack",
		"time": milliseconds,
		"sendTime": milliseconds,
		"type": "pdd_trade_TradeConfirmed",
		"mallID": 90001,
	}


def test_the_same_message_has_the_same_id(socket):
	first, second = (
		socket.receive(write_common(sendTime=sent))[0][0] for sent in (1795500000123, 1795500300123)
	)
	assert first.message_id == second.message_id


def test_opening_and_heart_beat(socket, milliseconds):
	assert socket.open() == []
	(beat,) = socket.beat()
	assert json.loads(beat) == {
		"commandType": "HeartBeat",
		"time": milliseconds,
		"sendTime": milliseconds,
		"id": milliseconds,
	}


@pytest.mark.parametrize("command", ["HeartBeat", "Ack", "Unheard"])
def test_frames_without_a_message(socket, command):
	assert socket.receive(json.dumps({"id": 1, "commandType": command, "time": 1})) == ([], [])


def test_failure_asks_for_a_new_connection(socket):
	with pytest.raises(RetryableError) as error:
		socket.receive('{"id":1,"commandType":"Fail"}')
	assert error.value.code == "socket_fail"


def test_every_truncated_frame_is_broken(socket):
	frame = write_common().encode()
	for length in range(len(frame)):
		with pytest.raises(RetryableError) as error:
			socket.receive(frame[:length])
		assert error.value.code == "broken_frame"


@pytest.mark.parametrize(
	"frame",
	[
		"[]",
		"1",
		"null",
		b"\xff\xfe",
		'{"commandType":"Common"}',
		write_common(id=None),
		write_common(message=[]),
	],
)
def test_frames_of_another_shape(socket, frame):
	with pytest.raises(RetryableError) as error:
		socket.receive(frame)
	assert error.value.code == "broken_frame"


@pytest.mark.parametrize("sent_at", [None, "x", 10**20, True])
def test_unreadable_time_is_no_obstacle(socket, sent_at):
	(message,), _answers = socket.receive(write_common(sendTime=sent_at))
	assert message.sent_at is None
