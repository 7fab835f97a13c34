"""Orders and their stock: reserved on arrival, To Print or Backorder on approval, given back, followed when they change."""

from unittest.mock import patch

import frappe
from frappe.model.workflow import apply_workflow
from frappe.utils import add_days, add_to_date, now_datetime, nowdate

from storegroup_oms.fulfilment import allocation, allocation_queue, decisions
from storegroup_oms.fulfilment.allocation import allocate
from storegroup_oms.inventory import batches, expiry, releasing
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.orders import lifecycle
from storegroup_oms.setup.routing import DEFAULT_POLICY
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_bundle,
	create_courier,
	create_customer,
	create_order,
	create_shop,
	create_sku,
	create_stock,
	create_user,
	create_warehouse,
)


class AllocationCase(IntegrationTest):
	"""A near warehouse and a far one, two SKUs, and the default policy as the test wants it."""

	def setUp(self):
		super().setUp()
		self.near = create_warehouse().name
		self.far = create_warehouse(province="广东省", city="广州市").name
		self.sku, self.other = create_sku().name, create_sku().name
		self.shop = create_shop().name

	def set_policy(self, **values):
		frappe.db.set_value("Routing Policy", DEFAULT_POLICY, values)

	def order(self, *lines: tuple[str, int], **values):
		return create_order(list(lines) or [(self.sku, 1)], shop=self.shop, **values)

	def stock(self, count: int, warehouse: str | None = None, sku: str | None = None):
		return create_stock(sku or self.sku, count, warehouse or self.near)

	def receive(self, count: int, warehouse: str | None = None, sku: str | None = None):
		post([Movement(sku or self.sku, warehouse or self.near, "Receipt", qty=count)])

	def approve(self, order) -> str:
		apply_workflow(frappe.get_doc("Order", order.name), "Approve")
		return self.get(order).status

	def run_job(self) -> allocation.Result:
		"""The job without its commits."""
		with patch.object(allocation_queue, "run_in_latest", lambda work: work()):
			return allocation_queue.run()

	def get(self, order) -> frappe._dict:
		fields = ["status", "warehouse", "stock_state", "hold_reasons", "stop_reasons", "review_state"]
		return frappe.db.get_value("Order", order.name, fields, as_dict=True)

	def get_reserved(self, order) -> list[int]:
		return frappe.get_all(
			"Order Item", filters={"parent": order.name}, pluck="reserved_qty", order_by="idx asc"
		)

	def get_places(self, order) -> dict[str, int]:
		rows = frappe.get_all(
			"Stock Reservation",
			filters={"order": order.name, "status": "Open"},
			fields=["warehouse", "qty"],
			order_by="warehouse asc",
		)
		places: dict[str, int] = {}
		for row in rows:
			places[row.warehouse] = places.get(row.warehouse, 0) + row.qty
		return places

	def get_events(self, order) -> list[str]:
		return frappe.get_all(
			"Order Event",
			filters={"order": order.name, "source": "Allocation"},
			pluck="event",
			order_by="event asc",
		)

	def get_balance(self, warehouse: str | None = None) -> tuple[int, int]:
		key = {"sku": self.sku, "warehouse": warehouse or self.near}
		return frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved"])


