"""The platforms' side of a run: shops, orders, and everything that goes wrong. Speaks to the control interface only."""

import random
import time
from collections.abc import Iterable, Sequence
from typing import Any

import requests

PLATFORMS = ("Taobao",) * 10 + ("JD",) * 4 + ("Pinduoduo",) * 4 + ("Douyin",) * 2
SHOPS_PER_APP = 2
# What a person would see as one platform's word for it; everything else refused is our own mistake.
EXPIRED = {
	"Taobao": {"27:invalid-sessionkey"},
	"JD": {"19"},
	"Pinduoduo": {"10019"},
	"Douyin": {"40003:isv.access-token-expired"},
}
INJECTED = {
	"Taobao": {"7:accesscontrol.limited-by-api-access-count", "15:isp.remote-service-timeout"},
	"JD": {"2", "67"},
	"Pinduoduo": {"70031", "52101", "52102"},
	"Douyin": {"60000:isv.rate-limit", "20000:isp.service-error:1"},
}
# Answers with tokens stay whole: what the platform has rotated and nobody has read, only a person brings back.
READS = {
	"Taobao": (
		"taobao.trades.sold.increment.get",
		"taobao.trade.fullinfo.get",
		"taobao.refunds.receive.get",
	),
	"JD": (
		"jingdong.pop.order.search",
		"jingdong.pop.order.get",
		"jingdong.pop.afs.soa.refundapply.queryPageList",
		"jingdong.asc.serviceAndRefund.view",
	),
	"Pinduoduo": (
		"pdd.order.number.list.increment.get",
		"pdd.order.information.get",
		"pdd.refund.list.increment.get",
	),
	"Douyin": ("order.searchList", "order.orderDetail", "afterSale.List"),
}
POISONS = ("missing_lines", "negative_quantity", "unreadable_amount", "unknown_status", "absent_created")
# Together one call in five.
CALL_FAULTS = {"server_error": 0.05, "hang_up": 0.05, "platform_fault": 0.05, "rate_limit": 0.01}
TRUNCATE = 0.05
PUSH_FAULTS = {"duplicate_push": 0.1, "reorder_push": 0.1, "delay_push": 0.05}
DROP_PUSH = 0.05
PAGE_SHIFT = 0.3
EXPIRE_TOKEN = 0.002
PRICES = (990, 1990, 2990, 3990, 4590, 5990, 7990, 9990, 12900, 15990, 19900, 29900)


