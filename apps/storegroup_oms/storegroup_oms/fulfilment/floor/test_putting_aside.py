"""Stopped parcels on the floor: listed with where they stand until somebody has found them, again when stopped again."""

import frappe

from storegroup_oms.api import stopped_parcels
from storegroup_oms.fulfilment import stop_release
from storegroup_oms.fulfilment.floor import putting_aside, verifying
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.factories import create_user, create_warehouse


class TestPuttingAside(ParcelCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.set_user, "Administrator")
		for sku, place in ((self.sku, "A-02-1-01"), (self.other, "A-01-1-01")):
			frappe.db.set_value("Stock Balance", {"sku": sku, "warehouse": self.near}, "bin_location", place)
		self.one = self.order((self.sku, 2), (self.other, 1))
		(self.name,) = self.print(self.one)

	def read(self) -> tuple:
		return frappe.db.get_value("Shipment", self.name, ["set_aside_at", "set_aside_by"])

	def test_what_nothing_stops_is_not_put_aside(self):
		self.assertEqual(putting_aside.put_aside([self.name, "SH-none"]), [])
		self.assertEqual(putting_aside.put_aside([]), [])
		self.assertEqual(putting_aside.describe_places([self.name]), [])
		self.assertEqual(self.read(), (None, None))

	def test_found_once(self):
		frappe.db.set_value("Shipment", self.name, {"wave_no": "WV-7", "held_by": "Guest"})
		stop_release.stop([self.name])
		(before,) = putting_aside.describe_places([self.name])

		self.assertEqual(putting_aside.put_aside([self.name]), [self.name])
		self.assertEqual(putting_aside.put_aside([self.name]), [])

		self.assertEqual(
			(before.set_aside_at, before.wave_no, before.bins, before.reason, before.last_user),
			(None, "WV-7", "A-01-1-01, A-02-1-01", "A person stopped the parcel.", "Guest"),
		)
		self.assertEqual(self.read()[1], "Administrator")
		self.assertTrue(putting_aside.describe_places([self.name])[0].set_aside_at)

	def test_a_stop_that_no_list_knows_yet_is_stored(self):
		self.refund(self.one, status="Requested")

		putting_aside.put_aside([self.name])

		(row,) = putting_aside.describe_places([self.name])
		self.assertEqual(row.reason, "The buyer has asked for a refund.")

	def test_what_goes_on_is_to_be_found_again_when_it_is_stopped_again(self):
		stop_release.stop([self.name])
		putting_aside.put_aside([self.name])
		stop_release.release([self.name], "Looked at it")

		verifying.take(self.name, "Administrator")

		self.assertEqual(self.read(), (None, None))

	def test_only_who_may_write_ticks_and_only_what_one_sees_is_listed(self):
		stop_release.stop([self.name])
		for role, scope in (
			("OMS Customer Service", {}),
			("OMS Warehouse Staff", {"warehouses": [create_warehouse().name]}),
		):
			frappe.set_user(create_user([role], **scope).name)
			with self.subTest(role), self.assertRaises(frappe.PermissionError):
				stopped_parcels.put_aside([self.name])
			self.assertEqual(len(stopped_parcels.get_stopped()), 0 if scope else 1)
			frappe.set_user("Administrator")
		self.assertEqual(self.read(), (None, None))
		frappe.set_user(create_user(["OMS Warehouse Staff"], warehouses=[self.near]).name)

		self.assertEqual(stopped_parcels.put_aside(frappe.as_json([self.name])), [self.name])
