"""The simulated couriers: signatures, answers, pushes and the truth about each parcel."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest

from sandbox.couriers.journeys import FAULTS


def md5(text: str) -> str:
	return hashlib.md5(text.encode()).hexdigest()


@pytest.fixture
def server(make_server):
	return make_server()


@pytest.fixture
def receiver():
	"""An address that takes pushes; `forms` are those that came."""
	forms, arrived = [], threading.Event()

	class Handler(BaseHTTPRequestHandler):
		def do_POST(self):
			text = self.rfile.read(int(self.headers["Content-Length"])).decode()
			forms.append(dict(parse_qsl(text)))
			self.send_response(200)
			self.end_headers()
			self.wfile.write(b'{"result": true, "Success": true}')
			arrived.set()

		def log_message(self, *_args):
			return

	listener = HTTPServer(("127.0.0.1", 0), Handler)
	threading.Thread(target=listener.serve_forever, daemon=True).start()
	listener.url = f"http://127.0.0.1:{listener.server_port}/push"
	listener.forms, listener.arrived = forms, arrived
	yield listener
	listener.shutdown()
	listener.server_close()


def get_account(server, provider: str) -> dict:
	return server.ask("tracking")["accounts"][provider]


def query(server, number: str = "YT1234567", key: str = "") -> dict:
	account = get_account(server, "Kuaidi100")
	param = json.dumps({"com": "yuantong", "num": number})
	sign = md5(param + (key or account["key"]) + account["customer"]).upper()
	form = {"customer": account["customer"], "sign": sign, "param": param}
	return server.session.post(f"{server.url}/poll/query.do", data=form, timeout=10).json()


def test_a_query_tells_what_the_clock_has_brought(server):
	assert server.ask("parcels", {"parcels": [{"company": "yuantong", "number": "YT1234567", "fault": ""}]})
	first = query(server)
	assert (first["message"], first["ischeck"], len(first["data"])) == ("ok", "0", 1)
	server.ask("clock", {"advance_s": 30 * 86400})
	last = query(server)
	assert (last["state"], last["ischeck"]) == ("3", "1")
	assert last["data"][0]["context"].find("签收") > 0
	assert [row["time"] for row in last["data"]] == sorted(
		(row["time"] for row in last["data"]), reverse=True
	)


def test_a_wrong_signature_is_refused(server):
	assert query(server, key="guess")["returnCode"] == "503"
	account = get_account(server, "KDNiao")
	data = json.dumps({"ShipperCode": "YTO", "LogisticCode": "YT1234567"})
	sign = base64.b64encode(md5(data + account["key"]).encode()).decode()
	form = {"RequestData": data, "EBusinessID": account["customer"], "RequestType": "8001", "DataSign": sign}
	path = f"{server.url}/Ebusiness/EbusinessOrderHandle.aspx"
	assert server.session.post(path, data=form, timeout=10).json()["Success"] is True
	assert server.session.post(path, data=form | {"DataSign": "x"}, timeout=10).json()["Success"] is False


def test_a_subscription_is_pushed_to_and_signed(server, receiver):
	key = get_account(server, "Kuaidi100")["key"]
	param = {
		"company": "yuantong",
		"number": "YT1234567",
		"key": key,
		"parameters": {"callbackurl": receiver.url, "salt": "salt1"},
	}
	form = {"schema": "json", "param": json.dumps(param)}
	path = f"{server.url}/poll"
	assert server.session.post(path, data=form, timeout=10).json()["returnCode"] == "200"
	assert server.session.post(path, data=form, timeout=10).json()["returnCode"] == "501"
	assert receiver.arrived.wait(10)
	push = receiver.forms[0]
	assert push["sign"] == md5(push["param"] + "salt1").upper()
	assert json.loads(push["param"])["lastResult"]["nu"] == "YT1234567"
	wrong = {"schema": "json", "param": json.dumps(param | {"key": "guess"})}
	assert server.session.post(path, data=wrong, timeout=10).json()["returnCode"] == "600"


def test_the_truth_names_each_fault_and_the_seed_decides(server, make_server):
	rows = [{"company": "sf", "number": f"SF{fault}", "fault": fault, "shipped_at": 0} for fault in FAULTS]
	server.ask("parcels", {"parcels": rows})
	truth = server.ask("parcels")["parcels"]
	assert [row["fault"] for row in truth] == list(FAULTS)
	ends = {row["fault"]: row["scans"][-1]["kind"] for row in truth}
	assert ends["returned"] == ends["refused"] == "returned"
	assert ends["loss"] not in ("signed", "returned")
	other = make_server()
	other.ask("parcels", {"parcels": rows})
	assert other.ask("parcels")["parcels"] == truth
	assert server.ask("parcels", {"parcels": [rows[0] | {"number": "x1", "fault": "magic"}]}, status=400)
