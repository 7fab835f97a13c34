"""Scans are written once, in any order, and parcels and orders follow them."""

from datetime import datetime, timedelta

import frappe

from storegroup_oms.couriers.tracking import events
from storegroup_oms.couriers.tracking.base import CHINA_TIME, Scan, Trace
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_order, create_shipment, make_suffix

NOON = datetime(2026, 11, 11, 12, tzinfo=CHINA_TIME)
WAY = (
	(0, "商家已下单,等待揽收"),
	(2, "快件已由【杭州】揽收"),
	(20, "快件到达【上海】"),
	(30, "【上海】正在派件"),
	(33, "快件已签收,签收人:本人"),
)


def make_courier() -> str:
	suffix = make_suffix()
	return create_courier(kuaidi100_code=f"k{suffix}", kdniao_code=f"N{suffix}").name


def make_parcel(courier: str, orders=None, **values):
	defaults = {"status": "Shipped", "shipped_at": to_site_time(NOON), "waybill_no": f"YT{make_suffix()}"}
	return create_shipment(orders, courier=courier, **{**defaults, **values})


def make_trace(shipment, *scans: tuple[float, str], **values) -> Trace:
	code = frappe.db.get_value("Courier", shipment.courier, "kuaidi100_code")
	rows = tuple(Scan(NOON + timedelta(hours=hours), text, "杭州") for hours, text in scans)
	return Trace(code, shipment.waybill_no, rows, **values)


class TestEvents(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.courier = make_courier()
		self.order = create_order(status="Shipped")
		self.shipment = make_parcel(self.courier, [self.order])

	def write(self, *scans, **values):
		return events.write([make_trace(self.shipment, *scans, **values)], "Kuaidi100")

	def get(self, *fields):
		return frappe.db.get_value("Shipment", self.shipment.name, fields)

	def test_the_whole_way(self):
		stored = self.write(*WAY)
		self.assertEqual((stored.shipments, stored.events), ([self.shipment.name], 5))
		self.assertEqual(
			self.get("status", "last_event_text", "last_place", "next_poll_at"),
			("Delivered", "快件已签收,签收人:本人", "杭州", None),
		)
		hours = [
			(moment - to_site_time(NOON)) / timedelta(hours=1)
			for moment in self.get("picked_up_at", "delivered_at", "last_event_at")
		]
		self.assertEqual(hours, [2, 33, 33])

	def test_the_same_again_changes_nothing(self):
		self.write(*WAY)
		before = frappe.get_doc("Shipment", self.shipment.name).as_dict()
		self.assertEqual(self.write(*WAY).events, 0)
		self.assertEqual(frappe.get_doc("Shipment", self.shipment.name).as_dict(), before)

	def test_late_and_early_scans_come_to_the_same(self):
		for scan in reversed(WAY):
			self.write(scan)
		self.assertEqual(frappe.db.count("Tracking Event", {"shipment": self.shipment.name}), 5)
		self.assertEqual(self.get("status"), "Delivered")

	def test_a_parcel_that_has_not_left_keeps_its_status(self):
		self.shipment.db_set("status", "Verified")
		self.write(WAY[1])
		self.assertEqual(self.get("status", "next_poll_at"), ("Verified", None))
		self.assertIsNotNone(self.get("picked_up_at"))

	def test_unknown_waybills_and_other_couriers(self):
		stranger = Trace("nobody", f"X{make_suffix()}", (Scan(NOON, "揽收"),))
		stored = events.write([stranger], "Kuaidi100")
		self.assertEqual((stored.shipments, stored.unknown), ([], [stranger.waybill_no]))
		# Two couriers may use one number; each trace goes to its own.
		twin = make_parcel(make_courier(), waybill_no=self.shipment.waybill_no)
		self.write(*WAY)
		self.assertEqual(frappe.db.count("Tracking Event", {"shipment": twin.name}), 0)
		self.assertEqual(frappe.db.count("Tracking Event", {"shipment": self.shipment.name}), 5)

	def test_a_given_up_parcel_is_handed_in_again(self):
		self.shipment.db_set("is_subscribed", 1)
		self.write(WAY[1], gave_up=True)
		is_subscribed, due = self.get("is_subscribed", "subscribe_due_at")
		self.assertEqual(is_subscribed, 0)
		self.assertGreater(due, frappe.utils.now_datetime() + timedelta(minutes=30))

	def test_an_order_arrives_with_its_last_parcel(self):
		second = make_parcel(self.courier, [self.order])
		self.write(*WAY)
		self.assertEqual(events.settle_orders([self.shipment.name]), [])
		late = [(hours + 24, text) for hours, text in WAY]
		events.write([make_trace(second, *late)], "Kuaidi100")
		self.assertEqual(events.settle_orders([second.name]), [self.order.name])
		arrived = frappe.db.get_value("Order", self.order.name, "delivered_at")
		self.assertEqual(arrived - to_site_time(NOON), timedelta(hours=57))
		self.assertEqual(events.settle_orders([second.name]), [])
		told = frappe.get_all(
			"Order Event", filters={"order": self.order.name, "event": "Delivered"}, order_by="name asc"
		)
		self.assertEqual(len(told), 1)

	def test_many_parcels_take_few_statements(self):
		parcels = [make_parcel(self.courier) for _ in range(20)]
		traces = [make_trace(parcel, *WAY) for parcel in parcels]
		count = frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]
		events.write(traces, "Kuaidi100")
		asked = int(frappe.db.sql("SHOW SESSION STATUS LIKE 'Questions'")[0][1]) - int(count)
		self.assertLess(asked, 12)
