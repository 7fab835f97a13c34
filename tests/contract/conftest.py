"""One sandbox for the run, on a free loopback port: the connectors talk to a program that shares no code with them."""

import socket
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from storegroup_oms.connectors.base import Account, TimeWindow
from storegroup_oms.connectors.http import Transport

ROOT = Path(__file__).parents[2]
CHINA = ZoneInfo("Asia/Shanghai")


class Sandbox:
	"""The running sandbox and its control interface."""

	def __init__(self, url: str, token: str) -> None:
		self.url = url
		self.session = requests.Session()
		self.session.trust_env = False
		self.session.headers["X-Control-Token"] = token

	def control(self, method: str, path: str, **body: object) -> dict:
		response = self.session.request(method, f"{self.url}/_control/{path}", json=body, timeout=20)
		assert response.ok, response.text
		return response.json()

	def create_shop(self, platform: str, **details: object) -> dict:
		"""A shop with three SKUs of two items; the answer holds its credentials."""
		shop = self.control("POST", "shops", platform=platform, name=f"{platform} contract", **details)
		path = f"shops/{shop['shop_id']}/listings"
		first = self.control("POST", path, title="纯棉短袖", price=3990, outer_id="TEE-M", spec="M")[
			"listings"
		][0]
		item_id = first["item_id"]
		self.control("POST", path, title="纯棉短袖", price=4190, outer_id="TEE-L", spec="L", item_id=item_id)
		self.control("POST", path, title="棒球帽", price=4990, outer_id="CAP", stock=7)
		return shop

	def create_orders(self, shop: dict, count: int = 1, pay: bool = True, **order: object) -> list[dict]:
		rows = self.control(
			"POST", "orders", shop_id=shop["shop_id"], count=count, pay=pay, order=order or None
		)
		return rows["orders"]

	def create_plain_order(self, shop: dict, pay: bool = True, **order: object) -> dict:
		"""Two TEE-M and a CAP, without discount, freight or words unless told otherwise."""
		lines = [{"outer_id": "TEE-M", "qty": 2}, {"outer_id": "CAP", "qty": 1}]
		plain = {"lines": lines, "seller_discount": 0, "platform_discount": 0, "freight": 0}
		words = {"buyer_message": "", "seller_memo": "", "flag": 0}
		return self.create_orders(shop, pay=pay, **{**plain, **words, **order})[0]

	def move_order(self, order: dict, action: str, **details: object) -> dict:
		path = f"orders/{order['shop_id']}/{order['order_no']}"
		return self.control("POST", path, action=action, **details)

	def break_calls(self, shop: dict, kind: str, times: int | None = 1, **details: object) -> None:
		self.control("POST", "faults", kind=kind, shop_id=shop["shop_id"], times=times, **details)

	def tell_time(self) -> datetime:
		return datetime.fromtimestamp(self.control("GET", "clock")["now"], CHINA)

	def pass_time(self, seconds: float) -> None:
		self.control("POST", "clock", advance_s=seconds)


def find_free_port() -> int:
	with socket.socket() as listener:
		listener.bind(("127.0.0.1", 0))
		return listener.getsockname()[1]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
	token_file = tmp_path_factory.mktemp("sandbox") / "token"
	port = find_free_port()
	command = [sys.executable, "-m", "sandbox", "--port", str(port), "--token-file", str(token_file)]
	with subprocess.Popen(
		[*command, "--live", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
	) as process:
		try:
			line = process.stdout.readline()
			assert "ready" in line, f"the sandbox did not start: {line!r}"
			yield Sandbox(f"http://127.0.0.1:{port}", token_file.read_text().strip())
		finally:
			process.terminate()
			process.wait(20)


@pytest.fixture(autouse=True)
def no_faults(sandbox):
	"""No test inherits another's faults."""
	yield
	sandbox.control("DELETE", "faults")


@pytest.fixture
def make_client(sandbox):
	def make(kind, shop: dict, attempts: int = 1, **changes: str):
		"""A client of a sandbox shop whose clock is the sandbox's; waits are not waited."""
		values = {
			"shop": shop["name"],
			"platform_shop_id": shop["shop_id"],
			"app_key": shop["app_key"],
			"app_secret": shop["app_secret"],
			"session_token": shop["access_token"],
			"refresh_token": shop["refresh_token"],
			"gateway_url": sandbox.url,
		}
		account = Account(**{**values, **changes})
		transport = Transport(secrets=account.secrets, attempts=attempts, sleep=lambda seconds: None)
		return kind(account, transport, sandbox.tell_time)

	return make


@pytest.fixture
def recent(sandbox):
	"""The last hour and a minute ahead, which holds whatever a test does."""
	moment = sandbox.tell_time().replace(microsecond=0)
	return TimeWindow(moment - timedelta(hours=1), moment + timedelta(minutes=1))
