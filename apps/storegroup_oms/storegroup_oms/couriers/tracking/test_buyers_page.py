"""The buyers' page tells the way of a parcel to who knows its receiver, and nothing to anybody else."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import frappe
from frappe.website.serve import get_response

from storegroup_oms.api import tracking
from storegroup_oms.couriers.tracking import buyers_page, events, lanes
from storegroup_oms.couriers.tracking.test_events import NOON, WAY, make_courier, make_parcel, make_trace
from storegroup_oms.orders.order_rows import to_site_time
from storegroup_oms.tests.compat import IntegrationTest, UnitTest
from storegroup_oms.tests.factories import create_order, make_suffix

KEYS = {
	"courier",
	"hotline",
	"waybill_no",
	"status",
	"is_delivered",
	"shipped_at",
	"delivered_at",
	"expected_from",
	"expected_by",
	"events",
}


@contextmanager
def asked_by(address: str, **form: str):
	command = f"storegroup_oms.api.tracking.track.{address}"  # counters of other tests are other keys
	values = frappe._dict(form, cmd=command)
	with (
		patch.object(frappe.local, "form_dict", values, create=True),
		patch.object(frappe.local, "request_ip", address, create=True),
	):
		yield


class TestBuyersPage(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.order = create_order(status="Shipped")  # receiver 13812345678, 王小明
		self.shipment = make_parcel(make_courier(), [self.order], province="浙江省")
		events.write([make_trace(self.shipment, *WAY[:4])], "Kuaidi100")

	def test_by_each_number(self):
		for number in (
			self.shipment.waybill_no,
			self.shipment.waybill_no.lower(),
			f" {self.order.platform_order_no} ",
			self.order.name,
		):
			with self.subTest(number):
				(parcel,) = buyers_page.find_parcels(number, "5678")
				self.assertEqual(parcel["waybill_no"], self.shipment.waybill_no)
				self.assertEqual(parcel["events"][0]["text"], WAY[3][1])

	def test_wrong_digits_are_like_an_unknown_number(self):
		for number, digits in (
			(self.shipment.waybill_no, "5679"),
			(self.shipment.waybill_no, ""),
			(self.shipment.waybill_no, "%%%%"),
			("YT0000000000", "5678"),
			("%", "5678"),
			("' OR 1=1 -- ", "5678"),
		):
			with self.subTest(number=number, digits=digits):
				self.assertEqual(buyers_page.find_parcels(number, digits), [])

	def test_nothing_else_leaks(self):
		self.order.db_set("seller_memo", "secret memo")
		(parcel,) = buyers_page.find_parcels(self.shipment.waybill_no, "5678")
		self.assertEqual(set(parcel), KEYS)
		text = frappe.as_json(parcel)
		for word in (
			"王",
			"138",
			"文三路",
			"secret",
			self.order.shop,
			self.order.items[0].sku,
			self.shipment.warehouse,
		):
			self.assertNotIn(word, text)

	def test_a_parcel_that_has_not_left_is_unknown(self):
		for status in ("To Print", "Verified", "Cancelled"):
			self.shipment.db_set("status", status)
			self.assertEqual(buyers_page.find_parcels(self.shipment.waybill_no, "5678"), [])

	def test_one_receivers_digits_open_no_other_receivers_parcel(self):
		other = create_order(status="Shipped", receiver_mobile="13900001111")
		second = make_parcel(self.shipment.courier, [other])
		self.assertEqual(buyers_page.find_parcels(second.waybill_no, "5678"), [])
		self.assertEqual(len(buyers_page.find_parcels(second.waybill_no, "1111")), 1)

	def test_a_masked_phone_of_the_platform_serves_too(self):
		frappe.db.set_value("Order Receiver", self.order.name, "mobile_tail", "")
		self.order.db_set("receiver_mobile", "139****4321")
		self.assertEqual(len(buyers_page.find_parcels(self.shipment.waybill_no, "4321")), 1)
		self.assertEqual(buyers_page.find_parcels(self.shipment.waybill_no, "5678"), [])

	def test_when_it_will_come(self):
		(parcel,) = buyers_page.find_parcels(self.shipment.waybill_no, "5678")
		self.assertIsNone(parcel["expected_by"])
		shipped = to_site_time(NOON) - timedelta(days=15)
		for hours in range(10, 20):
			make_parcel(
				self.shipment.courier,
				province="浙江省",
				warehouse=self.shipment.warehouse,
				status="Delivered",
				shipped_at=shipped,
				delivered_at=shipped + timedelta(hours=hours),
			)
		lanes.refresh(to_site_time(NOON))
		self.assertEqual(lanes.find_hours(self.shipment.courier, self.shipment.warehouse, "浙江省"), (14, 18))
		self.assertEqual(lanes.find_hours(self.shipment.courier, "elsewhere", "浙江省"), (14, 18))
		self.assertIsNone(lanes.find_hours(self.shipment.courier, "elsewhere", "江苏省"))
		(parcel,) = buyers_page.find_parcels(self.shipment.waybill_no, "5678")
		left = to_site_time(NOON)
		for field, hours in (("expected_from", 14), ("expected_by", 18)):
			self.assertEqual(parcel[field], (left + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M"))


class TestLimits(IntegrationTest):
	def ask(self, address: str, number: str, digits: str = "0000"):
		with asked_by(address, number=number, digits=digits):
			return tracking.track(number, digits)

	def test_one_number_is_guessed_twelve_times_however_it_is_written(self):
		number, address = f"AB{make_suffix()}", make_suffix()
		with patch("storegroup_oms.couriers.tracking.buyers_page.find_parcels", return_value=[]) as find:
			for count in range(12):
				self.ask(address, (number.lower(), f" {number} ", number.upper())[count % 3])
			with self.assertRaises(frappe.TooManyRequestsError):
				self.ask(address, number)
		self.assertEqual(find.call_count, 12)

	def test_one_address_asks_sixty_times(self):
		address = make_suffix()
		with patch("storegroup_oms.couriers.tracking.buyers_page.find_parcels", return_value=[]):
			for _ in range(60):
				self.ask(address, f"N{make_suffix()}")
			with self.assertRaises(frappe.TooManyRequestsError):
				self.ask(address, f"N{make_suffix()}")


class TestPage(IntegrationTest):
	def test_anybody_may_open_it(self):
		frappe.set_user("Guest")
		frappe.utils.set_request(method="GET", path="track")
		response = get_response()
		self.assertEqual(response.status_code, 200)
		text = response.get_data(as_text=True)
		self.assertIn('name="digits"', text)
		self.assertNotIn("{{", text)


class TestTexts(UnitTest):
	def test_names_and_phones_are_starred_out(self):
		for text, shown in (
			("签收人:王小明", "签收人:*"),
			("快件已签收,签收人: 张三,感谢使用", "快件已签收,签收人: *,感谢使用"),
			("快件已签收,签收人:本人", "快件已签收,签收人:本人"),
			("派件员:小李 13812345678", "派件员:小李 138****5678"),
			("快件到达【上海】", "快件到达【上海】"),
		):
			self.assertEqual(buyers_page.hide_names(text), shown)
