"""Each rule of reservation against another connection: the second one is blocked, and then loses what the first one took."""

import threading
from collections.abc import Callable
from functools import partial

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.exceptions import InsufficientStockError
from storegroup_oms.fulfilment import allocation
from storegroup_oms.inventory import holds, releasing
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.reservation import Claim, Parcel, reserve
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_order, create_sku, create_stock, create_warehouse
from storegroup_oms.tests.races import remove_shop

BLOCKED = "blocked"


def run_elsewhere(work: Callable[[], object]) -> object:
	"""Run and commit on a connection of its own that waits for no lock; `BLOCKED` where it would have had to."""
	site, outcome = frappe.local.site, []

	def run() -> None:
		frappe.init(site, sites_path=".")
		frappe.connect()
		frappe.flags.in_test = True
		try:
			frappe.db.sql("SET SESSION innodb_lock_wait_timeout = 0")
			frappe.db.sql("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
			frappe.db.commit()
			outcome.append(work())
			frappe.db.commit()
		except frappe.QueryTimeoutError:
			outcome.append(BLOCKED)
		except InsufficientStockError as error:
			outcome.append(error)
		finally:
			frappe.db.rollback()
			frappe.destroy()

	thread = threading.Thread(target=run)
	thread.start()
	thread.join()
	return outcome[0]


class TestTwoConnections(IntegrationTest):
	"""Three pieces of one SKU in one warehouse, and two orders that want two each; all of it is committed."""

	def setUp(self):
		super().setUp()
		self.warehouse = create_warehouse().name
		self.sku = create_sku().name
		create_stock(self.sku, 3, self.warehouse)
		self.orders = [create_order([(self.sku, 2)], status="To Print") for _number in range(2)]
		frappe.db.commit()
		self.addCleanup(self.remove)

	def remove(self):
		frappe.db.rollback()
		for doctype in ("Stock Ledger", "Stock Reservation", "Stock Balance"):
			frappe.db.delete(doctype, {"sku": self.sku})
		frappe.db.commit()
		for order in self.orders:
			frappe.db.delete("Routing Decision", {"order": order.name})
			remove_shop(order.shop)
		frappe.db.delete("SKU", {"name": self.sku})
		frappe.db.delete("Warehouse", {"name": self.warehouse})
		frappe.db.commit()

	def reserve(self, number: int):
		order = self.orders[number]
		claims = [Claim(order.name, order.items[0].name, self.sku, 2)]
		return partial(reserve, [Parcel("P", self.warehouse, claims)])

	def hold(self, count: int = 2):
		end = add_to_date(now_datetime(), hours=1)
		return partial(holds.hold, "live sale", self.warehouse, {self.sku: count}, end)

	def ship(self, number: int):
		order = self.orders[number]
		units = {order.items[0].name: 2}
		return partial(releasing.ship_lines, units, self.warehouse, ("Order", order.name))

	def shed(self):
		return partial(releasing.shed, [(self.sku, self.warehouse)], "Fewer were counted")

	def get_balance(self) -> tuple[int, int]:
		frappe.db.rollback()
		return frappe.db.get_value("Stock Balance", {"sku": self.sku}, ["on_hand", "reserved"])

	def race(self, first: Callable, second: Callable):
		"""The second waits for the first; returns what it gets once the first has committed."""
		first()
		self.assertEqual(run_elsewhere(second), BLOCKED)
		frappe.db.commit()
		return run_elsewhere(second)

	def test_reserve_against_reserve(self):
		outcome = self.race(self.reserve(0), self.reserve(1))

		self.assertEqual((outcome.full, [short.free for short in outcome.short["P"]]), ([], [1]))
		self.assertEqual(self.get_balance(), (3, 2))

	def test_reserve_against_release(self):
		self.reserve(0)()
		frappe.db.commit()

		outcome = self.race(
			partial(releasing.release_orders, [self.orders[0].name], "closed"), self.reserve(1)
		)

		self.assertEqual((outcome.full, self.get_balance()), (["P"], (3, 2)))

	def test_ship_against_release(self):
		self.reserve(0)()
		frappe.db.commit()

		given_back = self.race(
			self.ship(0), partial(releasing.release_orders, [self.orders[0].name], "closed")
		)

		self.assertEqual((given_back, self.get_balance()), (0, (1, 0)))

	def test_release_against_ship(self):
		self.reserve(0)()
		frappe.db.commit()

		refusal = self.race(partial(releasing.release_orders, [self.orders[0].name], "closed"), self.ship(0))

		self.assertEqual([(short.wanted, short.free) for short in refusal.shortages], [(2, 0)])
		self.assertEqual(self.get_balance(), (3, 0))

	def test_shed_against_reserve(self):
		self.reserve(0)()
		frappe.db.commit()

		def count_one():
			post([Movement(self.sku, self.warehouse, "Stocktake", qty=-2)])
			self.shed()()

		outcome = self.race(count_one, self.reserve(1))

		self.assertEqual((outcome.full, [short.free for short in outcome.short["P"]]), ([], [1]))
		self.assertEqual(self.get_balance(), (1, 0))

	def test_hold_against_reserve(self):
		outcome = self.race(self.hold(), self.reserve(1))

		self.assertEqual((outcome.full, self.get_balance()), ([], (3, 2)))

	def test_reserve_against_hold(self):
		refusal = self.race(self.reserve(0), self.hold())

		self.assertEqual([short.free for short in refusal.shortages], [1])
		self.assertEqual(self.get_balance(), (3, 2))

	def test_allocation_against_allocation(self):
		first, second = (partial(allocation.allocate, [order.name]) for order in self.orders)

		result = self.race(first, second)

		self.assertEqual(result.short, [self.orders[1].name])
		self.assertEqual(self.get_balance(), (3, 2))
		self.assertEqual(
			[frappe.db.get_value("Order", order.name, "status") for order in self.orders],
			["To Print", "Backorder"],
		)

	def test_one_order_twice_at_once(self):
		work = partial(allocation.allocate, [self.orders[0].name])

		result = self.race(work, work)

		self.assertEqual((result.reserved, self.get_balance()), ([self.orders[0].name], (3, 2)))
		self.assertEqual(frappe.db.count("Routing Decision", {"order": self.orders[0].name}), 1)
