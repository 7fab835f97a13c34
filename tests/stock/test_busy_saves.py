"""An approval that the database ends to break a deadlock: begun again from outside, or told in words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import frappe

from storegroup_oms import repeated_saves, transactions
from storegroup_oms.bulk import insert_rows
from storegroup_oms.exceptions import BusyError
from storegroup_oms.fulfilment import allocation, approval
from storegroup_oms.inventory.locks import lock_balances
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_order,
	create_sku,
	create_stock,
	create_user,
	create_warehouse,
)
from storegroup_oms.tests.races import remove_shop

# Of two transactions in a circle the database ends the one that has written less.
WEIGHT = 500


class TestBusySaves(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.warehouse, self.sku = create_warehouse().name, create_sku().name
		create_stock(self.sku, 3, self.warehouse)
		self.order = create_order([(self.sku, 2)])
		frappe.db.commit()
		self.addCleanup(self.remove)
		self.calls = 0

	def remove(self):
		frappe.db.rollback()
		for doctype in ("Stock Ledger", "Stock Reservation", "Stock Balance"):
			frappe.db.delete(doctype, {"sku": self.sku})
		frappe.db.delete("Routing Decision", {"order": self.order.name})
		frappe.db.delete("Comment", {"reference_doctype": "Order", "reference_name": self.order.name})
		frappe.db.commit()
		remove_shop(self.order.shop)
		frappe.db.delete("SKU", {"name": self.sku})
		frappe.db.delete("Warehouse", {"name": self.warehouse})
		frappe.db.commit()

	@contextmanager
	def crossing(self) -> Iterator[None]:
		"""Another connection has the balance and asks for the order as soon as the save asks for the balance."""
		site, has_balance, may_ask = frappe.local.site, threading.Event(), threading.Event()

		def work() -> None:
			frappe.init(site, sites_path=".")
			frappe.connect()
			try:
				rows = [
					{"name": f"{self.order.name}-{number}", "content": "test"} for number in range(WEIGHT)
				]
				insert_rows("Comment", rows, ("content",))
				lock_balances([(self.sku, self.warehouse)])
				has_balance.set()
				may_ask.wait()
				frappe.db.sql("SELECT name FROM tabOrder WHERE name = %s FOR UPDATE", self.order.name)
			finally:
				has_balance.set()
				frappe.db.rollback()
				frappe.destroy()

		def allocate(*arguments, **values):
			self.calls += 1
			may_ask.set()
			return real(*arguments, **values)

		real, other = approval.allocate, threading.Thread(target=work)
		other.start()
		has_balance.wait()
		try:
			with patch.object(approval, "allocate", allocate):
				yield
		finally:
			may_ask.set()
			other.join()

	def approve(self) -> None:
		repeated_saves.apply_workflow(frappe.get_doc("Order", self.order.name).as_json(), "Approve")

	def get_state(self) -> tuple:
		frappe.db.rollback()
		reserved = frappe.db.get_value("Stock Balance", {"sku": self.sku}, "reserved")
		moves = frappe.db.count("Order Event", {"order": self.order.name, "event": "Status changed"})
		comments = {"reference_name": self.order.name, "comment_type": "Workflow"}
		return (
			frappe.db.get_value("Order", self.order.name, "status"),
			reserved,
			moves,
			frappe.db.count("Comment", comments),
		)

	def test_it_is_begun_again_and_done_once(self):
		with self.crossing():
			self.approve()
		frappe.db.commit()

		self.assertEqual(self.calls, 2)
		self.assertEqual(self.get_state(), ("To Print", 2, 1, 1))

	def test_a_form_is_saved_again_and_answers_once(self):
		allocation.allocate([self.order.name])
		frappe.db.commit()
		document = frappe.get_doc("Order", self.order.name)
		document.status = "Closed"
		with self.crossing():
			frappe.local.response.docs = []
			repeated_saves.savedocs(document.as_json(), "Save")
			answers = [doc.get("status") for doc in frappe.local.response.docs]
		frappe.db.commit()

		self.assertEqual((self.calls, answers), (2, ["Closed"]))
		self.assertEqual(self.get_state()[:2], ("Closed", 0))

	def test_who_loses_every_time_is_told_that_nothing_was_changed(self):
		with (
			self.crossing(),
			patch.object(transactions, "ATTEMPTS", 1),
			self.assertRaises(BusyError) as caught,
		):
			self.approve()

		self.assertIn("Nothing has been changed", str(caught.exception))
		self.assertEqual((caught.exception.http_status_code, self.calls), (409, 1))
		self.assertEqual(self.get_state(), ("To Review", 0, 0, 0))

	def test_a_wait_to_the_end_is_not_begun_again(self):
		with (
			patch.object(approval, "allocate", side_effect=frappe.QueryTimeoutError) as allocate,
			self.assertRaises(BusyError),
		):
			self.approve()

		self.assertEqual(allocate.call_count, 1)
		self.assertEqual(self.get_state(), ("To Review", 0, 0, 0))

	def test_rights_are_asked_first(self):
		frappe.set_user(create_user(["OMS Finance"]).name)
		self.addCleanup(frappe.set_user, "Administrator")
		for call in (
			lambda: self.approve(),
			lambda: repeated_saves.savedocs(frappe.get_doc("Order", self.order.name).as_json(), "Save"),
		):
			with self.assertRaises(frappe.PermissionError):
				call()
		self.assertEqual(self.get_state(), ("To Review", 0, 0, 0))
