"""Claims: one for each courier and warehouse, each parcel in one live claim, times and sums kept by themselves."""

from io import BytesIO

import frappe
from openpyxl import load_workbook

from storegroup_oms.api import tracking
from storegroup_oms.couriers.tracking import claims
from storegroup_oms.couriers.tracking.test_events import make_courier, make_parcel
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier_claim, create_order, create_user


class TestCourierClaim(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier = make_courier()
		order = create_order([("A-" + self.courier, 2)], price=15)
		self.shipment = make_parcel(self.courier, [order], last_event_text="=1+1")

	def make_alert(self, shipment) -> str:
		values = {"shipment": shipment.name, "kind": "Suspected Lost", "status": "Open"}
		return frappe.get_doc({"doctype": "Parcel Alert", **values}).insert().name

	def test_alerts_become_claims(self):
		other = make_parcel(make_courier())
		alerts = [self.make_alert(self.shipment), self.make_alert(other)]
		names = tracking.create_claims(alerts)
		found = [frappe.get_doc("Courier Claim", name) for name in names]
		self.assertEqual({claim.courier for claim in found}, {self.courier, other.courier})
		claim = next(claim for claim in found if claim.courier == self.courier)
		self.assertEqual((claim.parcel_count, claim.claimed_amount), (1, 30))
		self.assertEqual(claim.parcels[0].waybill_no, self.shipment.waybill_no)
		self.assertEqual(frappe.db.get_value("Parcel Alert", alerts[0], "claim"), claim.name)
		with self.assertRaises(InvalidValueError):
			tracking.create_claims(alerts)

	def test_a_parcel_is_claimed_once_and_again_after_a_rejection(self):
		first = create_courier_claim(self.shipment)
		with self.assertRaises(InvalidValueError):
			create_courier_claim(self.shipment)
		first.status = "Rejected"
		first.save()
		self.assertTrue(create_courier_claim(self.shipment).name)
		first.status = "Sent"
		with self.assertRaises(InvalidValueError):
			first.save()

	def test_strangers(self):
		with self.assertRaises(InvalidValueError):
			create_courier_claim(self.shipment, courier=make_courier())
		with self.assertRaises(InvalidValueError):
			create_courier_claim(self.shipment, parcels=[{"shipment": self.shipment.name}] * 2)

	def test_the_course(self):
		claim = create_courier_claim(self.shipment)
		self.assertIsNone(claim.sent_at)
		claim.status = "Sent"
		claim.save()
		self.assertEqual((claim.answer_due_at - claim.sent_at).days, 7)
		claim.status, claim.parcels[0].granted_amount = "Paid", 20
		claim.save()
		self.assertEqual(claim.granted_amount, 20)
		self.assertTrue(claim.answered_at and claim.paid_at)

	def test_the_sheet(self):
		claim = create_courier_claim(self.shipment)
		sheet = load_workbook(BytesIO(claims.make_sheet(claim))).active
		self.assertEqual(sheet.max_row, 2)
		self.assertEqual(sheet["A2"].value, self.shipment.waybill_no)
		self.assertEqual(sheet["G2"].value, 30)
		self.assertTrue(all(cell.data_type != "f" for cell in sheet[2]))

	def test_who_may_not_see_the_warehouse_claims_nothing(self):
		alert = self.make_alert(self.shipment)
		elsewhere = make_parcel(self.courier).warehouse
		frappe.set_user(create_user(["OMS Customer Service"], warehouses=[elsewhere]).name)
		for call in (
			lambda: tracking.create_claims([alert]),
			lambda: tracking.handle_alerts([alert], "done"),
		):
			with self.assertRaises(frappe.PermissionError):
				call()
		self.assertEqual(tracking.get_alert_counts(), [])
		frappe.set_user("Administrator")
		self.assertEqual(frappe.db.get_value("Parcel Alert", alert, "status"), "Open")

	def test_the_letter(self):
		claim = create_courier_claim(self.shipment, reason="<b>please</b>")
		letter = frappe.get_print("Courier Claim", claim.name, "Courier Claim Letter")
		for text in (claim.name, self.shipment.waybill_no, self.courier):
			self.assertIn(text, letter)
		self.assertIn("&lt;b&gt;please", letter)
