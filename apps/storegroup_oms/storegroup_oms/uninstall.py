"""Leaving a clean site: what Frappe's own uninstall doesn't know of goes here."""

import frappe

from storegroup_oms.setup import boards, branding, lists, profiles, roles, workflow


def before_uninstall() -> None:
	"""Take away first what links to DocTypes that are about to go: the workflow and the task board."""
	workflow.remove_review_workflow()
	boards.remove_task_board()


def after_uninstall() -> None:
	"""Delete our roles, their assignments, profile, lists and number series, and give back Frappe's look. Commits."""
	roles.remove_roles()
	profiles.remove_staff_profile()
	lists.remove_lists()
	branding.remove_branding()
	frappe.db.delete("Series", {"name": ["in", ["SO-", "SH-", "CU-", "AS-", "TK-", "IMP-"]]})
	frappe.db.commit()  # Frappe commits before this hook and never after it
	frappe.clear_cache()
