"""Builders of records for tests: keyword defaults, each returns the inserted document.

Names carry a fresh suffix each, so that no test depends on what another one made. What a record links
to is made on the way when it isn't given. Extra keywords are fieldnames. Nothing here commits.
"""

import secrets
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import frappe
from frappe.model.document import Document
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.inventory.ledger import Movement, post
from storegroup_oms.inventory.locks import lock_balances

PASSWORD = "Storegroup-Test-1!"
WEBHOOK_SECRET = "a secret of the tests"
RECEIVER = {
	"receiver_name": "王小明",
	"receiver_mobile": "13812345678",
	"province": "浙江省",
	"city": "杭州市",
	"district": "西湖区",
	"address": "文三路 90 号 5 楼",
}


def make_suffix() -> str:
	"""Eight characters that no other record carries; independent of any random seed."""
	return secrets.token_hex(4)


def _insert(doctype: str, values: dict[str, Any], **flags: Any) -> Document:
	document = frappe.get_doc({"doctype": doctype, **values})
	document.flags.update(flags)
	# A test's background exists whoever the test then logs in as.
	return document.insert(ignore_permissions=True)


def create_warehouse(**values: Any) -> Document:
	"""A Warehouse in Hangzhou."""
	name = f"Warehouse {make_suffix()}"
	return _insert("Warehouse", {"warehouse_name": name, "province": "浙江省", "city": "杭州市", **values})


def create_courier(**values: Any) -> Document:
	"""A Courier without platform codes."""
	return _insert("Courier", {"courier_name": f"Courier {make_suffix()}", **values})


def create_shop(platform: str = "Taobao", **values: Any) -> Document:
	"""An active Shop with a platform ID of its own and no credentials."""
	suffix = make_suffix()
	return _insert(
		"Shop", {"shop_name": f"Shop {suffix}", "platform": platform, "platform_shop_id": suffix, **values}
	)


def create_sku(sku_code: str | None = None, **values: Any) -> Document:
	"""A SKU of 500 g, listed at 10.00, cost 4.00."""
	code = sku_code or f"SKU-{make_suffix()}"
	defaults = {"sku_name": f"Goods {code}", "weight_g": 500, "list_price": 10, "cost_price": 4}
	return _insert("SKU", {"sku_code": code, **defaults, **values})


def ensure_sku(sku_code: str) -> str:
	"""A SKU of a fixed code, made unless a killed test run has left it; returns the code."""
	return frappe.db.exists("SKU", sku_code) or create_sku(sku_code).name


def create_bundle(components: Sequence[tuple[str, int]] | None = None, **values: Any) -> Document:
	"""A bundle SKU. `components` are (SKU code, pieces); two fresh SKUs, one piece each, when not given."""
	parts = components or [(create_sku().name, 1), (create_sku().name, 1)]
	rows = [{"sku": sku, "qty": qty} for sku, qty in parts]
	return create_sku(is_bundle=1, components=rows, **values)


def create_listing(shop: str | None = None, sku: str | None = None, **values: Any) -> Document:
	"""A Listing on sale, linked to a SKU."""
	suffix = make_suffix()
	defaults = {
		"platform_item_id": f"item-{suffix}",
		"platform_sku_id": f"variant-{suffix}",
		"title": f"Item {suffix}",
	}
	links = {"shop": shop or create_shop().name, "sku": sku or create_sku().name}
	return _insert("Listing", {**defaults, **links, **values})


def create_stock(sku: str, on_hand: int, warehouse: str | None = None, reserved: int = 0) -> Document:
	"""A Stock Balance with the opening ledger row that explains it; returns the balance."""
	place = (sku, warehouse or create_warehouse().name)
	if on_hand or reserved:
		post([Movement(*place, "Opening", qty=on_hand, reserved=reserved, unit_cost=Decimal(4))])
	else:
		lock_balances([place])
	return frappe.get_doc("Stock Balance", {"sku": place[0], "warehouse": place[1]})


def create_stock_alert_rule(**values: Any) -> Document:
	"""A Stock Alert Rule on fewer than 10 available pieces over all warehouses, that makes a task."""
	name = f"Rule {make_suffix()}"
	return _insert(
		"Stock Alert Rule", {"rule_name": name, "kind": "Below Threshold", "makes_task": 1, **values}
	)


def create_stock_entry(
	kind: str, lines: Sequence[tuple[str, int]], warehouse: str | None = None, **values: Any
) -> Document:
	"""A draft Stock Entry; `lines` are (SKU code, pieces). `submit()` posts it."""
	defaults: dict[str, Any] = {"warehouse": warehouse or create_warehouse().name, "reason_code": "Other"}
	rows = [{"sku": sku, "qty": qty} for sku, qty in lines]
	return _insert("Stock Entry", {"kind": kind, **defaults, "items": rows, **values})


def create_stock_count(warehouse: str | None = None, **values: Any) -> Document:
	"""A draft Stock Count of a whole warehouse."""
	return _insert("Stock Count", {"warehouse": warehouse or create_warehouse().name, **values})


