"""An Approval Rule: switched on, it has waiting orders looked at."""

from unittest.mock import patch

import frappe

from storegroup_oms.orders import review
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import make_suffix


class TestApprovalRule(IntegrationTest):
	def test_saving_wakes_the_review(self) -> None:
		with patch.object(review, "wake") as wake:
			frappe.get_doc({"doctype": "Approval Rule", "rule_name": make_suffix()}).insert()
		self.assertEqual(wake.call_count, 1)