class Platforms:
	"""The sandbox by its control interface. `secrets` are all credentials that were seen since the start."""

	def __init__(self, url: str, token: str, seed: int) -> None:
		self.url = url
		self.chance = random.Random(seed)
		self.seed = seed
		self.session = requests.Session()
		self.session.trust_env = False
		self.session.headers["X-Control-Token"] = token
		self.shops: list[dict] = []
		self.hidden: list[dict] = []
		self.poisoned: list[dict] = []
		self.secrets: set[str] = set()

	def ask(self, method: str, path: str, **body: Any) -> dict:
		answer = self.session.request(method, f"{self.url}/_control/{path}", json=body or None, timeout=60)
		assert answer.ok, f"{method} {path}: {answer.text[:500]}"
		return answer.json()

	def create_shops(self, webhook_url: str, codes: Sequence[str]) -> None:
		"""20 shops, two to an app, each with a listing for every code."""
		for number, platform in enumerate(PLATFORMS):
			place = PLATFORMS[:number].count(platform)
			shop = self.ask(
				"POST",
				"shops",
				platform=platform,
				name=f"{platform} {place + 1}",
				app_key=f"{platform.lower()}app{place // SHOPS_PER_APP}",
				webhook_url=webhook_url if platform == "Douyin" else "",
			)
			rows = [
				{"title": f"Goods {code}", "price": price, "outer_id": code, "stock": 10**6}
				for code, price in zip(codes, PRICES, strict=True)
			]
			self.ask("POST", f"shops/{shop['shop_id']}/listings", listings=rows)
			self.shops.append(shop)
		self.note_secrets()

	def note_secrets(self) -> None:
		"""Remember all credentials as they are now; tokens change on the way."""
		for shop in self.ask("GET", "shops")["shops"]:
			self.secrets |= {shop["app_secret"], shop["access_token"], shop["refresh_token"]}

	def set_faults(self, spares: str = "") -> None:
		"""Everything at once. The platform `spares` loses no push."""
		rows = [
			{"kind": kind, "probability": share} for kind, share in {**CALL_FAULTS, **PUSH_FAULTS}.items()
		]
		rows += [
			{"kind": "drop_push", "platform": platform, "probability": DROP_PUSH}
			for platform in dict.fromkeys(PLATFORMS)
			if platform != spares
		]
		rows += [
			{"kind": "truncate", "api": api, "platform": platform, "probability": TRUNCATE}
			for platform, apis in READS.items()
			for api in apis
		]
		rows += [
			{"kind": "page_shift", "probability": PAGE_SHIFT},
			{"kind": "expire_token", "probability": EXPIRE_TOKEN},
		]
		for place, row in enumerate(rows):
			row["seed"] = self.seed * 100 + place
		self.ask("POST", "faults", faults=rows)

	def stop_shifts(self) -> None:
		"""No more orders that change because a page is read; JD's refunds are read page by page all the time."""
		for rule in self.ask("GET", "faults")["faults"]:
			if rule["kind"] == "page_shift":
				self.ask("DELETE", f"faults?id={rule['id']}")

	def hide_orders(self, per_shop: int) -> None:
		"""Orders of half an hour ago that the platform shows to nobody yet."""
		now = self.ask("GET", "clock")["now"]
		for shop in self.shops:
			for place in range(per_shop):
				created = now - 1800 + 60 * place
				order = {"created": created, "is_hidden": True}
				made = self.ask("POST", "orders", shop_id=shop["shop_id"], pay=False, order=order)["orders"][
					0
				]
				self.move(made, "pay", at=created + 30)
				self.hidden.append(made)

	def poison_orders(self) -> None:
		"""Paid orders, one of each broken kind at each platform."""
		for platform in dict.fromkeys(PLATFORMS):
			shops = [shop for shop in self.shops if shop["platform"] == platform]
			for kind in POISONS:
				body = {"shop_id": self.chance.choice(shops)["shop_id"], "order": {"poison": kind}}
				self.poisoned += self.ask("POST", "orders", **body)["orders"]

	def move(self, order: dict, action: str, **details: Any) -> None:
		self.ask("POST", f"orders/{order['shop_id']}/{order['order_no']}", action=action, **details)

	def reveal_orders(self) -> None:
		for order in self.hidden:
			self.move(order, "reveal")

	def cure_orders(self) -> None:
		for order in self.poisoned:
			self.move(order, "cure")

	def expire_a_token(self) -> None:
		shop = self.chance.choice(self.shops)
		self.ask("POST", f"shops/{shop['shop_id']}/expire_token")

	def start_load(self, orders: int, changes_per_order: int, per_s: float) -> None:
		self.ask(
			"POST", "load", orders=orders, changes_per_order=changes_per_order, seed=self.seed, per_s=per_s
		)

	def get_load(self) -> dict:
		"""state, orders, changes, seconds; AssertionError when the load has failed."""
		load = self.ask("GET", "load")
		assert load["state"] != "failed", load["error"]
		return load

	def get_truth(self, shop: dict) -> dict:
		return self.ask("GET", f"truth?shop_id={shop['shop_id']}")

	def get_calls(self) -> dict[str, dict]:
		return self.ask("GET", "calls")

	def find_wrong_refusals(self) -> list[str]:
		"""Calls that were refused for another reason than an expired token or a fault made on purpose."""
		return [
			f"{platform} {code}: {count}"
			for platform, calls in self.get_calls().items()
			for code, count in calls["refused"].items()
			if code not in EXPIRED.get(platform, set()) | INJECTED.get(platform, set())
		]


def count_calls(calls: dict[str, dict]) -> dict[str, int]:
	"""Over all platforms: accepted, refused (expired tokens), faults by kind, pushes by outcome."""
	figures: dict[str, int] = {"accepted": 0, "expired": 0}
	for platform, row in calls.items():
		figures["accepted"] += row["accepted"]
		figures["expired"] += sum(row["refused"].get(code, 0) for code in EXPIRED.get(platform, ()))
		_add(figures, "", row["faulted"].items())
		_add(figures, "push_", row["pushed"].items())
	return figures


def _add(figures: dict[str, int], prefix: str, counts: Iterable[tuple[str, int]]) -> None:
	for name, count in counts:
		figures[prefix + name] = figures.get(prefix + name, 0) + count


def wait_for(is_done, limit_s: float, every_s: float = 1.0) -> bool:
	"""Ask until it is so; False after `limit_s`."""
	deadline = time.monotonic() + limit_s
	while not is_done():
		if time.monotonic() > deadline:
			return False
		time.sleep(every_s)
	return True
