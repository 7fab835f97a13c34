"""Kuaidi100: query, subscription and push. Pure.

Source: the vendor's interface documents; `sign` is an MD5 over the exact text that is sent, so each text is made once.
A query of one number more often than every 30 minutes locks the account.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import requests

from storegroup_oms.connectors.errors import (
	ConnectorError,
	CredentialError,
	MappingError,
	RefusedError,
	RetryableError,
	SignatureError,
)
from storegroup_oms.connectors.http import Transport, parse_json
from storegroup_oms.couriers.tracking.base import (
	PLACE_LENGTH,
	TEXT_LENGTH,
	Scan,
	Trace,
	clean,
	read_moment,
)

GATEWAY = "https://poll.kuaidi100.com"
ALREADY = "501"
ERRORS: dict[str, type[ConnectorError]] = {
	"500": RetryableError,
	"501": RetryableError,
	"502": RetryableError,
	"503": CredentialError,
	"600": CredentialError,
	"601": CredentialError,
}
# The service's numbers, and the words that stand in their place in a line of a trace.
HINTS = {
	"0": "In Transit",
	"1": "Picked Up",
	"3": "Delivered",
	"4": "Returned",
	"5": "Out for Delivery",
	"6": "Returning",
	"7": "In Transit",
	"8": "Customs",
	"10": "Customs",
	"11": "Customs",
	"12": "Customs",
	"14": "Refused",
	"在途": "In Transit",
	"揽收": "Picked Up",
	"签收": "Delivered",
	"退签": "Returned",
	"派件": "Out for Delivery",
	"退回": "Returning",
	"转投": "In Transit",
	"清关": "Customs",
	"拒签": "Refused",
}
OVER = ("shutdown",)
ACCEPTED = {"result": True, "returnCode": "200", "message": "成功"}
REFUSED = {"result": False, "returnCode": "503", "message": "签名错误"}
FAILED = {"result": False, "returnCode": "500", "message": "服务器错误"}


def sign_query(param: str, key: str, customer: str) -> str:
	"""`sign` of a query."""
	return _md5(param + key + customer)


def sign_push(param: str, salt: str) -> str:
	"""`sign` of a push to us."""
	return _md5(param + salt)


def _md5(text: str) -> str:
	return hashlib.md5(text.encode()).hexdigest().upper()


def _dump(value: object) -> str:
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Kuaidi100Client:
	"""Speaks for one account. `customer` is the account's number, `key` its authorisation key."""

	def __init__(self, customer: str, key: str, transport: Transport, gateway_url: str = "") -> None:
		self.customer = customer
		self.key = key
		self.transport = transport
		self.gateway = (gateway_url or GATEWAY).rstrip("/")

	def query(self, company: str, waybill_no: str, phone_tail: str = "") -> Trace:
		param = _dump(
			{"com": company, "num": waybill_no, "phone": phone_tail, "resultv2": "4", "order": "asc"}
		)
		form = {
			"customer": self.customer,
			"sign": sign_query(param, self.key, self.customer),
			"param": param,
		}
		request = requests.Request("POST", f"{self.gateway}/poll/query.do", data=form)
		return self.transport.call(
			"poll/query.do", lambda: request, lambda response: _read_query(response, company, waybill_no)
		)

	def subscribe(
		self, company: str, waybill_no: str, callback_url: str, salt: str = "", phone_tail: str = ""
	) -> None:
		parameters = {"callbackurl": callback_url, "salt": salt, "resultv2": "4", "phone": phone_tail}
		param = {"company": company, "number": waybill_no, "key": self.key, "parameters": parameters}
		form = {"schema": "json", "param": _dump(param)}
		request = requests.Request("POST", f"{self.gateway}/poll", data=form)
		self.transport.call("poll", lambda: request, _read_subscription)


def _read_subscription(response: requests.Response) -> None:
	answer = parse_json(response)
	code = str(answer.get("returnCode", ""))
	if answer.get("result") is True or code in ("200", ALREADY):
		return
	raise ERRORS.get(code, RefusedError)(code, clean(answer.get("message"), TEXT_LENGTH))


def _read_query(response: requests.Response, company: str, waybill_no: str) -> Trace:
	answer = parse_json(response)
	if answer.get("result") is False:
		code, message = str(answer.get("returnCode", "")), clean(answer.get("message"), TEXT_LENGTH)
		if "无结果" in message:
			return Trace(company, waybill_no)
		raise ERRORS.get(code, RefusedError)(code, message)
	return read_result(answer, company, waybill_no)


def read_result(result: Mapping[str, Any], company: str = "", waybill_no: str = "") -> Trace:
	"""The trace of a query's reply or a push's `lastResult`. Raises MappingError."""
	rows = result.get("data") or []
	if not isinstance(rows, list):
		raise MappingError("field_invalid", "data", type(rows).__name__)
	scans = tuple(_read_scan(row, f"data[{index}]") for index, row in enumerate(rows))
	return Trace(
		company=company or str(result.get("com") or ""),
		waybill_no=waybill_no or str(result.get("nu") or ""),
		scans=scans,
	)


def _read_scan(row: object, path: str) -> Scan:
	if not isinstance(row, Mapping):
		raise MappingError("field_invalid", path, type(row).__name__)
	code = str(row.get("statusCode") or "")
	return Scan(
		occurred_at=read_moment(row.get("ftime") or row.get("time"), f"{path}.time"),
		text=clean(row.get("context"), TEXT_LENGTH),
		place=clean(row.get("location") or row.get("areaName"), PLACE_LENGTH),
		hint=HINTS.get(code) or HINTS.get(str(row.get("status") or ""), ""),
	)


def read_push(form: Mapping[str, str], salt: str) -> list[Trace]:
	"""The traces of a push; of a parcel that was handed on, the second courier's scans belong to the same waybill.

	Raises SignatureError for a wrong or missing signature (also when we keep no salt: nothing could be told from a
	forgery) and MappingError for an unreadable body.
	"""
	param = form.get("param") or ""
	wanted = sign_push(param, salt)
	if not salt or not hmac.compare_digest(wanted.encode(), (form.get("sign") or "").upper().encode()):
		raise SignatureError("sign", "The push is not signed with our salt.")
	try:
		body = json.loads(param)
		last = body["lastResult"]
		status = str(body.get("status") or "")
	except (ValueError, KeyError, TypeError, AttributeError) as error:
		raise MappingError("field_invalid", "param", type(error).__name__) from error
	if not isinstance(last, Mapping):
		raise MappingError("field_invalid", "param.lastResult", type(last).__name__)
	trace = read_result(last)
	further = body.get("destResult")
	more = read_result(further).scans if isinstance(further, Mapping) else ()
	return [
		Trace(trace.company, trace.waybill_no, trace.scans + more, status in OVER, gave_up=status == "abort")
	]
