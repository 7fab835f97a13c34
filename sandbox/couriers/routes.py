"""The doors of Kuaidi100 and KDNiao, their pushes, and the control of parcels."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from ..answers import fail_transport, read_params, send_json
from ..calls import Calls
from ..clock import format_time
from ..faults import Faults
from .parcels import Follower, Parcel, ParcelWorld
from .wire import digest, make_push, make_reply, make_result, sign_kdniao

RETRIES = 3
RETRY_S = 1800.0
EVERY_S = 0.2
TIMEOUT_S = 10
Handler = Callable[[dict[str, str]], dict]


def add_routes(app: web.Application, parcels: ParcelWorld, faults: Faults, calls: Calls) -> None:
	"""Serve both services on their own paths."""
	doors = Doors(parcels)
	for path, provider, handler in (
		("/poll/query.do", "Kuaidi100", doors.query_kuaidi100),
		("/poll", "Kuaidi100", doors.subscribe_kuaidi100),
		("/Ebusiness/EbusinessOrderHandle.aspx", "KDNiao", doors.query_kdniao),
		("/api/dist", "KDNiao", doors.subscribe_kdniao),
	):
		app.router.add_post(path, _serve(faults, provider, path, handler))


def _serve(
	faults: Faults, provider: str, path: str, handler: Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
	async def serve(request: web.Request) -> web.StreamResponse:
		broken = await fail_transport(request, faults, provider, "", path)
		if broken is not None:
			return broken
		return send_json(faults, provider, "", path, handler(await read_params(request)))

	return serve


class Doors:
	"""Each method answers the form of one call."""

	def __init__(self, parcels: ParcelWorld) -> None:
		self.parcels = parcels

	def query_kuaidi100(self, form: dict[str, str]) -> dict:
		account = self.parcels.accounts["Kuaidi100"]
		text = form.get("param", "")
		wanted = digest(text + account.key + account.customer).upper()
		if form.get("customer") != account.customer or not _equal(wanted, form.get("sign", "")):
			return _fail("503", "验证签名失败")
		try:
			param = json.loads(text)
			company, number = param["com"], param["num"]
		except (ValueError, KeyError, TypeError):
			return _fail("400", "参数错误")
		if not 6 <= len(number) <= 32:
			return _fail("408", "快递单号错误")
		return make_result(self.parcels.add(company, number), self.parcels.clock.now())

	def subscribe_kuaidi100(self, form: dict[str, str]) -> dict:
		try:
			param = json.loads(form.get("param", ""))
			company, number, extra = param["company"], param["number"], param["parameters"]
			url = extra["callbackurl"]
		except (ValueError, KeyError, TypeError):
			return _fail("500", "订阅请求格式不正确")
		if param.get("key") != self.parcels.accounts["Kuaidi100"].key:
			return _fail("600", "您不是合法的订阅者")
		if not (company and 6 <= len(number) <= 32 and is_local(url)):
			return _fail("700", "订阅方的订阅数据存在错误")
		follower = Follower("Kuaidi100", url, extra.get("salt") or "")
		if not self.parcels.follow(self.parcels.add(company, number), follower):
			return _fail("501", "重复订阅")
		return {"result": True, "returnCode": "200", "message": "提交成功"}

	def query_kdniao(self, form: dict[str, str]) -> dict:
		data, refusal = self._read_kdniao(form)
		if refusal:
			return refusal
		parcel = self.parcels.add(data["ShipperCode"], data["LogisticCode"])
		return make_reply(parcel, self.parcels.clock.now(), form["EBusinessID"])

	def subscribe_kdniao(self, form: dict[str, str]) -> dict:
		data, refusal = self._read_kdniao(form)
		if refusal:
			return refusal
		account = self.parcels.accounts["KDNiao"]
		parcel = self.parcels.add(data["ShipperCode"], data["LogisticCode"])
		self.parcels.follow(parcel, Follower("KDNiao", account.push_url, account.key, account.customer))
		return self._answer_kdniao("")

	def _read_kdniao(self, form: dict[str, str]) -> tuple[dict, dict | None]:
		account = self.parcels.accounts["KDNiao"]
		text = form.get("RequestData", "")
		if form.get("EBusinessID") != account.customer:
			return {}, self._answer_kdniao("非法的商户ID")
		if not _equal(sign_kdniao(text, account.key), form.get("DataSign", "")):
			return {}, self._answer_kdniao("数据验证不通过")
		try:
			data = json.loads(text)
			complete = bool(data["ShipperCode"] and data["LogisticCode"])
		except (ValueError, KeyError, TypeError):
			complete = False
		return (data, None) if complete else ({}, self._answer_kdniao("缺少必要参数"))

	def _answer_kdniao(self, reason: str) -> dict:
		return {
			"EBusinessID": self.parcels.accounts["KDNiao"].customer,
			"UpdateTime": format_time(self.parcels.clock.now()),
			"Success": not reason,
			"Reason": reason,
		}


def _fail(code: str, message: str) -> dict:
	return {"result": False, "returnCode": code, "message": message}


def _equal(wanted: str, given: str) -> bool:
	return hmac.compare_digest(wanted.encode(), given.encode())


def is_local(url: str) -> bool:
	"""Nothing goes to other machines."""
	try:
		host = urlsplit(url).hostname or ""
	except ValueError:
		return False
	return host in ("127.0.0.1", "localhost") or host.endswith(".localhost")


async def run_push(parcels: ParcelWorld, calls: Calls) -> None:
	"""Tell followers what is new, until cancelled; what isn't taken comes again, three times."""
	timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
	async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
		while True:
			now = parcels.clock.now()
			for parcel in list(parcels.parcels.values()):
				for follower in parcel.followers:
					await _tell(session, parcels, calls, parcel, follower, now)
			await asyncio.sleep(EVERY_S)


async def _tell(
	session: aiohttp.ClientSession,
	parcels: ParcelWorld,
	calls: Calls,
	parcel: Parcel,
	follower: Follower,
	now: float,
) -> None:
	count = len(parcel.get_told(now))
	if count <= follower.told or now < follower.next_at or not is_local(follower.url):
		return
	calls.push(follower.provider, "resent" if follower.attempts else "sent")
	form = make_push(parcel, follower, now, parcels.accounts[follower.provider])
	if await post(session, follower.url, form):
		calls.push(follower.provider, "confirmed")
		follower.told, follower.attempts, follower.next_at = count, 0, 0.0
		return
	follower.attempts += 1
	follower.next_at = now + RETRY_S
	if follower.attempts > RETRIES:
		calls.push(follower.provider, "lost")
		follower.told, follower.attempts = count, 0


async def post(session: aiohttp.ClientSession, url: str, form: dict[str, str]) -> bool:
	"""True when the push was taken in the service's own words."""
	try:
		async with session.post(url, data=form, allow_redirects=False) as response:
			answer = await response.json(content_type=None)
			return isinstance(answer, dict) and (
				answer.get("result") is True or answer.get("Success") is True
			)
	except (aiohttp.ClientError, TimeoutError, ValueError):
		return False
