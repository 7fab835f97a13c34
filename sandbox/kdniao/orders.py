"""KDNiao's electronic waybills: 1007 orders one, 1147 cancels it. Source: platforms.md 6.2; codes but 100 UNCONFIRMED."""

from __future__ import annotations

import json
import secrets
from hmac import compare_digest

from aiohttp import web

from ..answers import fail_transport, read_params, send_json
from ..calls import Calls
from ..couriers.wire import sign_kdniao
from ..faults import BUSINESS, Faults
from ..model import KDNIAO, Receiver, Refusal
from ..waybills import make_route
from ..world import World

ORDER, CANCEL = "1007", "1147"
OK, FAILED, EXISTS = "100", "105", "106"


class WaybillOrders:
	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls

	async def answer(self, request: web.Request) -> web.Response:
		"""One call; always 200 but for injected faults."""
		params = await read_params(request)
		key, api = params.get("EBusinessID", ""), params.get("RequestType", "")
		broken = await fail_transport(request, self.faults, KDNIAO, key, api)
		if broken is not None:
			return broken
		head = {"EBusinessID": key, "UniquerRequestNumber": secrets.token_hex(8)}
		try:
			body = self._call(params, key, api)
			self.calls.accept(KDNIAO, api)
		except Refusal as refusal:
			self.calls.refuse(KDNIAO, api, refusal.code)
			body = {"Success": False, "ResultCode": FAILED, "Reason": refusal.message}
		return send_json(self.faults, KDNIAO, key, api, {**head, **body})

	def _call(self, params: dict[str, str], key: str, api: str) -> dict:
		account = self.world.services.find_account(KDNIAO, key)
		text = params.get("RequestData", "")
		if account is None:
			raise Refusal("business_id", "EBusinessID 不存在")
		if not compare_digest(
			sign_kdniao(text, account.secret).encode(), params.get("DataSign", "").encode()
		):
			raise Refusal("sign", "DataSign 签名错误")
		rule = self.faults.draw(BUSINESS, KDNIAO, key, api)
		if rule is not None:
			raise Refusal(rule.kind, "请求过于频繁" if rule.kind == "rate_limit" else "系统错误，请稍后重试")
		try:
			data = json.loads(text)
		except ValueError:
			raise Refusal("json", "RequestData 不是 JSON") from None
		code = str(data.get("ShipperCode", ""))
		if api == ORDER:
			return self._order(key, code, data)
		if api == CANCEL:
			self.world.waybills.cancel(KDNIAO, key, code, str(data.get("ExpNo", "")))
			return {"Success": True, "ResultCode": OK, "Reason": "成功"}
		raise Refusal("request_type", f"RequestType {api} 不存在")

	def _order(self, key: str, code: str, data: dict) -> dict:
		"""An OrderCode that was asked for before is refused with 106, its number in the answer."""
		person = data.get("Receiver") or {}
		row = self.world.waybills.issue(
			KDNIAO, key, code, str(data.get("OrderCode", "")), [], read_receiver(person)
		)
		route = make_route(row)
		again = row.asked > 1
		return {
			"Success": not again,
			"ResultCode": EXISTS if again else OK,
			"Reason": "订单号已存在" if again else "成功",
			"Order": {
				"OrderCode": row.request_id,
				"ShipperCode": code,
				"LogisticCode": row.number,
				"MarkDestination": route["pen"],
				"OriginCode": route["origin_code"],
				"OriginName": route["origin"],
				"DestinatioCode": route["site"],
				"DestinatioName": route["pen"],
				"SortingCode": route["code"],
				"PackageCode": route["centre_code"],
				"PackageName": route["centre"],
			},
			"SubCount": 0,
		}


def read_receiver(person: dict) -> Receiver:
	names = ("Name", "Mobile", "ProvinceName", "CityName", "ExpAreaName", "Address")
	return Receiver(*(str(person.get(name, "")) for name in names))
