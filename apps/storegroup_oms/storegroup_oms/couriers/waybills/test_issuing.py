"""One parcel, one number: whatever is repeated, lost, killed or asked for by two at once."""

import random
from unittest.mock import patch

import frappe

from storegroup_oms.connectors.errors import CredentialError, RetryableError
from storegroup_oms.couriers.waybills import claims
from storegroup_oms.couriers.waybills.base import Answer, Issued
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.orders.receivers import Receiver, store_receivers
from storegroup_oms.tests.factories import create_shop, make_suffix
from storegroup_oms.tests.fake_waybills import WaybillTest
from storegroup_oms.tests.races import run_together


class TestEnsure(WaybillTest):
	def test_each_parcel_gets_a_number_once(self):
		parcels = self.create_parcels(7)
		done = ensure_waybills(parcels)

		self.assertEqual(done.refused, {})
		self.assertEqual(sorted(done.numbers), sorted(parcels))
		self.assertEqual(len(set(done.numbers.values())), 7)
		self.assertEqual(sorted(map(len, self.service.batches)), [1, 3, 3])
		row = self.get_parcel(parcels[0])
		self.assertEqual(
			(row.waybill_no, row.waybill_provider, row.sorting_code, row.waybill_error),
			(done.numbers[parcels[0]], "KDNiao", "025-A12-001", None),
		)
		self.assertEqual(self.get_waybills(parcels[0]), [("Assigned", row.waybill_no, 0, parcels[0])])

		again = ensure_waybills([*parcels, parcels[0]])
		self.assertEqual(again.numbers, done.numbers)
		self.assertEqual(len(self.service.batches), 3)

	def test_one_bad_parcel_stops_no_other_and_says_why(self):
		parcels = self.create_parcels(4)
		self.service.bad = {parcels[1]}
		done = ensure_waybills([*parcels, "SH-none"])

		self.assertEqual(sorted(done.numbers), sorted({*parcels} - {parcels[1]}))
		self.assertEqual(sorted(done.refused), sorted([parcels[1], "SH-none"]))
		text = self.get_parcel(parcels[1]).waybill_error
		self.assertIn("Check the receiver's address", text)
		self.assertNotIn("文三路", text)
		self.assertEqual(self.get_waybills(parcels[1]), [("Requested", None, 0, parcels[1])])

		self.service.bad = set()
		self.assertEqual(list(ensure_waybills([parcels[1]]).numbers), [parcels[1]])
		self.assertIsNone(self.get_parcel(parcels[1]).waybill_error)

	def test_what_may_not_have_a_number(self):
		late, stopped, nameless = self.create_parcels(3)
		frappe.db.set_value("Shipment", late, "status", "Shipped")
		frappe.db.set_value("Shipment", stopped, "stop_reasons", "REFUND")
		frappe.db.set_value("Shipment", nameless, "courier", None)
		frappe.db.commit()
		done = ensure_waybills([late, stopped, nameless])

		self.assertEqual(done.numbers, {})
		self.assertEqual(sorted(done.refused), sorted([late, stopped, nameless]))
		self.assertEqual((self.service.batches, self.get_waybills(stopped)), ([], []))

	def test_a_service_that_is_down_is_told_and_asked_again_with_the_same_key(self):
		(parcel,) = self.create_parcels()

		def fail(requests):
			raise RetryableError("timeout", "No answer")

		self.service.before = fail
		done = ensure_waybills([parcel])
		self.assertIn("the parcel gets the same number", done.refused[parcel])
		self.assertIn("timeout", self.get_parcel(parcel).waybill_error)
		self.assertEqual(self.get_waybills(parcel), [("Requested", None, 1, parcel)])
		self.assertTrue(frappe.db.get_value("Waybill Account", self.account, "failing_since"))

		self.service.before = lambda requests: None
		self.assertEqual(list(ensure_waybills([parcel]).numbers), [parcel])
		self.assertEqual(len(self.service.issued), 1)
		self.assertIsNone(frappe.db.get_value("Waybill Account", self.account, "failing_since"))

	def test_a_lost_answer_is_asked_for_again_at_once(self):
		(parcel,) = self.create_parcels()
		lost = []

		def lose(requests):
			if not lost:
				lost.append(1)
				raise RetryableError("timeout", "No answer")

		self.service.after = lose
		done = ensure_waybills([parcel])
		self.assertEqual(list(self.service.issued.values()), [done.numbers[parcel]])
		self.assertEqual(len(self.service.batches), 2)

	def test_a_killed_worker_leaves_no_second_number(self):
		parcels = self.create_parcels(3)
		self.kill(parcels)
		self.assertEqual(self.get_waybills(parcels[0]), [("Requested", None, 1, parcels[0])])
		done = ensure_waybills(parcels)

		self.assertEqual(sorted(done.numbers.values()), sorted(self.service.issued.values()))
		self.assertEqual(len(self.service.issued), 3)

	def test_two_at_once_get_the_same_numbers(self):
		parcels = self.create_parcels(5)
		results = run_together([lambda: ensure_waybills(parcels) for _number in range(3)])

		self.assertEqual(results[0].numbers, results[1].numbers)
		self.assertEqual(results[0].numbers, results[2].numbers)
		self.assertEqual(len(self.service.issued), 5)
		asked = [key for batch in self.service.batches for key in batch]
		self.assertEqual(len(asked), len(set(asked)))

	def test_an_access_that_is_refused_is_not_an_open_outcome(self):
		(parcel,) = self.create_parcels()

		def refuse(requests):
			raise CredentialError("27", "Invalid session")

		self.service.before = refuse
		done = ensure_waybills([parcel])
		self.assertIn("Authorise", done.refused[parcel])
		self.assertEqual(self.get_waybills(parcel), [("Requested", None, 0, parcel)])

	def test_a_number_of_another_parcel_is_not_taken(self):
		first, second = self.create_parcels(2)
		number = ensure_waybills([first]).numbers[first]
		with patch.object(self.service, "_answer", lambda one, contract: Answer(one, Issued(number))):
			done = ensure_waybills([second])
		self.assertIn(first, done.refused[second])
		self.assertIsNone(self.get_parcel(second).waybill_no)

	def test_a_parcel_cancelled_while_it_is_asked_for_gives_the_number_back(self):
		(parcel,) = self.create_parcels()
		write = claims.write_outcomes

		def cancel_before(outcomes):
			frappe.db.set_value("Shipment", parcel, "status", "Cancelled")
			frappe.db.commit()
			return write(outcomes)

		with patch.object(claims, "write_outcomes", cancel_before):
			done = ensure_waybills([parcel])
		(number,) = self.service.issued.values()
		self.assertEqual((done.numbers, list(done.refused)), ({}, [parcel]))
		self.assertEqual(self.get_waybills(parcel), [("To Recycle", number, 0, None)])
		self.assertIsNone(self.get_parcel(parcel).waybill_no)

	def test_a_number_that_went_from_the_parcel_comes_back(self):
		(parcel,) = self.create_parcels()
		number = ensure_waybills([parcel]).numbers[parcel]
		frappe.db.set_value("Shipment", parcel, "waybill_no", None)
		frappe.db.commit()
		self.assertEqual(ensure_waybills([parcel]).numbers, {parcel: number})
		self.assertEqual(self.get_parcel(parcel).waybill_no, number)
		self.assertEqual(len(self.service.batches), 1)

	def test_a_number_that_was_typed_in_stays(self):
		(parcel,) = self.create_parcels(waybill_no=f"HAND{make_suffix()}")
		self.assertEqual(ensure_waybills([parcel]).numbers, {parcel: self.get_parcel(parcel).waybill_no})
		self.assertEqual(self.service.batches, [])

	def test_another_courier_before_print_gets_another_number(self):
		(parcel,) = self.create_parcels()
		first = ensure_waybills([parcel]).numbers[parcel]
		frappe.db.set_value("Shipment", parcel, "courier", self.other)
		frappe.db.commit()
		second = ensure_waybills([parcel]).numbers[parcel]

		self.assertNotEqual(first, second)
		self.assertEqual(
			self.get_waybills(parcel), [("To Recycle", first, 0, None), ("Assigned", second, 0, parcel)]
		)


