"""The processes that bring orders to the desk: sandbox, consumer, workers; killed at will, brought back by a keeper.

MariaDB and Redis are those of the bench. The rest runs in a folder of its own that looks like a bench, so that its
job queues are its own.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from runtime.bench import Bench
from runtime.site import get_environment
from tests.e2e.stack import find_free_ports

QUEUES = ("short,default", "default,short", "default,short,long", "long,default")
WATCH_S = 0.2
START_LIMIT_S = 90
STOP_LIMIT_S = 10


class Stack:
	"""`start` and `stop` it. `killed` counts what was killed by kind, `fallen` names what ended by itself."""

	def __init__(self, bench: Bench, site: str, folder: Path, seed: int) -> None:
		self.bench = bench
		self.site = site
		self.folder = folder
		self.sites = folder / "sites"
		self.seed = seed
		self.ports = dict(zip(("sandbox", "consumer"), find_free_ports(2), strict=True))
		self.sandbox_url = f"http://127.0.0.1:{self.ports['sandbox']}"
		self.webhook_url = f"http://127.0.0.1:{self.ports['consumer']}/webhooks/douyin"
		# Names the job queues: no other worker takes these jobs.
		self.bench_id = f"reliability-{os.getpid()}"
		self.commands: dict[str, list[str]] = {}
		self.processes: dict[str, subprocess.Popen] = {}
		self.orphans: set[int] = set()
		self.killed: dict[str, int] = {}
		self.fallen: list[str] = []
		self.lock = threading.Lock()
		self.stopping = threading.Event()
		self.keeper = threading.Thread(target=self._keep, daemon=True)

	@property
	def token(self) -> str:
		return (self.folder / "sandbox.token").read_text().strip()

	def start_sandbox(self) -> None:
		"""Start the simulated platforms and return once they answer."""
		self._write_files()
		command = [str(self.bench.python), "-m", "sandbox", "--port", str(self.ports["sandbox"])]
		command += [
			"--token-file",
			str(self.folder / "sandbox.token"),
			"--live",
			"0",
			"--seed",
			str(self.seed),
		]
		self._run("sandbox", command)
		self._wait(f"{self.sandbox_url}/_control/health")

	def start_desk(self) -> None:
		"""Start consumer, workers and keeper; returns once the consumer answers."""
		frappe = [str(self.bench.python), "-m", "frappe.utils.bench_helper", "frappe"]
		for number, queues in enumerate(QUEUES, start=1):
			self._run(f"worker_{number}", [*frappe, "worker", "--queue", queues])
		port = str(self.ports["consumer"])
		self._run("consumer", [*frappe, "--site", self.site, "oms-consumer", "--port", port])
		self.keeper.start()
		self._wait(f"http://127.0.0.1:{port}/webhooks/health")

	def stop(self) -> None:
		"""End what was started, last first, with what it has left behind."""
		self.stopping.set()
		if self.keeper.is_alive():
			self.keeper.join()
		for process in reversed(self.processes.values()):
			self.orphans |= set(list_children(process.pid))
			process.terminate()
		for process in self.processes.values():
			try:
				process.wait(STOP_LIMIT_S)
			except subprocess.TimeoutExpired:
				process.kill()
				process.wait()
		for pid in self.orphans:
			with contextlib.suppress(ProcessLookupError):
				os.kill(pid, signal.SIGKILL)

	def execute(self, method: str, **arguments: object) -> str:
		"""Call a function of the product in a process of its own, as the scheduler or a person would have it called."""
		command = [str(self.bench.python), "-m", "frappe.utils.bench_helper", "frappe"]
		command += ["--site", self.site, "execute", method, "--kwargs", json.dumps(arguments)]
		result = subprocess.run(
			command,
			cwd=self.sites,
			env=get_environment(self.bench),
			capture_output=True,
			text=True,
			check=False,
		)
		assert result.returncode == 0, result.stderr[-2000:]
		return result.stdout.strip()

	# Kills

	def kill_worker(self, chance: random.Random) -> str:
		"""kill -9 of a worker at this moment; returns what was hit.

		`job`: the process that does the job; `worker`: its parent, whose job goes on alone; `both`. A worker
		without a job is hit itself.
		"""
		with self.lock:
			workers = [name for name in self.processes if name.startswith("worker")]
			busy = [name for name in workers if list_children(self.processes[name].pid)]
			name = chance.choice(busy or workers)
			pid = self.processes[name].pid
			jobs = list_children(pid)
			kind = chance.choice(("job", "worker", "both")) if jobs else "idle"
			targets = {"job": jobs, "worker": [pid], "both": [pid, *jobs], "idle": [pid]}[kind]
			if kind == "worker":
				self.orphans |= set(jobs)
			return self._kill(kind, targets)

	def kill_consumer(self) -> str:
		with self.lock:
			return self._kill("consumer", [self.processes["consumer"].pid])

	def _kill(self, kind: str, pids: Sequence[int]) -> str:
		for pid in pids:
			with contextlib.suppress(ProcessLookupError):  # it may have ended just now
				os.kill(pid, signal.SIGKILL)
		self.killed[kind] = self.killed.get(kind, 0) + 1
		return kind

	def _keep(self) -> None:
		while not self.stopping.wait(WATCH_S):
			with self.lock:
				for name, process in list(self.processes.items()):
					code = process.poll()
					if code is None:
						continue
					if code != -signal.SIGKILL:
						self.fallen.append(f"{name} ended with {code}")
					self._run(name, self.commands[name])

	# Processes

	def _run(self, name: str, command: list[str]) -> None:
		self.commands[name] = command
		cwd = self.bench.root if name == "sandbox" else self.sites
		with (self.folder / "logs" / f"{name}.out").open("a") as log:
			self.processes[name] = subprocess.Popen(
				command,
				cwd=cwd,
				env=get_environment(self.bench),
				stdin=subprocess.DEVNULL,
				stdout=log,
				stderr=log,
			)

	def _write_files(self) -> None:
		for name in ("sites", "logs", "config"):
			(self.folder / name).mkdir(parents=True, exist_ok=True)
		(self.folder / "apps").symlink_to(self.bench.root / "apps")
		for name in ("apps.txt", "assets", self.site):
			(self.sites / name).symlink_to(self.bench.sites / name)
		common = json.loads((self.bench.sites / "common_site_config.json").read_text())
		common |= {"default_site": self.site, "bench_id": self.bench_id}
		(self.sites / "common_site_config.json").write_text(json.dumps(common))

	def _wait(self, url: str) -> None:
		deadline = time.monotonic() + START_LIMIT_S
		while time.monotonic() < deadline:
			try:
				if requests.get(url, timeout=5, proxies={"http": ""}).status_code == 200:
					return
			except requests.RequestException:
				time.sleep(0.1)
		raise AssertionError(f"{url} does not answer\n{self.read_logs()}")

	def read_logs(self, lines: int = 20) -> str:
		"""The last lines of every process's own log."""
		parts = []
		for file in sorted((self.folder / "logs").glob("*.out")):
			tail = file.read_text(errors="replace").splitlines()[-lines:]
			parts.append(f"--- {file.stem}\n" + "\n".join(tail))
		return "\n".join(parts)

	def list_log_files(self) -> list[Path]:
		"""Every log of this stack's processes, Frappe's own included."""
		return [file for file in (self.folder / "logs").rglob("*") if file.is_file()]


def list_children(parent: int) -> list[int]:
	"""Process ids of the living children of a process."""
	found = []
	for entry in os.listdir("/proc"):
		if not entry.isdigit():
			continue
		try:
			fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
		except OSError:
			continue
		if int(fields[1]) == parent and fields[0] != "Z":
			found.append(int(entry))
	return found
