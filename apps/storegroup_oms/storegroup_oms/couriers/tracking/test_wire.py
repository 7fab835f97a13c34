"""What the tracking services say and how it is signed; the signatures were worked out apart from this code."""

import json
from datetime import datetime, timedelta

from storegroup_oms.connectors.errors import MappingError, SignatureError
from storegroup_oms.couriers.tracking import kdniao, kuaidi100
from storegroup_oms.couriers.tracking.base import CHINA_TIME
from storegroup_oms.couriers.tracking.schedule import RETRIES, get_next_poll, get_next_try
from storegroup_oms.couriers.tracking.summary import Event, summarise
from storegroup_oms.couriers.tracking.wording import find_code
from storegroup_oms.tests.compat import UnitTest

NOON = datetime(2026, 11, 11, 12)


class TestSignatures(UnitTest):
	def test_kuaidi100(self):
		param = '{"com":"yuantong","num":"YT123456789"}'
		self.assertEqual(kuaidi100.sign_query(param, "key1", "CUST1"), "BC2AB287AC49080FF165AB44B31C5295")
		self.assertEqual(
			kuaidi100.sign_push('{"status":"polling"}', "salt1"), "AC38506FEB4B8F0AB868A0E803D9F123"
		)

	def test_kdniao(self):
		data = '{"LogisticCode": "YT123456789", "ShipperCode": "YTO"}'
		self.assertEqual(kdniao.sign(data, "kdn-key"), "OTg3NDU4ZjNhMTZhMDExYmJkMjk1YzNlZTQ0NDJjZGI=")


class TestPushes(UnitTest):
	def make_kuaidi100(self, salt: str = "salt1", **body) -> dict:
		scan = {"time": "2026-11-11 12:00:00", "context": "快件已签收", "location": "杭州", "statusCode": "3"}
		param = json.dumps(
			{"status": "polling", "lastResult": {"com": "yuantong", "nu": "YT1", "data": [scan]}, **body}
		)
		return {"param": param, "sign": kuaidi100.sign_push(param, salt)}

	def test_a_genuine_push_is_read(self):
		(trace,) = kuaidi100.read_push(self.make_kuaidi100(), "salt1")
		self.assertEqual((trace.company, trace.waybill_no, trace.is_over), ("yuantong", "YT1", False))
		self.assertEqual(trace.scans[0].occurred_at, NOON.replace(tzinfo=CHINA_TIME))
		self.assertEqual((trace.scans[0].place, trace.scans[0].hint), ("杭州", "Delivered"))

	def test_the_end_and_a_given_up_parcel(self):
		(over,) = kuaidi100.read_push(self.make_kuaidi100(status="shutdown"), "salt1")
		(lost,) = kuaidi100.read_push(self.make_kuaidi100(status="abort"), "salt1")
		self.assertEqual((over.is_over, over.gave_up), (True, False))
		self.assertEqual((lost.is_over, lost.gave_up), (False, True))

	def test_a_forged_push_is_refused(self):
		good = self.make_kuaidi100()
		for form, salt in (
			(good, "salt2"),
			(good | {"sign": ""}, "salt1"),
			(good | {"param": good["param"] + " "}, "salt1"),
			({"param": "{}", "sign": kuaidi100.sign_push("{}", "")}, ""),
			({}, "salt1"),
		):
			with self.subTest(form=form, salt=salt), self.assertRaises(SignatureError):
				kuaidi100.read_push(form, salt)

	def test_a_signed_push_that_cannot_be_read(self):
		for param in ("[]", "{}", "no json", '{"lastResult": 1}', '{"lastResult": {"data": [1]}}'):
			form = {"param": param, "sign": kuaidi100.sign_push(param, "salt1")}
			with self.subTest(param), self.assertRaises(MappingError):
				kuaidi100.read_push(form, "salt1")

	def test_kdniao(self):
		row = {
			"ShipperCode": "YTO",
			"LogisticCode": "YT1",
			"Traces": [{"AcceptTime": "2026/11/11 12:00:00", "AcceptStation": "离开杭州", "Action": "2"}],
		}
		data = json.dumps({"EBusinessID": "1", "Data": [row, row | {"LogisticCode": "YT2"}]})
		form = {"RequestData": data, "RequestType": "101", "DataSign": kdniao.sign(data, "key1")}
		self.assertEqual([trace.waybill_no for trace in kdniao.read_push(form, "key1")], ["YT1", "YT2"])
		self.assertEqual(kdniao.read_push(form | {"RequestType": "107"}, "key1"), [])
		for wrong in (form | {"DataSign": "x"}, form | {"RequestData": data + " "}):
			with self.assertRaises(SignatureError):
				kdniao.read_push(wrong, "key1")
		with self.assertRaises(SignatureError):
			kdniao.read_push(form, "")