class TestArrival(AllocationCase):
	def test_a_paid_order_reserves_and_keeps_its_status(self):
		self.stock(5)
		order = self.order((self.sku, 2))

		result = allocate([order.name])

		self.assertEqual((result.reserved, result.short), ([order.name], []))
		stored = self.get(order)
		self.assertEqual(
			(stored.status, stored.warehouse, stored.stock_state), ("To Review", self.near, "Reserved")
		)
		self.assertEqual((self.get_reserved(order), self.get_balance()), ([2], (5, 2)))
		self.assertEqual(self.get_events(order), ["Stock reserved"])

	def test_the_decision_names_why_each_other_warehouse_lost(self):
		self.stock(5)
		self.stock(1, self.far)
		order = self.order((self.sku, 2))

		allocate([order.name])

		decision = decisions.find_latest(order.name)
		self.assertEqual((decision["outcome"], decision["warehouses"]), ("Reserved", self.near))
		rows = {row["warehouse"]: row for row in decision["candidates"]}
		self.assertEqual((rows[self.near]["is_chosen"], rows[self.near]["reasons"]), (True, []))
		self.assertEqual(rows[self.far]["reasons"], [["lacks", {"pieces": {self.sku: 1}}]])

	def test_in_a_batch_the_first_gets_the_last_one(self):
		self.stock(1)
		self.stock(1, self.far)
		orders = [self.order() for _number in range(3)]

		result = allocate([order.name for order in orders])

		self.assertEqual(result.short, [orders[2].name])
		self.assertEqual([self.get(order).warehouse for order in orders], [self.near, self.far, None])
		self.assertEqual((self.get_balance(), self.get_balance(self.far)), ((1, 1), (1, 1)))

	def test_the_order_of_the_names_is_the_order_of_the_orders(self):
		self.stock(1)
		first, second = self.order(), self.order()

		self.assertEqual(allocate([second.name, first.name]).reserved, [second.name])

	def test_again_changes_nothing(self):
		self.stock(1)
		served, short = self.order(), self.order()
		names = [served.name, short.name]
		allocate(names)
		before = self.count_written()

		allocate(names)
		self.run_job()

		self.assertEqual(self.count_written(), before)
		self.assertEqual(self.get(short).stock_state, "Short")

	def count_written(self) -> list[int]:
		return [frappe.db.count(name) for name in ("Order Event", "Routing Decision", "Stock Ledger")]

	def test_a_line_without_a_sku_holds_all_back(self):
		self.stock(5)
		order = self.order((self.sku, 1), (self.other, 1))
		frappe.db.set_value("Order Item", order.items[1].name, "sku", None)

		result = self.run_job()
		self.assertNotIn(order.name, result.reserved + result.short)
		allocate([order.name])

		self.assertEqual((self.get(order).stock_state or "", self.get_places(order)), ("", {}))

	def test_unpaid_orders_hold_nothing(self):
		self.stock(5)
		order = self.order(paid=False)

		self.run_job()

		self.assertEqual(self.get_places(order), {})

	def test_a_bundle_takes_its_components(self):
		bundle = create_bundle([(self.sku, 2), (self.other, 1)]).name
		self.stock(4)
		self.stock(2, sku=self.other)
		order = self.order((bundle, 2))

		allocate([order.name])

		self.assertEqual((self.get(order).stock_state, self.get_reserved(order)), ("Reserved", [2]))
		self.assertEqual(self.get_places(order), {self.near: 6})

	def test_a_bundle_of_nothing_is_short(self):
		bundle = create_bundle().name
		frappe.db.delete("SKU Component", {"parent": bundle})
		order = self.order((bundle, 1))

		allocate([order.name])

		self.assertEqual(self.get(order).stock_state, "Short")

	def test_many_orders_cost_no_more_queries(self):
		self.stock(50)
		few = [self.order().name for _number in range(2)]
		many = [self.order().name for _number in range(12)]
		allocate([self.order().name])

		with self.assertQueryCount(45):
			allocate(few)
		with self.assertQueryCount(45):
			allocate(many)


