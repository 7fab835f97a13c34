"""Debian packages, disk space, and other things of the machine rather than of the checkout."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from runtime.bench import Bench
from runtime.report import Failure, step

MIN_FREE_BYTES = 3 * 1024**3
POLICY = Path("/usr/sbin/policy-rc.d")

# Debian package → a file that shows that it's there
PACKAGES = {
	"mariadb-server-core": "/usr/sbin/mariadbd",
	"mariadb-client": "/usr/bin/mysqldump",
	"redis-server": "/usr/bin/redis-server",
	"nginx-light": "/usr/sbin/nginx",
	"fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
TEST_PACKAGES = {"chromium": "/usr/bin/chromium"}


def check_disk(bench: Bench) -> None:
	"""Raise Failure when the disk has less than 3 GiB free (OMS_MIN_FREE_BYTES changes the bound)."""
	wanted = int(os.environ.get("OMS_MIN_FREE_BYTES") or MIN_FREE_BYTES)
	free = shutil.disk_usage(bench.root).free
	if free < wanted:
		raise Failure(
			f"The disk has {free / 1024**3:.1f} GiB free; {wanted / 1024**3:.1f} GiB are needed.",
			"Free some space, then run the same command again: it goes on where it stopped.",
		)


def ensure_packages(with_tests: bool) -> None:
	"""Install the Debian packages that are missing; as another user than root through sudo.

	Raises Failure that names the one command to run where neither is possible.
	"""
	wanted = PACKAGES | (TEST_PACKAGES if with_tests else {})
	missing = [name for name, file in wanted.items() if not Path(file).exists()]
	if not _has_ensurepip():
		missing.append("python3-venv")
	if not missing:
		return
	install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
	prefix = _get_prefix(install)
	with step(f"Installing Debian packages: {', '.join(missing)}"), _without_starting_services(bool(prefix)):
		for command in (["apt-get", "update", "--quiet"], install):
			_run_apt(prefix + command)


def _has_ensurepip() -> bool:
	try:
		import ensurepip  # noqa: F401 (Debian ships it apart)
	except ImportError:
		return False
	return True


def _get_prefix(install: list[str]) -> list[str]:
	if os.geteuid() == 0:
		return []
	if (
		shutil.which("sudo")
		and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
	):
		return ["sudo", "-n"]
	raise Failure(
		"Debian packages are missing, and this user may not install any.",
		f"Run once: sudo apt-get update && sudo {' '.join(install)}",
	)


@contextlib.contextmanager
def _without_starting_services(through_sudo: bool):
	# Debian starts a server as soon as it's installed; we only want the programs.
	if through_sudo or POLICY.exists():
		yield
		return
	POLICY.write_text("#!/bin/sh\nexit 101\n")
	POLICY.chmod(0o755)
	try:
		yield
	finally:
		POLICY.unlink(missing_ok=True)


def _run_apt(command: list[str]) -> None:
	environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
	result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
	if result.returncode:
		lines = [line for line in result.stderr.splitlines() if line.startswith(("E:", "W:"))] or [
			"no answer"
		]
		raise Failure(
			f"{' '.join(command[-3:])} failed: {lines[-1][:300]}",
			"Check the network and the package sources of this machine, then run the same command again.",
		)
