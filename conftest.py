"""Opens the test site once for the whole run, if anything collected needs one.

`./oms test` names the site in OMS_SITE. Tests derived from `IntegrationTest` and tests that ask for the
fixture `site` get it; everything else runs without.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parent
_lock: IO | None = None
# Some of Frappe's code expects to run in sites/; what others leave in the working folder is led away from there.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".hypothesis"))

from hypothesis import settings  # noqa: E402 (reads the variable above)

settings.register_profile("oms", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("oms")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
	"""Mark each test with its kind, from its base class or its folder."""
	for item in items:
		folder = item.path.relative_to(ROOT).parts[:2]
		if folder == ("tests", "e2e"):
			item.add_marker("e2e")
		elif needs_site(item):
			item.add_marker("integration")
		else:
			item.add_marker("unit")


def needs_site(item: pytest.Item) -> bool:
	bases = [base.__name__ for base in getattr(item.cls, "__mro__", ())] if getattr(item, "cls", None) else []
	return "IntegrationTest" in bases or "site" in getattr(item, "fixturenames", ())


def pytest_collection_finish(session: pytest.Session) -> None:
	"""Connect before the first test, since unittest classes set themselves up before any fixture of ours."""
	if not session.config.option.collectonly and any(needs_site(item) for item in session.items):
		open_site()


def open_site() -> None:
	site = os.environ.get("OMS_SITE")
	if not site:
		pytest.exit("These tests need a site. Run them with: ./oms test", returncode=4)
	import frappe

	wait_for_other_runs()
	os.chdir(ROOT / "sites")
	keep_jobs_apart()
	frappe.init(site, sites_path=".")
	frappe.connect()
	frappe.flags.in_test = True
	if hasattr(frappe, "in_test"):  # Frappe 16
		frappe.in_test = True
	frappe.flags.mute_emails = True


def keep_jobs_apart() -> None:
	"""Jobs that tests start go to queues of this run, which nobody works on: a desk may run beside it with workers."""
	import frappe

	read = frappe.get_site_config

	def get_site_config(*args: object, **options: object) -> dict:
		return frappe._dict(read(*args, **options), bench_id=f"tests-{os.getpid()}")

	frappe.get_site_config = get_site_config


def discard_jobs() -> None:
	"""Throw away the jobs that this run has started."""
	from frappe.utils.background_jobs import get_queue, get_queue_list

	for name in get_queue_list():
		get_queue(name).delete(delete_jobs=True)


def wait_for_other_runs() -> None:
	"""Two runs on one site would wait for each other's rows and fail: the second waits here. Held until the end."""
	global _lock
	folder = ROOT / "sites" / ".oms" / "run"
	folder.mkdir(parents=True, exist_ok=True)
	_lock = (folder / "tests.lock").open("w")
	try:
		fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
	except BlockingIOError:
		print("Another test run uses the site; waiting for it to end …", file=sys.stderr, flush=True)
		fcntl.flock(_lock, fcntl.LOCK_EX)


@pytest.fixture(scope="session")
def site() -> str:
	"""The name of the open site; asking for it makes the test an integration test."""
	return os.environ["OMS_SITE"]


def pytest_sessionfinish() -> None:
	frappe = sys.modules.get("frappe")
	if frappe and getattr(frappe.local, "db", None):
		frappe.db.rollback()
		discard_jobs()
		frappe.destroy()
	os.chdir(ROOT)
	if _lock:
		_lock.close()
