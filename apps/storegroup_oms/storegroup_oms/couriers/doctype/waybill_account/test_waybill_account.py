"""A Waybill Account: whose access it uses, each courier once; asked, it tells what is left."""

from unittest.mock import patch

import frappe

from storegroup_oms.api import waybills as endpoints
from storegroup_oms.connectors.errors import SignatureError
from storegroup_oms.couriers.report.unused_waybills import unused_waybills
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import create_courier, create_shop, create_user, make_suffix
from storegroup_oms.tests.fake_waybills import WaybillTest


class TestAccount(IntegrationTest):
	def create(self, provider: str, **values):
		name = f"Account {make_suffix()}"
		return frappe.get_doc(
			{"doctype": "Waybill Account", "account_name": name, "provider": provider, **values}
		).insert()

	def test_a_platforms_service_needs_a_shop_of_it(self):
		shop = create_shop("Taobao").name
		self.assertEqual(self.create("Cainiao", shop=shop).shop, shop)
		for values in ({}, {"shop": create_shop("JD").name}):
			with self.subTest(values), self.assertRaises(InvalidValueError):
				self.create("Cainiao", **values)
		self.assertIsNone(self.create("KDNiao", app_key="1", shop=shop).shop)

	def test_each_courier_once_and_a_web_address(self):
		courier = create_courier().name
		with self.assertRaises(InvalidValueError):
			self.create("KDNiao", app_key="1", couriers=[{"courier": courier}, {"courier": courier}])
		with self.assertRaises(InvalidValueError):
			self.create("KDNiao", app_key="1", gateway_url="127.0.0.1")

	def test_secrets_are_not_told(self):
		courier = create_courier().name
		account = self.create(
			"KDNiao",
			app_key="1",
			app_secret="the secret",
			couriers=[{"courier": courier, "customer_password": "the password"}],
		)
		account.reload()
		self.assertEqual(account.app_secret, "*" * len("the secret"))
		self.assertEqual(account.couriers[0].customer_password, "*" * len("the password"))
		self.assertEqual(account.couriers[0].get_password("customer_password"), "the password")


class TestDesk(WaybillTest):
	def test_a_tested_account_tells_what_is_left(self):
		rows = endpoints.test_account(self.account)
		self.assertEqual([(row["ok"], row["balance"]) for row in rows], [(True, 7), (True, 7)])
		account = frappe.get_doc("Waybill Account", self.account)
		self.assertEqual([row.balance for row in account.couriers], [7, 7])
		self.assertIsNone(account.failing_since)

		def refuse(contract):
			raise SignatureError("503", "signature")

		with patch.object(self.service, "get_balance", refuse):
			rows = endpoints.test_account(self.account)
		self.assertFalse(rows[0]["ok"])
		self.assertIn("signature", rows[0]["message"])
		self.assertTrue(frappe.db.get_value("Waybill Account", self.account, "failing_since"))

	def test_who_may_test_and_void(self):
		(parcel,) = self.create_parcels()
		number = ensure_waybills([parcel]).numbers[parcel]
		waybill = frappe.db.get_value("Waybill", {"number": number})
		frappe.set_user(create_user(["OMS Customer Service"]).name)
		with self.assertRaises(frappe.PermissionError):
			endpoints.test_account(self.account)
		with self.assertRaises(frappe.PermissionError):
			endpoints.void(frappe.as_json([waybill]), "Torn")
		frappe.set_user(create_user(["OMS Warehouse Staff"]).name)
		answer = endpoints.void(frappe.as_json([waybill]), "Torn")
		self.assertEqual(answer, {"states": {waybill: "To Recycle"}, "refused": {}})
		answer = endpoints.void(frappe.as_json([waybill]), " ")
		self.assertEqual(list(answer["refused"]), [waybill])
		frappe.set_user("Administrator")

	def test_the_report_lists_what_has_not_left(self):
		parcel, other = self.create_parcels(2)
		numbers = ensure_waybills([parcel, other]).numbers
		frappe.db.set_value("Waybill", {"number": numbers[other]}, "state", "Used")
		_columns, rows = unused_waybills.execute({"hours": 0, "account": self.account})
		self.assertEqual([(row.number, row.shipment) for row in rows], [(numbers[parcel], parcel)])
		_columns, rows = unused_waybills.execute({"hours": 1, "account": self.account})
		self.assertEqual(rows, [])
