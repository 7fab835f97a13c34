"""Pinduoduo's message socket: JSON text frames. Source: pdd-node-sdk, a public client of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..base import CHINA_TIME, MessageProtocol, PushKind, PushMessage, get_base_url
from ..errors import RetryableError
from .signing import make_socket_digest

HOST = "wss://message-api.pinduoduo.com"
# UNCONFIRMED: topics begin like this; one that begins otherwise is kept and asks for nothing.
KINDS: dict[str, PushKind] = {"pdd_trade_": "order", "pdd_refund_": "refund"}
# What of a message is kept: numbers and states, never names, addresses or texts that people wrote.
KEPT = ("mall_id", "tid", "refund_id", "bill_type", "operation", "refund_fee", "modified")


class PinduoduoMessages(MessageProtocol):
	"""A message is {id, commandType, sendTime, message{type, mallID, content}}; content is JSON once more."""

	heartbeat_s = 30

	def get_url(self) -> str:
		milliseconds = self._tell_time()
		digest = quote(make_socket_digest(self.app_key, milliseconds, self.app_secret), safe="")
		base = self.gateway_url
		if base.startswith("http"):
			base = "ws" + base.removeprefix("http")
		return get_base_url(base, HOST, f"/message/{self.app_key}/{milliseconds}/{digest}")

	def open(self) -> list[bytes | str]:
		"""The address has said everything."""
		return []

	def receive(self, frame: bytes | str) -> tuple[list[PushMessage], list[bytes | str]]:
		"""RetryableError for a broken frame and for `Fail`: the connection is made anew with a fresh address."""
		answer = _read_object(frame)
		command = answer.get("commandType")
		if command == "Fail":
			raise RetryableError("socket_fail", "The platform refused a frame or the connection.")
		if command != "Common":
			return [], []
		return [_read_message(answer)], []

	def confirm(self, message: PushMessage) -> str:
		return self._write(
			"Ack",
			id=message.payload.get("id", message.message_id),
			type=message.topic,
			mallID=message.payload.get("mallID", message.shop_keys[0] if message.shop_keys else ""),
		)

	def beat(self) -> list[bytes | str]:
		return [self._write("HeartBeat", id=self._tell_time())]

	def _write(self, command: str, **fields: object) -> str:
		milliseconds = self._tell_time()
		frame = {"commandType": command, "time": milliseconds, "sendTime": milliseconds, **fields}
		return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))

	def _tell_time(self) -> int:
		return int(self.now().timestamp() * 1000)


def _read_message(frame: Mapping[str, Any]) -> PushMessage:
	message = frame.get("message")
	if not isinstance(message, Mapping) or frame.get("id") in (None, ""):
		raise RetryableError("broken_frame", "A message without a number or content.")
	topic = str(message.get("type") or "")
	content = _read_content(message.get("content"))
	kind = next((kind for start, kind in KINDS.items() if topic.startswith(start)), "other")
	mall = message.get("mallID") or content.get("mall_id") or ""
	return PushMessage(
		message_id=str(frame["id"]),
		topic=topic,
		kind=kind,
		shop_keys=(str(mall),) if mall else (),
		order_no=str(content.get("tid") or content.get("order_sn") or ""),
		refund_no=str(content.get("refund_id") or ""),
		sent_at=_read_milliseconds(frame.get("sendTime")),
		payload={
			"id": frame["id"],
			"mallID": message.get("mallID", ""),
			**{name: content[name] for name in KEPT if name in content},
		},
	)


def _read_object(frame: bytes | str) -> Mapping[str, Any]:
	try:
		value = json.loads(frame)
	except ValueError as error:
		raise RetryableError("broken_frame", "A frame is not complete JSON.") from error
	if not isinstance(value, Mapping):
		raise RetryableError("broken_frame", "A frame is no JSON object.")
	return value


def _read_content(text: object) -> Mapping[str, Any]:
	"""The inner object; an empty one when it can't be read, because the message must still be confirmed."""
	if isinstance(text, str):
		try:
			text = json.loads(text)
		except ValueError:
			return {}
	return text if isinstance(text, Mapping) else {}


def _read_milliseconds(value: object) -> datetime | None:
	try:
		return datetime.fromtimestamp(int(str(value)) / 1000, CHINA_TIME)
	except (ValueError, OverflowError, OSError):
		return None
