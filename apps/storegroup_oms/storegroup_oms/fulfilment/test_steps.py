"""The steps of a parcel: each once, refused in words, stopped by what happens to its orders, back again."""

from unittest.mock import patch

import frappe

from storegroup_oms.fulfilment import layout, parcels, steps
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.orders import lifecycle
from storegroup_oms.setup.routing import DEFAULT_POLICY
from storegroup_oms.tests.factories import create_bundle, create_sku, create_stock

WAY = (steps.mark_printed, steps.mark_picked, steps.mark_verified, steps.mark_shipped)


class TestWay(ParcelCase):
	def test_from_print_to_ship(self):
		order = self.order((self.sku, 2))
		(name,) = self.label(self.get_parcel(order).name)
		statuses = []
		for step in WAY:
			done = step([name])
			self.assertEqual((done.names, done.refused), ([name], {}))
			statuses.append((self.get_parcel(order).status, *self.get_status(order)))

		self.assertEqual(
			statuses,
			[("Printed", "To Pick"), ("Picked", "To Pick"), ("Verified", "To Ship"), ("Shipped", "Shipped")],
		)
		self.assertEqual(self.get_balance(), (8, 0))
		stored = frappe.get_doc("Order", order.name)
		self.assertEqual((stored.waybill_no, stored.courier), (f"YT0{name}", self.courier))
		self.assertTrue(stored.printed_at and stored.shipped_at)
		self.assertEqual((stored.items[0].shipped_qty, stored.items[0].reserved_qty), (2, 0))
		parcel = self.get_parcel(order)
		self.assertEqual((parcel.printed_count, parcel.items[0].verified_qty), (1, 2))
		self.assertEqual((parcel.packed_by, bool(parcel.shipped_at)), ("Administrator", True))
		events = frappe.get_all(
			"Order Event", {"order": order.name}, pluck="event", order_by="creation asc, name asc"
		)
		for event in ("Label printed", "Parcel picked", "Parcel verified", "Parcel shipped"):
			self.assertEqual(events.count(event), 1)

	def test_twice_is_once(self):
		order = self.order((self.sku, 2))
		names = self.print(order)
		with patch.object(frappe, "get_hooks", wraps=frappe.get_hooks) as hooks:
			for step in WAY[1:]:
				self.assertEqual((step(names).names, step(names).names), (names, names))
			asked = [call.args[0] for call in hooks.call_args_list if call.args]

		self.assertEqual(asked.count("parcel_shipped_sinks"), 1)
		self.assertEqual(self.get_balance(), (8, 0))
		self.assertEqual(frappe.db.count("Order Event", {"order": order.name, "event": "Parcel shipped"}), 1)

	def test_printed_again_is_counted(self):
		order = self.order()
		(name,) = self.print(order)
		steps.mark_verified([name])

		steps.mark_printed([name])

		parcel = self.get_parcel(order)
		self.assertEqual((parcel.printed_count, parcel.status), (2, "Verified"))
		self.assertEqual(
			frappe.db.count("Order Event", {"order": order.name, "event": "Label printed again"}), 1
		)

	def test_what_may_not_go_on_holds_up_no_other(self):
		orders = [self.order() for _number in range(3)]
		good, bad, unknown = (self.get_parcel(order).name for order in orders[:2]), None, "SH-none"
		good, bad = good
		self.label(good)

		done = steps.mark_printed([bad, good, unknown, good])

		self.assertEqual(done.names, [good])
		self.assertEqual(
			done.refused,
			{
				bad: "It has no waybill number.",
				unknown: "There is no such parcel, or it was changed at this moment.",
			},
		)
		self.assertEqual(self.get_status(*orders), ["To Pick", "To Print", "To Print"])

	def test_no_step_is_left_out(self):
		order = self.order()
		(name,) = self.label(self.get_parcel(order).name)
		for step in WAY[1:]:
			self.assertEqual(step([name]).refused, {name: "Its label is not printed."})
		self.assertEqual(steps.mark_weighed({name: 500}).refused, {name: "Its label is not printed."})

		frappe.db.set_single_value("OMS Settings", "verify_before_ship", 1)
		steps.mark_printed([name])

		self.assertEqual(steps.mark_shipped([name]).refused, {name: "It has not been verified."})
		self.assertEqual((self.get_status(order), self.get_balance()), (["To Pick"], (10, 1)))

	def test_weighed(self):
		order = self.order()
		(name,) = self.print(order)

		self.assertEqual(steps.mark_weighed({name: 512}).names, [name])
		self.assertEqual(steps.mark_weighed({name: 0}).names, [])

		self.assertEqual(self.get_parcel(order).weight_g, 512)

	def test_bundles_leave_as_their_parts(self):
		bundle = create_bundle([(self.sku, 2), (self.other, 1)]).name
		order = self.order((bundle, 2))
		steps.mark_shipped(self.print(order))

		self.assertEqual((self.get_balance(), self.get_balance(self.other)), ((6, 0), (8, 0)))
		self.assertEqual(
			frappe.db.get_value("Order Item", order.items[0].name, ["shipped_qty", "reserved_qty"]), (2, 0)
		)

	def test_the_number_of_statements_does_not_grow(self):
		few = self.print(*[self.order() for _number in range(2)])
		many = self.print(*[self.order() for _number in range(8)])
		steps.mark_shipped(self.print(self.order()))

		for names in (few, many):
			with self.assertQueryCount(45):
				steps.mark_shipped(names)


