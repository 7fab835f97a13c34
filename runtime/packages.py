"""Python environment, node packages and the desk's built assets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from runtime.bench import Bench, fingerprint, write_text
from runtime.report import Failure, step

LOCKS = Path(__file__).parent


def ensure_environment(bench: Bench, with_tests: bool) -> None:
	"""Make `env/` with exactly the locked releases. Idempotent; a killed run is repeated."""
	_ensure_locked(bench, "requirements.lock", "Installing Python packages")
	if with_tests:
		_ensure_locked(bench, "requirements-test.lock", "Installing the test suite's Python packages")


def _ensure_locked(bench: Bench, lock: str, title: str) -> None:
	wanted = fingerprint(LOCKS / lock, LOCKS / "absent.py", sys.version, str(bench.root))
	if bench.is_stamped(lock, wanted) and bench.python.exists():
		return
	with step(title):
		if not bench.python.exists() or not bench.is_stamped("env", str(bench.env)):
			shutil.rmtree(bench.env, ignore_errors=True)
			_run([sys.executable, "-m", "venv", str(bench.env)], "The Python environment could not be made")
			bench.stamp("env", str(bench.env))
		pip = [
			str(bench.python),
			"-m",
			"pip",
			"install",
			"--quiet",
			"--disable-pip-version-check",
			"--no-deps",
		]
		_run(
			[*pip, "--require-hashes", "--requirement", str(LOCKS / lock)],
			"Python packages could not be installed",
		)
		_link_apps(bench)
	bench.stamp(lock, wanted)


def _link_apps(bench: Bench) -> None:
	packages = (
		bench.env / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
	)
	write_text(packages / "storegroup_absent.py", (LOCKS / "absent.py").read_text())
	switch_on = "import storegroup_absent; storegroup_absent.install()"
	write_text(packages / "storegroup_bench.pth", f"{bench.frappe}\n{bench.app}\n{switch_on}\n")


def ensure_assets(bench: Bench) -> None:
	"""Install the locked node packages and build the bundles of every app. Idempotent."""
	tool = bench.assets_tool
	modules = tool / "node_modules"
	wanted = fingerprint(tool / "package.json", tool / "package-lock.json")
	if not bench.is_stamped("node_modules", wanted) or not modules.exists():
		with step("Installing node packages"):
			npm = [str(bench.node), str(bench.npm_cli), "--prefix", str(tool), "--no-audit", "--no-fund"]
			_run(
				[*npm, "ci", "--ignore-scripts", "--legacy-peer-deps"],
				"Node packages could not be installed",
				get_node_environment(bench),
				cwd=tool,
			)
		bench.stamp("node_modules", wanted)
	with step("Building the desk's assets"):
		# The build tells by its own fingerprints of all sources whether there is anything to do.
		_run(
			[str(bench.node), str(tool / "build.mjs"), "--bench", str(bench.root), "--modules", str(modules)],
			"The desk's assets could not be built",
			get_node_environment(bench),
		)


def get_node_environment(bench: Bench) -> dict[str, str]:
	"""The environment with the pinned node first on the path."""
	return os.environ | {"PATH": f"{bench.node.parent}:{os.environ.get('PATH', '')}"}


def _run(
	command: list[str], cause: str, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> None:
	result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, check=False)
	if not result.returncode:
		return
	output = result.stderr + result.stdout
	if "No space left on device" in output or "ENOSPC" in output:
		raise Failure(
			f"{cause}: the disk is full.", "Free some space (5 GB are enough) and run the same command again."
		)
	lines = [line.strip() for line in output.splitlines() if line.strip()]
	marked = [line for line in lines if line.lower().startswith(("error", "✘", "npm err", "e:"))]
	raise Failure(
		f"{cause}: {(marked or lines[-1:] or ['no answer'])[0][:400]}",
		"Check the network and the registry settings of pip and npm, then run the same command again.",
	)
