"""From what happened to what is told: rows of `Webhook Delivery`, in the transaction of the event itself.

Nothing is lost between an event and its message, and nothing is told that was rolled back. Without an enabled
endpoint the cost is one look into the cache. Never commits. Payloads carry no personal data.
"""

import json
import time
from collections.abc import Iterable, Sequence

import frappe
from frappe.utils import now_datetime

from storegroup_oms.bulk import insert_rows
from storegroup_oms.open_api.times import to_wire_money, to_wire_time

ORDER_EVENTS = {
	"Order received": "order.created",
	"Order created": "order.created",
	"Status changed": "order.status_changed",
	"Order changed by platform": "order.changed",
}
OTHER_ORDER_EVENT = "order.noted"
SHOWN_FIELDS = (
	"name",
	"shop",
	"platform",
	"platform_order_no",
	"status",
	"platform_status",
	"total_amount",
	"paid_amount",
	"ordered_at",
	"modified",
)
SHIPMENT_FIELDS = ("name", "status", "courier", "waybill_no", "warehouse", "modified")
FIELDS = (
	"endpoint",
	"event",
	"event_id",
	"shop",
	"reference_doctype",
	"reference_name",
	"status",
	"due_at",
	"payload",
)
CACHE_KEY = "oms_webhook_endpoints"


def get_endpoints() -> list[dict]:
	"""Enabled endpoints as {name, events, shops}, both lists empty for all; cached for the whole site."""
	return frappe.cache.get_value(CACHE_KEY, _read_endpoints)


def forget_endpoints() -> None:
	"""Let everybody read the endpoints again: now, and once the change is committed."""
	frappe.cache.delete_value(CACHE_KEY)
	# Another process may fill the cache with the old rows until the commit.
	frappe.db.after_commit.add(_delete_cached)


def _delete_cached() -> None:
	frappe.cache.delete_value(CACHE_KEY)


def _read_endpoints() -> list[dict]:
	names = frappe.get_all("Webhook Endpoint", filters={"is_enabled": 1}, pluck="name", order_by="name asc")
	wanted: dict[str, dict] = {name: {"name": name, "events": [], "shops": []} for name in names}
	for doctype, field, key in (
		("Webhook Endpoint Event", "event", "events"),
		("Webhook Endpoint Shop", "shop", "shops"),
	):
		for row in frappe.get_all(
			doctype,
			filters={"parenttype": "Webhook Endpoint", "parent": ["in", names or [""]]},
			fields=["parent", field],
			order_by="parent asc, idx asc",
		):
			wanted[row.parent][key].append(row[field])
	return list(wanted.values())


def write_order_deliveries(rows: Sequence[dict]) -> int:
	"""Tell the endpoints about timeline rows just written; returns how many deliveries there are now.

	Each row as `orders.events.record_events` stored it: name, order, event, from_status, to_status, occurred_at.
	The payload shows the order as this transaction sees it.
	"""
	endpoints = get_endpoints()
	if not endpoints or not rows:
		return 0
	names = sorted({row["order"] for row in rows})
	found = frappe.get_all(
		"Order", filters={"name": ["in", names]}, fields=list(SHOWN_FIELDS), order_by="name asc"
	)
	orders = {order.name: order for order in found}
	events = []
	for row in rows:
		order = orders.get(row["order"])
		if order is None:
			continue
		payload = {
			"id": row["name"],
			"event": ORDER_EVENTS.get(row["event"], OTHER_ORDER_EVENT),
			"occurred_at": to_wire_time(row["occurred_at"]),
			"text": row["event"],
			"from_status": row.get("from_status") or None,
			"to_status": row.get("to_status") or None,
			"order": _show_order(order),
		}
		events.append((payload, {order.shop}, order.shop, "Order", order.name))
	return _write(endpoints, events)


