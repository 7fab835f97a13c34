"""Each order of a parcel is told to its platform once, whatever fails on the way; what is refused is a person's."""

import threading
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors import confirmations, runner
from storegroup_oms.connectors.errors import RetryableError
from storegroup_oms.tests.factories import create_courier, create_order, create_shipment, create_shop
from storegroup_oms.tests.fake_platform import ConnectorTest


class ConfirmationsTest(ConnectorTest):
	def setUp(self) -> None:
		super().setUp()
		frappe.db.set_value("Shop", self.shop, "ship_confirm_enabled", 1)
		self.courier = create_courier(cainiao_code="YTO").name
		self.parcels: list[str] = []
		self.enterContext(patch.object(confirmations, "wake", lambda *args, **more: True))

	def remove_committed(self) -> None:
		super().remove_committed()
		children = (("Shipment Order", "parent"), ("Shipment Item", "parent"), ("Shipment", "name"))
		for doctype, field in children:
			frappe.db.delete(doctype, {field: ["in", self.parcels or [""]]})
		frappe.db.delete("Courier", {"name": self.courier})
		frappe.db.commit()

	def create_order(self, shop: str | None = None, **values):
		return create_order([(self.sku, 1)], shop=shop or self.shop, **values)

	def create_parcel(self, *orders, **values) -> str:
		number = f"YT{frappe.generate_hash(length=12)}"
		values = {"courier": self.courier, "waybill_no": number, **values}
		self.parcels.append(create_shipment(list(orders), **values).name)
		return self.parcels[-1]

	def ship(self, *parcels: str) -> int:
		count = confirmations.queue_confirmations(parcels)
		frappe.db.commit()
		return count

	def send(self) -> int:
		"""All that is due in this test's shop."""
		with patch.object(confirmations, "find_waiting_shops", self.find_own):
			return confirmations.run(linger_s=0)

	def find_own(self) -> list[str]:
		frappe.db.commit()
		return [self.shop] if self.count(status="Waiting", due_at=["is", "not set"]) else []

	def count(self, **filters) -> int:
		return frappe.db.count("Ship Confirmation", {"shop": self.shop, **filters})

	def get_order(self, name: str) -> tuple:
		frappe.db.rollback()
		return frappe.db.get_value("Order", name, ["ship_confirm_status", "ship_confirm_error"])


class TestQueue(ConfirmationsTest):
	def test_a_parcel_is_queued_once_with_the_transaction(self):
		order = self.create_order()
		parcel = self.create_parcel(order)
		frappe.db.commit()
		self.assertEqual(confirmations.queue_confirmations([parcel]), 1)
		frappe.db.rollback()
		self.assertEqual(self.count(), 0)

		self.assertEqual(self.ship(parcel), 1)
		self.assertEqual(self.ship(parcel), 0)
		self.assertEqual((self.count(), self.get_order(order.name)), (1, ("Waiting", None)))

	def test_merged_orders_are_told_each(self):
		orders = [self.create_order() for _number in range(3)]
		parcel = self.create_parcel(*orders)
		self.assertEqual(self.ship(parcel), 3)
		self.assertEqual(self.send(), 3)
		waybill_no = frappe.db.get_value("Shipment", parcel, "waybill_no")
		told = {(notice.order_no, notice.waybill_no, notice.courier_code) for notice in self.platform.shipped}
		self.assertEqual(told, {(order.platform_order_no, waybill_no, "YTO") for order in orders})
		for order in orders:
			self.assertEqual(self.get_order(order.name), ("Confirmed", None))

	def test_shops_without_a_platform_or_the_wish_are_left_out(self):
		manual = create_shop("Manual").name
		parcels = [self.create_parcel(self.create_order(manual))]
		frappe.db.set_value("Shop", self.shop, "ship_confirm_enabled", 0)
		parcels.append(self.create_parcel(self.create_order()))
		self.assertEqual(confirmations.queue_confirmations(parcels), 0)
		frappe.db.rollback()

	def test_parts_name_their_lines_and_the_first_one_is_first(self):
		order = create_order([(self.sku, 1), (self.sku, 2)], shop=self.shop)
		for number, row in enumerate(order.items, 1):
			frappe.db.set_value("Order Item", row.name, "platform_line_no", f"L{number}")
		parts = []
		for row in order.items:
			item = {"order": order.name, "order_item": row.name, "sku": row.sku, "qty": row.qty}
			parts.append(self.create_parcel(order, items=[item]))
		self.assertEqual(self.ship(parts[0]), 1)
		self.assertEqual(self.ship(parts[1]), 1)
		self.send()
		self.assertEqual(
			[(notice.line_nos, notice.is_first) for notice in self.platform.shipped],
			[(("L1",), True), (("L2",), False)],
		)


