"""Sites that have their alert rules already get the one about batches, once."""

import frappe


def execute() -> None:
	"""Insert it unless there is one of its kind. A site without any rule gets all of them at the migration's end."""
	if not frappe.db.count("Stock Alert Rule") or frappe.db.exists("Stock Alert Rule", {"kind": "Expiring"}):
		return
	rule = frappe.get_doc(
		{
			"doctype": "Stock Alert Rule",
			"rule_name": "Expires Soon",
			"kind": "Expiring",
			"each_warehouse": 1,
			"days": 30,
			"priority": "Normal",
			"enabled": 1,
			"makes_task": 1,
		}
	)
	rule.insert(ignore_permissions=True)  # a migration runs as nobody in particular
