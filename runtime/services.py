"""Starting, watching and stopping the processes of the Procfile, in two groups.

Group `data` (MariaDB, Redis) is needed while the bench is prepared; group `desk` (everything else)
serves people. honcho runs each group; `runtime.keep` brings single processes back.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from runtime.bench import MAIN_SITE, Bench
from runtime.report import Failure, step

GROUPS = {
	"data": ("mariadb", "redis_cache", "redis_queue"),
	"desk": (
		"proxy",
		"web",
		"socketio",
		"schedule",
		"worker_short",
		"worker_default",
		"worker_long",
		"sandbox",
		"consumer",
	),
}
# Where a process listens on a port of another name.
PORT_OF = {"consumer": "webhooks"}
START_LIMIT_S = 90
STOP_LIMIT_S = 30


def ensure_database_folder(bench: Bench) -> None:
	"""Initialise MariaDB's private data folder. Built beside its place, renamed at the end."""
	folder = bench.state / "mariadb"
	if (folder / "mysql").is_dir():
		return
	with step("Preparing a private MariaDB"):
		scratch = bench.state / "mariadb.new"
		shutil.rmtree(scratch, ignore_errors=True)
		command = ["mariadb-install-db", "--no-defaults", f"--datadir={scratch}", "--skip-test-db"]
		command += ["--auth-root-authentication-method=normal"]
		if os.geteuid() == 0:
			command.append("--user=root")
		result = subprocess.run(command, capture_output=True, text=True, check=False)
		if result.returncode:
			shutil.rmtree(scratch, ignore_errors=True)
			raise Failure(
				f"MariaDB's data folder could not be made: {(result.stderr or result.stdout).strip()[-300:]}",
				"Check the free disk space and the rights on sites/.oms, then run the same command again.",
			)
		os.replace(scratch, folder)


def ensure_database_password(bench: Bench) -> None:
	"""Give MariaDB's root a random password. Idempotent: does nothing once the password works."""
	password = bench.get_secret("mariadb-root")
	if _run_sql(bench, "SELECT 1", password).returncode == 0:
		return
	# Frappe connects through the loopback address, which MariaDB tells apart from the socket.
	statement = (
		f"CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '{password}';"
		"GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;"
		f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}'"
	)
	result = _run_sql(bench, statement, "")
	if result.returncode:
		raise Failure(
			f"MariaDB refuses our password: {result.stderr.strip()[-300:]}",
			"The file sites/.oms/secrets/mariadb-root doesn't fit the data in sites/.oms/mariadb. "
			"Bring the old file back, or start over: ./oms reset --yes",
		)


def _run_sql(bench: Bench, statement: str, password: str) -> subprocess.CompletedProcess:
	return subprocess.run(
		["mariadb", f"--defaults-file={bench.state / 'mariadb.cnf'}", "--user=root", "--execute", statement],
		capture_output=True,
		text=True,
		env=os.environ | {"MYSQL_PWD": password},
		check=False,
	)


def start(bench: Bench, group: str) -> bool:
	"""Start a group in the background and wait until it answers; True when it wasn't running before."""
	if get_pid(bench, group):
		wait_until_ready(bench, group)
		return False
	ports = bench.load_ports()
	environment = os.environ | {
		"OMS_NODE": str(bench.node),
		"OMS_SITE_NAME": MAIN_SITE,
		"OMS_SANDBOX_PORT": str(ports.get("sandbox", "")),
		"OMS_SANDBOX_LIVE": os.environ.get("OMS_SANDBOX_LIVE", "6"),
		"OMS_WEBHOOKS_PORT": str(ports.get("webhooks", "")),
		"PYTHONUNBUFFERED": "1",
		"PYTHONPATH": str(bench.root),
		"PATH": bench.search_path,
	}
	command = [
		str(bench.env / "bin" / "honcho"),
		"--no-colour",
		"--procfile",
		str(bench.root / "Procfile"),
		"start",
	]
	with open(bench.logs / f"{group}.log", "a") as log:
		process = subprocess.Popen(
			command + list(GROUPS[group]),
			cwd=bench.root,
			env=environment,
			stdin=subprocess.DEVNULL,
			stdout=log,
			stderr=log,
			start_new_session=True,
		)
	(bench.state / "run" / f"{group}.pid").write_text(f"{process.pid} {_get_start_time(process.pid)}")
	wait_until_ready(bench, group, process)
	return True


