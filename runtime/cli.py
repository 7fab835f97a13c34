"""The commands of `./oms`."""

import argparse
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from runtime import configuration, packages, practice, services, site, source, system
from runtime.bench import BENCHMARK_SITE, MAIN_SITE, TEST_SITE, Bench, explain_os_error, fingerprint
from runtime.report import Failure, complain, say, step

GROUPS = ("data", "desk")
# Benchmarks whose data is worth keeping: they have a site of their own.
WITH_OWN_SITE = ("desk", "stock_pages")


def main(root: Path, arguments: list[str]) -> int:
	"""Run one command; returns the exit code (0 well, 1 failed with cause and cure, 2 wrong usage)."""
	bench = Bench(root)
	if arguments[:1] == ["bench"]:
		return _guard(lambda: run_bench(bench, arguments[1:]))
	if arguments[:1] == ["test"]:
		return _guard(lambda: run_tests(bench, arguments[1:]))
	options = _parse(arguments)
	return _guard(lambda: options.run(bench, options))


def _parse(arguments: list[str]) -> argparse.Namespace:
	parser = argparse.ArgumentParser(prog="./oms", description="Storegroup OMS on its own bench.")
	commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

	def add(name: str, run: Callable, text: str) -> argparse.ArgumentParser:
		command = commands.add_parser(name, help=text, description=text)
		command.set_defaults(run=run)
		return command

	up = add("up", run_up, "Install what is missing, prepare everything, start the desk.")
	up.add_argument("--detach", action="store_true", help="return once the desk answers")
	up.add_argument("--port", type=int, default=_get_env_port(), help="port of the desk (or OMS_PORT)")
	add("down", run_down, "Stop every process of this checkout.")
	status = add("status", run_status, "Say what runs, where, and how to log in.")
	status.add_argument("--json", action="store_true", help="one JSON object")
	add("doctor", run_doctor, "Check the machine and this checkout, and say how to mend what is wrong.")
	sandbox = add(
		"sandbox", practice.run_sandbox, "Run the simulated platforms alone, or say where they are."
	)
	sandbox.add_argument("--port", type=int, help="port on the loopback address")
	reset = add("reset", run_reset, "Throw away the sites and their data, keep what was downloaded.")
	reset.add_argument("--yes", action="store_true", help="really do it")
	benchmark = add("benchmark", run_benchmark, "Run a benchmark side by side with its baselines.")
	benchmark.add_argument("name", nargs="?", help="which one; without it, the list")
	benchmark.add_argument("--json", action="store_true", help="one JSON object as the last line")
	for name, text in (
		("test", "Prepare a test site and run the whole test suite."),
		("bench", "Run the real bench command."),
	):
		commands.add_parser(name, help=text, add_help=False)
	return parser.parse_args(arguments)


def _get_env_port() -> int | None:
	text = os.environ.get("OMS_PORT")
	return int(text) if text and text.isdigit() else None


def _guard(run: Callable[[], int]) -> int:
	try:
		return run()
	except Failure as failure:
		complain(failure)
	except OSError as error:
		complain(explain_os_error(error))
	except KeyboardInterrupt:
		say("\nInterrupted. Run the same command again: it goes on where it stopped.")
	return 1


