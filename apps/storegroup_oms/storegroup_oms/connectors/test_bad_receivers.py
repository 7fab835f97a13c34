"""Receivers that nobody can deliver to, from a platform's message to the worklist of held orders."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import frappe

from storegroup_oms.connectors.registry import get_connector
from storegroup_oms.orders import approving, intake, review, review_pool
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop

PAYLOADS = Path(__file__).parents[4] / "fixtures" / "payloads"


class TestBadReceivers(IntegrationTest):
	"""Three orders of one message: a good one, one without a city, one with a phone of ten digits."""

	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop("JD").name
		template = json.loads((PAYLOADS / "jd" / "order_to_ship.json").read_text(), parse_float=Decimal)
		changes = {"good": {}, "city": {"city": ""}, "phone": {"mobile": "1381234567", "telephone": ""}}
		payloads = []
		for number, change in enumerate(changes.values()):
			payload = copy.deepcopy(template)
			payload.update(orderId=f"77{number}", open_id_buyer=f"buyer {number}", couponDetailList=[])
			payload["consigneeInfo"].update({"mobile": f"1381234000{number}", **change})
			payloads.append(payload)
		map_order = get_connector("JD").map_order
		with patch.object(review, "wake") as wake:
			saved = intake.save_orders(self.shop, [map_order(payload) for payload in payloads], "Pull").names
		self.assertTrue(wake.called)
		self.names = dict(zip(changes, (saved[f"77{number}"] for number in range(3)), strict=True))
		# What the fixture and its unmatched goods bring with them is not what is looked at here.
		for code in ("memo_present", "price_mismatch", "amount_mismatch"):
			frappe.db.set_value("Review Check", {"code": code}, "is_active", 0)

	def check(self) -> None:
		names = [name for name in review.find_unchecked(10**6) if name in self.names.values()]
		self.assertEqual(
			names, sorted(self.names.values()), "the database itself says what is to be looked at"
		)
		review.check_orders(names)

	def tell(self, kind: str) -> dict[str, str]:
		holds = review_pool.get_order(self.names[kind])["holds"]
		return {row["code"]: row["text"] for row in holds if not row["is_fixed"]}

	def test_each_is_held_by_its_own_words_and_no_other(self) -> None:
		self.check()
		self.assertEqual(self.tell("good"), {})
		self.assertEqual(self.tell("city"), {"address_incomplete": "The address has no city."})
		self.assertEqual(
			self.tell("phone"),
			{"phone_invalid": "The phone number has 10 digits; a mobile number has 11."},
		)

	def test_they_stand_in_the_worklist_under_their_reason(self) -> None:
		self.check()
		for kind, code in (("city", "address_incomplete"), ("phone", "phone_invalid")):
			rows = review_pool.get_page({"shop": self.shop, "code": code})
			self.assertEqual([row.name for row in rows], [self.names[kind]])
		counts = {row["code"]: row["count"] for row in review_pool.count_holds()["reasons"]}
		self.assertGreaterEqual(counts["address_incomplete"], 1)
		self.assertGreaterEqual(counts["phone_invalid"], 1)

	def test_the_number_is_told_to_nobody(self) -> None:
		self.check()
		order = self.names["phone"]
		texts = frappe.db.sql_list(
			"""SELECT details FROM `tabOrder Hold` WHERE `order` = %(order)s
			UNION ALL SELECT details FROM `tabOrder Event` WHERE `order` = %(order)s
			UNION ALL SELECT receiver_mobile FROM tabOrder WHERE name = %(order)s""",
			{"order": order},
		)
		self.assertFalse([text for text in texts if "1381234567" in (text or "")])

	def test_no_rule_lets_them_go_on(self) -> None:
		rule = {"doctype": "Approval Rule", "rule_name": frappe.generate_hash(), "shop": self.shop}
		frappe.get_doc({**rule, "min_age_minutes": 0}).insert()
		frappe.db.set_value("Order", {"name": ["in", list(self.names.values())]}, "status", "To Review")
		frappe.db.set_value("Order", {"name": ["in", list(self.names.values())]}, "hold_reasons", "")
		self.check()
		self.assertEqual(approving.approve_ready(list(self.names.values())), [self.names["good"]])
