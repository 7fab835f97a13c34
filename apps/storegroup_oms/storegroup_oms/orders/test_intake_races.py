"""Intake by several workers at once: every order once, nothing lost, the newest state."""

from contextlib import ExitStack
from functools import partial
from unittest.mock import patch

import frappe

from storegroup_oms.orders import buyers, intake
from storegroup_oms.orders.test_intake import SKU, make_line, make_order
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_shop, ensure_sku
from storegroup_oms.tests.races import remove_shop, run_together

NUMBERS = [f"{number:04d}" for number in range(60)]


class TestRaces(IntegrationTest):
	def setUp(self) -> None:
		super().setUp()
		self.shop = create_shop().name
		ensure_sku(SKU)
		frappe.db.commit()
		self.addCleanup(self.remove)
		# No worker listens on a test site.
		stack = ExitStack()
		stack.enter_context(patch.object(buyers, "enqueue_refresh"))
		self.addCleanup(stack.close)

	def remove(self) -> None:
		remove_shop(self.shop)
		frappe.db.delete("SKU", {"name": SKU})
		frappe.db.commit()

	def save(self, orders) -> intake.SaveResult:
		return intake.save_orders(self.shop, orders, "Pull")

	def read(self) -> dict[str, tuple]:
		frappe.db.rollback()
		rows = frappe.get_all(
			"Order",
			{"shop": self.shop},
			["name", "platform_order_no", "seller_memo", "customer"],
			order_by="name",
		)
		lines = frappe.get_all(
			"Order Item", {"parent": ("in", [row.name for row in rows])}, pluck="parent", order_by="name"
		)
		self.assertEqual(len({row.platform_order_no for row in rows}), len(rows))
		return {
			row.platform_order_no: (row.seller_memo, lines.count(row.name), bool(row.customer))
			for row in rows
		}

	def test_new_orders_that_overlap_are_stored_once(self) -> None:
		first, second = NUMBERS[:40], NUMBERS[20:]
		batches = (
			[make_order(number, 1, seller_memo="old", buyer_nick=f"n{number}") for number in first],
			[
				make_order(number, 2, seller_memo="new", buyer_nick=f"n{number}")
				for number in reversed(second)
			],
		)
		results = run_together([partial(self.save, batch) for batch in batches])
		wanted = {number: ("new" if number in second else "old", 1, True) for number in NUMBERS}
		self.assertEqual(self.read(), wanted)
		self.assertEqual(sum(result.new for result in results), len(NUMBERS))
		for result, numbers in zip(results, (first, second), strict=True):
			self.assertEqual(sorted(result.names), sorted(numbers))

	def test_changes_in_opposite_order_end_in_the_newest(self) -> None:
		self.save([make_order(number) for number in NUMBERS])
		frappe.db.commit()
		batches = []
		for minute in (3, 1, 4, 2):
			orders = [
				make_order(
					number, minute, seller_memo=f"at {minute}", lines=[make_line(), make_line()][:minute]
				)
				for number in NUMBERS
			]
			batches.append(orders if minute % 2 else orders[::-1])
		run_together([partial(self.save, batch) for batch in batches])
		self.assertEqual(self.read(), dict.fromkeys(NUMBERS, ("at 4", 2, True)))

	def test_one_buyer_of_two_shops_becomes_one_customer(self) -> None:
		other = create_shop().name
		frappe.db.commit()
		self.addCleanup(remove_shop, other)
		works = [
			partial(
				intake.save_orders,
				shop,
				[make_order(number, buyer_nick=f"twin-{number}") for number in NUMBERS],
				"Pull",
			)
			for shop in (self.shop, other)
		]
		run_together(works)
		frappe.db.rollback()
		rows = frappe.get_all(
			"Order",
			{"shop": ("in", (self.shop, other))},
			["platform_order_no", "customer"],
			order_by="name",
		)
		self.assertEqual(len(rows), 2 * len(NUMBERS))
		owners = {(row.platform_order_no, row.customer) for row in rows}
		self.assertEqual(len(owners), len(NUMBERS))
		customers = sorted({customer for _number, customer in owners})
		self.assertEqual(frappe.db.count("Customer", {"name": ("in", customers)}), len(NUMBERS))
		self.assertEqual(frappe.db.count("Customer Identity", {"parent": ("in", customers)}), len(NUMBERS))

	def test_one_new_listing_is_created_once(self) -> None:
		line = make_line(platform_item_id="77", platform_sku_id="1", sku_code="")
		batches = [
			[make_order(f"{worker}{number}", lines=[line]) for number in NUMBERS] for worker in ("A", "B")
		]
		run_together([partial(self.save, batch) for batch in batches])
		frappe.db.rollback()
		names = frappe.get_all("Listing", {"shop": self.shop}, pluck="name", order_by="name")
		self.assertEqual(len(names), 1)
		self.assertEqual(frappe.db.count("Order Item", {"listing": names[0]}), 2 * len(NUMBERS))