def create_customer(**values: Any) -> Document:
	"""A Customer with one Taobao identity."""
	suffix = make_suffix()
	identity = {"platform": "Taobao", "platform_user_id": suffix, "nick": f"buyer-{suffix}"}
	return _insert("Customer", {"customer_name": f"王* {suffix}", "identities": [identity], **values})


def create_order(
	lines: Sequence[tuple[str, int]] | None = None,
	paid: bool = True,
	shop: str | None = None,
	price: float = 10.0,
	**values: Any,
) -> Document:
	"""An Order of one shop, ordered an hour ago.

	`lines` are (SKU code, pieces); unknown codes become SKUs, one fresh SKU is sold when not given. Each
	piece costs `price`. A paid order is To Review, another one Unpaid; `status=` says otherwise. The
	receiver is given raw, so the stored order carries masks.
	"""
	lines = [(create_sku().name, 1)] if lines is None else lines
	for sku, _qty in lines:
		if not frappe.db.exists("SKU", sku):
			create_sku(sku)
	ordered_at = add_to_date(now_datetime(), hours=-1)
	total = round(sum(price * qty for _sku, qty in lines), 2)
	defaults = {
		"platform_order_no": f"P{make_suffix()}",
		"status": "To Review" if paid else "Unpaid",
		"ordered_at": ordered_at,
		"paid_at": ordered_at if paid else None,
		"paid_amount": total if paid else 0,
		"buyer_nick": f"buyer-{make_suffix()}",
		"items": [
			{"sku": sku, "title": f"Goods {sku}", "qty": qty, "unit_price": price} for sku, qty in lines
		],
	}
	return _insert("Order", {"shop": shop or create_shop().name, **RECEIVER, **defaults, **values})


def create_shipment(
	orders: Iterable[Document] | None = None, warehouse: str | None = None, **values: Any
) -> Document:
	"""A Shipment without a waybill that carries whole orders; one fresh order when none is given."""
	orders = list(orders) if orders is not None else [create_order()]
	links = [
		{"order": order.name, "shop": order.shop, "platform_order_no": order.platform_order_no}
		for order in orders
	]
	items = [
		{"order": order.name, "order_item": row.name, "sku": row.sku, "qty": row.qty}
		for order in orders
		for row in order.items
		if row.sku
	]
	warehouse = warehouse or create_warehouse().name
	return _insert("Shipment", {"warehouse": warehouse, "orders": links, "items": items, **values})


def create_tracking_account(**values: Any) -> Document:
	"""An active Kuaidi100 account that no other has the number of; key "key1", salt "salt1"."""
	name = f"Account {make_suffix()}"
	defaults = {"provider": "Kuaidi100", "customer": name, "api_key": "key1", "callback_salt": "salt1"}
	return _insert("Tracking Account", {"account_name": name, **defaults, **values})


def create_courier_claim(shipment: Document | None = None, **values: Any) -> Document:
	"""A draft Courier Claim about one parcel."""
	shipment = shipment or create_shipment()
	defaults = {"courier": shipment.courier or create_courier().name, "warehouse": shipment.warehouse}
	return _insert("Courier Claim", {**defaults, "parcels": [{"shipment": shipment.name}], **values})


def create_task(**values: Any) -> Document:
	"""An open Task about nothing in particular."""
	return _insert("Task", {"subject": f"Task {make_suffix()}", **values})


def create_after_sale_case(order: str | None = None, **values: Any) -> Document:
	"""An open refund case of one order."""
	defaults = {"kind": "Refund", "reason": "The buyer changed their mind.", "amount": 1}
	return _insert("After-sale Case", {"order": order or create_order().name, **defaults, **values})


def create_webhook_endpoint(events: Iterable[str] = (), shops: Iterable[str] = (), **values: Any) -> Document:
	"""An enabled Webhook Endpoint at a public address, for all events and shops where none are given."""
	rows = {"events": [{"event": event} for event in events], "shops": [{"shop": shop} for shop in shops]}
	defaults = {
		"endpoint_name": f"Endpoint {make_suffix()}",
		"url": "https://hooks.example.com/oms",
		"secret": WEBHOOK_SECRET,
	}
	return _insert("Webhook Endpoint", {**defaults, **rows, **values})


def create_user(
	roles: Iterable[str] = (), shops: Iterable[str] = (), warehouses: Iterable[str] = (), **values: Any
) -> Document:
	"""A desk user with roles, narrowed to `shops` and `warehouses` by User Permissions where any are given.

	Log in with `frappe.set_user(user.name)`; over HTTP with `PASSWORD`. No mail is sent.
	"""
	email = f"user-{make_suffix()}@example.com"
	user = _insert(
		"User",
		{
			"email": email,
			"first_name": email.partition("@")[0],
			"send_welcome_email": 0,
			"new_password": PASSWORD,
			"roles": [{"role": role} for role in roles],
			**values,
		},
		no_welcome_mail=True,
		ignore_password_policy=True,
	)
	for allow, names in (("Shop", shops), ("Warehouse", warehouses)):
		for name in names:
			_insert("User Permission", {"user": user.name, "allow": allow, "for_value": name})
	return user
