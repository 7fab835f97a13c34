"""Pinduoduo's message socket: JSON frames, each message sent again until it is confirmed.

Source: platforms.md 4.11; the topics' names, their contents and the times below are UNCONFIRMED.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hmac import compare_digest
from urllib.parse import unquote

from aiohttp import WSMsgType, web

from ..calls import Calls
from ..clock import format_time
from ..faults import TRANSPORT, Faults
from ..model import PINDUODUO, Event, Refusal, Shop
from ..pushes import PushFeed
from ..world import World
from .orders import to_number
from .signing import make_socket_digest

TOLERANCE_S = 600
RESEND_AFTER_S = 60.0
TICK_S = 1.0
NEVER = -math.inf
BACKLOG = 50_000  # unconfirmed messages that are kept for an app; the oldest go first
KEPT_CONFIRMED = 200  # for forged repetitions

TOPICS = {
	"order_paid": "pdd_trade_TradeConfirmed",
	"order_shipped": "pdd_trade_TradeSellerShip",
	"order_part_shipped": "pdd_trade_TradeSellerShip",
	"parcel_changed": "pdd_trade_TradeLogisticsChanged",
	"order_signed": "pdd_trade_TradeSigned",
	"order_completed": "pdd_trade_TradeSuccess",
	"order_closed": "pdd_trade_TradeClosed",
	"order_address": "pdd_trade_TradeLogisticsAddressChanged",
	"order_memo": "pdd_trade_TradeMemoModified",
	"order_lock": "pdd_trade_TradeModified",
	"order_review": "pdd_trade_TradeModified",
	"refund_created": "pdd_refund_RefundCreated",
	"refund_agreed": "pdd_refund_RefundAgreeAgreement",
	"refund_returned": "pdd_refund_RefundBuyerReturnGoods",
	"refund_refused": "pdd_refund_RefundSellerRefused",
	"refund_done": "pdd_refund_RefundSuccess",
	"refund_closed": "pdd_refund_RefundClosed",
}


@dataclass
class Message:
	"""One message of one app. `sent_at` is monotonic seconds, NEVER before the first time."""

	number: int
	shop: Shop
	topic: str
	content: str
	at: float
	sent_at: float = NEVER
	sendings: int = 0


@dataclass
class Mailbox:
	"""What one app has still to confirm, oldest first, and its open connections."""

	waiting: OrderedDict[int, Message] = field(default_factory=OrderedDict)
	confirmed: OrderedDict[int, Message] = field(default_factory=OrderedDict)
	sockets: list[web.WebSocketResponse] = field(default_factory=list)


class Messenger:
	"""Every app's mailbox, the socket's route, and the loop that sends."""

	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls
		self.feed = PushFeed(world, faults, PINDUODUO)
		self.boxes: dict[str, Mailbox] = {}

	def get_box(self, app_key: str) -> Mailbox:
		return self.boxes.setdefault(app_key, Mailbox())

	async def connect(self, request: web.Request) -> web.StreamResponse:
		"""A client's connection; refused with 403 unless the address is signed and fresh."""
		app_key = request.match_info["client_id"]
		milliseconds = request.match_info["ms"]
		digest = unquote(request.match_info["digest"])
		reason = self._find_refusal(app_key, milliseconds, digest)
		if reason:
			self.calls.refuse(PINDUODUO, "message", reason)
			return web.Response(status=403, text=reason)
		if self.faults.rules and self.faults.draw(TRANSPORT, PINDUODUO, "", "message"):
			return web.Response(status=502)
		socket = web.WebSocketResponse(heartbeat=None, max_msg_size=1 << 20)
		await socket.prepare(request)
		self.calls.accept(PINDUODUO, "message")
		box = self.get_box(app_key)
		box.sockets.append(socket)
		try:
			await self._send_all(box)
			async for frame in socket:
				if frame.type == WSMsgType.TEXT:
					await self._receive(box, socket, frame.data)
		finally:
			box.sockets.remove(socket)
			if not box.sockets:
				for message in box.waiting.values():
					message.sent_at = NEVER
		return socket

	def _find_refusal(self, app_key: str, milliseconds: str, digest: str) -> str:
		app = self.world.tokens.find_app(PINDUODUO, app_key)
		if app is None:
			return "unknown client_id"
		if not milliseconds.isdecimal() or not self.world.clock.is_near(
			int(milliseconds) / 1000, TOLERANCE_S
		):
			return "timestamp is off"
		expected = make_socket_digest(app_key, milliseconds, app.app_secret)
		return "" if compare_digest(expected.encode(), digest.encode()) else "wrong digest"

	async def _receive(self, box: Mailbox, socket: web.WebSocketResponse, text: str) -> None:
		try:
			frame = json.loads(text)
			command = frame["commandType"]
		except (ValueError, TypeError, KeyError):
			await socket.send_str(_dump({"commandType": "Fail", "message": "frame can not be read"}))
			return
		if command == "HeartBeat":
			now = _tell_time()
			await socket.send_str(
				_dump({"id": frame.get("id"), "commandType": "HeartBeat", "time": now, "sendTime": now})
			)
		elif command == "Ack" and str(frame.get("id", "")).isdecimal():
			message = box.waiting.pop(int(frame["id"]), None)
			if message:
				self.calls.push(PINDUODUO, "confirmed")
				box.confirmed[message.number] = message
				if len(box.confirmed) > KEPT_CONFIRMED:
					box.confirmed.popitem(last=False)

	async def run(self) -> None:
		"""Take events, send them, send again what stays unconfirmed; until cancelled."""
		pending: asyncio.Task[Event] | None = None
		looked_at = time.monotonic()
		try:
			while True:
				pending = pending or asyncio.ensure_future(self.feed.get())
				done, _ = await asyncio.wait({pending}, timeout=TICK_S)
				if done:
					event, pending = pending.result(), None
					message = self._add(event)
					if message:
						await self._send(self.get_box(event.shop.app_key), message)
				if time.monotonic() - looked_at >= TICK_S:
					looked_at = time.monotonic()
					for box in list(self.boxes.values()):
						await self._send_all(box)
		finally:
			if pending:
				pending.cancel()

	def _add(self, event: Event) -> Message | None:
		"""A message for an event; None for one that the platform doesn't tell."""
		topic = TOPICS.get(event.topic)
		if topic is None:
			return None
		content: dict[str, object] = {"mall_id": to_number(event.shop.shop_id), "tid": event.order.order_no}
		if event.refund:
			content |= {
				"refund_id": int(event.refund.case_no),
				"refund_fee": event.refund.amount,
				"bill_type": 1,
				"operation": 1000,
				"modified": format_time(event.at),
			}
		number = make_number(event)
		message = Message(number, event.shop, topic, _dump(content), event.at)
		box = self.get_box(event.shop.app_key)
		box.waiting[number] = message
		if len(box.waiting) > BACKLOG:
			box.waiting.popitem(last=False)
			self.calls.push(PINDUODUO, "lost")
		return message

	async def _send_all(self, box: Mailbox) -> None:
		"""Send what was never sent over these connections, and again what waits too long for its Ack."""
		if not box.sockets:
			return
		before = time.monotonic() - RESEND_AFTER_S
		for message in [message for message in box.waiting.values() if message.sent_at <= before]:
			if self.world.shops.get(message.shop.shop_id) is message.shop:
				await self._send(box, message)
			else:
				box.waiting.pop(message.number, None)  # the world was reset

	async def _send(self, box: Mailbox, message: Message) -> bool:
		"""Over the oldest connection that takes it; False when none does."""
		for socket in list(box.sockets):
			try:
				await socket.send_str(render_message(message))
			except (ConnectionError, RuntimeError):
				continue
			self.calls.push(PINDUODUO, "resent" if message.sendings else "sent")
			message.sent_at = time.monotonic()
			message.sendings += 1
			return True
		return False

	async def forge(self, shop: Shop, how: str) -> dict:
		"""Only a repetition can be forged here: messages bear no signature, the connection's address does.

		Raises Refusal when nothing was confirmed yet or nobody is connected.
		"""
		if how != "replay":
			return {"sent": False, "reason": "Pinduoduo's messages bear no signature; their connection does."}
		box = self.get_box(shop.app_key)
		message = next((row for row in reversed(box.confirmed.values()) if row.shop is shop), None)
		if message is None:
			raise Refusal("nothing_to_replay", shop.shop_id)
		return {"sent": await self._send(box, message), "id": message.number, "topic": message.topic}


def make_number(event: Event) -> int:
	"""The message's id: the same when a fault gives an event twice, another one after a reset of the world."""
	return int(event.at * 1000) * 1000 + event.number % 1000


def render_message(message: Message) -> str:
	"""The frame of a message."""
	return _dump(
		{
			"id": message.number,
			"commandType": "Common",
			"time": int(message.at * 1000),
			"sendTime": _tell_time(),
			"message": {
				"type": message.topic,
				"mallID": to_number(message.shop.shop_id),
				"content": message.content,
			},
		}
	)


def _dump(value: object) -> str:
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _tell_time() -> int:
	return int(time.time() * 1000)
