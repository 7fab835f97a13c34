"""The team's Kanban board: tasks by status."""

import frappe

BOARD = "Team Tasks"
COLUMNS = (("Open", "Orange"), ("In Progress", "Blue"), ("Done", "Green"), ("Cancelled", "Gray"))


def ensure_task_board() -> None:
	"""Create the board where it is missing; what people changed on it stays."""
	if frappe.db.exists("Kanban Board", BOARD):
		return
	frappe.get_doc(
		{
			"doctype": "Kanban Board",
			"kanban_board_name": BOARD,
			"reference_doctype": "Task",
			"field_name": "status",
			"private": 0,
			"show_labels": 1,
			"fields": '["assigned_to", "due_at", "priority"]',
			"columns": [
				{
					"column_name": status,
					"status": "Archived" if status == "Cancelled" else "Active",
					"indicator": colour,
				}
				for status, colour in COLUMNS
			],
		}
	).insert(ignore_permissions=True)  # installation runs before anyone has a role


def remove_task_board() -> None:
	"""Delete the board before its DocType goes."""
	if frappe.db.exists("Kanban Board", BOARD):
		# The app is being taken away; nobody of its roles is left to ask.
		frappe.delete_doc("Kanban Board", BOARD, ignore_permissions=True, force=True)
