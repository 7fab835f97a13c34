"""Taobao's message service: frames to the byte, cut-off frames, the talk, and what a message keeps."""

import json
import struct
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storegroup_oms.connectors.base import PushMessage
from storegroup_oms.connectors.errors import CredentialError, RetryableError
from storegroup_oms.connectors.taobao.frames import (
	CONNECT,
	CONNECT_ACK,
	DATA,
	REPLY,
	Frame,
	FrameError,
	decode,
	encode,
)
from storegroup_oms.connectors.taobao.messages import TaobaoMessages
from storegroup_oms.connectors.taobao.signing import sign_connection

CHINA = ZoneInfo("Asia/Shanghai")
SECRET = "app-secret-of-tests"
VALUES = st.one_of(
	st.none(),
	st.text(max_size=20),
	st.binary(max_size=20),
	st.integers(min_value=-(2**63), max_value=2**63 - 1),
	st.integers(min_value=0, max_value=4102444800000).map(
		lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, CHINA)
	),
)
FRAMES = st.builds(
	Frame,
	kind=st.sampled_from([CONNECT, CONNECT_ACK, DATA, REPLY]),
	headers=st.dictionaries(st.text(max_size=8), VALUES, max_size=4),
	token=st.none() | st.text(max_size=8),
	flag=st.none() | st.integers(min_value=0, max_value=2**32 - 1),
	status_code=st.none() | st.integers(min_value=0, max_value=2**32 - 1),
	status_phrase=st.none() | st.text(max_size=8),
)


@pytest.fixture
def socket(now):
	return TaobaoMessages("123456", SECRET, "", lambda: now)


def write_data(kind: int = DATA, **headers) -> bytes:
	content = {
		"tid": 3971046220185599001,
		"oid": 3971046220186599001,
		"status": "WAIT_SELLER_SEND_GOODS",
		"payment": "158.60",
		"seller_nick": "山海测试旗舰店",
		"buyer_nick": "t**8",
	}
	values = {
		"__kind": 1,
		"id": 9007199254740993,
		"topic": "taobao_trade_TradeBuyerPay",
		"content": json.dumps(content, ensure_ascii=False),
		"time": datetime(2026, 11, 23, 21, 5, 1, tzinfo=CHINA),
	}
	return encode(Frame(kind, {**values, **headers}, token="tok"))


@given(FRAMES)
def test_frames_come_back(frame):
	assert decode(encode(frame)) == frame


@given(FRAMES, st.data())
def test_cut_frames_are_refused(frame, data):
	whole = encode(frame)
	length = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
	with pytest.raises(FrameError):
		decode(whole[:length])


@given(st.binary(max_size=60))
def test_noise_is_a_frame_or_refused(noise):
	try:
		decode(noise)
	except FrameError:
		return


@pytest.mark.parametrize(
	"raw",
	[
		b"\x01\x02\x00\x00",  # another version
		b"\x02\x02\x09\x00",  # unknown header
		b"\x02\x02\x01\x00\x01\x00\x00\x00k\x09\x00\x00",  # unknown kind of value
		b"\x02\x02\x05\x00\xff\xff\xff\xff",  # a length beyond the frame
		b"\x02\x02\x05\x00\x01\x00\x00\x00\xff\x00\x00",  # no UTF-8
		b"\x02\x02\x01\x00\x01\x00\x00\x00k\x06" + struct.pack("<q", 2**62) + b"\x00\x00",  # no date
	],
)
def test_unreadable_frames(raw):
	with pytest.raises(FrameError):
		decode(raw)


def test_frame_to_the_byte():
	frame = Frame(DATA, {"__kind": 2, "id": 65536, "t": "a"}, token="x")
	assert encode(frame) == (
		b"\x02\x02"
		b"\x05\x00\x01\x00\x00\x00x"
		b"\x01\x00\x06\x00\x00\x00__kind\x02\x02"
		b"\x01\x00\x02\x00\x00\x00id\x04\x00\x00\x01\x00"
		b"\x01\x00\x01\x00\x00\x00t\x01\x01\x00\x00\x00a"
		b"\x00\x00"
	)


