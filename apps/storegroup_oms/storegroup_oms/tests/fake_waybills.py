"""A waybill service in memory for tests: numbers by request key, and faults on demand.

`WaybillTest` gives committed parcels and an account at it, and removes them afterwards.
"""

import threading
from collections.abc import Sequence
from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.connectors.errors import RefusedError
from storegroup_oms.couriers.waybills import claims, issuing
from storegroup_oms.couriers.waybills.base import (
	Answer,
	Contract,
	Issued,
	Party,
	Request,
	Routing,
	WaybillService,
)
from storegroup_oms.couriers.waybills.issuing import ensure_waybills
from storegroup_oms.couriers.waybills.lines import Lines
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_courier,
	create_order,
	create_shipment,
	create_shop,
	create_sku,
	create_warehouse,
	make_suffix,
)
from storegroup_oms.tests.races import remove_shop


class Killed(BaseException):
	"""As if the worker had been killed here."""


class FakeService(WaybillService):
	"""Numbers in memory. `before` and `after` run around each request and may raise; `bad` parcels are refused."""

	batch_size = 3

	def __init__(self) -> None:
		self.issued: dict[str, str] = {}
		self.cancelled: set[str] = set()
		self.batches: list[tuple[str, ...]] = []
		self.sent: list[Request] = []
		self.bad: set[str] = set()
		self.before = self.after = lambda requests: None
		self.lock = threading.Lock()
		self.prefix = make_suffix()

	def request(self, contract: Contract, sender: Party, requests: Sequence[Request]) -> list[Answer]:
		self.before(requests)
		with self.lock:
			self.batches.append(tuple(one.request_id for one in requests))
			self.sent += requests
			answers = [self._answer(one, contract) for one in requests]
		self.after(requests)
		return answers

	def _answer(self, one: Request, contract: Contract) -> Answer:
		if one.request_id.partition("_")[0] in self.bad:
			return Answer(one, error=RefusedError("bad", f"地址错误 {one.receiver.address}"))
		key = f"{contract.code}/{one.request_id}"
		number = self.issued.setdefault(key, f"{self.prefix}{len(self.issued):04d}")
		return Answer(one, Issued(number, Routing(routing_code="025-A12-001", big_pen="南京 A12")))

	def cancel(self, contract: Contract, number: str, request_id: str) -> None:
		self.before([])
		self.cancelled.add(number)

	def get_balance(self, contract: Contract) -> int | None:
		return 7


class WaybillTest(IntegrationTest):
	"""A shop of a hand-typed platform, a courier, an account at a service in memory; all of it committed."""

	def setUp(self) -> None:
		super().setUp()
		frappe.db.delete("Waybill")  # what a killed run has left would be given back to our service
		self.service = FakeService()
		for module, name, value in (
			(Lines, "_open", lambda lines, account: self.service),
			(issuing, "PAUSE_S", 0.0),
			(issuing, "LOOK_AGAIN_S", 0.01),
		):
			patcher = patch.object(module, name, value)
			patcher.start()
			self.addCleanup(patcher.stop)
		self.shop = create_shop("Manual").name
		self.sku = create_sku().name
		self.courier = create_courier(kdniao_code="YTO", pdd_wp_code="YTO").name
		self.other = create_courier(kdniao_code="ZTO").name
		self.warehouse = create_warehouse(
			contact_name="云杉仓", contact_mobile="13900001111", address="良睦路 1 号"
		).name
		self.account = self.create_account("KDNiao", [self.courier, self.other], app_key="1", app_secret="k")
		frappe.db.commit()
		self.addCleanup(self.remove)

	def create_account(self, provider: str, couriers: Sequence[str], **values) -> str:
		rows = [{"courier": courier} for courier in couriers]
		name = f"Account {make_suffix()}"
		return (
			frappe.get_doc(
				{
					"doctype": "Waybill Account",
					"account_name": name,
					"provider": provider,
					"couriers": rows,
					**values,
				}
			)
			.insert()
			.name
		)

	def create_parcels(self, count: int = 1, shop: str | None = None, **values) -> list[str]:
		names = []
		for _number in range(count):
			order = create_order([(self.sku, 1)], shop=shop or self.shop)
			values = {"courier": self.courier, **values}
			names.append(create_shipment([order], self.warehouse, **values).name)
		frappe.db.commit()
		return names

	def remove(self) -> None:
		frappe.db.rollback()
		parcels = frappe.get_all("Shipment", {"warehouse": self.warehouse}, pluck="name", order_by="name")
		accounts = frappe.get_all(
			"Waybill Account Courier", {"courier": self.courier}, pluck="parent", order_by="parent"
		)
		shops = frappe.get_all(
			"Shipment Order", {"parent": ("in", parcels or [""])}, pluck="shop", order_by="shop"
		)
		for doctype, filters in (
			("Waybill", {"shipment": ("in", parcels or [""])}),
			("Shipment Order", {"parent": ("in", parcels or [""])}),
			("Shipment Item", {"parent": ("in", parcels or [""])}),
			("Shipment", {"name": ("in", parcels or [""])}),
			("Waybill Account Courier", {"parent": ("in", accounts or [""])}),
			("Waybill Account Sender", {"parent": ("in", accounts or [""])}),
			("Waybill Account Shop", {"parent": ("in", accounts or [""])}),
			("Waybill Account", {"name": ("in", accounts or [""])}),
			("SKU", {"name": self.sku}),
			("Courier", {"name": ("in", [self.courier, self.other])}),
			("Warehouse", {"name": self.warehouse}),
		):
			frappe.db.delete(doctype, filters)
		frappe.db.commit()
		for shop in {*shops, self.shop}:
			remove_shop(shop)

	def get_waybills(self, parcel: str) -> list[tuple]:
		frappe.db.rollback()
		rows = frappe.get_all(
			"Waybill",
			filters={"shipment": parcel},
			fields=["state", "number", "is_outcome_open", "live_key"],
			order_by="generation asc",
		)
		return [(row.state, row.number, row.is_outcome_open, row.live_key) for row in rows]

	def get_parcel(self, name: str) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value("Shipment", name, "*", as_dict=True)

	def expire_claims(self) -> None:
		"""As if the lease of a killed worker had run out."""
		past = add_to_date(now_datetime(), minutes=-1)
		frappe.db.sql("UPDATE tabWaybill SET claimed_until = %s WHERE warehouse = %s", (past, self.warehouse))
		frappe.db.commit()

	def kill(self, parcels: Sequence[str]) -> None:
		"""A worker that dies while it asks: nothing is written down, nothing given back."""

		def die(outcomes):
			raise Killed

		with patch.object(claims, "write_outcomes", die), self.assertRaises(Killed):
			ensure_waybills(parcels)
		frappe.db.rollback()
		self.expire_claims()
