"""What an answer of JD's gateway means: its content, or one of our errors."""

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

OK = ("0", "00000", "200", "")
_LIMITED = ("2",)
_NO_TOKEN = ("19",)
_NO_APP = ("103",)
# 67 stands for a service behind the gateway that doesn't answer; the number is UNCONFIRMED
_TRY_AGAIN = ("67", "999999", "99999999")
# UNCONFIRMED: business codes and words by which JD says that an order doesn't exist
_ABSENT = re.compile(r"not[-_ ]?(?:exist|found)|不存在", re.IGNORECASE)


def get_root(method: str) -> str:
	"""Where the answer to a method stands; the misspelling is JD's own."""
	return method.replace(".", "_") + "_responce"


def read_answer(method: str, response: requests.Response) -> Payload:
	"""The content of an answer, its business result not yet looked at. Raises the error that it tells."""
	body = parse_json(response)
	if not isinstance(body, dict):
		raise RetryableError("broken_answer", "The answer is no object.")
	if isinstance(error := body.get("error_response"), dict):
		raise make_error(error)
	content = body.get(get_root(method))
	if isinstance(content, dict):
		if to_text(content.get("code")) not in OK:
			raise make_error(content)
		return content
	if "code" in body:
		raise make_error(body)
	raise RetryableError("broken_answer", "The answer holds neither a result nor an error.")


def check_result(result: Payload) -> None:
	"""Raise what the business result of an answer tells, where JD says success false.

	The flag and the code stand in `apiResult` or in the result itself, under several names.
	"""
	told = result.get("apiResult") if isinstance(result.get("apiResult"), dict) else result
	if to_text(told.get("success", "true")).lower() == "true":
		return
	code = to_text(told.get("numberCode")) or to_text(told.get("errorCode")) or "unknown"
	message = to_text(told.get("chineseErrCode")) or to_text(told.get("englishErrCode"))
	if code in _TRY_AGAIN:
		raise RetryableError(code, message)
	texts = f"{message} {to_text(told.get('englishErrCode'))}"
	raise (RemoteNotFoundError if _ABSENT.search(texts) else RefusedError)(code, message)


def make_error(error: Payload) -> ConnectorError:
	"""The error that a code of the gateway stands for."""
	code = to_text(error.get("code")) or "unknown"
	names = ("zh_desc", "en_desc", "errorMessage", "msg")
	message = next(filter(None, (to_text(error.get(name)) for name in names)), "")
	told = (code, message, to_text(error.get("request_id")))
	if code in _LIMITED:
		return RateLimitedError(*told)
	if code in _NO_TOKEN:
		return CredentialError(*told)
	if code in _NO_APP:
		return CredentialError(*told, can_refresh=False)
	if code in _TRY_AGAIN:
		return RetryableError(*told)
	return RefusedError(*told)


def to_text(value: Any) -> str:
	return str(value) if isinstance(value, str | int) else ""