class TestDemands(WaybillTest):
	def test_an_order_of_pinduoduo_needs_its_own_service(self):
		shop = create_shop("Pinduoduo").name
		(parcel,) = self.create_parcels(shop=shop)
		done = ensure_waybills([parcel])
		self.assertIn("need a waybill of Pinduoduo itself", done.refused[parcel])
		self.assertEqual(self.service.batches, [])

		self.create_account("Pinduoduo", [self.courier], shop=shop)
		frappe.db.commit()
		self.assertEqual(list(ensure_waybills([parcel]).numbers), [parcel])

	def test_a_hidden_receiver_goes_as_ciphertext_to_its_own_platform_only(self):
		shop = create_shop("Pinduoduo").name
		(parcel,) = self.create_parcels(shop=shop)
		order = frappe.db.get_value("Shipment Order", {"parent": parcel}, "order")
		hidden = {"receiver_name": "王**", "receiver_mobile": "138****5678", "address": "文三***"}
		frappe.db.set_value("Order", order, hidden)
		frappe.db.delete("Order Receiver", {"name": order})
		store_receivers([(order, shop, "", Receiver(platform_token="~a~ ~b~ ~c~"))])
		self.create_account("Pinduoduo", [self.courier], shop=shop)
		frappe.db.commit()
		ensure_waybills([parcel])
		(request,) = self.service.sent
		self.assertEqual(request.receiver.ciphers, ("~a~", "~b~", "~c~"))
		self.assertNotIn("王", repr(request))

	def test_a_warehouse_without_an_address_is_named(self):
		(parcel,) = self.create_parcels()
		frappe.db.set_value("Warehouse", self.warehouse, "contact_mobile", None)
		frappe.db.commit()
		self.assertIn(self.warehouse, ensure_waybills([parcel]).refused[parcel])


