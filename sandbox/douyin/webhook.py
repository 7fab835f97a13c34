"""Douyin's pushes: signed POSTs to the shop's webhook, sent again until they are acknowledged or given up.

Source: platforms.md 5.9; the times between attempts are UNCONFIRMED.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import OrderedDict, deque
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from ..calls import Calls
from ..faults import Faults
from ..model import DOUYIN, Event, Refusal, Shop
from ..pushes import PushFeed
from ..world import World
from .aftersales import get_aftersale_status, get_aftersale_type, get_refund_status
from .orders import NOT_CONFIRMABLE, get_order_status, to_number
from .signing import make_event_sign

TIMEOUT_S = 5.0
PAUSES_S = (1, 2, 4, 8, 16, 32, 60, 60, 60, 60)  # after these attempts a message is given up
BACKLOG = 20_000  # messages of a shop that wait; the oldest are lost
SENDERS = 4  # at a time for each shop

TAGS = {
	"order_created": "100",
	"order_paid": "101",
	"order_shipped": "102",
	"order_completed": "103",
	"parcel_changed": "104",
	"order_address": "105",
	"order_closed": "106",
	"order_part_shipped": "108",
	"order_amount": "109",
	"order_review": "101",
	"order_lock": "101",
	"refund_created": "200",
	"refund_agreed": "201",
	"refund_done": "206",
	"refund_closed": "207",
}
PENDING = "110"  # in place of 101 while the paid order can't be confirmed


@dataclass
class Message:
	"""A finished body on its way to one shop."""

	shop: Shop
	body: bytes
	attempts: int = 0


class Pusher:
	"""Gathers events and posts them; one per application."""

	def __init__(self, world: World, faults: Faults, calls: Calls) -> None:
		self.world = world
		self.calls = calls
		self.feed = PushFeed(world, faults, DOUYIN)
		self.queues: dict[str, deque[Message]] = {}
		self.sending: dict[str, set[asyncio.Task]] = {}
		self.delivered: OrderedDict[str, bytes] = OrderedDict()  # by shop, the last one

	async def run(self) -> None:
		"""Until cancelled."""
		timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
		try:
			async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
				while True:
					event = await self.feed.get()
					tag = get_tag(event)
					if tag and event.shop.webhook_url:
						self._enqueue(session, Message(event.shop, make_body(event, tag)))
		finally:
			for tasks in self.sending.values():
				for task in tasks:
					task.cancel()

	def _enqueue(self, session: aiohttp.ClientSession, message: Message) -> None:
		shop_id = message.shop.shop_id
		if session.closed or self.world.shops.get(shop_id) is not message.shop:
			return
		queue = self.queues.setdefault(shop_id, deque())
		queue.append(message)
		if len(queue) > BACKLOG:
			queue.popleft()
			self.calls.push(DOUYIN, "lost")
		tasks = self.sending.setdefault(shop_id, set())
		if len(tasks) < SENDERS:
			task = asyncio.create_task(self._drain(session, queue))
			tasks.add(task)
			task.add_done_callback(tasks.discard)

	async def _drain(self, session: aiohttp.ClientSession, queue: deque[Message]) -> None:
		"""Send what waits; what isn't acknowledged comes back after a pause."""
		while queue:
			message = queue.popleft()
			self.calls.push(DOUYIN, "resent" if message.attempts else "sent")
			message.attempts += 1
			status, text = await post(session, message.shop, message.body, sign(message.shop, message.body))
			if is_acknowledged(status, text):
				self.calls.push(DOUYIN, "confirmed")
				self.delivered[message.shop.shop_id] = message.body
			elif message.attempts > len(PAUSES_S):
				self.calls.push(DOUYIN, "lost")
			else:
				pause = self.world.clock.get_wait(PAUSES_S[message.attempts - 1])
				asyncio.get_running_loop().call_later(pause, self._enqueue, session, message)

	async def forge(self, shop: Shop, how: str) -> dict:
		"""Post a message that must be refused, or the last acknowledged one again; answers what came back.

		`old_timestamp` can't be: neither the header nor the signature bears a time. Raises Refusal without a
		webhook or, for a repetition, without a delivered message.
		"""
		if not shop.webhook_url:
			raise Refusal("no_webhook", shop.shop_id)
		if how == "old_timestamp":
			return {"sent": False, "reason": "Douyin's messages bear no signed time."}
		body = make_forged_body(shop, self.world.clock.now())
		if how == "replay":
			if shop.shop_id not in self.delivered:
				raise Refusal("nothing_to_replay", shop.shop_id)
			body = self.delivered[shop.shop_id]
		headers = {
			"replay": sign(shop, body),
			"wrong_signature": {
				"app-id": shop.app_key,
				"event-sign": make_event_sign(shop.app_key, body, "guess"),
			},
			"no_signature": {"app-id": shop.app_key},
		}
		if how not in headers:
			raise Refusal("unknown_forgery", how)
		timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
		async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
			status, text = await post(session, shop, body, headers[how])
		return {"sent": status > 0, "status": status, "body": text[:2000]}


