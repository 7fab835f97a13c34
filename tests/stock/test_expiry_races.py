"""A batch expires while its pieces move on another connection: the second one waits, and sees what the first one did."""

import frappe
from frappe.utils import add_days, nowdate

from storegroup_oms.inventory import batches, expiry, proof
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_sku, create_warehouse
from tests.stock.test_races import BLOCKED, run_elsewhere


class TestExpiryRaces(IntegrationTest):
	"""Three pieces of an expired batch that has no mark yet, and a warehouse that has none of it; all committed."""

	def setUp(self):
		super().setUp()
		self.sku = create_sku(has_batches=1).name
		self.places = [create_warehouse().name for _number in range(2)]
		batches.ensure_batches({(self.sku, "B1"): add_days(nowdate(), 5)})
		self.batch = batches.make_name(self.sku, "B1")
		self.receive(0)
		frappe.db.set_value("Stock Batch", self.batch, "expires_on", add_days(nowdate(), -1))
		# As in the job, which leaves the gaps between rows open.
		frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
		frappe.db.commit()
		self.addCleanup(self.remove)

	def remove(self):
		frappe.db.rollback()
		for doctype in ("Stock Ledger", "Stock Balance", "Stock Batch Balance", "Stock Batch"):
			frappe.db.delete(doctype, {"sku": self.sku})
		frappe.db.delete("SKU", {"name": self.sku})
		frappe.db.delete("Warehouse", {"name": ["in", self.places]})
		frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
		frappe.db.commit()

	def receive(self, place: int) -> None:
		post([Movement(self.sku, self.places[place], "Receipt", qty=3, batch=self.batch)])

	def settle(self) -> list[str]:
		return expiry.settle([self.batch])

	def get_blocked(self) -> list[int]:
		frappe.db.rollback()
		self.assertEqual(proof.compare_places([self.sku]).drifts, [])
		return [
			frappe.db.get_value("Stock Balance", {"sku": self.sku, "warehouse": place}, "blocked")
			for place in self.places
		]

	def test_pieces_that_come_while_the_mark_is_set_are_blocked_too(self):
		for place, blocked in ((0, [6, None]), (1, [6, 3])):
			with self.subTest(place):
				self.settle()
				self.assertEqual(run_elsewhere(lambda place=place: self.receive(place)), BLOCKED)
				frappe.db.commit()
				run_elsewhere(lambda place=place: self.receive(place))
				self.assertEqual(self.get_blocked(), blocked)
				if not place:
					# Without its mark again, for the other warehouse.
					frappe.db.set_value("Stock Batch", self.batch, "expires_on", add_days(nowdate(), 5))
					self.settle()
					frappe.db.set_value("Stock Batch", self.batch, "expires_on", add_days(nowdate(), -1))
					frappe.db.commit()

	def test_the_mark_waits_for_pieces_that_come(self):
		self.receive(1)
		self.assertEqual(run_elsewhere(self.settle), BLOCKED)
		frappe.db.commit()
		run_elsewhere(self.settle)
		self.assertEqual(self.get_blocked(), [3, 3])
