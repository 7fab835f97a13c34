"""Agreeing to refunds: nothing leaves any more, the platform is told until it has heard, its refusal is told to people."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.aftersales import answering
from storegroup_oms.api import after_sales
from storegroup_oms.connectors.errors import RefusedError, RetryableError
from storegroup_oms.fulfilment import steps
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.factories import create_after_sale_case, create_shop, create_user


class AnswerCase(ParcelCase):
	"""An approved order with a platform's open refund case; the platform is a list of what it was told."""

	def setUp(self):
		super().setUp()
		self.placed = self.order((self.sku, 2))
		self.case = self.open_case(self.placed)
		self.told: list[str] = []
		self.error: Exception | None = None
		for name, value in (("run_in_latest", lambda work: work()), ("open_session", self.make_session)):
			patcher = patch.object(answering, name, value)
			patcher.start()
			self.addCleanup(patcher.stop)

	def open_case(self, order, **values) -> str:
		defaults = {
			"kind": answering.KIND,
			"status": "Open",
			"platform_case_no": frappe.generate_hash(length=8),
		}
		case = create_after_sale_case(order.name, **{**defaults, "shop": self.shop, "amount": 5, **values})
		self.refund(order, status="Requested")
		return case.name

	def make_session(self, shop: str):
		test = self

		class Session:
			def __enter__(self):
				return self

			def __exit__(self, *error):
				return None

			def call_each(self, cases, work):
				results = []
				for case in cases:
					try:
						work(self, case)
						results.append(None)
					except Exception as error:
						results.append(error)
				return results

			def agree_refund(self, agreement):
				test.told.append(agreement.case_no)
				if test.error:
					raise test.error

		return Session()

	def read(self, *fields: str) -> tuple:
		row = frappe.db.get_value("After-sale Case", self.case, list(fields), as_dict=True)
		return tuple(row[field] for field in fields)

	def end_pause(self) -> None:
		past = add_to_date(now_datetime(), seconds=-1)
		frappe.db.set_value("After-sale Case", self.case, "answer_claimed_until", past)


class TestAgreed(AnswerCase):
	def test_the_platform_is_told_once(self):
		done = answering.agree([self.case], "Administrator")
		self.assertEqual((done.names, done.refused), ([self.case], {}))
		self.assertEqual(self.read("status", "answer_status"), ("Approved", "Sending"))

		self.assertEqual((answering.send(), answering.send()), (1, 0))

		self.assertEqual(len(self.told), 1)
		self.assertEqual(self.read("status", "answer_status", "answer_error"), ("Approved", "Sent", None))
		self.assertTrue(
			frappe.db.exists("Order Event", {"order": self.placed.name, "event": "Refund agreed"})
		)

	def test_nothing_of_it_can_leave_any_more(self):
		(name,) = self.print(self.order((self.sku, 1), receiver_mobile="13900009999"))
		order = frappe.get_doc("Order", frappe.db.get_value("Shipment Order", {"parent": name}, "order"))
		case = self.open_case(order)
		answering.agree([case], "Administrator")

		done = steps.mark_shipped([name])

		self.assertIn(name, done.refused)
		self.assertEqual(frappe.db.get_value("Shipment", name, "status"), "Printed")

	def test_a_lost_answer_is_asked_for_again(self):
		answering.agree([self.case], "Administrator")
		self.error = RetryableError("timeout", "no answer")
		answering.send()
		self.assertEqual(self.read("status", "answer_status", "answer_attempts"), ("Approved", "Sending", 1))
		self.assertEqual(answering.send(), 0, "not before a pause")

		self.error = None
		self.end_pause()
		answering.send()

		self.assertEqual(self.read("answer_status", "answer_attempts"), ("Sent", 2))

	def test_what_the_platform_refuses_is_open_again(self):
		for error, rounds in (
			(RefusedError("changed", "状态已变更"), 1),
			(RetryableError("timeout", "no answer"), 5),
		):
			self.error = error
			answering.agree([self.case], "Administrator")
			for _number in range(rounds):
				answering.send()
				self.end_pause()
			self.assertEqual(self.read("status", "answer_status"), ("Open", "Failed"))
			self.assertIn(error.message, self.read("answer_error")[0])
		self.assertIn("refund", frappe.db.get_value("Order", self.placed.name, "stop_reasons") or "")


class TestRefused(AnswerCase):
	def test_what_is_not_agreed_to(self):
		left = self.order((self.sku, 1), receiver_mobile="13900008888")
		steps.mark_shipped(self.print(left))
		cases = {
			self.open_case(left): "has left",
			self.open_case(self.placed, kind="Return"): "not been sent",
			self.open_case(self.placed, status="Refunded"): "already",
			self.open_case(self.placed, platform_case_no=""): "by hand",
			"AS-NONE": "no such",
		}

		done = answering.agree(cases, "Administrator")

		self.assertEqual(done.names, [])
		for name, text in cases.items():
			self.assertIn(text, done.refused[name])
		self.assertEqual(answering.send(), 0)

	def test_by_role_and_scope(self):
		for user in (
			create_user(["OMS Warehouse Staff"]),
			create_user(["OMS Order Clerk"]),
			create_user(["OMS Customer Service"], shops=[create_shop().name]),
		):
			frappe.set_user(user.name)
			with self.assertRaises(frappe.PermissionError):
				after_sales.agree_refunds([self.case])
			frappe.set_user("Administrator")
		self.assertEqual((self.read("status")[0], self.told), ("Open", []))
		frappe.set_user(create_user(["OMS Customer Service"]).name)
		self.assertEqual(after_sales.agree_refunds([self.case])["names"], [self.case])


class TestByItself(AnswerCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_single_value("OMS Settings", "agree_unprinted", 1)
		frappe.db.set_value("Shop", self.shop, "app_key", "k")

	def test_only_what_nobody_has_printed_up_to_the_amount(self):
		printed = self.order((self.sku, 1), receiver_mobile="13900007777")
		self.print(printed)
		held = self.open_case(printed)
		dear = self.open_case(self.order((self.sku, 1), receiver_mobile="13900006666"), amount=8)
		frappe.db.set_single_value("OMS Settings", "agree_up_to", 5)

		found = answering.find_unprinted()
		self.assertIn(self.case, found)
		self.assertFalse({held, dear} & set(found))
		frappe.db.set_single_value("OMS Settings", "agree_up_to", 0)
		self.assertIn(dear, answering.find_unprinted())

	def test_switched_off_nothing_happens(self):
		frappe.db.set_single_value("OMS Settings", "agree_unprinted", 0)
		answering.tick()
		self.assertEqual(self.read("status"), ("Open",))
		frappe.db.set_single_value("OMS Settings", "agree_unprinted", 1)
		answering.tick()
		self.assertEqual(self.read("status", "answered_by"), ("Approved", "Administrator"))
