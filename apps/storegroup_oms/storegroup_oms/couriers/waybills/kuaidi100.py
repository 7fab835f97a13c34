"""Kuaidi100's label orders. Source: the vendor's own samples and api.kuaidi100.com."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import requests

from ...connectors.base import get_base_url
from ...connectors.errors import (
	ConnectorError,
	CredentialError,
	RateLimitedError,
	RefusedError,
	RemoteNotFoundError,
	RetryableError,
	SignatureError,
)
from ...connectors.http import Transport, parse_json
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

HOST, PATH = "https://api.kuaidi100.com", "/label/order"
# UNCONFIRMED: numbers seen at the vendor's other interfaces; 503 is a wrong signature there.
SIGNATURE, NO_ACCESS = ("503",), ("600", "601")
RETRYABLE = ("500", "502")
LIMITED = ("509",)


def sign(param: str, timestamp: str, key: str, secret: str) -> str:
	"""Upper hex MD5 over the exact text of `param`; the method isn't signed."""
	return hashlib.md5(f"{param}{timestamp}{key}{secret}".encode()).hexdigest().upper()


class Kuaidi100Service(WaybillService):
	"""Numbers of couriers' own accounts through Kuaidi100; one parcel a call.

	UNCONFIRMED: that an `orderId` asked for again gives the number it got before, as the vendor wants them unique.
	"""

	provider = "Kuaidi100"

	def __init__(self, access: Access, transport: Transport, now: Callable[[], datetime]) -> None:
		self.access = access
		self.transport = transport
		self.now = now

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			return {
				one.wire_id: _read_issued(self._call("order", _write(one, contract, sender))) for one in batch
			}

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			self._call(
				"cancel",
				{
					**_write_contract(contract),
					"kuaidinum": number,
					"orderId": make_wire_id(request_id),
					"reason": "取消发货",
				},
			)
		except RemoteNotFoundError:
			return

	def get_balance(self, contract: Contract) -> int | None:
		"""Not told. Giving back a number that nobody has proves key and secret."""
		self.cancel(contract, "0", "PROBE")
		return None

	def _call(self, method: str, param: dict[str, Any]) -> dict[str, Any]:
		"""`data` of the answer."""
		text = json.dumps(param, ensure_ascii=False, separators=(",", ":"))

		def build() -> requests.Request:
			stamp = str(int(self.now().timestamp() * 1000))
			form = {
				"method": method,
				"key": self.access.app_key,
				"t": stamp,
				"param": text,
				"sign": sign(text, stamp, self.access.app_key, self.access.app_secret),
			}
			return requests.Request("POST", get_base_url(self.access.gateway_url, HOST, PATH), data=form)

		return self.transport.call(f"kuaidi100.label.{method}", build, _read_answer)


def _read_answer(response: requests.Response) -> dict[str, Any]:
	answer = parse_json(response)
	if not isinstance(answer, dict) or ("success" not in answer and "result" not in answer):
		raise RetryableError("broken_answer", "The answer holds neither a result nor an error.")
	if answer.get("success", answer.get("result")) is True:
		return get_object(answer, "data")
	code = get_text(answer, "code") or get_text(answer, "returnCode") or "unknown"
	message = get_text(answer, "message")
	if code in SIGNATURE:
		raise SignatureError(code, message)
	if code in NO_ACCESS:
		raise CredentialError(code, message, can_refresh=False)
	if code in LIMITED:
		raise RateLimitedError(code, message)
	if code in RETRYABLE:
		raise RetryableError(code, message)
	raise (RemoteNotFoundError if ABSENT.search(message) else RefusedError)(code, message)


def _write(request: Request, contract: Contract, sender: Party) -> dict[str, Any]:
	return {
		**_write_contract(contract),
		"printType": "NON",
		"orderId": request.wire_id,
		"thirdOrderId": request.order_nos[0] if request.order_nos else request.wire_id,
		"recMan": _write_party(request.receiver),
		"sendMan": _write_party(sender),
		"cargo": "、".join(name for name, _count in request.items)[:100] or "商品",
		"count": 1,
		"weight": round(request.weight_g / 1000, 3) or 1,
		"payType": "MONTHLY" if contract.customer_code else "SHIPPER",
		"needSubscribe": False,
	}


def _write_contract(contract: Contract) -> dict[str, str]:
	row = {
		"kuaidicom": contract.code,
		"partnerId": contract.customer_code,
		"partnerKey": contract.customer_password,
		"net": contract.branch_code,
	}
	return {name: text for name, text in row.items() if text}


def _write_party(party: Party) -> dict[str, str]:
	return {
		"name": party.name,
		"mobile": party.mobile,
		"printAddr": party.province + party.city + party.district + party.town + party.address,
	}


def _read_issued(data: dict[str, Any]) -> Issued:
	return Issued(
		get_text(data, "kuaidinum"),
		Routing(
			routing_code=get_text(data, "bulkpen"),
			big_pen=get_text(data, "destName") or get_text(data, "bulkpen"),
			centre_code=get_text(data, "pkgCode"),
			centre_name=get_text(data, "pkgName"),
			origin_code=get_text(data, "orgCode"),
			origin_name=get_text(data, "orgName"),
			destination_code=get_text(data, "destCode"),
			destination_name=get_text(data, "destName"),
		),
	)
