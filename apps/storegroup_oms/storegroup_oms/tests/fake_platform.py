"""A platform in memory for tests of the connectors' runtime: orders in a list, and faults on demand.

`ConnectorTest` gives a committed shop connected to it and removes everything of that shop afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import frappe

from storegroup_oms.connectors import runner, sessions, stock_push
from storegroup_oms.connectors.accounts import now
from storegroup_oms.connectors.base import (
	Limits,
	OrderRow,
	Page,
	Payload,
	PlatformClient,
	RefundAgreement,
	ShipmentNotice,
	ShopFacts,
	StockLevel,
	StockResult,
	TimeWindow,
	TokenSet,
)
from storegroup_oms.connectors.errors import CredentialError, MappingError, RefusedError, RemoteNotFoundError
from storegroup_oms.connectors.fleet import Fleet
from storegroup_oms.connectors.flights import Flights
from storegroup_oms.connectors.registry import Connector
from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.orders.canonical import CanonicalLine, CanonicalOrder
from storegroup_oms.tests.compat import IntegrationTest
from storegroup_oms.tests.factories import (
	create_listing,
	create_shop,
	create_sku,
	create_stock,
	create_warehouse,
)

PAGE_SIZE = 3
OF_SHOP = (
	"Order",
	"Pull Window",
	"Connector Event",
	"Connector Call",
	"Quarantined Order",
	"Listing",
	"Dedicated Stock",
	"Stock Push",
	"Ship Confirmation",
	"Task",
)


@dataclass
class FakeOrder:
	number: str
	modified: datetime
	total: Decimal = Decimal("10.00")
	status: str = "To Review"
	is_hidden: bool = False
	is_counted: bool = True
	is_poisoned: bool = False
	memo: str = ""


@dataclass
class FakePlatform:
	"""What the platform knows. `before_call(api)` runs before each answer and may change things or raise."""

	sku: str
	orders: dict[str, FakeOrder] = field(default_factory=dict)
	before_call: Callable[[str], None] = lambda api: None
	names_only: bool = False
	untold: tuple[str, ...] = ()
	valid_token: str = "token-1"
	refresh_tokens: dict[str, str] = field(default_factory=lambda: {"refresh-1": "token-1"})
	calls: list[str] = field(default_factory=list)
	stock: dict[tuple[str, str], int] = field(default_factory=dict)
	refused_items: set[str] = field(default_factory=set)
	shipped: list[ShipmentNotice] = field(default_factory=list)

	def add(self, number: str, minutes_ago: float = 5, **values) -> FakeOrder:
		order = FakeOrder(number, now().replace(microsecond=0) - timedelta(minutes=minutes_ago), **values)
		self.orders[number] = order
		return order

	def touch(self, number: str, **values) -> None:
		order = self.orders[number]
		order.modified = now().replace(microsecond=0)
		for name, value in values.items():
			setattr(order, name, value)

	def select(self, window: TimeWindow) -> list[FakeOrder]:
		inside = [o for o in self.orders.values() if window.start <= o.modified <= window.end]
		return sorted(inside, key=lambda order: (order.modified, order.number), reverse=True)

	def make_payload(self, order: FakeOrder) -> Payload:
		return {
			"number": order.number,
			"modified": order.modified.isoformat(),
			"total": str(order.total),
			"status": order.status,
			"sku": self.sku,
			"receiver_mobile": "13812345678",
			"poison": order.is_poisoned,
			"seller_memo": order.memo,
		}

	def make_row(self, order: FakeOrder) -> OrderRow:
		if self.names_only:
			return OrderRow(order.number)
		payload = self.make_payload(order)
		for name in self.untold:
			del payload[name]
		return OrderRow(order.number, payload, self.untold)


def make_connector(world: FakePlatform, limits: Limits | None = None) -> Connector:
	"""A connector to the platform in memory."""

	class FakeClient(PlatformClient):
		platform = "Taobao"

		def _ask(self, api: str) -> None:
			world.calls.append(api)
			world.before_call(api)
			if self.account.session_token != world.valid_token:
				raise CredentialError("27:invalid-sessionkey", "Invalid session")

		def list_orders(self, window: TimeWindow, page: int) -> Page:
			self._ask(f"list {page}")
			found = world.select(window)
			total = sum(order.is_counted for order in found)
			shown = [order for order in found if not order.is_hidden]
			part = shown[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
			rows = [world.make_row(order) for order in part]
			return Page(total, rows, page * PAGE_SIZE < len(shown))

		def count_orders(self, window: TimeWindow) -> int:
			self._ask("count")
			return sum(order.is_counted for order in world.select(window))

		def get_order(self, order_no: str) -> Payload:
			self._ask(f"get {order_no}")
			order = world.orders.get(order_no)
			if order is None or order.is_hidden:
				raise RemoteNotFoundError("not-found", order_no)
			return world.make_payload(order)

		def list_refunds(self, window: TimeWindow, page: int) -> Page:
			self._ask("refunds")
			return Page(0, [], False)

		def list_listings(self, page: int) -> Page:
			return Page(0, [], False)

		def confirm_shipment(self, notice: ShipmentNotice) -> None:
			self._ask(f"ship {notice.order_no} {notice.waybill_no}")
			if notice.order_no in world.refused_items:
				raise RefusedError("isv.order-refunded", "The order is refunded")
			world.shipped.append(notice)

		def agree_refund(self, agreement: RefundAgreement) -> None:
			self._ask(f"agree {agreement.case_no}")

		def update_stock(self, levels: Sequence[StockLevel]) -> list[StockResult]:
			item = levels[0].platform_item_id
			self._ask(f"set {item} " + " ".join(str(level.qty) for level in levels))
			if item in world.refused_items:
				return [StockResult(level, "isv.item-not-exist", "No such item") for level in levels]
			world.stock |= {(level.platform_item_id, level.platform_sku_id): level.qty for level in levels}
			return [StockResult(level) for level in levels]

		def get_stock(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
			self._ask("read")
			return {key: world.stock[key] for key in keys if key in world.stock}

		def refresh_token(self) -> TokenSet:
			world.calls.append("refresh")
			fresh = world.refresh_tokens.pop(self.account.refresh_token, None)
			if fresh is None:
				raise CredentialError("27:invalid-refresh", "Refresh token is not known")
			world.valid_token = fresh
			world.refresh_tokens[f"next-{fresh}"] = f"{fresh}+"
			return TokenSet(fresh, f"next-{fresh}", now() + timedelta(days=1))

		def get_shop(self) -> ShopFacts:
			self._ask("shop")
			return ShopFacts("account-1", "nick-1")

	FakeClient.limits = limits or Limits(
		timedelta(days=1),
		timedelta(days=90),
		PAGE_SIZE,
		calls_per_s=1_000,
		burst=1_000,
		stock_levels_per_call=2,
		stock_keys_per_read=100,
	)
	return Connector("Taobao", FakeClient, read_order, lambda payload: None, lambda payload: [])


def read_order(payload: Payload) -> CanonicalOrder:
	if payload["poison"]:
		raise MappingError("money_invalid", "total", "NaN")
	total = Decimal(payload["total"])
	moment = datetime.fromisoformat(payload["modified"])
	return CanonicalOrder(
		platform="Taobao",
		platform_order_no=payload["number"],
		platform_status=payload["status"],
		status=payload["status"],
		goods_amount=total,
		total_amount=total,
		paid_amount=total,
		seller_memo=payload.get("seller_memo", ""),
		ordered_at=moment,
		modified_at=moment,
		lines=[
			CanonicalLine(
				platform_line_no="1",
				platform_item_id="i1",
				sku_code=payload["sku"],
				qty=1,
				unit_price=total,
				amount=total,
			)
		],
	)


class ConnectorTest(IntegrationTest):
	"""Has `platform` in memory and `shop` connected to it; what the runtime commits is removed at the end."""

	def setUp(self) -> None:
		super().setUp()
		self.sku = create_sku().name
		self.platform = FakePlatform(self.sku)
		self.connector = make_connector(self.platform)
		self.shop = self.create_connected_shop()
		frappe.db.commit()
		self.addCleanup(self.remove_committed)
		for module in (sessions, runner):
			patcher = patch.object(module, "get_connector", lambda platform: self.connector)
			patcher.start()
			self.addCleanup(patcher.stop)

	def create_connected_shop(self, **values) -> str:
		defaults = {"app_key": "key-1", "app_secret": "secret-1", "session_token": "token-1"}
		return create_shop("Taobao", **{**defaults, "refresh_token": "refresh-1", **values}).name

	def remove_committed(self) -> None:
		frappe.db.rollback()
		shops = frappe.get_all("Shop", filters={"app_key": "key-1"}, pluck="name", order_by="name asc")
		orders = frappe.get_all("Order", filters={"shop": ["in", shops]}, pluck="name", order_by="name asc")
		customers = frappe.get_all("Order", filters={"shop": ["in", shops]}, pluck="customer", distinct=True)
		for doctype, field_name in (
			("Order Item", "parent"),
			("Order Event", "order"),
			("Order Receiver", "order"),
		):
			frappe.db.delete(doctype, {field_name: ["in", orders]})
		for doctype, field_name in (("Customer Identity", "parent"), ("Customer", "name")):
			frappe.db.delete(doctype, {field_name: ["in", [name for name in customers if name]]})
		for doctype in OF_SHOP:
			frappe.db.delete(doctype, {"shop": ["in", shops]})
		frappe.db.delete("Shop", {"name": ["in", shops]})
		frappe.db.delete("SKU", {"name": self.sku})
		frappe.db.commit()

	def get_statuses(self) -> dict[str, str]:
		"""Status by platform number of the shop's orders."""
		frappe.db.rollback()
		rows = frappe.get_all(
			"Order",
			filters={"shop": self.shop},
			fields=["platform_order_no", "status"],
			order_by="platform_order_no asc",
		)
		return {row.platform_order_no: row.status for row in rows}

	def get_windows(self) -> list[frappe._dict]:
		frappe.db.rollback()
		return frappe.get_all(
			"Pull Window",
			filters={"shop": self.shop, "feed": "Orders"},
			fields=["*"],
			order_by="from_time asc",
		)