class TestGate(ParcelCase):
	def test_a_refund_between_any_two_steps_stops_it(self):
		for passed in range(1, len(WAY)):
			with self.subTest(WAY[passed].__name__):
				order = self.order()
				(name,) = self.label(self.get_parcel(order).name)
				for step in WAY[:passed]:
					step([name])
				before = self.get_parcel(order).status
				self.refund(order, status="Requested")

				done = WAY[passed]([name])

				self.assertEqual(done.refused, {name: "The buyer has asked for a refund."})
				parcel = self.get_parcel(order)
				self.assertEqual((parcel.status, parcel.stop_reasons), (before, "refund_requested"))
				self.assertEqual(
					frappe.db.get_value("Stock Reservation", {"order": order.name}, "status"), "Open"
				)

	def test_before_print_too(self):
		order = self.order()
		(name,) = self.label(self.get_parcel(order).name)
		self.refund(order, status="Requested")

		self.assertIn("refund", steps.mark_printed([name]).refused[name])
		self.assertEqual(self.get_parcel(order).printed_count, 0)

	def test_money_back_means_stock_back_and_no_parcel(self):
		order = self.order((self.sku, 2))
		(name,) = self.print(order)
		self.refund(order)
		self.run_job()

		self.assertEqual(steps.mark_shipped([name]).refused, {name: "The refund is done."})
		self.assertEqual(self.get_balance(), (10, 0))

	def test_goods_that_are_gone(self):
		order = self.order()
		(name,) = self.print(order)
		frappe.db.set_value("Stock Reservation", {"order": order.name}, {"qty": 0, "status": "Released"})

		self.assertEqual(
			steps.mark_shipped([name]).refused, {name: "Goods that were promised to the order are missing."}
		)

	def test_what_the_platform_calls_shipped_is_booked_once(self):
		order = self.order((self.sku, 2))
		(name,) = self.print(order)
		lifecycle.move_orders([order.name], "Shipped", "test")
		self.assertEqual(self.run_job().shipped, 2)

		self.assertEqual(list(steps.mark_shipped([name]).refused), [name])
		self.assertEqual(self.get_balance(), (8, 0))

	def test_ours_first_then_the_platforms_word(self):
		order = self.order((self.sku, 2))
		steps.mark_shipped(self.print(order))
		lifecycle.move_orders([order.name], "Completed", "test")

		self.assertEqual((self.run_job().shipped, self.get_balance()), (0, (8, 0)))


