"""Taobao's message service (TMC): the talk on its socket. Source: PyPI tmcpy, run by us; topics of TOP.

Messages are not signed; the signed connection is what makes them trustworthy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..base import CHINA_TIME, MessageProtocol, PushKind, PushMessage
from ..errors import CredentialError, RetryableError
from .frames import CONNECT, CONNECT_ACK, DATA, REPLY, Frame, FrameError, decode, encode
from .signing import sign_connection

HOST = "ws://mc.api.taobao.com"  # wss is UNCONFIRMED
GROUP = "default"
ASK, CONFIRM = 1, 2
_FLAG = 1
# What of a message's content is kept; the buyer's nick is not.
_KEPT = (
	"tid",
	"oid",
	"refund_id",
	"status",
	"type",
	"payment",
	"post_fee",
	"refund_fee",
	"seller_nick",
	"modified",
)
# UNCONFIRMED: the names under which a message tells whose shop it is about
_OWNERS = ("seller_nick", "nick", "user_nick", "userid", "user_id", "publisher_user_id", "shop_id")


class TaobaoMessages(MessageProtocol):
	"""The talk for one app key; messages of all shops that permitted the app arrive on it."""

	heartbeat_s = 30

	def __init__(self, *args: Any, **kwargs: Any) -> None:
		super().__init__(*args, **kwargs)
		self.token: str | None = None

	def get_url(self) -> str:
		base = self.gateway_url or HOST
		for web, socket in (("https://", "wss://"), ("http://", "ws://")):
			if base.startswith(web):
				base = socket + base.removeprefix(web)
		return base.removesuffix("/router/rest").rstrip("/") + "/"

	def open(self) -> list[bytes | str]:
		timestamp_ms = str(int(self.now().timestamp() * 1000))
		headers = {
			"timestamp": timestamp_ms,
			"app_key": self.app_key,
			"sdk": "storegroup-oms",
			"sign": sign_connection(self.app_key, GROUP, timestamp_ms, self.app_secret),
			"group_name": GROUP,
		}
		self.token = None
		return [encode(Frame(CONNECT, headers, flag=_FLAG))]

	def receive(self, frame: bytes | str) -> tuple[list[PushMessage], list[bytes | str]]:
		"""Messages in a frame. After the connection is accepted, the backlog is asked for at once."""
		try:
			read = decode(frame if isinstance(frame, bytes) else frame.encode())
		except FrameError as error:
			raise RetryableError("broken_frame", str(error)) from None
		if read.kind == CONNECT_ACK:
			return [], self._accept(read)
		if read.kind in (DATA, REPLY) and read.headers.get("id") is not None and read.headers.get("topic"):
			return [make_message(read.headers)], []
		if read.status_code:
			raise RetryableError(str(read.status_code), read.status_phrase or "")
		return [], []

	def _accept(self, frame: Frame) -> list[bytes | str]:
		if not frame.token:
			code = str(frame.status_code) if frame.status_code else "connection_refused"
			raise CredentialError(
				code, frame.status_phrase or "Taobao refused the connection.", can_refresh=False
			)
		self.token = frame.token
		return self.beat()

	def confirm(self, message: PushMessage) -> bytes | str:
		number: int | str = message.message_id
		if number.isascii() and number.isdigit() and int(number) < 2**63:
			number = int(number)
		return encode(Frame(DATA, {"__kind": CONFIRM, "id": number}, token=self.token))

	def beat(self) -> list[bytes | str]:
		return [encode(Frame(DATA, {"__kind": ASK}, token=self.token))]


def make_message(headers: Mapping[str, Any]) -> PushMessage:
	"""The message that a frame's headers tell. A content that can't be read leaves kind "other"."""
	topic = str(headers["topic"])
	content = _read_content(headers.get("content"))
	order_no, refund_no = _to_text(content.get("tid")), _to_text(content.get("refund_id"))
	sources = (content, headers)
	owners = (_to_text(source.get(name)) for source in sources for name in _OWNERS)
	return PushMessage(
		message_id=str(headers["id"]),
		topic=topic,
		kind=_get_kind(topic, order_no, refund_no),
		shop_keys=tuple(dict.fromkeys(filter(None, owners))),
		order_no=order_no,
		refund_no=refund_no,
		sent_at=_read_time(headers.get("time")),
		payload={name: _to_text(content[name]) for name in _KEPT if _to_text(content.get(name))},
	)


def _get_kind(topic: str, order_no: str, refund_no: str) -> PushKind:
	if topic.startswith("taobao_refund_") and (refund_no or order_no):
		return "refund"
	return "order" if topic.startswith("taobao_trade_") and order_no else "other"


def _read_content(content: object) -> Mapping[str, Any]:
	if not isinstance(content, str | bytes):
		return {}
	try:
		read = json.loads(content, parse_float=Decimal)
	except ValueError:
		return {}
	return read if isinstance(read, dict) else {}


def _read_time(value: object) -> datetime | None:
	if isinstance(value, datetime):
		return value
	try:
		return datetime.fromisoformat(str(value)).replace(tzinfo=CHINA_TIME) if value else None
	except ValueError:
		return None


def _to_text(value: object) -> str:
	return str(value) if isinstance(value, str | int | Decimal) else ""
