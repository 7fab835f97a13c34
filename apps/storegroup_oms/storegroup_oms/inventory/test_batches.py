"""Batches: the first to expire leaves first, what has expired is sold to nobody, sums agree with the ledger."""

import frappe
from frappe.utils import add_days, nowdate

from storegroup_oms.exceptions import InsufficientStockError, InvalidValueError, Shortage
from storegroup_oms.inventory import batches, entries, transfers
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.report.batches_near_expiry.batches_near_expiry import execute
from storegroup_oms.tests import factories
from storegroup_oms.tests.compat import IntegrationTest


class BatchTest(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.warehouse = factories.create_warehouse().name
		self.sku = factories.create_sku(has_batches=1).name

	def make(self, kind: str, qty: int, batch_no: str = "", days: int | None = None, **values):
		row = {"sku": self.sku, "qty": qty, "batch_no": batch_no}
		if days is not None:
			row["expires_on"] = add_days(nowdate(), days)
		values = {"warehouse": self.warehouse, "reason_code": "Other", "items": [row], **values}
		return frappe.get_doc({"doctype": "Stock Entry", "kind": kind, **values}).insert()

	def submit(self, *arguments, **values):
		entry = self.make(*arguments, **values)
		entry.submit()
		return entry

	def move(self, qty: int, kind: str = "Issue", **values) -> None:
		post([Movement(self.sku, self.warehouse, kind, qty=qty, **values)])

	def expire(self, batch_no: str) -> None:
		name = batches.make_name(self.sku, batch_no)
		frappe.db.set_value("Stock Batch", name, "expires_on", add_days(nowdate(), -1))

	def get_held(self, warehouse: str | None = None) -> dict[str, int]:
		rows = frappe.db.sql(
			"""SELECT batch.batch_no, held.on_hand FROM `tabStock Batch Balance` held
			JOIN `tabStock Batch` batch ON batch.name = held.batch
			WHERE held.sku = %s AND held.warehouse = %s AND held.on_hand != 0""",
			(self.sku, warehouse or self.warehouse),
		)
		return dict(rows)

	def get_on_hand(self) -> int:
		return frappe.db.get_value("Stock Balance", {"sku": self.sku, "warehouse": self.warehouse}, "on_hand")

	def tearDown(self):
		# Whatever a test did, batches and ledger agree.
		sums = frappe.db.sql(
			"""SELECT warehouse, batch, SUM(qty_change) FROM `tabStock Ledger`
			WHERE sku = %s AND batch IS NOT NULL GROUP BY warehouse, batch""",
			self.sku,
		)
		held = frappe.get_all(
			"Stock Batch Balance", {"sku": self.sku}, ["warehouse", "batch", "on_hand"], as_list=True
		)
		self.assertEqual(sorted((*row[:2], int(row[2])) for row in sums), sorted(held))
		super().tearDown()


class TestLeaving(BatchTest):
	def setUp(self):
		super().setUp()
		self.submit("Receipt", 5, "B-late", 90)
		self.submit("Receipt", 3, "B-soon", 10)

	def test_the_first_to_expire_leaves_first(self):
		self.move(-4)

		self.assertEqual(self.get_held(), {"B-late": 4})
		self.assertEqual(self.get_on_hand(), 4)

	def test_a_shipment_of_two_batches_stays_one_for_its_key(self):
		self.move(0, "Reserve", reserved=4)
		for _number in range(2):
			self.move(-4, "Shipment", reserved=-4, key=f"ship:{self.sku}")

		self.assertEqual(self.get_held(), {"B-late": 4})
		balance = {"sku": self.sku, "warehouse": self.warehouse}
		self.assertEqual(frappe.db.get_value("Stock Balance", balance, ["on_hand", "reserved"]), (4, 0))

	def test_what_has_expired_is_not_sold(self):
		self.expire("B-soon")
		with self.assertRaises(InsufficientStockError) as caught:
			self.move(-6, "Shipment")
		self.assertEqual(caught.exception.shortages, [Shortage(self.sku, self.warehouse, 6, 5)])
		self.assertEqual(self.get_held(), {"B-soon": 3, "B-late": 5})

		self.move(-5, "Shipment")
		self.assertEqual(self.get_held(), {"B-soon": 3})
		self.move(-3)
		self.assertEqual(self.get_held(), {})

	def test_a_batch_that_is_named_is_the_one(self):
		self.submit("Issue", 2, "B-late")
		self.assertEqual(self.get_held(), {"B-soon": 3, "B-late": 3})

		with self.assertRaises(InsufficientStockError) as caught:
			self.submit("Issue", 4, "B-late")
		self.assertEqual(caught.exception.shortages, [Shortage(self.sku, self.warehouse, 4, 3)])

	def test_pieces_of_no_batch_leave_last(self):
		self.move(2, "Return")
		self.move(-9)

		self.assertEqual((self.get_held(), self.get_on_hand()), ({}, 1))

	def test_a_reversal_gives_each_batch_its_own(self):
		entry = self.make("Issue", 4)
		entry.submit()
		entries.reverse(entry.name, "not needed")

		self.assertEqual(self.get_held(), {"B-soon": 3, "B-late": 5})

	def test_more_than_there_is_is_refused(self):
		with self.assertRaises(InsufficientStockError):
			self.move(-9)
		self.assertEqual(self.get_held(), {"B-soon": 3, "B-late": 5})

	def test_a_transfer_takes_its_batch_along(self):
		there = factories.create_warehouse().name
		entry = self.submit("Transfer", 2, "B-soon", to_warehouse=there)
		self.assertEqual(self.get_held(there), {})
		transfers.receive(entry.name, 0, {self.sku: 2})

		self.assertEqual(self.get_held(there), {"B-soon": 2})

	def test_the_report_names_what_expires(self):
		self.expire("B-soon")
		_columns, rows = execute({"days": 30, "warehouse": self.warehouse})
		self.assertEqual([(row.batch_no, row.days_left, row.on_hand) for row in rows], [("B-soon", -1, 3)])

		other = factories.create_warehouse().name
		frappe.set_user(factories.create_user(["OMS Warehouse Staff"], warehouses=[other]).name)
		self.assertEqual(execute({"days": 365})[1], [])
		frappe.set_user("Administrator")


class TestRefusals(BatchTest):
	def refuse(self, text: str, *arguments, **values) -> None:
		with self.assertRaises(InvalidValueError) as caught:
			self.make(*arguments, **values)
		self.assertIn(text, str(caught.exception))
		self.assertEqual(frappe.db.count("Stock Batch", {"sku": self.sku}), 0)

	def test_a_receipt_says_which_batch_and_until_when(self):
		self.refuse("give the batch number", "Receipt", 1)
		self.refuse("is new, give the day", "Receipt", 1, "B1")
		self.refuse("expired on", "Receipt", 1, "B1", -1)
		self.refuse("has no batch B1", "Issue", 1, "B1")

	def test_a_sku_without_batches_names_none(self):
		frappe.db.set_value("SKU", self.sku, "has_batches", 0)
		self.refuse("has no batches", "Receipt", 1, "B1", 30)

	def test_a_batch_stands_once_in_an_entry_and_two_batches_do(self):
		rows = [
			{"sku": self.sku, "qty": 1, "batch_no": name, "expires_on": add_days(nowdate(), 9)}
			for name in ("B1", "B2")
		]
		self.submit("Receipt", 1, items=rows)
		self.assertEqual(self.get_held(), {"B1": 1, "B2": 1})
		with self.assertRaises(InvalidValueError):
			self.make("Receipt", 1, items=[rows[0], rows[0]])
