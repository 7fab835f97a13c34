"""Orders to one receiver in one parcel, apart again, and one order in two; a refund or a new address takes out its part."""

import frappe

from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import layout, parcels, steps
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.factories import create_bundle, create_courier, create_order, create_shop


class LayoutCase(ParcelCase):
	def merge(self, *orders) -> str:
		return layout.merge([parcel.name for parcel in self.get_parcels(*orders)])

	def refuses(self, text: str, call, *arguments):
		before = frappe.get_all("Shipment", fields=["name", "modified"], order_by="name asc")
		with self.assertRaises(InvalidValueError) as caught:
			call(*arguments)
		self.assertIn(text, str(caught.exception))
		self.assertEqual(frappe.get_all("Shipment", fields=["name", "modified"], order_by="name asc"), before)

	def count_pieces(self, *orders) -> dict[tuple[str, str], int]:
		pieces: dict[tuple[str, str], int] = {}
		for parcel in self.get_parcels(*orders):
			for key, count in parcel.pieces.items():
				pieces[key] = pieces.get(key, 0) + count
		return pieces


class TestMerge(LayoutCase):
	def test_three_orders_one_refund_before_print(self):
		orders = [self.order((self.sku, number)) for number in (1, 2, 3)]
		name = self.merge(*orders)
		whole = self.get_parcel(orders[0])
		self.assertEqual((whole.order_count, whole.total_qty, whole.expected_weight_g), (3, 6, 3000))
		self.assertEqual({parcel.name for parcel in self.get_parcels(*orders)}, {name})

		self.refund(orders[1])
		self.run_job()

		left = self.get_parcel(orders[0])
		self.assertEqual(left.pieces, {(orders[0].name, self.sku): 1, (orders[2].name, self.sku): 3})
		self.assertEqual((left.name, left.order_count, left.total_qty, left.stop_reasons), (name, 2, 4, ""))
		self.assertEqual((self.get_parcels(orders[1]), self.get_balance()), ([], (10, 4)))
		steps.mark_shipped(self.print(orders[0]))
		self.assertEqual(self.get_balance(), (6, 0))
		self.assertEqual(self.get_status(*orders), ["Shipped", "To Print", "Shipped"])
		for order in orders:
			stored = frappe.get_doc("Order", order.name)
			self.assertEqual(
				(stored.paid_amount, stored.total_amount), (order.paid_amount, order.total_amount)
			)

	def test_a_refund_that_is_asked_for_takes_out_just_that_order(self):
		orders = [self.order() for _number in range(3)]
		name = self.merge(*orders)
		self.refund(orders[0], status="Requested")

		self.run_job()

		self.assertEqual(self.get_parcel(orders[1]).name, name)
		self.assertEqual(self.get_parcel(orders[1]).order_count, 2)
		alone = self.get_parcel(orders[0])
		self.assertEqual((alone.order_count, alone.stop_reasons), (1, "refund_requested"))
		self.assertNotEqual(alone.name, name)

	def test_after_print_it_is_stopped_and_listed(self):
		orders = [self.order() for _number in range(3)]
		self.merge(*orders)
		(name,) = self.print(*orders)
		self.refund(orders[1])

		self.run_job()

		self.assertEqual(self.get_parcel(orders[0]).order_count, 3)
		self.assertEqual(list(steps.mark_shipped([name]).refused), [name])
		stopped = frappe.get_all(
			"Shipment",
			filters={"stop_reasons": ["is", "set"], "status": ["in", ["Printed", "Picked", "Verified"]]},
			pluck="name",
			order_by="name asc",
		)
		self.assertEqual((stopped, self.get_balance()), ([name], (10, 2)))

		steps.undo_print([name])
		self.assertEqual(self.get_parcel(orders[0]).name, name)
		self.assertEqual(self.get_parcel(orders[0]).order_count, 2)
		self.assertEqual(steps.mark_shipped(self.print(orders[0])).names, [name])
		self.assertEqual(self.get_balance(), (8, 0))

	def test_another_address_takes_its_order_out(self):
		orders = [self.order() for _number in range(3)]
		name = self.merge(*orders)
		document = frappe.get_doc("Order", orders[2].name)
		document.address = "莫干山路 8 号"
		document.save()

		alone = self.get_parcel(orders[2])
		self.assertEqual((alone.order_count, alone.stop_reasons), (1, ""))
		self.assertEqual({parcel.name for parcel in self.get_parcels(*orders[:2])}, {name})
		self.assertNotEqual(alone.merge_key, self.get_parcel(orders[0]).merge_key)

	def test_another_address_after_print_stops_it(self):
		order = self.order()
		(name,) = self.print(order)
		document = frappe.get_doc("Order", order.name)
		document.address = "莫干山路 8 号"
		document.save()

		self.assertEqual(self.get_parcel(order).stop_reasons, "address_changed")
		self.assertEqual(steps.mark_shipped([name]).refused, {name: "The address changed after approval."})

	def test_who_may_not_travel_together(self):
		one = self.order()
		other = self.order(address="莫干山路 8 号")
		jd = create_order([(self.sku, 1)], shop=create_shop("JD").name)
		frappe.get_doc("Order", jd.name).update({"status": "To Print"}).save()
		self.refuses("same receiver", self.merge, one, other)
		self.refuses("takes its own orders alone", self.merge, one, jd)
		self.refuses("at least two", self.merge, one)

		frappe.db.set_single_value("OMS Settings", "merge_platforms", 1)
		self.assertEqual(self.get_parcel(jd).name != self.merge(one, jd), True)
		self.assertEqual(self.get_parcel(jd).order_count, 2)

	def test_couriers_numbers_stops_and_prints_stand_in_the_way(self):
		one, courier = self.order(courier=self.courier), self.order(courier=create_courier().name)
		numbered, printed, stopped = self.order(), self.order(), self.order()
		self.label(self.get_parcel(numbered).name)
		self.print(printed)
		self.refund(stopped, status="Requested")
		for other, text in (
			(courier, "different couriers"),
			(numbered, "Give the number back"),
			(printed, "not printed"),
			(stopped, "is stopped"),
		):
			with self.subTest(text):
				self.refuses(text, self.merge, one, other)

	def test_twice_is_refused_and_changes_nothing(self):
		orders = [self.order() for _number in range(2)]
		names = [parcel.name for parcel in self.get_parcels(*orders)]
		layout.merge(names)

		self.refuses("Cancelled", layout.merge, names)

	def test_undone_before_print(self):
		orders = [self.order((self.sku, number)) for number in (1, 2, 3)]
		name = self.merge(*orders)

		found = layout.unmerge([name])

		self.assertEqual(len(found), 3)
		self.assertEqual(sorted(parcel.total_qty for parcel in self.get_parcels(*orders)), [1, 2, 3])
		self.assertEqual(parcels.ensure_parcels([order.name for order in orders]).written, [])

	def test_suggestions_and_the_rule(self):
		orders = [self.order() for _number in range(3)]
		self.order(address="莫干山路 8 号")
		names = sorted(parcel.name for parcel in self.get_parcels(*orders))
		self.assertEqual(layout.find_mergeable(), [names])
		self.run_job()
		self.assertEqual(len(self.get_parcels(*orders)), 3)

		frappe.db.set_single_value("OMS Settings", "merge_by_itself", 1)
		self.run_job()

		self.assertEqual([parcel.name for parcel in self.get_parcels(*orders)], names[:1])
		layout.unmerge(names[:1])
		self.run_job()
		self.assertEqual(len(self.get_parcels(*orders)), 3)
		self.assertEqual(len(layout.find_mergeable()[0]), 3)

	def test_masked_receivers_are_suggested_but_not_put_together_by_a_rule(self):
		masked = {"receiver_name": "王**", "receiver_mobile": "138****5678", "address": "文三路***"}
		orders = [self.order(buyer_nick="b", **masked) for _number in range(2)]
		other = self.order(buyer_nick="another", **masked)
		names = sorted(parcel.name for parcel in self.get_parcels(*orders))

		self.assertEqual(layout.find_mergeable(), [names])
		self.assertEqual(layout.find_mergeable(only_sure=True), [])
		self.refuses("same receiver", self.merge, orders[0], other)


