"""Orders of customers: new and repeat, whatever order they come in; figures after."""

from datetime import timedelta
from functools import partial
from unittest.mock import patch

import frappe

from storegroup_oms.orders import buyers, intake
from storegroup_oms.orders.test_intake import NOON, SKU, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, ensure_sku, make_suffix


class TestBuyers(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		self.buyer = make_suffix()
		ensure_sku(SKU)

	def make(self, number: str, days: int = 0, **values):
		moment = NOON + timedelta(days=days)
		defaults = {"platform_buyer_id": self.buyer, "ordered_at": moment, "paid_at": moment}
		return make_order(number, **{**defaults, **values})

	def save(self, *orders) -> None:
		intake.save_orders(self.shop, orders, "Pull")

	def read_kinds(self) -> dict[str, str]:
		rows = frappe.get_all(
			"Order",
			{"shop": self.shop},
			["platform_order_no", "customer", "customer_kind"],
			order_by="name",
		)
		self.assertEqual(len({row.customer for row in rows}), 1)
		return {row.platform_order_no: row.customer_kind for row in rows}

	def test_second_paid_order_is_of_a_repeat_customer(self) -> None:
		self.save(self.make("1"), self.make("2", days=1))
		self.save(self.make("3", days=2))
		self.assertEqual(
			self.read_kinds(), {"1": "New Customer", "2": "Repeat Customer", "3": "Repeat Customer"}
		)

	def test_unpaid_order_before_counts_for_nothing(self) -> None:
		self.save(self.make("1", status="Unpaid", paid_at=None, paid_amount="0"), self.make("2", days=1))
		self.assertEqual(self.read_kinds(), {"1": "New Customer", "2": "New Customer"})

	def test_order_that_comes_late_is_set_right_in_the_background(self) -> None:
		self.save(self.make("2", days=2))
		self.save(self.make("1", days=1))
		self.assertEqual(self.read_kinds(), {"1": "New Customer", "2": "New Customer"})
		customer = frappe.db.get_value("Order", {"shop": self.shop}, "customer")
		with patch.object(frappe.db, "commit"):
			buyers.run_refresh([customer])
		self.assertEqual(self.read_kinds(), {"1": "New Customer", "2": "Repeat Customer"})
		self.assertEqual(frappe.db.get_value("Customer", customer, "order_count"), 2)

	def test_a_refresh_that_was_lost_with_its_worker_is_made_up_for(self) -> None:
		self.save(self.make("1"))
		customer = frappe.db.get_value("Order", {"shop": self.shop}, "customer")
		ago = partial(frappe.utils.add_to_date, frappe.utils.now_datetime())
		for order_minutes, customer_minutes, is_stale in (
			(5, 6, True),
			(5, 4, False),
			(1, 6, False),
			(200, 300, False),
		):
			with self.subTest(order_minutes=order_minutes, customer_minutes=customer_minutes):
				for doctype, filters, minutes in (
					("Order", {"shop": self.shop}, order_minutes),
					("Customer", customer, customer_minutes),
				):
					frappe.db.set_value(
						doctype, filters, "modified", ago(minutes=-minutes), update_modified=False
					)
				self.assertEqual(customer in buyers.find_stale_customers(), is_stale)

	def test_customer_is_found_once_a_copy_tells_enough(self) -> None:
		bare = {"buyer_nick": "t**b", "receiver": {}, "platform_buyer_id": ""}
		self.save(self.make("1", **bare))
		self.assertIsNone(frappe.db.get_value("Order", {"shop": self.shop}, "customer"))
		self.save(self.make("1", modified_at=NOON + timedelta(minutes=1)))
		self.assertEqual(self.read_kinds(), {"1": "New Customer"})

	def test_refresh_is_enqueued_for_the_customers_of_the_batch(self) -> None:
		with patch.object(buyers, "enqueue_refresh") as enqueue:
			self.save(self.make("1"))
		customer = frappe.db.get_value("Order", {"shop": self.shop}, "customer")
		enqueue.assert_called_once_with({customer})
