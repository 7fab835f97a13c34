"""Tasks and desk notices about stock: one open task for each cause, closed by itself when the cause ends."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification


def open_task(
	key: str,
	subject: str,
	description: str,
	priority: str = "High",
	reference: tuple[str, str] | None = None,
	assigned_to: str | None = None,
) -> str | None:
	"""Open a task about stock unless one of this key is open; returns the new task's name. Tells nobody, never commits."""
	if frappe.db.exists("Task", {"dedupe_key": key}):
		return None
	doctype, name = reference or (None, None)
	task = frappe.get_doc(
		{
			"doctype": "Task",
			"subject": subject[:255],
			"description": description,
			"kind": "Stock",
			"priority": priority,
			"assigned_to": assigned_to,
			"reference_doctype": doctype,
			"reference_name": name,
			"is_automatic": 1,
			"dedupe_key": key,
		}
	)
	task.insert(ignore_permissions=True)  # a job finds the cause, whoever it runs as
	return task.name


def close_task(key: str) -> None:
	"""Close the task of a cause that has ended and free its key for the next time. Never commits."""
	if name := frappe.db.get_value("Task", {"dedupe_key": key}):
		end_task(name)


def end_task(name: str) -> None:
	"""Close a task unless somebody already has. Never commits."""
	task = frappe.get_doc("Task", name)
	if task.status in ("Done", "Cancelled"):
		return
	task.status = "Done"
	task.add_comment("Info", _("The cause has ended; closed automatically."))
	task.save(ignore_permissions=True)  # a job notices the end, whoever it runs as


def tell(users: Iterable[str], subject: str, document: tuple[str, str]) -> None:
	"""Put a notice about a document on the desks of users."""
	enqueue_create_notification(
		sorted(set(users)),
		frappe._dict(
			type="Alert",
			document_type=document[0],
			document_name=document[1],
			subject=subject,
			from_user="Administrator",
		),
	)


def find_users(roles: Iterable[str]) -> list[str]:
	"""Enabled users who have one of the roles."""
	holders = frappe.get_all(
		"Has Role",
		filters={"role": ["in", list(roles)], "parenttype": "User"},
		pluck="parent",
		order_by="parent asc",
		distinct=True,
	)
	return frappe.get_all(
		"User", filters={"name": ["in", holders], "enabled": 1}, pluck="name", order_by="name asc"
	)
