"""The packing table: one person, the right pieces, the right weight, nothing that is stopped."""

from functools import partial

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.api import floor
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import steps
from storegroup_oms.fulfilment.floor import verifying
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.factories import create_shop, create_user


class FloorCase(ParcelCase):
	"""A printed parcel of two pieces of one SKU and one of another; two packers."""

	def setUp(self):
		super().setUp()
		self.placed = self.order((self.sku, 2), (self.other, 1))
		(self.name,) = self.print(self.placed)
		self.number = frappe.db.get_value("Shipment", self.name, "waybill_no")
		self.packer, self.colleague = (create_user(["OMS Warehouse Staff"]).name for _number in range(2))
		self.right = {self.sku: 2, self.other: 1}

	def take(self, user: str = "") -> dict:
		frappe.set_user(user or self.packer)
		try:
			return floor.take(self.number)
		finally:
			frappe.set_user("Administrator")

	def read(self, field: str):
		return frappe.db.get_value("Shipment", self.name, field)


class TestTaking(FloorCase):
	def test_its_pieces_lie_before_the_packer(self):
		found = self.take()

		self.assertEqual((found["state"], found["parcel"]["name"]), ("open", self.name))
		self.assertEqual({line["sku"]: line["qty"] for line in found["parcel"]["lines"]}, self.right)
		self.assertNotIn("receiver_name", found["parcel"])
		self.assertEqual(self.read("held_by"), self.packer)

	def test_two_people_never_have_the_same(self):
		self.take()

		found = self.take(self.colleague)

		self.assertEqual((found["state"], found["parcel"]), ("held", None))
		self.assertIn(frappe.utils.get_fullname(self.packer), found["text"])
		self.assertEqual(self.take()["state"], "open")

	def test_put_back_or_forgotten_it_is_free_again(self):
		self.take()
		verifying.release(self.name, self.colleague)
		self.assertEqual(
			self.take(self.colleague)["state"], "held", "what another one holds nobody puts back"
		)
		verifying.release(self.name, self.packer)
		self.assertEqual(self.take(self.colleague)["state"], "open")

		past = add_to_date(now_datetime(), seconds=-1)
		frappe.db.set_value("Shipment", self.name, "held_until", past, update_modified=False)
		self.assertEqual(self.take()["state"], "open")

	def test_what_is_stopped_is_put_aside(self):
		self.refund(self.placed, status="Waiting Seller")

		found = self.take()

		self.assertEqual((found["state"], found["parcel"]), ("stopped", None))
		self.assertIn("refund", found["text"])
		self.assertIsNone(self.read("held_by"))

	def test_other_ends(self):
		frappe.set_user(self.packer)
		self.assertEqual(floor.take("YT-NONE")["state"], "unknown")
		frappe.set_user("Administrator")
		steps.undo_print([self.name])
		self.assertEqual(self.take()["state"], "not_printed")
		steps.mark_printed([self.name])
		steps.mark_shipped([self.name])
		self.assertEqual(self.take()["state"], "gone")


class TestVerifying(FloorCase):
	def test_the_right_pieces(self):
		self.take()
		self.assertEqual(verifying.verify(self.name, self.right, self.packer), "")

		self.assertEqual((self.read("status"), self.read("held_by")), ("Verified", None))

	def test_wrong_pieces_change_nothing(self):
		for counts in ({self.sku: 2}, {**self.right, self.sku: 3}, {**self.right, "SKU-X": 1}, {}):
			with self.subTest(counts), self.assertRaises(InvalidValueError):
				verifying.verify(self.name, counts, self.packer)
		self.assertEqual(self.read("status"), "Printed")

	def test_a_refund_between_taking_and_verifying(self):
		self.take()
		self.refund(self.placed, status="Waiting Seller")

		self.assertIn("refund", verifying.verify(self.name, self.right, self.packer))
		self.assertEqual(self.read("status"), "Printed")

	def test_somebody_else_may_not(self):
		self.take()
		self.assertIn("packing it", verifying.verify(self.name, self.right, self.colleague))
		self.assertEqual(self.read("status"), "Printed")


class TestWeighing(FloorCase):
	def test_within_tolerance(self):
		# 2 × 500 g and 200 g of goods, 60 g of package, 10 percent.
		self.assertEqual(verifying.weigh(self.name, 1_386, self.packer)["state"], "taken")
		self.assertEqual(
			(verifying.weigh(self.name, 1_260, self.packer)["span"], self.read("weight_g")),
			([1260, 1134, 1386], 1260),
		)

	def test_outside_it_takes_a_reason_that_stays(self):
		found = verifying.weigh(self.name, 1_387, self.packer)
		self.assertEqual((found["state"], self.read("weight_g")), ("differs", 0))
		self.assertIn("1260", found["text"])

		self.assertEqual(verifying.weigh(self.name, 1_387, self.packer, "加了赠品")["state"], "taken")
		details = frappe.db.get_value(
			"Order Event", {"order": self.placed.name, "event": "Weight differs"}, "details"
		)
		self.assertEqual(frappe.parse_json(details)["reason"], "加了赠品")
		self.assertEqual(self.read("weight_g"), 1_387)

	def test_an_unknown_weight_is_not_checked(self):
		frappe.db.set_value("SKU", self.other, "weight_g", 0)
		found = verifying.weigh(self.name, 9_000, self.packer)
		self.assertEqual((found["state"], found["span"]), ("taken", None))

	def test_nonsense(self):
		for grams in (0, -1, 100_001):
			with self.assertRaises(InvalidValueError):
				verifying.weigh(self.name, grams, self.packer)

	def test_a_stopped_one_is_not_weighed(self):
		self.refund(self.placed, status="Waiting Seller")
		self.assertEqual(verifying.weigh(self.name, 1_260, self.packer)["state"], "refused")
		self.assertEqual(self.read("weight_g"), 0)


class TestEndpoints(FloorCase):
	def test_from_the_label_to_the_courier(self):
		frappe.set_user(self.packer)
		floor.take(self.number)
		barcode = frappe.db.get_value("SKU", self.sku, "sku_code")
		self.assertEqual(floor.find_piece(barcode)["sku"], self.sku)
		self.assertEqual(floor.verify(self.name, self.right), {"refused": ""})
		self.assertEqual(floor.weigh(self.name, 1_260)["state"], "taken")
		self.assertEqual(floor.ship(self.name), {"refused": ""})
		frappe.set_user("Administrator")
		self.assertEqual(self.read("status"), "Shipped")

	def test_others_have_no_business_here(self):
		frappe.set_user(create_user(["OMS Customer Service"]).name)
		for ask in (
			partial(floor.take, self.number),
			partial(floor.find_piece, "1"),
			partial(floor.verify, self.name, self.right),
			partial(floor.weigh, self.name, 1_260),
			partial(floor.ship, self.name),
			partial(floor.release, self.name),
		):
			with self.assertRaises(frappe.PermissionError):
				ask()
		frappe.set_user("Administrator")
		self.assertEqual((self.read("status"), self.read("held_by")), ("Printed", None))

	def test_parcels_of_other_shops_are_unknown(self):
		frappe.set_user(create_user(["OMS Warehouse Staff"], shops=[create_shop().name]).name)
		self.assertEqual(floor.take(self.number)["state"], "unknown")
		with self.assertRaises(frappe.PermissionError):
			floor.ship(self.name)
