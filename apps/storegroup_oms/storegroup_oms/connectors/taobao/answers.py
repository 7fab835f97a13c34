"""What an answer of Taobao's gateway means: its content, or one of our errors."""

from __future__ import annotations

import re
from typing import Any

import requests

from ..base import Payload
from ..errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
)
from ..http import parse_json

_BAN = re.compile(r"last for (\d+) more second")
_LIMITED = (4, 5, 6, 7, 8)
_NO_SESSION = (26, 27)
_NO_APP = (28, 29)
_BUSY = 10
_REMOTE = 15
# UNCONFIRMED: the words by which the platform says that a trade, refund or item doesn't exist
_ABSENT = re.compile(r"not[-_ ]?(?:exist|found)", re.IGNORECASE)


def get_root(method: str) -> str:
	"""Where the answer to a method stands: trades_sold_get_response for taobao.trades.sold.get."""
	return method.removeprefix("taobao.").replace(".", "_") + "_response"


def read_answer(method: str, response: requests.Response) -> Payload:
	"""The content of an answer; raises the error that it tells."""
	body = parse_json(response)
	if isinstance(body, dict):
		if isinstance(error := body.get("error_response"), dict):
			raise make_error(error)
		if isinstance(content := body.get(get_root(method)), dict):
			return content
	raise RetryableError("broken_answer", "The answer holds neither a result nor an error.")


def make_error(error: Payload) -> ConnectorError:
	"""The error that an error_response stands for; its code is code or code:sub_code."""
	number = _to_number(error.get("code"))
	sub_code = _to_text(error.get("sub_code"))
	message = _to_text(error.get("sub_msg")) or _to_text(error.get("msg"))
	code = ":".join(filter(None, (_to_text(error.get("code")), sub_code))) or "unknown"
	told = (code, message, _to_text(error.get("request_id")))
	if number in _LIMITED or sub_code.startswith("accesscontrol.limited"):
		ban = _BAN.search(f"{message} {_to_text(error.get('msg'))}")
		return RateLimitedError(*told, retry_after_s=float(ban[1]) if ban else None)
	if number in _NO_SESSION:
		return CredentialError(*told)
	if number in _NO_APP:
		return CredentialError(*told, can_refresh=False)
	if sub_code.startswith("isv."):
		return (RemoteNotFoundError if _ABSENT.search(sub_code) else RefusedError)(*told)
	if sub_code.startswith("isp.") or number in (_BUSY, _REMOTE):
		return RetryableError(*told)
	return RefusedError(*told)


def _to_number(value: Any) -> int | None:
	text = _to_text(value)
	return int(text) if text.isascii() and text.isdigit() else None


def _to_text(value: Any) -> str:
	return str(value) if isinstance(value, str | int) else ""