class TestTwoParcels(ParcelCase):
	def setUp(self):
		super().setUp()
		frappe.db.set_value("Routing Policy", DEFAULT_POLICY, "allow_split", 1)
		self.rare = create_sku().name
		create_stock(self.rare, 1, self.far)
		self.one = self.order((self.sku, 2), (self.rare, 1))
		self.names = self.print(self.one)

	def test_partly_shipped_until_the_last(self):
		first, last = self.names
		steps.mark_shipped([first])
		self.assertEqual(self.get_status(self.one), ["Partly Shipped"])
		steps.mark_verified([last])
		self.assertEqual(self.get_status(self.one), ["Partly Shipped"])
		steps.mark_shipped([last])

		self.assertEqual(self.get_status(self.one), ["Shipped"])
		self.assertEqual(self.run_job().shipped, 0)
		self.assertEqual(self.get_balance(), (8, 0))

	def test_the_other_one_takes_over_the_courier_of_the_printed_one(self):
		order = self.order((self.sku, 2))
		(name,) = [parcel.name for parcel in self.get_parcels(order)]
		layout.split(name, {order.items[0].name: 1})
		self.label(name)
		steps.mark_printed([name])

		other = next(parcel for parcel in self.get_parcels(order) if parcel.name != name)
		self.assertEqual(frappe.db.get_value("Shipment", other.name, "courier"), self.courier)
		self.assertEqual(parcels.ensure_parcels([order.name]).written, [])

	def test_a_platform_without_parts_calls_it_shipped_with_the_first(self):
		first, last = self.names
		steps.mark_shipped([first])
		lifecycle.move_orders([self.one.name], "Shipped", "test")

		self.assertEqual(self.run_job().shipped, 0)
		self.assertEqual(steps.mark_shipped([last]).names, [last])

		balances = [
			frappe.db.get_value("Stock Balance", {"sku": sku, "warehouse": place}, ["on_hand", "reserved"])
			for sku, place in ((self.sku, self.near), (self.rare, self.far))
		]
		self.assertEqual((balances, self.get_status(self.one)), ([(8, 0), (0, 0)], ["Shipped"]))
		self.assertEqual(self.run_job().shipped, 0)

	def test_to_ship_once_all_are_verified(self):
		steps.mark_verified(self.names[:1])
		self.assertEqual(self.get_status(self.one), ["To Pick"])
		steps.mark_verified(self.names[1:])
		self.assertEqual(self.get_status(self.one), ["To Ship"])


class TestBack(ParcelCase):
	def test_print_is_taken_back_and_the_number_kept(self):
		order = self.order()
		(name,) = self.print(order)
		number = self.get_parcel(order).waybill_no

		self.assertEqual(steps.undo_print([name]).names, [name])
		self.assertEqual(steps.undo_print([name]).names, [name])

		parcel = self.get_parcel(order)
		self.assertEqual((parcel.status, parcel.waybill_no, parcel.printed_count), ("To Print", number, 1))
		self.assertEqual(self.get_status(order), ["To Print"])
		self.assertEqual(steps.mark_printed([name]).names, [name])

	def test_a_stopped_one_is_settled_on_the_way_back(self):
		order = self.order((self.sku, 1), (self.other, 1))
		(name,) = self.print(order)
		self.refund(order)
		self.run_job()

		steps.undo_print([name])

		parcel = self.get_parcel(order)
		self.assertEqual((parcel.name, parcel.stop_reasons), (name, ""))
		self.assertEqual(parcel.pieces, {(order.name, self.other): 1})

	def test_verified_ones_are_picked_again(self):
		order = self.order()
		names = self.print(order)
		steps.mark_verified(names)
		self.assertEqual(
			steps.undo_print(names).refused, {names[0]: "It has been verified. Take that back first."}
		)

		steps.undo_verify(names)

		parcel = self.get_parcel(order)
		self.assertEqual(
			(parcel.status, parcel.verified_at, parcel.items[0].verified_qty), ("Picked", None, 0)
		)
		self.assertEqual(self.get_status(order), ["To Pick"])

	def test_what_has_left_does_not_come_back(self):
		order = self.order()
		names = self.print(order)
		steps.mark_shipped(names)

		self.assertEqual(steps.undo_print(names).refused, {names[0]: "It has left already."})
