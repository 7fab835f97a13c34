"""Tasks and desk notices about shops; one open task per shop and cause, closed by itself when the cause ends."""

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification

ADMINISTRATORS = ("OMS Administrator", "OMS Manager")


def get_task_key(shop: str, cause: str) -> str:
	return f"shop:{cause}:{shop}"


def open_shop_task(
	shop: str, cause: str, subject: str, description: str, priority: str = "High"
) -> str | None:
	"""Open a task about a shop unless one of this cause is open; returns the new task's name. Doesn't commit.

	People who administrate shops are told on the desk.
	"""
	key = get_task_key(shop, cause)
	if frappe.db.exists("Task", {"dedupe_key": key}):
		return None
	operator = frappe.db.get_value("Shop", shop, "operator")
	task = frappe.get_doc(
		{
			"doctype": "Task",
			"subject": subject,
			"description": description,
			"kind": "Shop",
			"priority": priority,
			"shop": shop,
			"assigned_to": operator,
			"reference_doctype": "Shop",
			"reference_name": shop,
			"is_automatic": 1,
			"dedupe_key": key,
		}
	)
	task.insert(ignore_permissions=True)  # a job finds the cause, whoever it runs as
	enqueue_create_notification(
		_find_readers(operator),
		frappe._dict(
			type="Alert",
			document_type="Task",
			document_name=task.name,
			subject=subject,
			from_user="Administrator",
		),
	)
	return task.name


def _find_readers(operator: str | None) -> list[str]:
	rows = frappe.get_all(
		"Has Role",
		filters={"role": ["in", ADMINISTRATORS], "parenttype": "User"},
		pluck="parent",
		order_by="parent asc",
		distinct=True,
	)
	enabled = frappe.get_all(
		"User", filters={"name": ["in", rows], "enabled": 1}, pluck="name", order_by="name asc"
	)
	return sorted({*enabled, *([operator] if operator else [])})


def close_shop_task(shop: str, cause: str) -> None:
	"""Close the task of a cause that has ended and free its key for the next time. Doesn't commit."""
	name = frappe.db.get_value("Task", {"dedupe_key": get_task_key(shop, cause)})
	if not name:
		return
	task = frappe.get_doc("Task", name)
	if task.status not in ("Done", "Cancelled"):
		task.status = "Done"
		task.add_comment("Info", _("The cause has ended; closed automatically."))
	task.dedupe_key = None
	task.save(ignore_permissions=True)  # a job notices the end, whoever it runs as
