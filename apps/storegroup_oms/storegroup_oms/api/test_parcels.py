"""Endpoints of parcels: rights and row scope, and what each of them does."""

from unittest.mock import patch

import frappe

from storegroup_oms.api import parcels
from storegroup_oms.exceptions import InvalidValueError
from storegroup_oms.fulfilment import parcel_jobs
from storegroup_oms.fulfilment.test_parcels import ParcelCase
from storegroup_oms.tests.factories import create_shop, create_user, create_warehouse


class EndpointCase(ParcelCase):
	def setUp(self):
		super().setUp()
		self.orders = [self.order() for _number in range(2)]
		self.names = [parcel.name for parcel in self.get_parcels(*self.orders)]

	def log_in(self, role: str, **scope):
		frappe.set_user("Administrator")
		frappe.set_user(create_user([role], **scope).name)

	def get_calls(self):
		line = self.orders[0].items[0].name
		return (
			lambda: parcels.take_step("ship", self.names),
			lambda: parcels.merge(self.names),
			lambda: parcels.unmerge(self.names),
			lambda: parcels.split(self.names[0], {line: 1}),
			lambda: parcels.stop(self.names),
			lambda: parcels.release(self.names, "Looked at it"),
		)


class TestRights(EndpointCase):
	def test_who_only_looks_changes_nothing(self):
		before = frappe.get_all("Shipment", fields=["name", "modified"], order_by="name asc")
		for role in ("OMS Customer Service", "OMS Finance"):
			self.log_in(role)
			for call in self.get_calls():
				with self.subTest(role), self.assertRaises(frappe.PermissionError):
					call()
		self.log_in("OMS Integration")
		for ask in (parcels.get_suggestions, lambda: parcels.find_for_orders([self.orders[0].name])):
			with self.assertRaises(frappe.PermissionError):
				ask()
		frappe.set_user("Administrator")
		self.assertEqual(frappe.get_all("Shipment", fields=["name", "modified"], order_by="name asc"), before)

	def test_other_shops_and_warehouses_are_out_of_reach(self):
		for role, scope in (
			("OMS Order Clerk", {"shops": [create_shop().name]}),
			("OMS Warehouse Staff", {"warehouses": [create_warehouse().name]}),
		):
			self.log_in(role, **scope)
			for call in self.get_calls():
				with self.subTest(role), self.assertRaises(frappe.PermissionError):
					call()
			self.assertEqual(parcels.get_suggestions(), [])
			self.assertEqual(parcels.find_for_orders([order.name for order in self.orders]), [])
			frappe.set_user("Administrator")

	def test_the_clerk_merges_and_the_warehouse_ships(self):
		self.log_in("OMS Order Clerk", shops=[self.shop])
		self.assertEqual(parcels.get_suggestions(), [self.names])
		self.assertEqual(parcels.merge(frappe.as_json(self.names)), self.names[0])
		frappe.set_user("Administrator")
		self.print(*self.orders)
		self.log_in("OMS Warehouse Staff", warehouses=[self.near])

		done = parcels.take_step("ship", self.names[:1])

		self.assertEqual(done, {"names": self.names[:1], "refused": {}, "queued": 0})
		frappe.set_user("Administrator")
		self.assertEqual((self.get_status(*self.orders), self.get_balance()), (["Shipped"] * 2, (8, 0)))


class TestCalls(EndpointCase):
	def test_wrong_requests(self):
		for call in (
			lambda: parcels.take_step("fly", self.names),
			lambda: parcels.take_step("ship", []),
			lambda: parcels.take_step("ship", "{}"),
			lambda: parcels.release(self.names, " "),
		):
			with self.assertRaises(InvalidValueError):
				call()

	def test_very_many_go_to_a_job_that_tells_how_far_it_is(self):
		self.print(*self.orders)
		with patch.object(parcels, "AT_ONCE", 1), patch.object(frappe, "enqueue") as enqueue:
			self.assertEqual(parcels.take_step("ship", self.names)["queued"], 2)
		arguments = enqueue.call_args.kwargs
		with (
			patch.object(parcel_jobs, "run_in_latest", lambda work: work()),
			patch.object(parcel_jobs, "CHUNK", 1),
			patch.object(frappe, "publish_realtime") as publish,
		):
			done = parcel_jobs.run(arguments["step"], arguments["names"])

		told = [call.args[1] for call in publish.call_args_list if call.args[0] == parcel_jobs.PROGRESS_EVENT]
		self.assertEqual([(row["done"], row["total"]) for row in told], [(1, 2), (2, 2)])
		self.assertEqual((done.names, self.get_balance()), (self.names, (8, 0)))

	def test_parcels_of_orders(self):
		self.assertEqual(
			parcels.find_for_orders(frappe.as_json([order.name for order in self.orders])), self.names
		)

	def test_stopped_by_hand_and_let_go(self):
		self.print(*self.orders)
		self.assertEqual(parcels.stop(self.names[:1]), self.names[:1])
		self.assertEqual(parcels.stop(self.names[:1]), [])
		self.run_job()
		done = parcels.take_step("ship", self.names)
		self.assertEqual(done["refused"], {self.names[0]: "A person stopped the parcel."})

		self.assertEqual(parcels.release(self.names[:1], "The buyer was asked")["names"], self.names[:1])
		self.assertEqual(parcels.take_step("ship", self.names[:1])["names"], self.names[:1])

	def test_a_changed_address_is_let_go_once_somebody_has_looked(self):
		frappe.db.set_value("Order", self.orders[0].name, "stop_reasons", "address_changed,memo_changed")
		self.run_job()
		self.assertEqual(self.get_parcel(self.orders[0]).stop_reasons, "address_changed,memo_changed")

		parcels.release(self.names[:1], "Looked at it")

		self.assertEqual(self.get_parcel(self.orders[0]).stop_reasons, "")
		self.assertEqual(frappe.db.get_value("Order", self.orders[0].name, "stop_reasons"), "")

	def test_a_refund_is_not_let_go_by_a_look(self):
		self.refund(self.orders[0], status="Requested")
		self.run_job()

		done = parcels.release(self.names, "Looked at it")

		self.assertEqual(done["refused"], {self.names[0]: "The buyer has asked for a refund."})
		self.assertEqual(self.get_parcel(self.orders[0]).stop_reasons, "refund_requested")
