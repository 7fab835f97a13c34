"""What a person's dashboards need before the first one is drawn."""

import frappe


def ensure_dashboard_settings(login_manager: object = None) -> None:
	"""Create the person's Dashboard Settings at log-in; two charts on a page would both try to and one would fail.

	Frappe's hook at the start of a session. Does nothing for guests and where the record exists.
	"""
	user = frappe.session.user
	if user == "Guest" or frappe.db.exists("Dashboard Settings", user):
		return
	document = frappe.get_doc(
		{"doctype": "Dashboard Settings", "name": user, "user": user, "chart_config": "{}"}
	)
	# A person's own view settings; most roles may not create the record themselves.
	document.insert(ignore_permissions=True, ignore_if_duplicate=True)
