"""Pushes at the door: a forged one is refused in the service's words and logged, a replay changes nothing."""

import json
from contextlib import contextmanager
from unittest.mock import patch

import frappe

from storegroup_oms.api import tracking
from storegroup_oms.couriers.tracking import kdniao, kuaidi100
from storegroup_oms.couriers.tracking.test_events import make_courier, make_parcel
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_tracking_account


@contextmanager
def posted(form: dict):
	"""A guest's request with a form; the door's commits stay inside the test."""
	request = frappe._dict(form=form, method="POST")
	with (
		patch.object(frappe.local, "request", request, create=True),
		patch.object(frappe.db, "commit"),
		patch.object(frappe.db, "rollback"),
	):
		frappe.set_user("Guest")
		try:
			yield
		finally:
			frappe.set_user("Administrator")


class TestPushes(IntegrationTest):
	def setUp(self):
		super().setUp()
		self.account = create_tracking_account()
		self.shipment = make_parcel(make_courier())
		self.code, self.bird_code = frappe.db.get_value(
			"Courier", self.shipment.courier, ["kuaidi100_code", "kdniao_code"]
		)

	def make_form(self, salt: str = "salt1") -> dict:
		scan = {"time": "2026-11-12 12:00:00", "context": "快件到达【上海】", "location": "上海"}
		result = {"com": self.code, "nu": self.shipment.waybill_no, "data": [scan]}
		param = json.dumps({"status": "polling", "lastResult": result}, ensure_ascii=False)
		return {"param": param, "sign": kuaidi100.sign_push(param, salt)}

	def push(self, form: dict) -> dict:
		with posted(form):
			return json.loads(tracking.push_kuaidi100(self.account.name).get_data())

	def count(self) -> int:
		return frappe.db.count("Tracking Event", {"shipment": self.shipment.name})

	def test_a_push_and_its_replay(self):
		self.assertEqual(
			self.push(self.make_form()), {"result": True, "returnCode": "200", "message": "成功"}
		)
		self.assertEqual(self.count(), 1)
		self.assertEqual(frappe.db.get_value("Shipment", self.shipment.name, "status"), "In Transit")
		self.assertTrue(self.push(self.make_form())["result"])
		self.assertEqual(self.count(), 1)

	def test_a_wrong_signature(self):
		for form in (self.make_form("guess"), self.make_form() | {"sign": ""}):
			answer = self.push(form)
			self.assertEqual((answer["result"], answer["returnCode"]), (False, "503"))
		self.assertEqual(self.count(), 0)
		self.assertTrue(frappe.db.exists("Error Log", {"method": "Push of Kuaidi100 refused"}))

	def test_an_account_that_is_off_takes_nothing(self):
		self.account.is_active = 0
		self.account.save()
		self.assertFalse(self.push(self.make_form())["result"])
		self.assertEqual(self.count(), 0)

	def test_kdniao(self):
		account = create_tracking_account(provider="KDNiao")
		row = {
			"ShipperCode": self.bird_code,
			"LogisticCode": self.shipment.waybill_no,
			"Traces": [{"AcceptTime": "2026-11-12 12:00:00", "AcceptStation": "快件到达【上海】"}],
		}
		data = json.dumps({"EBusinessID": account.customer, "Data": [row]}, ensure_ascii=False)
		for key, taken in (("guess", False), ("key1", True)):
			form = {"RequestData": data, "RequestType": "101", "DataSign": kdniao.sign(data, key)}
			with posted(form):
				answer = json.loads(tracking.push_kdniao().get_data())
			self.assertEqual((answer["EBusinessID"], answer["Success"]), (account.customer, taken))
			self.assertEqual(self.count(), int(taken))
