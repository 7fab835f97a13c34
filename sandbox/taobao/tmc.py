"""Taobao's message service: an outbox for each app, the socket at `/`, and the calls without a socket.

Source: platforms.md 2.9. Topics that aren't named there, the resend interval and the status numbers of the
connect answer are UNCONFIRMED.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from ..amounts import format_yuan
from ..calls import Calls
from ..clock import format_time
from ..faults import Faults
from ..masks import mask_nick
from ..model import TAOBAO, Event, Refusal, Shop
from ..pushes import PushFeed
from ..world import World
from . import frames
from .args import Args
from .errors import make_invalid
from .signing import make_socket_sign
from .trades import get_status

TOLERANCE_S = 600
RESEND_S = 300.0
TICK_S = 1.0
CONNECT_WITHIN_S = 10.0
MOST_KEPT = 100_000
MOST_IN_FLIGHT = 2000
FIRST_ID = 3_160_000_000_000_000_000
TOPICS = {
	"order_created": "taobao_trade_TradeCreate",
	"order_paid": "taobao_trade_TradeBuyerPay",
	"order_shipped": "taobao_trade_TradeSellerShip",
	"order_part_shipped": "taobao_trade_TradePartlySellerShip",
	"order_completed": "taobao_trade_TradeSuccess",
	"order_closed": "taobao_trade_TradeClose",
	"order_address": "taobao_trade_TradeLogisticsAddressChanged",
	"order_memo": "taobao_trade_TradeMemoModified",
	"order_amount": "taobao_trade_TradeChanged",
	"order_lock": "taobao_trade_TradeChanged",
	"order_review": "taobao_trade_TradeChanged",
	"parcel_changed": "taobao_trade_TradeChanged",
	"refund_created": "taobao_refund_RefundCreated",
	"refund_agreed": "taobao_refund_RefundSellerAgreeAgreement",
	"refund_refused": "taobao_refund_RefundSellerRefuseAgreement",
	"refund_returned": "taobao_refund_RefundBuyerReturnGoods",
	"refund_done": "taobao_refund_RefundSuccess",
	"refund_closed": "taobao_refund_RefundClosed",
}


@dataclass(slots=True)
class Message:
	id: int
	topic: str
	content: str
	shop: Shop
	at: float
	sent_at: float = 0.0


@dataclass
class Box:
	"""One app's: `waiting` is to be sent (a message may stand there twice), `open` was sent and isn't confirmed.
	Oldest first.
	"""

	waiting: deque[Message] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
	open: OrderedDict[int, Message] = field(default_factory=OrderedDict)
	sockets: list[Connection] = field(default_factory=list)
	turn: int = 0


@dataclass(eq=False)
class Connection:
	socket: web.WebSocketResponse
	app_key: str
	token: str

	async def send(self, message: Message) -> None:
		shop = message.shop
		custom: dict[str, int | str | bytes | None] = {
			"__kind": 1,
			"id": message.id,
			"topic": message.topic,
			"content": message.content,
			"publisher": "4272",
			"time": format_time(message.at),
			"userid": 2_200_000_000 + shop.number,
			"nick": shop.name,
			"dataid": str(message.id),
		}
		await self.socket.send_bytes(frames.write_frame(frames.Frame(frames.DATA, custom, self.token)))


class Outbox:
	"""Messages until they are confirmed. They go to the app's connections by turns."""

	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.calls = calls
		self.feed = PushFeed(world, faults, TAOBAO)
		self.boxes: dict[str, Box] = {}

	def get_box(self, app_key: str) -> Box:
		return self.boxes.setdefault(app_key, Box())

	def put(self, event: Event) -> Box | None:
		"""Take an event in; the same event again is sent again even when it was confirmed."""
		topic = TOPICS.get(event.topic)
		if topic is None:
			return None
		box = self.get_box(event.shop.app_key)
		message = Message(FIRST_ID + event.number, topic, make_content(event), event.shop, event.at)
		box.waiting.append(message)
		return box

	async def deliver(self, box: Box) -> None:
		"""Send what waits, as long as somebody listens and not too much is open."""
		while box.waiting and box.sockets and len(box.open) < MOST_IN_FLIGHT:
			await self._send(box, box.waiting.popleft())

	async def _send(self, box: Box, message: Message) -> None:
		box.turn += 1
		connection = box.sockets[box.turn % len(box.sockets)]
		again = message.sent_at > 0
		message.sent_at = asyncio.get_running_loop().time()
		box.open[message.id] = message
		try:
			await connection.send(message)
		except ConnectionError:
			self._drop(box, connection)
			return
		self.calls.push(TAOBAO, "resent" if again else "sent")

	def _drop(self, box: Box, connection: Connection) -> None:
		"""What is open at a lost connection may have been lost with it: it comes again soon."""
		if connection in box.sockets:
			box.sockets.remove(connection)
		if not box.sockets:
			box.waiting.extendleft(reversed(box.open.values()))
			box.open.clear()

	async def resend(self, box: Box, older_than_s: float) -> None:
		"""Send again what was sent that long ago and isn't confirmed."""
		limit = asyncio.get_running_loop().time() - older_than_s
		for message in [row for row in box.open.values() if row.sent_at <= limit]:
			if box.sockets and message.id in box.open:
				await self._send(box, message)

	def confirm(self, app_key: str, message_id: int) -> bool:
		box = self.get_box(app_key)
		known = box.open.pop(message_id, None) is not None
		if known:
			self.calls.push(TAOBAO, "confirmed")
		return known

	# The socket

	async def talk(self, request: web.Request) -> web.StreamResponse:
		"""`ws://…/`: the first frame has to connect, within ten seconds; then data, confirmations and pulls."""
		socket = web.WebSocketResponse(heartbeat=30, max_msg_size=1 << 20)
		if not socket.can_prepare(request).ok:
			return web.Response(status=400, text="WebSocket only")
		await socket.prepare(request)
		connection = await self._connect(socket)
		if connection is None:
			await socket.close()
			return socket
		box = self.get_box(connection.app_key)
		box.sockets.append(connection)
		try:
			await self.deliver(box)
			async for received in socket:
				if received.type != WSMsgType.BINARY or not await self._hear(box, connection, received.data):
					break
				await self.deliver(box)
		finally:
			self._drop(box, connection)
		await socket.close()
		return socket

	async def _connect(self, socket: web.WebSocketResponse) -> Connection | None:
		"""The connection, or None after a refusal was sent."""
		try:
			received = await socket.receive(timeout=CONNECT_WITHIN_S)
			frame = frames.read_frame(received.data if received.type == WSMsgType.BINARY else b"")
			why = self._check(frame)
		except (ValueError, TimeoutError):
			why = "invalid frame"
		if why:
			self.calls.refuse(TAOBAO, "tmc.connect", why)
			await socket.send_bytes(
				frames.write_frame(frames.Frame(frames.CONNECT_ACK, status=401, phrase=why, flag=1))
			)
			return None
		token = secrets.token_hex(16)
		self.calls.accept(TAOBAO, "tmc.connect")
		await socket.send_bytes(frames.write_frame(frames.Frame(frames.CONNECT_ACK, token=token, flag=1)))
		return Connection(socket, str(frame.custom["app_key"]), token)

	def _check(self, frame: frames.Frame) -> str:
		"""What is wrong with a connect frame; "" for nothing."""
		given = {
			name: str(frame.custom.get(name) or "") for name in ("app_key", "group_name", "timestamp", "sign")
		}
		app = self.world.tokens.find_app(TAOBAO, given["app_key"])
		if frame.kind != frames.CONNECT or app is None:
			return "invalid app_key"
		stamp = given["timestamp"]
		if not stamp.isdecimal() or not self.world.clock.is_near(int(stamp) / 1000, TOLERANCE_S):
			return "invalid timestamp"
		sign = make_socket_sign(app.app_secret, app.app_key, given["group_name"], stamp)
		return "" if hmac.compare_digest(sign.encode(), given["sign"].encode()) else "invalid signature"

	async def _hear(self, box: Box, connection: Connection, data: bytes) -> bool:
		"""A confirmation or a pull; False when the talk is to end."""
		try:
			frame = frames.read_frame(data)
		except ValueError:
			self.calls.refuse(TAOBAO, "tmc.frame", "invalid frame")
			return False
		if frame.token != connection.token:
			self.calls.refuse(TAOBAO, "tmc.frame", "invalid token")
			return False
		kind = frame.custom.get("__kind")
		if frame.kind == frames.DATA and kind == 2:
			number = str(frame.custom.get("id"))
			self.confirm(connection.app_key, int(number) if number.isdecimal() else 0)
		elif frame.kind == frames.DATA and kind == 1:
			await self.resend(box, 10)
			reply = frames.Frame(frames.REPLY, {"__kind": 1}, connection.token)
			await connection.socket.send_bytes(frames.write_frame(reply))
		return True

	# Without a socket

	def consume(self, app_key: str, args: Args) -> dict:
		"""`taobao.tmc.messages.consume`"""
		quantity = args.get_int("quantity", 100, 10, 200)
		box = self.get_box(app_key)
		rows = []
		while box.waiting and len(rows) < quantity:
			message = box.waiting.popleft()
			message.sent_at = asyncio.get_running_loop().time()
			box.open[message.id] = message
			rows.append(
				{
					"id": message.id,
					"topic": message.topic,
					"content": message.content,
					"pub_time": format_time(message.at),
					"pub_app_key": "4272",
					"user_id": 2_200_000_000 + message.shop.number,
					"user_nick": message.shop.name,
				}
			)
			self.calls.push(TAOBAO, "sent")
		return {"messages": {"tmc_message": rows}} if rows else {}

	def confirm_many(self, app_key: str, args: Args) -> dict:
		"""`taobao.tmc.messages.confirm`; unknown ids do no harm."""
		ids = args.need("s_message_ids").split(",")
		if len(ids) > 200 or not all(text.isdecimal() for text in ids):
			raise make_invalid("s_message_ids", "最多 200 个数字")
		for text in ids:
			self.confirm(app_key, int(text))
		return {"is_success": True}


