"""The consumer's door for signed posts: a good message is stored before it is acknowledged, a forged one changes nothing."""

import asyncio
import hashlib
import json
import logging

import frappe
from aiohttp.test_utils import TestClient, TestServer

from storegroup_oms.connectors import desk_link
from storegroup_oms.connectors.consumer import FAILED, REFUSED, Consumer
from storegroup_oms.connectors.desk_link import App
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, make_suffix

APPS = [App("Douyin", "dd-key", "", "dd-secret")]


class InlineLink:
	"""Runs the site's work at once, in this test's connection; `error` makes it fail."""

	error: Exception | None = None

	async def run(self, work, *arguments):
		if self.error:
			raise self.error
		return work(*arguments)

	def close(self) -> None:
		return


class TestPosts(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		logging.getLogger("storegroup_oms.consumer").setLevel(logging.CRITICAL)
		self.shop = create_shop("Douyin", app_key="dd-key", app_secret="dd-secret").name
		self.shop_id = frappe.db.get_value("Shop", self.shop, "platform_shop_id")
		frappe.db.commit()
		self.addCleanup(self.remove_committed)
		self.link = InlineLink()

	def remove_committed(self) -> None:
		frappe.db.rollback()
		frappe.db.delete("Connector Event", {"shop": self.shop})
		frappe.db.delete("Shop", {"name": self.shop})
		frappe.db.commit()

	def make_body(self, message_id: str) -> bytes:
		data = {"p_id": "4711", "shop_id": self.shop_id, "order_status": 2}
		return json.dumps([{"tag": "101", "msg_id": message_id, "data": json.dumps(data)}]).encode()

	def sign(self, body: bytes, key: str = "dd-key", word: str = "dd-secret") -> dict[str, str]:
		sign = hashlib.md5(key.encode() + body + word.encode()).hexdigest()
		return {"app-id": key, "event-sign": sign, "Content-Type": "application/json"}

	def post(
		self,
		body: bytes,
		headers: dict[str, str],
		path: str = "/webhooks/douyin",
		apps: list[App] | None = APPS,
	) -> tuple[int, dict]:
		async def talk() -> tuple[int, dict]:
			from aiohttp import web

			consumer = Consumer(self.link, None)
			consumer.apps = apps
			storing = asyncio.create_task(consumer._store())
			application = web.Application()
			application.router.add_post("/webhooks/{platform}", consumer.take_post)
			async with TestClient(TestServer(application)) as client:
				answer = await client.post(path, data=body, headers=headers)
				values = await answer.json() if answer.status == 200 else {}
			storing.cancel()
			return answer.status, values

		return asyncio.run(talk())

	def get_events(self) -> list[str]:
		frappe.db.rollback()
		return frappe.get_all(
			"Connector Event", {"shop": self.shop}, pluck="external_id", order_by="external_id asc"
		)

	def test_a_good_message_is_stored_and_acknowledged(self):
		body = self.make_body(f"m-{make_suffix()}")
		self.assertEqual(self.post(body, self.sign(body))[1]["code"], 0)
		self.assertEqual(len(self.get_events()), 1)
		self.assertEqual(self.post(body, self.sign(body))[1]["code"], 0)
		self.assertEqual(len(self.get_events()), 1)

	def test_forged_messages_change_nothing(self):
		body = self.make_body("forged")
		good = self.sign(body)
		for name, sent, headers in (
			("wrong sign", body, {**good, "event-sign": "0" * 32}),
			("no sign", body, {"app-id": "dd-key"}),
			("no key", body, {"event-sign": good["event-sign"]}),
			("other secret", body, self.sign(body, word="x")),
			("stranger", body, self.sign(body, key="who", word="")),
			("changed body", body.replace(b"4711", b"4712"), good),
		):
			with self.subTest(name):
				status, answer = self.post(sent, headers)
				self.assertEqual((status, answer["code"]), (200, REFUSED))
		self.assertEqual(self.get_events(), [])

	def test_before_the_secrets_are_known_a_message_is_asked_for_again(self):
		body = self.make_body("early")
		self.assertEqual(self.post(body, self.sign(body), apps=None)[1]["code"], FAILED)
		self.assertEqual(self.get_events(), [])

	def test_what_cannot_be_stored_is_not_acknowledged(self):
		body = self.make_body("later")
		self.link.error = RuntimeError("database is away")
		self.assertEqual(self.post(body, self.sign(body))[1]["code"], FAILED)
		self.assertEqual(self.get_events(), [])

	def test_only_platforms_that_post_have_a_door(self):
		for path in ("/webhooks/taobao", "/webhooks/nothing"):
			with self.subTest(path):
				self.assertEqual(self.post(b"[]", {}, path)[0], 404)


class TestApps(IntegrationTest):
	def test_each_app_of_active_shops_is_served_once(self):
		key = make_suffix()
		for status in ("Active", "Active", "Paused"):
			create_shop("Pinduoduo", app_key=key, app_secret="s-1", status=status)
		create_shop("JD", app_key=key, app_secret="s-1")
		create_shop("Pinduoduo", app_key=f"{key}x", app_secret="s-1", push_enabled=0)

		apps = [app for app in desk_link.read_apps() if app.app_key.startswith(key)]

		self.assertEqual(
			[(app.platform, app.app_key, app.app_secret) for app in apps], [("Pinduoduo", key, "s-1")]
		)
		self.assertNotIn("s-1", repr(apps))
