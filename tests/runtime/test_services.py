"""Processes: a recycled id is nobody of ours, a kept program comes back, and SIGTERM ends all of it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import configuration, services

ROOT = Path(__file__).resolve().parents[2]


def wait_for(condition, seconds: float = 10) -> bool:
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if condition():
			return True
		time.sleep(0.02)
	return False


# Process ids


def test_a_running_process_is_known_by_id_and_start(bench):
	pid = os.getpid()
	(bench.state / "run" / "data.pid").write_text(f"{pid} {services._get_start_time(pid)}")

	assert services.get_pid(bench, "data") == pid


def test_a_recycled_id_is_not_taken_for_ours(bench):
	(bench.state / "run" / "data.pid").write_text(f"{os.getpid()} 1")

	assert services.get_pid(bench, "data") is None
	assert services.stop(bench, "data") is False


@pytest.mark.parametrize("text", ["", "12", "x y", "12 34 56", "999999999 1"])
def test_a_damaged_pid_file_names_nobody(bench, text):
	(bench.state / "run" / "data.pid").write_text(text)

	assert services.get_pid(bench, "data") is None


def test_without_pid_file_nobody_runs(bench):
	assert services.get_pid(bench, "desk") is None
	assert set(services.check_health(bench, "desk").values()) == {False}


def test_an_ended_child_that_nobody_waited_for_is_ended():
	child = subprocess.Popen([sys.executable, "-c", ""])
	try:
		assert wait_for(lambda: services._get_start_time(child.pid) is None)
	finally:
		child.wait()


def test_stopping_ends_the_whole_family(bench):
	code = "import subprocess, sys; subprocess.Popen(['sleep', '60']); sys.stdout.write('.'); sys.stdout.flush(); input()"
	parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
	try:
		assert parent.stdout.read(1) == b"."
		(child,) = services._get_descendants(parent.pid)
		(bench.state / "run" / "desk.pid").write_text(f"{parent.pid} {services._get_start_time(parent.pid)}")

		services.STOP_LIMIT_S, limit = 1, services.STOP_LIMIT_S
		try:
			assert services.stop(bench, "desk") is True
		finally:
			services.STOP_LIMIT_S = limit
		assert wait_for(lambda: services._get_start_time(child) is None)
		assert not (bench.state / "run" / "desk.pid").exists()
	finally:
		parent.kill()
		parent.communicate()


# Keeping


@pytest.fixture
def keep(tmp_path):
	"""Start `runtime.keep` around a shell script that can note things in files; ended after the test."""
	started = []

	def run(script: str) -> subprocess.Popen:
		command = [sys.executable, "-m", "runtime.keep", "program", "--", "sh", "-c", script]
		process = subprocess.Popen(
			command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"T": str(tmp_path)}
		)
		started.append(process)
		return process

	yield run
	for process in started:
		if process.poll() is None:
			process.terminate()  # and with it its child
		process.communicate(timeout=10)


def read_pid(path: Path) -> int:
	text = path.read_text().strip() if path.exists() else ""
	return int(text) if text else 0


def test_a_killed_child_comes_back(keep, tmp_path):
	process = keep('echo $$ > "$T/pid"; exec sleep 60')
	pid_file = tmp_path / "pid"
	assert wait_for(lambda: read_pid(pid_file))
	first = read_pid(pid_file)

	os.kill(first, signal.SIGKILL)

	assert wait_for(lambda: read_pid(pid_file) not in (0, first))
	assert "program ended with code -9; starting it again in 2 s" in process.stdout.readline()
	assert process.poll() is None


def test_sigterm_is_passed_on_and_ends_both(keep, tmp_path):
	process = keep(
		'trap \'echo ended > "$T/ended"; exit 0\' TERM; echo 1 > "$T/pid"; while :; do sleep 0.05; done'
	)
	assert wait_for(lambda: read_pid(tmp_path / "pid"))

	process.send_signal(signal.SIGTERM)

	assert process.wait(timeout=5) == 0
	assert (tmp_path / "ended").read_text() == "ended\n"


def test_sigterm_ends_a_pause_at_once(keep):
	process = keep("exit 3")
	assert "starting it again in 2 s" in process.stdout.readline()
	assert "starting it again in 4 s" in process.stdout.readline()

	started = time.monotonic()
	process.send_signal(signal.SIGTERM)

	assert process.wait(timeout=5) == 0
	assert time.monotonic() - started < 2


# Configuration


def test_the_socket_path_fits_its_limit(bench):
	assert (
		configuration.get_socket(bench) == str(bench.state / "run" / "mariadb.sock")
		or len(str(bench.state)) > 80
	)

	bench.state = bench.state / ("deep" * 30)
	assert len(configuration.get_socket(bench)) < configuration.SOCKET_PATH_LIMIT


def test_every_service_listens_on_loopback_only(bench, monkeypatch):
	monkeypatch.delenv("OMS_BIND", raising=False)
	bench.sites.mkdir(exist_ok=True)
	(bench.sites / "common_site_config.template.json").write_text("{}")
	configuration.write_configuration(bench, bench.choose_ports(None))

	texts = {path.name: path.read_text() for path in bench.state.glob("*.c*nf*")}
	nginx = (bench.state / "nginx" / "nginx.conf").read_text()
	assert "bind-address=127.0.0.1" in texts["mariadb.cnf"]
	assert all("bind 127.0.0.1" in texts[f"redis_{name}.conf"] for name in ("cache", "queue"))
	assert 'bind = "127.0.0.1:' in texts["gunicorn.conf.py"] if "gunicorn.conf.py" in texts else True
	assert f"listen 127.0.0.1:{bench.load_ports()['http']};" in nginx
	assert "@" not in nginx.replace("@web", "")
