"""Kuaidi100's label orders. Source: platforms.md 6.1; the numbers of its refusals are UNCONFIRMED."""

from __future__ import annotations

import hashlib
import json
import secrets
from hmac import compare_digest

from aiohttp import web

from ..answers import fail_transport, read_params, send_json
from ..calls import Calls
from ..faults import BUSINESS, Faults
from ..model import KUAIDI100, Receiver, Refusal
from ..waybills import make_route
from ..world import World

TOLERANCE_S = 600
SUCCESS, FAILED, BUSY, SIGNATURE, LIMITED, BAD_KEY = 200, 400, 500, 503, 509, 601
TEXTS = {BUSY: "服务器错误", SIGNATURE: "验证签名失败", LIMITED: "请求过于频繁", BAD_KEY: "key无效"}


class Labels:
	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.faults = faults
		self.calls = calls

	async def answer(self, request: web.Request) -> web.Response:
		"""One call; always 200 but for injected faults."""
		params = await read_params(request)
		key, api = params.get("key", ""), f"label.{params.get('method', '')}"
		broken = await fail_transport(request, self.faults, KUAIDI100, key, api)
		if broken is not None:
			return broken
		try:
			data = self._call(params, key, api)
			self.calls.accept(KUAIDI100, api)
			payload = {"success": True, "code": SUCCESS, "message": "success", "data": data}
		except Refusal as refusal:
			code = int(refusal.code) if refusal.code.isdigit() else FAILED
			self.calls.refuse(KUAIDI100, api, str(code))
			payload = {"success": False, "code": code, "message": refusal.message, "data": None}
		return send_json(self.faults, KUAIDI100, key, api, payload)

	def _call(self, params: dict[str, str], key: str, api: str) -> dict:
		account = self.world.services.find_account(KUAIDI100, key)
		if account is None:
			raise _refuse(BAD_KEY)
		stamp, text = params.get("t", ""), params.get("param", "")
		if not stamp.isdecimal() or not self.world.clock.is_near(int(stamp) / 1000, TOLERANCE_S):
			raise Refusal(str(FAILED), "时间戳无效")
		expected = hashlib.md5(f"{text}{stamp}{key}{account.secret}".encode()).hexdigest().upper()
		if not compare_digest(expected.encode(), params.get("sign", "").encode()):
			raise _refuse(SIGNATURE)
		rule = self.faults.draw(BUSINESS, KUAIDI100, key, api)
		if rule is not None:
			raise _refuse(LIMITED if rule.kind == "rate_limit" else BUSY)
		try:
			param = json.loads(text)
		except ValueError:
			raise Refusal(str(FAILED), "param 不是 JSON") from None
		if params.get("method") == "order":
			return self._order(key, param)
		if params.get("method") == "cancel":
			self.world.waybills.cancel(
				KUAIDI100, key, str(param.get("kuaidicom", "")), str(param.get("kuaidinum", ""))
			)
			return {}
		raise Refusal(str(FAILED), "method 错误")

	def _order(self, key: str, param: dict) -> dict:
		row = self.world.waybills.issue(
			KUAIDI100,
			key,
			str(param.get("kuaidicom", "")),
			str(param.get("orderId", "")),
			[str(param.get("thirdOrderId", ""))],
			read_receiver(param.get("recMan") or {}),
		)
		if not (param.get("sendMan") or {}).get("printAddr"):
			raise Refusal(str(FAILED), "寄件人地址不能为空")
		route = make_route(row)
		return {
			"taskId": secrets.token_hex(8).upper(),
			"kuaidinum": row.number,
			"childNum": "",
			"returnNum": "",
			"label": "",
			"bulkpen": route["code"],
			"orgCode": route["origin_code"],
			"orgName": route["origin"],
			"destCode": route["site"],
			"destName": route["pen"],
			"pkgCode": route["centre_code"],
			"pkgName": route["centre"],
			"kdComOrderNum": row.request_id,
		}


def read_receiver(person: dict) -> Receiver:
	"""Province and city are found at the beginning of `printAddr`; none where it doesn't tell them."""
	address = str(person.get("printAddr", ""))
	province, city = "", ""
	for end in ("省", "自治区", "市"):
		if end in address[:9]:
			province, rest = address.partition(end)[0] + end, address.partition(end)[2]
			city = (
				rest.partition("市")[0] + "市"
				if "市" in rest[:12]
				else (province if end == "市" else rest[:3])
			)
			break
	return Receiver(
		name=str(person.get("name", "")),
		mobile=str(person.get("mobile", "")),
		province=province,
		city=city,
		district="",
		address=address,
	)


def _refuse(code: int) -> Refusal:
	return Refusal(str(code), TEXTS[code])
