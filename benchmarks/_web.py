"""The bench's own web workers and proxy for one site on free loopback ports, and browsers' sessions on them."""

import http.client
import json
import shutil
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

from runtime.bench import Bench
from runtime.configuration import make_nginx_configuration
from runtime.site import get_environment

START_LIMIT_S = 60
STOP_LIMIT_S = 20


class WebServer:
	"""gunicorn with the desk's own settings behind nginx; a context manager. `port` is nginx's."""

	def __init__(self, root: Path, site: str) -> None:
		self.bench = Bench(root)
		self.site = site
		self.folder = self.bench.state / "benchmark"
		self.ports = dict(zip(("http", "web", "socketio", "webhooks"), _find_free_ports(4), strict=True))
		self.port = self.ports["http"]
		self.processes: list[subprocess.Popen] = []

	def __enter__(self) -> "WebServer":
		(self.folder / "tmp").mkdir(parents=True, exist_ok=True)
		text = make_nginx_configuration(self.ports, self.site, self.bench.sites)
		(self.folder / "nginx.conf").write_text(text)
		settings = str(self.bench.state / "gunicorn.conf.py")
		gunicorn = [str(self.bench.env / "bin" / "gunicorn"), "--config", settings]
		try:
			self._run(
				"web", [*gunicorn, "--bind", f"127.0.0.1:{self.ports['web']}", "frappe.app:application"]
			)
			self._run("proxy", ["nginx", "-p", str(self.folder), "-c", "nginx.conf"])
			self._wait()
		except BaseException:
			self.__exit__()
			raise
		return self

	def __exit__(self, *_error: object) -> None:
		for process in reversed(self.processes):
			process.terminate()
		for process in self.processes:
			try:
				process.wait(timeout=STOP_LIMIT_S)
			except subprocess.TimeoutExpired:
				process.kill()
				process.wait()
		self.processes.clear()
		shutil.rmtree(self.folder, ignore_errors=True)

	def _run(self, name: str, command: list[str]) -> None:
		with (self.folder / f"{name}.log").open("w") as log:
			self.processes.append(
				subprocess.Popen(
					command,
					cwd=self.bench.sites,
					env=get_environment(self.bench),
					stdin=subprocess.DEVNULL,
					stdout=log,
					stderr=log,
				)
			)

	def _wait(self) -> None:
		deadline = time.monotonic() + START_LIMIT_S
		while time.monotonic() < deadline and all(process.poll() is None for process in self.processes):
			try:
				Session(self.port).get("ping", {})
				return
			except (OSError, RuntimeError, http.client.HTTPException):
				time.sleep(0.1)
		logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
		raise RuntimeError(f"The web server does not answer.\n{logs}")


class Session:
	"""One browser's connection, kept open. Not for several threads at once."""

	def __init__(self, port: int, cookie: str = "") -> None:
		self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
		self.cookie = cookie

	def log_in(self, user: str, password: str) -> "Session":
		body = urllib.parse.urlencode({"usr": user, "pwd": password})
		self._send("POST", "/api/method/login", body, {"Content-Type": "application/x-www-form-urlencoded"})
		return self

	def get(self, method: str, arguments: dict) -> dict:
		"""Call an endpoint by its dotted name; the decoded answer. RuntimeError on anything but 200."""
		query = urllib.parse.urlencode(
			{
				key: value if isinstance(value, str | int) else json.dumps(value)
				for key, value in arguments.items()
			}
		)
		return self._send("GET", f"/api/method/{method}?{query}", None, {"Cookie": self.cookie})

	def _send(self, verb: str, path: str, body: str | None, headers: dict) -> dict:
		try:
			self.connection.request(verb, path, body, headers)
			answer = self.connection.getresponse()
		except (http.client.RemoteDisconnected, ConnectionError):
			# nginx closes a connection that was idle for a minute.
			self.connection.close()
			self.connection.request(verb, path, body, headers)
			answer = self.connection.getresponse()
		text = answer.read()
		if answer.status != 200:
			raise RuntimeError(f"{path} answered {answer.status}: {text[-1500:].decode(errors='replace')}")
		cookies = [value.split(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"]
		if verb == "POST":
			self.cookie = "; ".join(cookies)
		return json.loads(text)


def _find_free_ports(count: int) -> list[int]:
	probes = [socket.socket() for _number in range(count)]
	try:
		for probe in probes:
			probe.bind(("127.0.0.1", 0))
		return [probe.getsockname()[1] for probe in probes]
	finally:
		for probe in probes:
			probe.close()
