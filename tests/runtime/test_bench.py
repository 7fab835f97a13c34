"""A checkout's ports, passwords, stamps and files: what is refused comes with a cause and a cure."""

import errno
import json
import os
import socket
from contextlib import contextmanager

import pytest

from runtime import bench as bench_module
from runtime.bench import FIRST_PORT, PORT_NAMES, Bench, explain_os_error, fingerprint, is_free, write_text
from runtime.report import Failure


@contextmanager
def listen(port: int = 0):
	"""Occupy a loopback port; yields its number."""
	with socket.socket() as server:
		server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as is_free asks: a desk has just ended
		server.bind(("127.0.0.1", port))
		server.listen()
		yield server.getsockname()[1]


# Ports


def test_a_port_asked_for_by_name_must_be_free(bench):
	with listen() as port, pytest.raises(Failure) as caught:
		bench.choose_ports(port)

	assert f"Port {port} is used by another program" in caught.value.cause
	assert "./oms up --port" in caught.value.cure
	assert bench.load_ports() == {}


def test_a_free_port_asked_for_by_name_is_taken(bench):
	with listen() as port:
		pass

	assert bench.choose_ports(port)["http"] == port


@pytest.fixture
def taken(monkeypatch) -> set[int]:
	"""Ports that somebody else listens on, instead of the machine's real ones."""
	ports: set[int] = set()
	monkeypatch.setattr(bench_module, "is_free", lambda port: port not in ports)
	return ports


def test_ports_are_different_and_remembered(bench, taken):
	ports = bench.choose_ports(None)

	assert ports == FIRST_PORT
	assert tuple(ports) == PORT_NAMES
	assert bench.load_ports() == ports
	assert bench.choose_ports(None) == ports


def test_taken_ports_are_passed_over(bench, taken):
	taken.update({8000, 8001, 13306})

	ports = bench.choose_ports(None)

	assert (ports["http"], ports["mariadb"]) == (8002, 13307)
	assert len(set(ports.values())) == len(PORT_NAMES)


def test_a_remembered_port_that_was_taken_is_replaced(bench, taken):
	ports = bench.choose_ports(None)
	taken.add(ports["mariadb"])

	again = bench.choose_ports(None)

	assert again == ports | {"mariadb": ports["mariadb"] + 1}
	assert bench.load_ports() == again


def test_a_damaged_port_file_is_no_port_file(bench):
	(bench.state / "ports.json").write_text("{half")

	assert bench.load_ports() == {}


def test_is_free_tells_a_listener():
	with listen() as port:
		assert not is_free(port)
	assert is_free(port)


# Passwords


def test_a_password_is_made_once_and_readable_by_its_owner_only(bench):
	value = bench.get_secret("admin")

	assert len(value) >= 20
	assert bench.get_secret("admin") == value
	assert bench.get_secret("another") != value
	assert bench.get_secret_file("admin").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_password_that_others_can_read_is_refused(bench, mode):
	value = bench.get_secret("admin")
	path = bench.get_secret_file("admin")
	path.chmod(mode)

	with pytest.raises(Failure) as caught:
		bench.get_secret("admin")

	assert f"mode {mode:04o}" in caught.value.cause
	assert "chmod 600 sites/.oms/secrets/admin" in caught.value.cure
	assert value not in str(caught.value)
	assert path.read_text().strip() == value


def test_an_empty_password_file_is_filled(bench):
	write_text(bench.get_secret_file("admin"), "\n", mode=0o600)

	assert bench.get_secret("admin")


def test_a_password_of_somebody_else_is_refused(bench, monkeypatch):
	bench.get_secret("admin")

	def refuse(*_arguments, **_options):
		raise PermissionError(errno.EACCES, "Permission denied", "admin")

	monkeypatch.setattr("pathlib.Path.read_text", refuse)
	with pytest.raises(Failure) as caught:
		bench.get_secret("admin")
	assert "can't be read" in caught.value.cause


# Files


def test_a_full_disk_leaves_the_old_file_and_says_so(bench, monkeypatch):
	path = bench.state / "ports.json"
	write_text(path, "old")

	def full(name, *_arguments):
		raise OSError(errno.ENOSPC, "No space left on device", str(name))

	monkeypatch.setattr(os, "open", full)
	with pytest.raises(Failure) as caught:
		write_text(path, "new")
	monkeypatch.undo()

	assert caught.value.cause.startswith("The disk is full (while writing ")
	assert "run the same command again" in caught.value.cure
	assert [file.name for file in bench.state.iterdir() if file.is_file()] == ["ports.json"]
	assert path.read_text() == "old"


def test_a_disk_that_fills_up_midway_leaves_the_old_file(bench, monkeypatch):
	path = bench.state / "ports.json"
	write_text(path, "old")

	def full(_source, target):
		raise OSError(errno.ENOSPC, "No space left on device", str(target))

	monkeypatch.setattr(os, "replace", full)
	with pytest.raises(Failure):
		write_text(path, "new")
	monkeypatch.undo()

	assert [file.name for file in bench.state.iterdir() if file.is_file()] == ["ports.json"]
	assert path.read_text() == "old"


@pytest.mark.parametrize(
	("number", "words"),
	[
		(errno.ENOSPC, "The disk is full"),
		(errno.EACCES, "No right to write"),
		(errno.EROFS, "No right to write"),
		(errno.EIO, "The operating system refused"),
	],
)
def test_errors_of_the_system_have_a_cause_and_a_cure(number, words):
	failure = explain_os_error(OSError(number, os.strerror(number), "/some/file"))

	assert failure.cause.startswith(words)
	assert failure.cure


# Stamps and fingerprints


def test_a_stamp_holds_for_its_fingerprint_only(bench):
	assert not bench.is_stamped("env", "1")
	bench.stamp("env", "1")
	assert bench.is_stamped("env", "1")
	assert not bench.is_stamped("env", "2")
	bench.unstamp("env")
	bench.unstamp("env")
	assert not bench.is_stamped("env", "1")


def test_a_fingerprint_sees_names_and_contents_and_skips_what_is_built(tmp_path):
	folder = tmp_path / "app"
	(folder / "dist").mkdir(parents=True)
	(folder / "a.py").write_text("a")
	first = fingerprint(folder)

	(folder / "dist" / "bundle.js").write_text("x")
	(folder / ".hidden").mkdir()
	(folder / ".hidden" / "b").write_text("x")
	(folder / "a.pyc").write_text("x")
	assert fingerprint(folder) == first

	(folder / "a.py").write_text("b")
	second = fingerprint(folder)
	(folder / "a.py").rename(folder / "c.py")
	assert len({first, second, fingerprint(folder), fingerprint(folder, suffixes=(".js",))}) == 4


def test_two_checkouts_share_nothing(tmp_path):
	one, two = Bench(tmp_path / "one"), Bench(tmp_path / "two")
	one.ensure_folders()
	two.ensure_folders()

	with listen(one.choose_ports(None)["http"]):
		assert two.choose_ports(None)["http"] != one.load_ports()["http"]
	assert one.get_secret("admin") != two.get_secret("admin")
	assert json.loads((one.state / "ports.json").read_text()) == one.load_ports()


def test_every_password_file_is_checked(bench):
	bench.get_secret("admin")
	bench.get_secret("mariadb-root")
	bench.get_secret_file("mariadb-root").chmod(0o640)

	with pytest.raises(Failure) as caught:
		bench.check_secrets()

	assert "mariadb-root" in caught.value.cause