OUTBOX: web.AppKey[Outbox] = web.AppKey("taobao_outbox", Outbox)


def make_outbox(app: web.Application, world: World, faults: Faults, calls: Calls) -> Outbox:
	app[OUTBOX] = Outbox(world, faults, calls)
	return app[OUTBOX]


def make_content(event: Event) -> str:
	order, refund = event.order, event.refund
	content: dict = {
		"tid": int(order.order_no),
		"oid": int(order.lines[0].line_no),
		"status": get_status(order),
		"payment": format_yuan(order.total),
		"post_fee": format_yuan(order.freight),
		"seller_nick": event.shop.name,
		"buyer_nick": mask_nick(order.buyer_nick),
		"type": "guarantee_trade",
	}
	if refund is not None:
		content |= {
			"oid": int(refund.line_nos[0]),
			"refund_id": int(refund.case_no),
			"refund_fee": format_yuan(refund.amount),
			"modified": format_time(refund.modified),
		}
	return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def permit(world: World, shop: Shop, args: Args) -> dict:
	"""`taobao.tmc.user.permit`: every shop of the sandbox gets every topic anyway."""
	known = set(TOPICS.values())
	unknown = [name for name in (args.get("topics") or "").split(",") if name and name not in known]
	if unknown:
		raise make_invalid("topics", ",".join(unknown))
	return {"is_success": True}