class TestWords(UnitTest):
	def test_couriers_words(self):
		for text, code in (
			("商家已下单,等待揽收", "Accepted"),
			("快件已由【杭州】揽收", "Picked Up"),
			("【杭州转运中心】已收件", "Picked Up"),
			("快件离开【杭州】,发往下一站", "Departed"),
			("快件到达【上海】", "Arrived"),
			("【浦东】正在派件,派件员:小李 13812345678", "Out for Delivery"),
			("已存入菜鸟驿站,请凭取件码取件", "Out for Delivery"),
			("快件已签收,签收人:本人", "Delivered"),
			("您的包裹已被家门口代收", "Delivered"),
			("收件人拒收,联系发件人处理", "Refused"),
			("快件退回中", "Returning"),
			("退回件已签收", "Returned"),
			("地址不详,联系不上收件人", "Wrong Address"),
			("派送不成功,无人在家,改期派送", "Delivery Failed"),
			("快件外包装破损,已登记", "Damaged"),
			("快件查找中,暂无下落", "Lost"),
			("运输中", "In Transit"),
			("祝您生活愉快", "Other"),
		):
			with self.subTest(text):
				self.assertEqual(find_code(text), code)

	def test_the_service_is_asked_where_words_say_nothing(self):
		self.assertEqual(find_code("祝您生活愉快", "Delivered"), "Delivered")
		self.assertEqual(find_code("收件人拒收", "Delivered"), "Refused")


class TestSummary(UnitTest):
	def summarise(self, *codes: str):
		events = [Event(NOON + timedelta(hours=hours), code, "杭州") for hours, code in enumerate(codes)]
		self.assertEqual(summarise(reversed(events)), summarise(events))  # whatever comes first
		return summarise(events)

	def test_status_and_problem(self):
		way = ("Picked Up", "Departed", "Arrived", "Out for Delivery")
		for codes, status, problem in (
			((), "Shipped", ""),
			(("Accepted",), "Shipped", ""),
			(way[:2], "In Transit", ""),
			(way, "Out for Delivery", ""),
			((*way, "Delivery Failed"), "In Transit", ""),
			((*way, "Delivered"), "Delivered", ""),
			((*way, "Delivered", "Arrived"), "Delivered", ""),
			((*way[:3], "Delivered"), "Delivered", "No Delivery Scan"),
			((*way, "Refused"), "In Transit", "Refused"),
			((*way, "Refused", "Out for Delivery", "Delivered"), "Delivered", ""),
			((*way, "Refused", "Returning", "Arrived"), "In Transit", "Returned"),
			((*way, "Returning", "Delivered"), "Returned", "Returned"),
			((*way, "Wrong Address"), "In Transit", "Wrong Address"),
			((*way, "Wrong Address", "Out for Delivery"), "Out for Delivery", ""),
			((*way[:2], "Lost"), "In Transit", "Suspected Lost"),
			((*way[:2], "Lost", "Arrived"), "In Transit", ""),
			((*way[:2], "Damaged", "Arrived"), "In Transit", "Damaged"),
		):
			with self.subTest(codes):
				found = self.summarise(*codes)
				self.assertEqual((found.status, found.problem), (status, problem))

	def test_times(self):
		found = self.summarise("Accepted", "Picked Up", "Out for Delivery", "Delivered")
		self.assertEqual(found.picked_up_at, NOON + timedelta(hours=1))
		self.assertEqual(found.delivered_at, NOON + timedelta(hours=3))
		self.assertIsNone(self.summarise("Picked Up", "Delivered", "Returning").delivered_at)


class TestSchedule(UnitTest):
	def test_a_silent_parcel_is_asked_about_less_and_less(self):
		hours = [
			(get_next_poll(NOON, NOON - timedelta(hours=silent), False) - NOON) / timedelta(hours=1)
			for silent in (0, 30, 100, 200)
		]
		self.assertEqual(hours, [2, 6, 12, 24])
		self.assertIsNone(get_next_poll(NOON, NOON - timedelta(days=61), False))
		self.assertEqual(get_next_poll(NOON, None, True), NOON + timedelta(hours=12))

	def test_failed_subscriptions(self):
		self.assertEqual(get_next_try(NOON, 1), NOON + timedelta(minutes=2))
		self.assertEqual(get_next_try(NOON, 7), NOON + timedelta(hours=2))
		self.assertIsNone(get_next_try(NOON, RETRIES))