class TestSplit(LayoutCase):
	def test_chosen_pieces_go_into_a_parcel_of_their_own(self):
		order = self.order((self.sku, 3), (self.other, 1))
		name = self.get_parcel(order).name

		other = layout.split(name, {order.items[0].name: 2})

		found = {parcel.name: parcel.pieces for parcel in self.get_parcels(order)}
		self.assertEqual(
			found,
			{
				name: {(order.name, self.sku): 1, (order.name, self.other): 1},
				other: {(order.name, self.sku): 2},
			},
		)
		self.assertEqual(parcels.ensure_parcels([order.name]).written, [])
		steps.mark_shipped(self.label(other) and steps.mark_printed([other]).names)
		self.assertEqual((self.get_status(order), self.get_balance()), (["Partly Shipped"], (8, 1)))
		self.label(name)
		steps.mark_shipped(steps.mark_printed([name]).names)
		self.assertEqual((self.get_status(order), self.get_balance()), (["Shipped"], (7, 0)))

	def test_bundles_stay_whole(self):
		bundle = create_bundle([(self.sku, 2), (self.other, 1)]).name
		order = self.order((bundle, 2))

		other = layout.split(self.get_parcel(order).name, {order.items[0].name: 1})

		found = {parcel.name: parcel.pieces for parcel in self.get_parcels(order)}
		self.assertEqual(found[other], {(order.name, self.sku): 2, (order.name, self.other): 1})
		self.assertEqual(self.count_pieces(order), {(order.name, self.sku): 4, (order.name, self.other): 2})

	def test_nothing_everything_and_too_much(self):
		order = self.order((self.sku, 2))
		name, line = self.get_parcel(order).name, order.items[0].name
		self.refuses("Choose what goes", layout.split, name, {})
		self.refuses("has to stay", layout.split, name, {line: 2})
		self.refuses("only 2 pieces", layout.split, name, {line: 3})
		self.refuses("no such line", layout.split, name, {"x": 1})
		self.refuses("no such line", layout.split, name, {line: -1})

	def test_a_refund_of_one_part_leaves_the_other(self):
		order = self.order((self.sku, 1), (self.other, 1))
		name = self.get_parcel(order).name
		other = layout.split(name, {order.items[1].name: 1})
		self.refund(order, 1)

		self.run_job()

		self.assertEqual(frappe.db.get_value("Shipment", other, "status"), "Cancelled")
		self.assertEqual(self.get_parcel(order).name, name)
		self.assertEqual(self.get_parcel(order).stop_reasons, "")
