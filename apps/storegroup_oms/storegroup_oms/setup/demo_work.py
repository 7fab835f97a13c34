"""What the team of the demo company works on: after-sale cases, tasks, and how healthy the shops' connections are."""

from datetime import timedelta

import frappe

from storegroup_oms.bulk import reserve_names
from storegroup_oms.orders.money import ZERO
from storegroup_oms.setup.demo_company import Company
from storegroup_oms.setup.demo_orders import Order
from storegroup_oms.setup.demo_parcels import Parcel
from storegroup_oms.setup.demo_rows import insert_rows

OPEN_STEPS = ("Open", "Waiting for Buyer", "Waiting for Parcel", "Inspecting", "Approved")
LOGISTICS_ALERTS = {
	"No Pickup": ("High", 4),
	"No Movement": ("High", 8),
	"Suspected Lost": ("Urgent", 2),
	"Refused": ("Normal", 20),
	"Wrong Address": ("High", 5),
	"Damaged": ("High", 10),
	"Delayed": ("Normal", 24),
}


def store_cases(company: Company, orders: list[Order]) -> None:
	"""Refund requests on parcels in the house, refunds done, and returns and exchanges of shipped orders."""
	rows = []
	for order in orders:
		if "refund_requested" in order.stop_reasons:
			rows.append(_make_case(company, order, "Refund Before Shipping", "Open"))
		elif order.closed_reason == "Refunded" and company.dice.random() < 0.3:
			rows.append(_make_case(company, order, "Refund Before Shipping", "Refunded"))
		elif order.refund and order.status != "Closed":
			rows.append(_make_case(company, order, "Refund", "Refunded"))
	shipped = [order for order in orders if order.status in ("Shipped", "Completed") and not order.refund]
	for index, order in enumerate(company.dice.sample(shipped, 18)):
		kind = ("Return", "Exchange", "Reship", "Return")[index % 4]
		status = OPEN_STEPS[index % 5] if index < 14 else "Done"
		rows.append(_make_case(company, order, kind, status))
	for row, name in zip(rows, reserve_names("AS-", 9, len(rows)), strict=True):
		row["name"] = name
	insert_rows("After-sale Case", rows)
	for row in rows:
		if row["closed_at"] is None:
			frappe.db.set_value("Order", row["order"], "after_sale_case", row["name"], update_modified=False)


def _make_case(company: Company, order: Order, kind: str, status: str) -> dict:
	dice = company.dice
	is_open = status in OPEN_STEPS
	opened = company.now - timedelta(hours=dice.uniform(2, 60) if is_open else dice.uniform(72, 160))
	opened = max(opened, order.moments["paid"] + timedelta(minutes=20)).replace(microsecond=0)
	code, reason = dice.choice(company.texts["refund_reasons"])
	amount = order.refund or order.total if kind in ("Refund Before Shipping", "Refund", "Return") else ZERO
	return {
		"name": None,
		"order": order.name,
		"kind": kind,
		"status": status,
		"platform_case_no": str(dice.randrange(10**14, 10**15)),
		"shop": order.shop["shop_name"],
		"customer": order.buyer.name,
		"due_at": company.now + timedelta(hours=dice.uniform(-6, 70))
		if is_open
		else opened + timedelta(hours=48),
		"assigned_to": dice.choice(_get_service(company, order.shop["shop_name"])),
		"opened_at": opened,
		"closed_at": None if is_open else min(opened + timedelta(hours=20), company.now),
		"reason_code": code,
		"reason": reason,
		"amount": amount,
		"is_shop_liable": int(code in ("Defective", "Wrong Item", "Missing Item")),
		"return_courier": "中通快递" if status in ("Inspecting", "Waiting for Parcel") else None,
		"return_waybill_no": f"73{dice.randrange(10**11, 10**12)}"
		if status in ("Inspecting", "Waiting for Parcel")
		else None,
		"return_warehouse": order.warehouse if kind in ("Return", "Exchange") else None,
	}


def _get_service(company: Company, shop: str) -> list[str]:
	return [
		row["email"]
		for row in company.staff
		if "OMS Customer Service" in row["roles"] and shop in row.get("shops", [shop])
	]


def store_tasks(company: Company, parcels: list[Parcel]) -> None:
	"""Tasks typed in by people, and one automatic task per parcel with an exception."""
	rows = [_make_task(company, *values) for values in company.texts["tasks"]]
	for parcel in parcels:
		if parcel.exception:
			priority, hours = LOGISTICS_ALERTS[parcel.exception]
			subject = (
				f"{parcel.order.courier} {parcel.waybill_no}: {company.texts['exceptions'][parcel.exception]}"
			)
			task = _make_task(company, "Logistics", priority, subject, "OMS Customer Service", hours)
			shop = parcel.order.shop["shop_name"]
			task |= {
				"assigned_to": _get_service(company, shop)[0],
				"shop": shop,
				"reference_doctype": "Shipment",
				"reference_name": parcel.name,
				"is_automatic": 1,
				"dedupe_key": f"logistics:{parcel.name}:{parcel.exception}",
			}
			rows.append(task)
	for index, (row, name) in enumerate(zip(rows, reserve_names("TK-", 9, len(rows)), strict=True)):
		row["name"] = name
		if index % 6 == 2:
			row["status"] = "In Progress"
		elif index % 9 == 4:
			row |= {"status": "Done", "dedupe_key": None, "completed_by": row["assigned_to"]}
			row["completed_at"] = company.now - timedelta(hours=3)
	insert_rows("Task", rows)


def _make_task(company: Company, kind: str, priority: str, subject: str, role: str, hours: float) -> dict:
	people = company.get_staff(role)
	return {
		"name": None,
		"subject": subject,
		"kind": kind,
		"status": "Open",
		"priority": priority,
		"assigned_to": company.dice.choice(people) if people else None,
		"due_at": company.now + timedelta(hours=hours),
		"shop": None,
		"reference_doctype": None,
		"reference_name": None,
		"is_automatic": 0,
		"dedupe_key": None,
		"completed_at": None,
		"completed_by": None,
	}


def store_accesses(company: Company, orders: list[Order]) -> None:
	"""Some looks at raw contacts, as the log keeps them."""
	reasons = ("买家来电改地址", "快递员联系不上收件人", "核对重复订单", "退货地址确认", "补发前确认电话")
	rows = []
	for index, order in enumerate(
		company.dice.sample([order for order in orders if order.is_paid], len(reasons))
	):
		rows.append(
			{
				"user": _get_service(company, order.shop["shop_name"])[0],
				"reference_doctype": "Order",
				"reference_name": order.name,
				"shop": order.shop["shop_name"],
				"accessed_at": company.now - timedelta(hours=3 * index + 1),
				"revealed_fields": "receiver_name,receiver_mobile,address",
				"reason": reasons[index],
				"ip_address": "127.0.0.1",
			}
		)
	insert_rows("Personal Data Access", rows)
