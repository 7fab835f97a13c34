"""The last gift, and the last one of a rule's total, against another connection: one order gets it, both go on."""

from functools import partial

import frappe

from storegroup_oms.fulfilment import gifts
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)
from storegroup_oms.tests.races import remove_shop
from tests.stock.test_races import BLOCKED, run_elsewhere


class TestTwoConnections(IntegrationTest):
	"""Two orders of one shop, each with goods of its own, and one rule; all of it is committed."""

	def setUp(self):
		super().setUp()
		self.warehouse = create_warehouse().name
		self.shop = create_shop().name
		self.gift = create_sku().name
		self.skus = [create_sku().name for _number in range(2)]
		for sku in self.skus:
			create_stock(sku, 1, self.warehouse)
		self.orders = [create_order([(sku, 1)], shop=self.shop, status="To Print") for sku in self.skus]
		self.rule = None
		self.addCleanup(self.remove)

	def remove(self):
		frappe.db.rollback()
		orders = [order.name for order in self.orders]
		for doctype in ("Gift Grant", "Routing Decision"):
			frappe.db.delete(doctype, {"order": ("in", orders)})
		frappe.db.delete("Gift Rule", {"name": self.rule})
		for doctype in ("Stock Ledger", "Stock Reservation", "Stock Balance"):
			frappe.db.delete(doctype, {"sku": ("in", [self.gift, *self.skus])})
		frappe.db.commit()
		remove_shop(self.shop)
		frappe.db.delete("SKU", {"name": ("in", [self.gift, *self.skus])})
		frappe.db.delete("Warehouse", {"name": self.warehouse})
		frappe.db.commit()

	def prepare(self, pieces: int, **values):
		create_stock(self.gift, pieces, self.warehouse)
		values = {"rule_name": f"Gift {self.shop}", "shop": self.shop, "gift_sku": self.gift, **values}
		self.rule = frappe.get_doc({"doctype": "Gift Rule", "is_active": 1, **values}).insert().name
		frappe.db.commit()

	def race(self) -> list[int]:
		"""Both orders are allocated at once; returns how many gifts each one has."""
		first, second = (partial(allocate, [order.name]) for order in self.orders)
		first()
		self.assertEqual(run_elsewhere(second), BLOCKED)
		self.assertEqual(run_elsewhere(partial(gifts.lock_rules, [self.rule])), BLOCKED)
		frappe.db.commit()
		run_elsewhere(second)
		frappe.db.rollback()
		states = [
			frappe.db.get_value("Order", order.name, ["status", "stock_state"]) for order in self.orders
		]
		self.assertEqual(states, [("To Print", "Reserved")] * 2)
		return [frappe.db.count("Order Item", {"parent": order.name, "is_gift": 1}) for order in self.orders]

	def get_balance(self) -> tuple[int, int]:
		return frappe.db.get_value("Stock Balance", {"sku": self.gift}, ["on_hand", "reserved"])

	def test_the_last_gift(self):
		self.prepare(1)
		self.assertEqual((self.race(), self.get_balance()), ([1, 0], (1, 1)))

	def test_the_last_of_the_total(self):
		self.prepare(9, total_qty=1)
		self.assertEqual((self.race(), self.get_balance()), ([1, 0], (9, 1)))
		self.assertEqual(frappe.db.get_value("Gift Rule", self.rule, "given_qty"), 1)
