"""The whole product for one site on free loopback ports: web server, realtime server, proxy, one worker.

MariaDB and Redis are those that `./oms test` has started. Everything else runs in a folder of its own that
looks like a bench, so that a desk of the same checkout may run beside it.
"""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from runtime.bench import Bench
from runtime.configuration import make_nginx_configuration
from runtime.site import get_environment

START_LIMIT_S = 60
STOP_LIMIT_S = 15


class Stack:
	"""`start` and `stop` it; `url` is where the browser goes, `bench_id` names its job queues."""

	def __init__(self, bench: Bench, site: str, folder: Path) -> None:
		self.bench = bench
		self.site = site
		self.folder = folder
		self.sites = folder / "sites"
		self.ports = dict(zip(("http", "web", "socketio", "webhooks"), find_free_ports(4), strict=True))
		self.url = f"http://127.0.0.1:{self.ports['http']}"
		self.bench_id = f"test-{os.getpid()}"
		self.processes: list[tuple[str, subprocess.Popen]] = []

	def start(self) -> None:
		"""Start every part and return once all answer; AssertionError with the log's end when one doesn't."""
		self._write_files()
		frappe = [str(self.bench.python), "-m", "frappe.utils.bench_helper", "frappe"]
		gunicorn = [str(self.bench.env / "bin" / "gunicorn"), "--bind", f"127.0.0.1:{self.ports['web']}"]
		realtime = str(self.bench.root / "runtime" / "realtime" / "server.mjs")
		modules = str(self.bench.assets_tool / "node_modules")
		self._run("web", [*gunicorn, "--no-control-socket", "--threads", "8", "frappe.app:application"])
		self._run(
			"realtime", [str(self.bench.node), realtime, "--bench", str(self.folder), "--modules", modules]
		)
		self._run("proxy", ["nginx", "-p", str(self.folder / "nginx"), "-c", "nginx.conf"])
		self._run("worker", [*frappe, "worker", "--queue", "short,default,long"])
		self._wait(f"http://127.0.0.1:{self.ports['web']}/api/method/ping")
		self._wait(f"{self.url}/api/method/ping")
		self._wait(f"http://127.0.0.1:{self.ports['socketio']}/health")

	def stop(self) -> None:
		"""End what was started, last first."""
		for _name, process in reversed(self.processes):
			process.terminate()
		for _name, process in reversed(self.processes):
			try:
				process.wait(timeout=STOP_LIMIT_S)
			except subprocess.TimeoutExpired:
				process.kill()
				process.wait()
		self.processes.clear()

	def read_logs(self) -> str:
		"""The last lines of every part."""
		parts = []
		for name, _process in self.processes:
			lines = (self.folder / "logs" / f"{name}.log").read_text(errors="replace").splitlines()[-20:]
			parts.append(f"--- {name}\n" + "\n".join(lines))
		return "\n".join(parts)

	def _write_files(self) -> None:
		for name in ("sites", "logs", "config", "nginx/tmp"):
			(self.folder / name).mkdir(parents=True, exist_ok=True)
		(self.folder / "apps").symlink_to(self.bench.root / "apps")
		for name in ("apps.txt", "assets", self.site):
			(self.sites / name).symlink_to(self.bench.sites / name)
		common = json.loads((self.bench.sites / "common_site_config.json").read_text())
		common |= {
			"default_site": self.site,
			"webserver_port": self.ports["http"],
			"socketio_port": self.ports["socketio"],
			# Names the job queues: neither bench takes the other's jobs.
			"bench_id": self.bench_id,
		}
		(self.sites / "common_site_config.json").write_text(json.dumps(common))
		text = make_nginx_configuration(self.ports, self.site, self.sites)
		(self.folder / "nginx" / "nginx.conf").write_text(text)

	def _run(self, name: str, command: list[str]) -> None:
		with (self.folder / "logs" / f"{name}.log").open("w") as log:
			process = subprocess.Popen(
				command,
				cwd=self.sites,
				env=get_environment(self.bench),
				stdin=subprocess.DEVNULL,
				stdout=log,
				stderr=log,
			)
		self.processes.append((name, process))

	def _wait(self, url: str) -> None:
		deadline = time.monotonic() + START_LIMIT_S
		while time.monotonic() < deadline:
			ended = [name for name, process in self.processes if process.poll() is not None]
			assert not ended, f"{ended} ended at once\n{self.read_logs()}"
			try:
				request = urllib.request.Request(url, headers={"X-Frappe-Site-Name": self.site})
				with urllib.request.urlopen(request, timeout=30) as answer:
					if answer.status == 200:
						return
			except (OSError, urllib.error.URLError):
				time.sleep(0.1)
		raise AssertionError(f"{url} does not answer\n{self.read_logs()}")


def find_free_ports(count: int) -> list[int]:
	"""Loopback ports that nothing listens on; all held open until the last is found, so that they differ."""
	sockets = [socket.socket() for _ in range(count)]
	try:
		for probe in sockets:
			probe.bind(("127.0.0.1", 0))
		return [probe.getsockname()[1] for probe in sockets]
	finally:
		for probe in sockets:
			probe.close()
