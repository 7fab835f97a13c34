"""Jobs speak the language of whoever they work for."""

import frappe
from frappe import _

from storegroup_oms import languages
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_user


class TestLanguages(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)

	def test_a_job_of_somebody_chinese_is_chinese(self):
		user = create_user(["OMS Order Clerk"])
		for language, text in (("zh", "快递规则"), ("en", "Courier Rule")):
			frappe.db.set_value("User", user.name, "language", language)
			frappe.clear_cache(user=user.name)
			frappe.set_user(user.name)
			languages.start_job(method="x", kwargs={}, transaction_type="job")

			self.assertEqual(_("Courier Rule"), text)