def _show_order(order: frappe._dict) -> dict:
	return {
		"name": order.name,
		"shop": order.shop,
		"platform": order.platform,
		"platform_order_no": order.platform_order_no,
		"status": order.status,
		"platform_status": order.platform_status or "",
		"total_amount": to_wire_money(order.total_amount),
		"paid_amount": to_wire_money(order.paid_amount),
		"ordered_at": to_wire_time(order.ordered_at),
		"modified": to_wire_time(order.modified),
	}


def note_shipment(shipment, method: str | None = None) -> None:
	"""Document hook of Shipment, after a save: tells that it was made or that its status changed."""
	before = shipment.get_doc_before_save()
	if before and before.status == shipment.status:
		return
	write_shipment_deliveries([(shipment.name, before.status if before else None)])


def note_parcels(rows: Sequence[dict]) -> None:
	"""The hook `shipment_change_sinks`: {name, from_status} of parcels that were made or moved past their documents."""
	write_shipment_deliveries((row["name"], row["from_status"]) for row in rows)


def write_shipment_deliveries(changes: Iterable[tuple[str, str | None]]) -> int:
	"""Tell the endpoints that shipments were made or moved; returns how many deliveries there are now.

	`changes` are (shipment, status before), None for a new one. For code that writes shipments past their
	documents. A parcel of several shops is told to whoever wants one of them.
	"""
	endpoints = get_endpoints()
	before = dict(changes)
	if not endpoints or not before:
		return 0
	names = {"in": sorted(before)}
	shipments = frappe.get_all(
		"Shipment", filters={"name": ["in", names["in"]]}, fields=list(SHIPMENT_FIELDS), order_by="name asc"
	)
	lines: dict[str, list] = {}
	for line in frappe.get_all(
		"Shipment Order",
		filters={"parenttype": "Shipment", "parent": ["in", names["in"]]},
		fields=["parent", "order", "shop", "platform_order_no"],
		order_by="parent asc, idx asc",
	):
		lines.setdefault(line.pop("parent"), []).append(line)
	now = now_datetime()
	events = []
	for shipment in shipments:
		orders = lines.get(shipment.name, [])
		shops = {line.shop for line in orders if line.shop}
		was = before[shipment.name]
		payload = {
			"id": frappe.generate_hash(length=16),
			"event": "shipment.status_changed" if was else "shipment.created",
			"occurred_at": to_wire_time(now),
			"text": "Shipment status changed" if was else "Shipment created",
			"from_status": was,
			"to_status": shipment.status,
			"shipment": {
				"name": shipment.name,
				"status": shipment.status,
				"courier": shipment.courier,
				"waybill_no": shipment.waybill_no,
				"warehouse": shipment.warehouse,
				"modified": to_wire_time(shipment.modified),
				"orders": orders,
			},
		}
		events.append((payload, shops, min(shops, default=None), "Shipment", shipment.name))
	return _write(endpoints, events)


def _write(endpoints: list[dict], events: list[tuple]) -> int:
	now = now_datetime()
	stamp = time.time_ns()
	rows = []
	for payload, shops, shop, doctype, name in events:
		for endpoint in endpoints:
			if endpoint["events"] and payload["event"] not in endpoint["events"]:
				continue
			if endpoint["shops"] and not shops.intersection(endpoint["shops"]):
				continue
			rows.append(
				{
					# Names sort by time: that is the order in which one record's messages are sent.
					"name": f"{stamp:016x}{len(rows):06x}{frappe.generate_hash(length=8)}",
					"endpoint": endpoint["name"],
					"event": payload["event"],
					"event_id": payload["id"],
					"shop": shop,
					"reference_doctype": doctype,
					"reference_name": name,
					"status": "Waiting",
					"due_at": now,
					"payload": json.dumps(payload, ensure_ascii=False),
				}
			)
	written = insert_rows("Webhook Delivery", rows, FIELDS, on_duplicate=())
	if written:
		start_sending()
	return written


def start_sending() -> None:
	"""Have a worker send what is due, once this transaction is committed; many calls are one job."""
	frappe.enqueue(
		"storegroup_oms.open_api.delivery.send_due",
		queue="short",
		job_id="oms_webhooks",
		deduplicate=True,
		enqueue_after_commit=True,
	)
