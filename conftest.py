"""Opens the test site once for the whole run, if anything collected needs one.

`./oms test` names the site in OMS_SITE. Tests derived from `IntegrationTest` and tests that ask for the
fixture `site` get it; everything else runs without.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
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

	os.chdir(ROOT / "sites")
	frappe.init(site, sites_path=".")
	frappe.connect()
	frappe.flags.in_test = True
	if hasattr(frappe, "in_test"):  # Frappe 16
		frappe.in_test = True
	frappe.flags.mute_emails = True


@pytest.fixture(scope="session")
def site() -> str:
	"""The name of the open site; asking for it makes the test an integration test."""
	return os.environ["OMS_SITE"]


def pytest_sessionfinish() -> None:
	import sys

	frappe = sys.modules.get("frappe")
	if frappe and getattr(frappe.local, "db", None):
		frappe.db.rollback()
		frappe.destroy()
	os.chdir(ROOT)
