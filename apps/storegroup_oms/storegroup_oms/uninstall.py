"""Leaving a clean site: what Frappe's own uninstall doesn't know of goes here."""

import frappe

from storegroup_oms.setup import roles, workflow


def before_uninstall() -> None:
	"""Take the workflow away first: it links to DocTypes that are about to go."""
	workflow.remove_review_workflow()


def after_uninstall() -> None:
	"""Delete our roles, their assignments, and number series. Commits nothing."""
	roles.remove_roles()
	frappe.db.delete("Series", {"name": ["in", ["SO-", "SH-", "CU-", "AS-", "TK-", "IMP-"]]})
	frappe.clear_cache()
