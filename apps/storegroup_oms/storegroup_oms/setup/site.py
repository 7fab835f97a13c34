"""First settings of a new site. Idempotent."""

import frappe

from storegroup_oms.setup import lists


def complete_setup_wizard(answers: dict) -> None:
	"""Answer Frappe's setup wizard, unless it has been completed. Commits.

	`answers` are the wizard's own: language, country, timezone, currency, full_name, email, password.
	"""
	if frappe.utils.cint(frappe.db.get_single_value("System Settings", "setup_complete")):
		return
	from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

	result = setup_complete(frappe._dict(answers))
	if (result or {}).get("status") != "ok":
		frappe.throw(frappe._("The setup wizard did not complete: {0}").format(result))
	frappe.db.commit()  # a command's last act


def after_setup_wizard(answers: dict) -> None:
	"""Frappe's hook at the end of the wizard, whoever answered it: our desk instead of Frappe's tours."""
	frappe.db.set_single_value("System Settings", "enable_onboarding", 0)
	if timezone := answers.get("timezone"):
		# Administrator is made before the wizard asks where we are.
		frappe.db.set_value("User", "Administrator", "time_zone", timezone)
	frappe.clear_cache()
	lists.ensure_saved_filters()
