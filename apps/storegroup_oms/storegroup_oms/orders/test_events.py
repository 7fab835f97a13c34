"""The timeline is written in bulk and keeps what it was told."""

import frappe

from storegroup_oms.orders.events import record_events, record_moves
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order


class TestRecordEvents(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.order = create_order().name

	def read(self, event: str) -> list:
		return frappe.get_all(
			"Order Event",
			filters={"order": self.order, "event": event},
			fields=["from_status", "to_status", "source", "details", "occurred_at", "owner"],
			order_by="creation asc",
		)

	def test_a_row_keeps_everything(self):
		count = record_events(
			[
				{
					"order": self.order,
					"event": "Merged",
					"from_status": "To Review",
					"to_status": "Closed",
					"source": "test",
					"details": {"with": "SO-2", "qty": 3},
					"occurred_at": "2026-11-11 00:00:01",
				}
			]
		)

		self.assertEqual(count, 1)
		(row,) = self.read("Merged")
		self.assertEqual((row.from_status, row.to_status, row.source), ("To Review", "Closed", "test"))
		self.assertEqual(frappe.parse_json(row.details), {"with": "SO-2", "qty": 3})
		self.assertEqual((str(row.occurred_at), row.owner), ("2026-11-11 00:00:01", "Administrator"))

	def test_a_row_without_time_happened_now(self):
		before = frappe.utils.now_datetime()
		record_events([{"order": self.order, "event": "Looked at", "source": "test"}])

		(row,) = self.read("Looked at")
		self.assertGreaterEqual(row.occurred_at, before)
		self.assertIsNone(row.details)

	def test_no_rows_write_nothing(self):
		with self.assertQueryCount(0):
			self.assertEqual(record_events([]), 0)

	def test_many_rows_get_names_of_their_own(self):
		rows = ({"order": self.order, "event": "Counted", "source": "test"} for _ in range(2_100))

		self.assertEqual(record_events(rows), 2_100)
		self.assertEqual(len(self.read("Counted")), 2_100)

	def test_moves_name_the_status_before_and_after(self):
		self.assertEqual(record_moves([(self.order, "Unpaid")], "To Review", "test"), 1)

		(row,) = self.read("Status changed")
		self.assertEqual((row.from_status, row.to_status), ("Unpaid", "To Review"))