class TestAnySequence(WaybillTest):
	def test_no_sequence_of_losses_and_kills_gives_two_numbers(self):
		"""Requests, lost answers, refusals, outages and kills in any order: in the end one number a parcel."""
		for seed in range(12):
			with self.subTest(seed=seed):
				dice = random.Random(seed)
				parcels = self.create_parcels(2)
				for _step in range(dice.randint(2, 6)):
					self.take(dice.choice(("lose", "down", "refuse", "kill", "ask")), dice, parcels)
				self.service.before = self.service.after = lambda requests: None
				self.service.bad = set()
				done = ensure_waybills(parcels)
				for parcel in parcels:
					mine = [n for key, n in self.service.issued.items() if f"/{parcel}_" in key]
					self.assertEqual(mine, [done.numbers[parcel]])
					self.assertEqual(self.get_waybills(parcel), [("Assigned", mine[0], 0, parcel)])

	def take(self, step: str, dice: random.Random, parcels: list[str]) -> None:
		def fail(requests):
			if dice.random() < 0.7:
				raise RetryableError("timeout", "No answer")

		self.service.before = fail if step == "down" else lambda requests: None
		self.service.after = fail if step == "lose" else lambda requests: None
		self.service.bad = {dice.choice(parcels)} if step == "refuse" else set()
		chosen = dice.sample(parcels, dice.randint(1, len(parcels)))
		if step == "kill" and any(self.get_parcel(name).waybill_no is None for name in chosen):
			self.kill(chosen)
		else:
			ensure_waybills(chosen)