class TestApproval(AllocationCase):
	def test_with_stock_it_goes_to_print(self):
		self.stock(1)
		order = self.order()

		self.assertEqual(self.approve(order), "To Print")
		self.assertEqual((self.get(order).warehouse, self.get_places(order)), (self.near, {self.near: 1}))

	def test_without_it_waits_with_its_reason(self):
		self.stock(1)
		order = self.order((self.sku, 2))

		self.assertEqual(self.approve(order), "Backorder")
		stored = self.get(order)
		self.assertEqual((stored.hold_reasons, stored.review_state), ("stock_short", "Approved"))
		self.assertEqual(decisions.find_latest(order.name)["reason"], "stock_short")
		self.assertEqual((self.get_places(order), self.get_balance()), ({}, (1, 0)))

	def test_the_saved_document_tells_what_came_of_it(self):
		order = apply_workflow(frappe.get_doc("Order", self.order().name), "Approve")

		self.assertEqual((order.status, order.stock_state), ("Backorder", "Short"))
		order.seller_memo = "Saved again"
		order.save()

	def test_each_obstacle_has_its_code(self):
		self.stock(9)
		cases = {
			"region_unserved": lambda: frappe.get_doc("Warehouse", self.near).update(
				{"serves_only": 1, "serves": [{"province": "西藏自治区", "priority": 1}]}
			),
			"warehouse_missing": lambda: frappe.get_doc("Warehouse", self.near).update({"is_active": 0}),
		}
		frappe.db.set_value("Warehouse", {"name": ("!=", self.near)}, "is_active", 0)
		for code, change in cases.items():
			with self.subTest(code):
				change().save()
				order = self.order()
				self.assertEqual(self.approve(order), "Backorder")
				self.assertEqual(self.get(order).hold_reasons, code)

	def test_no_courier_goes_there(self):
		self.stock(9)
		frappe.db.set_value("Courier", {"is_active": 1}, "is_active", 0)
		courier = create_courier().name
		frappe.get_doc(
			{"doctype": "Courier Lane", "courier": courier, "province": "浙江", "is_served": 0}
		).insert()
		order = self.order()

		self.assertEqual(self.approve(order), "Backorder")
		self.assertEqual(self.get(order).hold_reasons, "courier_unserved")

	def test_whoever_approved_it(self):
		self.stock(1)
		order = self.order()
		lifecycle.move_orders([order.name], "To Print", "a rule")
		other = self.order()
		lifecycle.move_orders([other.name], "To Print", "a rule")

		self.run_job()

		self.assertEqual([self.get(row).status for row in (order, other)], ["To Print", "Backorder"])

	def test_sent_back_it_keeps_its_stock_and_loses_the_code(self):
		order = self.order()
		self.approve(order)
		document = frappe.get_doc("Order", order.name)
		document.update({"status": "To Review", "review_state": "Pending Review"})
		document.save()

		stored = self.get(order)
		self.assertEqual((stored.status, stored.hold_reasons, stored.stock_state), ("To Review", "", "Short"))

	def test_switched_off_it_stays_with_people(self):
		frappe.db.set_single_value("OMS Settings", "auto_allocate", 0)
		self.stock(1)
		order = self.order()

		self.assertEqual(self.approve(order), "To Print")
		self.run_job()

		self.assertEqual((self.get(order).status, self.get_places(order)), ("To Print", {}))