class TestSending(ConfirmationsTest):
	def setUp(self) -> None:
		super().setUp()
		self.order = self.create_order()
		self.parcel = self.create_parcel(self.order)
		self.ship(self.parcel)

	def test_a_failure_is_tried_again_by_itself(self):
		def fail(api: str) -> None:
			raise RetryableError("http_500", "Fault")

		self.platform.before_call = fail
		self.assertEqual(self.send(), 0)
		status, error = self.get_order(self.order.name)
		self.assertEqual(status, "Waiting")
		self.assertIn("http_500", error)
		row = self.get_row()
		self.assertEqual((row.status, row.attempts, row.claim), ("Waiting", 1, None))
		self.assertLess(row.due_at, add_to_date(now_datetime(), seconds=5))

		self.platform.before_call = lambda api: None
		self.make_due()
		self.assertEqual(self.send(), 1)
		self.assertEqual(self.get_order(self.order.name), ("Confirmed", None))

	def get_row(self) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value("Ship Confirmation", {"order": self.order.name}, "*", as_dict=True)

	def make_due(self) -> None:
		frappe.db.set_value("Ship Confirmation", {"order": self.order.name}, "due_at", None)
		frappe.db.commit()

	def test_a_refusal_is_a_persons_and_told_in_a_task(self):
		self.platform.refused_items = {self.order.platform_order_no}
		self.send()
		self.send()
		status, error = self.get_order(self.order.name)
		self.assertEqual(status, "Failed")
		self.assertIn("isv.order-refunded", error)
		self.assertEqual(len([call for call in self.platform.calls if call.startswith("ship")]), 1)
		key = f"shop:{confirmations.CAUSE}:{self.shop}"
		self.assertIn(
			self.order.platform_order_no, frappe.db.get_value("Task", {"dedupe_key": key}, "description")
		)

		self.platform.refused_items = set()
		self.assertEqual(confirmations.retry([self.get_row().name]), 1)
		frappe.db.commit()
		self.assertEqual(self.send(), 1)
		self.assertEqual(self.get_order(self.order.name), ("Confirmed", None))
		self.assertIsNone(frappe.db.exists("Task", {"dedupe_key": key}))

	def test_a_courier_without_a_code_is_refused_before_any_call(self):
		frappe.db.set_value("Courier", self.courier, "cainiao_code", None)
		frappe.db.commit()
		self.send()
		self.assertEqual((self.get_row().error_code, self.platform.shipped), ("courier_code", []))

	def test_one_refused_order_holds_up_no_other(self):
		others = [self.create_order() for _number in range(3)]
		self.ship(*(self.create_parcel(order) for order in others))
		self.platform.refused_items = {self.order.platform_order_no}
		self.assertEqual(self.send(), 3)
		self.assertEqual(self.count(status="Confirmed"), 3)
		self.assertEqual(self.count(status="Failed"), 1)

	def test_further_parcels_wait_for_the_first(self):
		second = self.create_parcel(self.order)
		self.ship(second)
		seen = []

		def fail_first(api: str) -> None:
			seen.append(api)
			if len(seen) == 1:
				raise RetryableError("http_500", "Fault")

		self.platform.before_call = fail_first
		self.send()
		self.assertEqual((len(seen), self.platform.shipped), (1, []))
		self.make_due_all()
		self.send()
		self.assertEqual([notice.is_first for notice in self.platform.shipped], [True, False])

	def make_due_all(self) -> None:
		table = frappe.qb.DocType("Ship Confirmation")
		frappe.qb.update(table).set(table.due_at, None).where(table.shop == self.shop).run()
		frappe.db.commit()

	def test_two_workers_never_send_the_same(self):
		site, found = frappe.local.site, []

		def work() -> None:
			frappe.init(site, sites_path=".")
			frappe.connect()
			try:
				found.append(confirmations.ShipConfirmations().claim([self.shop]))
			finally:
				frappe.destroy()

		mine = confirmations.ShipConfirmations().claim([self.shop])
		other = threading.Thread(target=work)
		other.start()
		other.join()
		self.assertEqual(([row.order for row in mine], found), ([self.order.name], [[]]))

		# Its owner was killed: free after the lease, and the late answer of the dead one changes nothing.
		frappe.db.set_value(
			"Ship Confirmation", mine[0].name, "due_at", add_to_date(now_datetime(), seconds=-1)
		)
		frappe.db.commit()
		(again,) = confirmations.ShipConfirmations().claim([self.shop])
		self.assertNotEqual(again.claim, mine[0].claim)
		confirmations.ShipConfirmations().write_outcomes([confirmations.Outcome(mine[0])])
		frappe.db.commit()
		self.assertEqual(self.get_row().status, "Waiting")

	def test_the_tick_starts_it(self):
		with patch.object(runner, "wake") as wake:
			runner.tick()
		self.assertIn((("", "confirm"), {}), [(call.args, call.kwargs) for call in wake.call_args_list])
