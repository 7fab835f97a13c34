"""JD's electronic waybills (alpha) for couriers other than JD's own. Source: open.jd.com, the pages of jingdong.ldop.alpha.

UNCONFIRMED beyond two SDKs: the numbers of `statusCode`, and that a vendor's order code asked for again gives the
number it got before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ...connectors.errors import ConnectorError, RefusedError, RemoteNotFoundError, RetryableError
from ...connectors.jd.client import JDClient
from .base import (
	Answer,
	Contract,
	Issued,
	Party,
	Request,
	Routing,
	WaybillService,
	ask_each,
	get_list,
	get_number,
	get_object,
	get_text,
)

JD_SHOPS, OTHERS = "0010001", "0030001"
MEMBER = "resultInfo"
_ABSENT = re.compile(r"不存在|未绑定|已解绑|not[-_ ]?(?:exist|found)", re.IGNORECASE)


class JDService(WaybillService):
	"""Numbers of the account that the JD shop has with its couriers; one parcel a call."""

	provider = "JD"

	def __init__(self, client: JDClient) -> None:
		self.client = client

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		def ask(batch: Sequence[Request]) -> dict[str, Issued | ConnectorError]:
			found: dict[str, Issued | ConnectorError] = {}
			for request in batch:
				content = json.dumps(self._write_content(request, contract, sender), ensure_ascii=False)
				data = self._call("jingdong.ldop.alpha.waybill.receive", content=content)
				numbers = get_list(data, "waybillCodeList")
				if numbers and isinstance(numbers[0], str):
					found[request.wire_id] = Issued(numbers[0], self._get_routing(contract, numbers[0]))
			return found

		return ask_each(ask, requests)

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		try:
			self._call(
				"jingdong.ldop.alpha.waybill.api.unbind",
				waybillCode=number,
				providerCode=contract.code,
				providerId=_to_number(contract.numeric_code),
			)
		except RemoteNotFoundError:
			return

	def get_balance(self, contract: Contract) -> int | None:
		result = self.client.call(
			"jingdong.ldop.alpha.vendor.stock.queryByProviderCode",
			MEMBER,
			providerCode=contract.code,
			vendorCode=self.client.account.platform_shop_id,
		)
		_check(result)
		return sum(get_number(row, "amount") or 0 for row in get_list(result, "data"))

	def _get_routing(self, contract: Contract, number: str) -> Routing:
		"""What stands on the label; a number without it is still a number."""
		try:
			data = self._call(
				"jingdong.ldop.alpha.vendor.bigshot.query",
				waybillCode=number,
				providerCode=contract.code,
				providerId=_to_number(contract.numeric_code),
			)
		except ConnectorError:
			return Routing()
		codes = [get_text(data, name) for name in ("bigShotCode", "secondSectionCode", "thirdSectionCode")]
		return Routing(
			routing_code="-".join(filter(None, codes)),
			big_pen=get_text(data, "bigShotName"),
			centre_code=get_text(data, "gatherCenterCode"),
			centre_name=get_text(data, "gatherCenterName"),
			destination_code=get_text(data, "branchCode"),
			destination_name=get_text(data, "branchName"),
		)

	def _write_content(self, request: Request, contract: Contract, sender: Party) -> dict[str, Any]:
		owner = self.client.account
		return {
			"waybillType": 1,
			"waybillCount": 1,
			"providerId": _to_number(contract.numeric_code),
			"providerCode": contract.code,
			"branchCode": contract.branch_code,
			"settlementCode": contract.customer_code,
			"salePlatform": JD_SHOPS if request.platform == "JD" else OTHERS,
			"platformOrderNo": request.order_nos[0] if request.order_nos else request.wire_id,
			"vendorCode": owner.platform_shop_id,
			"vendorName": owner.shop,
			"vendorOrderCode": request.wire_id,
			"fromAddress": _write_address(sender),
			"toAddress": _write_address(request.receiver),
			"weight": request.weight_g / 1000,
			"volume": 0,
			"promiseTimeType": 0,
			"payType": 0,
			"goodsMoney": 0,
			"shouldPayMoney": 0,
			"needGuarantee": False,
			"guaranteeMoney": 0,
			"receiveTimeType": 0,
		}

	def _call(self, method: str, **params: str | int) -> dict[str, Any]:
		result = self.client.call(method, MEMBER, **params)
		_check(result)
		return get_object(result, "data")


def _check(result: Any) -> None:
	code = get_text(result, "statusCode")
	if code == "0":
		return
	message = get_text(result, "statusMessage")
	if not code:
		raise RetryableError("broken_answer", "The answer holds no status.")
	raise (RemoteNotFoundError if _ABSENT.search(message) else RefusedError)(code, message)


def _write_address(party: Party) -> dict[str, str]:
	"""`country` for a county is JD's own word."""
	return {
		"provinceName": party.province,
		"cityName": party.city,
		"countryName": party.district,
		"countrysideName": party.town,
		"address": party.province + party.city + party.district + party.town + party.address,
		"contact": party.name,
		"phone": party.mobile,
		"mobile": party.mobile,
	}


def _to_number(text: str) -> int:
	return int(text) if text.isascii() and text.isdigit() else 0
