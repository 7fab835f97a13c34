"""Two connections at one parcel: whoever comes second waits, and then finds the work done or is refused."""

from collections.abc import Callable
from functools import partial

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import allocation, layout, parcel_rows, parcels, steps
from storegroup_oms.fulfilment.floor import verifying
from storegroup_oms.orders import lifecycle
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_courier,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)
from storegroup_oms.tests.races import remove_parcels, remove_shop
from tests.stock.test_races import BLOCKED, run_elsewhere


class TestParcelRaces(IntegrationTest):
	"""Two approved orders to one receiver with all their stock, and their parcels; all of it is committed."""

	def setUp(self):
		super().setUp()
		self.warehouse, self.courier = create_warehouse().name, create_courier().name
		self.sku, self.shop = create_sku().name, create_shop().name
		create_stock(self.sku, 9, self.warehouse)
		self.orders = [
			create_order([(self.sku, 2)], shop=self.shop, status="To Print").name for _number in range(2)
		]
		frappe.db.commit()
		self.addCleanup(self.remove)

	def remove(self):
		frappe.db.rollback()
		remove_parcels(self.orders)
		for doctype in ("Stock Ledger", "Stock Reservation", "Stock Balance"):
			frappe.db.delete(doctype, {"sku": self.sku})
		frappe.db.delete("Routing Decision", {"order": ("in", self.orders)})
		frappe.db.delete("Ship Confirmation", {"order": ("in", self.orders)})
		frappe.db.commit()
		remove_shop(self.shop)
		for doctype, name in (("SKU", self.sku), ("Warehouse", self.warehouse), ("Courier", self.courier)):
			frappe.db.delete(doctype, {"name": name})
		frappe.db.commit()

	def race(self, first: Callable, second: Callable):
		"""The second waits for the first; returns what it gets once the first has committed."""
		first()
		self.assertEqual(run_elsewhere(second), BLOCKED)
		frappe.db.commit()
		outcome = run_elsewhere(second)
		frappe.db.rollback()
		return outcome

	def pack(self, status: str = "To Print") -> list[str]:
		allocation.allocate(self.orders)
		names = parcel_rows.find_names(self.orders)
		for name in names:
			frappe.db.set_value("Shipment", name, {"courier": self.courier})
			if status != "To Print":
				frappe.db.set_value("Shipment", name, {"waybill_no": name})
		if status != "To Print":
			self.assertEqual(steps.mark_printed(names).names, names)
		frappe.db.commit()
		return names

	def get_balance(self) -> tuple[int, int]:
		return frappe.db.get_value("Stock Balance", {"sku": self.sku}, ["on_hand", "reserved"])

	def count_parcels(self) -> int:
		return len(
			set(
				frappe.get_all(
					"Shipment Order", {"order": ("in", self.orders)}, pluck="parent", order_by="name"
				)
			)
		)

	def test_an_order_gets_one_parcel_whoever_asks(self):
		outcome = self.race(
			partial(allocation.allocate, self.orders), partial(parcels.ensure_parcels, self.orders)
		)

		self.assertEqual((outcome.written, self.count_parcels()), ([], 2))

	def test_allocated_twice_at_once(self):
		work = partial(allocation.allocate, self.orders[:1])
		self.race(work, work)

		self.assertEqual((self.count_parcels(), self.get_balance()), (1, (9, 2)))

	def test_shipped_twice_at_once_leaves_once(self):
		names = self.pack("Printed")
		work = partial(steps.mark_shipped, names)

		done = self.race(work, work)

		self.assertEqual((done.names, done.refused, self.get_balance()), (names, {}, (5, 0)))
		self.assertEqual(
			frappe.db.count("Order Event", {"order": ("in", self.orders), "event": "Parcel shipped"}), 2
		)

	def test_two_packers_at_one_parcel(self):
		(name, _other) = self.pack("Printed")

		found = self.race(
			partial(verifying.take, name, "Administrator"), partial(verifying.take, name, "Guest")
		)

		self.assertEqual((found["state"], found["parcel"]), ("held", None))
		self.assertEqual(frappe.db.get_value("Shipment", name, "held_by"), "Administrator")

	def test_a_refund_that_comes_first_stops_it(self):
		names = self.pack("Printed")

		def refund():
			frappe.db.sql("SELECT name FROM tabOrder WHERE name = %s FOR UPDATE", self.orders[0])
			frappe.db.set_value("Order", self.orders[0], "stop_reasons", "refund_requested")

		done = self.race(refund, partial(steps.mark_shipped, names))

		self.assertEqual((len(done.names), len(done.refused), self.get_balance()), (1, 1, (7, 2)))

	def test_closed_by_the_platform_at_the_same_moment(self):
		names = self.pack("Printed")
		done = self.race(
			partial(lifecycle.move_orders, self.orders[:1], "Closed", "test"),
			partial(steps.mark_shipped, names),
		)

		self.assertEqual((len(done.names), self.get_balance()), (1, (7, 2)))

	def test_merged_twice_at_once(self):
		names = self.pack()

		def merge():
			try:
				return layout.merge(names)
			except InvalidValueError as error:
				return str(error)

		self.assertIn("Cancelled", self.race(merge, merge))
		live = frappe.get_all(
			"Shipment", {"name": ("in", names), "status": "To Print"}, ["total_qty"], order_by="name"
		)
		self.assertEqual([row.total_qty for row in live], [4])

	def test_merged_while_it_is_printed(self):
		names = self.pack()
		frappe.db.set_value("Shipment", names[0], "waybill_no", names[0])
		frappe.db.commit()

		def merge():
			try:
				return layout.merge(names)
			except InvalidValueError as error:
				return str(error)

		self.assertIn("not printed", self.race(partial(steps.mark_printed, names[:1]), merge))

	def test_the_platforms_word_and_ours_book_out_once(self):
		names = self.pack("Printed")

		def hear():
			lifecycle.move_orders(self.orders, "Shipped", "test")
			allocation.allocate(self.orders)

		done = self.race(hear, partial(steps.mark_shipped, names))

		self.assertEqual((done.names, self.get_balance()), ([], (5, 0)))