@pytest.mark.parametrize(
	("gateway", "url"),
	[
		("", "ws://mc.api.taobao.com/"),
		("http://127.0.0.1:9000", "ws://127.0.0.1:9000/"),
		("https://gate.example.com/", "wss://gate.example.com/"),
		("http://127.0.0.1:9000/router/rest", "ws://127.0.0.1:9000/"),
	],
)
def test_address(now, gateway, url):
	assert TaobaoMessages("123456", SECRET, gateway, lambda: now).get_url() == url


def test_connection_is_signed(socket, now):
	(raw,) = socket.open()
	timestamp = str(int(now.timestamp() * 1000))
	assert decode(raw) == Frame(
		CONNECT,
		{
			"timestamp": timestamp,
			"app_key": "123456",
			"sdk": "storegroup-oms",
			"sign": sign_connection("123456", "default", timestamp, SECRET),
			"group_name": "default",
		},
		flag=1,
	)
	assert SECRET.encode() not in raw


def test_talk_from_connection_to_confirmation(socket):
	messages, answers = socket.receive(encode(Frame(CONNECT_ACK, token="tok")))
	ask = Frame(DATA, {"__kind": 1}, token="tok")
	assert (messages, [decode(raw) for raw in answers]) == ([], [ask])
	messages, answers = socket.receive(write_data())
	assert answers == []
	assert messages == [
		PushMessage(
			message_id="9007199254740993",
			topic="taobao_trade_TradeBuyerPay",
			kind="order",
			shop_keys=("山海测试旗舰店",),
			order_no="3971046220185599001",
			sent_at=datetime(2026, 11, 23, 21, 5, 1, tzinfo=CHINA),
			payload={
				"tid": "3971046220185599001",
				"oid": "3971046220186599001",
				"status": "WAIT_SELLER_SEND_GOODS",
				"payment": "158.60",
				"seller_nick": "山海测试旗舰店",
			},
		)
	]
	confirmation = Frame(DATA, {"__kind": 2, "id": 9007199254740993}, token="tok")
	assert decode(socket.confirm(messages[0])) == confirmation
	assert [decode(raw) for raw in socket.beat()] == [ask]


def test_message_in_a_reply_counts(socket):
	messages, _answers = socket.receive(write_data(REPLY))
	assert [message.order_no for message in messages] == ["3971046220185599001"]


def test_reply_without_a_message_is_nothing(socket):
	assert socket.receive(encode(Frame(REPLY, token="tok"))) == ([], [])


@pytest.mark.parametrize(
	("topic", "content", "kind", "order_no", "refund_no"),
	[
		("taobao_refund_RefundCreated", {"tid": 1, "refund_id": 2}, "refund", "1", "2"),
		("taobao_trade_TradeClose", {"tid": 1}, "order", "1", ""),
		("taobao_trade_TradeClose", {}, "other", "", ""),
		("taobao_item_ItemAdd", {"num_iid": 1}, "other", "", ""),
		("taobao_trade_TradeClose", "no JSON", "other", "", ""),
		("taobao_trade_TradeClose", [1], "other", "", ""),
	],
)
def test_kinds(socket, topic, content, kind, order_no, refund_no):
	text = content if isinstance(content, str) else json.dumps(content)
	((message,), _answers) = socket.receive(write_data(topic=topic, content=text))
	assert (message.kind, message.order_no, message.refund_no) == (kind, order_no, refund_no)


def test_same_message_again_has_the_same_id(socket):
	((first,), _) = socket.receive(write_data())
	((second,), _) = socket.receive(write_data())
	assert first == second


def test_broken_frame_means_a_new_connection(socket):
	with pytest.raises(RetryableError, match="broken_frame"):
		socket.receive(write_data()[:-3])


@pytest.mark.parametrize(
	("frame", "code"),
	[
		(Frame(CONNECT_ACK, status_code=401, status_phrase="invalid sign"), "401"),
		(Frame(CONNECT_ACK), "connection_refused"),
	],
)
def test_refused_connection(socket, frame, code):
	with pytest.raises(CredentialError) as error:
		socket.receive(encode(frame))
	assert (error.value.code, error.value.can_refresh) == (code, False)


def test_fault_in_the_talk(socket):
	with pytest.raises(RetryableError, match="500: busy"):
		socket.receive(encode(Frame(REPLY, status_code=500, status_phrase="busy")))
