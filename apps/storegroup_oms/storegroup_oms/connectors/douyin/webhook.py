"""Douyin's pushed messages: verified over the raw bytes, then read. Source: the vendor's Go SDK."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..base import PushKind, PushMessage
from ..errors import SignatureError
from .signing import make_event_sign

TAGS: MappingProxyType[str, PushKind] = MappingProxyType(
	{
		"100": "order",  # created
		"101": "order",  # paid
		"102": "order",  # shipped
		"103": "order",  # completed
		"104": "order",  # logistics changed
		"105": "order",  # address changed
		"106": "order",  # cancelled
		"108": "order",  # partly shipped
		"109": "order",  # amount changed
		"110": "order",  # paid, pending
		"200": "refund",  # created
		"201": "refund",  # agreed
		"206": "refund",  # done
		"207": "refund",  # closed
	}
)
# What of a message is kept: numbers, states and amounts, never names, addresses or texts that people wrote.
KEPT = (
	"p_id",
	"s_ids",
	"shop_id",
	"aftersale_id",
	"aftersale_status",
	"aftersale_type",
	"order_status",
	"order_type",
	"biz",
	"pay_amount",
	"pay_time",
	"refund_amount",
	"update_time",
)
REFUND_KEYS = ("aftersale_id", "after_sale_id")  # UNCONFIRMED which


def read_webhook(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> list[PushMessage]:
	"""The messages of one POST. `headers` have lower-case names; `secrets` is {app key: app secret}.

	A message whose data can't be read is kept as `other`. Raises SignatureError: no or a wrong signature,
	an app that isn't ours, or a body that is no list of messages.
	"""
	app_key = headers.get("app-id", "")
	given = headers.get("event-sign", "")
	secret = secrets.get(app_key, "")
	expected = make_event_sign(app_key, body, secret)
	# Compared as bytes: text with other than ASCII signs would raise TypeError.
	is_signed = hmac.compare_digest(given.encode(errors="replace"), expected.encode())
	if not (secret and given and is_signed):
		raise SignatureError("event_sign", "The message is not signed by an app of ours.")
	try:
		entries = json.loads(body)
	except ValueError as error:
		raise SignatureError("event_body", "The message's body is no JSON.") from error
	if not isinstance(entries, list):
		raise SignatureError("event_body", "The message's body is no list.")
	return [_read_message(entry) for entry in entries if isinstance(entry, Mapping)]


def _read_message(entry: Mapping[str, Any]) -> PushMessage:
	tag = str(entry.get("tag") or "")
	data = _read_data(entry.get("data"))
	kind = TAGS.get(tag, "other") if data else "other"
	shop = _write_id(data.get("shop_id"))
	refund_no = next((number for name in REFUND_KEYS if (number := _write_id(data.get(name)))), "")
	return PushMessage(
		message_id=_write_id(entry.get("msg_id")) or _make_id(entry),
		topic=tag,
		kind=kind,
		shop_keys=(shop,) if shop else (),
		order_no=_write_id(data.get("p_id")),
		refund_no=refund_no,
		payload={name: data[name] for name in KEPT if name in data},
	)


def _read_data(value: object) -> Mapping[str, Any]:
	"""`data` is JSON once more, or an object; anything else (the test message's date) reads as none."""
	if isinstance(value, str):
		try:
			value = json.loads(value)
		except ValueError:
			return {}
	return value if isinstance(value, Mapping) else {}


def _write_id(value: object) -> str:
	"""Ids come as numbers of up to 64 bits, exactly, or as texts."""
	if isinstance(value, bool) or not isinstance(value, str | int):
		return ""
	return str(value) if value else ""


def _make_id(entry: Mapping[str, Any]) -> str:
	"""A number for a message without one: the same for the same content."""
	text = json.dumps(entry, sort_keys=True, default=str)
	return hashlib.sha256(text.encode()).hexdigest()[:40]
