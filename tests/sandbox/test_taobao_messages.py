"""Taobao's message socket, spoken to by a client of the tests' own with its own frame code."""

import asyncio
import hashlib
import json
import struct
import time

import aiohttp
import pytest

from sandbox.taobao import frames, signing

KINDS = {2: "<B", 3: "<H", 4: "<I", 5: "<Q", 6: "<Q"}


def pack_text(text):
	return struct.pack("<I", len(text.encode())) + text.encode()


def make_frame(kind, token="", **custom):
	"""Texts and small numbers only, as a client sends them."""
	data = struct.pack("<BB", 2, kind)
	if token:
		data += struct.pack("<H", 5) + pack_text(token)
	for name, value in custom.items():
		data += struct.pack("<H", 1) + pack_text(name)
		if isinstance(value, int):
			data += struct.pack("<BB", 2, value) if value < 256 else struct.pack("<BQ", 5, value)
		else:
			data += struct.pack("<B", 1) + pack_text(value)
	return data + struct.pack("<H", 0)


def parse_frame(data):
	"""(kind, token, phrase, custom headers)"""
	place, token, phrase, custom = 2, None, None, {}

	def take(layout):
		nonlocal place
		(value,) = struct.unpack_from(layout, data, place)
		place += struct.calcsize(layout)
		return value

	def take_text():
		nonlocal place
		length = take("<I")
		place += length
		return data[place - length : place].decode()

	assert data[0] == 2
	while header := take("<H"):
		if header == 1:
			name, kind = take_text(), take("<B")
			custom[name] = None if kind == 0 else take_text() if kind == 1 else take(KINDS[kind])
		elif header == 3:
			phrase = take_text()
		elif header == 5:
			token = take_text()
		else:
			take("<I")
	assert place == len(data)
	return data[1], token, phrase, custom


def make_connect(shop, **changes):
	stamp = changes.pop("timestamp", str(round(time.time() * 1000)))
	base = (
		f"{shop['app_secret']}app_key{shop['app_key']}group_namedefaulttimestamp{stamp}{shop['app_secret']}"
	)
	fields = {
		"app_key": shop["app_key"],
		"group_name": "default",
		"timestamp": stamp,
		"sdk": "test",
		"sign": hashlib.md5(base.encode()).hexdigest().upper(),
	}
	return make_frame(0, **(fields | changes))


class Socket:
	"""One connection; `receive` waits for a frame, `receive_message` for a data frame and parses its content."""

	def __init__(self, socket):
		self.socket = socket

	async def connect(self, frame):
		await self.socket.send_bytes(frame)
		kind, self.token, phrase, _ = parse_frame(await self.socket.receive_bytes(timeout=5))
		assert kind == 1
		return phrase

	async def receive_message(self):
		kind, token, _, custom = parse_frame(await self.socket.receive_bytes(timeout=5))
		assert (kind, token, custom["__kind"]) == (2, self.token, 1)
		return custom | {"content": json.loads(custom["content"])}

	async def confirm(self, message):
		await self.socket.send_bytes(make_frame(2, self.token, __kind=2, id=message["id"]))

	async def pull(self):
		await self.socket.send_bytes(make_frame(2, self.token, __kind=1))


def talk(server, work):
	"""Run `work(open)`, where `await open()` gives a fresh Socket."""

	async def run():
		async with aiohttp.ClientSession() as session:

			async def connect():
				return Socket(await session.ws_connect(server.url.replace("http", "ws") + "/"))

			return await work(connect)

	return asyncio.run(run())


@pytest.fixture
def shop(server):
	return server.create_shop("Taobao")


def get_pushed(server):
	return server.ask("calls")["Taobao"]["pushed"]


def test_the_worked_signature():
	sign = signing.make_socket_sign("helloworld", "12345678", "default", "1400000000000")

	assert sign == "9F52EC260E7AD8A516F8E40DCEB77CC2"


def test_frames_come_back_as_they_went():
	custom = {"__kind": 2, "id": 3_160_000_000_000_000_007, "topic": "题", "none": None, "raw": b"\x00\xff"}
	frame = frames.Frame(2, custom, token="t", status=401, phrase="no", flag=1)
	data = frames.write_frame(frame)

	assert frames.read_frame(data) == frame
	for length in range(len(data)):
		with pytest.raises(ValueError):
			frames.read_frame(data[:length])
	assert frames.read_frame(make_frame(2, "t", __kind=2, id=300)).custom == {"__kind": 2, "id": 300}


