"""Who hears of parcels in trouble: one task for a parcel, a comment on its orders, one notice for each person."""

from collections.abc import Iterable, Sequence

import frappe
from frappe import _

from storegroup_oms.bulk import insert_rows, update_rows
from storegroup_oms.inventory import notices
from storegroup_oms.permissions import get_allowed

# More new alerts of one rule at once become one task: a list to work through, not a flood.
TASKS_AT_ONCE = 20
READERS = ("OMS Customer Service",)
COMMENT_FIELDS = (
	"comment_type",
	"reference_doctype",
	"reference_name",
	"comment_email",
	"comment_by",
	"content",
)


def describe(kind: str, waybill_no: str | None) -> str:
	"""What an alert says, in one sentence."""
	sentences = {
		"No Pickup": _("Waybill {0}: the courier has not picked it up"),
		"No Movement": _("Waybill {0}: the parcel does not move"),
		"Suspected Lost": _("Waybill {0}: the parcel may be lost"),
		"Refused": _("Waybill {0}: the receiver refused the parcel"),
		"Returned": _("Waybill {0}: the parcel is on its way back"),
		"Wrong Address": _("Waybill {0}: the address or phone number is wrong"),
		"Damaged": _("Waybill {0}: the parcel is damaged"),
		"Delayed": _("Waybill {0}: later than usual on this lane"),
		"No Delivery Scan": _("Waybill {0}: signed for without a delivery scan"),
	}
	return sentences[kind].format(waybill_no or "")


def tell_opened(alerts: Sequence[frappe._dict]) -> None:
	"""Make the tasks, comments and notices of new alerts, each with its rule as `settings`. Never commits."""
	if not alerts:
		return
	by_rule: dict[str, list[frappe._dict]] = {}
	for alert in alerts:
		by_rule.setdefault(alert.rule, []).append(alert)
	for rows in by_rule.values():
		if rows[0].settings.makes_task:
			_make_tasks(rows[0].settings, rows)
	_comment(
		[
			(alert.shipment, describe(alert.kind, alert.waybill_no))
			for alert in alerts
			if alert.settings.comments
		]
	)
	_notify(alerts)


def tell_closed(alerts: Sequence[frappe._dict]) -> None:
	"""End the tasks of alerts that have closed, and say so on the orders. Never commits."""
	if not alerts:
		return
	end_tasks(alert.task for alert in alerts)
	quiet = set(
		frappe.get_all(
			"Tracking Rule",
			filters={"name": ["in", [alert.rule for alert in alerts]], "comments": 0},
			pluck="name",
			order_by="name asc",
		)
	)
	_comment(
		[
			(alert.shipment, _("Over: {0}").format(describe(alert.kind, alert.waybill_no)))
			for alert in alerts
			if alert.rule not in quiet
		]
	)


def _make_tasks(rule: frappe._dict, alerts: Sequence[frappe._dict]) -> None:
	if len(alerts) > TASKS_AT_ONCE:
		task = _ensure_task(
			f"tracking-rule:{rule.name}",
			_("{0}: {1} parcels").format(_(rule.name), len(alerts)),
			rule,
			("Tracking Rule", rule.name),
		)
		links = [{"name": alert.name, "task": task} for alert in alerts]
	else:
		links = [
			{
				"name": alert.name,
				"task": _ensure_task(
					f"parcel:{alert.shipment}",
					describe(alert.kind, alert.waybill_no),
					rule,
					("Shipment", alert.shipment),
					next((shop for shop in alert.shops if shop), None),
				),
			}
			for alert in alerts
		]
	update_rows("Parcel Alert", links, ("task",))


def _ensure_task(
	key: str, subject: str, rule: frappe._dict, reference: tuple[str, str], shop: str | None = None
) -> str:
	"""The open task of a cause, with what is newest in its subject."""
	operator = frappe.get_cached_value("Shop", shop, "operator") if shop else None
	values = {"subject": subject[:255], "priority": rule.priority or "Normal"}
	if name := frappe.db.get_value("Task", {"dedupe_key": key}):
		task = frappe.get_doc("Task", name)
		task.update(values)
		task.save(ignore_permissions=True)  # a job finds the cause, whoever it runs as
		return name
	task = frappe.get_doc(
		{
			"doctype": "Task",
			**values,
			"kind": "Logistics",
			"shop": shop,
			"assigned_to": rule.user or operator,
			"reference_doctype": reference[0],
			"reference_name": reference[1],
			"is_automatic": 1,
			"dedupe_key": key,
		}
	)
	return task.insert(ignore_permissions=True).name  # a job finds the cause, whoever it runs as


def end_tasks(names: Iterable[str | None]) -> None:
	"""Close those tasks that no open alert belongs to any more. Never commits."""
	wanted = sorted({name for name in names if name})
	if not wanted:
		return
	still = frappe.get_all(
		"Parcel Alert",
		filters={"task": ["in", wanted], "status": "Open"},
		pluck="task",
		distinct=True,
		order_by="task asc",
	)
	for name in sorted(set(wanted) - set(still)):
		if frappe.db.exists("Task", name):
			notices.end_task(name)


def _comment(texts: Sequence[tuple[str, str]]) -> None:
	"""Write a text of each parcel on all of its orders, where people read on."""
	if not texts:
		return
	links = frappe.db.sql(
		"SELECT parent, `order` FROM `tabShipment Order` WHERE parent IN %s ORDER BY parent, idx",
		[sorted({shipment for shipment, _text in texts})],
	)
	orders: dict[str, list[str]] = {}
	for shipment, order in links:
		orders.setdefault(shipment, []).append(order)
	rows = [
		{
			"name": frappe.generate_hash(length=12),
			"comment_type": "Info",
			"reference_doctype": "Order",
			"reference_name": order,
			"comment_email": "Administrator",
			"comment_by": "Administrator",
			"content": frappe.utils.escape_html(text),
		}
		for shipment, text in texts
		for order in orders.get(shipment, ())
	]
	insert_rows("Comment", rows, COMMENT_FIELDS)


def _notify(alerts: Sequence[frappe._dict]) -> None:
	"""One notice for each person whom rules name, about the new alerts that they may see."""
	readers: dict[str, list[frappe._dict]] = {}
	holders: dict[str, list[str]] = {}
	for alert in alerts:
		rule = alert.settings
		role = rule.role or READERS[0]
		if role not in holders:
			holders[role] = notices.find_users([role])
		for user in {*holders[role], *([rule.user] if rule.user else [])}:
			readers.setdefault(user, []).append(alert)
	together: dict[tuple[str, ...], list[str]] = {}
	for user, told in readers.items():
		seen = [alert for alert in told if _may_see(user, alert)]
		if seen:
			together.setdefault(tuple(alert.name for alert in seen), []).append(user)
	known = {alert.name: alert for alert in alerts}
	for names, users in together.items():
		first = known[names[0]]
		if len(names) == 1:
			notices.tell(users, describe(first.kind, first.waybill_no), ("Shipment", first.shipment))
		else:
			subject = _("{0} parcels need attention. {1}").format(
				len(names), describe(first.kind, first.waybill_no)
			)
			notices.tell(users, subject, ("Tracking Rule", first.rule))


def _may_see(user: str, alert: frappe._dict) -> bool:
	warehouses = get_allowed(user, "Warehouse", "Shipment")
	shops = get_allowed(user, "Shop", "Shipment")
	return (warehouses is None or alert.warehouse in warehouses) and (
		shops is None or bool(set(shops) & set(alert.shops))
	)
