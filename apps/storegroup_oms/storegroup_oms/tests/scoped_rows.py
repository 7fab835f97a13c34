"""A row of every DocType that belongs to a shop or a warehouse, and a web request without a web server."""

from unittest.mock import patch

import frappe
from frappe.utils import add_to_date, now_datetime

from storegroup_oms.tests import factories


def insert(doctype: str, **values):
	"""Insert a document whatever the session's user may."""
	# A test's background exists whoever the test then logs in as.
	return frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)


def create_rows(shop: str, warehouse: str) -> dict[str, str]:
	"""One row of each scoped DocType of the app that stands alone: {DocType: name}."""
	customer = factories.create_customer()
	order = factories.create_order(shop=shop, warehouse=warehouse, customer=customer.name)
	shipment = factories.create_shipment([order], warehouse=warehouse)
	sku = order.items[0].sku
	balance = factories.create_stock(sku, 5, warehouse=warehouse)
	now = now_datetime()
	hour_ago = add_to_date(now, hours=-1)
	rows = {
		"Shop": shop,
		"Warehouse": warehouse,
		"Order": order.name,
		"Order Receiver": order.name,
		"Order Event": frappe.db.get_value("Order Event", {"order": order.name}),
		"Order Change": insert("Order Change", order=order.name, change="Update", status="Waiting").name,
		"Order Hold": insert("Order Hold", order=order.name, code="memo_present").name,
		"Review Check": insert("Review Check", code="memo_present", shop=shop).name,
		"Approval Rule": insert("Approval Rule", rule_name=f"Rule {shop}", shop=shop).name,
		"Customer": customer.name,
		"Shipment": shipment.name,
		"Stock Balance": balance.name,
		"Stock Ledger": frappe.db.get_value("Stock Ledger", {"sku": sku, "warehouse": warehouse}),
		"Stock Alert": insert(
			"Stock Alert",
			rule=factories.create_stock_alert_rule(enabled=0).name,
			sku=sku,
			warehouse=warehouse,
		).name,
		"Stock Figure": insert("Stock Figure", sku=sku, warehouse=warehouse).name,
		"Stock Drift": insert("Stock Drift", sku=sku, warehouse=warehouse, kind="On Hand").name,
		"Stock Batch Balance": insert(
			"Stock Batch Balance",
			batch=insert("Stock Batch", sku=sku, batch_no="B1", expires_on=now).name,
			sku=sku,
			warehouse=warehouse,
		).name,
		"Stock Count": (count := factories.create_stock_count(warehouse).name),
		"Stock Count Line": insert("Stock Count Line", stock_count=count, sku=sku, warehouse=warehouse).name,
		"Stock Entry": factories.create_stock_entry("Receipt", [(sku, 1)], warehouse).name,
		"Stock Reservation": insert(
			"Stock Reservation", sku=sku, warehouse=warehouse, shop=shop, order=order.name, qty=0
		).name,
		"Dedicated Stock": insert("Dedicated Stock", shop=shop, sku=sku, qty=1).name,
		"Stock Push": insert("Stock Push", shop=shop, sku=sku, qty=1, outcome="Taken", pushed_at=now).name,
		"Ship Confirmation": insert(
			"Ship Confirmation", order=order.name, shop=shop, shipment=shipment.name, status="Waiting"
		).name,
		"Gift Rule": (
			gift_rule := insert("Gift Rule", rule_name=f"Gift {shop}", shop=shop, gift_sku=sku).name
		),
		"Gift Grant": insert("Gift Grant", order=order.name, rule=gift_rule, status="Given").name,
		"Routing Policy": insert("Routing Policy", policy_name=f"Policy {shop}", shop=shop).name,
		"Routing Decision": insert("Routing Decision", order=order.name, outcome="Short").name,
		"Courier Lane": insert(
			"Courier Lane", courier=factories.create_courier().name, warehouse=warehouse
		).name,
		"Lane Figure": insert("Lane Figure", warehouse=warehouse, province="浙江省").name,
		"Parcel Alert": insert("Parcel Alert", shipment=shipment.name, kind="No Pickup", status="Open").name,
		"Courier Claim": factories.create_courier_claim(shipment, warehouse=warehouse).name,
		"Print Batch": insert(
			"Print Batch", kind="Labels", status="Completed", parcels=[{"shipment": shipment.name}]
		).name,
		"Wave": insert("Wave", kind="Single Item", warehouse=warehouse).name,
		"Waybill": insert("Waybill", shipment=shipment.name, state="Requested").name,
		"Waybill Account": insert(
			"Waybill Account", account_name=f"Account {shop}", provider="Cainiao", shop=shop
		).name,
		"Listing": factories.create_listing(shop=shop, sku=sku).name,
		"After-sale Case": factories.create_after_sale_case(order.name).name,
		"Task": factories.create_task(shop=shop).name,
		"Tracking Event": insert(
			"Tracking Event",
			shipment=shipment.name,
			occurred_at=now,
			code="Accepted",
			text_hash=frappe.generate_hash(),
		).name,
		"Pull Window": insert("Pull Window", shop=shop, status="Open", from_time=hour_ago, to_time=now).name,
		"Connector Event": insert(
			"Connector Event",
			shop=shop,
			direction="Incoming",
			kind="order",
			external_id="1",
			status="Received",
		).name,
		"Connector Call": insert("Connector Call", shop=shop, api="test", outcome="OK", called_at=now).name,
		"Quarantined Order": insert(
			"Quarantined Order", shop=shop, platform_order_no="Q1", status="Waiting", payload_encrypted="x"
		).name,
		"Webhook Delivery": create_delivery(shop, order.name),
		"Personal Data Access": insert(
			"Personal Data Access",
			user="Administrator",
			reference_doctype="Order",
			reference_name=order.name,
			shop=shop,
			accessed_at=now,
			reason="test",
		).name,
		"Order Import Layout": insert(
			"Order Import Layout", shop=shop, heading_fingerprint=frappe.generate_hash(), mapping='{"a": "b"}'
		).name,
	}
	rows["Order Import"] = create_import(shop)
	return rows