def get_tag(event: Event) -> str:
	"""The tag of an event; "" for one that Douyin doesn't tell."""
	tag = TAGS.get(event.topic, "")
	return PENDING if tag == "101" and get_order_status(event.order) == NOT_CONFIRMABLE else tag


def make_body(event: Event, tag: str) -> bytes:
	"""An array of one message."""
	message = {"tag": tag, "msg_id": make_number(event), "data": _dump(make_data(event))}
	return _dump([message]).encode()


def make_number(event: Event) -> str:
	"""`msg_id`: the same when a fault gives an event twice, another one after a reset of the world."""
	return str(int(event.at * 1000) * 1000 + event.number % 1000)


def make_data(event: Event) -> dict:
	"""The message's inner object; ids are JSON numbers."""
	order, refund = event.order, event.refund
	data = {
		"p_id": to_number(order.order_no),
		"s_ids": [to_number(line.line_no) for line in order.lines],
		"shop_id": to_number(event.shop.shop_id),
		"order_status": get_order_status(order),
		"order_type": 0,
		"biz": 2,
		"pay_amount": order.total,
		"pay_time": int(order.paid_at),
		"create_time": int(order.created),
		"update_time": int(event.at),
	}
	if refund:
		data |= {
			"s_ids": [to_number(line_no) for line_no in refund.line_nos],
			"aftersale_id": to_number(refund.case_no),
			"aftersale_type": get_aftersale_type(refund),
			"aftersale_status": get_aftersale_status(refund),
			"refund_status": get_refund_status(refund),
			"refund_amount": refund.amount,
		}
	return data


def make_forged_body(shop: Shop, at: float) -> bytes:
	"""A message about an order that doesn't exist."""
	data = {
		"p_id": 6_999_999_999_999_999_999,
		"s_ids": [],
		"shop_id": to_number(shop.shop_id),
		"order_status": 2,
		"pay_amount": 1,
		"pay_time": int(at),
	}
	return json.dumps([{"tag": "101", "msg_id": f"9{int(at * 1000)}", "data": _dump(data)}]).encode()


def sign(shop: Shop, body: bytes) -> dict[str, str]:
	"""The headers of a genuine message."""
	return {"app-id": shop.app_key, "event-sign": make_event_sign(shop.app_key, body, shop.app_secret)}


async def post(
	session: aiohttp.ClientSession, shop: Shop, body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
	"""Status and text of the answer; (0, reason) when none came. Nothing goes to other machines."""
	if not is_local(shop.webhook_url):
		return 0, "the webhook is not on this machine"
	headers = {**headers, "Content-Type": "application/json"}
	try:
		async with session.post(
			shop.webhook_url, data=body, headers=headers, allow_redirects=False
		) as response:
			return response.status, await response.text(errors="replace")
	except (aiohttp.ClientError, TimeoutError, ValueError) as error:
		return 0, type(error).__name__


def is_acknowledged(status: int, text: str) -> bool:
	"""200 with a JSON object whose `code` is 0."""
	if status != 200:
		return False
	try:
		answer = json.loads(text)
	except ValueError:
		return False
	return isinstance(answer, dict) and answer.get("code") == 0


def is_local(url: str) -> bool:
	"""Whether an address is on the loopback interface by its name or number; names aren't looked up."""
	try:
		host = urlsplit(url).hostname or ""
		return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False


def _dump(value: object) -> str:
	return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
