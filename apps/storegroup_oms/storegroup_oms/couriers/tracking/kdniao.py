"""KDNiao: query, subscription and push. Pure."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from storegroup_oms.connectors.errors import CredentialError, MappingError, RefusedError, SignatureError
from storegroup_oms.connectors.http import Transport, parse_json
from storegroup_oms.couriers.kdniao_form import make_form, sign
from storegroup_oms.couriers.tracking.base import (
	MOMENT,
	PLACE_LENGTH,
	TEXT_LENGTH,
	Scan,
	Trace,
	clean,
	read_moment,
)

GATEWAY = "https://api.kdniao.com"
QUERY, SUBSCRIBE = "8001", "1008"
PUSHES = ("101", "102")
# `Action` of a line, and the trace's `StateEx`.
HINTS = {
	"1": "Picked Up",
	"2": "In Transit",
	"201": "Arrived",
	"202": "Out for Delivery",
	"204": "Arrived",
	"205": "Departed",
	"206": "Out for Delivery",
	"211": "Out for Delivery",
	"3": "Delivered",
	"301": "Delivered",
	"302": "Delivered",
	"304": "Delivered",
	"311": "Delivered",
	"10": "Accepted",
	"6": "Customs",
	"601": "Customs",
	"602": "Customs",
	"603": "Customs",
	"604": "Customs",
}
BAD_KEY = ("验证", "签名", "非法", "商户", "账号")


def make_answer(business_id: str, now: datetime, reason: str = "") -> dict:
	"""What a push is answered with; a reason means that it was not taken."""
	return {
		"EBusinessID": business_id,
		"UpdateTime": now.strftime(MOMENT),
		"Success": not reason,
		"Reason": reason,
	}


class KDNiaoClient:
	"""Speaks for one account. `customer` is the EBusinessID, `key` the AppKey."""

	def __init__(self, customer: str, key: str, transport: Transport, gateway_url: str = "") -> None:
		self.customer = customer
		self.key = key
		self.transport = transport
		self.gateway = (gateway_url or GATEWAY).rstrip("/")

	def query(self, company: str, waybill_no: str, phone_tail: str = "") -> Trace:
		data = {
			"OrderCode": "",
			"ShipperCode": company,
			"LogisticCode": waybill_no,
			"CustomerName": phone_tail,
		}
		answer = self._call(QUERY, "/Ebusiness/EbusinessOrderHandle.aspx", data)
		if not answer.get("Success"):
			_refuse(answer, takes_nothing=True)
			return Trace(company, waybill_no)
		return read_reply(answer, company, waybill_no)

	def subscribe(
		self, company: str, waybill_no: str, callback_url: str, salt: str = "", phone_tail: str = ""
	) -> None:
		"""`callback_url` and `salt` stand in the account at the vendor's and are not sent."""
		data = {"ShipperCode": company, "LogisticCode": waybill_no, "CustomerName": phone_tail}
		answer = self._call(SUBSCRIBE, "/api/dist", data)
		if not answer.get("Success") and "重复" not in str(answer.get("Reason")):
			_refuse(answer)

	def _call(self, request_type: str, path: str, data: Mapping[str, str]) -> Mapping[str, Any]:
		form = make_form(request_type, data, self.customer, self.key)
		request = requests.Request("POST", self.gateway + path, data=form)
		return self.transport.call(request_type, lambda: request, parse_json)


def _refuse(answer: Mapping[str, Any], takes_nothing: bool = False) -> None:
	reason = clean(answer.get("Reason"), TEXT_LENGTH)
	if takes_nothing and (str(answer.get("State")) == "0" or "无轨迹" in reason or "无物流" in reason):
		return
	error = CredentialError if any(word in reason for word in BAD_KEY) else RefusedError
	raise error("refused", reason)


def read_reply(reply: Mapping[str, Any], company: str = "", waybill_no: str = "") -> Trace:
	"""The trace of a query's reply or of one row of a push. Raises MappingError."""
	rows = reply.get("Traces") or []
	if not isinstance(rows, list):
		raise MappingError("field_invalid", "Traces", type(rows).__name__)
	return Trace(
		company=company or str(reply.get("ShipperCode") or ""),
		waybill_no=waybill_no or str(reply.get("LogisticCode") or ""),
		scans=tuple(_read_scan(row, f"Traces[{index}]") for index, row in enumerate(rows)),
	)


def _read_scan(row: object, path: str) -> Scan:
	if not isinstance(row, Mapping):
		raise MappingError("field_invalid", path, type(row).__name__)
	return Scan(
		occurred_at=read_moment(row.get("AcceptTime"), f"{path}.AcceptTime"),
		text=clean(row.get("AcceptStation"), TEXT_LENGTH),
		place=clean(row.get("Location"), PLACE_LENGTH),
		hint=HINTS.get(str(row.get("Action") or ""), ""),
	)


def read_push(form: Mapping[str, str], key: str) -> list[Trace]:
	"""The traces of a push, which may tell of many parcels.

	Raises SignatureError for a wrong or missing signature and MappingError for an unreadable body.
	"""
	data = form.get("RequestData") or ""
	given = (form.get("DataSign") or "").replace(" ", "+")
	if not key or not hmac.compare_digest(sign(data, key).encode(), given.encode()):
		raise SignatureError("DataSign", "The push is not signed with our key.")
	if form.get("RequestType") not in PUSHES:
		return []
	try:
		rows = json.loads(data)["Data"]
	except (ValueError, KeyError, TypeError) as error:
		raise MappingError("field_invalid", "RequestData", type(error).__name__) from error
	if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
		raise MappingError("field_invalid", "RequestData.Data", type(rows).__name__)
	return [read_reply(row) for row in rows]