def create_import(shop: str) -> str:
	"""A draft Order Import; written past its controller, which wants a file. Returns its name."""
	document = frappe.get_doc(
		{"doctype": "Order Import", "shop": shop, "file": "/private/files/none.csv", "status": "Draft"}
	)
	document.set_new_name()
	document.db_insert()
	return document.name


def create_delivery(shop: str, order: str) -> str:
	"""A message about an order that has been sent. Returns its name."""
	return insert(
		"Webhook Delivery",
		endpoint=factories.create_webhook_endpoint().name,
		event="order.created",
		event_id=frappe.generate_hash(length=16),
		shop=shop,
		reference_doctype="Order",
		reference_name=order,
		status="Done",
	).name


def set_role(user: str, role: str) -> None:
	"""Give a user of one role another one instead; many times faster than a new user."""
	frappe.db.delete("Has Role", {"parent": user})
	insert("Has Role", parent=user, parenttype="User", parentfield="roles", role=role)
	frappe.clear_cache(user=user)
	frappe.local.role_permissions = {}


def call(command: str, /, **form):
	"""Call a whitelisted method as a POST request does: hooks, verb and guest checks included.

	Returns the whole answer: what was returned as `message`, and what was put into the response.
	"""
	from frappe.handler import execute_cmd

	path = f"/api/method/{command}"
	values = frappe._dict({key: value for key, value in form.items() if value is not None}, cmd=command)
	with web_request("POST", path, values):
		message = execute_cmd(command)
		return frappe._dict(frappe.local.response, message=message)


def call_rest(method: str, path: str, **form):
	"""Call /api/resource/... as a web request does; nothing is committed. Returns the answer as text."""
	import frappe.api

	with web_request(method, f"/api/resource/{path}", frappe._dict(form)), patch.object(frappe.db, "commit"):
		request = frappe.local.request
		answer = frappe.api.handle(request) if frappe.api.handle.__code__.co_argcount else frappe.api.handle()
		return answer.get_data(as_text=True)


class web_request:
	"""The state of a request while the block runs; asks `auth_hooks` as Frappe does after the log-in."""

	def __init__(self, method: str, path: str, form: dict, headers: dict[str, str] | None = None):
		from werkzeug.test import EnvironBuilder
		from werkzeug.wrappers import Request

		self.request = Request(EnvironBuilder(path=path, method=method, headers=headers).get_environ())
		self.form = form

	def __enter__(self):
		self.before = {key: getattr(frappe.local, key, None) for key in ("request", "form_dict", "response")}
		frappe.local.request, frappe.local.form_dict = self.request, self.form
		frappe.local.response = frappe._dict(docs=[])
		try:
			for hook in frappe.get_hooks("auth_hooks"):
				frappe.get_attr(hook)()
		except Exception:
			self.__exit__()
			raise

	def __exit__(self, *_error):
		for key, value in self.before.items():
			setattr(frappe.local, key, value)
