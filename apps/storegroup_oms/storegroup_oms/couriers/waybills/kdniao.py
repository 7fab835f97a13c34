"""KDNiao's electronic waybills (1007) and their cancelling (1147). Source: the vendor's document and three SDKs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import requests

from ...connectors.base import get_base_url
from ...connectors.errors import (
	ConnectorError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
	SignatureError,
)
from ...connectors.http import Transport, parse_json
from ..kdniao_form import make_form
from .access import Access
from .base import (
	ABSENT,
	Answer,
	Contract,
	Issued,
	Party,
	Request,
	Routing,
	WaybillService,
	ask_each,
	get_object,
	get_text,
	make_wire_id,
)

HOST, PATH = "https://api.kdniao.com", "/api/EOrderService"
ORDER, CANCEL = "1007", "1147"
SENDER_PAYS, MONTHLY = 1, 3
OK = "100"
# UNCONFIRMED: an OrderCode that was asked for before; the number stands in the answer.
EXISTS = ("105", "106")
# UNCONFIRMED: the vendor tells of signatures, load and faults by words.
_SIGNATURE = re.compile(r"签名|DataSign|数据验证|非法请求|EBusinessID", re.IGNORECASE)
_LIMITED = re.compile(r"频繁|超过.*次数|限流")
_FAULT = re.compile(r"系统(?:错误|异常|繁忙)|稍后")


class KDNiaoService(WaybillService):
	"""Numbers of couriers' own accounts through KDNiao; one parcel a call."""

	provider = "KDNiao"

	def __init__(self, access: Access, transport: Transport) -> None:
		self.access = access
		self.transport = transport

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			return {
				one.wire_id: _read_issued(self._call(ORDER, _write(one, contract, sender))) for one in batch
			}

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			self._call(
				CANCEL,
				{
					"ShipperCode": contract.code,
					"OrderCode": make_wire_id(request_id),
					"ExpNo": number,
					"CustomerName": contract.customer_code,
					"CustomerPwd": contract.customer_password,
				},
			)
		except RemoteNotFoundError:
			return

	def get_balance(self, contract: Contract) -> int | None:
		"""Not told. Giving back a number that nobody has proves the account and its key."""
		self.cancel(contract, "0", "PROBE")
		return None

	def _call(self, request_type: str, data: dict[str, Any]) -> dict[str, Any]:
		form = make_form(request_type, data, self.access.app_key, self.access.app_secret)

		def build() -> requests.Request:
			return requests.Request("POST", get_base_url(self.access.gateway_url, HOST, PATH), data=form)

		return self.transport.call(f"kdniao.{request_type}", build, _read_answer)


def _read_answer(response: requests.Response) -> dict[str, Any]:
	answer = parse_json(response)
	if not isinstance(answer, dict) or "Success" not in answer:
		raise RetryableError("broken_answer", "The answer holds neither a result nor an error.")
	code, reason = get_text(answer, "ResultCode") or "unknown", get_text(answer, "Reason")
	number = get_text(get_object(answer, "Order"), "LogisticCode")
	if answer.get("Success") is True or (code in EXISTS and number):
		return answer
	if _SIGNATURE.search(reason):
		raise SignatureError(code, reason)
	if _LIMITED.search(reason):
		raise RateLimitedError(code, reason)
	if _FAULT.search(reason):
		raise RetryableError(code, reason)
	raise (RemoteNotFoundError if ABSENT.search(reason) else RefusedError)(code, reason)


def _write(request: Request, contract: Contract, sender: Party) -> dict[str, Any]:
	row = {
		"OrderCode": request.wire_id,
		"ShipperCode": contract.code,
		"CustomerName": contract.customer_code,
		"CustomerPwd": contract.customer_password,
		"SendSite": contract.branch_code,
		"MonthCode": contract.customer_code,
		"PayType": MONTHLY if contract.customer_code else SENDER_PAYS,
		"ExpType": 1,
		"Sender": _write_party(sender),
		"Receiver": _write_party(request.receiver),
		"Commodity": [{"GoodsName": name, "Goodsquantity": count} for name, count in request.items]
		or [{"GoodsName": "商品", "Goodsquantity": 1}],
		"Quantity": 1,
		"Weight": round(request.weight_g / 1000, 3) or 1,
		"IsNotice": 1,
		"IsReturnPrintTemplate": "0",
	}
	return {name: value for name, value in row.items() if value != ""}


def _write_party(party: Party) -> dict[str, str]:
	return {
		"Name": party.name,
		"Mobile": party.mobile,
		"ProvinceName": party.province,
		"CityName": party.city,
		"ExpAreaName": party.district,
		"Address": party.town + party.address,
	}


def _read_issued(answer: dict[str, Any]) -> Issued:
	"""The misspelt names are the vendor's."""
	order = get_object(answer, "Order")
	return Issued(
		get_text(order, "LogisticCode"),
		Routing(
			routing_code=get_text(order, "SortingCode"),
			big_pen=get_text(order, "MarkDestination"),
			centre_code=get_text(order, "PackageCode"),
			centre_name=get_text(order, "PackageName"),
			origin_code=get_text(order, "OriginCode"),
			origin_name=get_text(order, "OriginName"),
			destination_code=get_text(order, "DestinatioCode"),
			destination_name=get_text(order, "DestinatioName"),
		),
	)