class ListedTest(ConnectorTest):
	"""The shop has one `listing` of the SKU, of which 20 pieces lie in `warehouse`; all of it committed."""

	def setUp(self) -> None:
		super().setUp()
		self.warehouse = create_warehouse().name
		create_stock(self.sku, 20, self.warehouse)
		self.listing = self.create_listing("i1")
		frappe.db.commit()

	def create_listing(self, item: str, variant: str = "v1", **values) -> str:
		values = {"platform_item_id": item, "platform_sku_id": variant, **values}
		return create_listing(values.pop("shop", self.shop), values.pop("sku", self.sku), **values).name

	def remove_committed(self) -> None:
		super().remove_committed()
		for doctype in ("Stock Balance", "Stock Ledger", "Stock Reservation"):
			frappe.db.delete(doctype, {"warehouse": self.warehouse})
		frappe.db.delete("Warehouse", {"name": self.warehouse})
		frappe.db.commit()

	def get_listing(self, name: str | None = None) -> frappe._dict:
		frappe.db.rollback()
		return frappe.db.get_value("Listing", name or self.listing, "*", as_dict=True)

	def push(self) -> None:
		"""Send what the shop's listings shall show until nothing is due."""
		with Fleet() as fleet:
			flights = Flights(fleet, stock_push.StockFigures())
			while self.shop in stock_push.find_waiting_shops():
				flights.send_due([self.shop])
				while not flights.is_empty:
					flights.land(0.1)
			flights.finish_notes()

	def move(self, qty: int) -> None:
		"""Pieces come in or, negative, go; committed."""
		post([Movement(self.sku, self.warehouse, "Adjustment", qty=qty)])
		frappe.db.commit()
