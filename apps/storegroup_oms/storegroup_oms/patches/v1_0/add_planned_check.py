"""Sites from before orders could be planned get the check that keeps them back; others have it already."""

import frappe

CODE = "ship_later"


def execute() -> None:
	if frappe.db.exists("Review Check", {"code": CODE}) or not frappe.db.count("Review Check"):
		return
	check = frappe.get_doc({"doctype": "Review Check", "code": CODE, "effect": "Hold", "threshold": 1})
	check.insert(ignore_permissions=True)  # a migration runs before anyone has a role
