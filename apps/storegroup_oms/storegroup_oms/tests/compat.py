"""Base classes of the app's tests: the only module that knows where Frappe 15 and 16 differ in testing.

`UnitTest` needs no site. `IntegrationTest` needs one and leaves no trace: everything is rolled back
after each test. Both run under pytest (see conftest.py at the root) and under `bench run-tests`.
"""

import copy
import inspect
import json
import unittest
from pathlib import Path

import frappe
from hypothesis import settings

try:  # Frappe 16
	from frappe.tests import IntegrationTestCase as _SiteTestCase
except ImportError:  # Frappe 15
	from frappe.tests.utils import FrappeTestCase as _SiteTestCase


# Under `bench run-tests` no conftest says so: examples have no time limit of their own on a busy machine.
settings.register_profile("storegroup_oms", deadline=None, print_blob=True)
settings.load_profile("storegroup_oms")

STALE_CACHES = (
	"assignment_rule",
	"bootinfo",
	"defaults",
	"oms_webhook_endpoints",
	"roles",
	"server_script_map",
	"system_settings",
	"user_doc",
	"user_perm_can_read",
	"user_permissions",
	"webhooks",
)


class UnitTest(unittest.TestCase):
	"""A test of pure code: no site, no database, no Redis."""

	maxDiff = None


class IntegrationTest(_SiteTestCase):
	"""A test on a site. Each test starts as Administrator in English and is rolled back after it.

	Not undone, because no database can: Redis entries of other keys than the cache's, files, and rows
	that the test committed. A test that commits cleans up after itself.
	"""

	@classmethod
	def setUpClass(cls) -> None:
		# Frappe 16 makes records of the DocType whose folder a test stands in, unless told that there are some.
		definition = Path(inspect.getfile(cls)).with_name(f"{Path(inspect.getfile(cls)).parent.name}.json")
		if definition.exists():
			frappe.local.test_objects.setdefault(json.loads(definition.read_text())["name"], [])
		super().setUpClass()

	def setUp(self) -> None:
		super().setUp()
		self._flags = copy.deepcopy(dict(frappe.local.flags))
		frappe.set_user("Administrator")
		frappe.local.lang = "en"
		# Frappe takes a request that is there and None for one that it may ask.
		if getattr(frappe.local, "request", "") is None:
			del frappe.local.request
		frappe.local.message_log = []
		# Registered first, so that it runs last: after every clean-up of the test itself.
		self.addCleanup(self._reset)

	def _reset(self) -> None:
		frappe.db.rollback()
		frappe.local.flags = frappe._dict(self._flags)
		frappe.set_user("Administrator")
		frappe.local.message_log = []
		frappe.local.error_log = []
		frappe.local.realtime_log = []
		frappe.db.value_cache.clear()
		clear_document_caches()


def clear_document_caches() -> None:
	"""Forget what was cached of rolled-back rows: documents, permissions, settings, what hangs on a DocType.

	Frappe clears these caches when rows are written, not when they are rolled back.
	"""
	for key in STALE_CACHES:
		frappe.cache.delete_value(key)
	frappe.cache.delete_keys("document_cache::")
	frappe.local.role_permissions = {}