async def run_push(app: web.Application, world: World, faults: Faults, calls: Calls) -> None:
	"""Carry events to the boxes and the boxes to the sockets; what isn't confirmed comes again."""
	outbox = app[OUTBOX]
	resend = asyncio.create_task(_resend_forever(outbox))
	try:
		while True:
			box = outbox.put(await outbox.feed.get())
			if box is not None:
				await outbox.deliver(box)
	finally:
		resend.cancel()
		for box in outbox.boxes.values():
			for connection in list(box.sockets):
				await connection.socket.close()


async def _resend_forever(outbox: Outbox) -> None:
	while True:
		await asyncio.sleep(TICK_S)
		for box in list(outbox.boxes.values()):
			await outbox.resend(box, outbox.world.clock.get_wait(RESEND_S))


async def forge_push(app: web.Application, world: World, shop: Shop, how: str) -> dict:
	"""The socket is opened by the client and bears no signature of ours: only a message that was sent already, or
	one for a trade that doesn't exist, can be slipped in. how: replay or unknown_trade.
	"""
	outbox = app[OUTBOX]
	box = outbox.get_box(shop.app_key)
	if how not in ("replay", "unknown_trade"):
		raise Refusal(
			"bad_forgery", f"{how}: Taobao's socket carries no signature; use replay or unknown_trade"
		)
	if not box.sockets:
		raise Refusal("no_socket", "no client is connected")
	orders = world.books[shop.shop_id].modified.rows
	if how == "replay" and not orders:
		raise Refusal("no_order", "nothing was ever sent")
	tid = orders[-1][2].order_no if how == "replay" else "4118999999999999999"
	content = json.dumps({"tid": int(tid), "oid": int(tid), "status": "TRADE_FINISHED", "payment": "0.01"})
	number = FIRST_ID + (world.last_event if how == "replay" else 10**15)
	message = Message(number, "taobao_trade_TradeSuccess", content, shop, world.clock.now())
	await box.sockets[-1].send(message)
	return {"sent": True, "how": how, "message_id": str(number)}