@contextmanager
def _lock(bench: Bench):
	bench.ensure_folders()
	with open(bench.state / "lock", "w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			say("Another ./oms is preparing this checkout; waiting for it …")
			fcntl.flock(file, fcntl.LOCK_EX)
		yield


def prepare(bench: Bench, site_name: str, with_tests: bool, port: int | None = None) -> None:
	"""Everything that must be there before the desk starts. Each step is idempotent; data services run after it."""
	system.check_disk(bench)
	bench.check_secrets()
	system.ensure_packages(with_tests)
	packages.ensure_environment(bench, with_tests)
	source.ensure_frappe(bench)
	packages.ensure_assets(bench)
	_prepare_data(bench, port)
	site.ensure_site(bench, site_name)


def _prepare_data(bench: Bench, port: int | None) -> None:
	current = bench.load_ports()
	if services.get_pid(bench, "data"):
		if port and current.get("http") != port:
			if services.get_pid(bench, "desk"):
				raise Failure(
					f"The desk of this checkout already runs on port {current.get('http')}.",
					"Stop it first: ./oms down",
				)
			services.stop(bench, "data")
		else:
			configuration.write_configuration(bench, bench.complete_ports())
			return
	ports = bench.choose_ports(port)
	configuration.write_configuration(bench, ports)
	services.ensure_database_folder(bench)
	with step("Starting MariaDB and Redis"):
		services.start(bench, "data")
		services.ensure_database_password(bench)


def run_up(bench: Bench, options: argparse.Namespace) -> int:
	with _lock(bench):
		prepare(bench, MAIN_SITE, with_tests=False, port=options.port)
		site.ensure_demo(bench, MAIN_SITE)
		_start_desk(bench)
		practice.connect_shops(bench, MAIN_SITE)
	_show_address(bench)
	if options.detach:
		return 0
	say("\nCtrl-C stops everything.")
	return services.run_in_foreground(bench)


def _start_desk(bench: Bench) -> None:
	code = fingerprint(
		bench.app,
		bench.root / "Procfile",
		bench.root / "sandbox",
		bench.state / "gunicorn.conf.py",
		bench.assets_tool.parent,
	)
	if services.get_pid(bench, "desk") and not bench.is_stamped("desk", code):
		with step("Stopping the desk, which runs older code"):
			services.stop(bench, "desk")
	with step("Starting the desk"):
		services.start(bench, "desk")
	bench.stamp("desk", code)


def _show_address(bench: Bench) -> None:
	secret = bench.get_secret_file("admin")
	say(f"\nThe desk is at   http://127.0.0.1:{bench.load_ports()['http']}")
	shown = bench.state / "run" / "password-shown"
	if shown.exists():
		say(f"Log in as        Administrator, password in {bench.show(secret)}")
	else:
		say(f"Log in as        Administrator / {bench.get_secret('admin')}")
		say(f"                 (shown once; kept in {bench.show(secret)})")
		shown.write_text("")
	say("Stop with        ./oms down")


def run_down(bench: Bench, _options: argparse.Namespace) -> int:
	stopped = [group for group in reversed(GROUPS) if services.stop(bench, group)]
	say("Everything has stopped." if stopped else "Nothing was running.")
	return 0


def get_status(bench: Bench) -> dict:
	"""The object that `status --json` prints; outside checks rely on its keys."""
	ports = bench.load_ports()
	health = {name: well for group in GROUPS for name, well in services.check_health(bench, group).items()}
	return {
		"url": f"http://127.0.0.1:{ports['http']}" if ports else None,
		"site": MAIN_SITE,
		"admin_user": "Administrator",
		"admin_password_file": str(bench.get_secret_file("admin")),
		"staff_password_file": str(bench.get_secret_file("demo-staff")),
		"sandbox_url": f"http://127.0.0.1:{ports['sandbox']}" if "sandbox" in ports else None,
		"sandbox_token_file": str(bench.get_secret_file(practice.CONTROL)),
		"webhook_url": f"http://127.0.0.1:{ports['http']}/webhooks" if ports else None,
		"frappe_version": _read_version(bench.frappe / "frappe" / "__init__.py"),
		"app_version": _read_version(bench.app / "storegroup_oms" / "__init__.py"),
		"processes": {name: "running" if well else "stopped" for name, well in health.items()},
	}


def _read_version(path: Path) -> str | None:
	try:
		lines = path.read_text().splitlines()
	except OSError:
		return None
	return next((line.split("=")[1].strip(" \"'") for line in lines if line.startswith("__version__")), None)


def run_status(bench: Bench, options: argparse.Namespace) -> int:
	status = get_status(bench)
	if options.json:
		say(json.dumps(status, indent=1))
	else:
		for key, value in status.items():
			if key != "processes":
				say(f"{key:20} {value if value is not None else '–'}")
		for name, state in status["processes"].items():
			say(f"  {'●' if state == 'running' else '○'} {name:18} {state}")
	return 0


def run_doctor(bench: Bench, _options: argparse.Namespace) -> int:
	"""Run every check without changing anything; 1 when at least one found a fault."""
	checks: list[tuple[str, Callable[[], object]]] = [
		("Disk space", lambda: system.check_disk(bench)),
		("Password files", bench.check_secrets),
	]
	missing = [name for name, file in system.PACKAGES.items() if not Path(file).exists()]
	faults = 0
	for title, check in checks:
		try:
			check()
			say(f"✓ {title}")
		except Failure as failure:
			faults += 1
			say(f"✗ {title}: {failure.cause}\n  What to do: {failure.cure}")
	if missing:
		faults += 1
		say(f"✗ Debian packages missing: {', '.join(missing)}\n  What to do: ./oms up installs them")
	for group in GROUPS:
		for name, well in services.check_health(bench, group).items():
			say(f"{'✓' if well else '○'} {name} {'answers' if well else 'is not running'}")
	return 1 if faults else 0


def run_reset(bench: Bench, options: argparse.Namespace) -> int:
	if not options.yes:
		raise Failure(
			"This deletes every order and record of this checkout.", "If that is meant: ./oms reset --yes"
		)
	with _lock(bench):
		for group in reversed(GROUPS):
			services.stop(bench, group)
		for file in bench.state.glob("sandbox.sqlite*"):
			file.unlink()
		for folder in ("mariadb", "mariadb.new", "redis_cache", "redis_queue", "stamps", "run"):
			if folder == "stamps":
				for stamp in (bench.state / folder).glob("*-*.localhost"):
					stamp.unlink()
			else:
				shutil.rmtree(bench.state / folder, ignore_errors=True)
		for name in (MAIN_SITE, TEST_SITE, BENCHMARK_SITE):
			shutil.rmtree(bench.sites / name, ignore_errors=True)
	say("The sites are gone. ./oms up makes a new one.")
	return 0


def run_bench(bench: Bench, arguments: list[str]) -> int:
	"""Pass everything on to the real bench command, with this checkout's environment."""
	if not bench.python.exists():
		raise Failure("The bench isn't installed yet.", "Run ./oms up first.")
	command = [str(bench.env / "bin" / "bench"), *arguments]
	return subprocess.run(command, cwd=bench.root, env=site.get_environment(bench), check=False).returncode


def run_benchmark(bench: Bench, options: argparse.Namespace) -> int:
	folder = bench.root / "benchmarks"
	names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
	name = (options.name or "").replace("-", "_")
	if name not in names:
		raise Failure(
			f"There is no benchmark {options.name or '(none named)'}.",
			f"Choose one of: {', '.join(names).replace('_', '-') or 'none yet'}",
		)
	site_name = BENCHMARK_SITE if name in WITH_OWN_SITE else TEST_SITE
	with _lock(bench):
		prepare(bench, site_name, with_tests=True)
	command = [str(bench.python), str(folder / f"{name}.py"), *(["--json"] if options.json else [])]
	environment = site.get_environment(bench) | {
		"OMS_SITE": site_name,
		"OMS_ROOT": str(bench.root),
		"PYTHONPATH": str(bench.root),
	}
	return subprocess.run(command, cwd=bench.root, env=environment, check=False).returncode


def run_tests(bench: Bench, arguments: list[str]) -> int:
	"""Prepare the test site and run pytest; stops what it started. Returns pytest's exit code."""
	with _lock(bench):
		was_running = services.get_pid(bench, "data") is not None
		prepare(bench, TEST_SITE, with_tests=True)
	environment = site.get_environment(bench) | {"OMS_SITE": TEST_SITE, "OMS_ROOT": str(bench.root)}
	try:
		command = [str(bench.python), "-m", "pytest", *arguments]
		return subprocess.run(command, cwd=bench.root, env=environment, check=False).returncode
	finally:
		if not was_running:
			services.stop(bench, "data")
