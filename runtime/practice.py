"""The simulated platforms that the demo company's shops are connected to."""

import argparse
import json
import os
import subprocess
import urllib.error
import urllib.request

from runtime import services, site
from runtime.bench import Bench, fingerprint, is_free, write_text
from runtime.report import Failure, say, step

CONTROL = "sandbox-token"
TIMEOUT_S = 30


def connect_shops(bench: Bench, site_name: str) -> None:
	"""Give the site's shops their access to the sandbox, and the sandbox the address for its pushes. Idempotent.

	Done again when ports, the site or the sandbox's shops are new. Raises Failure when the sandbox doesn't answer.
	"""
	ports = bench.load_ports()
	shops = call(bench, "GET", "/_control/shops")["shops"]
	services = call(bench, "GET", "/_control/services")["services"]
	wanted = fingerprint(
		json.dumps(
			[
				sorted(ports.items()),
				[shop["shop_id"] for shop in shops],
				[service["key"] for service in services],
				site_name,
			]
		),
		bench.state / "stamps" / f"demo-{site_name}",
	)
	if bench.is_stamped(f"practice-{site_name}", wanted):
		return
	with step("Connecting the demo company's shops to the sandbox"):
		for shop in shops:
			if shop["platform"] == "Douyin":
				address = f"http://127.0.0.1:{ports['http']}/webhooks/douyin"
				call(bench, "PATCH", f"/_control/shops/{shop['shop_id']}", {"webhook_url": address})
		file = bench.state / "run" / "practice-shops.json"
		write_text(file, json.dumps([*map(_make_access, shops), *services]), mode=0o600)
		try:
			site.run_frappe(bench, "--site", site_name, "oms-connect-shops", "--file", str(file))
		finally:
			file.unlink(missing_ok=True)
	bench.stamp(f"practice-{site_name}", wanted)


def _make_access(shop: dict) -> dict:
	return {
		"platform": shop["platform"],
		"platform_shop_id": shop["shop_id"],
		"gateway_url": shop["gateway_url"],
		"app_key": shop["app_key"],
		"app_secret": shop["app_secret"],
		"session_token": shop["access_token"],
		"refresh_token": shop["refresh_token"],
		"token_expires_at": shop["token_expires_at"],
	}


def call(bench: Bench, method: str, path: str, body: dict | None = None) -> dict:
	"""One call of the sandbox's control interface. Raises Failure."""
	address = f"http://127.0.0.1:{bench.load_ports()['sandbox']}{path}"
	request = urllib.request.Request(address, method=method)
	request.add_header("X-Control-Token", bench.get_secret(CONTROL))
	data = None
	if body is not None:
		request.add_header("Content-Type", "application/json")
		data = json.dumps(body).encode()
	try:
		with urllib.request.urlopen(request, data, timeout=TIMEOUT_S) as answer:
			return json.load(answer)
	except (OSError, ValueError, urllib.error.URLError) as error:
		raise Failure(
			f"The sandbox doesn't answer ({method} {path}: {error}).",
			"Look at the end of logs/desk.log, then run the same command again.",
		) from error


def run_sandbox(bench: Bench, options: argparse.Namespace) -> int:
	"""Say where the sandbox is; where none runs, run one in the foreground until Ctrl-C."""
	if not bench.python.exists():
		raise Failure("The bench isn't installed yet.", "Run ./oms up first.")
	token = bench.show(bench.get_secret_file(CONTROL))
	if services.get_pid(bench, "desk"):
		say(f"The sandbox is at  http://127.0.0.1:{bench.load_ports()['sandbox']}")
		say(f"Control token in   {token}")
		say("How to use it      sandbox/README.md")
		return 0
	bench.get_secret(CONTROL)
	port = options.port or bench.load_ports().get("sandbox") or 9100
	if not is_free(port):
		raise Failure(
			f"Port {port} is used by another program.", "Choose another one: ./oms sandbox --port NUMBER"
		)
	say(f"The sandbox is at  http://127.0.0.1:{port}  (control token in {token}); Ctrl-C stops it.")
	command = [str(bench.python), "-m", "sandbox", "--port", str(port)]
	command += [
		"--token-file",
		str(bench.get_secret_file(CONTROL)),
		"--data",
		str(bench.state / "sandbox.sqlite"),
	]
	environment = os.environ | {"PYTHONPATH": str(bench.root)}
	return subprocess.run(command, cwd=bench.root, env=environment, check=False).returncode