class TestLettingGo(AllocationCase):
	def make(self, *lines: tuple[str, int], **values):
		self.stock(5)
		self.stock(5, sku=self.other)
		order = self.order(*(lines or [(self.sku, 2), (self.other, 1)]), **values)
		allocate([order.name])
		return order

	def test_a_closed_order_gives_back(self):
		order = self.make()
		lifecycle.move_orders([order.name], "Closed", "test")

		result = self.run_job()

		self.assertEqual((result.released, self.get_places(order), self.get_balance()), (3, {}, (5, 0)))
		self.assertEqual(self.get(order).stock_state, "")
		self.assertIn("Stock let go", self.get_events(order))

	def test_rejected_by_a_person_it_gives_back_at_once(self):
		order = self.make()

		apply_workflow(frappe.get_doc("Order", order.name), "Reject")

		self.assertEqual((self.get_places(order), self.get_balance()), ({}, (5, 0)))

	def test_a_refunded_line_gives_back(self):
		order = self.make()
		frappe.db.set_value("Order Item", order.items[0].name, "refund_status", "Refunded")

		self.run_job()

		self.assertEqual((self.get_reserved(order), self.get_balance()), ([0, 1], (5, 0)))
		self.assertEqual(self.get(order).stock_state, "Reserved")

	def test_a_refund_that_is_only_asked_for_keeps_its_stock(self):
		order = self.make()
		frappe.db.set_value("Order Item", order.items[0].name, "refund_status", "Requested")

		self.run_job()

		self.assertEqual(self.get_reserved(order), [2, 1])

	def test_a_smaller_a_greater_and_another_line(self):
		order = self.make()
		line = order.items[0].name
		for values, wanted in (
			({"qty": 1}, {self.sku: 1, self.other: 1}),
			({"qty": 4}, {self.sku: 4, self.other: 1}),
			({"sku": self.other, "qty": 2}, {self.other: 3}),
		):
			with self.subTest(values):
				frappe.db.set_value("Order Item", line, values)
				self.run_job()
				held: dict[str, int] = {}
				for row in frappe.get_all(
					"Stock Reservation",
					{"order": order.name, "status": "Open"},
					["sku", "qty"],
					order_by="name",
				):
					held[row.sku] = held.get(row.sku, 0) + row.qty
				self.assertEqual(held, wanted)
				self.assertEqual(self.get_reserved(order), [values["qty"], 1])

	def test_a_bundle_becomes_one_of_its_parts(self):
		bundle = create_bundle([(self.sku, 1), (self.other, 1)]).name
		order = self.make((bundle, 2))
		frappe.db.set_value("Order Item", order.items[0].name, "sku", self.sku)

		self.run_job()

		self.assertEqual((self.get_reserved(order), self.get_places(order)), ([2], {self.near: 2}))
		self.assertEqual(allocation_queue.find_lost(), [])

	def test_half_a_bundle_is_not_booked_out(self):
		bundle = create_bundle([(self.sku, 1), (self.other, 1)]).name
		order = self.make((bundle, 2))
		post([Movement(self.sku, self.near, "Stocktake", qty=-5)])
		releasing.shed([(self.sku, self.near)], "None were counted")
		lifecycle.move_orders([order.name], "Shipped", "test")

		result = self.run_job()

		self.assertEqual((result.shipped, self.get_places(order)), (0, {}))
		key = {"sku": self.other, "warehouse": self.near}
		self.assertEqual(frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved"]), (5, 0))

	def test_a_line_that_is_gone(self):
		order = self.make()
		frappe.db.delete("Order Item", {"name": order.items[0].name})

		self.run_job()

		self.assertEqual((self.get_places(order), self.get_balance()), ({self.near: 1}, (5, 0)))

	def test_nothing_left_to_send(self):
		order = self.make((self.sku, 2))
		frappe.db.set_value("Order Item", order.items[0].name, "refund_status", "Refunded")

		self.run_job()

		self.assertEqual((self.get(order).stock_state, self.get_places(order)), ("Not Needed", {}))

	def test_what_the_platform_says_has_left_is_booked_out(self):
		order = self.make()
		frappe.db.set_value("Order Item", order.items[1].name, "refund_status", "Refunded")
		lifecycle.move_orders([order.name], "Shipped", "test")

		result = self.run_job()
		self.run_job()

		self.assertEqual((result.shipped, self.get_balance(), self.get_places(order)), (2, (3, 0), {}))
		key = {"sku": self.other, "warehouse": self.near}
		self.assertEqual(frappe.db.get_value("Stock Balance", key, ["on_hand", "reserved"]), (5, 0))

	def test_a_reservation_without_an_order(self):
		order = self.make()
		frappe.db.delete("Order", {"name": order.name})

		self.assertEqual(self.run_job().released, 3)
		self.assertEqual(self.get_balance(), (5, 0))

	def test_switched_off_it_is_given_back_all_the_same(self):
		order = self.make()
		lifecycle.move_orders([order.name], "Closed", "test")
		frappe.db.set_single_value("OMS Settings", "auto_allocate", 0)

		self.run_job()

		self.assertEqual(self.get_balance(), (5, 0))

	def test_a_form_opened_earlier_writes_no_old_count(self):
		order = self.order()
		document = frappe.get_doc("Order", order.name)
		self.stock(1)
		allocate([order.name])
		document.modified = frappe.db.get_value("Order", order.name, "modified")
		document.stock_state = "Reserved"
		document.save()

		self.assertEqual(self.get_reserved(order), [1])


class TestLosing(AllocationCase):
	def lose(self, order):
		"""A count finds the near warehouse empty."""
		on_hand, _reserved = self.get_balance()
		post([Movement(self.sku, self.near, "Stocktake", qty=-on_hand)])
		return releasing.shed([(self.sku, self.near)], "Fewer were counted")

	def make(self, status: str = "To Review"):
		self.stock(1)
		order = self.order()
		allocate([order.name])
		path = ("To Print", "To Pick", "To Ship")
		for step in path[: path.index(status) + 1] if status in path else ():
			lifecycle.move_orders([order.name], step, "test")
		return order

	def test_another_warehouse_takes_over(self):
		order = self.make("To Print")
		self.stock(1, self.far)

		self.assertEqual(self.lose(order), [order.name])
		self.run_job()

		stored = self.get(order)
		self.assertEqual((stored.status, stored.warehouse), ("To Print", self.far))
		self.assertEqual(self.get_places(order), {self.far: 1})

	def test_no_other_has_it(self):
		order = self.make("To Print")
		self.lose(order)

		self.run_job()

		stored = self.get(order)
		self.assertEqual(
			(stored.status, stored.warehouse, stored.hold_reasons), ("Backorder", None, "stock_short")
		)

	def test_a_parcel_that_is_picked_is_stopped_until_the_goods_are_back(self):
		order = self.make("To Pick")
		self.stock(1, self.far)
		self.lose(order)

		self.run_job()
		stored = self.get(order)
		self.assertEqual(
			(stored.status, stored.stop_reasons, stored.warehouse), ("To Pick", "stock_missing", self.near)
		)

		self.receive(1)
		self.run_job()
		stored = self.get(order)
		self.assertEqual((stored.stop_reasons, self.get_places(order)), ("", {self.near: 1}))


class TestQueue(AllocationCase):
	def wait(self, pieces: int, hours_ago: int, **values):
		"""An approved order without stock."""
		order = self.order(
			(self.sku, pieces), paid_at=add_to_date(now_datetime(), hours=-hours_ago), **values
		)
		self.assertEqual(self.approve(order), "Backorder")
		return order

	def get_statuses(self, *orders) -> list[str]:
		return [self.get(order).status for order in orders]

	def test_whoever_paid_first_is_served_first(self):
		late, early, middle = self.wait(2, 1), self.wait(2, 3), self.wait(2, 2)

		self.receive(4)
		self.run_job()

		self.assertEqual(self.get_statuses(late, early, middle), ["Backorder", "To Print", "To Print"])
		stored = self.get(early)
		self.assertEqual((stored.hold_reasons, stored.warehouse), ("", self.near))
		self.receive(2)
		self.run_job()
		self.assertEqual(self.get_statuses(late), ["To Print"])

	def test_waiting_orders_go_before_new_ones(self):
		waiting = self.wait(1, 5)
		self.receive(1)
		new = self.order()

		self.run_job()

		self.assertEqual(self.get_statuses(waiting), ["To Print"])
		self.assertEqual(self.get(new).stock_state, "Short")

	def test_by_the_deadline(self):
		self.set_policy(refill_order="Ship-by Time")
		now = now_datetime()
		relaxed = self.wait(1, 9, ship_by=add_to_date(now, hours=40))
		urgent = self.wait(1, 1, ship_by=add_to_date(now, hours=2))
		never = self.wait(1, 20)

		self.receive(1)
		self.run_job()

		self.assertEqual(self.get_statuses(relaxed, urgent, never), ["Backorder", "To Print", "Backorder"])

	def test_by_tier(self):
		self.set_policy(refill_order="Customer Tier")
		gold = create_customer(tier="Gold").name
		anybody, regular = self.wait(1, 9), self.wait(1, 1, customer=gold)

		self.receive(1)
		self.run_job()

		self.assertEqual(self.get_statuses(anybody, regular), ["Backorder", "To Print"])

	def test_who_has_waited_too_long_is_not_overtaken(self):
		self.set_policy(patience_hours=24)
		old = self.wait(5, 30)
		small = self.wait(1, 2)
		new = self.order((self.sku, 1))

		self.receive(3)
		self.run_job()
		self.assertEqual(self.get_statuses(old, small), ["Backorder", "Backorder"])
		self.assertEqual((self.get(new).stock_state, self.get_balance()), ("Short", (3, 0)))

		self.receive(3)
		self.run_job()
		self.assertEqual(self.get_statuses(old, small), ["To Print", "To Print"])

	def test_who_has_patience_is_overtaken(self):
		self.set_policy(patience_hours=48)
		old, small = self.wait(5, 30), self.wait(1, 2)

		self.receive(3)
		self.run_job()

		self.assertEqual(self.get_statuses(old, small), ["Backorder", "To Print"])

	def test_another_hold_keeps_it_from_printing(self):
		order = self.wait(1, 1)
		frappe.db.set_value("Order", order.name, "hold_reasons", "refund_requested,stock_short")

		self.receive(1)
		self.run_job()

		stored = self.get(order)
		self.assertEqual(
			(stored.status, stored.hold_reasons, stored.stock_state),
			("On Hold", "refund_requested", "Reserved"),
		)

	def test_more_than_a_chunk_is_served_in_order(self):
		orders = [self.wait(1, hours) for hours in (4, 1, 3, 2, 5)]

		with patch.object(allocation_queue, "CHUNK", 2):
			self.receive(3)
			self.run_job()

		self.assertEqual(
			self.get_statuses(*orders), ["To Print", "Backorder", "To Print", "Backorder", "To Print"]
		)

	def test_one_that_fails_holds_up_no_other(self):
		orders = [self.wait(1, 1) for _number in range(3)]
		self.receive(3)
		route = allocation.route

		def fail(need, *arguments):
			if need.key == orders[1].name:
				raise ValueError("a bad order")
			return route(need, *arguments)

		with (
			patch.object(allocation, "route", fail),
			patch.object(frappe.db, "rollback"),
			patch.object(frappe.db, "commit"),
			patch.object(frappe, "log_error") as log,
		):
			self.run_job()

		self.assertEqual(self.get_statuses(*orders), ["To Print", "Backorder", "To Print"])
		self.assertEqual(log.call_args.kwargs["reference_name"], orders[1].name)


class TestSeveralWarehouses(AllocationCase):
	def make(self):
		self.stock(1)
		self.stock(1, self.far, self.other)
		order = self.order((self.sku, 1), (self.other, 1))
		allocate([order.name])
		return order

	def test_not_split_by_default(self):
		self.assertEqual(self.get(self.make()).stock_state, "Short")

	def test_split_where_the_policy_allows(self):
		self.set_policy(allow_split=1)
		order = self.make()

		self.assertEqual(self.get(order).stock_state, "Reserved")
		self.assertEqual(self.get_places(order), {self.near: 1, self.far: 1})
		self.assertEqual(decisions.find_latest(order.name)["outcome"], "Split")

	def test_a_part_where_the_policy_allows(self):
		self.set_policy(allow_partial=1)
		order = self.make()

		self.assertEqual(
			(self.get(order).stock_state, self.get_places(order)), ("Partly Reserved", {self.near: 1})
		)
		self.assertEqual(self.approve(order), "Backorder")
		self.receive(1, sku=self.other)
		self.run_job()
		self.assertEqual((self.get(order).status, self.get_places(order)), ("To Print", {self.near: 2}))

	def test_a_shops_own_policy_counts(self):
		frappe.get_doc(
			{"doctype": "Routing Policy", "policy_name": "Split", "shop": self.shop, "allow_split": 1}
		).insert()

		self.assertEqual(self.get(self.make()).stock_state, "Reserved")

	def test_a_person_chooses_the_warehouse(self):
		self.stock(1)
		self.stock(1, self.far)
		order = self.order()
		allocate([order.name])
		document = frappe.get_doc("Order", order.name)
		document.warehouse = self.far
		document.save()

		self.assertEqual((document.keep_warehouse, self.get_places(order)), (1, {self.far: 1}))
		self.assertEqual((self.get_balance(), self.get_balance(self.far)), ((1, 0), (1, 1)))


class TestExpiry(AllocationCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_value("SKU", self.sku, "has_batches", 1)
		batches.ensure_batches({(self.sku, "B1"): add_days(nowdate(), 5)})
		self.batch = batches.make_name(self.sku, "B1")
		post([Movement(self.sku, self.near, "Receipt", qty=2, batch=self.batch)])

	def set_day(self, days: int) -> None:
		frappe.db.set_value("Stock Batch", self.batch, "expires_on", add_days(nowdate(), days))
		expiry.settle([self.batch])

	def test_what_has_expired_serves_no_order_until_its_date_is_put_right(self):
		self.set_day(-1)
		order = self.order((self.sku, 2))
		self.assertEqual(self.approve(order), "Backorder")
		self.assertEqual(allocation.preview(order.name).decision.warehouses, [])
		self.run_job()
		self.assertEqual((self.get(order).status, self.get_balance()), ("Backorder", (2, 0)))

		with patch.object(allocation_queue, "wake") as wake:
			self.set_day(1)
			self.assertEqual(wake.call_count, 1)
		self.run_job()
		self.assertEqual((self.get(order).status, self.get_balance()), ("To Print", (2, 2)))

	def test_an_order_whose_stock_expires_waits_again(self):
		order = self.order((self.sku, 2))
		self.assertEqual(self.approve(order), "To Print")
		with patch.object(allocation_queue, "wake") as wake:
			self.set_day(-1)
			self.assertGreater(wake.call_count, 0)
		self.run_job()

		self.assertEqual((self.get(order).status, self.get_balance()), ("Backorder", (2, 0)))


class TestWakeUps(AllocationCase):
	def test_what_wakes_the_job(self):
		with patch.object(allocation_queue, "wake") as wake:
			order = self.order()
			self.assertEqual(wake.call_count, 1)
			self.receive(1)
			self.assertEqual(wake.call_count, 2)
			allocate([order.name])
			self.assertEqual(wake.call_count, 2)
			releasing.release_orders([order.name], "test")
			self.assertEqual(wake.call_count, 3)

	def test_promises_that_are_shed_wake_it(self):
		self.stock(2)
		allocate([self.order((self.sku, 2)).name])
		for kind in ("Stocktake", "Damage"):
			with self.subTest(kind), patch.object(allocation_queue, "wake") as wake:
				post([Movement(self.sku, self.near, kind, qty=-1)])
				self.assertEqual(wake.call_count, 0)
				releasing.shed([(self.sku, self.near)], "counted")
				self.assertEqual(wake.call_count, 1 if kind == "Stocktake" else 0)

	def test_a_transaction_that_is_undone_keeps_nobody_from_waking(self):
		allocation_queue.get_redis().delete(allocation_queue._get_wake_key())
		self.addCleanup(lambda: allocation_queue.get_redis().delete(allocation_queue._get_wake_key()))
		with patch.object(frappe, "enqueue") as enqueue:
			allocation_queue.wake()
			frappe.db.after_commit.reset()
			self.assertEqual(enqueue.call_count, 0)

			for _number in range(2):
				allocation_queue.wake()
			frappe.db.after_commit.run()
			self.assertEqual([call.args[0] for call in enqueue.call_args_list], [allocation_queue.JOB])

			# The job has begun: what is committed from now on it may not see.
			with patch.object(allocation_queue, "is_automatic", return_value=False):
				allocation_queue.run()
			allocation_queue.wake()
			frappe.db.after_commit.run()
			self.assertEqual(enqueue.call_count, 2)

	def test_each_minute_only_where_there_is_work(self):
		with (
			patch.object(allocation_queue, "find_waiting", return_value=[]),
			patch.object(allocation_queue, "find_lost", return_value=[]),
			patch.object(allocation_queue, "find_unfitting", return_value=[]) as unfitting,
			patch.object(frappe, "enqueue") as enqueue,
		):
			allocation_queue.tick()
			self.assertEqual(enqueue.call_count, 0)
			unfitting.return_value = [frappe._dict(name="x", owner=None)]
			allocation_queue.tick()
			self.assertEqual(enqueue.call_count, 1)

	def test_a_clerk_may_approve(self):
		self.stock(1)
		order = self.order()
		frappe.set_user(create_user(["OMS Order Clerk"]).name)

		self.assertEqual(self.approve(order), "To Print")
