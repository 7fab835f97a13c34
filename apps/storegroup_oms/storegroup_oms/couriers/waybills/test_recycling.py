"""What becomes of numbers: used, given back, voided; never another parcel's."""

import frappe

from storegroup_oms.connectors.errors import RefusedError
from storegroup_oms.couriers.waybills import recycling
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.fake_waybills import WaybillTest


class TestAfterwards(WaybillTest):
	def ship(self, parcel: str, status: str) -> None:
		frappe.db.set_value("Shipment", parcel, "status", status)
		recycling.note_changes([{"name": parcel, "from_status": "Verified", "to_status": status}])
		frappe.db.commit()

	def test_a_parcel_that_left_has_used_its_number(self):
		(parcel,) = self.create_parcels()
		number = ensure_waybills([parcel]).numbers[parcel]
		self.ship(parcel, "Shipped")
		self.ship(parcel, "Cancelled")
		self.assertEqual(self.get_waybills(parcel), [("Used", number, 0, parcel)])

	def test_a_cancelled_parcel_gives_its_number_back_and_nobody_gets_it(self):
		first, second = self.create_parcels(2)
		number = ensure_waybills([first]).numbers[first]
		self.ship(first, "Cancelled")
		self.assertEqual(self.get_waybills(first), [("To Recycle", number, 0, None)])
		recycling.recycle()
		self.assertEqual((self.service.cancelled, self.get_waybills(first)[0][0]), ({number}, "Recycled"))
		self.assertEqual(self.get_parcel(first).waybill_no, number)  # its label is still to be found
		self.assertNotEqual(ensure_waybills([second]).numbers[second], number)

	def test_a_parcel_that_comes_back_gets_a_new_number(self):
		(parcel,) = self.create_parcels()
		number = ensure_waybills([parcel]).numbers[parcel]
		self.ship(parcel, "Cancelled")
		frappe.db.set_value("Shipment", parcel, "status", "To Print")
		frappe.db.commit()
		self.assertNotEqual(ensure_waybills([parcel]).numbers[parcel], number)

	def test_a_number_never_heard_of_is_learnt_and_given_back(self):
		(parcel,) = self.create_parcels()
		self.kill([parcel])
		self.ship(parcel, "Cancelled")
		recycling.recycle()
		(number,) = self.service.issued.values()
		self.assertEqual(self.get_waybills(parcel), [("Recycled", number, 0, None)])
		self.assertEqual(self.service.cancelled, {number})

	def test_what_the_hook_missed_is_found(self):
		(parcel,) = self.create_parcels()
		ensure_waybills([parcel])
		frappe.db.set_value("Shipment", parcel, "status", "Cancelled")
		frappe.db.commit()
		recycling.settle()
		self.assertEqual(self.get_waybills(parcel)[0][0], "To Recycle")

	def test_a_service_that_does_not_take_it_back_is_asked_another_day(self):
		(parcel,) = self.create_parcels()
		ensure_waybills([parcel])
		self.ship(parcel, "Cancelled")

		def fail(requests):
			raise RefusedError("used", "The number has been scanned")

		self.service.before = fail
		for _day in range(recycling.GIVE_UP_AFTER):
			self.assertEqual(self.get_waybills(parcel)[0][0], "To Recycle")
			self.assertEqual(recycling.recycle()["failed"], 1)
			self.expire_claims()
		self.assertEqual(self.get_waybills(parcel)[0][0], "Voided")

	def test_voiding_by_hand(self):
		(parcel,) = self.create_parcels()
		number = ensure_waybills([parcel]).numbers[parcel]
		waybill = frappe.db.get_value("Waybill", {"number": number})
		with self.assertRaises(InvalidValueError):
			recycling.void(waybill, " ")
		self.assertEqual(self.get_waybills(parcel), [("Assigned", number, 0, parcel)])
		self.assertEqual(recycling.void(waybill, "Label torn"), "To Recycle")
		frappe.db.commit()
		self.assertIsNone(self.get_parcel(parcel).waybill_no)
		self.assertEqual(recycling.void(waybill, "Sent all the same"), "Voided")
		frappe.db.commit()
		with self.assertRaises(InvalidValueError):
			recycling.void(waybill, "Again")
		second = ensure_waybills([parcel]).numbers[parcel]
		self.assertNotEqual(second, number)
		self.assertEqual(
			self.get_waybills(parcel), [("Voided", number, 0, None), ("Assigned", second, 0, parcel)]
		)