@pytest.mark.parametrize(
	("changes", "phrase"),
	[
		({"sign": "0" * 32}, "invalid signature"),
		({"sign": ""}, "invalid signature"),
		({"group_name": "other"}, "invalid signature"),
		({"app_key": "1"}, "invalid app_key"),
		({"timestamp": "1400000000000"}, "invalid timestamp"),
		({"timestamp": "soon"}, "invalid timestamp"),
	],
)
def test_a_wrong_connect_frame_is_refused(server, shop, changes, phrase):
	async def work(connect):
		socket = await connect()
		assert await socket.connect(make_connect(shop, **changes)) == phrase
		assert socket.token is None
		assert (await socket.socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE

	talk(server, work)
	assert server.ask("calls")["Taobao"]["refused"] == {phrase: 1}


@pytest.mark.parametrize("data", [b"", b"\x02", b"\x01\x00\x00\x00", b"\x02\x00\x01\x00\xff\xff\xff\xff"])
def test_noise_is_refused(server, shop, data):
	async def work(connect):
		socket = await connect()
		assert await socket.connect(data) == "invalid frame"

	talk(server, work)


def test_what_happens_is_told(server, shop):
	async def work(connect):
		socket = await connect()
		assert await socket.connect(make_connect(shop)) is None
		loop = asyncio.get_running_loop()

		def live():
			(order,) = server.create_orders(shop)
			server.move(order, "refund")
			server.move(order, "change_memo", memo="x")
			server.move(order, "touch")
			(other,) = server.create_orders(shop, pay=False)
			server.move(other, "cancel")
			return order

		order = await loop.run_in_executor(None, live)
		messages = []
		for _ in range(6):
			messages.append(await socket.receive_message())
			await socket.confirm(messages[-1])
		return order, messages

	order, messages = talk(server, work)
	assert [message["topic"] for message in messages] == [
		"taobao_trade_TradeCreate",
		"taobao_trade_TradeBuyerPay",
		"taobao_refund_RefundCreated",
		"taobao_trade_TradeMemoModified",
		"taobao_trade_TradeCreate",
		"taobao_trade_TradeClose",
	]
	ids = [message["id"] for message in messages]
	assert ids == sorted(set(ids)) and ids[0] > 2**32
	assert messages[1]["nick"] == "Taobao shop"
	assert messages[1]["content"] == {
		"tid": int(order["order_no"]),
		"oid": int(order["order_no"]),
		"status": "WAIT_SELLER_SEND_GOODS",
		"payment": "10.00",
		"post_fee": "0.00",
		"seller_nick": "Taobao shop",
		"buyer_nick": messages[1]["content"]["buyer_nick"],
		"type": "guarantee_trade",
	}
	assert "**" in messages[1]["content"]["buyer_nick"]
	assert messages[2]["content"]["refund_fee"] == "10.00"


def test_what_was_missed_comes_after_connecting(server, shop):
	server.create_orders(shop, 3)

	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		return [await socket.receive_message() for _ in range(6)]

	first = talk(server, work)
	again = talk(server, work)  # nothing was confirmed, so a new connection gets it all again

	assert [message["id"] for message in again] == [message["id"] for message in first]
	assert get_pushed(server) == {"sent": 6, "resent": 6}


def test_a_confirmed_message_stays_away(server, shop):
	server.create_orders(shop)

	async def first(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		created, paid = await socket.receive_message(), await socket.receive_message()
		await socket.confirm(created)
		await socket.pull()
		assert (
			parse_frame(await socket.socket.receive_bytes(timeout=5))[0] == 3
		)  # the pull's answer, no message
		return paid

	async def second(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		return await socket.receive_message()

	paid = talk(server, first)
	assert talk(server, second)["id"] == paid["id"]
	assert get_pushed(server)["confirmed"] == 1


def test_an_unconfirmed_message_comes_again_in_time(server, shop):
	server.create_orders(shop)
	server.ask("clock", {"speed": 10_000})

	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		return [(await socket.receive_message())["id"] for _ in range(4)]

	ids = talk(server, work)
	assert ids[:2] == ids[2:]


def test_a_foreign_token_ends_the_talk(server, shop):
	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		socket.token = "another"
		await socket.pull()
		assert (await socket.socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE

	talk(server, work)
	assert server.ask("calls")["Taobao"]["refused"] == {"invalid token": 1}


@pytest.mark.parametrize(
	("kind", "topics"),
	[
		("drop_push", ["Pay", "Create"]),
		("duplicate_push", ["Create", "Create", "Pay", "Create"]),
		("reorder_push", ["Pay", "Create", "Create"]),
		("delay_push", ["Pay", "Create", "Create"]),
	],
)
def test_pushes_suffer_as_told(server, shop, kind, topics):
	seconds = 600 if kind == "reorder_push" else 0.05
	server.ask("faults", {"kind": kind, "platform": "Taobao", "times": 1, "seconds": seconds})
	server.create_orders(shop)
	server.ask("faults", method="DELETE")

	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		if kind == "delay_push":
			first = [await socket.receive_message() for _ in range(2)]
		else:
			first = [await socket.receive_message() for _ in range(len(topics) - 1)]
		await asyncio.get_running_loop().run_in_executor(None, lambda: server.create_orders(shop, pay=False))
		return [*first, *[await socket.receive_message() for _ in range(len(topics) - len(first))]]

	messages = talk(server, work)
	names = [
		message["topic"].removeprefix("taobao_trade_Trade").removeprefix("Buyer") for message in messages
	]
	assert names == topics
	assert server.ask("calls")["Taobao"]["faulted"] == {kind: 1}


def test_a_forged_message_can_be_slipped_in(server, shop):
	(order,) = server.create_orders(shop)

	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		sent = [await socket.receive_message() for _ in range(2)]
		loop = asyncio.get_running_loop()
		for how in ("replay", "unknown_trade"):
			body = {"shop_id": shop["shop_id"], "how": how}
			await loop.run_in_executor(None, lambda body=body: server.ask("forge", body))
			sent.append(await socket.receive_message())
		return sent

	_, paid, replayed, unknown = talk(server, work)
	assert replayed["id"] == paid["id"]
	assert (replayed["content"]["tid"], replayed["content"]["status"]) == (
		int(order["order_no"]),
		"TRADE_FINISHED",
	)
	assert unknown["content"]["tid"] == 4118999999999999999
	body = {"shop_id": shop["shop_id"], "how": "wrong_signature"}
	assert server.ask("forge", body, status=400)["error"] == "bad_forgery"
	assert server.ask("forge", body | {"how": "replay"}, status=400)["error"] == "no_socket"


def test_shops_of_another_app_are_not_told_of(server, shop):
	other = server.create_shop("Taobao", app_key="other", app_secret="s")
	server.create_orders(other)
	server.create_orders(shop, pay=False)

	async def work(connect):
		socket = await connect()
		await socket.connect(make_connect(shop))
		return await socket.receive_message()

	server.run(lambda: None)
	assert talk(server, work)["content"]["status"] == "WAIT_BUYER_PAY"