def get_pid(bench: Bench, group: str) -> int | None:
	"""The process id of a running group; None when it doesn't run (a recycled id isn't taken for it)."""
	try:
		text, started = (bench.state / "run" / f"{group}.pid").read_text().split()
		pid = int(text)
	except (OSError, ValueError):
		return None
	return pid if _get_start_time(pid) == started else None


def _get_start_time(pid: int) -> str | None:
	# Field 22 of /proc/PID/stat; with the id it names a process for ever.
	try:
		with open(f"/proc/{pid}/stat") as file:
			fields = file.read().rpartition(")")[2].split()
	except OSError:
		return None
	return None if fields[0] == "Z" else fields[19]


def wait_until_ready(bench: Bench, group: str, process: subprocess.Popen | None = None) -> None:
	"""Return once every part of the group that listens answers; Failure names the parts that don't."""
	deadline = time.monotonic() + START_LIMIT_S
	silent: list[str] = []
	while time.monotonic() < deadline:
		silent = [name for name, well in check_health(bench, group).items() if not well]
		if not silent:
			return
		if process and process.poll() is not None:
			break
		time.sleep(0.2)
	raise Failure(
		f"{', '.join(silent)} did not come up.",
		f"Look at the end of logs/{group}.log, then run the same command again.",
	)


def check_health(bench: Bench, group: str) -> dict[str, bool]:
	"""Name of each process of a group → does it answer (or, where it doesn't listen, does it run)."""
	ports = bench.load_ports()
	running = get_pid(bench, group) is not None
	health: dict[str, bool] = {}
	for name in GROUPS[group]:
		if name == "proxy":
			health[name] = _answers_http(ports.get("http"), "/api/method/ping")
		elif PORT_OF.get(name, name) in ports:
			health[name] = _answers(ports[PORT_OF.get(name, name)])
		else:
			health[name] = running
	return health


def _answers(port: int | None) -> bool:
	if not port:
		return False
	try:
		with socket.create_connection(("127.0.0.1", port), timeout=1):
			return True
	except OSError:
		return False


def _answers_http(port: int | None, path: str) -> bool:
	if not port:
		return False
	try:
		with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
			return json.load(answer).get("message") == "pong"
	except (OSError, ValueError, urllib.error.URLError):
		return False


def stop(bench: Bench, group: str) -> bool:
	"""End a group and wait for it; True when it was running. MariaDB is asked to shut down cleanly first."""
	pid = get_pid(bench, group)
	if not pid:
		return False
	if group == "data":
		_run_sql(bench, "SET GLOBAL innodb_fast_shutdown = 1", bench.get_secret("mariadb-root"))
	members = _get_descendants(pid)
	os.kill(pid, signal.SIGTERM)
	deadline = time.monotonic() + STOP_LIMIT_S
	while time.monotonic() < deadline and (_get_start_time(pid) or any(_get_start_time(m) for m in members)):
		time.sleep(0.1)
	for member in [pid, *members]:
		if _get_start_time(member):
			with contextlib.suppress(ProcessLookupError):  # it may end by itself just now
				os.kill(member, signal.SIGKILL)
	(bench.state / "run" / f"{group}.pid").unlink(missing_ok=True)
	return True


def _get_descendants(pid: int) -> list[int]:
	children: dict[int, list[int]] = {}
	for entry in os.listdir("/proc"):
		if entry.isdigit():
			try:
				with open(f"/proc/{entry}/stat") as file:
					parent = int(file.read().rpartition(")")[2].split()[1])
			except OSError:
				continue
			children.setdefault(parent, []).append(int(entry))
	found: list[int] = []
	queue = [pid]
	while queue:
		mine = children.get(queue.pop(), [])
		found += mine
		queue += mine
	return found


def run_in_foreground(bench: Bench) -> int:
	"""Show the desk's log until Ctrl-C, then stop everything. Returns the exit code."""
	tail = subprocess.Popen(["tail", "-n", "0", "-F", str(bench.logs / "desk.log")], stdout=sys.stdout)
	try:
		while get_pid(bench, "desk"):
			time.sleep(1)
	except KeyboardInterrupt:
		pass
	finally:
		tail.terminate()
		for group in ("desk", "data"):
			stop(bench, group)
	return 0
