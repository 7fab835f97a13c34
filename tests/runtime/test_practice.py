"""The demo's shops get their access to the sandbox once, and again when it is another one."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from runtime import practice, site
from runtime.bench import write_text
from runtime.report import Failure

SHOP = {
	"shop_id": "demo-douyin-19",
	"platform": "Douyin",
	"gateway_url": "http://127.0.0.1:1",
	"app_key": "k",
	"app_secret": "s",
	"access_token": "a",
	"refresh_token": "r",
	"token_expires_at": 1.0,
}
SERVICE = {"service": "KDNiao", "key": "k", "secret": "s", "gateway_url": "http://127.0.0.1:1"}


@pytest.fixture
def sandbox(bench):
	"""A control interface that names one shop and one service; keeps what it was asked."""
	asked = []

	class Handler(BaseHTTPRequestHandler):
		def do_GET(self):
			self.answer({"shops": [SHOP], "services": [SERVICE]})

		def do_PATCH(self):
			length = int(self.headers["Content-Length"])
			asked.append((self.path, json.loads(self.rfile.read(length)), self.headers["X-Control-Token"]))
			self.answer({})

		def answer(self, body):
			self.send_response(200)
			self.end_headers()
			self.wfile.write(json.dumps(body).encode())

		def log_message(self, *_arguments):
			return

	server = HTTPServer(("127.0.0.1", 0), Handler)
	thread = threading.Thread(target=server.serve_forever, daemon=True)
	thread.start()
	write_text(bench.state / "ports.json", json.dumps({"http": 8123, "sandbox": server.server_port}))
	yield asked
	server.shutdown()
	server.server_close()


def test_shops_are_connected_once_and_the_file_with_secrets_is_gone(bench, sandbox, monkeypatch):
	runs = []

	def run(_bench, *arguments):
		file = arguments[-1]
		with open(file) as text:
			runs.append((arguments[:3], json.load(text)))

	monkeypatch.setattr(site, "run_frappe", run)
	(bench.state / "run").mkdir(parents=True, exist_ok=True)
	write_text(bench.state / "stamps" / "demo-x.localhost", "1")

	practice.connect_shops(bench, "x.localhost")
	practice.connect_shops(bench, "x.localhost")

	(arguments, shops) = runs[0]
	assert len(runs) == 1
	assert arguments == ("--site", "x.localhost", "oms-connect-shops")
	assert shops[0]["platform_shop_id"] == "demo-douyin-19" and shops[0]["session_token"] == "a"
	assert shops[1] == SERVICE
	assert sandbox == [
		(
			"/_control/shops/demo-douyin-19",
			{"webhook_url": "http://127.0.0.1:8123/webhooks/douyin"},
			bench.get_secret(practice.CONTROL),
		)
	]
	assert not list((bench.state / "run").glob("*.json"))

	write_text(bench.state / "stamps" / "demo-x.localhost", "another demo")
	practice.connect_shops(bench, "x.localhost")
	assert len(runs) == 2


def test_a_silent_sandbox_is_named_with_the_cure(bench):
	write_text(bench.state / "ports.json", json.dumps({"http": 1, "sandbox": 1}))
	with pytest.raises(Failure) as caught:
		practice.connect_shops(bench, "x.localhost")
	assert "sandbox" in caught.value.cause and "desk.log" in caught.value.cure
